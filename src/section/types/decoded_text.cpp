#include "section/types/decoded_text.hpp"

#include "base/octets.hpp"
#include "base/utf8.hpp"

namespace onetrip::section {

namespace {

bool is_control(char32_t character) {
    return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

bool is_printable_ascii(std::string_view text) {
    for (const char character : text) {
        if (character < 0x20 || character > 0x7E) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool is_text(std::string_view bytes, Controls controls, HoldsText holds) {
    if (is_printable_ascii(bytes)) {
        return true;
    }
    for (std::string_view rest = bytes; !rest.empty();) {
        const Utf8Character character = first_character(rest);
        if (!character.valid || character.code_point == 0 ||
            (controls == Controls::refused && is_control(character.code_point))) {
            return false;
        }
        rest.remove_prefix(character.size);
    }
    return holds == nullptr || holds(bytes);
}

void append_json_string(std::string_view text, std::string& json) {
    json += '"';
    for (const char character : text) {
        if (character == '"' || character == '\\') {
            json += '\\';
            json += character;
        } else if (static_cast<unsigned char>(character) < 0x20) {
            const auto byte = static_cast<std::uint8_t>(character);
            json += "\\u00";
            append_hex({&byte, 1}, json);
        } else {
            json += character;
        }
    }
    json += '"';
}

void append_hex_object(std::span<const std::uint8_t> bytes, std::string& json) {
    json += "{\"hex\":\"";
    append_hex(bytes, json);
    json += "\"}";
}

}  // namespace onetrip::section
