// The submissions of a batch as the loader's statements see them: what is hashed and compared, and
// the functions load_rows, load_events and load_change. Knows nothing of transactions.

#include "postgres/submissions/load_state.hpp"

#include "postgres/server/argument_bytes.hpp"
#include "postgres/server/json_documents.hpp"
#include "postgres/server/row_source.hpp"
#include "postgres/server/rows.hpp"
#include "postgres/submissions/document_columns.hpp"
#include "postgres/submissions/event_tuples.hpp"

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

using submission::Status;
using submission::Statuses;

LoadState* current_state = nullptr;

LoadState& require_state(const char* function) {
    if (current_state == nullptr) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("%s can only be called by load_response_events", function)));
    }
    return *current_state;
}

// ---- forms ----

/// What a form is known by: the bytes of the column as they came, or their hash if there are many.
/// A form out of line is recognised by its TOAST pointer. One that is not there is like one that is
/// NULL.
std::string_view key_of(NullableDatum schema, std::uint8_t (&hash)[hash_size]) {
    const std::string_view bytes =
        schema.isnull ? std::string_view() : argument_bytes(schema.value);
    if (bytes.size() <= hash_size) {
        return bytes;
    }
    hash_bytes_of(bytes.data(), bytes.size(), hash);
    return {reinterpret_cast<const char*>(hash), hash_size};
}

/// JSON null in the place of json that jsonb cannot hold: a form without questions.
const varlena* form_document(const LoadState& state, NullableDatum schema) {
    const varlena* const document = document_or_null(schema, state.statements->has_json_forms);
    return document != nullptr ? document : document_or_null({Datum{0}, true}, false);
}

LoadedForm* form_of(LoadState& state, NullableDatum schema) {
    std::uint8_t room[hash_size];
    const std::string_view key = key_of(schema, room);
    if (LoadedForm* const found = call_cpp([&] { return state.forms->find(key); })) {
        return found;
    }
    std::uint8_t hash[hash_size];
    hash_document(form_document(state, schema), hash);
    return call_cpp([&] { return state.forms->add(key, hash); });
}

CompiledForm* compiled_form_of(LoadState& state, LoadedForm* form, NullableDatum schema) {
    if (form->compiled == nullptr) {
        const jsonb::Value document = document_of(form_document(state, schema));
        call_cpp([&] { state.forms->compile(*form, document); });
    }
    return form->compiled.get();
}

// ---- row_hash ----

void append_value(StringInfo to, NullableDatum value, const ValueType& type) {
    if (value.isnull) {
        appendStringInfoChar(to, 'n');
        return;
    }
    const char* bytes = reinterpret_cast<const char*>(&value.value);
    int size = sizeof(Datum);
    if (!type.is_by_value && type.length == -1) {
        const std::string_view data = characters_of(PG_DETOAST_DATUM_PACKED(value.value));
        bytes = data.data();
        size = static_cast<int>(data.size());
    } else if (!type.is_by_value) {
        bytes = DatumGetPointer(value.value);
        size = type.length > 0 ? type.length : static_cast<int>(std::strlen(bytes));
    }
    appendStringInfo(to, "%d ", size);
    appendBinaryStringInfo(to, bytes, size);
}

/// As the tables have it; empty for none.
const char* status_of(Problem problem) {
    switch (problem) {
        case Problem::none:
            return "";
        case Problem::not_jsonb:
            return "not_jsonb";
        case Problem::no_user:
            return "no_user";
        case Problem::refused:
            return "refused";
    }
    return "";
}

/// Of what is written of form and user, as it is stored: no setting of the session changes that.
/// `problem` is in it since a problem may take the place of another.
void hash_row(const LoadState& state, Submission& submission) {
    constexpr ValueType text_type = {TEXTOID, -1, false};
    const LoadStatements& statements = *state.statements;
    StringInfoData row;
    initStringInfo(&row);
    appendStringInfoString(&row, statements.columns);
    if (statements.writes_form_id) {
        append_value(&row, submission.form_id, statements.form_id);
    }
    if (statements.writes_form_name) {
        append_value(&row, submission.form_name, text_type);
    }
    if (statements.writes_user_id) {
        append_value(&row, submission.user_id, statements.user_id);
    }
    if (statements.writes_full_name) {
        append_value(&row, submission.full_name, text_type);
    }
    if (statements.writes_created) {
        append_value(&row, submission.created, statements.created);
    }
    appendStringInfo(&row, "%c%c%s", submission.has_form ? 'f' : '-',
                     submission.has_user ? 'u' : '-', status_of(submission.problem));
    hash_bytes_of(row.data, static_cast<std::size_t>(row.len), submission.row_hash);
    pfree(row.data);
}

bool lacks_user(const LoadStatements& statements, const Submission& submission) {
    const bool has_id =
        !submission.user_id.isnull && (submission.has_user || !statements.user_must_exist);
    return (statements.demands_user_id && !has_id) ||
           (statements.demands_full_name && submission.full_name.isnull);
}

/// Hashes a submission and finds what is wrong with it. Its document, with its form, or nullptr if
/// it has a problem.
const varlena* examine(LoadState& state, Submission& submission, LoadedForm*& form) {
    const LoadStatements& statements = *state.statements;
    const varlena* document = document_or_null(submission.responses, statements.has_json_documents);
    submission.problem = Problem::none;
    if (document == nullptr) {
        submission.problem = Problem::not_jsonb;
    } else if (lacks_user(statements, submission)) {
        submission.problem = Problem::no_user;
    }
    const bool is_flat = submission.problem == Problem::none;
    if (is_flat) {
        hash_document(document, submission.responses_hash);
        form = form_of(state, submission.schema);
        std::memcpy(submission.form_hash, form->hash, hash_size);
    }
    hash_row(state, submission);
    submission.is_examined = true;
    return is_flat ? document : nullptr;
}

