#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

/// The format of JSONB and numeric that this folder reads and writes. src/postgres/ compares it
/// with the server's headers by static_asserts, so each constant bears PostgreSQL's name in lower
/// case (the upper-case names are macros there).
namespace onetrip::jsonb::format {

// src/include/utils/jsonb.h: JEntry
inline constexpr std::uint32_t jentry_offlenmask = 0x0FFFFFFF;
inline constexpr std::uint32_t jentry_typemask = 0x70000000;
inline constexpr std::uint32_t jentry_has_off = 0x80000000;
inline constexpr std::uint32_t jentry_isstring = 0x00000000;
inline constexpr std::uint32_t jentry_isnumeric = 0x10000000;
inline constexpr std::uint32_t jentry_isbool_false = 0x20000000;
inline constexpr std::uint32_t jentry_isbool_true = 0x30000000;
inline constexpr std::uint32_t jentry_isnull = 0x40000000;
inline constexpr std::uint32_t jentry_iscontainer = 0x50000000;
inline constexpr std::uint32_t jb_offset_stride = 32;

// src/include/utils/jsonb.h: JsonbContainer.header
inline constexpr std::uint32_t jb_cmask = 0x0FFFFFFF;
inline constexpr std::uint32_t jb_fscalar = 0x10000000;
inline constexpr std::uint32_t jb_fobject = 0x20000000;
inline constexpr std::uint32_t jb_farray = 0x40000000;

// src/backend/utils/adt/numeric.c: NumericChoice
inline constexpr std::uint16_t numeric_sign_mask = 0xC000;
inline constexpr std::uint16_t numeric_neg = 0x4000;
inline constexpr std::uint16_t numeric_short = 0x8000;
inline constexpr std::uint16_t numeric_special = 0xC000;
inline constexpr std::uint16_t numeric_ext_sign_mask = 0xF000;
inline constexpr std::uint16_t numeric_pinf = 0xD000;
inline constexpr std::uint16_t numeric_ninf = 0xF000;
inline constexpr std::uint16_t numeric_short_sign_mask = 0x2000;
inline constexpr std::uint16_t numeric_short_dscale_mask = 0x1F80;
inline constexpr std::uint16_t numeric_short_dscale_shift = 7;
inline constexpr std::uint16_t numeric_short_weight_sign_mask = 0x0040;
inline constexpr std::uint16_t numeric_short_weight_mask = 0x003F;
inline constexpr std::uint16_t numeric_dscale_mask = 0x3FFF;
inline constexpr int numeric_short_dscale_max = 63;
inline constexpr int numeric_short_weight_max = 63;
inline constexpr int numeric_short_weight_min = -64;
inline constexpr int nbase = 10000;
inline constexpr int dec_digits = 4;

// src/include/varatt.h (postgres.h before 16): a varlena header of four bytes
inline constexpr std::uint32_t varhdrsz = 4;

/// SET_VARSIZE_4B: the flag bits are the low two on a little-endian machine, else the high two.
constexpr std::uint32_t varsize_4b(std::uint32_t size) {
    return std::endian::native == std::endian::little ? size << 2 : size & 0x3FFFFFFF;
}

constexpr std::uint32_t int_align(std::uint32_t offset) {
    return (offset + 3) & ~std::uint32_t{3};
}

/// A datum with a short varlena header puts the document at any address, so each load is a memcpy.
template <typename Number>
inline Number load(const std::uint8_t* from) {
    Number number;
    std::memcpy(&number, from, sizeof number);
    return number;
}

}  // namespace onetrip::jsonb::format
