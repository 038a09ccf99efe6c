#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace onetrip {

/// Mixes two words: their product's halves put together, so that each bit of both bears on each bit
/// of the result.
inline std::uint64_t mix(std::uint64_t left, std::uint64_t right) {
    __extension__ using Product = unsigned __int128;
    const Product product = Product{left ^ 0x9E3779B97F4A7C15} * (right ^ 0xD6E8FEB86659FD93);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// A hash of all the bytes, sixteen at a time; `seed` is mixed into it.
inline std::uint64_t hash_of(std::uint64_t seed, std::string_view bytes) {
    const auto word_at = [&](std::size_t at) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        return word;
    };
    std::uint64_t hash = mix(seed, bytes.size());
    while (bytes.size() >= 2 * sizeof hash) {
        hash = mix(hash ^ word_at(0), word_at(sizeof hash));
        bytes.remove_prefix(2 * sizeof hash);
    }
    if (bytes.size() >= sizeof hash) {
        hash = mix(hash, word_at(0));
        bytes.remove_prefix(sizeof hash);
    }
    std::uint64_t word = 0;
    if (!bytes.empty()) {
        std::memcpy(&word, bytes.data(), bytes.size());
    }
    return mix(hash, word);
}

}  // namespace onetrip