/// A hash of the ledger's, or none, which is like none.
bool is_same(NullableDatum loaded, const std::uint8_t (&hash)[hash_size], bool has_hash) {
    if (loaded.isnull || !has_hash) {
        return loaded.isnull && !has_hash;
    }
    const std::span<const std::uint8_t> bytes = bytes_of(DatumGetByteaPP(loaded.value));
    return bytes.size() == hash_size && std::memcmp(bytes.data(), hash, hash_size) == 0;
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

// ---- load_events ----

constexpr Statuses event_statuses =
    bit_of(Status::ok) | bit_of(Status::wrong_type) | bit_of(Status::not_in_choices);
constexpr Statuses problem_statuses = bit_of(Status::wrong_type) | bit_of(Status::not_in_choices) |
                                      bit_of(Status::unknown) | bit_of(Status::structure);

/// The rows of one submission that the stage writes. Those of the first stage are counted, and the
/// problems with them.
class LoadedEvents final : public RowSource {
  public:
    LoadedEvents(MemoryContext memory, TupleDesc descriptor)
        : RowSource(memory),
          builder_(memory, descriptor),
          tuples_(builder_),
          walk_(check_for_interrupts) {}

    void begin(CompiledForm* compiled, jsonb::Value responses, Submission& submission,
               Stage stage) {
        compiled_ = compiled;
        submission_ = &submission;
        stage_ = stage;
        has_problem_row_ = false;
        walk_.begin(compiled->form, responses, bit_of(Status::unknown) | bit_of(Status::structure));
    }

    /// The one row of a submission that has no others, or none.
    void begin_problem(Submission& submission, Stage stage) {
        compiled_ = nullptr;
        submission_ = &submission;
        stage_ = stage;
        has_problem_row_ = stage == Stage::problems;
    }

    HeapTupleHeader next() override {
        if (compiled_ == nullptr) {
            return problem_row();
        }
        while (const submission::EventRow* const row = walk_.next()) {
            if (count(bit_of(row->status))) {
                return tuples_.make(*compiled_, *row, walk_);
            }
        }
        return nullptr;
    }

  private:
    /// Whether a row of this status is written by the stage.
    bool count(Statuses status) {
        const bool is_event = (status & event_statuses) != 0;
        const bool is_problem = (status & problem_statuses) != 0;
        if (stage_ == Stage::problems) {
            return is_problem;
        }
        submission_->events += is_event ? 1 : 0;
        submission_->problems += is_problem ? 1 : 0;
        return is_event;
    }

    HeapTupleHeader problem_row() {
        if (!has_problem_row_) {
            return nullptr;
        }
        has_problem_row_ = false;
        const submission::Trail nowhere;
        builder_.begin();
        builder_.put_int4(0);
        builder_.put_text({});
        builder_.put_null();
        put_indexes(builder_, nowhere);
        if (submission_->problem_value == nullptr) {
            builder_.put_null();
        } else {
            builder_.put_text(submission_->problem_value);
        }
        builder_.put_null();
        builder_.put_null();
        builder_.put_text(status_of(submission_->problem));
        return builder_.finish();
    }

    Submission* submission_ = nullptr;
    Stage stage_ = Stage::events;
    bool has_problem_row_ = false;
    CompiledForm* compiled_ = nullptr;
    TupleBuilder builder_;
    EventTuples tuples_;
    submission::SubmissionWalk walk_;
};

/// The document of a submission, which has been hashed then; nullptr if it has a problem.
const varlena* document_for_events(LoadState& state, Submission& submission, LoadedForm*& form) {
    if (!submission.is_examined) {
        return examine(state, submission, form);
    }
    if (submission.problem != Problem::none) {
        return nullptr;
    }
    form = form_of(state, submission.schema);
    return document_or_null(submission.responses, state.statements->has_json_documents);
}

void begin_events(LoadState& state, LoadedEvents& source, Submission& submission) {
    MemoryContextReset(source.call_memory());
    const MemoryContext caller = MemoryContextSwitchTo(source.call_memory());
    const Stage stage = state.stage;
    LoadedForm* form = nullptr;
    const varlena* const document = document_for_events(state, submission, form);
    if (document == nullptr) {
        submission.problems = 1;
        call_cpp([&] { source.begin_problem(submission, stage); });
    } else {
        CompiledForm* const compiled = compiled_form_of(state, form, submission.schema);
        const jsonb::Value responses = document_of(document);
        call_cpp([&] { source.begin(compiled, responses, submission, stage); });
    }
    MemoryContextSwitchTo(caller);
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

void examine_submission(LoadState& state, Submission& submission) {
    LoadedForm* form = nullptr;
    examine(state, submission, form);
}

bool differs_from_loaded(const Submission& submission) {
    const bool is_flat = submission.problem == Problem::none;
    return !is_same(submission.loaded_row_hash, submission.row_hash, true) ||
           !is_same(submission.loaded_responses_hash, submission.responses_hash, is_flat) ||
           !is_same(submission.loaded_form_hash, submission.form_hash, is_flat);
}

void take_examined(Submission& submission, const NullableDatum* values) {
    submission.form_id = values[0];
    submission.user_id = values[1];
    submission.created = values[2];
    submission.responses = values[3];
    submission.has_form = !values[4].isnull && DatumGetBool(values[4].value);
    submission.form_name = values[5];
    submission.schema = values[6];
    submission.has_user = !values[7].isnull && DatumGetBool(values[7].value);
    submission.full_name = values[8];
    submission.loaded_responses_hash = values[9];
    submission.loaded_form_hash = values[10];
    submission.loaded_row_hash = values[11];
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
