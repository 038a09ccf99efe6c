// The alarm that ends an episode in a pause.
//
// A loop outside of a block waits for the pause that ends its episode, and no hook is called in a
// pause. So an alarm looks for one, and lets the idle session do what it does to catch up with the
// invalidations of others: run an empty transaction, at whose end the session learns of the pause.
// It knows neither the length of a pause nor its consequences.

#include "postgres/round_trips/round_trip_alarm.hpp"

extern "C" {
#include "storage/latch.h"
#include "storage/sinval.h"
}

namespace onetrip::postgres {

PauseAlarm* PauseAlarm::own_ = nullptr;

/// Runs in a signal handler.
void PauseAlarm::look() {
    if (own_->has_paused_()) {
        own_->rang_ = 1;
        catchupInterruptPending = 1;
        SetLatch(MyLatch);
    }
}

void PauseAlarm::set(int gap_ms) {
    if (timeout_ == MAX_TIMEOUTS) {
        own_ = this;
        timeout_ = RegisterTimeout(USER_TIMEOUT, look);
    }
    // An ERROR disables all alarms.
    if (!is_set_ || gap_ms != gap_ || !get_timeout_active(timeout_)) {
        gap_ = gap_ms;
        // The pause may begin at any time, and is to be reported soon after it is one.
        enable_timeout_every(timeout_,
                             TimestampTzPlusMilliseconds(GetCurrentTimestamp(), gap_ms + 10),
                             gap_ms / 4 + 10);
        is_set_ = true;
    }
}

void PauseAlarm::clear() {
    rang_ = 0;
    if (is_set_) {
        disable_timeout(timeout_, false);
        is_set_ = false;
    }
}

}  // namespace onetrip::postgres
