// load_response_events and create_submission_tables; the walk over a submission is
// flatten_submission's, in the statements that submission_tables.cpp writes.

#include <string_view>

#include "jsonb/json_parser.hpp"
#include "postgres/argument_bytes.hpp"
#include "postgres/submission_tables.hpp"
#include "postgres/walls.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/pg_namespace.h"
#include "storage/lmgr.h"
#include "storage/lockdefs.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(create_submission_tables);
ONETRIP_SQL_FUNCTION(load_response_events);
ONETRIP_SQL_FUNCTION(count_event);
ONETRIP_SQL_FUNCTION(jsonb_or_null);

namespace {

constexpr int largest_batch = 1000000;

/// How many rows each submission of a batch has, by its position from 0.
struct EventCounts {
    std::int64_t size;
    std::int32_t* events;
    std::int32_t* problems;
};

/// What count_event fills: SQL can hand a function no pointer. NULL but in the statement that
/// inserts events; an error on the way there takes the memory, and with it this.
EventCounts* counts_of_statement = nullptr;

void forget_counts(void* /*argument*/) {
    counts_of_statement = nullptr;
}

// ---- arguments ----

struct LoadRequest {
    SubmissionSchemas schemas;
    LoadMode mode;
    int batch_size;
};

/// CALL tells in the context of the call whether it may commit.
void refuse_transaction_block(FunctionCallInfo fcinfo) {
    const bool is_atomic = fcinfo->context == nullptr || !IsA(fcinfo->context, CallContext) ||
                           castNode(CallContext, fcinfo->context)->atomic;
    if (is_atomic || IsSubTransaction()) {
        ereport(ERROR, (errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
                        errmsg("load_response_events cannot run inside a transaction block"),
                        errdetail("It commits each batch with the record of what was loaded."),
                        errhint("CALL it as a statement of its own, outside BEGIN ... COMMIT, a "
                                "function or a block with EXCEPTION; a client library may have to "
                                "be told to commit automatically.")));
    }
}

LoadMode mode_of(const char* name) {
    if (std::strcmp(name, "new") == 0) {
        return LoadMode::only_new;
    }
    if (std::strcmp(name, "changed") != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("unrecognized value for argument \"mode\": \"%s\"", cut_short(name)),
                        errhint("Valid values are \"new\" and \"changed\".")));
    }
    return LoadMode::changed;
}

void refuse_null_arguments(FunctionCallInfo fcinfo) {
    constexpr const char* names[] = {"app_schema", "dwh_schema", "mode", "batch_size"};
    for (int i = 0; i < static_cast<int>(lengthof(names)); ++i) {
        if (PG_ARGISNULL(i)) {
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                            errmsg("argument \"%s\" must not be null", names[i])));
        }
    }
}

SubmissionSchemas schemas_of(FunctionCallInfo fcinfo) {
    return {pstrdup(NameStr(*PG_GETARG_NAME(0))), pstrdup(NameStr(*PG_GETARG_NAME(1)))};
}

LoadRequest request_of(FunctionCallInfo fcinfo) {
    refuse_null_arguments(fcinfo);
    const LoadMode mode = mode_of(text_to_cstring(PG_GETARG_TEXT_PP(2)));
    const int batch_size = PG_GETARG_INT32(3);
    if (batch_size < 1 || batch_size > largest_batch) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("batch_size must be from 1 to %d", largest_batch),
                        errdetail("It is %d.", batch_size)));
    }
    return {schemas_of(fcinfo), mode, batch_size};
}

// ---- a batch ----

/// An array that grows to the size of the batch, with its nulls.
struct Column {
    Datum* values;
    bool* nulls;
    int size;
    Oid type;
};

Column make_column(Oid type, std::uint64_t room) {
    return {static_cast<Datum*>(palloc(room * sizeof(Datum))),
            static_cast<bool*>(palloc(room * sizeof(bool))), 0, type};
}

void append(Column& column, Datum value, bool is_null = false) {
    column.values[column.size] = value;
    column.nulls[column.size] = is_null;
    ++column.size;
}

