#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace onetrip {

/// The value of a hexadecimal digit; -1 if the character is not one.
int hex_digit(char character);

/// The bytes that pairs of hexadecimal digits stand for; nullopt if the text is anything else.
std::optional<std::vector<std::uint8_t>> bytes_of_hex(std::string_view digits);

/// The bytes that base64 text stands for (RFC 4648, 4: padded, no blanks, unused bits zero);
/// nullopt if the text is anything else.
std::optional<std::vector<std::uint8_t>> bytes_of_base64(std::string_view text);

/// Appends two hexadecimal digits a byte, in lower case, as bytes_of_hex reads them.
void append_hex(std::span<const std::uint8_t> bytes, std::string& text);

/// The last digits of a number, with zeros before it, in lower case.
std::string hex_of(std::uint64_t number, std::uint32_t digits);

}  // namespace onetrip
