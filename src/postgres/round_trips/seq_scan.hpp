#pragma once

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/plannodes.h"
}

namespace onetrip::postgres {

/// The largest table of a plan that is read whole for less than a hundredth of its rows.
struct WastefulScan {
    const char* text = nullptr;   ///< table and columns of the filter; nullptr if none exists
    const char* index = nullptr;  ///< the advice on an index that is missing; nullptr if none is
};

/// Finds the scan by the plan's own estimates; `text` is the statement's source. Looks into the
/// catalogs, and allocates the texts in the current memory context.
WastefulScan wasteful_scan(const PlannedStmt* planned, const char* text);

}  // namespace onetrip::postgres
