// The watch over round trips: hooks that tell the detector what the client sends.
//
// They exist where the library was loaded when the server started. Each calls what was hooked
// before it. What runs inside of what the client sent (functions, triggers, the planner's
// evaluations) is passed over. An ERROR's longjmp may cross all frames: they hold plain data.

#include "postgres/round_trip_findings.hpp"
#include "postgres/round_trip_loops.hpp"
#include "postgres/round_trip_parameters.hpp"
#include "postgres/walls.hpp"

extern "C" {
#include "access/parallel.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "nodes/params.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/sinval.h"
#include "tcop/pquery.h"
#include "tcop/utility.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/portal.h"
#include "utils/queryenvironment.h"
#include "utils/timeout.h"
}

extern "C" void onetrip_watch_round_trips(void);

namespace onetrip::postgres {

namespace {

using roundtrip::Detector;
using roundtrip::Kind;
using roundtrip::LoopKey;
using roundtrip::Microseconds;
using roundtrip::QueryId;
using roundtrip::Statement;

// ---- settings -----------------------------------------------------------------------------------

bool watch = true;
int watch_repeats = 10;
int watch_gap = 1000;  // ms

// ---- the session --------------------------------------------------------------------------------

RoundTripLoops loops;
Detector detector(loops);

/// The inward wall. The detector throws nothing; should it ever, what the client sent goes on (an
/// ERROR behind a commit would be a PANIC), unwatched, and the server's log says why.
template <typename Body>
void tell_detector(Body&& body) {
    CaughtError error;
    if (!try_cpp(error, body)) {
        watch = false;
        detector = Detector(loops);
        ereport(LOG, (errcode(error.sqlstate),
                      errmsg("round trips of this session are watched no longer"),
                      errdetail_internal("%s", error.message)));
    }
}

/// Something that the client sent is running: the arrival of its message, else 0. An ERROR ends the
/// message, so that what it leaves here says nothing in the next one.
TimestampTz running_message = 0;

/// This session has sent something, and tells of it before it ends.
bool has_begun = false;

/// DECLARE CURSOR is about to plan its query: the arrival of its message, else 0.
TimestampTz cursor_message = 0;

/// COMMIT AND CHAIN or ROLLBACK AND CHAIN: the next statement is in a block again.
bool chains = false;

/// What has been parsed or planned and not yet begun to run: a statement begins when its first
/// message arrives, and each message that works for it counts.
struct Prepared {
    QueryId id;
    TimestampTz begin;
    Microseconds busy;    ///< with the messages before the last one
    TimestampTz message;  ///< the last one's arrival
    TimestampTz until;    ///< when that was worked off
};
Prepared prepared;

/// The statement that has begun to run last.
struct Running {
    const QueryDesc* query;
    std::uint64_t values;
    TimestampTz begin;
    Microseconds busy;  ///< before `since`
    TimestampTz since;
};
Running running;

bool is_watching() {
    return watch && MyBackendType == B_BACKEND && !IsParallelWorker() && has_round_trip_memory();
}

/// Whether what is called now runs inside of what the client sent.
bool is_inside() {
    return running_message != 0 && running_message == GetCurrentStatementStartTimestamp();
}

/// Runs what the client sent.
template <typename Body>
void run_inside(Body&& body) {
    if (running_message != 0) {
        detector.fail();
    }
    running_message = GetCurrentStatementStartTimestamp();
    body();
    running_message = 0;
}

// ---- the end of an episode ----------------------------------------------------------------------

/// A loop outside of a block waits for the pause that ends its episode, and no hook is called in a
/// pause. So an alarm looks for one, and lets the idle session do what it does to catch up with the
/// invalidations of others: run an empty transaction, whose end calls end_transaction.
TimeoutId pause_alarm = MAX_TIMEOUTS;
volatile sig_atomic_t has_paused = 0;
bool has_alarm = false;

/// In a signal handler.
void look_for_pause() {
    const Microseconds gap = Microseconds{watch_gap} * 1000;
    if (!is_inside() && GetCurrentTimestamp() - detector.last_end() > gap) {
        has_paused = 1;
        catchupInterruptPending = 1;
        SetLatch(MyLatch);
    }
}

void set_pause_alarm() {
    if (pause_alarm == MAX_TIMEOUTS) {
        pause_alarm = RegisterTimeout(USER_TIMEOUT, look_for_pause);
    }
    // An ERROR disables all alarms.
    if (!has_alarm || !get_timeout_active(pause_alarm)) {
        const int interval = watch_gap + 10;
        enable_timeout_every(
            pause_alarm, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), interval), interval);
        has_alarm = true;
    }
}

