#pragma once

#include <cstdint>

#include "roundtrip/statement.hpp"

/// The loops that the watch over round trips finds.
namespace onetrip::roundtrip {

/// The identity of a loop: its statements, and how they are used.
struct LoopKey {
    QueryId leader = 0;  ///< 0 if no statement's rows were looped over
    QueryId repeated = 0;
    Kind kind = Kind::select;

    bool operator==(const LoopKey&) const = default;
};

/// A loop in an episode, or the rest of one of which a part has been reported.
struct Loop {
    LoopKey key;
    bool is_new_in_episode = true;
    bool has_distinct_parameters = false;
    bool is_by_values = false;  ///< the leader's result held the values that were asked for
    std::uint64_t statements = 0;
    std::uint64_t statements_in_episode = 0;  ///< with those of parts that were reported before
    std::uint64_t round_trips = 0;            ///< the statements, without those known to be none
    std::uint64_t rows = 0;                   ///< of the statements
    std::uint64_t transactions = 0;           ///< in which they ran
    std::uint64_t leader_rows = 0;
    Microseconds busy = 0;
    Microseconds wait = 0;
    Microseconds first_seen = 0;
    Microseconds last_seen = 0;
    std::uint32_t sessions = 1;  ///< of the episode
    bool is_of_request = false;  ///< its runs count in a request, which reports them
};

/// Takes the loops of an episode when it ends.
class LoopSink {
  public:
    virtual void take(const Loop& loop) noexcept = 0;

    /// An episode has ended, and all of its loops have been taken; there were some.
    virtual void end_episode() noexcept {}

  protected:
    ~LoopSink() = default;
};

}  // namespace onetrip::roundtrip
