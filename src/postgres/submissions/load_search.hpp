#pragma once

#include "postgres/submissions/load_batch.hpp"

namespace onetrip::postgres {

/// Refuses what must not be loaded, and finds what has to be: its candidates are in a portal that
/// the commit keeps. Commits. To be called in a transaction that has been begun.
void search(Load& load);

}  // namespace onetrip::postgres