void clear_pause_alarm() {
    has_paused = 0;
    if (has_alarm) {
        disable_timeout(pause_alarm, false);
        has_alarm = false;
    }
}

void tell_at_exit(int /*code*/, Datum /*argument*/) {
    tell_detector([] {
        detector.end_block();
        detector.end_episode();
    });
}

void begin_session() {
    if (!has_begun) {
        has_begun = true;
        before_shmem_exit(tell_at_exit, Datum{0});
    }
}

// ---- statements ---------------------------------------------------------------------------------

/// The end of a transaction reads what is left of a cursor WITH HOLD.
bool is_being_held(Portal portal) {
    return portal->strategy == PORTAL_ONE_SELECT && portal->holdStore != nullptr;
}

/// Whether the client sent this statement. One that a function runs through SPI is not among those
/// of the portal; deferred triggers may open portals of their own when the transaction ends.
bool is_sent_by_client(const QueryDesc* query) {
    return !is_inside() && ActivePortal != nullptr && query->plannedstmt->queryId != 0 &&
           query->plannedstmt->canSetTag &&
           list_member_ptr(ActivePortal->stmts, query->plannedstmt) &&
           !is_being_held(ActivePortal) && DatumGetInt32(pg_trigger_depth(nullptr)) == 0;
}

bool is_watched(const QueryDesc* query) {
    return is_watching() && is_sent_by_client(query);
}

/// The same for a statement that has begun: mostly the last one that has.
bool is_watched_further(const QueryDesc* query) {
    return running.query == query ? !is_inside() : is_watched(query);
}

/// After an ERROR another statement may begin in the same place.
void forget_running(const QueryDesc* query) {
    if (running.query == query) {
        running.query = nullptr;
    }
}

/// A message has worked for the statement until now.
void note_message(QueryId id) {
    const TimestampTz message = GetCurrentStatementStartTimestamp();
    if (prepared.id != id) {
        prepared = {id, message, 0, message, message};
    } else if (prepared.message != message) {
        prepared.busy += prepared.until - prepared.message;
        prepared.message = message;
    }
    prepared.until = GetCurrentTimestamp();
}

void begin_statement(const QueryDesc* query) {
    const auto id = static_cast<QueryId>(query->plannedstmt->queryId);
    const TimestampTz message = GetCurrentStatementStartTimestamp();
    running = {query, hash_of_values(id, query->params), message, 0, message};
    if (prepared.id == id) {
        running.begin = prepared.begin;
        running.busy = prepared.busy;
        if (prepared.message != message) {
            running.busy += prepared.until - prepared.message;
        }
    }
    prepared.id = 0;
}

/// A WITH that writes makes a write of a SELECT.
Kind kind_of(const PlannedStmt* planned) {
    const ModifyTable* const in_with =
        planned->commandType == CMD_SELECT && planned->hasModifyingCTE ? modification_of(planned)
                                                                       : nullptr;
    switch (in_with != nullptr ? in_with->operation : planned->commandType) {
        case CMD_INSERT:
            return Kind::insert;
        case CMD_DELETE:
            return Kind::remove;
        case CMD_SELECT:
            return Kind::select;
        default:
            // MERGE too: what it does row by row is mostly an UPDATE.
            return Kind::update;
    }
}

void begin_chained_block() {
    if (chains) {
        chains = false;
        detector.begin_block();
    }
}

