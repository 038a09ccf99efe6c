// How ways through forms and documents are written. Knows nothing of what is on the way.

#include "submission/paths.hpp"

#include "base/escapes.hpp"

namespace onetrip::submission {

namespace {

bool needs_quotes(std::string_view key) {
    bool has_sign = false;
    for (const char character : key) {
        has_sign = has_sign || character == '.' || character == '[' || character == ']' ||
                   character == '"' || character == ' ';
    }
    return key.empty() || has_sign;
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
        // Nearly all characters stand for themselves: no call for them.
        const bool is_plain =
            static_cast<unsigned char>(character) >= 0x20 && character != '\'' && character != '\\';
        if (is_plain) {
            path += character;
        } else {
            append_escaped(character, '\'', path);
        }
    }
    path += "']";
}

void append_normalised_index(std::string& path, std::size_t index) {
    path += '[';
    path += std::to_string(index);
    path += ']';
}

}  // namespace onetrip::submission
