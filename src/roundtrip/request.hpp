#pragma once

#include <cstdint>
#include <string_view>

#include "roundtrip/lexable_prefix.hpp"

/// Which request a statement belongs to, by a tag in its text. Nothing here allocates or throws.
namespace onetrip::roundtrip {

/// A request, as a hash of a tag's key and value.
using RequestId = std::uint64_t;

/// So much of a text's beginning and of its end is looked at.
inline constexpr std::size_t request_edge = 512;

/// The request that the tag `key` names in the first or the last comment of the edges of a text; 0
/// if none exists. A `traceparent` counts by its trace id, any other tag by its whole value.
RequestId request_of(std::string_view text, std::string_view key, LiteralRules rules) noexcept;

}  // namespace onetrip::roundtrip
