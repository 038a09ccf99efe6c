#pragma once

#include "postgres/round_trips/round_trip_advice.hpp"
#include "postgres/round_trips/round_trip_text.hpp"

extern "C" {
#include "nodes/plannodes.h"
}

namespace onetrip::postgres {

/// Keeps the texts of a session's statements and loops until an episode ends, when it is too late
/// to look anything up. All of them have their places from the start.
class RoundTripLoops final : public roundtrip::LoopSink {
  public:
    /// Keeps the text of a statement whose rows may be looped over.
    void keep_leader(roundtrip::QueryId id, const PlannedStmt* statement, const QueryShape& shape,
                     const char* text);

    /// Forgets the texts of leaders: another role must not see those of this one.
    void forget_leaders();

    /// Keeps the texts and the advice of a loop in which `query` has just run.
    void describe(const roundtrip::LoopKey& key, const QueryDesc* query, const Findings& findings,
                  const ColumnsOfLeader& columns);

    /// The same for a loop that has been described, if its statement can have no list of values: no
    /// findings are needed then, and only the loop's runner is new. Returns false otherwise.
    bool renew(const roundtrip::LoopKey& key, const QueryDesc* query,
               const ColumnsOfLeader& columns);

    /// Whether other values of a loop have changed than those that its advice knows of, as bits.
    bool knows_less(const roundtrip::LoopKey& key, std::uint32_t changed) const;

    /// Writes the statements and the advice of a loop anew; its runner stays.
    void describe_again(const roundtrip::LoopKey& key, const QueryDesc* query,
                        const Findings& findings, const ColumnsOfLeader& columns);

    /// Keeps the text of a statement that another session of the same request has run.
    void import_leader(roundtrip::QueryId id);

    /// The texts that were described last for a loop; nullptr if there are none.
    const RoundTripTexts* texts_of(const roundtrip::LoopKey& key) const;

    /// Hands a loop on to shared memory.
    void take(const roundtrip::Loop& loop) noexcept override;
    /// Finds out whether the episode waited long enough to be logged.
    void end_episode() noexcept override;

    /// Logs the last episode if that is due.
    void log_episode() {
        if (is_log_due_) {
            is_log_due_ = false;
            write_log();
        }
    }

  private:
    static constexpr std::size_t leaders = roundtrip::Detector::places;

    /// The places for loops are twice as many as can be open: those of blocks that turn out longer
    /// come on top.
    static constexpr std::size_t loops = roundtrip::Detector::places;

    struct Leader {
        std::uint64_t query_id;
        TablesOfStatement tables;
        QueryShape shape;
        /// It may shrink when its constants are replaced, so more is kept of it than will be shown.
        StatementEdges text;
    };

    struct Runner {
        RoundTripOwner owner;
        std::uint64_t variant;
        const Leader* leader;
        std::uint64_t query_id;
        std::uint64_t leader_query_id;
    };

    Runner runner_of(const roundtrip::LoopKey& key, const QueryDesc* query) const;
    static void set_runner(RoundTripTexts& texts, const Runner& runner);
    static void set_request(RoundTripTexts& texts, const Runner& runner);
    static bool says_enough(const RoundTripTexts* known, const ColumnsOfLeader& columns);
    Leader& oldest_leader(roundtrip::QueryId id);
    const Leader* find_leader(roundtrip::QueryId id) const;
    RoundTripTexts* find(const roundtrip::LoopKey& key, Oid role, std::uint64_t variant);
    RoundTripTexts& oldest_loop();
    RoundTripTexts& use(std::size_t place);
    static void write_words(RoundTripTexts& texts, const Leader* leader, const QueryDesc* query,
                            const Findings& findings, const ColumnsOfLeader& columns);

    void write_log() const;

    // The episode that is being reported:
    roundtrip::Microseconds wait_ = 0;
    roundtrip::Loop dearest_;
    // The last episode that has ended:
    bool is_log_due_ = false;
    roundtrip::Microseconds logged_wait_ = 0;
    roundtrip::Loop logged_;

    std::uint64_t clock_ = 0;
    roundtrip::QueryId leader_ids_[leaders] = {};
    std::uint64_t leaders_used_[leaders] = {};
    Leader leaders_[leaders] = {};
    std::size_t last_used_ = 0;  ///< the loop that was of use last
    std::uint64_t loops_used_[loops] = {};
    RoundTripTexts loops_[loops] = {};
    bool may_have_lists_[loops] = {};
    std::uint32_t changed_[loops] = {};  ///< the values that have, by their advice
};

}  // namespace onetrip::postgres
