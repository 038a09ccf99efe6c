#pragma once

#include "postgres/server/row_source.hpp"
#include "postgres/submissions/event_tuples.hpp"
#include "postgres/submissions/load_state.hpp"

namespace onetrip::postgres {

/// The rows of a submission that the stage writes, as those of flatten_submission. Those of the
/// first stage are counted, and the problems with them.
class LoadedEvents final : public RowSource {
  public:
    LoadedEvents(MemoryContext memory, TupleDesc descriptor);

    /// Sets the form and the document to be walked; both are nullptr for a submission that has a
    /// problem and no events.
    void begin(CompiledForm* compiled, const varlena* document, Submission& submission,
               Stage stage);

    HeapTupleHeader next() override;

  private:
    bool count(submission::Statuses status);
    HeapTupleHeader problem_row();

    Submission* submission_ = nullptr;
    Stage stage_ = Stage::events;
    bool has_problem_row_ = false;
    CompiledForm* compiled_ = nullptr;
    TupleBuilder builder_;
    EventTuples tuples_;
    submission::SubmissionWalk walk_;
};

/// Makes the source ready for the rows of a submission, which is examined then. May ERROR.
void begin_events(LoadState& state, LoadedEvents& source, Submission& submission);

}  // namespace onetrip::postgres
