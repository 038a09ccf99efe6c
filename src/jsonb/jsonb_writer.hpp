#pragma once

#include <cstdint>
#include <vector>

#include "jsonb/json_parser.hpp"
#include "jsonb/json_tree.hpp"

namespace onetrip::jsonb {

/// The bytes of convertToJsonb in jsonb_util.c. Throws JsonError where a length does not fit, and
/// what parse_json says of keys that are there twice and of `interrupt`.
std::vector<std::uint8_t> write_jsonb(const JsonTree& tree,
                                      DuplicateKeys duplicates = DuplicateKeys::last_wins,
                                      Interrupt interrupt = never_interrupted);

}  // namespace onetrip::jsonb
