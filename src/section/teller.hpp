#pragma once

#include "base/utf8.hpp"
#include "jsonb/json_tree_builder.hpp"
#include "section/reading.hpp"

namespace onetrip::section {

/// Appends the JSON row that a sound section was made of: a key for every source, and one for every
/// part field.
void tell(const Reading& reading, HoldsText holds, jsonb::JsonTreeBuilder& row);

}  // namespace onetrip::section
