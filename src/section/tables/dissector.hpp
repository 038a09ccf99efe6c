#pragma once

#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "section/dissector.hpp"
#include "section/tables/reading.hpp"

namespace onetrip::section::tables {

/// Appends a line for each element of a table, with the faults at their elements.
void dissect(const Reading& reading, const std::vector<Fault>& faults, HoldsText holds,
             std::vector<DissectedField>& lines);

}  // namespace onetrip::section::tables
