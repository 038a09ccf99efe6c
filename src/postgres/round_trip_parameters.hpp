#pragma once

#include "postgres/walls.hpp"
#include "roundtrip/detector.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/parsenodes.h"
}

/// Whether a statement runs with the same values as before: hashes of its parameters, and of the
/// constants in its text, which its identifier leaves out.
namespace onetrip::postgres {

/// Keeps a hash of the constants of a statement that has just been analysed.
void remember_constants(Query* query);

/// A hash of the constants that the statement had when it was last analysed, and of its parameters.
/// Nothing is fetched: a value out of line counts by its pointer.
std::uint64_t hash_of_values(roundtrip::QueryId id, ParamListInfo parameters);

}  // namespace onetrip::postgres
