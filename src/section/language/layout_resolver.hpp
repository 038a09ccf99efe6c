#pragma once

#include "section/language/layout.hpp"

namespace onetrip::section {

/// Finds what the fields of a parsed layout refer to, where each of them lies, and which inputs the
/// layout takes. Throws Error (syntax_error) where the layout is one that could not be encoded or
/// decoded: sections.md, chapter 2.
void resolve_layout(Layout& layout, Interrupt interrupt);

}  // namespace onetrip::section
