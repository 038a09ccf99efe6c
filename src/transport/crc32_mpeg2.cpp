// CRC_32 of MPEG-2 (ISO/IEC 13818-1, annex A), as fast as the processor can. Knows no section.

#include "transport/crc32_mpeg2.hpp"

#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace onetrip::transport {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t polynomial = 0x04C11DB7;
constexpr std::uint32_t initial = 0xFFFFFFFF;

/// A register, that is a polynomial over GF(2), times x modulo the polynomial above.
constexpr std::uint32_t times_x(std::uint32_t crc) {
    return (crc << 1) ^ ((crc & 0x80000000) != 0 ? polynomial : 0);
}

using Table = std::array<std::uint32_t, 256>;

/// tables[n][b]: the effect of a byte b on the register when n further bytes follow it. Eight of
/// them take eight bytes at a time ("slicing-by-8", Kounavis and Berry 2005).
consteval std::array<Table, 8> make_tables() {
    std::array<Table, 8> tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte << 24;
        for (int bit = 0; bit < 8; ++bit) {
            crc = times_x(crc);
        }
        tables[0][byte] = crc;
    }
    for (std::size_t n = 1; n < tables.size(); ++n) {
        for (std::uint32_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t crc = tables[n - 1][byte];
            tables[n][byte] = (crc << 8) ^ tables[0][crc >> 24];
        }
    }
    return tables;
}

constexpr std::array<Table, 8> tables = make_tables();

/// The register `crc` after `data`.
std::uint32_t slice(std::uint32_t crc, Bytes data) {
    while (data.size() >= 8) {
        crc = tables[7][data[0] ^ (crc >> 24)] ^ tables[6][data[1] ^ (crc >> 16 & 0xFF)] ^
              tables[5][data[2] ^ (crc >> 8 & 0xFF)] ^ tables[4][data[3] ^ (crc & 0xFF)] ^
              tables[3][data[4]] ^ tables[2][data[5]] ^ tables[1][data[6]] ^ tables[0][data[7]];
        data = data.subspan(8);
    }
    for (const std::uint8_t byte : data) {
        crc = (crc << 8) ^ tables[0][(crc >> 24) ^ byte];
    }
    return crc;
}

std::uint32_t crc_by_slicing(Bytes data) {
    return slice(initial, data);
}

#if defined(__x86_64__)

// Folding by carry-less multiplication (Gopal and others, "Fast CRC Computation for Generic
// Polynomials Using PCLMULQDQ Instruction", Intel 2009). The data are one polynomial over GF(2),
// its highest coefficient first, and a CRC is the remainder of that polynomial times x^32. If D
// bits follow 16 bytes H x^64 + L, those 16 bytes are congruent to H (x^(D+64) mod P) + L (x^D mod
// P). That is at most 96 bits long and can be added to the 16 bytes that end D bits later. In the
// end 16 bytes are left.

#define ONETRIP_FOLDING __attribute__((target("pclmul,ssse3")))

constexpr std::size_t block = sizeof(__m128i);
constexpr std::size_t stride = 4 * block;

/// x^exponent modulo the polynomial.
consteval long long x_to_the(unsigned exponent) {
    std::uint32_t power = 1;
    for (; exponent > 0; --exponent) {
        power = times_x(power);
    }
    return power;
}

/// Turns 16 bytes round, so that the first of them has the highest coefficients, or back.
ONETRIP_FOLDING inline __m128i turn(__m128i bytes) {
    return _mm_shuffle_epi8(bytes,
                            _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

ONETRIP_FOLDING inline __m128i load(const std::uint8_t* at) {
    return turn(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
}

/// The two factors that fold 16 bytes into the 16 bytes that end so many bits later.
struct Factors {
    long long high;
    long long low;
};

consteval Factors factors_over(unsigned bits) {
    return {x_to_the(bits + 64), x_to_the(bits)};
}

constexpr Factors over_block = factors_over(8 * block);
constexpr Factors over_stride = factors_over(8 * stride);

/// `next` with `folded`, which stands before it, added.
ONETRIP_FOLDING inline __m128i fold(__m128i folded, Factors factors, __m128i next) {
    const __m128i both = _mm_set_epi64x(factors.high, factors.low);
    const __m128i high = _mm_clmulepi64_si128(folded, both, 0x11);
    const __m128i low = _mm_clmulepi64_si128(folded, both, 0x00);
    return _mm_xor_si128(next, _mm_xor_si128(high, low));
}

ONETRIP_FOLDING std::uint32_t crc_by_folding(Bytes data) {
    if (data.size() < stride) {
        return crc_by_slicing(data);
    }
    const std::uint8_t* at = data.data();
    const std::uint8_t* const end = at + data.size();
    // The initial value of the register is the same as its bits added to the first ones.
    __m128i first = _mm_xor_si128(load(at), _mm_set_epi32(static_cast<int>(initial), 0, 0, 0));
    __m128i second = load(at + block);
    __m128i third = load(at + 2 * block);
    __m128i fourth = load(at + 3 * block);
    // Four at a time: a multiplication takes several cycles, but one can begin in each.
    for (at += stride; end - at >= static_cast<std::ptrdiff_t>(stride); at += stride) {
        first = fold(first, over_stride, load(at));
        second = fold(second, over_stride, load(at + block));
        third = fold(third, over_stride, load(at + 2 * block));
        fourth = fold(fourth, over_stride, load(at + 3 * block));
    }
    __m128i all = fold(first, over_block, second);
    all = fold(all, over_block, third);
    all = fold(all, over_block, fourth);
    for (; end - at >= static_cast<std::ptrdiff_t>(block); at += block) {
        all = fold(all, over_block, load(at));
    }
    std::array<std::uint8_t, block> left{};
    _mm_storeu_si128(reinterpret_cast<__m128i*>(left.data()), turn(all));
    return slice(slice(0, left), {at, end});
}

bool can_fold() {
    __builtin_cpu_init();
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("ssse3");
}

constexpr std::array paths{Crc32Path{"slicing", crc_by_slicing},
                           Crc32Path{"folding", crc_by_folding}};
const std::size_t usable_paths = can_fold() ? 2 : 1;

#else

constexpr std::array paths{Crc32Path{"slicing", crc_by_slicing}};
const std::size_t usable_paths = 1;

#endif

}  // namespace

std::span<const Crc32Path> crc32_paths() {
    return {paths.data(), usable_paths};
}

std::uint32_t crc32_mpeg2(std::span<const std::uint8_t> data) {
    return paths[usable_paths - 1].compute(data);
}

std::uint32_t crc32_mpeg2(std::span<const std::uint8_t> data, std::uint32_t before) {
    return slice(before, data);
}

}  // namespace onetrip::transport
