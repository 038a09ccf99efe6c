// The loop that one more statement would make, and the answers that were given to loops.

#include <algorithm>

#include "roundtrip/detector.hpp"

namespace onetrip::roundtrip {

namespace {

/// Keeps the last loop that is reported.
class LastLoop final : public LoopSink {
  public:
    void take(const Loop& loop) noexcept override { loop_ = loop; }
    const Loop& loop() const { return loop_; }

  private:
    Loop loop_;
};

}  // namespace

std::optional<Loop> Detector::loop_with(const Statement& next, Detector& scratch) const {
    LastLoop last;
    scratch = *this;
    scratch.sink_ = &last;
    Run run{next, {}};
    const Place known = episode_.entries.latest(next.id);
    run.statement.rows = known == nowhere ? 1 : episode_.entries[known].last_rows;
    scratch.statement(run.statement);
    if (scratch.in_block_ && !scratch.episode_.is_block) {
        scratch.release_held();
    }
    std::optional<Loop> found;
    if (Entry* const entry = scratch.last_loop(next.id)) {
        scratch.report(*entry);
        found = last.loop();
        // The run that was tried does not count.
        EpisodeClock time = time_;
        run.wait = time.place(run.statement);
        --found->statements;
        --found->statements_in_episode;
        found->round_trips = std::min(found->round_trips, found->statements);
        found->transactions = std::min(found->transactions, found->statements);
        found->rows -= std::min(found->rows, run.statement.rows);
        found->busy -= std::min(found->busy, run.statement.busy);
        // The wait of runs that count late is a share: it may be less than that of one.
        found->wait -= std::min(found->wait, run.waited());
    }
    scratch.sink_ = sink_;
    return found;
}

/// The entry of the last run, if it is a loop.
Entry* Detector::last_loop(QueryId id) {
    for (Entry& entry : episode_.entries.of(id)) {
        if (entry.is_loop && entry.used == clock_ && entry.runs > 0) {
            return &entry;
        }
    }
    return nullptr;
}

void Detector::begin_at_zero(QueryId id) {
    for (Entry& entry : episode_.entries.of(id)) {
        if (entry.runs > 0) {
            episode_.end_loop(entry);
            entry.set_reported();
            entry.forget_runs();
        }
    }
    episode_.held.drop_runs_of(id);
    // Runs that were held have no entry that could say so.
    answered_.report(id);
}

}  // namespace onetrip::roundtrip
