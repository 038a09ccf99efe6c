#pragma once

#include "postgres/server/subtransaction.hpp"

extern "C" {
#include "storage/proc.h"
}

/// The watch's own look-ups while a statement of the client's runs.
namespace onetrip::postgres {

/// Reports an error of the watch's own, once a session; raises it again if the client or the
/// administrator cancelled.
void report_own_error(ErrorData* error);

/// Runs a look-up that is needed once a loop, in a subtransaction: an ERROR in it does not concern
/// the client, whose statement goes on. Returns false if it failed, or could not run.
template <typename Body>
bool run_apart(Body&& body) {
    // A parallel operation allows no subtransaction: another run is looked at.
    if (IsInParallelMode()) {
        return false;
    }
    // A lock that another session holds is not waited for: the client would wait too.
    constexpr int shortest_wait = 1;  // ms
    const int lock_timeout = LockTimeout;
    LockTimeout = shortest_wait;
    ErrorData* const error = error_in_subtransaction(body);
    LockTimeout = lock_timeout;
    if (error != nullptr) {
        report_own_error(error);
    }
    return error == nullptr;
}

}  // namespace onetrip::postgres
