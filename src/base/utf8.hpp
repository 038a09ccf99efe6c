#pragma once

#include <cstdint>
#include <string_view>

namespace onetrip {

/// The first character of `text`, which is not empty, and how many bytes it takes. A byte that
/// begins no well-formed sequence (RFC 3629) is a character of its own, `valid` false.
struct Utf8Character {
    char32_t code_point;
    std::uint8_t size;
    bool valid;
};

Utf8Character first_character(std::string_view text);

/// The longest start of `text` of at most `characters` characters.
std::string_view first_characters(std::string_view text, std::size_t characters);

/// Whether the receiver of decoded values can hold this text (UTF-8); nullptr stands for a receiver
/// that holds any text. A database in another encoding does not, and gets the bytes of texts that
/// it cannot hold.
using HoldsText = bool (*)(std::string_view text);

}  // namespace onetrip
