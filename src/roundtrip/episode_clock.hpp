#pragma once

#include "roundtrip/statement.hpp"

namespace onetrip::roundtrip {

/// Where the statements of a session lie in time: the waits between them, the pauses that end an
/// episode, and how long the episode has been.
class EpisodeClock {
  public:
    /// An episode ends at the latest after so many statements, or so long.
    static constexpr std::uint32_t most_statements = 10'000;
    static constexpr Microseconds longest_episode = 60'000'000;

    /// The time between a statement and the one before.
    struct Wait {
        Microseconds time = 0;  ///< without what other statements took
        bool has_pause = false;
        bool is_known = false;  ///< there was a statement before, and it has not failed
    };

    /// A pause longer than this ends an episode. May change at any time.
    void set_gap(Microseconds gap) noexcept { gap_ = gap; }

    /// Moves the statement's begin to the end of the one before it if it arrived earlier, and
    /// returns how long the client was waited for.
    Wait place(Statement& statement) noexcept;

    /// A statement that does not count: the client does not wait while it runs.
    void pass(Microseconds begin, Microseconds end) noexcept;

    /// The server worked until then for the statement before.
    void busy_until(Microseconds time) noexcept;

    /// A statement failed, at a time that is not known.
    void fail() noexcept { last_end_ = never; }

    bool has_paused(Microseconds now) const noexcept { return has_paused(now, gap_); }
    bool has_paused(Microseconds now, Microseconds gap) const noexcept {
        return last_end_ != never && now - last_end_ > gap;
    }

    /// Whether the episode is too long already for a statement that begins then.
    bool is_full(Microseconds begin) const noexcept {
        return statements_ >= most_statements || begin > latest_begin_;
    }

    /// How many more statements it may have, and when the last of them may begin.
    std::uint32_t statements_left() const noexcept { return most_statements - statements_; }
    Microseconds latest_begin() const noexcept { return latest_begin_; }

    void count(Microseconds begin) noexcept {
        if (statements_ == 0) {
            latest_begin_ = begin + longest_episode;
        }
        ++statements_;
    }

    void begin_episode() noexcept {
        latest_begin_ = INT64_MAX;
        statements_ = 0;
    }

  private:
    static constexpr Microseconds never = INT64_MIN;

    Microseconds gap_ = 1'000'000;

    // The episode:
    Microseconds latest_begin_ = INT64_MAX;  ///< of a statement in it
    std::uint32_t statements_ = 0;

    // Since the last statement:
    Microseconds last_end_ = never;
    Wait wait_;
};

/// A statement and what came before it.
struct Run {
    Statement statement{};
    EpisodeClock::Wait wait{};

    /// How long the client and the network kept the session waiting, until it had all messages.
    Microseconds waited() const noexcept {
        return wait.time + (statement.end - statement.begin - statement.busy);
    }
};

inline EpisodeClock::Wait EpisodeClock::place(Statement& statement) noexcept {
    Wait wait = wait_;
    if (last_end_ != never) {
        // Statements of one message have all arrived with it: they begin when they can.
        if (statement.begin < last_end_) {
            statement.begin = last_end_;
        }
        if (statement.end < statement.begin) {
            statement.end = statement.begin;
        }
        const Microseconds time = statement.begin - last_end_;
        wait.time += time;
        wait.has_pause |= time > gap_;
        wait.is_known = true;
    }
    const Microseconds whole = statement.end - statement.begin;
    statement.busy = statement.busy < 0 ? 0 : statement.busy > whole ? whole : statement.busy;
    last_end_ = statement.end;
    wait_ = {};
    return wait;
}

inline void EpisodeClock::busy_until(Microseconds time) noexcept {
    if (last_end_ < time) {
        last_end_ = time;
    }
}

inline void EpisodeClock::pass(Microseconds begin, Microseconds end) noexcept {
    if (last_end_ != never && begin > last_end_) {
        const Microseconds time = begin - last_end_;
        wait_.time += time;
        wait_.has_pause |= time > gap_;
    }
    busy_until(end);
}

}  // namespace onetrip::roundtrip
