// Identifiers, literals and arrays of generated SQL. Knows nothing of what the statements do.

#include "submission/sql_text.hpp"

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

}  // namespace onetrip::submission
