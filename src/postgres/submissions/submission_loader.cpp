// load_response_events and create_submission_tables: arguments, transactions and totals. The work
// of a batch is in load_batch.cpp.

#include "postgres/server/arguments.hpp"
#include "postgres/server/datums.hpp"
#include "postgres/server/subtransaction.hpp"
#include "postgres/submissions/distributed_load.hpp"
#include "postgres/submissions/event_insert.hpp"
#include "postgres/submissions/load_search.hpp"
#include "postgres/submissions/submission_ddl.hpp"

extern "C" {
#include "catalog/pg_namespace.h"
#include "storage/lmgr.h"
#include "storage/lockdefs.h"
#include "tcop/utility.h"
#include "utils/plancache.h"
#include "utils/portal.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(create_submission_tables);
ONETRIP_SQL_FUNCTION(load_response_events);

namespace {

constexpr int largest_batch = 1000000;

/// The most submissions that are read and written at once: a larger batch is done in parts.
constexpr int largest_part = 10000;

// ---- arguments ----

/// The parameters of load_response_events that are not for its result.
enum LoaderArgument {
    loader_app_schema = 0,
    loader_dwh_schema = 1,
    loader_mode = 2,
    loader_batch_size = 3,
    loader_form_name = 8,
    loader_since = 9,
    loader_removals = 10
};

/// CALL says in its context whether the procedure may commit.
void refuse_transaction_block(FunctionCallInfo fcinfo) {
    const bool is_atomic = fcinfo->context == nullptr || !IsA(fcinfo->context, CallContext) ||
                           castNode(CallContext, fcinfo->context)->atomic;
    if (is_atomic || IsSubTransaction()) {
        ereport(ERROR,
                (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                 errmsg("load_response_events cannot run inside a transaction block"),
                 errdetail("It commits each batch with the record of what was loaded."),
                 errhint("CALL it as a statement of its own, outside BEGIN ... COMMIT, a "
                         "function, a procedure that is SECURITY DEFINER or has a SET clause, or a "
                         "block with EXCEPTION; a client library may need its automatic commits "
                         "switched on.")));
    }
}

constexpr ArgumentWord<LoadMode> words_of_mode[] = {{"new", LoadMode::only_new},
                                                    {"changed", LoadMode::changed}};
constexpr ArgumentWord<Removals> words_of_removals[] = {
    {"guarded", Removals::guarded}, {"none", Removals::none}, {"all", Removals::all}};

void refuse_null_arguments(FunctionCallInfo fcinfo) {
    struct Required {
        int index;
        const char* name;
    };
    constexpr Required arguments[] = {{loader_app_schema, "app_schema"},
                                      {loader_dwh_schema, "dwh_schema"},
                                      {loader_mode, "mode"},
                                      {loader_batch_size, "batch_size"},
                                      {loader_removals, "removals"}};
    for (const Required& argument : arguments) {
        refuse_null(fcinfo, argument.index, argument.name);
    }
}

SubmissionSchemas schemas_of(FunctionCallInfo fcinfo) {
    return {pstrdup(NameStr(*PG_GETARG_NAME(loader_app_schema))),
            pstrdup(NameStr(*PG_GETARG_NAME(loader_dwh_schema)))};
}

int batch_size_of(FunctionCallInfo fcinfo) {
    const int batch_size = PG_GETARG_INT32(loader_batch_size);
    if (batch_size < 1 || batch_size > largest_batch) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("batch_size must be from 1 to %d", largest_batch),
                        errdetail("It is %d.", batch_size)));
    }
    return batch_size;
}

LoadRequest request_of(FunctionCallInfo fcinfo) {
    refuse_null_arguments(fcinfo);
    LoadRequest request{};
    request.schemas = schemas_of(fcinfo);
    request.mode =
        value_of_word("mode", characters_of(PG_GETARG_TEXT_PP(loader_mode)), words_of_mode);
    request.batch_size = batch_size_of(fcinfo);
    if (!PG_ARGISNULL(loader_form_name)) {
        request.form_name = text_to_cstring(PG_GETARG_TEXT_PP(loader_form_name));
    }
    request.has_since = !PG_ARGISNULL(loader_since);
    request.since = request.has_since ? PG_GETARG_TIMESTAMPTZ(loader_since) : 0;
    request.removals = value_of_word("removals", characters_of(PG_GETARG_TEXT_PP(loader_removals)),
                                     words_of_removals);
    return request;
}

// ---- transactions ----

/// Begins each transaction, before anything has looked at the data. It is read committed, whatever
/// the default: under the other levels the server may fail one of two transactions. It is without
/// row security, whose policies would make hidden rows look gone, or as if they had never been
/// loaded: the server refuses such a query instead.
void begin(const char* settings = "") {
    run_statement(
        psprintf("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL jit = off;"
                 " SET LOCAL row_security = off%s",
                 settings));
}

