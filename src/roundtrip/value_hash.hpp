#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// Hashes of values, by which the watch over round trips knows what was asked for and where it was
/// found.
namespace onetrip::roundtrip {

/// A value, hashed; 0 is one that is not looked for: NULL, or of a type that is not kept.
using ValueHash = std::uint64_t;

/// Mixes the bits of a number.
constexpr ValueHash mix_value(std::uint64_t value) noexcept {
    value = (value ^ (value >> 32U)) * 0x9E3779B97F4A7C15U;
    return value ^ (value >> 29U);
}

/// Hashes of values of the types that are kept. Integers of all sizes are one type.
constexpr ValueHash hash_of_number(std::int64_t number) noexcept {
    return mix_value(static_cast<std::uint64_t>(number) + 0x51ED270B7A3F9C11U) | 1U;
}
constexpr ValueHash hash_of_date(std::int32_t days) noexcept {
    return mix_value(static_cast<std::uint64_t>(days) + 0xD1B54A32D192ED03U) | 1U;
}
ValueHash hash_of_bytes(std::span<const unsigned char> bytes) noexcept;

inline ValueHash hash_of_text(std::string_view text) noexcept {
    return hash_of_bytes({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

/// The constants and parameters of a statement, as far as they are looked for.
struct StatementValueHashes {
    static constexpr std::size_t most = 16;

    std::uint8_t count = 0;
    std::array<ValueHash, most> hashes{};

    void add(ValueHash hash) noexcept {
        if (count < most) {
            hashes[count++] = hash;
        }
    }

    /// Becomes the same as others.
    void take(const StatementValueHashes& others) noexcept {
        count = others.count;
        for (std::size_t i = 0; i < count; ++i) {
            hashes[i] = others.hashes[i];
        }
    }

    /// The values at these places, as bits, are not looked for.
    void drop(std::uint64_t places) noexcept {
        for (std::size_t i = 0; i < count; ++i) {
            hashes[i] = ((places >> i) & 1U) != 0 ? 0 : hashes[i];
        }
    }
};

}  // namespace onetrip::roundtrip
