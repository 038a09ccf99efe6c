#pragma once

#include <string_view>

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// The varlena argument as it came: header and data, or a pointer to where they are on disk. A
/// pointer into memory says nothing about what it points to, so that is fetched. May ERROR.
inline std::string_view argument_bytes(Datum argument) {
    // A pointer to char before PostgreSQL 19, and to void from it on.
    const void* const pointer = DatumGetPointer(argument);
    const auto* data = static_cast<const char*>(pointer);
    if (VARATT_IS_EXTERNAL(data) && !VARATT_IS_EXTERNAL_ONDISK(data)) {
        data = reinterpret_cast<const char*>(PG_DETOAST_DATUM(argument));
    }
    return {data, VARSIZE_ANY(data)};
}

/// The text as a message shows it, cut if it is long.
inline const char* cut_short(const char* text) {
    constexpr int most_characters = 60;
    const auto size = static_cast<int>(std::strlen(text));
    const int kept = pg_mbcharcliplen(text, size, most_characters);
    return kept < size ? psprintf("%.*s...", kept, text) : text;
}

}  // namespace onetrip::postgres
