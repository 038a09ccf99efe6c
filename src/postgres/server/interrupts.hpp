#pragma once

namespace onetrip::postgres {

/// The Interrupt of the server, for long work within call_cpp: a cancel, a timeout or the end of
/// the backend comes out of it as a ServerError.
void check_for_interrupts();

}  // namespace onetrip::postgres