Datum array_of(const Column& column) {
    std::int16_t length = 0;
    bool by_value = false;
    char alignment = '\0';
    get_typlenbyvalalign(column.type, &length, &by_value, &alignment);
    int size = column.size;
    int lower_bound = 1;
    return PointerGetDatum(construct_md_array(column.values, column.nulls, 1, &size, &lower_bound,
                                              column.type, length, by_value, alignment));
}

/// What a batch turned out to have to do. Ids point into the rows that SPI fetched.
struct Batch {
    Column stale;  ///< ids whose rows go: changed, or gone
    Column ids;    ///< that are flattened, in order; their rows in the ledger have the same place
    Column responses_hashes;
    Column form_hashes;
    Column unloadable;  ///< ids that have a problem instead
    Column problems;
};

struct Totals {
    std::int64_t submissions;
    std::int64_t events;
    std::int64_t problems;
    std::int64_t batches;
};

struct Load {
    LoadRequest request;
    LoadStatements statements;
    Portal candidates;
    std::int64_t candidate_count;
    std::int64_t examined;
    TimestampTz started;
    Totals totals;
};

/// What an error of a batch says of it.
struct BatchContext {
    std::int64_t number;
    const char* only_submission;  ///< NULL where there are several
};

/// Puts our own words where the server's may show an answer. Of bad data it quotes the value, but
/// where that is too long for its type; of broken constraints it shows the row.
void hide_answer(int error_code) {
    if (ERRCODE_TO_CATEGORY(error_code) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION ||
        error_code == ERRCODE_STRING_DATA_RIGHT_TRUNCATION) {
        errdetail("The row is not shown, since it holds an answer.");
        return;
    }
    errmsg("could not load an answer");
    errdetail("The server's message of SQLSTATE %s is not shown, since it may quote the answer.",
              unpack_sql_state(error_code));
}

/// Runs while the error is being made, also of what the target computes of an answer: a generated
/// column, an index over an expression. Which submission it was, the server cannot say.
void describe_batch(void* argument) {
    const auto* const context = static_cast<const BatchContext*>(argument);
    const int category = ERRCODE_TO_CATEGORY(geterrcode());
    if (category == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION || category == ERRCODE_DATA_EXCEPTION) {
        hide_answer(geterrcode());
        if (context->only_submission == nullptr) {
            errhint(
                "With batch_size => 1 the error names the submission; all before it are "
                "loaded then.");
        }
    }
    if (context->only_submission != nullptr) {
        errcontext("loading submission %s", context->only_submission);
    } else {
        errcontext("loading batch %lld of submissions", static_cast<long long>(context->number));
    }
}

/// The statement at this snapshot, planned anew: the tables grow under the load, and a plan for
/// them when they were empty would read all of them for each batch. Leaves SPI_processed.
void run_at(Snapshot snapshot, const char* statement, int size, Oid* types, Datum* values) {
    const SPIPlanPtr plan = SPI_prepare_cursor(statement, size, types, CURSOR_OPT_CUSTOM_PLAN);
    if (plan == nullptr) {
        elog(ERROR, "could not prepare a batch: %s", SPI_result_code_string(SPI_result));
    }
    const int result =
        SPI_execute_snapshot(plan, values, nullptr, snapshot, InvalidSnapshot, false, true, 0);
    if (result < 0) {
        elog(ERROR, "could not load a batch: %s", SPI_result_code_string(result));
    }
    SPI_freeplan(plan);
}

void run_with_ids(Snapshot snapshot, const Load& load, const char* statement, const Column& ids) {
    Oid types[] = {load.statements.id_array_type};
    Datum values[] = {array_of(ids)};
    run_at(snapshot, statement, lengthof(types), types, values);
}

bool is_true(HeapTuple row, int column) {
    bool is_null = false;
    return DatumGetBool(SPI_getbinval(row, SPI_tuptable->tupdesc, column, &is_null)) && !is_null;
}

