#pragma once

namespace onetrip::postgres {

/// Reads what the server's last clean end has left, unlinks it, and has all of it written again at
/// the next clean end. To be called in the postmaster, when the memory is there.
void restore_round_trips_at_start();

}  // namespace onetrip::postgres
