#pragma once

#include <string_view>

#include "postgres/round_trips/heavy_plans.hpp"
#include "postgres/round_trips/heavy_results.hpp"
#include "postgres/round_trips/round_trip_action.hpp"
#include "postgres/round_trips/round_trip_alarm.hpp"
#include "postgres/round_trips/round_trip_fingerprints.hpp"
#include "postgres/round_trips/round_trip_loops.hpp"
#include "postgres/round_trips/round_trip_pages.hpp"
#include "postgres/round_trips/round_trip_parameters.hpp"
#include "postgres/round_trips/round_trip_receiver.hpp"
#include "postgres/round_trips/round_trip_request_tags.hpp"
#include "postgres/round_trips/round_trip_settings.hpp"
#include "postgres/round_trips/round_trip_trips.hpp"
#include "postgres/round_trips/round_trip_utility.hpp"
#include "postgres/round_trips/written_tables.hpp"
#include "roundtrip/request_episode.hpp"
#include "roundtrip/statement_clock.hpp"
#include "roundtrip/waiting_runs.hpp"

extern "C" {
#include "access/xact.h"
#include "utils/guc.h"
}

namespace onetrip::postgres {

/// The properties of a statement that its plan shows, and all plans of it; see
/// roundtrip::Statement.
struct PlanTraits {
    roundtrip::Kind kind;
    bool has_relation;
    bool names_none;
    bool is_of_catalogs;
    bool locks_rows;
};

/// The watch over one session: takes the events that the server's hooks see, in their order, and
/// has the detector, the clock and the alarm for it.
///
/// An ERROR's longjmp may leave any call that runs the server: everything here is plain data, and
/// an ERROR leaves nothing in it that the next message would take for its own.
///
/// Its padding is that of the detector, whose entries are aligned.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
class RoundTripSession {
  public:
    constexpr RoundTripSession() = default;
    RoundTripSession(const RoundTripSession&) = delete;
    RoundTripSession& operator=(const RoundTripSession&) = delete;

    /// Whether the server is about to do something that the client sent, and not something inside
    /// of that: a function, a trigger, an evaluation of the planner. The client is not another
    /// server that runs its part of a statement either. (A parallel worker is not a B_BACKEND.)
    bool is_watching() const {
        return round_trip_settings.watch && MyBackendType == B_BACKEND && !has_given_up_ &&
               !is_inside() && !is_of_other_server();
    }

    /// The same for a statement that starts. One that does not count may start at the address of
    /// one that has failed.
    bool is_watching_start(const QueryDesc* query) {
        const bool counts = is_watching() && is_sent_by_client(query);
        if (!counts) {
            clock_.forget(query);
        }
        return counts;
    }

    /// The same for a statement that has started: mostly the one that has started last.
    bool is_watching(const QueryDesc* query) const {
        return clock_.is_running(query) ? !is_inside() : is_watching() && is_sent_by_client(query);
    }

    /// Runs what the client sent.
    template <typename Body>
    void run(Body&& body) {
        if (!clock_.enter(GetCurrentStatementStartTimestamp())) {
            count_waiting();
            detector_.fail();
        }
        body();
        clock_.leave();
    }

    // The events of a statement's life, in their order:
    /// A statement has been parsed; `most_constants` is as in StatementValues.
    void parsed(Query* query, const char* text, int most_constants);
    void look_for_ignore(std::string_view statement) {
        has_ignore_comments_ = has_ignore_comments_ || names_ignore(statement);
    }
    void before_planning(Query* query, const char* text);
    TimestampTz planning_begins(const Query* query) const {
        const roundtrip::Microseconds begins = clock_.planning_begins(
            static_cast<roundtrip::QueryId>(query->queryId), GetCurrentStatementStartTimestamp());
        return begins != 0 ? begins : GetCurrentTimestamp();
    }
    void planned(const Query* query, const PlannedStmt* planned, const char* text,
                 TimestampTz begin);
    void started(const QueryDesc* query);

    /// Whether the statement's rows go to the client, and are to be looked at.
    bool keeps_rows(const QueryDesc* query) const {
        return round_trip_settings.values &&
               (query->operation == CMD_SELECT || query->plannedstmt->hasReturning) &&
               !is_ignored(query->plannedstmt, query->sourceText);
    }

    /// The statement is about to run. Answers the loop that it will make; see watch_action.
    void before_run(const QueryDesc* query) {
        if (round_trip_settings.action != static_cast<int>(WatchAction::none) &&
            !query->already_executed) {
            answer(query);
        }
    }
    /// The receiver to be taken instead of the statement's own while it runs.
    DestReceiver* receiver_before(const QueryDesc* query);
    /// The same for rows that are fetched from a cursor.
    DestReceiver* receiver_before(const UtilityEffect& effect, DestReceiver* receiver);

    /// Whether a statement that is about to run is counted later, and the receiver to be taken for
    /// it.
    bool waits(const QueryDesc* query) const {
        return waits_ != nullptr && clock_.is_running(query);
    }
    DestReceiver* receiver_to_wait(const QueryDesc* query) {
        return receiver_.put_before(
            query->dest,
            {query->plannedstmt, waiting_.id(), current_.hash, &current_.each, false, true},
            evidence_, *waits_, count_running);
    }

