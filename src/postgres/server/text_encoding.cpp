// Text between the encoding of the database and UTF-8. Knows nothing of the texts' content.

#include "postgres/server/text_encoding.hpp"

#include "postgres/server/walls.hpp"

namespace onetrip::postgres {

namespace {

/// Whether a text is the same after a conversion there and back: some encodings have two codes for
/// one character.
bool survives(std::string_view text) {
    const int encoding = GetDatabaseEncoding();
    const Oid there = FindDefaultConversionProc(PG_UTF8, encoding);
    const Oid back = FindDefaultConversionProc(encoding, PG_UTF8);
    if (!OidIsValid(there) || !OidIsValid(back)) {
        return false;
    }
    const ConvertedText held = convert_start(there, PG_UTF8, encoding, text);
    if (held.taken != static_cast<int>(text.size())) {
        return false;
    }
    const ConvertedText again = convert_start(back, encoding, PG_UTF8, {held.text, held.size});
    return again.taken == static_cast<int>(held.size) &&
           std::string_view(again.text, again.size) == text;
}

bool is_held(std::string_view text) {
    return call_server([&] { return survives(text); });
}

/// SQL_ASCII holds any bytes, and gives bytes beyond ASCII no meaning.
bool is_ascii(std::string_view text) {
    for (const char character : text) {
        if (static_cast<unsigned char>(character) >= 0x80) {
            return false;
        }
    }
    return true;
}

}  // namespace

ConvertedText convert_start(Oid conversion, int from_encoding, int to_encoding,
                            std::string_view text) {
    const std::size_t room = text.size() * MAX_CONVERSION_GROWTH + 1;
    auto* const converted = static_cast<unsigned char*>(palloc_extended(room, MCXT_ALLOC_HUGE));
    auto* const source = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
    const int taken = pg_do_encoding_conversion_buf(
        conversion, from_encoding, to_encoding, source, static_cast<int>(text.size()), converted,
        static_cast<int>(Min(room, static_cast<std::size_t>(PG_INT32_MAX))), true);
    const auto* const start = reinterpret_cast<const char*>(converted);
    return {start, std::strlen(start), taken};
}

HoldsText texts_of_database() {
    switch (GetDatabaseEncoding()) {
        case PG_UTF8:
            return nullptr;
        case PG_SQL_ASCII:
            return is_ascii;
        default:
            return is_held;
    }
}

}  // namespace onetrip::postgres
