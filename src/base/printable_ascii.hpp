#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace onetrip {

/// How many of the first bytes of `text` are printable ASCII, 0x20 to 0x7E. Eight bytes are tested
/// at a time: the first that is not leaves a highest bit set.
inline std::size_t printable_ascii_size(std::string_view text) {
    constexpr std::uint64_t each = 0x0101010101010101;
    std::size_t size = 0;
    for (std::uint64_t word = 0; text.size() - size >= sizeof word; size += sizeof word) {
        std::memcpy(&word, text.data() + size, sizeof word);
        if (((word | (word - each * 0x20) | (word + each)) & each * 0x80) != 0) {
            break;
        }
    }
    while (size < text.size() && text[size] >= 0x20 && text[size] <= 0x7E) {
        ++size;
    }
    return size;
}

inline bool is_printable_ascii(std::string_view text) {
    return printable_ascii_size(text) == text.size();
}

}  // namespace onetrip
