#pragma once

#include <string_view>

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// The varlena argument as it came: header and data, or a pointer to their place on disk. A pointer
/// into memory does not identify its data, so these are fetched. May ERROR.
inline std::string_view argument_bytes(Datum argument) {
    // A pointer to char before PostgreSQL 19, and to void from it on.
    const void* const pointer = DatumGetPointer(argument);
    const auto* data = static_cast<const char*>(pointer);
    if (VARATT_IS_EXTERNAL(data) && !VARATT_IS_EXTERNAL_ONDISK(data)) {
        data = reinterpret_cast<const char*>(PG_DETOAST_DATUM(argument));
    }
    return {data, VARSIZE_ANY(data)};
}

}  // namespace onetrip::postgres
