#pragma once

#include <csignal>

#include "postgres/server/server.hpp"

extern "C" {
#include "utils/timeout.h"
}

namespace onetrip::postgres {

/// An alarm that looks again and again whether an idle session has paused. There is one a session.
class PauseAlarm {
  public:
    /// Runs in a signal handler.
    using Question = bool (*)();

    constexpr explicit PauseAlarm(Question has_paused) : has_paused_(has_paused) {}

    /// Sets the alarm, unless it is set so, to look for a pause of that length, and four times in
    /// each such time.
    void set(int gap_ms);
    void clear();
    bool is_set() const { return is_set_; }

    /// Whether there was a pause; true only once for each.
    bool take_pause() {
        const bool rang = rang_ != 0;
        rang_ = 0;
        return rang;
    }

  private:
    static void look();

    static PauseAlarm* own_;

    Question has_paused_;
    TimeoutId timeout_ = MAX_TIMEOUTS;
    volatile std::sig_atomic_t rang_ = 0;
    bool is_set_ = false;
    int gap_ = 0;  ///< ms
};

}  // namespace onetrip::postgres
