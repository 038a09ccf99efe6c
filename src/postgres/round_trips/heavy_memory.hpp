#pragma once

#include "postgres/round_trips/round_trip_memory.hpp"
#include "postgres/round_trips/shared_rows.hpp"

/// Heavy results and heavy plans, in shared memory of a fixed size.
namespace onetrip::postgres {

/// The owner of a heavy statement.
struct HeavyKey {
    Oid database;
    Oid role;
    roundtrip::QueryId query;
    std::uint64_t application;  ///< a hash of its name; the key has no padding
};

struct HeavyResult {
    using Key = HeavyKey;

    Key key;
    TimestampTz first_seen;
    TimestampTz last_seen;
    std::int64_t executions;
    std::int64_t rows;
    std::int64_t most_rows;
    std::int64_t bytes;  ///< of those executions of which they are known
    bool has_bytes;
    int columns;
    double widest_share;              ///< of the bytes, up to 1
    char widest_column[NAMEDATALEN];  ///< empty if it is not known
    char application_name[NAMEDATALEN];
    int encoding;  ///< of the texts
    RoundTripText query;
    RoundTripText advice;
};

struct HeavyPlan {
    using Key = HeavyKey;

    Key key;
    TimestampTz first_seen;
    TimestampTz last_seen;
    std::int64_t plans;
    std::int64_t planning_time;  ///< µs
    std::int64_t executions;
    std::int64_t server_time;  ///< µs
    int relations;
    int or_arms;
    char application_name[NAMEDATALEN];
    int encoding;        ///< of the texts
    char seq_scan[256];  ///< empty if none exists
    RoundTripText query;
    RoundTripText advice;
};

extern SharedRows<HeavyResult> heavy_results;
extern SharedRows<HeavyPlan> heavy_plans;

constexpr int locks_of_heavy_rows = 2;
Size size_of_heavy_rows();
void start_heavy_rows(LWLockPadded* locks);

/// Forgets all rows, or those of this statement.
void forget_heavy_rows();
void forget_heavy_rows(roundtrip::QueryId id);

/// The key of a statement of the current role, and the name that it has been made with.
HeavyKey heavy_key(roundtrip::QueryId id, char (&application_name)[NAMEDATALEN]);

}  // namespace onetrip::postgres