NullableDatum value_of(HeapTuple row, int column) {
    NullableDatum value{};
    value.value = SPI_getbinval(row, SPI_tuptable->tupdesc, column, &value.isnull);
    return value;
}

Batch make_batch(Oid id_type, std::uint64_t size) {
    return {make_column(id_type, size),  make_column(id_type, size), make_column(BYTEAOID, size),
            make_column(BYTEAOID, size), make_column(id_type, size), make_column(TEXTOID, size)};
}

void add_submission(Batch& batch, HeapTuple row) {
    const NullableDatum id = value_of(row, 1);
    const NullableDatum problem = value_of(row, 4);
    if (is_true(row, 3)) {
        append(batch.stale, id.value);
    }
    if (is_true(row, 2) && problem.isnull) {
        append(batch.ids, id.value);
        append(batch.responses_hashes, value_of(row, 5).value);
        append(batch.form_hashes, value_of(row, 6).value);
    } else if (is_true(row, 2)) {
        append(batch.unloadable, id.value);
        append(batch.problems, problem.value);
    }
}

/// Looks again, now that no other loader can come between: the candidates are older than the lock.
Batch examine(Snapshot snapshot, const Load& load, const Column& candidates) {
    run_with_ids(snapshot, load, load.statements.examine, candidates);
    Batch batch = make_batch(load.statements.id_type, Max(SPI_processed, 1));
    for (std::uint64_t i = 0; i < SPI_processed; ++i) {
        add_submission(batch, SPI_tuptable->vals[i]);
    }
    return batch;
}

void delete_stale(Snapshot snapshot, const Load& load, const Column& stale) {
    for (const char* const statement :
         {load.statements.delete_events, load.statements.delete_problems,
          load.statements.delete_loads}) {
        run_with_ids(snapshot, load, statement, stale);
    }
}

EventCounts* make_counts(std::int64_t size) {
    auto* const counts = static_cast<EventCounts*>(palloc(sizeof(EventCounts)));
    counts->size = size;
    counts->events = static_cast<std::int32_t*>(palloc0(size * sizeof(std::int32_t)));
    counts->problems = static_cast<std::int32_t*>(palloc0(size * sizeof(std::int32_t)));
    auto* const callback =
        static_cast<MemoryContextCallback*>(palloc(sizeof(MemoryContextCallback)));
    *callback = {forget_counts, nullptr, nullptr};
    MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
    return counts;
}

EventCounts insert_events(Snapshot snapshot, const Load& load, const Column& ids) {
    EventCounts* const counts = make_counts(ids.size);
    counts_of_statement = counts;
    run_with_ids(snapshot, load, load.statements.insert_events, ids);
    counts_of_statement = nullptr;
    return *counts;
}

/// Flattens again, but only submissions that are known to have problems.
void insert_problems(Snapshot snapshot, const Load& load, const Column& ids,
                     const EventCounts& counts) {
    Column odd = make_column(ids.type, ids.size);
    for (int i = 0; i < ids.size; ++i) {
        if (counts.problems[i] > 0) {
            append(odd, ids.values[i]);
        }
    }
    if (odd.size > 0) {
        run_with_ids(snapshot, load, load.statements.insert_problems, odd);
    }
}

void insert_loads(Snapshot snapshot, const Load& load, const Column& ids,
                  const Column& responses_hashes, const Column& form_hashes, const Column& events,
                  const Column& problems) {
    Oid types[] = {load.statements.id_array_type, BYTEAARRAYOID, BYTEAARRAYOID, INT4ARRAYOID,
                   INT4ARRAYOID};
    Datum values[] = {array_of(ids), array_of(responses_hashes), array_of(form_hashes),
                      array_of(events), array_of(problems)};
    run_at(snapshot, load.statements.insert_loads, lengthof(types), types, values);
}