/// The lock is on the schema that is loaded into; nobody else takes one of its kind for long, and
/// it is there before the tables are.
void begin_locked(const SubmissionSchemas& schemas) {
    begin();
    LockDatabaseObject(NamespaceRelationId, require_schema(schemas.dwh, {"USAGE"}), 0,
                       ShareUpdateExclusiveLock);
}

void prepare(Load& load, const char* extension) {
    begin_locked(load.request.schemas);
    create_missing_load_tables(load.request.schemas);
    load.statements = load_statements(load.request, extension);
    load.state.statements = &load.statements;
    load.state.source = load.request.schemas.app;
    SPI_commit();
}

void search_here(Load& load) {
    // A nested loop over a whole table is never meant: the planner takes one for a row that it
    // expects and gets a thousand.
    begin("; SET LOCAL enable_nestloop = off");
    LockDatabaseObject(NamespaceRelationId, require_schema(load.request.schemas.dwh, {"USAGE"}), 0,
                       ShareUpdateExclusiveLock);
    search(load);
}

/// The clock after the lock, so that no batch which is committed later has an earlier time; and
/// later than any before, should the clock have been set back.
void read_clock(Load& load) {
    load.state.processed_on = Max(GetCurrentTimestamp(), load.last_processed + 1);
    load.last_processed = load.state.processed_on;
}

// ---- batches ----

SPIPlanPtr plan_of(const char* statement) {
    const SPIPlanPtr plan = SPI_prepare(statement, 0, nullptr);
    if (plan == nullptr) {
        elog(ERROR, "could not prepare a batch: %s", SPI_result_code_string(SPI_result));
    }
    return plan;
}

TupleDesc columns_of(SPIPlanPtr plan) {
    return static_cast<const CachedPlanSource*>(linitial(SPI_plan_get_plan_sources(plan)))
        ->resultDesc;
}

/// Values are read as what the columns were when the load began. Ids of another type would be
/// found by a cast, and without their index.
void require_fetched_types(const LoadStatements& statements) {
    const SPIPlanPtr fetch = plan_of(statements.fetch);
    Oid types[examined_count];
    for (int i = 0; i < examined_count; ++i) {
        types[i] = TupleDescAttr(columns_of(fetch), i)->atttypid;
    }
    SPI_freeplan(fetch);
    const SPIPlanPtr ids = plan_of(statements.ids);
    const Oid id_type = TupleDescAttr(columns_of(ids), 0)->atttypid;
    SPI_freeplan(ids);
    if (id_type != statements.id.oid || !are_examined_types(statements, types)) {
        refuse_altered_columns();
    }
}

/// Analyses what a batch will run, which takes its locks: a table that has changed meanwhile is the
/// server's own error, and no answer that is refused.
void require_statements(const LoadStatements& statements) {
    require_fetched_types(statements);
    for (const char* const statement :
         {statements.insert_events, statements.insert_problems, statements.insert_loads}) {
        SPI_freeplan(plan_of(statement));
    }
}

void report_progress(const Load& load) {
    const double seconds =
        static_cast<double>(GetCurrentTimestamp() - load.started) / USECS_PER_SEC;
    ereport(
        NOTICE,
        (errmsg("batch %lld: %lld of %lld submissions, %lld events, %lld problems, %.0f "
                "submissions a second",
                static_cast<long long>(load.totals.batches), static_cast<long long>(load.examined),
                static_cast<long long>(load.candidate_count),
                static_cast<long long>(load.totals.events),
                static_cast<long long>(load.totals.problems),
                static_cast<double>(load.examined) / Max(seconds, 1e-6))));
}

/// The candidates that SPI has just fetched.
Candidates fetched_candidates() {
    constexpr int kind_of_gone = 1;
    const auto count = static_cast<int>(SPI_processed);
    Candidates candidates{static_cast<Datum*>(palloc(count * sizeof(Datum))),
                          static_cast<bool*>(palloc(count * sizeof(bool))), count};
    for (int i = 0; i < count; ++i) {
        const HeapTuple row = SPI_tuptable->vals[i];
        bool is_null = false;
        candidates.ids[i] = SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &is_null);
        candidates.are_gone[i] =
            DatumGetInt32(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &is_null)) == kind_of_gone;
    }
    return candidates;
}

/// Deferred triggers of the user's, which the commit runs, find no part under way.
void forget_submissions(LoadState& state) {
    state.submissions = nullptr;
    state.submission_count = 0;
    state.selected = nullptr;
    state.selected_count = 0;
    state.begun = nullptr;
}

