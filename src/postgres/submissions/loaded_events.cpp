// The rows of a load, one submission after the other. Knows nothing of statements and tables.

#include "postgres/submissions/loaded_events.hpp"

#include "postgres/server/json_documents.hpp"
#include "postgres/submissions/document_columns.hpp"

namespace onetrip::postgres {

namespace {

using submission::Status;
using submission::Statuses;

constexpr Statuses event_statuses = bit_of(Status::ok) | bit_of(Status::wrong_type) |
                                    bit_of(Status::not_in_choices) | bit_of(Status::part);
constexpr Statuses problem_statuses = bit_of(Status::wrong_type) | bit_of(Status::not_in_choices) |
                                      bit_of(Status::unknown) | bit_of(Status::structure);

/// A part of an answer has no node of its own.
bool is_metadata(const submission::EventRow& row) {
    const submission::FormNode* const node = row.node != nullptr ? row.node : row.part_of;
    return node != nullptr && node->is_metadata;
}

}  // namespace

LoadedEvents::LoadedEvents(MemoryContext memory, TupleDesc descriptor)
    : RowSource(memory),
      builder_(memory, descriptor),
      tuples_(builder_),
      walk_(check_for_interrupts) {}

void LoadedEvents::begin(CompiledForm* compiled, const varlena* document, Submission& submission,
                         Stage stage) {
    compiled_ = compiled;
    submission_ = &submission;
    stage_ = stage;
    has_problem_row_ = document == nullptr && stage == Stage::problems;
    if (document != nullptr) {
        walk_.begin(compiled->form, document_of(document),
                    bit_of(Status::unknown) | bit_of(Status::structure) | bit_of(Status::part));
    }
}

HeapTupleHeader LoadedEvents::next() {
    if (compiled_ == nullptr) {
        return problem_row();
    }
    while (const submission::EventRow* const row = walk_.next()) {
        if ((submission_->has_metadata || !is_metadata(*row)) && count(bit_of(row->status))) {
            return tuples_.make(*compiled_, *row, walk_);
        }
    }
    return nullptr;
}

/// Whether a row of this status is written by the stage.
bool LoadedEvents::count(Statuses status) {
    const bool is_event = (status & event_statuses) != 0;
    const bool is_problem = (status & problem_statuses) != 0;
    if (stage_ == Stage::problems) {
        return is_problem;
    }
    submission_->found_events += is_event ? 1 : 0;
    submission_->found_problems += is_problem ? 1 : 0;
    return is_event;
}

/// The one row of a submission that has no others, or none.
HeapTupleHeader LoadedEvents::problem_row() {
    if (!has_problem_row_) {
        return nullptr;
    }
    has_problem_row_ = false;
    const submission::Trail nowhere;
    builder_.begin();
    builder_.put_int4(submission_->problem_ord);
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

void begin_events(LoadState& state, LoadedEvents& source, Submission& submission) {
    MemoryContextReset(source.call_memory());
    const MemoryContext caller = MemoryContextSwitchTo(source.call_memory());
    const Stage stage = state.stage;
    const ReadySubmission ready = make_ready(state, submission);
    state.begun = &submission;
    if (stage == Stage::events) {
        submission.found_events = 0;
        submission.found_problems = ready.document == nullptr ? 1 : 0;
    }
    call_cpp([&] { source.begin(ready.form, ready.document, submission, stage); });
    MemoryContextSwitchTo(caller);
}

}  // namespace onetrip::postgres
