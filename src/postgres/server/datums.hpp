#pragma once

#include <span>
#include <string_view>

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// The data of a varlena that is neither out of line nor compressed; its header may be short.
inline std::string_view characters_of(const varlena* datum) {
    return {VARDATA_ANY(datum), VARSIZE_ANY_EXHDR(datum)};
}

inline std::span<const std::uint8_t> bytes_of(const varlena* datum) {
    return {reinterpret_cast<const std::uint8_t*>(VARDATA_ANY(datum)), VARSIZE_ANY_EXHDR(datum)};
}

/// A varlena of these bytes, palloc'ed. May ERROR.
inline varlena* make_varlena(std::span<const std::uint8_t> bytes) {
    auto* const datum = static_cast<varlena*>(palloc(VARHDRSZ + bytes.size()));
    SET_VARSIZE(datum, VARHDRSZ + bytes.size());
    if (!bytes.empty()) {  // no bytes may have no address
        std::memcpy(VARDATA(datum), bytes.data(), bytes.size());
    }
    return datum;
}

}  // namespace onetrip::postgres
