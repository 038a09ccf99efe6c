#pragma once

#include "postgres/walls.hpp"

extern "C" {
#include "executor/execdesc.h"
#include "nodes/plannodes.h"
}

namespace onetrip::postgres {

/// A column that is compared with a single value, and where.
struct Comparison {
    Oid table = InvalidOid;  ///< what the plan reads: maybe a partition
    AttrNumber column = InvalidAttrNumber;
    bool in_index = false;
};

/// What a plan does, as far as advice needs it.
struct Findings {
    const QueryDesc* query;
    const List* targets;  ///< in the range table, whose comparisons count; NIL: all
    Comparison comparison;
    bool has_many_values = false;  ///< an array, VALUES, or a function over an array
    bool has_many_in_index = false;
    bool has_further_conditions = false;  ///< beside that comparison, those of a join among them
    bool aggregates_all = false;          ///< into one row
    bool is_volatile = false;             ///< the same statement may give something else each time
    int scans = 0;
};

/// What inserts, updates or deletes: the statement itself, or what is in a WITH of it. nullptr
/// where it only reads.
const ModifyTable* modification_of(const PlannedStmt* statement);

/// Of the statement, or of its modification where it is one. Only comparisons of `targets` count,
/// where there are such: indexes into the range table.
Findings findings_of(const QueryDesc* query, const List* targets);

/// Whether the statement asks for many things at once already: by an array, a list of VALUES, or
/// IN (…), rather than by a single value.
bool does_many_at_once(const QueryDesc* query);

}  // namespace onetrip::postgres