/// Tells the detector, and looks up what it wants to know of a loop. `query` may be nullptr where
/// there can be none.
void tell(const Statement& statement, const PlannedStmt* planned, const char* text,
          const QueryDesc* query) {
    begin_session();
    std::optional<LoopKey> loop;
    tell_detector([&] {
        begin_chained_block();
        detector.set_limits(
            {static_cast<std::uint32_t>(watch_repeats), Microseconds{watch_gap} * 1000});
        loop = detector.statement(statement);
    });
    if (statement.rows >= 2 || statement.role != Statement::Role::execution) {
        loops.keep_leader(statement.id, planned, text);
    }
    if (loop && query != nullptr) {
        if (does_many_at_once(query)) {
            tell_detector([&] { detector.dismiss(*loop); });
        } else {
            loops.describe(*loop, query);
        }
    }
    if (detector.has_open_loops()) {
        set_pause_alarm();
    }
}

/// The statement has run, or gone on where its portal is executed in parts.
void end_statement(const QueryDesc* query, bool goes_on) {
    const TimestampTz now = GetCurrentTimestamp();
    if (goes_on || running.query != query) {
        const TimestampTz message = GetCurrentStatementStartTimestamp();
        running = {query, hash_of_values(query->plannedstmt->queryId, query->params), message, 0,
                   message};
    }
    Statement statement;
    statement.id = static_cast<QueryId>(query->plannedstmt->queryId);
    statement.kind = kind_of(query->plannedstmt);
    statement.role = goes_on ? Statement::Role::next_fetch : Statement::Role::execution;
    statement.rows = query->estate->es_processed;
    statement.parameters = running.values;
    statement.begin = running.begin;
    statement.end = now;
    statement.busy = running.busy + (now - running.since);
    running.query = nullptr;
    tell(statement, query->plannedstmt, query->sourceText, query);
}

// ---- utility statements -------------------------------------------------------------------------

/// What a utility statement will have done, read before it runs: its tree may be gone behind it.
struct Effect {
    bool begins_block = false;
    bool chains = false;
    bool ends_episode = false;
    bool prepares = false;
    Portal cursor = nullptr;  ///< that is fetched from
    bool is_first_fetch = false;
};

Effect effect_of_transaction(const TransactionStmt* statement) {
    Effect effect;
    switch (statement->kind) {
        case TRANS_STMT_BEGIN:
        case TRANS_STMT_START:
            effect.begins_block = !IsTransactionBlock() || !detector.is_in_block();
            break;
        case TRANS_STMT_COMMIT:
        case TRANS_STMT_ROLLBACK:
            effect.chains = statement->chain;
            break;
        default:
            break;
    }
    return effect;
}

Effect effect_of(const Node* statement) {
    Effect effect;
    switch (nodeTag(statement)) {
        case T_TransactionStmt:
            return effect_of_transaction(reinterpret_cast<const TransactionStmt*>(statement));
        case T_DiscardStmt:
            effect.ends_episode = true;
            break;
        case T_VariableSetStmt:
            effect.ends_episode =
                reinterpret_cast<const VariableSetStmt*>(statement)->kind == VAR_RESET_ALL;
            break;
        case T_PrepareStmt:
            effect.prepares = true;
            break;
        case T_FetchStmt: {
            const auto* const fetch = reinterpret_cast<const FetchStmt*>(statement);
            if (!fetch->ismove) {
                effect.cursor = GetPortalByName(fetch->portalname);
                effect.is_first_fetch = effect.cursor != nullptr && effect.cursor->atStart;
            }
            break;
        }
        default:
            break;
    }
    return effect;
}

void end_fetch(const Effect& effect, std::uint64_t rows, TimestampTz begin, TimestampTz end) {
    const PlannedStmt* const planned = PortalGetPrimaryStmt(effect.cursor);
    if (planned == nullptr || planned->queryId == 0 || planned->commandType == CMD_UTILITY) {
        tell_detector([&] { detector.pass(begin, end); });
        return;
    }
    Statement statement;
    statement.id = static_cast<QueryId>(planned->queryId);
    statement.kind = kind_of(planned);
    statement.role =
        effect.is_first_fetch ? Statement::Role::first_fetch : Statement::Role::next_fetch;
    statement.rows = rows;
    statement.begin = begin;
    statement.end = end;
    statement.busy = end - begin;
    tell(statement, planned, effect.cursor->sourceText, nullptr);
}

