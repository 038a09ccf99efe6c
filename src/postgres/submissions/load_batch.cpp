// A part of a batch: read at one snapshot, compared, and written in subtransactions, so that what
// the target refuses keeps nothing else out. Knows nothing of commits.

#include "postgres/submissions/load_batch.hpp"

#include "postgres/server/datums.hpp"
#include "postgres/server/subtransaction.hpp"
#include "postgres/submissions/event_insert.hpp"
#include "postgres/submissions/form_trees.hpp"
#include "postgres/submissions/loaded_events.hpp"

extern "C" {
#include "utils/snapmgr.h"
}

namespace onetrip::postgres {

namespace {

// ---- reading ----

/// The form may have been updated since the load began: its submissions are not answers that the
/// target refuses.
void require_dialect(const Submission& submission) {
    if (submission.dialect.isnull) {
        return;
    }
    const std::string_view dialect =
        characters_of(PG_DETOAST_DATUM_PACKED(submission.dialect.value));
    if (!is_dialect(dialect)) {
        refuse_dialect(
            pnstrdup(dialect.data(), dialect.size()),
            submission.form_name.isnull ? "" : TextDatumGetCString(submission.form_name.value));
    }
}

Submission submission_of(const LoadState& state, const NullableDatum* row, const bool* are_gone) {
    Submission submission{};
    take_examined(submission, row);
    const int position = DatumGetInt32(row[examined_count].value);
    submission.id = row[examined_count + 1].value;
    submission.is_present = DatumGetBool(row[examined_count + 2].value);
    submission.is_loaded = DatumGetBool(row[examined_count + 3].value);
    const NullableDatum source = row[examined_count + 4];
    submission.is_of_other_source =
        !source.isnull && std::strcmp(TextDatumGetCString(source.value), state.source) != 0;
    submission.is_refused = submission.is_loaded && !source.isnull &&
                            submission.loaded_responses_hash.isnull &&
                            submission.loaded_form_hash.isnull && submission.loaded_row_hash.isnull;
    submission.is_gone = are_gone[position];
    require_dialect(submission);
    return submission;
}

/// The order is that of the candidates, whatever the plan makes of it.
void take_fetched(LoadState& state, const bool* are_gone) {
    constexpr int columns = examined_count + 5;
    for (std::uint64_t i = 0; i < SPI_processed; ++i) {
        NullableDatum row[columns];
        for (int column = 0; column < columns; ++column) {
            row[column].value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
                                              column + 1, &row[column].isnull);
        }
        const int position = DatumGetInt32(row[examined_count].value);
        state.submissions[position] = submission_of(state, row, are_gone);
    }
}

/// A list of positions.
struct Positions {
    int* places;
    int count;
};

Positions make_positions(int room) {
    return {static_cast<int*>(palloc(Max(room, 1) * sizeof(int))), 0};
}

void append(Positions& positions, int position) {
    positions.places[positions.count++] = position;
}

void select(LoadState& state, const Positions& positions) {
    state.selected = positions.places;
    state.selected_count = positions.count;
}

void fetch(Load& load, const Candidates& candidates) {
    LoadState& state = load.state;
    state.memory = CurrentMemoryContext;
    state.kept = 0;
    state.submission_count = candidates.count;
    state.submissions = static_cast<Submission*>(palloc0(candidates.count * sizeof(Submission)));
    Positions all = make_positions(candidates.count);
    for (int i = 0; i < candidates.count; ++i) {
        state.submissions[i].id = candidates.ids[i];
        append(all, i);
    }
    select(state, all);
    run_statement(load.statements.fetch, true);
    state.fetched = SPI_tuptable;
    take_fetched(state, candidates.are_gone);
}

/// Whether there is anything to write for a submission that the source shows.
bool is_to_be_written(Load& load, Submission& submission, MemoryContext memory) {
    if (!submission.is_loaded) {
        return true;
    }
    if (load.request.mode == LoadMode::only_new || submission.is_of_other_source) {
        return false;
    }
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    const varlena* const document = examine_submission(load.state, submission);
    const bool differs = differs_from_loaded(submission);
    if (differs && document != nullptr) {
        keep_document(load.state, submission, document);
    }
    MemoryContextSwitchTo(caller);
    MemoryContextReset(memory);
    return differs;
}

/// The work of a part of a batch, in the order of the candidates.
struct Work {
    Positions to_write;
    Positions to_remove;
    Positions to_try;    ///< known as refused
    Positions to_clear;  ///< as they were loaded, and may have a row that says they are refused
};

Work work_of(Load& load) {
    LoadState& state = load.state;
    const int count = state.submission_count;
    Work work{make_positions(count), make_positions(count), make_positions(count),
              make_positions(count)};
    const MemoryContext memory = make_memory_context(CurrentMemoryContext, "onetrip document");
    for (int i = 0; i < count; ++i) {
        Submission& submission = state.submissions[i];
        CHECK_FOR_INTERRUPTS();
        if (!submission.is_present) {
            if (submission.is_gone && submission.is_loaded && !submission.is_of_other_source) {
                append(work.to_remove, i);
            }
        } else if (is_to_be_written(load, submission, memory)) {
            append(submission.is_refused ? work.to_try : work.to_write, i);
        } else if (load.request.mode == LoadMode::changed && !submission.is_of_other_source) {
            append(work.to_clear, i);
        }
    }
    MemoryContextDelete(memory);
    return work;
}

Work read_work(Load& load, const Candidates& candidates) {
    Work work{};
    const ErrorData* const error = error_of([&] {
        fetch(load, candidates);
        work = work_of(load);
    });
    if (error != nullptr) {
        raise_load_error(load, error, nullptr);
    }
    return work;
}

// ---- writing ----

void delete_rows(Load& load, const Positions& positions) {
    select(load.state, positions);
    if (positions.count > 0) {
        run_statement(load.statements.delete_events);
        run_statement(load.statements.delete_problems);
        run_statement(load.statements.delete_loads);
    }
}

void delete_loaded(Load& load, const Positions& positions) {
    Positions loaded = make_positions(positions.count);
    for (int i = 0; i < positions.count; ++i) {
        if (load.state.submissions[positions.places[i]].is_loaded) {
            append(loaded, positions.places[i]);
        }
    }
    delete_rows(load, loaded);
}

/// Counts the rows that come back, one for each that the table has taken.
struct RowCounter {
    DestReceiver receiver;
    LoadState* state;
};

bool count_row(TupleTableSlot* /*slot*/, DestReceiver* self) {
    const LoadState& state = *reinterpret_cast<RowCounter*>(self)->state;
    count_stored(*state.begun, state.stage);
    return true;
}

/// Inserts and counts the rows that come back: a row that a trigger leaves out does not.
void insert_counting(Load& load, const char* statement) {
    RowCounter counter{{count_row, [](DestReceiver*, int, TupleDesc) {}, [](DestReceiver*) {},
                        [](DestReceiver*) {}, DestNone},
                       &load.state};
    SPIExecuteOptions options{};
    options.dest = &counter.receiver;
    const MemoryContext memory = CurrentMemoryContext;
    const int result = SPI_execute_extended(psprintf("%s %s", statement_mark, statement), &options);
    MemoryContextSwitchTo(memory);
    if (result < 0) {
        elog(ERROR, "could not load a batch: %s", SPI_result_code_string(result));
    }
}

/// Finds what is to be known of a submission that a rule left alone: no statement asked for its
/// rows.
void walk(LoadState& state, Submission& submission) {
    begin_events(state, *state.events, submission);
    while (call_cpp([&] { return state.events->next(); }) != nullptr) {
    }
}

/// Into a table whose rows do not come back one by one: what it says of each submission.
void insert_one_by_one(Load& load, const char* statement, const Positions& positions) {
    for (int i = 0; i < positions.count; ++i) {
        Submission& submission = load.state.submissions[positions.places[i]];
        select(load.state, {positions.places + i, 1});
        load.state.begun = nullptr;
        run_statement(statement);
        const std::uint64_t taken = SPI_processed;
        if (load.state.begun == nullptr) {
            walk(load.state, submission);
        }
        (load.state.stage == Stage::events ? submission.events : submission.problems) =
            static_cast<std::int32_t>(taken);
    }
}

void insert_rows(Load& load, Stage stage, const Positions& positions) {
    const LoadStatements& statements = load.statements;
    const bool are_events = stage == Stage::events;
    const char* const statement =
        are_events ? statements.insert_events : statements.insert_problems;
    select(load.state, positions);
    load.state.stage = stage;
    if (insert_directly(load.state, are_events ? statements.events : statements.problems)) {
        return;
    }
    if (are_events ? statements.events_come_back : statements.problems_come_back) {
        insert_counting(load, statement);
    } else {
        insert_one_by_one(load, statement, positions);
    }
}

void insert_events(Load& load, const Positions& positions) {
    for (int i = 0; i < positions.count; ++i) {
        Submission& submission = load.state.submissions[positions.places[i]];
        submission.events = 0;
        submission.found_events = 0;
        submission.found_problems = 0;
    }
    insert_rows(load, Stage::events, positions);
}

void insert_problems(Load& load, const Positions& positions) {
    Positions odd = make_positions(positions.count);
    for (int i = 0; i < positions.count; ++i) {
        Submission& submission = load.state.submissions[positions.places[i]];
        submission.problems = 0;
        if (submission.found_problems > 0) {
            append(odd, positions.places[i]);
        }
    }
    if (odd.count > 0) {
        insert_rows(load, Stage::problems, odd);
    }
}

void insert_loads(Load& load, const Positions& positions) {
    select(load.state, positions);
    run_statement(load.statements.insert_loads);
    if (SPI_processed != static_cast<std::uint64_t>(positions.count)) {
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                 errmsg("a trigger or rule keeps rows out of table submission_loads: submissions "
                        "would be loaded again and again"),
                 errhint("Disable the trigger, or drop the rule.")));
    }
}