    /// The statement is about to run without a receiver of ours.
    void runs_unseen() { receiver_.forget_sizes(); }

    /// The statement has run to its end in one piece.
    void ran_whole(const QueryDesc* query) {
        if (is_heavy_result(query->estate->es_processed, receiver_.sizes()) &&
            !is_ignored(query->plannedstmt, query->sourceText)) {
            look_at_whole_result(query);
        }
    }

    /// The statement has run, or gone on if its portal is executed in parts.
    void ended(const QueryDesc* query, bool goes_on);

    void before_utility(const UtilityEffect& effect);
    void utility_ended(const UtilityEffect& effect, std::uint64_t rows);

    /// A transaction has ended. That of a procedure ends nothing of the client's, but a block ends
    /// with the ERROR inside of it.
    void transaction_ended(XactEvent event) {
        if (event == XACT_EVENT_ABORT && ActivePortal == nullptr) {
            transaction_failed();
        }
        const bool ends_block = event == XACT_EVENT_ABORT && detector_.is_in_block();
        if (has_begun_ && (ends_block || !is_inside())) {
            clock_.forget_prepared();
            if (!ends_nothing(event)) {
                count_waiting();
                end_block_or_pause(event);
            }
        }
    }

    void exiting();

  private:
    template <typename Body>
    void call_detector(Body&& body);
    void give_up();

    bool is_inside() const { return clock_.is_inside(GetCurrentStatementStartTimestamp); }

    /// Whether this is the end of a read outside of a block, for which no loop waits.
    bool ends_nothing(XactEvent event) const {
        return event == XACT_EVENT_COMMIT && !detector_.is_in_block() &&
               !detector_.has_open_loops() && !alarm_.is_set() && round_trip_settings.watch &&
               !TransactionIdIsValid(GetTopTransactionIdIfAny());
    }
    static bool is_sent_by_client(const QueryDesc* query);
    static bool is_pausing();

    /// The entry of a statement: mostly of the one that has begun last.
    const Fingerprints::Entry* known_of(roundtrip::QueryId id) const {
        return known_ != nullptr && known_->query_id == id ? known_ : fingerprints_.find(id);
    }
    roundtrip::QueryId fingerprint_of(roundtrip::QueryId id) const {
        const Fingerprints::Entry* const known = known_of(id);
        return known != nullptr ? known->fingerprint : id;
    }

    /// Citus opens sessions of its own on its workers: a statement on many shards is not in a
    /// loop.
    static bool is_of_other_server() {
        constexpr std::string_view citus = "citus_internal";
        return application_name[0] == citus[0] &&
               std::strncmp(application_name, citus.data(), citus.size()) == 0;
    }

    /// Whether a statement is passed over, as SET is.
    bool is_ignored(const PlannedStmt* planned, const char* text) const {
        return round_trip_settings.ignore ||
               (has_ignore_comments_ && has_ignore_comment(source_of(planned, text)));
    }
    void pass_over();
    void look_at_whole_result(const QueryDesc* query);
    std::optional<roundtrip::Loop> loop_with(const QueryDesc* query);
    void answer(const QueryDesc* query);

    // Runs that count later:
    /// Whether nothing is to be done with a statement that runs again but to count it: not even
    /// with a row of a megabyte.
    bool is_plain() const {
        constexpr int small_kb = 1024;
        const RoundTripSettings& settings = round_trip_settings;
        const bool is_row_heavy =
            settings.heavy_rows == 0 || (settings.heavy_kb >= 0 && settings.heavy_kb < small_kb);
        return settings.values && settings.action == static_cast<int>(WatchAction::none) &&
               !settings.ignore && !settings.has_request && !has_ignore_comments_ && !is_row_heavy;
    }
    bool may_wait(roundtrip::QueryId id, TimestampTz message) const;
    bool begin_waiting(const QueryDesc* query, roundtrip::QueryId id);
    void end_waiting(TimestampTz now);
    void start_and_count(const QueryDesc* query, roundtrip::QueryId id, TimestampTz message);
    void end_and_count(const QueryDesc* query, TimestampTz now, bool goes_on);
    void let_wait(const roundtrip::Statement& last, const PlannedStmt* planned);
    /// Counts the runs that wait. It is called before anything else is asked of the detector or of
    /// the evidence.
    void count_waiting() {
        if (!waiting_.is_closed()) {
            count_waiting_runs();
        }
    }
    void count_waiting_runs();
    static void count_running();
    void stop_waiting();

