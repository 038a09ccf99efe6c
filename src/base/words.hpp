#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace onetrip {

/// `1 byte`, `2 bytes`.
std::string count(std::size_t number, const char* noun);

/// Text in double quotes, at most 60 characters of it. Characters that a reader would not see are
/// written as `<U+00A0>`. (Not `quoted`: of a std::string that would be std::quoted where <iomanip>
/// is included.)
std::string in_quotes(std::string_view text);

/// At most 60 characters of a text, for a message that does not quote it: the first of very many
/// digits say enough.
std::string cut_short(std::string_view text);

}  // namespace onetrip
