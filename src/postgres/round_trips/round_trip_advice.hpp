#pragma once

#include "postgres/round_trips/round_trip_catalog.hpp"
#include "postgres/round_trips/round_trip_findings.hpp"
#include "postgres/round_trips/round_trip_memory.hpp"

extern "C" {
#include "executor/execdesc.h"
#include "nodes/plannodes.h"
}

namespace onetrip::postgres {

/// The statement over whose rows a loop runs.
struct LeaderOfLoop {
    bool exists = false;
    TablesOfStatement tables{};  ///< as far as they are known
};

/// Writes what to do instead of running this statement again and again. Looks into the catalogs: a
/// transaction is under way, and the statement holds its locks.
void write_advice(RoundTripTexts& texts, const QueryDesc* query, const Findings& findings,
                  const LeaderOfLoop& leader);

}  // namespace onetrip::postgres
