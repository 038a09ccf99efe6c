#pragma once

#include "postgres/submissions/load_batch.hpp"

namespace onetrip::postgres {

/// Begins on all nodes what load_distributed goes on with: with the settings of this session that
/// values depend on, and while no other load is under way there.
void begin_distributed(const Load& load);

/// Loads everything in the transaction that is under way, by statements that the nodes of Citus
/// run. ERRORs are the loader's own words, without an answer in them.
void load_distributed(Load& load);

}  // namespace onetrip::postgres
