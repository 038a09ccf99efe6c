#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace onetrip::submission {

/// Appends a key to a schema path (submissions.md, chapter 2): joined by a dot, double-quoted if it
/// is empty or holds a dot, a bracket, a double quote or a space. No two ways have one path. It
/// works in every encoding that PostgreSQL's server has, since their other characters hold no
/// ASCII.
void append_schema_key(std::string& path, std::string_view key);

/// Append a name selector or an index selector of RFC 9535's normalised path (section 2.7).
void append_normalised_key(std::string& path, std::string_view key);
void append_normalised_index(std::string& path, std::size_t index);

}  // namespace onetrip::submission
