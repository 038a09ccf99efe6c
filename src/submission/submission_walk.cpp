// The rows of a submission: each answer, judged by its form. Knows nothing of tuples and tables.

#include "submission/submission_walk.hpp"

#include "submission/paths.hpp"

namespace onetrip::submission {

namespace {

using jsonb::Kind;
using jsonb::Value;

bool is_container(Value value) {
    return value.kind() == Kind::array || value.kind() == Kind::object;
}

}  // namespace

std::string_view name_of(Status status) {
    constexpr std::string_view names[status_count] = {
        "ok", "wrong_type", "not_in_choices", "null", "unknown", "structure", "missing"};
    return names[static_cast<std::size_t>(status)];
}

void SubmissionWalk::begin(const Form& form, Value responses, Statuses included) {
    form_ = &form;
    selected_ = always_returned | included;
    ord_ = 0;
    frames_.clear();
    trail_.rewind({});
    path_.clear();
    if (lists_missing()) {
        missing_.begin(form);
    }
    has_root_row_ = responses.kind() != Kind::object;
    if (has_root_row_) {
        row_.value = responses;
    } else {
        push(&form.root(), responses, MissingAnswers::document);
    }
}

const EventRow* SubmissionWalk::next() {
    if (has_root_row_) {
        has_root_row_ = false;
        if (put_root(row_.value)) {
            return &row_;
        }
    }
    while (!frames_.empty()) {
        const Frame& frame = frames_.back();
        trail_.rewind(frame.mark);
        path_.resize(frame.path_size);
        if (frame.is_object ? next_member() : next_element()) {
            return &row_;
        }
    }
    return next_missing() ? &row_ : nullptr;
}

/// Goes on in the innermost container, an object, up to the next row. False where there is none: a
/// child was opened, or this is the end of a pass.
bool SubmissionWalk::next_member() {
    Frame& frame = frames_.back();
    while (frame.member != frame.members_end) {
        tick();
        const jsonb::Member member = *frame.member;
        ++frame.member;
        if (is_container(member.value) != frame.in_containers) {
            frame.has_containers |= !frame.in_containers;
            continue;
        }
        const FormNode* const node =
            frame.node == nullptr ? nullptr : form_->find(*frame.node, member.key);
        const Place place{member.key, 0, false};
        if (frame.in_containers) {
            return take_container(place, node, member.value);
        }
        if (take_scalar(place, node, member.value)) {
            return true;
        }
    }
    end_of_pass(frame);
    return false;
}

/// The same for an array.
bool SubmissionWalk::next_element() {
    Frame& frame = frames_.back();
    while (frame.element != frame.elements_end) {
        tick();
        const Value value = *frame.element;
        const Place place{{}, frame.index, true};
        ++frame.element;
        ++frame.index;
        if (is_container(value) != frame.in_containers) {
            frame.has_containers |= !frame.in_containers;
            continue;
        }
        if (frame.in_containers) {
            return take_container(place, frame.node, value);
        }
        if (take_scalar(place, frame.node, value)) {
            return true;
        }
    }
    end_of_pass(frame);
    return false;
}

/// Scalars come before containers, so a container that has containers is gone through twice.
void SubmissionWalk::end_of_pass(Frame& frame) {
    if (frame.in_containers || !frame.has_containers) {
        frames_.pop_back();
        return;
    }
    frame.in_containers = true;
    if (frame.is_object) {
        frame.member = frame.members_begin;
    } else {
        frame.element = frame.elements_begin;
        frame.index = 0;
    }
}

bool SubmissionWalk::take_scalar(Place place, const FormNode* node, Value value) {
    if (node == nullptr) {
        return put(Status::unknown, place, node, value);
    }
    return put(node->is_question ? judge(*node, value) : Status::structure, place, node, value);
}

/// An array in an array of the form's is walked no further: neither a multi-select nor a repeated
/// group has any.
bool SubmissionWalk::take_container(Place place, const FormNode* node, Value value) {
    const bool is_array = value.kind() == Kind::array;
    const bool fits = is_array ? !place.is_element : node != nullptr && node->is_group;
    if (node != nullptr && !fits) {
        return put(Status::structure, place, node, value);
    }
    if (node != nullptr && is_array && value.array().size() == 0) {
        return put_empty_array(place, *node);
    }
    open(place, node, value);
    return false;
}

/// Nothing was chosen, or there is no repetition: that is an answer, and nothing to walk.
bool SubmissionWalk::put_empty_array(Place place, const FormNode& node) {
    if (lists_missing()) {
        enter(place, &node, false);
    }
    return put(Status::null, place, &node, {});
}

/// Counts a row, and makes it where it was asked for.
bool SubmissionWalk::put(Status status, Place place, const FormNode* node, Value value) {
    ++ord_;
    if (lists_missing() && node != nullptr && node->is_question) [[unlikely]] {
        missing_.answer(*node, frames_.back().repetition);
    }
    if (!(selected_ & bit_of(status))) {
        return false;
    }
    row_.ord = ord_;
    row_.status = status;
    row_.node = node;
    row_.is_at_node = node != nullptr && !place.is_element && trail_.indexes().empty();
    row_.value = value;
    if (!row_.is_at_node) {
        extend(place, node == nullptr);
    }
    return true;
}

/// Responses that are no object.
bool SubmissionWalk::put_root(Value responses) {
    row_ = {++ord_, Status::structure, nullptr, false, responses};
    return (selected_ & bit_of(Status::structure)) != 0;
}

bool SubmissionWalk::next_missing() {
    MissingAnswers::Row missing;
    if (!lists_missing() || !missing_.next(missing)) {
        return false;
    }
    tick();
    const std::span<const std::int32_t> indexes = missing_.indexes_of(missing.repetition);
    trail_.set_indexes(indexes);
    row_ = {++ord_, Status::missing, missing.question, indexes.empty(), {}};
    return true;
}

void SubmissionWalk::open(Place place, const FormNode* node, Value container) {
    extend(place, true);
    const bool is_object = container.kind() == Kind::object;
    push(node, container,
         lists_missing() ? enter(place, node, is_object) : MissingAnswers::document);
}

/// The repetition that what is in the container belongs to.
MissingAnswers::Repetition SubmissionWalk::enter(Place place, const FormNode* node,
                                                 bool is_object) {
    const MissingAnswers::Repetition around = frames_.back().repetition;
    if (node == nullptr || !node->is_group) {
        return around;
    }
    if (!is_object) {
        missing_.enter_array(*node, around);
        return around;
    }
    return place.is_element ? missing_.enter_element(*node, around, place.index)
                            : missing_.enter_object(*node, around);
}

void SubmissionWalk::push(const FormNode* node, Value container,
                          MissingAnswers::Repetition repetition) {
    Frame& frame = frames_.emplace_back();
    frame.node = node;
    frame.repetition = repetition;
    frame.index = 0;
    frame.path_size = static_cast<std::uint32_t>(path_.size());
    frame.mark = trail_.mark();
    frame.is_object = container.kind() == Kind::object;
    frame.has_containers = false;
    frame.in_containers = false;
    if (frame.is_object) {
        frame.member = frame.members_begin = container.object().begin();
        frame.members_end = container.object().end();
    } else {
        frame.element = frame.elements_begin = container.array().begin();
        frame.elements_end = container.array().end();
    }
}

void SubmissionWalk::extend(Place place, bool with_path) {
    if (place.is_element) {
        trail_.push_index(place.index);
        return;
    }
    trail_.push_key(place.key);
    if (with_path) {
        append_schema_key(path_, place.key);
    }
}

Status SubmissionWalk::judge(const FormNode& node, Value answer) {
    if (answer.kind() == Kind::null) {
        return Status::null;
    }
    if (!has_type(answer, node.type)) {
        return Status::wrong_type;
    }
    if (node.has_choices && !form_->allows(node, text_of(answer, room_))) {
        return Status::not_in_choices;
    }
    return Status::ok;
}

void SubmissionWalk::tick() {
    constexpr std::uint32_t steps_between = 256;
    if (++steps_ % steps_between == 0) {
        interrupt_();
    }
}

}  // namespace onetrip::submission
