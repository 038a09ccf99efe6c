#pragma once

#include "postgres/server/query_run.hpp"

namespace onetrip::postgres {

/// Checks and plans a query that a caller wrote: exactly one SELECT, VALUES, TABLE or WITH, without
/// INTO, locking clauses, data-modifying WITH and parameters, else an ERROR (22023) that names the
/// argument. Errors in it show its text. It is to be called after begin_read_only.
PlannedQuery plan_read_only_query(const char* text, const char* argument, bool may_be_parallel);

/// Makes the transaction read-only, so that no function of a query can write; returns the state
/// that end_read_only restores. An ERROR restores it too, since the transaction or subtransaction
/// that it ends restores the state at its beginning.
bool begin_read_only();
void end_read_only(bool was_read_only);

}  // namespace onetrip::postgres
