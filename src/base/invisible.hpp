#pragma once

#include <string>

namespace onetrip {

/// Whether a reader of a message sees nothing, or a plain space, in place of this character:
/// control and format characters, and spaces other than U+0020.
bool is_invisible(char32_t character);

/// `U+00A0`.
std::string name_of_character(char32_t character);

}  // namespace onetrip