/// Runs the body so that it is written as a whole or not at all, deferred constraints included. A
/// constraint that was checked once stays immediate to the end of the transaction, unless it is
/// made deferred again.
template <typename Body>
ErrorData* write_whole(Load& load, Body&& body) {
    ErrorData* const error = error_in_subtransaction([&] {
        if (load.has_checked_constraints) {
            run_statement("SET CONSTRAINTS ALL DEFERRED");
        }
        body();
        run_statement("SET CONSTRAINTS ALL IMMEDIATE");
    });
    load.has_checked_constraints = load.has_checked_constraints || error == nullptr;
    return error;
}

void replace(Load& load, const Positions& positions) {
    delete_loaded(load, positions);
    insert_events(load, positions);
    insert_problems(load, positions);
    insert_loads(load, positions);
}

void count_written(Load& load, const Positions& positions) {
    for (int i = 0; i < positions.count; ++i) {
        const Submission& submission = load.state.submissions[positions.places[i]];
        load.totals.events += submission.events;
        load.totals.problems += submission.problems;
    }
    load.totals.submissions += positions.count;
}

// ---- refusals ----

const char* id_text(const Load& load, int position) {
    Oid output = InvalidOid;
    bool is_varlena = false;
    getTypeOutputInfo(load.statements.id.oid, &output, &is_varlena);
    return OidOutputFunctionCall(output, load.state.submissions[position].id);
}

