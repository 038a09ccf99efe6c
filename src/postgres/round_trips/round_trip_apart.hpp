#pragma once

#include "postgres/server/subtransaction.hpp"

/// What the watch looks up for itself while a statement of the client's runs.
namespace onetrip::postgres {

/// Reports an error of the watch's own, once a session; raises it again if the client or the
/// administrator cancelled.
void report_own_error(ErrorData* error);

/// Runs what is to be found out once a loop, in a subtransaction: an ERROR in it is none of the
/// client's, whose statement goes on. False if it has not been found out.
template <typename Body>
bool run_apart(Body&& body) {
    // There can be no subtransaction then: another run is looked at.
    if (IsInParallelMode()) {
        return false;
    }
    ErrorData* const error = error_in_subtransaction(body);
    if (error != nullptr) {
        report_own_error(error);
    }
    return error == nullptr;
}

}  // namespace onetrip::postgres
