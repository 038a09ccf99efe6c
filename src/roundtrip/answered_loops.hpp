#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "roundtrip/loop.hpp"

namespace onetrip::roundtrip {

/// The loops of an episode that were answered; of more than there is room for, the last ones are
/// answered again.
class AnsweredLoops {
  public:
    bool has(const LoopKey& key) const { return find(key) != nullptr; }
    /// Whether it was answered, and its runs until then have been reported.
    bool is_reported(const LoopKey& key) const {
        const Answer* const answer = find(key);
        return answer != nullptr && answer->is_reported;
    }

    void add(const LoopKey& key) {
        count_ -= count_ == most ? 1 : 0;
        answers_[count_++] = {key, false};
    }
    /// The runs of the statement so far have been reported.
    void report(QueryId id) {
        for (std::size_t i = 0; i < count_; ++i) {
            answers_[i].is_reported |= answers_[i].key.repeated == id;
        }
    }

    /// A block begins: if it turns out to be an episode, the answers before it were given in one
    /// that has ended.
    void begin_block() { before_block_ = count_; }
    void forget_before_block() { forget(before_block_); }
    void forget_all() { forget(count_); }

  private:
    static constexpr std::size_t most = 32;

    struct Answer {
        LoopKey key;
        bool is_reported;
    };

    const Answer* find(const LoopKey& key) const {
        const auto* const end = answers_.data() + count_;
        const auto* const found = std::find_if(
            answers_.data(), end, [&key](const Answer& answer) { return answer.key == key; });
        return found == end ? nullptr : found;
    }
    /// Forgets the first `some` answers.
    void forget(std::size_t some) {
        std::copy(answers_.data() + some, answers_.data() + count_, answers_.data());
        count_ -= some;
        before_block_ = 0;
    }

    std::size_t count_ = 0;
    std::size_t before_block_ = 0;
    std::array<Answer, most> answers_{};
};

}  // namespace onetrip::roundtrip
