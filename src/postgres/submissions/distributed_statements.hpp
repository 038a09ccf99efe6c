#pragma once

#include "postgres/submissions/submission_relations.hpp"
#include "postgres/submissions/submission_words.hpp"

namespace onetrip::postgres {

/// The statements of load_response_events for tables that Citus distributes: each is for all
/// submissions of the call, on the nodes that have them. $1 is the name of the form, $2 the date,
/// $3 the time of the call. The search is that of LoadStatements.
///
/// A row of the ledger that is under way has a negative number of events. No other transaction sees
/// one: the last statement puts the numbers in their place. So each statement finds what the ones
/// before it have taken, and neither what another load has committed meanwhile nor what has arrived
/// in the source.
struct DistributedStatements {
    const char* lock;  ///< keeps another load away that began on another node

    // ---- mode changed ----

    const char* mark_gone;       ///< what the source does not show
    const char* delete_gone[3];  ///< its rows, those of the ledger last
    const char* mark_changed;    ///< what would be written differently now, with its new hashes
    const char* delete_changed[2];

    // ---- all modes ----

    const char* insert_loads;  ///< what the ledger does not have
    const char* insert_events;
    const char* insert_problems;
    const char* count;
};

/// A value of the column as a time with a zone: the session's, by its name, if it has none. Citus
/// takes no conversion in an UPDATE that depends on a setting.
const char* with_zone(const Table& table, const char* column, const char* value);

/// `search` has the words of the local search. `target` says for the functions on the nodes what
/// the tables demand and have (TargetFacts).
DistributedStatements distributed_statements(const Words& search, const Tables& tables,
                                             const char* target);

}  // namespace onetrip::postgres
