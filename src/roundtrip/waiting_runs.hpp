#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "roundtrip/detector.hpp"
#include "roundtrip/evidence.hpp"

namespace onetrip::roundtrip {

/// A run that has ended, and what is to be counted of it. What a run of one value and one column
/// needs stands together: each line of the cache that it touches would be felt.
struct alignas(64) WaitingRun {
    std::array<ValueHash, KeptResults::columns> row{};  ///< the values of its row
    std::uint8_t width = 0;                             ///< of the row, as far as it is kept
    bool has_row = false;
    bool is_trip = false;
    Microseconds begin = 0;
    Microseconds end = 0;
    Microseconds busy = 0;
    std::uint64_t transaction = 0;
    std::uint64_t parameters = 0;
    StatementValueHashes values;
};

/// The last runs of one statement, which count together. The code and the data that count a run are
/// seldom in the processor's caches, since other sessions run between two statements of one. So a
/// run waits if it can change nothing but numbers, until one comes that may change more.
class WaitingRuns {
  public:
    static constexpr std::size_t most = 16;

    /// A run of `last` with these values has counted, and lets further ones wait that have nothing
    /// else between them. `query_id` is the server's identifier of the statement.
    void open(QueryId query_id, const Statement& last, const StatementValueHashes& values,
              const Evidence& evidence, const Detector& detector) noexcept;

    /// Whether a run of the statement may wait that begins then, without a pause before it.
    bool has_room_for(QueryId query_id, Microseconds begin, Microseconds gap) const noexcept {
        return query_id == query_id_ && count_ < room_ && begin - last_end_ <= gap &&
               begin <= latest_begin_;
    }

    /// Whether its values are as expected. `parameters` is the hash of all of them.
    bool is_as_expected(const Evidence& evidence, const StatementValueHashes& values,
                        std::uint64_t parameters) const noexcept {
        return expected_.values == NextValues::in_result ? evidence.holds(expected_, values)
               : expected_.values == NextValues::same    ? parameters == statement_.parameters
                                                         : true;
    }

    /// The run to come, which waits once it has been added.
    WaitingRun& next() noexcept { return runs_[count_]; }
    void add() noexcept {
        last_end_ = runs_[count_].end;
        ++count_;
    }

    /// The statement's identifier, as the detector knows it.
    QueryId id() const noexcept { return statement_.id; }

    /// Whether runs wait, and when the last of them ended. A signal handler may ask it.
    bool is_empty() const noexcept { return count_ == 0; }
    Microseconds last_end() const noexcept { return last_end_; }

    /// Counts them, in their order. No further run may wait.
    void count(Evidence& evidence, Detector& detector);
    bool is_closed() const noexcept { return room_ == 0; }

  private:
    static void count_one(const WaitingRun& waiting, Run& run, Evidence& evidence,
                          Detector& detector);

    QueryId query_id_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t room_ = 0;
    Microseconds last_end_ = 0;  ///< of the last run, whether it waits or not
    Microseconds latest_begin_ = 0;
    Evidence::Expected expected_;
    Statement statement_;  ///< what all runs have in common
    std::array<WaitingRun, most> runs_{};
};

}  // namespace onetrip::roundtrip
