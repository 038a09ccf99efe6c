// Which questions a submission does not answer, and in which repetitions of their groups. It knows
// nothing of documents: SubmissionWalk says what it meets.

#include "submission/missing_answers.hpp"

#include <algorithm>
#include <iterator>

namespace onetrip::submission {

void MissingAnswers::ByNode::set(const std::vector<Entry>& entries, std::size_t nodes) {
    starts_.assign(nodes + 1, 0);
    for (const Entry& entry : entries) {
        ++starts_[entry.node + 1];
    }
    for (std::size_t node = 0; node < nodes; ++node) {
        starts_[node + 1] += starts_[node];
    }
    repetitions_.resize(entries.size());
    for (const Entry& entry : entries) {
        repetitions_[starts_[entry.node]++] = entry.repetition;
    }
    // Each start is now the end, which is the start of the next.
    for (std::size_t node = nodes; node > 0; --node) {
        starts_[node] = starts_[node - 1];
    }
    starts_[0] = 0;
}

void MissingAnswers::begin(const Form& form) {
    form_ = &form;
    places_.assign(1, {document, document, 0});
    repetitions_.assign(1, {form.root().id, document});
    entered_.clear();
    answered_.clear();
    is_sorted_ = false;
    next_question_ = 0;
    question_ = nullptr;
    listed_.clear();
    next_listed_ = 0;
    indexes_.clear();
    indexed_ = document;
}

MissingAnswers::Repetition MissingAnswers::add(const FormNode& group, Place place) {
    const auto repetition = static_cast<Repetition>(places_.size());
    places_.push_back(place);
    repetitions_.push_back({group.id, repetition});
    return repetition;
}

MissingAnswers::Repetition MissingAnswers::enter_object(const FormNode& group, Repetition around) {
    entered_.push_back({group.id, around});
    return add(group, {places_[around].last, 0, 0});
}

void MissingAnswers::enter_array(const FormNode& group, Repetition around) {
    entered_.push_back({group.id, around});
}

MissingAnswers::Repetition MissingAnswers::enter_element(const FormNode& group, Repetition around,
                                                         std::uint32_t index) {
    const auto self = static_cast<Repetition>(places_.size());
    return add(group, {self, places_[around].last, index});
}

MissingAnswers::Repetition MissingAnswers::enter_item(const FormNode& group, Repetition around,
                                                      std::span<const std::int32_t> further) {
    entered_.push_back({group.id, around});
    Repetition last = places_[around].last;
    for (const std::int32_t index : further) {
        const auto self = static_cast<Repetition>(places_.size());
        places_.push_back({self, last, static_cast<std::uint32_t>(index)});
        last = self;
    }
    repetitions_.push_back({group.id, last});
    return last;
}

void MissingAnswers::answer(const FormNode& question, Repetition repetition) {
    // The rows of a multi-select come one after the other.
    if (answered_.empty() || answered_.back().node != question.id ||
        answered_.back().repetition != repetition) {
        answered_.push_back({question.id, repetition});
    }
}

/// The walk visits the repetitions of one node one after the other, and the lists have its order:
/// for each node, all three are in the order of their repetitions.
void MissingAnswers::sort() {
    const std::size_t nodes = form_->nodes().size();
    repetitions_of_.set(repetitions_, nodes);
    entered_in_.set(entered_, nodes);
    answered_in_.set(answered_, nodes);
    level_of_.assign(nodes, 0);
    levels_.assign(1, {form_->root().id, 0, 0});
    level_of_[form_->root().id] = 1;
    absent_.clear();
    is_sorted_ = true;
}

bool MissingAnswers::next(Row& row) {
    if (!is_sorted_) {
        sort();
    }
    while (next_listed_ == listed_.size()) {
        if (next_question_ == form_->questions().size()) {
            return false;
        }
        interrupt_();
        question_ = &form_->nodes()[form_->questions()[next_question_++]];
        if (question_->is_metadata) {
            continue;
        }
        go_to(form_->home_of(*question_));
        collect(*question_);
    }
    row = {question_, listed_[next_listed_++]};
    return true;
}

/// Makes the node the innermost of the levels. Questions come in tree order, so that this goes once
/// through the form in all.
void MissingAnswers::go_to(std::uint32_t node) {
    way_.clear();
    for (; level_of_[node] == 0; node = form_->home_of(form_->nodes()[node])) {
        way_.push_back(node);
    }
    while (levels_.size() > level_of_[node]) {
        absent_.resize(levels_.back().absent_begin);
        level_of_[levels_.back().node] = 0;
        levels_.pop_back();
    }
    for (; !way_.empty(); way_.pop_back()) {
        push(way_.back());
    }
}

void MissingAnswers::push(std::uint32_t node) {
    const auto begin = static_cast<std::uint32_t>(absent_.size());
    const auto around = repetitions_of_.at(levels_.back().node);
    const auto entered = entered_in_.at(node);
    std::set_difference(around.begin(), around.end(), entered.begin(), entered.end(),
                        std::back_inserter(absent_));
    const auto above = static_cast<std::uint32_t>(levels_.size() - 1);
    const bool has_absent = levels_.back().absent_begin < begin;
    levels_.push_back({node, begin, has_absent ? above : levels_.back().with_absent});
    level_of_[node] = static_cast<std::uint32_t>(levels_.size());
}

/// The repetitions in which the question has no answer: those of its group without one, and those
/// further out in which its group, or one around that, is not.
void MissingAnswers::collect(const FormNode& question) {
    listed_.clear();
    next_listed_ = 0;
    std::size_t end = absent_.size();
    for (auto at = static_cast<std::uint32_t>(levels_.size() - 1); at != 0;
         at = levels_[at].with_absent) {
        const std::size_t begin = levels_[at].absent_begin;
        const std::size_t size =
            at + 1 == levels_.size() ? end - begin : levels_[at + 1].absent_begin - begin;
        listed_.insert(listed_.end(), absent_.begin() + static_cast<std::ptrdiff_t>(begin),
                       absent_.begin() + static_cast<std::ptrdiff_t>(begin + size));
    }
    const auto around = repetitions_of_.at(form_->home_of(question));
    const auto answered = answered_in_.at(question.id);
    std::set_difference(around.begin(), around.end(), answered.begin(), answered.end(),
                        std::back_inserter(listed_));
    if (form_->words().reading == Reading::items) {
        sort_by_indexes();
    } else if (!std::is_sorted(listed_.begin(), listed_.end())) {
        std::sort(listed_.begin(), listed_.end());
    }
}

/// Sorts the missing answers by indexes. The order of a walk by keys is that of the indexes
/// already. Items under answers, and those of groups that should not repeat and do, make it another
/// one.
void MissingAnswers::sort_by_indexes() {
    std::vector<std::int32_t> left;
    std::vector<std::int32_t> right;
    const auto is_before = [&](Repetition one, Repetition other) {
        find_indexes(one, left);
        find_indexes(other, right);
        return left == right ? one < other : left < right;
    };
    if (!std::is_sorted(listed_.begin(), listed_.end(), is_before)) {
        std::sort(listed_.begin(), listed_.end(), is_before);
    }
}

std::span<const std::int32_t> MissingAnswers::indexes_of(Repetition repetition) {
    if (repetition != indexed_) {
        find_indexes(repetition, indexes_);
        indexed_ = repetition;
    }
    return indexes_;
}

void MissingAnswers::find_indexes(Repetition repetition, std::vector<std::int32_t>& indexes) const {
    indexes.clear();
    for (Repetition at = places_[repetition].last; at != document; at = places_[at].before) {
        indexes.push_back(static_cast<std::int32_t>(places_[at].index));
    }
    std::reverse(indexes.begin(), indexes.end());
}

}  // namespace onetrip::submission
