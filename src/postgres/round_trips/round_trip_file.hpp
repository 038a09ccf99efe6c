#pragma once

namespace onetrip::postgres {

/// Reads the file that the server's last clean end has left, unlinks it, and has all of it written
/// again at the next clean end. The postmaster calls it when the memory is there.
void restore_round_trips_at_start();

}  // namespace onetrip::postgres
