#pragma once

#include "section/plan.hpp"

namespace onetrip::section {

/// Compiles a layout of fields and labels alone; see compile.
Plan compile_flat(const Layout& layout, Interrupt interrupt);

}  // namespace onetrip::section
