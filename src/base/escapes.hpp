#pragma once

#include <string>

namespace onetrip {

/// Appends a character of a string literal, escaped if it must be: a control character, the
/// backslash and `quote`, the literal's own. Short escapes are those that JSON (RFC 8259) and
/// JSONPath (RFC 9535) share.
void append_escaped(char character, char quote, std::string& text);

}  // namespace onetrip
