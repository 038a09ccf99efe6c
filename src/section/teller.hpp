#pragma once

#include "base/utf8.hpp"
#include "jsonb/jsonb_builder.hpp"
#include "section/reading.hpp"

namespace onetrip::section {

/// Appends the JSON row that a sound section was made of: a key for every source, and one for every
/// part field.
void tell(const Reading& reading, HoldsText holds, jsonb::JsonbBuilder& row);

}  // namespace onetrip::section
