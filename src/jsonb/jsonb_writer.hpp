#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "jsonb/format.hpp"
#include "jsonb/json_parser.hpp"
#include "jsonb/json_tree.hpp"

namespace onetrip::jsonb {

/// Throws the JsonError of an array or object whose elements are larger than JSONB can hold.
[[noreturn, gnu::cold]] void refuse_size(bool object);

/// A size or an offset within an array or object, as a JEntry takes it. Throws JsonError.
inline std::uint32_t checked_size(std::size_t size, bool object) {
    if (size <= format::jentry_offlenmask) {
        return static_cast<std::uint32_t>(size);
    }
    refuse_size(object);
}

/// The bytes of convertToJsonb in jsonb_util.c. Throws JsonError if a length does not fit. Keys
/// that occur twice and `interrupt` are treated as by parse_json.
std::vector<std::uint8_t> write_jsonb(const JsonTree& tree,
                                      DuplicateKeys duplicates = DuplicateKeys::last_wins,
                                      Interrupt interrupt = never_interrupted);

}  // namespace onetrip::jsonb
