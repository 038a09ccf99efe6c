#pragma once

#include "postgres/round_trip_alarm.hpp"
#include "postgres/round_trip_loops.hpp"
#include "postgres/round_trip_settings.hpp"
#include "postgres/round_trip_utility.hpp"
#include "roundtrip/statement_clock.hpp"

extern "C" {
#include "access/parallel.h"
#include "access/xact.h"
}

namespace onetrip::postgres {

/// The watch over one session: takes what the server's hooks learn of it, in the order in which it
/// happens, and has the detector, the clock and the alarm for it.
///
/// An ERROR's longjmp may leave any call that runs the server: everything here is plain data, and
/// an ERROR leaves nothing in it that the next message would take for its own.
class RoundTripSession {
  public:
    constexpr RoundTripSession() = default;
    RoundTripSession(const RoundTripSession&) = delete;
    RoundTripSession& operator=(const RoundTripSession&) = delete;

    /// Whether what the server is about to do is something that the client sent, and not inside of
    /// such a thing: a function, a trigger, an evaluation of the planner.
    bool is_watching() const {
        return round_trip_settings.watch && MyBackendType == B_BACKEND && !IsParallelWorker() &&
               !has_given_up_ && has_round_trip_memory() && !is_inside();
    }

    /// The same for a statement that starts, and for one that has started.
    bool is_watching_start(const QueryDesc* query);
    bool is_watching(const QueryDesc* query) const;

    /// Runs what the client sent.
    template <typename Body>
    void run(Body&& body) {
        if (!clock_.enter(GetCurrentStatementStartTimestamp())) {
            detector_.fail();
        }
        body();
        clock_.leave();
    }

    // In the order of a statement's life:
    void parsed(Query* query);
    void before_planning(Query* query, const char* text);
    void planned(const Query* query);
    void started(const QueryDesc* query);
    /// The statement has run, or gone on if its portal is executed in parts.
    void ended(const QueryDesc* query, bool goes_on);

    void before_utility(const UtilityEffect& effect);
    void utility_ended(const UtilityEffect& effect, std::uint64_t rows);

    void transaction_ended(XactEvent event);
    void exiting();

  private:
    template <typename Body>
    void call_detector(Body&& body);

    bool is_inside() const { return clock_.is_inside(GetCurrentStatementStartTimestamp()); }
    static bool is_pausing();

    void prepare(roundtrip::QueryId id);
    void tell(const roundtrip::Statement& statement, const PlannedStmt* planned, const char* text,
              const QueryDesc* query);
    void look_at_loop(const roundtrip::LoopKey& loop, const QueryDesc* query);
    void fetch_ended(const UtilityEffect& effect, std::uint64_t rows);
    void begin();
    void begin_chained_block();
    void end_block_or_pause(XactEvent event);

    RoundTripLoops loops_;
    roundtrip::Detector detector_{loops_};
    roundtrip::StatementClock clock_;
    PauseAlarm alarm_{is_pausing};

    /// This session has sent something, and tells of it before it ends.
    bool has_begun_ = false;
    /// The detector has thrown, which it never does.
    bool has_given_up_ = false;
    /// COMMIT AND CHAIN or ROLLBACK AND CHAIN: the next statement is in a block again.
    bool chains_ = false;
    /// DECLARE CURSOR is about to plan its query: the arrival of its message, else 0.
    TimestampTz cursor_message_ = 0;
};

/// The session of this process.
extern RoundTripSession round_trip_session;

}  // namespace onetrip::postgres
