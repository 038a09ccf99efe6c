#pragma once

#include <string_view>

namespace onetrip::section {

/// Whether the library has a definition without a set of this name, which is a type.
bool is_library_type(std::string_view name);

}  // namespace onetrip::section