void load_flattened(Snapshot snapshot, Load& load, const Batch& batch) {
    const EventCounts counts = insert_events(snapshot, load, batch.ids);
    insert_problems(snapshot, load, batch.ids, counts);
    Column events = make_column(INT4OID, batch.ids.size);
    Column problems = make_column(INT4OID, batch.ids.size);
    for (int i = 0; i < batch.ids.size; ++i) {
        append(events, Int32GetDatum(counts.events[i]));
        append(problems, Int32GetDatum(counts.problems[i]));
        load.totals.events += counts.events[i];
        load.totals.problems += counts.problems[i];
    }
    insert_loads(snapshot, load, batch.ids, batch.responses_hashes, batch.form_hashes, events,
                 problems);
}

/// One row of problems each, and a row in the ledger without hashes: `changed` looks whether there
/// is still a problem.
void load_unloadable(Snapshot snapshot, Load& load, const Batch& batch) {
    Oid types[] = {load.statements.id_array_type, TEXTARRAYOID};
    Datum values[] = {array_of(batch.unloadable), array_of(batch.problems)};
    run_at(snapshot, load.statements.insert_unloadable, lengthof(types), types, values);
    Column hashes = make_column(BYTEAOID, batch.unloadable.size);
    Column events = make_column(INT4OID, batch.unloadable.size);
    Column problems = make_column(INT4OID, batch.unloadable.size);
    for (int i = 0; i < batch.unloadable.size; ++i) {
        append(hashes, Datum{0}, true);
        append(events, Int32GetDatum(0));
        append(problems, Int32GetDatum(1));
    }
    insert_loads(snapshot, load, batch.unloadable, hashes, hashes, events, problems);
    load.totals.problems += batch.unloadable.size;
}

/// Everything at one snapshot, which is younger than the lock: a submission that changes meanwhile
/// has the events, problems and hashes of one of its states.
void load_batch(Load& load, const Column& candidates) {
    const Snapshot snapshot = RegisterSnapshot(GetTransactionSnapshot());
    PushActiveSnapshot(snapshot);
    const Batch batch = examine(snapshot, load, candidates);
    if (batch.stale.size > 0) {
        delete_stale(snapshot, load, batch.stale);
    }
    if (batch.ids.size > 0) {
        load_flattened(snapshot, load, batch);
    }
    if (batch.unloadable.size > 0) {
        load_unloadable(snapshot, load, batch);
    }
    load.totals.submissions += batch.ids.size + batch.unloadable.size;
    PopActiveSnapshot();
    UnregisterSnapshot(snapshot);
}

// ---- the load ----

/// Behind SPI_commit, before anything has looked at the data. Read committed, whatever the default:
/// under the others the server may fail one of two transactions. The lock is on the schema that is
/// loaded into; nobody else takes one of its kind for long, and it is there before the tables are.
void begin_locked(const SubmissionSchemas& schemas) {
    SPI_execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL jit = off", false, 0);
    LockDatabaseObject(NamespaceRelationId, require_schema(schemas.dwh), 0,
                       ShareUpdateExclusiveLock);
}

/// Its rows are kept, in files past work_mem, when the transaction ends, as those of a FOR loop in
/// PL/pgSQL are, and go with an error.
void open_candidates(Load& load) {
    SPIParseOpenOptions options{};
    options.cursorOptions = CURSOR_OPT_NO_SCROLL;
    load.candidates = SPI_cursor_parse_open(nullptr, load.statements.candidates, &options);
    PinPortal(load.candidates);
    SPI_commit();
    load.candidate_count = tuplestore_tuple_count(load.candidates->holdStore);
}

void close_candidates(const Load& load) {
    UnpinPortal(load.candidates);
    SPI_cursor_close(load.candidates);
}

void prepare(Load& load, const char* extension) {
    begin_locked(load.request.schemas);
    create_missing_load_tables(load.request.schemas);
    load.statements = load_statements(load.request.schemas, extension, load.request.mode);
    SPI_commit();
    SPI_execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL jit = off", false, 0);
    open_candidates(load);
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

/// The ids that SPI has just fetched, and what an error says of them.
Column fetched_ids(const Load& load, BatchContext& context) {
    Column ids = make_column(load.statements.id_type, SPI_processed);
    for (std::uint64_t i = 0; i < SPI_processed; ++i) {
        append(ids, value_of(SPI_tuptable->vals[i], 1).value);
    }
    context.number = load.totals.batches + 1;
    context.only_submission =
        ids.size == 1 ? SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1) : nullptr;
    return ids;
}

