#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "roundtrip/entry.hpp"
#include "roundtrip/episode_clock.hpp"
#include "roundtrip/loop.hpp"

namespace onetrip::roundtrip {

/// The statements of a block that may be a small one, until it is known, and the loops that they
/// will make when they count. A small block has at most so many statements, of which none runs more
/// often than twice.
class HeldBlock {
  public:
    static constexpr std::size_t most = 16;
    static constexpr unsigned most_runs = 2;

    bool is_empty() const { return count_ == 0; }

    /// Whether the block may still be a small one with another run of a statement.
    bool has_room_for(QueryId id) const { return count_ < most && runs_of(id) < most_runs; }

    unsigned runs_of(QueryId id) const {
        return static_cast<unsigned>(
            std::count_if(begin(), end(), [id](const Run& run) { return run.statement.id == id; }));
    }
    /// The number of runs that will count with the statement's.
    unsigned runs_alike(const Statement& statement) const {
        return static_cast<unsigned>(std::count_if(begin(), end(), [&statement](const Run& run) {
            return are_alike(run.statement, statement);
        }));
    }

    void add(const Run& run) { runs_[count_++] = run; }
    void drop_runs_of(QueryId id);
    /// The last `some` runs of a statement count here, and in no request.
    void keep_from_request(QueryId id, std::uint32_t some);
    void clear() { count_ = foreseen_count_ = 0; }

    Run* begin() { return runs_.data(); }
    Run* end() { return runs_.data() + count_; }
    const Run* begin() const { return runs_.data(); }
    const Run* end() const { return runs_.data() + count_; }

    void foresee(const LoopKey& loop) {
        if (foreseen_count_ < foreseen_.size()) {
            foreseen_[foreseen_count_++] = loop;
        }
    }
    bool is_foreseen(const LoopKey& loop) const {
        return std::find(foreseen_.data(), foreseen_end(), loop) != foreseen_end();
    }
    /// Whether a statement is in one of the loops.
    bool is_in_foreseen(QueryId id) const {
        return std::any_of(foreseen_.data(), foreseen_end(),
                           [id](const LoopKey& loop) { return loop.repeated == id; });
    }
    /// The statement will be in none of the loops.
    void dismiss(QueryId id);

  private:
    const LoopKey* foreseen_end() const { return foreseen_.data() + foreseen_count_; }

    std::size_t count_ = 0;
    std::array<Run, most> runs_{};
    std::size_t foreseen_count_ = 0;
    std::array<LoopKey, most> foreseen_{};
};

inline void HeldBlock::drop_runs_of(QueryId id) {
    const Run* const kept =
        std::remove_if(begin(), end(), [id](const Run& run) { return run.statement.id == id; });
    count_ = static_cast<std::size_t>(kept - runs_.data());
}

inline void HeldBlock::keep_from_request(QueryId id, std::uint32_t some) {
    for (std::size_t i = count_; i > 0 && some > 0; --i) {
        Statement& held = runs_[i - 1].statement;
        if (held.id == id && held.is_of_request) {
            held.is_of_request = false;
            --some;
        }
    }
}

inline void HeldBlock::dismiss(QueryId id) {
    LoopKey* const end = foreseen_.data() + foreseen_count_;
    const LoopKey* const kept = std::remove_if(
        foreseen_.data(), end, [id](const LoopKey& loop) { return loop.repeated == id; });
    foreseen_count_ = static_cast<std::size_t>(kept - foreseen_.data());
}

}  // namespace onetrip::roundtrip
