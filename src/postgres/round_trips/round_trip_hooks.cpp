// The hooks by which the server calls the watch over round trips.
//
// They exist if the library was loaded when the server started. Each calls the hook that was there
// before it, and hands the session what it has learned. The session decides what counts and what
// follows from it. An ERROR's longjmp may cross all frames: they hold plain data.

#include "postgres/round_trips/round_trip_session.hpp"
#include "postgres/round_trips/round_trip_text.hpp"

extern "C" {
#include "executor/executor.h"
#include "nodes/params.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#include "tcop/utility.h"
#include "utils/queryenvironment.h"
}

extern "C" void onetrip_watch_round_trips(void);

namespace onetrip::postgres {

namespace {

RoundTripSession& session = round_trip_session;

post_parse_analyze_hook_type next_analyze = nullptr;
planner_hook_type next_planner = nullptr;
ExecutorStart_hook_type next_start = nullptr;
ExecutorRun_hook_type next_run = nullptr;
ExecutorFinish_hook_type next_finish = nullptr;
ProcessUtility_hook_type next_utility = nullptr;

void analyze(ParseState* state, Query* query, HookJumble* jumble) {
    if (next_analyze != nullptr) {
        next_analyze(state, query, jumble);
    }
    const std::string_view statement = text_of(query, state->p_sourcetext);
    look_at_literals(statement);
    if (session.is_watching()) {
        locate_query_of_cursor(query);
        session.look_for_ignore(statement);
        session.parsed(query, state->p_sourcetext, most_constants(jumble));
    }
}

PlannedStmt* call_planner(ONETRIP_PLANNER_PARAMETERS) {
    return next_planner != nullptr ? next_planner(ONETRIP_PLANNER_ARGUMENTS)
                                   : standard_planner(ONETRIP_PLANNER_ARGUMENTS);
}

PlannedStmt* plan(ONETRIP_PLANNER_PARAMETERS) {
    session.before_planning(query, text);
    if (!session.is_watching()) {
        return call_planner(ONETRIP_PLANNER_ARGUMENTS);
    }
    PlannedStmt* planned = nullptr;
    const TimestampTz begin = session.planning_begins(query);
    session.run([&] { planned = call_planner(ONETRIP_PLANNER_ARGUMENTS); });
    session.planned(query, planned, text, begin);
    return planned;
}

void call_start(QueryDesc* query, int flags) {
    next_start != nullptr ? next_start(query, flags) : standard_ExecutorStart(query, flags);
}

void start(QueryDesc* query, int flags) {
    if (!session.is_watching_start(query)) {
        call_start(query, flags);
        return;
    }
    session.run([&] { call_start(query, flags); });
    session.started(query);
}

void call_run(ONETRIP_RUN_PARAMETERS) {
    next_run != nullptr ? next_run(ONETRIP_RUN_ARGUMENTS)
                        : standard_ExecutorRun(ONETRIP_RUN_ARGUMENTS);
}

/// A statement that writes ends with its triggers, in finish().
bool ends_with_run(const QueryDesc* query) {
    return query->operation == CMD_SELECT && !query->plannedstmt->hasModifyingCTE;
}

/// Runs a statement whose rows are looked at on their way to the client. One that fails keeps the
/// receiver before its own, and is never run again (MarkPortalFailed, portalmem.c).
void run_with_receiver(ONETRIP_RUN_PARAMETERS) {
    DestReceiver* const own = query->dest;
    query->dest = session.receiver_before(query);
    call_run(ONETRIP_RUN_ARGUMENTS);
    query->dest = own;
}

[[gnu::noinline]] void run_and_count(ONETRIP_RUN_PARAMETERS) {
    if (!session.is_watching(query)) {
        call_run(ONETRIP_RUN_ARGUMENTS);
        return;
    }
    const bool goes_on = query->already_executed;
    session.before_run(query);
    const bool keeps_rows = session.keeps_rows(query);
    if (!keeps_rows) {
        session.runs_unseen();
    }
    session.run([&] {
        keeps_rows ? run_with_receiver(ONETRIP_RUN_ARGUMENTS) : call_run(ONETRIP_RUN_ARGUMENTS);
    });
    if (count == 0 && !goes_on) {
        session.ran_whole(query);
    }
    if (ends_with_run(query)) {
        session.ended(query, goes_on);
    }
}

/// Runs a statement that is counted later, unless it has a second row.
void run_to_wait(ONETRIP_RUN_PARAMETERS) {
    DestReceiver* const own = query->dest;
    query->dest = session.receiver_to_wait(query);
    session.run([&] { call_run(ONETRIP_RUN_ARGUMENTS); });
    query->dest = own;
    if (count == 0) {
        session.ran_whole(query);
    }
    session.ended(query, false);
}

void run(ONETRIP_RUN_PARAMETERS) {
    session.waits(query) ? run_to_wait(ONETRIP_RUN_ARGUMENTS)
                         : run_and_count(ONETRIP_RUN_ARGUMENTS);
}

void call_finish(QueryDesc* query) {
    next_finish != nullptr ? next_finish(query) : standard_ExecutorFinish(query);
}

void finish(QueryDesc* query) {
    if (ends_with_run(query) || !session.is_watching(query)) {
        call_finish(query);
        return;
    }
    session.run([&] { call_finish(query); });
    session.ended(query, false);
}

void utility(PlannedStmt* planned, const char* text, bool read_only, ProcessUtilityContext context,
             ParamListInfo parameters, QueryEnvironment* environment, DestReceiver* receiver,
             QueryCompletion* completion) {
    const auto call = [&] {
        (next_utility != nullptr ? next_utility : standard_ProcessUtility)(
            planned, text, read_only, context, parameters, environment, receiver, completion);
    };
    // EXECUTE runs a statement of the client's: the executor's hooks take it.
    if (!session.is_watching() || context != PROCESS_UTILITY_TOPLEVEL ||
        IsA(planned->utilityStmt, ExecuteStmt)) {
        call();
        return;
    }
    const UtilityEffect effect = effect_of_utility(planned);
    session.before_utility(effect);
    receiver = session.receiver_before(effect, receiver);
    // PREPARE parses a statement of the client's.
    if (effect.prepares) {
        call();
    } else {
        session.run(call);
    }
    session.utility_ended(effect, completion != nullptr ? completion->nprocessed : 0);
}

void end_transaction(XactEvent event, void* /*argument*/) {
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE || event == XACT_EVENT_ABORT) {
        session.transaction_ended(event);
    }
}

template <typename Hook>
void set(Hook& hook, Hook& next, Hook own) {
    next = hook;
    hook = own;
}

void set_hooks() {
    set(post_parse_analyze_hook, next_analyze, analyze);
    set(planner_hook, next_planner, plan);
    set(ExecutorStart_hook, next_start, start);
    set(ExecutorRun_hook, next_run, run);
    set(ExecutorFinish_hook, next_finish, finish);
    set(ProcessUtility_hook, next_utility, utility);
    RegisterXactCallback(end_transaction, nullptr);
}

}  // namespace

}  // namespace onetrip::postgres

extern "C" void onetrip_watch_round_trips(void) {
    using namespace onetrip::postgres;
    define_round_trip_settings();
    request_round_trip_memory();
    EnableQueryId();
    set_hooks();
}
