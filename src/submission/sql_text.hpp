#pragma once

#include <string>
#include <string_view>

namespace onetrip::submission {

// Parts of SQL statements, quoted so that any text is safe whatever the session's settings are.
// They work in every encoding that PostgreSQL's server has, since their other characters hold no
// ASCII.

/// Appends an identifier in double quotes.
void append_identifier(std::string_view name, std::string& sql);

/// Appends a string literal; one with backslashes has an E before it, as quote_literal() does.
void append_literal(std::string_view text, std::string& sql);

/// Appends a text as an element of an array's text, in double quotes.
void append_element(std::string_view text, std::string& array);

}  // namespace onetrip::submission
