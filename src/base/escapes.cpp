// Escapes of string literals. Knows nothing of the text around the literals.

#include "base/escapes.hpp"

#include <cstdint>

#include "base/octets.hpp"

namespace onetrip {

namespace {

/// The letter of a control character's short escape, 0 if it has none.
char escape_letter(char character) {
    switch (character) {
        case '\b':
            return 'b';
        case '\f':
            return 'f';
        case '\n':
            return 'n';
        case '\r':
            return 'r';
        case '\t':
            return 't';
        default:
            return 0;
    }
}

}  // namespace

void append_escaped(char character, char quote, std::string& text) {
    const auto byte = static_cast<std::uint8_t>(character);
    if (character == quote || character == '\\') {
        text += '\\';
        text += character;
    } else if (byte >= 0x20) {
        text += character;
    } else if (const char letter = escape_letter(character)) {
        text += '\\';
        text += letter;
    } else {
        text += "\\u00";
        append_hex({&byte, 1}, text);
    }
}

}  // namespace onetrip
