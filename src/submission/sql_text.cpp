// Identifiers, literals and jsonpaths of generated SQL. Knows nothing of what the statements do.

#include "submission/sql_text.hpp"

#include "base/escapes.hpp"

namespace onetrip::submission {

void append_identifier(std::string_view name, std::string& sql) {
    sql += '"';
    for (const char character : name) {
        sql += character;
        if (character == '"') {
            sql += '"';
        }
    }
    sql += '"';
}

void append_literal(std::string_view text, std::string& sql) {
    if (text.find('\\') != std::string_view::npos) {
        sql += 'E';
    }
    sql += '\'';
    for (const char character : text) {
        sql += character;
        if (character == '\'' || character == '\\') {
            sql += character;
        }
    }
    sql += '\'';
}

void append_element(std::string_view text, std::string& array) {
    array += '"';
    for (const char character : text) {
        if (character == '"' || character == '\\') {
            array += '\\';
        }
        array += character;
    }
    array += '"';
}

std::string path_of_keys(const std::vector<std::string_view>& keys) {
    std::string path = "$";
    for (const std::string_view key : keys) {
        path += ".\"";
        for (const char character : key) {
            const bool is_plain = static_cast<unsigned char>(character) >= 0x20 &&
                                  character != '"' && character != '\\';
            if (is_plain) {
                path += character;
            } else {
                append_escaped(character, '"', path);
            }
        }
        path += '"';
    }
    return path;
}

}  // namespace onetrip::submission