[[noreturn]] void raise_of(const Load& load, const Positions& positions, const ErrorData* error) {
    raise_load_error(load, error,
                     positions.count == 1 ? id_text(load, positions.places[0]) : nullptr);
}

/// Whether the attempt that has just failed may have been stopped by response_events.
bool was_writing_events(const Load& load, const Positions& positions) {
    return load.state.stage == Stage::events ||
           load.state.submissions[positions.places[0]].found_events > 0;
}

std::int64_t count_of(const Refusals& refusals, int sqlstate) {
    return refusals.sqlstate == sqlstate && !refusals.are_over ? refusals.count : 0;
}

void note_refused(Load& load, const Positions& positions, const ErrorData* error, bool has_events) {
    constexpr int most = 100;
    FirstTried& first = load.first;
    Refusals& refusals = has_events ? first.events : first.problems;
    const int sqlstate = error->sqlerrcode;
    if (refusals.count == 0) {
        refusals.sqlstate = sqlstate;
    }
    refusals.are_over = refusals.are_over || refusals.sqlstate != sqlstate;
    ++refusals.count;
    if (!first.events.are_over &&
        count_of(first.events, sqlstate) + count_of(first.problems, sqlstate) >= most) {
        raise_of(load, positions, error);
    }
}

/// The SQLSTATEs that a submission's rows of status refused have. There are several if the target
/// keeps such rows, too.
struct KnownStates {
    const char** values;
    int count;
};

KnownStates known_states(Load& load, const Positions& positions) {
    const char* const id = id_text(load, positions.places[0]);
    select(load.state, positions);
    const ErrorData* const error =
        error_of([&] { run_statement(load.statements.refused_states, true); });
    if (error != nullptr) {
        raise_load_error(load, error, id);
    }
    const auto count = static_cast<int>(SPI_processed);
    KnownStates known{static_cast<const char**>(palloc(Max(count, 1) * sizeof(char*))), count};
    for (int i = 0; i < count; ++i) {
        const char* const value = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
        known.values[i] = value == nullptr ? "" : value;
    }
    SPI_freetuptable(SPI_tuptable);
    return known;
}

