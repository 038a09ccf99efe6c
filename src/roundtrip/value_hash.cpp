// Hashes of values that are bytes.

#include "roundtrip/value_hash.hpp"

#include <cstring>

namespace onetrip::roundtrip {

ValueHash hash_of_bytes(std::span<const unsigned char> bytes) noexcept {
    std::uint64_t hash = 0x27D4EB2F165667C5U + bytes.size();
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        hash = mix_value(hash ^ word);
    }
    if (at < bytes.size()) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, bytes.size() - at);
        hash = mix_value(hash ^ word);
    }
    return hash | 1U;
}

}  // namespace onetrip::roundtrip
