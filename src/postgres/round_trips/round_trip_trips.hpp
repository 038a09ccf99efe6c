#pragma once

#include "postgres/server/server.hpp"

extern "C" {
#include "access/xact.h"
#include "pgstat.h"
#include "tcop/pquery.h"
#include "utils/portal.h"
}

namespace onetrip::postgres {

/// Finds out whether the client of a statement may have waited for the one before it.
class TripCounter {
  public:
    /// A statement has ended. False if it came in the same message as the one before, if no Sync
    /// was between them, or if it lay in the receive buffer already when that one ended.
    bool count() {
        const State now = state();
        const bool has_sync = now.transaction != before_.transaction || now.spent != before_.spent;
        const bool is_trip = now.message != before_.message && has_sync && !before_.has_more;
        before_ = now;
        return is_trip;
    }

    /// The begin of the transaction of the statement that was counted last.
    TimestampTz transaction() const { return before_.transaction; }

  private:
    struct State {
        TimestampTz message = 0;      ///< when it arrived
        TimestampTz transaction = 0;  ///< when it began
        /// The time for which the session has been active, or idle in a transaction: it grows with
        /// each Sync, as long as the server tracks activities (pgstat_report_activity,
        /// backend_status.c). Either may take less than a microsecond, and then does not count.
        std::int64_t spent = 0;
        bool has_more = false;  ///< more than a Sync has been received already
    };

    static State state() {
        // The portal of a simple query is not visible.
        const bool is_simple = ActivePortal != nullptr && !ActivePortal->visible;
        const TimestampTz message = GetCurrentStatementStartTimestamp();
        return {message, GetCurrentTransactionStartTimestamp(),
                pgstat_track_activities ? pgStatActiveTime + pgStatTransactionIdleTime : message,
                has_received_more(is_simple)};
    }

    State before_;
};

}  // namespace onetrip::postgres
