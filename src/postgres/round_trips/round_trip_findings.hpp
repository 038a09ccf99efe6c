#pragma once

#include "postgres/round_trips/column_of_table.hpp"
#include "postgres/round_trips/round_trip_query_shape.hpp"
#include "postgres/server/server.hpp"
#include "roundtrip/value_hash.hpp"

extern "C" {
#include "executor/execdesc.h"
#include "nodes/plannodes.h"
}

namespace onetrip::postgres {

/// A column that is compared with a single value, and by what.
struct Comparison {
    Oid table = InvalidOid;  ///< what the plan reads: maybe a partition
    AttrNumber column = InvalidAttrNumber;
    bool in_index = false;
    /// Whether the value is another one in each run, as far as that is known: 1 if it is, -1 if it
    /// is not, or if it is not given as it is compared.
    int is_changing = 0;
    roundtrip::ValueHash value = 0;  ///< in this run; 0 if it is not known, or is not kept

    bool is_known() const { return OidIsValid(table); }
};

/// The properties of a plan that the watch needs.
struct Findings {
    /// The node that inserts, updates or deletes: the statement itself, or a WITH of it. nullptr if
    /// it only reads. All other findings are about the rows that this node reads.
    const ModifyTable* modification = nullptr;

    Comparison of_any;     ///< table
    Comparison of_target;  ///< that is written; of any if the statement only reads
    Comparison of_list;    ///< the same with a list of values

    bool has_changed = false;           ///< a value that is kept was another one in the run before
    bool may_have_many_values = false;  ///< there is an array, VALUES, or a function
    int most_values = 0;                ///< of one of these
    bool has_same_list = false;  ///< a list that is the same in each run, or of what is left out
    bool has_many_in_index = false;
    bool has_further_conditions = false;  ///< next to that comparison, those of a join among them
    bool aggregates_all = false;          ///< into one row
    bool is_of_existence = false;         ///< it says whether there are such rows (EXISTS)
    bool is_of_value = false;             ///< it has a row also if none exists: (SELECT ...)
    bool is_limited = false;              ///< a LIMIT is above what is compared with a given value
    bool is_part =
        false;  ///< so is another operation that needs all of its rows: UNION, OFFSET, DISTINCT
    bool adds_to_row = false;      ///< an UPDATE computes what it sets from what was there
    bool is_volatile = false;      ///< the same statement may give something else each time
    bool locks_rows = false;       ///< FOR UPDATE and the like
    bool skips_locked = false;     ///< and passes over rows that others have locked
    Oid sequence = InvalidOid;     ///< that it takes a number of
    Oid paged_table = InvalidOid;  ///< that is read in pages; the plan does not say which
    QueryShape shape;              ///< what the client named; the plan does not say that either
    int scans = 0;
    /// That it reads, and that the session has written since the loop began; else InvalidOid.
    Oid written_between = InvalidOid;
    ColumnOfTable changing;             ///< the first column whose value is another one in each run
    bool has_several_changing = false;  ///< of that table

    /// Takes what the client wrote: of conditions that a partial index has, that are asked once for
    /// all rows, or that a view adds, the plan shows none or too many.
    void take_shape(const QueryShape& written);

    /// Whether a list changes, rather than one that is the same each time, such as one of kinds.
    bool is_of_list() const {
        return of_list.is_changing > 0
                   ? of_target.is_changing <= 0
                   : !of_target.is_known() && of_list.is_known() && !has_further_conditions;
    }

    /// Whether the compared value is the same in each run, and something else changes.
    bool is_same_each_time() const { return has_changed && comparison().is_changing < 0; }

    /// The comparison that is to be made with the values of all runs.
    const Comparison& comparison() const { return is_of_list() ? of_list : of_target; }
};

/// The node that inserts, updates or deletes; nullptr if the statement only reads.
const ModifyTable* modification_of(const PlannedStmt* statement);

/// The values of a statement, and which of them are others than those of the run before.
struct ChangedValues {
    const roundtrip::StatementValueHashes* values;  ///< nullptr if it is not known
    std::uint32_t changed;                          ///< a bit for each

    bool contains(roundtrip::ValueHash hash) const;  ///< among those that are others
    bool has(roundtrip::ValueHash hash) const;       ///< among all of them
};

/// Looks at the plan of a statement that has run and has not ended.
Findings findings_of(const QueryDesc* query, const ChangedValues& changed);

/// Whether the statement asks for many things at once already: by an array, a list of VALUES, or
/// IN (…), rather than by a single value.
bool does_many_at_once(const Findings& findings);

}  // namespace onetrip::postgres
