#pragma once

#include <cstdint>
#include <vector>

#include "jsonb/json_parser.hpp"
#include "jsonb/json_tree.hpp"

namespace onetrip::jsonb {

/// The bytes of convertToJsonb in jsonb_util.c. Throws JsonError if a length does not fit. Keys
/// that occur twice and `interrupt` are treated as by parse_json.
std::vector<std::uint8_t> write_jsonb(const JsonTree& tree,
                                      DuplicateKeys duplicates = DuplicateKeys::last_wins,
                                      Interrupt interrupt = never_interrupted);

}  // namespace onetrip::jsonb
