#pragma once

#include "postgres/submissions/load_batch.hpp"

namespace onetrip::postgres {

/// Refuses what must not be loaded, and finds what has to be: its candidates are in a portal that
/// the commit keeps. Commits. It is to be called in a transaction that has been begun.
void search(Load& load);

/// The refusals alone, for a load that has no candidates of its own.
void check_source(Load& load);

/// ERRORs if more loaded submissions are gone than the call allows.
void refuse_removals(const Load& load, long long gone, long long loaded);

}  // namespace onetrip::postgres