bool is_state_of(const char* state, const ErrorData* error) {
    return std::strcmp(state, unpack_sql_state(error->sqlerrcode)) == 0;
}

bool is_known(const KnownStates& known, const ErrorData* error) {
    for (int i = 0; i < known.count; ++i) {
        if (is_state_of(known.values[i], error)) {
            return true;
        }
    }
    return false;
}

/// Makes the row of problems of a refused submission that which insert_problems writes.
void make_refused(Submission& submission, const ErrorData* error) {
    submission.problem = Problem::refused;
    submission.problem_value = pstrdup(unpack_sql_state(error->sqlerrcode));
    submission.problem_ord = 0;
    submission.is_examined = true;
    submission.events = 0;
    submission.found_problems = 1;
}

void count_refused(Load& load, const Positions& positions) {
    ++load.totals.submissions;
    load.totals.problems += load.state.submissions[positions.places[0]].problems;
}

/// Deletes the rows that have another SQLSTATE than the error, each on its own: the target may keep
/// one of them, too.
void delete_outdated(Load& load, const Positions& positions, const KnownStates& known,
                     const ErrorData* error) {
    for (int i = 0; i < known.count; ++i) {
        if (is_state_of(known.values[i], error)) {
            continue;
        }
        const ErrorData* const second = write_whole(load, [&] {
            select(load.state, positions);
            run_statement(psprintf("%s %s", load.statements.delete_refused_state,
                                   quote_literal_cstr(known.values[i])));
        });
        if (second != nullptr && !is_refusal(second->sqlerrcode)) {
            raise_of(load, positions, second);
        }
    }
}

/// Inserts the row of problems with the first free ord of 0, -1, -2 …: each row that the target
/// keeps may have one of them, that of status not_jsonb or no_user, too.
ErrorData* insert_refused(Load& load, const Positions& positions, int kept) {
    Submission& submission = load.state.submissions[positions.places[0]];
    ErrorData* error = write_whole(load, [&] { insert_problems(load, positions); });
    while (error != nullptr && error->sqlerrcode == ERRCODE_UNIQUE_VIOLATION && kept-- >= 0) {
        --submission.problem_ord;
        error = write_whole(load, [&] { insert_problems(load, positions); });
    }
    return error;
}

/// Adds the row of problems to what was loaded of a submission, which the target does not let go.
/// One of an earlier load stays if it has the same SQLSTATE. If the target keeps one with another
/// SQLSTATE, and its key has no ord, there is no room for a second row.
void keep_loaded(Load& load, const Positions& positions, const ErrorData* error) {
    const KnownStates known = known_states(load, positions);
    delete_outdated(load, positions, known, error);
    if (is_known(known, error)) {
        return;
    }
    make_refused(load.state.submissions[positions.places[0]], error);
    const ErrorData* const second = insert_refused(load, positions, known.count);
    if (second != nullptr && (known.count == 0 || second->sqlerrcode != ERRCODE_UNIQUE_VIOLATION)) {
        raise_of(load, positions, second);
    }
    if (second == nullptr && known.count == 0) {
        count_refused(load, positions);
    }
}

/// One row of problems in the place of what was loaded before. False if that cannot be deleted.
bool write_refused(Load& load, const Positions& positions, const ErrorData* error) {
    make_refused(load.state.submissions[positions.places[0]], error);
    const ErrorData* const second = write_whole(load, [&] {
        delete_loaded(load, positions);
        insert_problems(load, positions);
        insert_loads(load, positions);
    });
    if (second == nullptr) {
        return true;
    }
    const ErrorData* const third = is_refusal(second->sqlerrcode)
                                       ? write_whole(load, [&] { delete_loaded(load, positions); })
                                       : nullptr;
    if (third == nullptr || !is_refusal(third->sqlerrcode)) {
        raise_of(load, positions, third == nullptr ? second : third);
    }
    return false;
}

/// A submission that the target has refused alone. If it is the deletion that is refused, it is no
/// sign of a fault in the target's columns, which would refuse all.
void refuse(Load& load, const Positions& positions, const ErrorData* error) {
    const bool has_events = was_writing_events(load, positions);
    if (write_refused(load, positions, error)) {
        note_refused(load, positions, error, has_events);
        count_refused(load, positions);
    } else {
        keep_loaded(load, positions, error);
    }
}