void end_utility(const Effect& effect, std::uint64_t rows) {
    const TimestampTz begin = GetCurrentStatementStartTimestamp();
    const TimestampTz end = GetCurrentTimestamp();
    if (effect.cursor != nullptr) {
        end_fetch(effect, rows, begin, end);
        return;
    }
    begin_session();
    tell_detector([&] {
        begin_chained_block();
        detector.pass(begin, end);
        if (effect.begins_block) {
            detector.begin_block();
        }
        if (effect.ends_episode) {
            detector.end_episode();
        }
    });
    if (effect.ends_episode) {
        clear_pause_alarm();
    }
    chains = effect.chains;
    if (effect.prepares) {
        prepared.id = 0;
    }
}

// ---- transactions -------------------------------------------------------------------------------

void tell_end_of_transaction(XactEvent event) {
    if (detector.is_in_block()) {
        detector.end_block();
    }
    if (has_paused != 0) {
        has_paused = 0;
        detector.end_episode_after_pause(GetCurrentTimestamp());
    } else if (event == XACT_EVENT_ABORT || TransactionIdIsValid(GetTopTransactionIdIfAny())) {
        // What a commit waits for is not the client.
        detector.busy_until(GetCurrentTimestamp());
    }
    if (!watch) {
        detector.end_episode();
    }
}

void end_transaction(XactEvent event) {
    prepared.id = 0;
    tell_detector([=] { tell_end_of_transaction(event); });
    if (detector.has_open_loops()) {
        set_pause_alarm();
    } else if (has_alarm) {
        clear_pause_alarm();
    }
}

/// A procedure's transactions are no end of ours; a block ends with the ERROR inside of it.
void on_transaction(XactEvent event, void* /*argument*/) {
    if (!has_begun) {
        return;
    }
    switch (event) {
        case XACT_EVENT_COMMIT:
        case XACT_EVENT_PREPARE:
            if (!is_inside()) {
                end_transaction(event);
            }
            break;
        case XACT_EVENT_ABORT:
            if (detector.is_in_block() || !is_inside()) {
                end_transaction(event);
            }
            break;
        default:
            break;
    }
}

// ---- hooks --------------------------------------------------------------------------------------

post_parse_analyze_hook_type next_analyze = nullptr;
planner_hook_type next_planner = nullptr;
ExecutorStart_hook_type next_start = nullptr;
ExecutorRun_hook_type next_run = nullptr;
ExecutorFinish_hook_type next_finish = nullptr;
ProcessUtility_hook_type next_utility = nullptr;

void analyze_hook(ParseState* state, Query* query, HookJumble* jumble) {
    if (next_analyze != nullptr) {
        next_analyze(state, query, jumble);
    }
    if (is_watching() && !is_inside() && query->queryId != 0 && query->commandType != CMD_UTILITY) {
        remember_constants(query);
        note_message(static_cast<QueryId>(query->queryId));
    }
}

PlannedStmt* call_planner(ONETRIP_PLANNER_PARAMETERS) {
    return next_planner != nullptr ? next_planner(ONETRIP_PLANNER_ARGUMENTS)
                                   : standard_planner(ONETRIP_PLANNER_ARGUMENTS);
}

/// DECLARE CURSOR gives its query no identifier before 16.
void identify_cursor(Query* query, const char* text) {
    if (cursor_message == GetCurrentStatementStartTimestamp() && query->queryId == 0 &&
        IsQueryIdEnabled()) {
        identify_query(query, text);
    }
    cursor_message = 0;
}

PlannedStmt* planner(ONETRIP_PLANNER_PARAMETERS) {
    if (cursor_message != 0) {
        identify_cursor(query, text);
    }
    if (!is_watching() || is_inside()) {
        return call_planner(ONETRIP_PLANNER_ARGUMENTS);
    }
    PlannedStmt* planned = nullptr;
    run_inside([&] { planned = call_planner(ONETRIP_PLANNER_ARGUMENTS); });
    if (query->queryId != 0) {
        note_message(static_cast<QueryId>(query->queryId));
    }
    return planned;
}