/// False where there were no more candidates. Behind the commit, a new transaction has begun.
bool load_next_batch(Load& load) {
    begin_locked(load.request.schemas);
    SPI_cursor_fetch(load.candidates, true, load.request.batch_size);
    if (SPI_processed == 0) {
        return false;
    }
    SPITupleTable* const fetched = SPI_tuptable;
    BatchContext context{};
    const Column ids = fetched_ids(load, context);
    ErrorContextCallback callback{error_context_stack, describe_batch, &context};
    error_context_stack = &callback;
    load_batch(load, ids);
    SPI_commit();
    error_context_stack = callback.previous;
    load.examined += ids.size;
    ++load.totals.batches;
    SPI_freetuptable(fetched);
    return true;
}

/// Each batch in a memory of its own.
void load_batches(Load& load) {
    const MemoryContext memory = make_memory_context(CurrentMemoryContext, "onetrip batch");
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    while (load_next_batch(load)) {
        report_progress(load);
        MemoryContextReset(memory);
    }
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
}

Datum result_row(TupleDesc descriptor, const Totals& totals) {
    Datum values[] = {Int64GetDatum(totals.submissions), Int64GetDatum(totals.events),
                      Int64GetDatum(totals.problems), Int64GetDatum(totals.batches)};
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
    Load load{};
    load.request = request_of(fcinfo);
    load.started = GetCurrentTimestamp();
    TupleDesc descriptor = nullptr;
    get_call_result_type(fcinfo, nullptr, &descriptor);
    const char* const extension = get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid));
    SPI_connect_ext(SPI_OPT_NONATOMIC);
    SPI_commit();
    prepare(load, extension);
    load_batches(load);
    close_candidates(load);
    SPI_finish();
    return result_row(descriptor, load.totals);
}

/// In the statement that inserts events: counts each row, and says whether it is an event.
Datum count_event(PG_FUNCTION_ARGS) {
    EventCounts* const counts = counts_of_statement;
    const std::int64_t position = PG_GETARG_INT64(0) - 1;
    const text* const status = PG_GETARG_TEXT_PP(1);
    if (counts == nullptr || position < 0 || position >= counts->size) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("count_event can only be called by load_response_events")));
    }
    const std::string_view name(VARDATA_ANY(status), VARSIZE_ANY_EXHDR(status));
    const bool is_ok = name == "ok";
    const bool is_event = is_ok || name == "wrong_type" || name == "not_in_choices";
    counts->events[position] += is_event ? 1 : 0;
    counts->problems[position] += is_ok ? 0 : 1;
    PG_RETURN_BOOL(is_event);
}

/// json as jsonb; NULL where jsonb cannot hold it. parse_json speaks UTF-8 alone: in other
/// encodings the server converts, and raises what it raises.
Datum jsonb_or_null(PG_FUNCTION_ARGS) {
    const text* const document = PG_GETARG_TEXT_PP(0);
    if (GetDatabaseEncoding() != PG_UTF8) {
        PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(text_to_cstring(document))));
    }
    const std::string_view json(VARDATA_ANY(document), VARSIZE_ANY_EXHDR(document));
    varlena* const converted = call_cpp([&]() -> varlena* {
        try {
            const std::vector<std::uint8_t> bytes = jsonb::parse_json(json);
            const std::uint8_t* const from = bytes.data();
            const std::size_t size = bytes.size();
            return call_server([&] {
                auto* const to = static_cast<varlena*>(palloc(VARHDRSZ + size));
                SET_VARSIZE(to, VARHDRSZ + size);
                std::memcpy(VARDATA(to), from, size);
                return to;
            });
        } catch (const jsonb::JsonError&) {
            return nullptr;
        }
    });
    if (converted == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(converted);
}

}  // extern "C"

}  // namespace onetrip::postgres