/// A way to write submissions: `act` runs as a whole, and then `note_done`. A single submission
/// that the target refuses is passed to `refuse`.
struct Writer {
    void (*act)(Load& load, const Positions& positions);
    void (*note_done)(Load& load, const Positions& positions);
    void (*refuse)(Load& load, const Positions& positions, const ErrorData* error);
};

/// Halves what the target refuses until it is one submission.
void write_by_halves(Load& load, const Positions& positions, const Writer& writer) {
    if (positions.count == 0) {
        return;
    }
    const ErrorData* const error = write_whole(load, [&] { writer.act(load, positions); });
    if (error != nullptr && !is_refusal(error->sqlerrcode)) {
        raise_of(load, positions, error);
    }
    if (error == nullptr) {
        writer.note_done(load, positions);
    } else if (positions.count > 1) {
        const int half = positions.count / 2;
        write_by_halves(load, {positions.places, half}, writer);
        write_by_halves(load, {positions.places + half, positions.count - half}, writer);
    } else {
        writer.refuse(load, positions, error);
    }
}

/// A table that takes rows is not at fault.
void note_rows(FirstTried& first, const Submission& submission) {
    if (submission.found_events > 0) {
        first.events.are_over = true;
    } else if (submission.found_problems > 0) {
        first.problems.are_over = true;
    }
}

void note_taken(Load& load, const Positions& positions) {
    for (int i = 0; i < positions.count; ++i) {
        note_rows(load.first, load.state.submissions[positions.places[i]]);
    }
    count_written(load, positions);
}

/// One that was refused before: what is known of it stays as it is unless that has changed.
void try_again(Load& load, const Positions& positions) {
    const KnownStates known = known_states(load, positions);
    const ErrorData* const error = write_whole(load, [&] { replace(load, positions); });
    if (error == nullptr) {
        note_taken(load, positions);
        return;
    }
    if (!is_refusal(error->sqlerrcode)) {
        raise_of(load, positions, error);
    }
    if (known.count == 1 && is_known(known, error)) {
        return;
    }
    const bool has_events = was_writing_events(load, positions);
    if (!write_refused(load, positions, error)) {
        keep_loaded(load, positions, error);
    } else if (!is_known(known, error)) {
        note_refused(load, positions, error, has_events);
    }
}

void note_removed(Load& load, const Positions& positions) {
    load.totals.removed += positions.count;
}

/// A submission that is again as it was loaded has nothing that the target could refuse.
void delete_refused(Load& load, const Positions& positions) {
    if (load.statements.delete_refused != nullptr) {
        select(load.state, positions);
        run_statement(load.statements.delete_refused);
    }
}

constexpr Writer replacing = {replace, note_taken, refuse};
constexpr Writer removing = {delete_rows, note_removed, keep_loaded};

/// A row that the target keeps stays, and the next load tries again.
constexpr Writer clearing = {delete_refused, [](Load&, const Positions&) {},
                             [](Load&, const Positions&, const ErrorData*) {}};

}  // namespace

/// SPI makes its procedure's memory the current one, which is there until the end of the
/// CALL: what comes after belongs into the caller's.
void run_statement(const char* statement, bool is_read_only, std::uint64_t rows) {
    const MemoryContext memory = CurrentMemoryContext;
    char* const marked = psprintf("%s %s", statement_mark, statement);
    const int result = SPI_execute(marked, is_read_only, static_cast<long>(rows));
    MemoryContextSwitchTo(memory);
    pfree(marked);
    if (result < 0) {
        elog(ERROR, "could not load a batch: %s", SPI_result_code_string(result));
    }
}

/// One snapshot is kept to the end: what lies out of line must not be cleared away meanwhile.
void load_candidates(Load& load, const Candidates& candidates) {
    PushActiveSnapshot(GetTransactionSnapshot());
    const Work work = read_work(load, candidates);
    write_by_halves(load, work.to_write, replacing);
    write_by_halves(load, work.to_clear, clearing);
    write_by_halves(load, work.to_remove, removing);
    for (int i = 0; i < work.to_try.count; ++i) {
        try_again(load, {work.to_try.places + i, 1});
    }
    SPI_freetuptable(load.state.fetched);
    PopActiveSnapshot();
}

}  // namespace onetrip::postgres
