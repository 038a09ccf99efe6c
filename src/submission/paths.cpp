#include "submission/paths.hpp"

namespace onetrip::submission {

namespace {

bool needs_quotes(std::string_view key) {
    return key.empty() || key.find_first_of(".[]\" ") != std::string_view::npos;
}

/// normal-escapable of RFC 9535: the letter behind the backslash, 0 where there is none for it.
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
        case '\'':
        case '\\':
            return character;
        default:
            return 0;
    }
}

void append_normalised_character(std::string& path, char character) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(character);
    if (const char letter = escape_letter(character); letter != 0) {
        path += '\\';
        path += letter;
    } else if (byte < 0x20) {
        path += "\\u00";
        path += hexadecimal[byte >> 4];
        path += hexadecimal[byte & 15];
    } else {
        path += character;
    }
}

}  // namespace

void append_schema_key(std::string& path, std::string_view key) {
    if (!path.empty()) {
        path += '.';
    }
    if (!needs_quotes(key)) {
        path += key;
        return;
    }
    path += '"';
    for (const char character : key) {
        path += character;
        if (character == '"') {
            path += '"';
        }
    }
    path += '"';
}

void append_normalised_key(std::string& path, std::string_view key) {
    path += "['";
    for (const char character : key) {
        append_normalised_character(path, character);
    }
    path += "']";
}

void append_normalised_index(std::string& path, std::size_t index) {
    path += '[';
    path += std::to_string(index);
    path += ']';
}

}  // namespace onetrip::submission
