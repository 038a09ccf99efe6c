#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace onetrip::section {

/// The largest number that `width` bits hold; `width` is 1 to 64.
constexpr std::uint64_t largest_unsigned(unsigned width) {
    return ~std::uint64_t{0} >> (64 - width);
}

/// Writes the `size` (1 to 8) low bytes of `bits`, most significant first.
inline void store_big_endian(std::uint8_t* at, unsigned size, std::uint64_t bits) {
    if constexpr (std::endian::native == std::endian::little) {
        bits = __builtin_bswap64(bits);
    }
    std::memcpy(at, reinterpret_cast<const std::uint8_t*>(&bits) + 8 - size, size);
}

/// Sets the `width` (1 to 64) bits that begin at bit `bit` (0 is a byte's most significant) of
/// `*at`, most significant bit first (ISO/IEC 13818-1, 2.2.6). They must be zero before.
inline void store_bits(std::uint8_t* at, unsigned bit, unsigned width, std::uint64_t bits) {
    if (bit == 0 && width % 8 == 0) {
        store_big_endian(at, width / 8, bits);
        return;
    }
    unsigned left = width;
    for (at += bit / 8, bit %= 8; left > 0; ++at, bit = 0) {
        const unsigned room = 8 - bit;
        const unsigned taken = left < room ? left : room;
        const std::uint64_t piece = (bits >> (left - taken)) & largest_unsigned(taken);
        *at = static_cast<std::uint8_t>(*at | (piece << (room - taken)));
        left -= taken;
    }
}

}  // namespace onetrip::section
