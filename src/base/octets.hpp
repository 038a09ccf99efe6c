#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace onetrip {

/// The value of a hexadecimal digit; -1 if the character is none.
int hex_digit(char character);

/// The bytes that pairs of hexadecimal digits say; nullopt where the text is anything else.
std::optional<std::vector<std::uint8_t>> bytes_of_hex(std::string_view digits);

/// The bytes that base64 says (RFC 4648, 4: padded, no blanks, unused bits zero); nullopt where
/// the text is anything else.
std::optional<std::vector<std::uint8_t>> bytes_of_base64(std::string_view text);

/// Appends two hexadecimal digits a byte, in lower case: what bytes_of_hex reads.
void append_hex(std::span<const std::uint8_t> bytes, std::string& text);

/// The last digits of a number, with zeros before it, in lower case.
std::string hex_of(std::uint64_t number, std::uint32_t digits);

}  // namespace onetrip
