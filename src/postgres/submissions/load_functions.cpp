// The functions that the loader's statements call: load_rows, load_events, load_change, and their
// estimates for the planner. Knows nothing of transactions.

#include "postgres/server/datums.hpp"
#include "postgres/server/rows.hpp"
#include "postgres/submissions/loaded_events.hpp"

extern "C" {
#include "nodes/supportnodes.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(load_rows);
ONETRIP_SQL_FUNCTION(load_events);
ONETRIP_SQL_FUNCTION(load_change);
ONETRIP_SQL_FUNCTION(load_support);
ONETRIP_SQL_FUNCTION(count_event);

namespace {

LoadState* current_state = nullptr;

LoadState& require_state(const char* function) {
    if (current_state == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("%s can only be called by load_response_events", function)));
    }
    return *current_state;
}

/// The column was altered after the load began, or it is not the loader who calls.
[[noreturn]] void refuse_types(const char* function) {
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                    errmsg("%s is called with other types than the tables had when the load began",
                           function),
                    errhint("Call load_response_events again.")));
    pg_unreachable();
}

// ---- load_rows ----

NullableDatum no_value() {
    return {Datum{0}, true};
}

NullableDatum hash_datum(const std::uint8_t (&hash)[hash_size], bool has_hash) {
    return has_hash ? NullableDatum{PointerGetDatum(make_bytea(hash)), false} : no_value();
}

constexpr int row_columns = 15;

/// The columns in the order of `rows` in submission_statements.cpp.
void fill_row(const LoadState& state, int position, NullableDatum (&row)[row_columns]) {
    const Submission& submission = state.submissions[position];
    const bool is_flat = submission.problem == Problem::none;
    const bool is_refused = submission.problem == Problem::refused;
    row[0] = {Int32GetDatum(position), false};
    row[1] = {submission.id, false};
    row[2] = submission.form_id;
    row[3] = submission.form_name;
    row[4] = submission.user_id;
    row[5] = submission.full_name;
    row[6] = submission.created;
    row[7] = {TimestampTzGetDatum(state.processed_on), false};
    row[8] = {BoolGetDatum(submission.has_user), false};
    row[9] = {CStringGetTextDatum(state.source), false};
    row[10] = hash_datum(submission.responses_hash, is_flat);
    row[11] = hash_datum(submission.form_hash, is_flat);
    row[12] = hash_datum(submission.row_hash, !is_refused);
    row[13] = {Int32GetDatum(submission.events), false};
    row[14] = {Int32GetDatum(submission.problems), false};
}

/// Whether the caller expects the types that the rows have: the loader's statements do, but anybody
/// may call load_rows while one of them runs.
bool are_expected(TupleDesc descriptor, const LoadStatements& statements) {
    const Oid expected[row_columns] = {INT4OID,
                                       statements.id.oid,
                                       statements.form_id.oid,
                                       TEXTOID,
                                       statements.user_id.oid,
                                       TEXTOID,
                                       statements.created.oid,
                                       TIMESTAMPTZOID,
                                       BOOLOID,
                                       TEXTOID,
                                       BYTEAOID,
                                       BYTEAOID,
                                       BYTEAOID,
                                       INT4OID,
                                       INT4OID};
    if (descriptor->natts != 2 && descriptor->natts != row_columns) {
        return false;
    }
    for (int i = 0; i < descriptor->natts; ++i) {
        if (TupleDescAttr(descriptor, i)->atttypid != expected[i]) {
            return false;
        }
    }
    return true;
}

void put_row(const Rows& rows, const LoadState& state, int position) {
    NullableDatum row[row_columns] = {};
    if (rows.columns() == row_columns) {
        fill_row(state, position, row);
    } else {
        row[0] = {Int32GetDatum(position), false};
        row[1] = {state.submissions[position].id, false};
    }
    rows.put(row);
}

// ---- load_change ----

