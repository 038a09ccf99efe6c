#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace onetrip {

/// The largest number that `width` bits hold; `width` is 1 to 64.
constexpr std::uint64_t largest_unsigned(unsigned width) {
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): a field has a bit
    return ~std::uint64_t{0} >> (64 - width);
}

/// Writes the low bytes of `bits`, as many as an Unsigned has, most significant first.
template <typename Unsigned>
inline void store_unsigned(std::uint8_t* at, std::uint64_t bits) {
    auto value = static_cast<Unsigned>(bits);
    if constexpr (std::endian::native == std::endian::little && sizeof value > 1) {
        value = sizeof value == 8   ? static_cast<Unsigned>(__builtin_bswap64(value))
                : sizeof value == 4 ? static_cast<Unsigned>(__builtin_bswap32(value))
                                    : static_cast<Unsigned>(__builtin_bswap16(value));
    }
    std::memcpy(at, &value, sizeof value);
}

/// Writes the `size` (1 to 8) low bytes of `bits`, most significant first. It writes pieces of a
/// fixed size, which compilers turn into single stores.
inline void store_big_endian(std::uint8_t* at, unsigned size, std::uint64_t bits) {
    if (size == 8) {
        store_unsigned<std::uint64_t>(at, bits);
        return;
    }
    unsigned shift = size * 8;
    if ((size & 4) != 0) {
        shift -= 32;
        store_unsigned<std::uint32_t>(at, bits >> shift);
        at += 4;
    }
    if ((size & 2) != 0) {
        shift -= 16;
        store_unsigned<std::uint16_t>(at, bits >> shift);
        at += 2;
    }
    if ((size & 1) != 0) {
        *at = static_cast<std::uint8_t>(bits);
    }
}

/// Sets the `width` (1 to 64) bits that begin at bit `bit` (0 is a byte's most significant) of
/// `*at`, most significant bit first (ISO/IEC 13818-1, 2.2.6). Those bits of `*at` must be zero
/// before, and so must the bits of `bits` above `width`.
inline void store_bits(std::uint8_t* at, unsigned bit, unsigned width, std::uint64_t bits) {
    if (bit == 0 && width % 8 == 0) {
        store_big_endian(at, width / 8, bits);
        return;
    }
    // Bytes are set from the last to the first; `bits_after` is the number of bits after the field
    // in the last one.
    const unsigned bits_after = -(bit + width) % 8;
    const unsigned last = (bit + width - 1) / 8;
    at[last] = static_cast<std::uint8_t>(at[last] | bits << bits_after);
    bits >>= 8 - bits_after;
    for (unsigned byte = last; byte-- > bit / 8; bits >>= 8) {
        at[byte] = static_cast<std::uint8_t>(at[byte] | bits);
    }
}

/// Makes `width` (1 to 64) bits zero.
inline void clear_bits(std::uint8_t* at, unsigned bit, unsigned width) {
    for (at += bit / 8, bit %= 8; width > 0; ++at, bit = 0) {
        const unsigned taken = width < 8 - bit ? width : 8 - bit;
        *at = static_cast<std::uint8_t>(*at & ~(largest_unsigned(taken) << (8 - bit - taken)));
        width -= taken;
    }
}

/// Reads the eight bytes from `at` on, most significant first.
inline std::uint64_t load_word(const std::uint8_t* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

/// Reads the `width` (1 to 64) bits that begin at bit `bit` of `*at`, as store_bits wrote them.
inline std::uint64_t load_bits(const std::uint8_t* at, std::size_t bit, unsigned width) {
    at += bit / 8;
    const auto skipped = static_cast<unsigned>(bit % 8);
    const unsigned first = width < 8 - skipped ? width : 8 - skipped;
    std::uint64_t bits = (*at >> (8 - skipped - first)) & largest_unsigned(first);
    for (unsigned left = width - first; left > 0;) {
        const unsigned taken = left < 8 ? left : 8;
        bits = (bits << taken) | (*++at >> (8 - taken));
        left -= taken;
    }
    return bits;
}

/// The same of bits that lie within `bytes`: nearly all take one load.
inline std::uint64_t load_bits_within(std::span<const std::uint8_t> bytes, std::size_t bit,
                                      unsigned width) {
    const std::size_t byte = bit / 8;
    const auto skipped = static_cast<unsigned>(bit % 8);
    if (byte + sizeof(std::uint64_t) <= bytes.size() && skipped + width <= 64) {
        return load_word(bytes.data() + byte) << skipped >> (64 - width);
    }
    return load_bits(bytes.data(), bit, width);
}

}  // namespace onetrip
