#pragma once

#include "section/language/layout.hpp"

namespace onetrip::section {

/// Puts every definition of the library that the layout can reach into its text, and `library none`
/// into its head: it then means the same with any library. Throws Error if that cannot be written.
void inline_library(Layout& layout);

}  // namespace onetrip::section
