// The rows of a submission that is read by the names of its members. Knows nothing of tuples.

#include "submission/keys_walk.hpp"

#include "submission/members.hpp"
#include "submission/paths.hpp"

namespace onetrip::submission {

using jsonb::Kind;
using jsonb::Value;

void KeysWalk::begin(const Form& form, Value responses, Statuses included) {
    frames_.clear();
    if (begin_rows(form, responses, included)) {
        push(&form.root(), responses, MissingAnswers::document);
    }
}

const EventRow* KeysWalk::next() {
    if (next_root() || (has_choices() && next_choice())) {
        return &row_;
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

/// Goes on in the innermost container, an object, up to the next row. Returns false if there is
/// none: a child was opened, or this is the end of a pass.
bool KeysWalk::next_member() {
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
bool KeysWalk::next_element() {
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
void KeysWalk::end_of_pass(Frame& frame) {
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

bool KeysWalk::take_scalar(Place place, const FormNode* node, Value value) {
    if (node == nullptr) {
        return put(Status::unknown, place, node, value);
    }
    if (!node->is_question) {
        return put(Status::structure, place, node, value);
    }
    return node->is_spaced ? put_choices(place, *node, value)
                           : put(judge(*node, value), place, node, value);
}

/// An array in an array of the form's is walked no further: neither a multi-select nor a repeated
/// group has any. It is an answer, as an object is, at a question that takes any JSON.
bool KeysWalk::take_container(Place place, const FormNode* node, Value value) {
    const bool is_array = value.kind() == Kind::array;
    const bool fits = is_array ? !place.is_element : node != nullptr && node->is_group;
    if (node != nullptr && !fits) {
        const Status status = node->takes_any_json() ? Status::ok : Status::structure;
        return put(status, place, node, value);
    }
    if (node != nullptr && is_array && value.array().size() == 0) {
        return put_empty_array(place, *node);
    }
    open(place, node, value);
    return false;
}

/// Nothing was chosen, or there is no repetition: that is an answer, and nothing to walk.
bool KeysWalk::put_empty_array(Place place, const FormNode& node) {
    if (lists_missing()) {
        enter(place, &node, false);
    }
    return put(Status::null, place, &node, {});
}

/// An answer that may be several choices, a row each.
bool KeysWalk::put_choices(Place place, const FormNode& node, Value value) {
    const Frame& frame = frames_.back();
    extend(place, false);
    const bool are_choices = begin_choices(node, value, frame.repetition);
    if (are_choices && next_choice()) {
        return true;
    }
    trail_.rewind(frame.mark);
    return !are_choices && put(judge(node, value), place, &node, value);
}

/// Counts a row, and makes it if it was asked for.
bool KeysWalk::put(Status status, Place place, const FormNode* node, Value value) {
    ++ord_;
    if (lists_missing() && node != nullptr && node->is_question) [[unlikely]] {
        missing_.answer(*node, frames_.back().repetition);
    }
    if (!is_selected(status)) {
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

void KeysWalk::open(Place place, const FormNode* node, Value container) {
    extend(place, false);
    extend_path(place, node);
    const bool is_object = container.kind() == Kind::object;
    push(node, container,
         lists_missing() ? enter(place, node, is_object) : MissingAnswers::document);
}

/// The repetition that what is in the container belongs to.
MissingAnswers::Repetition KeysWalk::enter(Place place, const FormNode* node, bool is_object) {
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

void KeysWalk::push(const FormNode* node, Value container, MissingAnswers::Repetition repetition) {
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

void KeysWalk::extend(Place place, bool with_path) {
    if (place.is_element) {
        trail_.push_index(place.index);
        return;
    }
    trail_.push_key(place.key);
    if (with_path) {
        append_schema_key(path_, place.key);
    }
}

/// Below a known node a path begins with that node's own, whatever its key is.
void KeysWalk::extend_path(Place place, const FormNode* node) {
    if (place.is_element) {
        return;
    }
    if (node == nullptr || !form_->words().are_known) {
        append_schema_key(path_, place.key);
        return;
    }
    form_->find_slugs(*node, slugs_, node->context);
    for (const std::string_view slug : slugs_) {
        append_schema_key(path_, slug);
    }
}

}  // namespace onetrip::submission
