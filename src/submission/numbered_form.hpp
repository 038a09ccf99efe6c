#pragma once

#include <cstdint>
#include <vector>

#include "base/interrupt.hpp"
#include "jsonb/jsonb.hpp"

namespace onetrip::submission {

/// The form, an object, with `repeats` at every node below the root, so that the idx of an event
/// has an index for each node that its question is in. Throws JsonError if it does not fit a jsonb.
std::vector<std::uint8_t> with_numbered_nodes(jsonb::Value form, Interrupt interrupt);

}  // namespace onetrip::submission