void call_start(QueryDesc* query, int flags) {
    next_start != nullptr ? next_start(query, flags) : standard_ExecutorStart(query, flags);
}

void start(QueryDesc* query, int flags) {
    if (!is_watched(query)) {
        forget_running(query);
        call_start(query, flags);
        return;
    }
    run_inside([&] { call_start(query, flags); });
    begin_statement(query);
}

void call_run(ONETRIP_RUN_PARAMETERS) {
    next_run != nullptr ? next_run(ONETRIP_RUN_ARGUMENTS)
                        : standard_ExecutorRun(ONETRIP_RUN_ARGUMENTS);
}

/// A statement that writes ends with its triggers, in finish().
bool ends_with_run(const QueryDesc* query) {
    return query->operation == CMD_SELECT && !query->plannedstmt->hasModifyingCTE;
}

void run(ONETRIP_RUN_PARAMETERS) {
    if (!is_watched_further(query)) {
        call_run(ONETRIP_RUN_ARGUMENTS);
        return;
    }
    const bool goes_on = query->already_executed;
    run_inside([&] { call_run(ONETRIP_RUN_ARGUMENTS); });
    if (ends_with_run(query)) {
        end_statement(query, goes_on);
    }
}

void call_finish(QueryDesc* query) {
    next_finish != nullptr ? next_finish(query) : standard_ExecutorFinish(query);
}

void finish(QueryDesc* query) {
    if (ends_with_run(query) || !is_watched_further(query)) {
        call_finish(query);
        return;
    }
    run_inside([&] { call_finish(query); });
    end_statement(query, false);
}

void utility(PlannedStmt* planned, const char* text, bool read_only, ProcessUtilityContext context,
             ParamListInfo parameters, QueryEnvironment* environment, DestReceiver* receiver,
             QueryCompletion* completion) {
    const auto call = [&] {
        (next_utility != nullptr ? next_utility : standard_ProcessUtility)(
            planned, text, read_only, context, parameters, environment, receiver, completion);
    };
    // EXECUTE runs a statement of the client's: the executor's hooks take it.
    if (!is_watching() || is_inside() || context != PROCESS_UTILITY_TOPLEVEL ||
        IsA(planned->utilityStmt, ExecuteStmt)) {
        call();
        return;
    }
    const Effect effect = effect_of(planned->utilityStmt);
    cursor_message =
        IsA(planned->utilityStmt, DeclareCursorStmt) ? GetCurrentStatementStartTimestamp() : 0;
    if (effect.prepares) {
        call();
    } else {
        run_inside(call);
    }
    end_utility(effect, completion != nullptr ? completion->nprocessed : 0);
}

void define_settings() {
    DefineCustomBoolVariable("onetrip.watch",
                             "Watches for clients that run a statement again and again.", nullptr,
                             &watch, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable(
        "onetrip.watch_repeats", "Sets how many repeats within an episode make a loop.", nullptr,
        &watch_repeats, 10, 2, Detector::most_statements, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable(
        "onetrip.watch_gap",
        "Sets the longest pause within an episode outside of a transaction block.", nullptr,
        &watch_gap, 1000, 1, INT_MAX / 2, PGC_SUSET, GUC_UNIT_MS, nullptr, nullptr, nullptr);
}

void set_hooks() {
    next_analyze = post_parse_analyze_hook;
    post_parse_analyze_hook = analyze_hook;
    next_planner = planner_hook;
    planner_hook = planner;
    next_start = ExecutorStart_hook;
    ExecutorStart_hook = start;
    next_run = ExecutorRun_hook;
    ExecutorRun_hook = run;
    next_finish = ExecutorFinish_hook;
    ExecutorFinish_hook = finish;
    next_utility = ProcessUtility_hook;
    ProcessUtility_hook = utility;
    RegisterXactCallback(on_transaction, nullptr);
}

}  // namespace

}  // namespace onetrip::postgres

extern "C" void onetrip_watch_round_trips(void) {
    using namespace onetrip::postgres;
    define_settings();
    request_round_trip_memory();
    MarkGUCPrefixReserved("onetrip");
    EnableQueryId();
    set_hooks();
}
