#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "section/types/text/text_table.hpp"

namespace onetrip::section {

/// A character that a table does not have, and its place in the text, counted from 1.
struct MissingCharacter {
    char32_t character;
    std::size_t position;
};

/// The text, in UTF-8, of bytes of a table, which is not `none`; nullopt if they are not text of
/// it. Control codes are U+E000 to U+E01F and U+E080 to U+E09F, but for 0x8A, which is a line feed.
/// Text of UTF-8 is as it is. No text holds U+0000.
std::optional<std::string> decode_text(TextTable table, std::span<const std::uint8_t> bytes);

/// Appends a text in UTF-8 as bytes of a table, each text in one way. Stops at the first character
/// that the table does not have, which it returns.
std::optional<MissingCharacter> encode_text(TextTable table, std::string_view text,
                                            std::vector<std::uint8_t>& bytes);

/// The same for the 8-unit code of STD-B24 (arib_text.cpp), whose control codes are not text,
/// except for APR, which is a line feed.
std::optional<std::string> decode_arib(std::span<const std::uint8_t> bytes);
std::optional<MissingCharacter> encode_arib(std::string_view text,
                                            std::vector<std::uint8_t>& bytes);

/// The same for UTF-16, big-endian, without control codes: a line feed is U+000A.
std::optional<std::string> decode_utf_16(std::span<const std::uint8_t> bytes);
std::optional<MissingCharacter> encode_utf_16(std::string_view text,
                                              std::vector<std::uint8_t>& bytes);

}  // namespace onetrip::section
