#pragma once

#include "postgres/round_trips/round_trip_memory.hpp"

/// The loops that run now: for each backend the one with the most statements.
namespace onetrip::postgres {

struct RunningLoop {
    int pid;  ///< 0 if none exists
    Oid database;
    Oid role;
    int encoding;  ///< of the texts
    char application_name[NAMEDATALEN];
    roundtrip::LoopKey key;
    TimestampTz since;
    std::int64_t statements;
    std::int64_t round_trips;
    std::int64_t wait_time;  ///< µs
    RoundTripText leader;
    RoundTripText repeated;
};

Size size_of_running_loops();
void start_running_loops();

/// Shows a loop of this backend, if it has more statements than the one that is shown. Neither
/// raises anything.
void show_running_loop(const roundtrip::Loop& loop, const RoundTripTexts& texts);
/// The loop, if it is the one that is shown, runs no longer.
void hide_running_loop(const roundtrip::LoopKey& key);
/// The loop that is shown, if any, runs no longer.
void hide_running_loops();

/// How many backends there can be; and a copy of the loop that the one at `slot` shows, false if it
/// shows none.
int slots_of_running_loops();
bool copy_running_loop(int slot, RunningLoop& copy);

}  // namespace onetrip::postgres
