#include "postgres/server/text_encoding.hpp"

#include "postgres/server/walls.hpp"

namespace onetrip::postgres {

namespace {

/// Converts all of a text; nullptr where it cannot be. palloc'ed, with a null byte behind it.
const char* convert(const char* text, int size, int from, int to) {
    const Oid conversion = FindDefaultConversionProc(from, to);
    if (!OidIsValid(conversion)) {
        return nullptr;
    }
    const int room = size * MAX_CONVERSION_GROWTH + 1;
    auto* const converted = static_cast<unsigned char*>(palloc(static_cast<Size>(room)));
    auto* const source = reinterpret_cast<unsigned char*>(const_cast<char*>(text));
    const bool is_whole = pg_do_encoding_conversion_buf(conversion, from, to, source, size,
                                                        converted, room, true) == size;
    return is_whole ? reinterpret_cast<const char*>(converted) : nullptr;
}

/// There and back: some encodings have two codes for one character.
bool survives(const char* text, int size) {
    const int encoding = GetDatabaseEncoding();
    const char* const there = convert(text, size, PG_UTF8, encoding);
    if (there == nullptr) {
        return false;
    }
    const char* const back =
        convert(there, static_cast<int>(std::strlen(there)), encoding, PG_UTF8);
    return back != nullptr && std::strlen(back) == static_cast<std::size_t>(size) &&
           std::memcmp(back, text, static_cast<std::size_t>(size)) == 0;
}

bool is_held(std::string_view text) {
    return call_server([&] { return survives(text.data(), static_cast<int>(text.size())); });
}

/// SQL_ASCII holds any bytes, and says of none beyond ASCII what they mean.
bool is_ascii(std::string_view text) {
    for (const char character : text) {
        if (static_cast<unsigned char>(character) >= 0x80) {
            return false;
        }
    }
    return true;
}

}  // namespace

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
