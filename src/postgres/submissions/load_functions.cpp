// The functions that the loader's statements call: load_rows, load_events, load_change and what the
// planner is told of them. Knows nothing of transactions.

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
    if (rows.columns() != 2 && rows.columns() != row_columns) {
        elog(ERROR, "load_rows gives 2 or %d columns", row_columns);
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
        elog(ERROR, "load_events: no submission %d", position);
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
        PG_RETURN_POINTER(nullptr);
    }
    auto* const request = reinterpret_cast<SupportRequestRows*>(node);
    request->rows = Max(current_state->selected_count, 1);
    PG_RETURN_POINTER(request);
}

/// Of the script of 0.1 alone, whose loader called it.
Datum count_event(PG_FUNCTION_ARGS) {
    (void)fcinfo;
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("count_event can only be called by load_response_events")));
    pg_unreachable();
}

}  // extern "C"

}  // namespace onetrip::postgres
