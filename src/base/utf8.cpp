// UTF-8, character by character. Knows nothing of the characters' meaning.

#include "base/utf8.hpp"

namespace onetrip {

namespace {

/// The smallest code point that a sequence of so many bytes may say (RFC 3629: shortest form only).
constexpr char32_t smallest_of_size[] = {0, 0, 0x80, 0x800, 0x10000};

int sequence_size(unsigned char lead) {
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC0) {
        return 0;
    }
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
}

bool is_scalar_value(char32_t code_point) {
    return code_point < 0xD800 || (code_point > 0xDFFF && code_point <= 0x10FFFF);
}

}  // namespace

Utf8Character first_character(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const Utf8Character malformed{lead, 1, false};
    const int size = sequence_size(lead);
    if (size == 1) {
        return {lead, 1, true};
    }
    if (size == 0 || text.size() < static_cast<std::size_t>(size)) {
        return malformed;
    }
    char32_t code_point = lead & (0x7FU >> size);
    for (int i = 1; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(text[static_cast<std::size_t>(i)]);
        if ((byte & 0xC0) != 0x80) {
            return malformed;
        }
        code_point = (code_point << 6) | (byte & 0x3FU);
    }
    if (code_point < smallest_of_size[size] || !is_scalar_value(code_point)) {
        return malformed;
    }
    return {code_point, static_cast<std::uint8_t>(size), true};
}

std::string_view first_characters(std::string_view text, std::size_t characters) {
    std::size_t end = 0;
    while (end < text.size() && characters > 0) {
        end += first_character(text.substr(end)).size;
        --characters;
    }
    return text.substr(0, end);
}

}  // namespace onetrip
