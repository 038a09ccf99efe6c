#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "submission/form.hpp"

namespace onetrip::submission {

/// The questions that a submission does not answer (submissions.md, end of chapter 3), a row for
/// each repetition that could have held the answer. The walk says what it meets; after it the rows
/// are listed, by question in tree order and then by the order of the repetitions, which is that of
/// their indexes. Costs as much as what was met and what is listed.
class MissingAnswers {
  public:
    /// A repetition by its number: the objects at the form's nodes, or the items of its repeated
    /// groups, in the order of the walk. The document itself is the first. Not every number is one.
    using Repetition = std::uint32_t;
    static constexpr Repetition document = 0;

    struct Row {
        const FormNode* question = nullptr;
        Repetition repetition = document;
    };

    explicit MissingAnswers(Interrupt interrupt) : interrupt_(interrupt) {}

    /// Forgets what was met.
    void begin(const Form& form);

    /// An object at a group that is a member of an object: a repetition without an index.
    Repetition enter_object(const FormNode& group, Repetition around);

    /// An array at a group that is a member of an object; it makes no repetition by itself.
    void enter_array(const FormNode& group, Repetition around);

    /// An object in an array at a group.
    Repetition enter_element(const FormNode& group, Repetition around, std::uint32_t index);

    /// An item of a repeated group, with the indexes that it has after those of the repetition
    /// around; there is one at least.
    Repetition enter_item(const FormNode& group, Repetition around,
                          std::span<const std::int32_t> further);

    /// A row of a question.
    void answer(const FormNode& question, Repetition repetition);

    /// The next missing one; false if none exists. It is to be called when the walk has ended.
    bool next(Row& row);

    /// The indexes of the last row's repetition.
    std::span<const std::int32_t> indexes_of(Repetition repetition);

  private:
    struct Entry {
        std::uint32_t node;
        Repetition repetition;
    };

    /// Where a repetition is: the repetitions that give the indexes on the way to it are linked.
    struct Place {
        Repetition
            last;  ///< the one with the last index, itself or one around it; 0 if none exists
        Repetition before;  ///< that of the repetition around it
        std::uint32_t index;
    };

    /// Repetitions by node, each node's in their order.
    class ByNode {
      public:
        void set(const std::vector<Entry>& entries, std::size_t nodes);
        std::span<const Repetition> at(std::uint32_t node) const {
            return std::span(repetitions_)
                .subspan(starts_[node], std::size_t{starts_[node + 1]} - starts_[node]);
        }

      private:
        std::vector<std::uint32_t> starts_;
        std::vector<Repetition> repetitions_;
    };

    /// A node on the way to the present question, whose repetitions hold what is under it. `absent`
    /// are the repetitions of the node above in which it is not: each counts as one of this node's,
    /// with nothing in it.
    struct Level {
        std::uint32_t node;
        std::uint32_t absent_begin;
        std::uint32_t with_absent;  ///< the next level outwards that has absent ones; 0 if none
    };

    Repetition add(const FormNode& group, Place place);
    void sort();
    void go_to(std::uint32_t node);
    void push(std::uint32_t node);
    void collect(const FormNode& question);
    void sort_by_indexes();
    void find_indexes(Repetition repetition, std::vector<std::int32_t>& indexes) const;

    Interrupt interrupt_;
    const Form* form_ = nullptr;
    std::vector<Place> places_;
    std::vector<Entry> repetitions_;
    std::vector<Entry> entered_;  ///< a group, and the repetition in which it is
    std::vector<Entry> answered_;

    bool is_sorted_ = false;
    ByNode repetitions_of_;
    ByNode entered_in_;
    ByNode answered_in_;
    std::vector<Level> levels_;
    std::vector<std::uint32_t> level_of_;  ///< by node: its place in levels_ and 1; 0 if not there
    std::vector<Repetition> absent_;       ///< of all levels, one after the other
    std::vector<std::uint32_t> way_;
    std::size_t next_question_ = 0;
    const FormNode* question_ = nullptr;
    std::vector<Repetition> listed_;  ///< of the present question
    std::size_t next_listed_ = 0;
    std::vector<std::int32_t> indexes_;
    Repetition indexed_ = document;  ///< whose indexes those are
};

}  // namespace onetrip::submission
