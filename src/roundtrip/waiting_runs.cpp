// Counts the runs that have waited, as if each had counted when it ended.

#include "roundtrip/waiting_runs.hpp"

#include <algorithm>

namespace onetrip::roundtrip {

void WaitingRuns::open(QueryId query_id, const Statement& last, const StatementValueHashes& values,
                       const Evidence& evidence, const Detector& detector) noexcept {
    expected_ = evidence.expected(last.id, values, last.evidence);
    room_ = std::min(
        {detector.runs_that_may_wait(last, expected_.values), expected_.runs, std::uint32_t{most}});
    if (room_ > 0) {
        query_id_ = query_id;
        last_end_ = last.end;
        latest_begin_ = detector.latest_begin();
        statement_ = last;
    }
}

inline void WaitingRuns::count_one(const WaitingRun& waiting, Run& run, Evidence& evidence,
                                   Detector& detector) {
    Statement& statement = run.statement;
    statement.is_trip = waiting.is_trip;
    statement.rows = waiting.has_row ? 1 : 0;
    statement.parameters = waiting.parameters;
    statement.begin = waiting.begin;
    statement.end = waiting.end;
    statement.busy = waiting.busy;
    statement.transaction = waiting.transaction;
    statement.evidence = evidence.judge(statement.id, waiting.values);
    if (waiting.has_row) {
        const Evidence::Place place = evidence.begin_rows(statement.id, waiting.parameters, false);
        if (evidence.is_full(place)) {
            evidence.count_row(place);
        } else {
            evidence.add_row(
                place, waiting.width, [&](std::size_t column) { return waiting.row[column]; },
                waiting.values);
        }
    }
    detector.count_late(run);
}

void WaitingRuns::count(Evidence& evidence, Detector& detector) {
    Run run{statement_};
    for (std::size_t i = 0; i < count_; ++i) {
        count_one(runs_[i], run, evidence, detector);
    }
    count_ = room_ = 0;
}

}  // namespace onetrip::roundtrip
