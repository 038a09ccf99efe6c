// A load of tables that Citus distributes: the order of its statements, and what they count. Knows
// nothing of what is in them, and of when they are committed.

#include "postgres/submissions/distributed_load.hpp"

#include "postgres/server/subtransaction.hpp"
#include "postgres/submissions/load_search.hpp"

extern "C" {
#include "utils/guc.h"
}

namespace onetrip::postgres {

namespace {

/// Runs a statement, and says how many rows it took.
std::int64_t run(const Load& load, const char* statement) {
    constexpr int parameter_count = 3;
    const LoadRequest& request = load.request;
    const ErrorData* const error = error_of([&] {
        Oid types[parameter_count] = {TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID};
        Datum values[parameter_count] = {
            request.form_name == nullptr ? Datum{0} : CStringGetTextDatum(request.form_name),
            TimestampTzGetDatum(request.since), TimestampTzGetDatum(load.state.processed_on)};
        const char nulls[] = {request.form_name == nullptr ? 'n' : ' ',
                              request.has_since ? ' ' : 'n', ' ', '\0'};
        const int result = SPI_execute_with_args(psprintf("%s %s", statement_mark, statement),
                                                 parameter_count, types, values, nulls, false, 0);
        if (result < 0) {
            elog(ERROR, "could not load on nodes: %s", SPI_result_code_string(result));
        }
    });
    if (error != nullptr) {
        raise_load_error(load, error, nullptr);
    }
    return static_cast<std::int64_t>(SPI_processed);
}

std::int64_t count_loaded(const Load& load) {
    run(load, load.statements.loaded);
    bool is_null = false;
    return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
}

/// Submissions that are gone are marked before they are counted, so that exactly those go that the
/// guard has counted.
void remove_gone(Load& load) {
    const DistributedStatements& statements = load.statements.distributed;
    load.totals.removed = run(load, statements.mark_gone);
    if (load.totals.removed == 0) {
        return;
    }
    refuse_removals(load, load.totals.removed, count_loaded(load));
    for (const char* const statement : statements.delete_gone) {
        run(load, statement);
    }
}

/// How many submissions are to be written anew.
std::int64_t take_changed(const Load& load) {
    const DistributedStatements& statements = load.statements.distributed;
    const std::int64_t count = run(load, statements.mark_changed);
    if (count > 0) {
        for (const char* const statement : statements.delete_changed) {
            run(load, statement);
        }
    }
    return count;
}

void take_submissions(Load& load) {
    const LoadRequest& request = load.request;
    if (request.mode == LoadMode::changed) {
        if (request.removals != Removals::none) {
            remove_gone(load);
        }
        load.totals.submissions = take_changed(load);
    }
    load.totals.submissions += run(load, load.statements.distributed.insert_loads);
    load.candidate_count = load.totals.submissions + load.totals.removed;
    load.examined = load.candidate_count;
    ereport(NOTICE,
            (errmsg("search: %lld submissions to load, found in %.1f s",
                    static_cast<long long>(load.candidate_count),
                    static_cast<double>(GetCurrentTimestamp() - load.started) / USECS_PER_SEC)));
}

/// Sends the settings to the sessions on the nodes, for this transaction. A zone's abbreviation
/// might be read as another zone there: times are sent with an offset, as ISO 8601 has them.
void send_settings() {
    run_statement("SET LOCAL citus.propagate_set_commands = 'local'");
    for (const char* const setting :
         {"TimeZone", "IntervalStyle", "bytea_output", "extra_float_digits"}) {
        run_statement(psprintf("SET LOCAL %s = %s", setting,
                               quote_literal_cstr(GetConfigOption(setting, false, false))));
    }
    run_statement("SET LOCAL DateStyle = 'ISO'");
    run_statement("SET LOCAL jit = off");
}

/// The planner takes the submissions under way for very few and would sort all their events, since
/// nothing that it has seen is under way.
void count_rows(const Load& load) {
    run_statement("SET LOCAL enable_sort = off");
    run(load, load.statements.distributed.count);
}

}  // namespace

void begin_distributed(const Load& load) {
    send_settings();
    run_statement(load.statements.distributed.lock);
}

void load_distributed(Load& load) {
    const DistributedStatements& statements = load.statements.distributed;
    take_submissions(load);
    if (load.totals.submissions == 0) {
        return;
    }
    load.totals.events = run(load, statements.insert_events);
    load.totals.problems = run(load, statements.insert_problems);
    count_rows(load);
}

}  // namespace onetrip::postgres
