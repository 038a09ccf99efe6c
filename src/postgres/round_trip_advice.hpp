#pragma once

#include "postgres/round_trip_memory.hpp"

extern "C" {
#include "executor/execdesc.h"
#include "nodes/plannodes.h"
}

namespace onetrip::postgres {

/// The tables that a statement reads, as far as there is room.
struct TablesOfStatement {
    static constexpr int most = 8;

    int count;
    Oid tables[most];
};

TablesOfStatement tables_of(const PlannedStmt* statement);

/// Writes what to do instead of running this statement again and again over the rows of a leader
/// that reads `leader_tables`; `has_leader` says whether there is one. Looks into the catalogs: a
/// transaction is under way, and the statement holds its locks.
void write_advice(RoundTripTexts& texts, const QueryDesc* query, bool has_leader,
                  const TablesOfStatement& leader_tables);

}  // namespace onetrip::postgres
