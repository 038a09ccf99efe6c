#pragma once

#include "postgres/round_trips/round_trip_catalog.hpp"
#include "postgres/round_trips/round_trip_findings.hpp"
#include "postgres/round_trips/round_trip_memory.hpp"
#include "postgres/round_trips/round_trip_query_shape.hpp"
#include "postgres/round_trips/round_trip_receiver.hpp"

extern "C" {
#include "executor/execdesc.h"
#include "nodes/plannodes.h"
}

namespace onetrip::postgres {

/// The columns of a leader's result in which the values of a loop were found.
struct ColumnsOfLeader {
    const ColumnsOfResult* result = nullptr;
    std::uint8_t found = 0;  ///< a bit for each; several may hold the same values
    /// The columns are of a leader that reaches the loop by a statement of one row, to whose own
    /// row the loop's values belong.
    bool is_handed_on = false;

    bool has(int column) const { return ((found >> column) & 1) != 0; }
};

/// The statement over whose rows a loop runs.
struct LeaderOfLoop {
    bool exists = false;
    TablesOfStatement tables{};  ///< as far as they are known
    QueryShape shape{};
    ColumnsOfLeader columns{};  ///< if its values say that it leads
    bool is_itself = false;     ///< the loop walks down a tree

    /// The place of the first column that held the values; -1 if none is known.
    int place() const;
    /// Its name; nullptr if none is known.
    const char* column() const;
    /// The table's column that it is, if the leader's own rows held the loop's values.
    ColumnOfTable origin() const;

    /// The same, if it is the leader's own rows that held the loop's values.
    const char* own_column() const { return columns.is_handed_on ? nullptr : column(); }

    /// The same, if its name says which column it is.
    const char* named_column() const;
};

/// Writes by which column of the leader the loop runs, and what to do instead of running this
/// statement again and again. Looks into the catalogs: a transaction is under way, and the
/// statement holds its locks.
void write_advice(RoundTripTexts& texts, const QueryDesc* query, const Findings& findings,
                  const LeaderOfLoop& leader);

}  // namespace onetrip::postgres
