#pragma once

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/plannodes.h"
#include "utils/portal.h"
}

namespace onetrip::postgres {

/// The effects of a utility statement that the watch must know. They are read before it runs: its
/// tree may be gone after it.
struct UtilityEffect {
    bool begins_block = false;
    bool was_in_block = false;  ///< the server was in one, when it was asked to begin one
    bool chains = false;        ///< the next statement is in a block again
    bool ends_episode = false;
    bool prepares = false;
    bool declares_cursor = false;
    Portal cursor = nullptr;  ///< that is fetched from
    bool is_first_fetch = false;
};

UtilityEffect effect_of_utility(const PlannedStmt* planned);

}  // namespace onetrip::postgres
