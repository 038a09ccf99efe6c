// What one statement more would make, and the answers that were given to loops.

#include <algorithm>

#include "roundtrip/detector.hpp"

namespace onetrip::roundtrip {

namespace {

/// Keeps the last loop that is told.
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
    const Place known = latest(next.id);
    run.statement.rows = known == nowhere ? 1 : entries_[known].last_rows;
    scratch.statement(run.statement);
    if (scratch.in_block_ && !scratch.is_block_episode_) {
        scratch.release_held();
    }
    std::optional<Loop> found;
    if (Entry* const entry = scratch.last_loop(next.id)) {
        scratch.tell(*entry);
        found = last.loop();
        // Without the run that was tried.
        EpisodeClock time = time_;
        run.wait = time.place(run.statement);
        const Microseconds whole = run.statement.end - run.statement.begin;
        --found->statements;
        --found->statements_in_episode;
        found->round_trips = std::min(found->round_trips, found->statements);
        found->transactions = std::min(found->transactions, found->statements);
        found->rows -= std::min(found->rows, run.statement.rows);
        found->busy -= run.statement.busy;
        found->wait -= run.wait.time + whole - run.statement.busy;
    }
    scratch.sink_ = sink_;
    return found;
}

/// The entry of the last run, if it is a loop.
Detector::Entry* Detector::last_loop(QueryId id) {
    for (std::size_t place = 0; place < used_places_; ++place) {
        Entry& entry = entries_[place];
        if (entry.id == id && entry.is_loop && entry.used == clock_ && entry.runs > 0) {
            return &entry;
        }
    }
    return nullptr;
}

const Detector::Answer* Detector::answer_to(const LoopKey& key) const noexcept {
    const auto* const end = answered_.data() + answers_;
    const auto* const found = std::find_if(
        answered_.data(), end, [&key](const Answer& answer) { return answer.key == key; });
    return found == end ? nullptr : found;
}

void Detector::begin_answer(const LoopKey& key) noexcept {
    answers_ -= answers_ == most_answers ? 1 : 0;
    answered_[answers_++] = {key, false};
}

/// The first ones were given in an episode that has ended.
void Detector::forget_answers(std::size_t count) {
    std::copy(answered_.begin() + static_cast<std::ptrdiff_t>(count),
              answered_.begin() + static_cast<std::ptrdiff_t>(answers_), answered_.begin());
    answers_ -= count;
    answers_before_block_ = 0;
}

void Detector::begin_at_zero(QueryId id) {
    for (std::size_t place = 0; place < used_places_; ++place) {
        Entry& entry = entries_[place];
        if (entry.id == id && entry.runs > 0) {
            loops_ -= entry.is_loop ? 1 : 0;
            entry.is_loop = entry.is_described = false;
            set_told(entry);
            forget_runs(entry);
        }
    }
    auto* const end = held_.begin() + static_cast<std::ptrdiff_t>(held_count_);
    auto* const kept =
        std::remove_if(held_.begin(), end, [id](const Run& run) { return run.statement.id == id; });
    held_count_ = static_cast<std::size_t>(kept - held_.begin());
    // Of what was held there is no entry that could say so.
    for (std::size_t i = 0; i < answers_; ++i) {
        answered_[i].is_told |= answered_[i].key.repeated == id;
    }
}

}  // namespace onetrip::roundtrip
