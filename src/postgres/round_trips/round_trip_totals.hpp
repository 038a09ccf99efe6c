#pragma once

#include "postgres/server/server.hpp"
#include "roundtrip/detector.hpp"

/// The costs of all loops of a database since the last reset, including forgotten ones.
namespace onetrip::postgres {

struct RoundTripTotal {
    Oid database;  ///< InvalidOid: of all databases that found no room
    std::int64_t loops;
    std::int64_t statements;
    std::int64_t round_trips;
    std::int64_t server_time;  ///< µs
    std::int64_t wait_time;    ///< µs
    std::int64_t evictions;
};

struct RoundTripTotals {
    /// The last place is for all other databases.
    static constexpr int most = 64 + 1;

    TimestampTz since;
    int count;
    RoundTripTotal totals[most];
};

Size size_of_totals();
void start_totals();

/// These functions raise nothing.
void add_to_totals(Oid database, const roundtrip::Loop& loop);
void count_eviction(Oid database);
void copy_totals(RoundTripTotals& copy);
void set_totals(const RoundTripTotals& totals);
void reset_totals();

}  // namespace onetrip::postgres
