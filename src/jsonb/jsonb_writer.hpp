#pragma once

#include <cstdint>
#include <vector>

#include "jsonb/json_tree.hpp"

namespace onetrip::jsonb {

/// The bytes of convertToJsonb in jsonb_util.c. Throws JsonError where a length does not fit.
std::vector<std::uint8_t> write_jsonb(const JsonTree& tree);

}  // namespace onetrip::jsonb