    void prepare(roundtrip::QueryId id);
    const PlanTraits& look_at_plan(const PlannedStmt* planned);
    const Fingerprints::Entry* identify(roundtrip::Statement& statement,
                                        const PlannedStmt* planned);
    void look_at_role();
    /// The request that a statement belongs to; 0 if none exists.
    roundtrip::RequestId request_of(roundtrip::QueryId id, const char* text) const {
        return round_trip_settings.has_request ? requests_.of(id, text) : 0;
    }
    void look_at_request(roundtrip::RequestId request);
    void count_in(roundtrip::RequestId request, const roundtrip::Detector::Run& counted,
                  const PlannedStmt* planned, const char* text, const QueryDesc* query);
    void describe_of_request(roundtrip::RequestId request, const roundtrip::LoopKey& loop,
                             const roundtrip::RequestEpisode::Described& described,
                             const roundtrip::Judgement& evidence, const QueryDesc* query);
    void look_at_application();
    void look_at_other_application();
    void end_episode();
    void forget_after_pause();
    void collect(const Fingerprints::Entry* known, roundtrip::QueryId id, ParamListInfo parameters);
    void look_at_values(const QueryDesc* query, roundtrip::QueryId query_id);
    ColumnsOfLeader columns_of_leader(const roundtrip::LoopKey& loop,
                                      const roundtrip::Judgement& evidence) const;
    ColumnsOfLeader narrowed(ColumnsOfLeader columns, const roundtrip::LoopKey& loop,
                             const Findings& findings) const;
    void report(roundtrip::Detector::Run& run, const PlannedStmt* planned, const char* text,
                const QueryDesc* query);
    void set_evidence(roundtrip::Statement& statement) const;
    void look_at_page(PagedLists& pages, roundtrip::Statement& statement, const PageShape& page,
                      const QueryDesc* query);
    const QueryShape& shape_of(const PlannedStmt* planned) const;
    Findings look_at_findings(const roundtrip::Detector& detector, const roundtrip::LoopKey& loop,
                              const QueryDesc* query) const;
    Oid written_between(const roundtrip::Detector& detector, const roundtrip::LoopKey& loop,
                        const PlannedStmt* planned) const;
    static bool is_batch(const roundtrip::Detector& detector, const roundtrip::LoopKey& loop,
                         const Findings& findings);
    void look_again(const roundtrip::Statement& statement, const QueryDesc* query);
    void look_at_loop(const roundtrip::LoopKey& loop, const roundtrip::Judgement& evidence,
                      const QueryDesc* query);
    bool describe(const roundtrip::Detector& detector, const roundtrip::LoopKey& loop,
                  const QueryDesc* query, const ColumnsOfLeader& columns);
    void fetch_ended(const UtilityEffect& effect, std::uint64_t rows);
    void begin();
    void show_growth();
    void begin_chained_block();
    void set_limits();
    void transaction_failed();
    void end_block_or_pause(XactEvent event);

    RoundTripLoops loops_;
    roundtrip::Detector detector_{loops_};
    roundtrip::StatementClock clock_;
    StatementValues values_;
    Fingerprints fingerprints_;
    const Fingerprints::Entry* known_ = nullptr;  ///< of the statement that has begun last
    /// The traits of the statement whose plan was looked at last: it is mostly the next one too.
    PlanTraits traits_{};
    roundtrip::QueryId traits_id_ = 0;
    PagedLists pages_;
    TripCounter trips_;
    WrittenTables written_;
    ValuesOfStatement current_;                ///< of the statement that has begun last
    const QueryDesc* judged_query_ = nullptr;  ///< and which that is
    roundtrip::Judgement judgement_;           ///< where its values come from
    roundtrip::Evidence evidence_;
    WatchedReceiver receiver_;
    roundtrip::WaitingRuns waiting_;
    roundtrip::WaitingRun* waits_ = nullptr;  ///< the run that has begun last, if it is to wait
    roundtrip::QueryId last_id_ = 0;          ///< of the statement that counted last
    roundtrip::Detector trial_{loops_};       ///< what one statement more would make
    HeavyPlans plans_;
    PauseAlarm alarm_{is_pausing};

    /// The requests that statements belong to, and the request of the episode; 0 if it has none.
    RequestTags requests_;
    roundtrip::RequestId request_ = 0;

    /// The role whose results are known.
    Oid role_ = InvalidOid;
    /// The server's text of the name that was looked at last: compared and not followed.
    const char* application_text_ = nullptr;
    bool has_application_ = false;
    /// The part of the name that is the client's own.
    char application_[NAMEDATALEN] = {};
    /// The name has changed, and the block has not ended.
    bool ends_with_block_ = false;

    /// This session has sent something, and reports it before it ends.
    bool has_begun_ = false;
    /// A text of this session may have had the comment of is_ignored.
    bool has_ignore_comments_ = false;
    /// The detector has thrown, which it never does.
    bool has_given_up_ = false;
    /// The exception that it threw. It is a member because its size in a frame would slow down each
    /// statement.
    CaughtError thrown_ = {};
    /// COMMIT AND CHAIN or ROLLBACK AND CHAIN: the next statement is in a block again.
    bool chains_ = false;
    /// DECLARE CURSOR is about to plan its query: the arrival of its message, else 0.
    TimestampTz cursor_message_ = 0;
};

/// The session of this process.
extern RoundTripSession round_trip_session;

}  // namespace onetrip::postgres
