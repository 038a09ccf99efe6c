#pragma once

#include "postgres/round_trips/column_of_table.hpp"
#include "postgres/round_trips/round_trip_query_shape.hpp"
#include "postgres/server/server.hpp"
#include "roundtrip/asking.hpp"
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
    ColumnOfTable named{};  ///< the same as the client names it, if it does
    bool in_index = false;
    const List* conditions = NIL;  ///< for the same rows, of this range; not those of an index scan
    Index range = 0;               ///< that has the column, in the range table
    /// Whether the value is another one in each run, as far as that is known: 1 if it is, -1 if it
    /// is not, or if it is not given as it is compared.
    int is_changing = 0;
    int times = 0;                   ///< that it is known to have changed
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

    std::uint32_t changed = 0;          ///< the values that were others in some run, as bits
    bool has_changed = false;           ///< there are such values
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
    /// Several columns of that table are compared with a value of their own in each run.
    bool has_several_changing = false;
    /// There are values that may be others in each run besides those that are compared with columns
    /// of that table: a list of keys says nothing of them.
    bool varies_otherwise = false;

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

/// The values of a statement, and which of them are others from run to run of its loop.
struct ChangedValues {
    const roundtrip::StatementValueHashes* values;  ///< nullptr if it is not known
    roundtrip::ValueChanges changes;

    std::uint32_t places_of(roundtrip::ValueHash hash) const;  ///< as bits
    bool contains(roundtrip::ValueHash hash) const;            ///< among those that are others
    bool has(roundtrip::ValueHash hash) const { return places_of(hash) != 0; }
    int times(std::uint32_t places) const;  ///< that the value of one of these has changed
};

/// Looks at the plan of a statement that has run and has not ended. `shape` is what its client
/// wrote; nullptr if it is not known.
Findings findings_of(const QueryDesc* query, const ChangedValues& changed, const QueryShape* shape);

/// Whether the statement asks for many things at once already: by an array, a list of VALUES, or
/// IN (…), rather than by a single value.
bool does_many_at_once(const Findings& findings);

}  // namespace onetrip::postgres
