#pragma once

#include "postgres/round_trips/round_trip_memory.hpp"

namespace onetrip::postgres {

/// The values of onetrip.watch_action.
enum class WatchAction : int { none, notice, warning, error };

/// SQLSTATE of a loop.
constexpr int errcode_of_loop = MAKE_SQLSTATE('O', 'T', '0', '0', '1');

/// Reports a loop that the statement which is about to run will make: its text, how often it ran so
/// far, and what to write instead. Raises an ERROR if that is the action.
void answer_loop(WatchAction action, const roundtrip::Loop& loop, const RoundTripTexts& texts);

/// Writes a line to the server's log about an episode that has waited for `wait` in its loops, of
/// which `loop` waited longest.
void log_loop(const roundtrip::Loop& loop, roundtrip::Microseconds wait,
              const RoundTripTexts& texts);

}  // namespace onetrip::postgres
