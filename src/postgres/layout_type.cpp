// The type section_layout: input, output, send, receive.

#include "postgres/interrupts.hpp"
#include "postgres/layout_cache.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(section_layout_in);
ONETRIP_SQL_FUNCTION(section_layout_out);
ONETRIP_SQL_FUNCTION(section_layout_recv);
ONETRIP_SQL_FUNCTION(section_layout_send);

namespace {

/// Canonical text in memory of the current context.
struct CanonicalText {
    char* data;
    std::size_t size;
};

/// Throws section::Error where the text (UTF-8) is no layout.
CanonicalText canonical(std::string_view text) {
    const std::string printed =
        section::print_layout(section::parse_layout(text, check_for_interrupts));
    const std::size_t size = printed.size();
    const char* const from = printed.data();
    return call_server([&] {
        auto* const data = static_cast<char*>(palloc(size));
        std::memcpy(data, from, size);
        return CanonicalText{data, size};
    });
}

/// nullptr where a soft error took the refusal.
StoredLayout* make_layout(std::string_view text, Node* soft_error) {
    CaughtError error;
    CanonicalText printed{};
    if (!try_cpp(error, [&] { printed = canonical(text); })) {
        raise(error, soft_error);
        return nullptr;
    }
    return store_layout(printed.data, printed.size);
}

}  // namespace

extern "C" {

Datum section_layout_in(PG_FUNCTION_ARGS) {
    const char* const text = PG_GETARG_CSTRING(0);
    // Names are ASCII, but comments may be anything; columns are counted in characters.
    const char* const utf8 = pg_server_to_any(text, static_cast<int>(std::strlen(text)), PG_UTF8);
    StoredLayout* const layout = make_layout(utf8, fcinfo->context);
    if (layout == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(layout);
}

Datum section_layout_out(PG_FUNCTION_ARGS) {
    const auto* const stored =
        reinterpret_cast<StoredLayout*>(PG_DETOAST_DATUM(PG_GETARG_DATUM(0)));
    const std::string_view text = text_of_layout(stored);
    PG_RETURN_CSTRING(pnstrdup(text.data(), text.size()));
}

/// The wire form is that of jsonb: a version byte and the text. It is parsed like any text, so that
/// no layout gets in that could not have been entered.
Datum section_layout_recv(PG_FUNCTION_ARGS) {
    auto* const message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    const int version = pq_getmsgbyte(message);
    if (version != StoredLayout::current_version) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
                        errmsg("unsupported section_layout version number %d", version)));
    }
    int size = 0;
    const char* const text = pq_getmsgtext(message, message->len - message->cursor, &size);
    const char* const utf8 = pg_server_to_any(text, size, PG_UTF8);
    if (std::strlen(text) != static_cast<std::size_t>(size)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
                        errmsg("section_layout holds a null byte")));
    }
    PG_RETURN_POINTER(make_layout(utf8, nullptr));
}

Datum section_layout_send(PG_FUNCTION_ARGS) {
    const auto* const stored =
        reinterpret_cast<StoredLayout*>(PG_DETOAST_DATUM(PG_GETARG_DATUM(0)));
    const std::string_view text = text_of_layout(stored);
    StringInfoData message;
    pq_begintypsend(&message);
    pq_sendint8(&message, StoredLayout::current_version);
    pq_sendtext(&message, text.data(), static_cast<int>(text.size()));
    PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

}  // extern "C"

}  // namespace onetrip::postgres
