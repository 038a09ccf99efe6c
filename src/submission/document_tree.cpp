// Every value of a document with the way to it. Knows nothing of forms.

#include "submission/document_tree.hpp"

#include "submission/paths.hpp"

namespace onetrip::submission {

namespace {

using jsonb::Kind;
using jsonb::Value;

bool has_children(Value value) {
    return (value.kind() == Kind::object && value.object().size() > 0) ||
           (value.kind() == Kind::array && value.array().size() > 0);
}

}  // namespace

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::null:
            return "null";
        case Kind::boolean:
            return "boolean";
        case Kind::numeric:
            return "number";
        case Kind::string:
            return "string";
        case Kind::array:
            return "array";
        default:
            return "object";
    }
}

void DocumentTreeWalk::begin(Value document, bool leaves_only) {
    leaves_only_ = leaves_only;
    is_at_root_ = true;
    row_ = {0, 0, 0, document};
    count_ = 0;
    frames_.clear();
    trail_.rewind({});
    path_ = "$";
}

const TreeRow* DocumentTreeWalk::next() {
    while (step()) {
        if (!leaves_only_ || !has_children(row_.value)) {
            return &row_;
        }
    }
    return nullptr;
}

/// Moves to the next value: into the last one if it has values in it, else to the one after it.
bool DocumentTreeWalk::step() {
    constexpr std::uint32_t steps_between = 256;
    if (++steps_ % steps_between == 0) {
        interrupt_();
    }
    if (is_at_root_) {
        is_at_root_ = false;
        row_.ord = ++count_;
        return true;
    }
    if (has_children(row_.value)) {
        open(row_.value);
    }
    while (!frames_.empty()) {
        Frame& frame = frames_.back();
        if (frame.is_object ? frame.member != frame.members_end
                            : frame.element != frame.elements_end) {
            take_child(frame);
            return true;
        }
        frames_.pop_back();
    }
    row_.value = {};
    return false;
}

void DocumentTreeWalk::take_child(Frame& frame) {
    trail_.rewind(frame.mark);
    path_.resize(frame.path_size);
    if (frame.is_object) {
        const jsonb::Member member = *frame.member;
        ++frame.member;
        trail_.push_key(member.key);
        append_normalised_key(path_, member.key);
        row_.value = member.value;
    } else {
        row_.value = *frame.element;
        ++frame.element;
        trail_.push_index(frame.index);
        append_normalised_index(path_, frame.index++);
    }
    row_.ord = ++count_;
    row_.parent_ord = frame.ord;
    row_.depth = static_cast<std::int32_t>(frames_.size());
}

void DocumentTreeWalk::open(Value container) {
    Frame& frame = frames_.emplace_back();
    frame.ord = row_.ord;
    frame.index = 0;
    frame.path_size = static_cast<std::uint32_t>(path_.size());
    frame.mark = trail_.mark();
    frame.is_object = container.kind() == Kind::object;
    if (frame.is_object) {
        frame.member = container.object().begin();
        frame.members_end = container.object().end();
    } else {
        frame.element = container.array().begin();
        frame.elements_end = container.array().end();
    }
}

}  // namespace onetrip::submission
