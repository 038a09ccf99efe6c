// The scalars of a part of a document. Knows nothing of forms.

#include "submission/leaf_walk.hpp"

#include "submission/paths.hpp"

namespace onetrip::submission {

using jsonb::Kind;
using jsonb::Value;

void LeafWalk::begin(jsonb::Object object, Passes passes, std::string_view passed) {
    levels_.clear();
    passes_ = passes;
    passed_ = passed;
    Level& level = add_level();
    level.member = object.begin();
    level.members_end = object.end();
}

bool LeafWalk::next(Value& scalar) {
    Level& level = levels_.back();
    trail_.rewind(level.mark);
    path_.resize(level.path_size);
    if (level.is_object ? level.member == level.members_end : level.element == level.elements_end) {
        levels_.pop_back();
        return false;
    }
    if (!level.is_object) {
        const Value element = *level.element;
        ++level.element;
        trail_.push_array_key(level.index++);
        return take(element, scalar);
    }
    const jsonb::Member member = *level.member;
    ++level.member;
    if (levels_.size() == 1 && passes_(member.key, passed_)) {
        return false;
    }
    trail_.push_key(member.key);
    append_schema_key(path_, member.key);
    return take(member.value, scalar);
}

bool LeafWalk::take(Value value, Value& scalar) {
    if (value.kind() == Kind::array) {
        Level& level = add_level();
        level.is_object = false;
        level.element = value.array().begin();
        level.elements_end = value.array().end();
        return false;
    }
    if (value.kind() == Kind::object) {
        Level& level = add_level();
        level.member = value.object().begin();
        level.members_end = value.object().end();
        return false;
    }
    scalar = value;
    return true;
}

LeafWalk::Level& LeafWalk::add_level() {
    Level& level = levels_.emplace_back();
    level.path_size = static_cast<std::uint32_t>(path_.size());
    level.mark = trail_.mark();
    return level;
}

}  // namespace onetrip::submission