/// Looks at the types of a call site's arguments once.
void require_examined_types(FunctionCallInfo fcinfo, const LoadState& state) {
    if (fcinfo->flinfo->fn_extra == &current_state) {
        return;
    }
    Oid types[examined_count];
    for (int i = 0; i < examined_count; ++i) {
        types[i] = get_fn_expr_argtype(fcinfo->flinfo, i);
    }
    if (!are_examined_types(*state.statements, types)) {
        refuse_types("load_change");
    }
    fcinfo->flinfo->fn_extra = &current_state;
}

/// Says now and then how far the search is.
void report_search(LoadState& state) {
    constexpr std::int64_t step = 100000;
    if (++state.searched % step == 0) {
        const double seconds =
            static_cast<double>(GetCurrentTimestamp() - state.search_began) / USECS_PER_SEC;
        ereport(NOTICE, (errmsg("search: %lld loaded submissions compared, %.0f a second",
                                static_cast<long long>(state.searched),
                                static_cast<double>(state.searched) / Max(seconds, 1e-6))));
    }
}

}  // namespace

void use_load_state(LoadState* state) {
    current_state = state;
}

void forget_load_state() {
    current_state = nullptr;
}

extern "C" {

/// The submissions that a statement of the loader's is about: as many columns as it asks for.
Datum load_rows(PG_FUNCTION_ARGS) {
    const LoadState& state = require_state("load_rows");
    require_set_context(fcinfo);
    const Rows rows(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    if (!are_expected(reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo)->setDesc,
                      *state.statements)) {
        refuse_types("load_rows");
    }
    const MemoryContext memory = make_memory_context(CurrentMemoryContext, "onetrip load rows");
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    for (int i = 0; i < state.selected_count; ++i) {
        put_row(rows, state, state.selected[i]);
        MemoryContextReset(memory);
        CHECK_FOR_INTERRUPTS();
    }
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
    return Datum{0};
}

/// The rows of one of them.
Datum load_events(PG_FUNCTION_ARGS) {
    LoadState& state = require_state("load_events");
    const std::int32_t position = PG_GETARG_INT32(0);
    if (position < 0 || position >= state.submission_count) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("load_events: no submission %d", position),
                        errdetail("The function serves the loader's own statements."),
                        errhint("CALL load_response_events.")));
    }
    auto* const source = source_of_call<LoadedEvents>(fcinfo);
    if (!source->is_returning()) {
        begin_events(state, *source, state.submissions[position]);
    }
    return return_rows(fcinfo, *source);
}

/// Whether a submission is another than the ledger has; the arguments are those of take_examined.
Datum load_change(PG_FUNCTION_ARGS) {
    LoadState& state = require_state("load_change");
    require_examined_types(fcinfo, state);
    NullableDatum values[examined_count];
    for (int i = 0; i < examined_count; ++i) {
        values[i] = fcinfo->args[i];
    }
    Submission submission{};
    take_examined(submission, values);
    const MemoryContext memory = make_memory_context(CurrentMemoryContext, "onetrip document");
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    examine_submission(state, submission);
    const bool differs = differs_from_loaded(submission);
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
    report_search(state);
    PG_RETURN_BOOL(differs);
}

/// The planner learns how many rows load_rows gives.
Datum load_support(PG_FUNCTION_ARGS) {
    auto* const node = reinterpret_cast<Node*>(PG_GETARG_POINTER(0));
    if (!IsA(node, SupportRequestRows) || current_state == nullptr) {
        PG_RETURN_POINTER(static_cast<void*>(nullptr));
    }
    auto* const request = reinterpret_cast<SupportRequestRows*>(node);
    request->rows = Max(current_state->selected_count, 1);
    PG_RETURN_POINTER(request);
}

/// count_event is of the script of 0.1 alone, whose loader called it.
Datum count_event(PG_FUNCTION_ARGS) {
    (void)fcinfo;
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("count_event can only be called by load_response_events")));
    pg_unreachable();
}

}  // extern "C"

}  // namespace onetrip::postgres