/// The next part of a batch, in a memory of its own. How many candidates it had.
int load_part(Load& load, int most) {
    SPI_cursor_fetch(load.candidates, true, most);
    if (SPI_processed == 0) {
        return 0;
    }
    SPITupleTable* const rows = SPI_tuptable;
    const MemoryContext memory = make_memory_context(CurrentMemoryContext, "onetrip batch");
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    const Candidates candidates = fetched_candidates();
    load_candidates(load, candidates);
    MemoryContextSwitchTo(caller);
    forget_submissions(load.state);
    MemoryContextDelete(memory);
    SPI_freetuptable(rows);
    return candidates.count;
}

void commit_batch(Load& load) {
    const ErrorData* const error = error_of([] { SPI_commit(); });
    if (error != nullptr) {
        raise_load_error(load, error, nullptr);
    }
    load.has_checked_constraints = false;
}

/// Loads the parts of a batch and returns how many candidates it had. A batch is continued by its
/// size while the target may turn out to be wrong.
std::int64_t load_parts(Load& load) {
    const std::int64_t size = load.request.batch_size;
    std::int64_t done = 0;
    std::int64_t limit = size;
    while (done < limit) {
        const int count =
            load_part(load, static_cast<int>(Min(limit - done, std::int64_t{largest_part})));
        if (count == 0) {
            break;
        }
        done += count;
        if (done == limit && is_open(load.first)) {
            limit += size;
        }
    }
    return done;
}

/// Loads a batch; false if there were no more candidates. A new transaction has begun after the
/// commit.
bool load_next_batch(Load& load) {
    begin_locked(load.request.schemas);
    read_clock(load);
    require_statements(load.statements);
    const std::int64_t done = load_parts(load);
    if (done == 0) {
        return false;
    }
    commit_batch(load);
    load.examined += done;
    ++load.totals.batches;
    return true;
}

void report_removed(const Load& load) {
    if (load.totals.removed > 0) {
        ereport(NOTICE,
                (errmsg("removed what was loaded of %lld submissions that are gone from "
                        "schema \"%s\"",
                        static_cast<long long>(load.totals.removed), load.request.schemas.app)));
    }
}

void load_here(Load& load) {
    search_here(load);
    while (load_next_batch(load)) {
        report_progress(load);
    }
    UnpinPortal(load.candidates);
    SPI_cursor_close(load.candidates);
}

/// All in one transaction, which is the only batch.
void load_on_shards(Load& load) {
    begin_locked(load.request.schemas);
    begin_distributed(load);
    check_source(load);
    read_clock(load);
    load_distributed(load);
    commit_batch(load);
    if (load.examined > 0) {
        ++load.totals.batches;
        report_progress(load);
    }
}

// ---- the call ----

void forget_state(void* /*argument*/) {
    forget_load_state();
}

/// Makes a load in memory that is there until the end of the CALL, and that an error frees.
Load* make_load(const LoadRequest& request) {
    auto* const load = static_cast<Load*>(palloc0(sizeof(Load)));
    load->request = request;
    load->started = GetCurrentTimestamp();
    load->last_processed = DT_NOBEGIN;
    load->state.events = make_loaded_events();
    load->state.forms = make_in_context<LoadedForms>(CurrentMemoryContext);
    auto* const callback =
        static_cast<MemoryContextCallback*>(palloc(sizeof(MemoryContextCallback)));
    *callback = {forget_state, nullptr, nullptr};
    MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
    use_load_state(&load->state);
    return load;
}

Datum result_row(TupleDesc descriptor, const Totals& totals) {
    Datum values[] = {Int64GetDatum(totals.submissions), Int64GetDatum(totals.events),
                      Int64GetDatum(totals.problems), Int64GetDatum(totals.batches),
                      Int64GetDatum(totals.removed)};
    bool nulls[lengthof(values)] = {};
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

}  // namespace

extern "C" {

Datum create_submission_tables(PG_FUNCTION_ARGS) {
    SPI_connect();
    create_submission_tables(schemas_of(fcinfo));
    SPI_finish();
    PG_RETURN_VOID();
}

Datum load_response_events(PG_FUNCTION_ARGS) {
    refuse_transaction_block(fcinfo);
    PreventCommandIfReadOnly("load_response_events()");
    const LoadRequest request = request_of(fcinfo);
    TupleDesc descriptor = nullptr;
    get_call_result_type(fcinfo, nullptr, &descriptor);
    const char* const extension = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
    SPI_connect_ext(SPI_OPT_NONATOMIC);
    Load* const load = make_load(request);
    SPI_commit();
    prepare(*load, extension);
    if (load->statements.place == LoadPlace::here) {
        load_here(*load);
    } else {
        load_on_shards(*load);
    }
    report_removed(*load);
    const Totals totals = load->totals;
    SPI_finish();
    return result_row(descriptor, totals);
}

}  // extern "C"

}  // namespace onetrip::postgres
