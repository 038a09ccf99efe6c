// The type section_layout: input, output, send, receive, and the operators that compare. Knows
// nothing of sections.

#include "postgres/sections/layout_cache.hpp"
#include "postgres/server/interrupts.hpp"

extern "C" {
#include "common/hashfn.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(section_layout_in);
ONETRIP_SQL_FUNCTION(section_layout_out);
ONETRIP_SQL_FUNCTION(section_layout_recv);
ONETRIP_SQL_FUNCTION(section_layout_send);
ONETRIP_SQL_FUNCTION(section_layout_eq);
ONETRIP_SQL_FUNCTION(section_layout_ne);
ONETRIP_SQL_FUNCTION(section_layout_lt);
ONETRIP_SQL_FUNCTION(section_layout_le);
ONETRIP_SQL_FUNCTION(section_layout_gt);
ONETRIP_SQL_FUNCTION(section_layout_ge);
ONETRIP_SQL_FUNCTION(section_layout_cmp);
ONETRIP_SQL_FUNCTION(section_layout_hash);
ONETRIP_SQL_FUNCTION(section_layout_hash_extended);

namespace {

/// Canonical text in memory of the current context.
struct CanonicalText {
    char* data;
    std::size_t size;
};

/// Throws Error if the text (UTF-8) is not a layout, or one that could not be encoded or decoded.
CanonicalText canonical(std::string_view text, BackendLibrary& library) {
    const section::Layout layout = section::parse_layout(text, check_for_interrupts);
    section::compile(layout, check_for_interrupts, &library.definitions);
    const std::string printed = section::print_layout(layout);
    const std::size_t size = printed.size();
    const char* const from = printed.data();
    return call_server([&] {
        auto* const data = static_cast<char*>(palloc(size));
        std::memcpy(data, from, size);
        return CanonicalText{data, size};
    });
}

/// The layout; nullptr if a soft error took the refusal.
StoredLayout* make_layout(std::string_view text, Node* soft_error) {
    BackendLibrary* const library = backend_library();
    CaughtError error;
    CanonicalText printed{};
    if (!try_cpp(error, [&] { printed = canonical(text, *library); })) {
        raise(error, soft_error);
        return nullptr;
    }
    return store_layout(printed.data, printed.size);
}

/// The text by which layouts are compared: the canonical text without its version, which a later
/// version may write otherwise.
std::string_view compared_text(const varlena* stored) {
    constexpr std::size_t version_size = 1;
    const std::size_t size = VARSIZE_ANY_EXHDR(stored);
    if (size <= version_size) {
        ereport(ERROR,
                (errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored section layout is damaged")));
    }
    return {VARDATA_ANY(stored) + version_size, size - version_size};
}

/// Compares layouts byte by byte, whatever the collations are. Detoasted copies are freed, since an
/// index must not leak memory in a comparison.
int compare(FunctionCallInfo fcinfo) {
    varlena* const left = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
    varlena* const right = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(1));
    const int order = compared_text(left).compare(compared_text(right));
    PG_FREE_IF_COPY(left, 0);
    PG_FREE_IF_COPY(right, 1);
    return order;
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

Datum section_layout_eq(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(compare(fcinfo) == 0);
}

Datum section_layout_ne(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(compare(fcinfo) != 0);
}

Datum section_layout_lt(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(compare(fcinfo) < 0);
}

Datum section_layout_le(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(compare(fcinfo) <= 0);
}

Datum section_layout_gt(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(compare(fcinfo) > 0);
}

Datum section_layout_ge(PG_FUNCTION_ARGS) {
    PG_RETURN_BOOL(compare(fcinfo) >= 0);
}

Datum section_layout_cmp(PG_FUNCTION_ARGS) {
    PG_RETURN_INT32(compare(fcinfo));
}

Datum section_layout_hash(PG_FUNCTION_ARGS) {
    varlena* const layout = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
    const std::string_view text = compared_text(layout);
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    const Datum hash = hash_any(bytes, static_cast<int>(text.size()));
    PG_FREE_IF_COPY(layout, 0);
    return hash;
}

Datum section_layout_hash_extended(PG_FUNCTION_ARGS) {
    varlena* const layout = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
    const std::string_view text = compared_text(layout);
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    const Datum hash = hash_any_extended(bytes, static_cast<int>(text.size()),
                                         static_cast<uint64>(PG_GETARG_INT64(1)));
    PG_FREE_IF_COPY(layout, 0);
    return hash;
}

}  // extern "C"

}  // namespace onetrip::postgres
