// The rows of a QuestionnaireResponse. Knows nothing of tuples.

#include "submission/items_walk.hpp"

#include <algorithm>
#include <limits>

#include "submission/members.hpp"
#include "submission/paths.hpp"

namespace onetrip::submission {

namespace {

using jsonb::Object;
using jsonb::Value;

/// Whether a member of an answer is its value[x].
bool is_value(std::string_view name) {
    constexpr std::string_view stem = "value";
    return name.size() > stem.size() && name.starts_with(stem);
}

/// The names of the scalars that stand for the objects of a type, the first that is there.
struct Pick {
    std::string_view name;
    std::string_view first;
    std::string_view second;
};

constexpr Pick picks[] = {{"valueCoding", "code", "display"},
                          {"valueQuantity", "value", {}},
                          {"valueReference", "reference", "display"}};

bool is_picked(Object object, std::string_view name, Value& scalar) {
    const std::optional<Value> value = name.empty() ? std::nullopt : object.find(name);
    if (!value || is_container(*value) || value->kind() == jsonb::Kind::null) {
        return false;
    }
    scalar = *value;
    return true;
}

/// The member of an object that is its answer; empty if none exists.
std::string_view pick_of(std::string_view name, Object object, Value& scalar) {
    for (const Pick& pick : picks) {
        if (pick.name == name) {
            return is_picked(object, pick.first, scalar)    ? pick.first
                   : is_picked(object, pick.second, scalar) ? pick.second
                                                            : std::string_view();
        }
    }
    return {};
}

bool is_passed(std::string_view key, std::string_view passed) {
    return key == passed;
}

bool frames_no_document(std::string_view key, std::string_view /*passed*/) {
    return key == "item";
}

bool frames_no_item(std::string_view key, std::string_view /*passed*/) {
    return key == "item" || key == "answer";
}

bool frames_no_answer(std::string_view key, std::string_view /*passed*/) {
    return key == "item" || is_value(key);
}

}  // namespace

void ItemsWalk::begin(const Form& form, Value responses, Statuses included) {
    levels_.clear();
    parts_.clear();
    links_.clear();
    has_full_idx_ = form.words().has_full_idx;
    places_.assign(1, {});
    frames_.clear();
    next_frame_ = 0;
    frames_of_answers_.clear();
    if (scopes_ > std::numeric_limits<std::uint32_t>::max() / 2) {
        scopes_ = 0;
        stamps_.clear();
    }
    stamps_.resize(std::max(stamps_.size(), form.nodes().size()));
    if (begin_rows(form, responses, included)) {
        // The document is like an item that has no answers.
        Level& level = levels_.emplace_back();
        level.kind = Kind::item;
        level.stage = Stage::items;
        level.node = &form.root();
        level.object = responses.object();
        level.scope = ++scopes_;
        level.members.items = responses.object().find("item");
    }
}

const EventRow* ItemsWalk::next() {
    if (next_root() || (has_choices() && next_choice())) {
        return &row_;
    }
    while (parts_.is_open() || !levels_.empty()) {
        if (parts_.is_open() ? next_part() : step()) {
            return &row_;
        }
    }
    return next_frame() || next_missing() ? &row_ : nullptr;
}

/// Goes on in the innermost open value. True if that made a row that is to be returned.
bool ItemsWalk::step() {
    tick();
    const Level& level = levels_.back();
    rewind(level);
    switch (level.kind) {
        case Kind::items:
            return next_item();
        case Kind::item:
            return go_on_in_item();
        case Kind::answers:
            return next_answer();
        default:
            return go_on_in_answer();
    }
}

void ItemsWalk::rewind(const Level& level) {
    trail_.rewind(level.mark);
    if (path_.size() != level.path_size) {
        path_.resize(level.path_size);
    }
}

// ---- items ----

bool ItemsWalk::open_items(Value items) {
    trail_.push_key("item");
    if (items.kind() != jsonb::Kind::array) {
        return put(Status::structure, levels_.back().node, items);
    }
    Level level = levels_.back();
    level.kind = Kind::items;
    level.mark = trail_.mark();
    level.index = 0;
    level.scope = has_full_idx_ ? level.scope : ++scopes_;
    level.element = items.array().begin();
    level.elements_end = items.array().end();
    levels_.push_back(level);
    return false;
}

bool ItemsWalk::next_item() {
    Level& level = levels_.back();
    if (level.element == level.elements_end) {
        levels_.pop_back();
        return false;
    }
    const Value item = *level.element;
    ++level.element;
    trail_.push_array_key(level.index++);
    const Members members =
        item.kind() == jsonb::Kind::object ? members_of(item.object()) : Members{};
    if (!members.link || !members.link->is_string()) {
        return put(Status::structure, level.node, item);
    }
    const FormNode* const node =
        level.node == nullptr ? nullptr : form_->find(*level.node, members.link->string());
    open_item(node, item.object(), members);
    return go_on_in_item();
}

/// Finds the members of an item in one go: it has few, and most items have all of these.
ItemsWalk::Members ItemsWalk::members_of(Object item) {
    Members members;
    for (const jsonb::Member member : item) {
        if (member.key == "item") {
            members.items = member.value;
        } else if (member.key == "answer") {
            members.answers = member.value;
        } else if (member.key == "linkId") {
            members.link = member.value;
        }
    }
    return members;
}

void ItemsWalk::open_item(const FormNode* node, Object item, const Members& members) {
    const std::string_view link = members.link->string();
    std::uint32_t& counter = counter_of(node, link);
    const std::uint32_t count = counter;
    counter += is_numbered_question(node) ? places_in(members) : 1;
    const Level& items = levels_.back();
    if (node == nullptr) {
        if (items.node != nullptr) {
            path_ = form_->path_of(*items.node);
        }
        append_schema_key(path_, link);
    }
    const std::uint32_t place = add_place(items.place, items.index - 1, Kind::item);
    levels_.push_back(items);
    Level& level = levels_.back();
    level.kind = Kind::item;
    level.stage = Stage::answers;
    level.node = node;
    level.path_size = static_cast<std::uint32_t>(path_.size());
    level.object = item;
    level.members = members;
    level.place = place;
    level.scope = ++scopes_;
    level.first_answer = 0;
    level.is_shared = has_full_idx_ && members.answers && members.items;
    enter_item(level, count);
    level.mark = trail_.mark();
}

/// The indexes of an item: one if its group repeats, or if it is not the first of its linkId. With
/// full idx a question's items have none: its answers are numbered from one item to the next.
void ItemsWalk::enter_item(Level& level, std::uint32_t count) {
    if (is_numbered_question(level.node)) {
        level.first_answer = count;
        return;
    }
    const bool is_repetition = level.node != nullptr && level.node->makes_repetitions();
    if (is_repetition || count > 0) {
        trail_.push_bare_index(count);
    }
    if (is_repetition && lists_missing()) {
        Around& around = level.around;
        around.repetition = missing_.enter_item(*level.node, around.repetition,
                                                trail_.indexes().subspan(around.indexes));
        around.indexes = static_cast<std::uint32_t>(trail_.indexes().size());
    }
}

/// How many items of the innermost scope had this linkId before; with full idx, how many answers of
/// a question. A stamp would not survive that the scope is left, and come back to.
std::uint32_t& ItemsWalk::counter_of(const FormNode* node, std::string_view link) {
    const std::uint32_t scope = levels_.back().scope;
    if (node == nullptr || levels_.back().is_shared) {
        return links_[{scope, link}];
    }
    Stamp& stamp = stamps_[node->id];
    if (stamp.scope != scope) {
        stamp = {scope, 0};
    }
    return stamp.count;
}

/// How many answers an item counts for. The items that it has next to its answers are with the
/// first of them, even if none exists.
std::uint32_t ItemsWalk::places_in(const Members& members) {
    const auto size_of = [](const std::optional<Value>& value) {
        const bool is_array = value && value->kind() == jsonb::Kind::array;
        return is_array ? static_cast<std::uint32_t>(value->array().size()) : value ? 1U : 0U;
    };
    return std::max(size_of(members.answers), std::min(size_of(members.items), 1U));
}

/// First the answers, then the items, and then what frames them.
bool ItemsWalk::go_on_in_item() {
    Level& level = levels_.back();
    if (level.stage == Stage::answers) {
        level.stage = Stage::items;
        if (level.members.answers) {
            return open_answers(*level.members.answers);
        }
    }
    if (level.stage == Stage::items) {
        level.stage = Stage::frame;
        if (level.members.items) {
            if (is_numbered_question(level.node)) {
                trail_.push_bare_index(level.first_answer);
            }
            return open_items(*level.members.items);
        }
    }
    keep_frame(level);
    levels_.pop_back();
    return false;
}

// ---- answers ----

bool ItemsWalk::open_answers(Value answers) {
    trail_.push_key("answer");
    if (answers.kind() != jsonb::Kind::array) {
        return put(Status::structure, levels_.back().node, answers);
    }
    const jsonb::Array array = answers.array();
    if (array.size() == 1) {
        const Value only = *array.begin();
        if (only.kind() == jsonb::Kind::object && only.object().size() == 1) {
            const jsonb::Member member = *only.object().begin();
            if (is_value(member.key)) {
                return take_only_value(member);
            }
        }
    }
    Level level = levels_.back();
    level.kind = Kind::answers;
    level.mark = trail_.mark();
    level.index = 0;
    level.element = array.begin();
    level.elements_end = array.end();
    levels_.push_back(level);
    return next_answer();
}

/// The index of an answer, or of all that is in it: at a question that repeats, or if it is not the
/// first one. With full idx an answer at a group has none, since the group has its own.
void ItemsWalk::enter_answer(const Level& level, std::uint32_t index) {
    const bool has_number =
        level.node != nullptr && level.node->is_question && level.node->is_numbered;
    if (has_number || (index > 0 && !has_full_idx_)) {
        trail_.push_bare_index(level.first_answer + index);
    }
}

/// The answer of nearly all items: one, which is a value and nothing else. It needs no level of its
/// own: the item has the same node, and nothing frames it.
bool ItemsWalk::take_only_value(const jsonb::Member& value) {
    trail_.push_array_key(0);
    enter_answer(levels_.back(), 0);
    return take_value(value.key, value.value);
}

bool ItemsWalk::next_answer() {
    Level& answers = levels_.back();
    if (answers.element == answers.elements_end) {
        levels_.pop_back();
        return false;
    }
    const Value answer = *answers.element;
    const std::uint32_t index = answers.index;
    ++answers.element;
    ++answers.index;
    trail_.push_array_key(index);
    enter_answer(answers, index);
    if (answer.kind() != jsonb::Kind::object) {
        return put(Status::structure, answers.node, answer);
    }
    Level level = answers;
    level.kind = Kind::answer;
    level.stage = Stage::answers;
    level.mark = trail_.mark();
    level.object = answer.object();
    level.members = {};
    level.member = level.object.begin();
    level.members_end = level.object.end();
    level.place = add_place(answers.place, index, Kind::answer);
    if (index > 0 && is_numbered_question(level.node)) {
        level.scope = ++scopes_;
    }
    levels_.push_back(level);
    return go_on_in_answer();
}

/// First the values, then what frames them, and then the items.
bool ItemsWalk::go_on_in_answer() {
    Level& level = levels_.back();
    while (level.member != level.members_end) {
        tick();
        const jsonb::Member member = *level.member;
        ++level.member;
        if (is_value(member.key)) {
            return take_value(member.key, member.value);
        }
        if (member.key == "item") {
            level.members.items = member.value;
        }
    }
    if (level.stage == Stage::answers) {
        level.stage = Stage::items;
        keep_frame(level);
        if (level.members.items) {
            return open_items(*level.members.items);
        }
    }
    levels_.pop_back();
    return false;
}

bool ItemsWalk::take_value(std::string_view name, Value value) {
    trail_.push_key(name);
    switch (value.kind()) {
        case jsonb::Kind::object:
            return take_object(name, value);
        case jsonb::Kind::array:
            return put(Status::structure, levels_.back().node, value);
        default:
            return take_scalar(name, value);
    }
}

bool ItemsWalk::take_object(std::string_view name, Value value) {
    Value scalar;
    const std::string_view pick = pick_of(name, value.object(), scalar);
    if (pick.empty()) {
        return take_whole(name, value);
    }
    begin_parts(value.object(), pick);
    trail_.push_key(pick);
    return take_scalar(name, scalar);
}

/// An object that is an answer as it is, or none.
bool ItemsWalk::take_whole(std::string_view name, Value value) {
    const FormNode* const node = levels_.back().node;
    if (node == nullptr) {
        return put(Status::unknown, node, value);
    }
    if (node->is_question && !form_->allows_value_type(*node, name)) {
        return put(Status::wrong_type, node, value);
    }
    const bool takes_json = node->is_question && node->type == AnswerType::json;
    return put(takes_json ? Status::ok : Status::structure, node, value);
}

bool ItemsWalk::take_scalar(std::string_view name, Value value) {
    const Level& level = levels_.back();
    const FormNode* const node = level.node;
    if (node == nullptr) {
        return put(Status::unknown, node, value);
    }
    if (!node->is_question) {
        return put(Status::structure, node, value);
    }
    if (value.kind() != jsonb::Kind::null && !form_->allows_value_type(*node, name)) {
        return put(Status::wrong_type, node, value);
    }
    if (node->is_spaced && begin_choices(*node, value, level.around.repetition)) {
        return next_choice();
    }
    return put(judge(*node, value), node, value);
}

// ---- parts of an answer ----

/// The trail leads to the object. The path is that of the question, which is not made if nobody
/// asks for the parts.
void ItemsWalk::begin_parts(Object object, std::string_view passed) {
    parts_of_ = levels_.back().node;
    if (parts_of_ != nullptr && is_selected(Status::part)) {
        path_ = form_->path_of(*parts_of_);
    }
    parts_.begin(object, is_passed, passed);
}

bool ItemsWalk::next_part() {
    tick();
    Value scalar;
    if (!parts_.next(scalar)) {
        return false;
    }
    ++ord_;
    if (!is_selected(Status::part)) {
        return false;
    }
    row_ = {ord_, Status::part, nullptr, false, scalar, parts_of_};
    return true;
}

// ---- what frames the answers ----

std::uint32_t ItemsWalk::add_place(std::uint32_t parent, std::uint32_t index, Kind kind) {
    if (!lists_frames()) {
        return 0;
    }
    places_.push_back({parent, index, kind});
    return static_cast<std::uint32_t>(places_.size() - 1);
}

void ItemsWalk::keep_frame(const Level& level) {
    if (lists_frames()) {
        frames_.push_back({level.place, level.object});
    }
}

bool ItemsWalk::next_frame() {
    while (frames_of_answers_.is_open() || begin_frame()) {
        tick();
        Value scalar;
        if (!frames_of_answers_.next(scalar)) {
            continue;
        }
        ++ord_;
        if (is_selected(Status::frame)) {
            row_ = {ord_, Status::frame, nullptr, false, scalar};
            return true;
        }
    }
    return false;
}

bool ItemsWalk::begin_frame() {
    if (next_frame_ == frames_.size()) {
        return false;
    }
    const FrameOf& frame = frames_[next_frame_++];
    go_to_place(frame.place);
    if (frame.place == 0) {
        path_ = "";
        frames_of_answers_.begin(frame.object, frames_no_document, {});
    } else if (places_[frame.place].kind == Kind::item) {
        path_ = "item";
        frames_of_answers_.begin(frame.object, frames_no_item, {});
    } else {
        path_ = "item.answer";
        frames_of_answers_.begin(frame.object, frames_no_answer, {});
    }
    return true;
}

/// Makes the trail that to an item or an answer, without indexes, if anybody asks for it.
void ItemsWalk::go_to_place(std::uint32_t place) {
    trail_.rewind({});
    if (!is_selected(Status::frame)) {
        return;
    }
    way_.clear();
    for (; place != 0; place = places_[place].parent) {
        way_.push_back(place);
    }
    for (; !way_.empty(); way_.pop_back()) {
        const Place& at = places_[way_.back()];
        trail_.push_key(at.kind == Kind::item ? "item" : "answer");
        trail_.push_array_key(at.index);
    }
}

/// Counts a row to whose value the trail leads. True if it is to be returned.
bool ItemsWalk::put(Status status, const FormNode* node, Value value) {
    ++ord_;
    if (lists_missing() && node != nullptr && node->is_question) [[unlikely]] {
        missing_.answer(*node, levels_.back().around.repetition);
    }
    if (!is_selected(status)) {
        return false;
    }
    row_ = {ord_, status, node, false, value};
    return true;
}

}  // namespace onetrip::submission
