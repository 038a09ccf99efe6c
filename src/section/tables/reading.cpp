// Places the elements of a table in the bytes of a section. It neither judges nor decodes them: it
// follows lengths, counts and conditions as they are read, and notes what they should have said.

#include "section/tables/reading.hpp"

#include <algorithm>

#include "base/words.hpp"
#include "section/problems.hpp"
#include "section/tables/path.hpp"

namespace onetrip::section::tables {

namespace {

/// Sizes that damaged bytes claim are cut here, far above any section, so that sums stay small.
constexpr std::uint64_t most_bits = std::uint64_t{1} << 40;

std::size_t add_sizes(std::size_t a, std::size_t b) {
    return static_cast<std::size_t>(std::min<std::uint64_t>(a + b, most_bits));
}

std::string bits_or_bytes(std::size_t bits) {
    return bits % 8 == 0 ? count(bits / 8, "byte") : count(bits, "bit");
}

/// `2 bytes are left`.
std::string left(std::size_t bits) {
    return bits_or_bytes(bits) + (bits == 1 || bits == 8 ? " is left" : " are left");
}

}  // namespace

void Reading::place(std::span<const std::uint8_t> section) {
    section_ = section;
    position_ = 0;
    entries_.clear();
    items_.clear();
    refusals_.clear();
    names_.clear();
    computed_.clear();
    item_depth_ = 0;
    broken_.reset();
    const std::size_t end = section.size() * 8;
    read_scope(plan_.root, plan_.root.scopes.front(), nullptr, none, end, end);
}

// ---- what was placed --------------------------------------------------------------------------

std::span<const std::uint8_t> Reading::bytes_of(const Entry& entry,
                                                std::vector<std::uint8_t>& aligned) const {
    if (entry.bit % 8 == 0) {
        return section_.subspan(entry.bit / 8, entry.width / 8);
    }
    aligned.resize(entry.width / 8);
    for (std::size_t i = 0; i < aligned.size(); ++i) {
        aligned[i] = static_cast<std::uint8_t>(load_bits(section_.data(), entry.bit + 8 * i, 8));
    }
    return aligned;
}

std::string Reading::path_of(EntryId id) const {
    std::vector<EntryId> ids;
    for (; id != none; id = entries_[id].parent) {
        ids.push_back(id);
    }
    Path path;
    for (auto next = ids.rbegin(); next != ids.rend(); ++next) {
        const Entry& entry = entries_[*next];
        if (entry.index != none) {
            path.push(entry.index);
        } else {
            path.push(entry.node->field->name);
        }
        if (entry.kind == Entry::Kind::tlv_item && !entry.is_raw && next + 1 != ids.rend()) {
            path.push(entry.definition->name);
        }
    }
    return path.print();
}

std::string Reading::path_within(EntryId item, EntryId id) const {
    return id == item ? entries_[item].definition->name
                      : path_of(id).substr(path_of(item).size() + 1);
}

void Reading::refuse_item(Entry& entry, std::string refusal) {
    entry.is_raw = true;
    refusals_[entry.item] = std::move(refusal);
}

EntryId Reading::add(Entry::Kind kind, const Node& node, EntryId parent, std::size_t width) {
    const auto id = static_cast<EntryId>(entries_.size());
    Entry& entry = entries_.emplace_back();
    entry.kind = kind;
    entry.node = &node;
    entry.parent = parent;
    entry.next = id + 1;
    entry.bit = static_cast<std::uint32_t>(position_);
    entry.width = static_cast<std::uint32_t>(width);
    return id;
}

// ---- breaks -----------------------------------------------------------------------------------

bool Reading::break_at(EntryId id, std::string problem) {
    broken_ =
        Break{id, std::min<std::size_t>(entries_[id].bit, section_.size() * 8), std::move(problem)};
    return false;
}

/// Breaks at an element that has no entry yet: it gets one, which takes no bits.
bool Reading::break_before(const Node& node, const Frame& frame, std::string problem) {
    return break_at(add(Entry::Kind::field, node, frame.entry, 0), std::move(problem));
}

bool Reading::refuse_cut(const Node& node, const Frame& frame) {
    const bool is_section = frame.limit == section_.size() * 8;
    const bool is_begun = position_ < frame.limit;
    return break_before(
        node, frame,
        cut_problem(is_section ? "the section ends" : "its braces end", frame.limit / 8, is_begun));
}

// ---- scopes -----------------------------------------------------------------------------------

bool Reading::read_scope(const Unit& unit, const Scope& scope, const Frame* outer, EntryId entry,
                         std::optional<std::size_t> end, std::size_t limit) {
    Frame frame{&unit, &scope, outer, entry, names_.size(), computed_.size(), end, limit};
    names_.resize(names_.size() + scope.names.size());
    if (entry != none) {
        entries_[entry].scope = &scope;
    }
    if (!read_block(scope.block, frame)) {
        return false;
    }
    close(frame);
    names_.resize(frame.names);
    const bool has_more = frame.end && position_ < *frame.end;
    if (has_more && entry != none) {
        return break_at(entry, left(*frame.end - position_) + " over after the last element");
    }
    return true;
}

void Reading::close(const Frame& frame) {
    for (std::size_t i = frame.computed; i < computed_.size(); ++i) {
        Entry& entry = entries_[computed_[i]];
        entry.expected = expected_of(entry, frame);
    }
    computed_.resize(frame.computed);
}

std::int64_t Reading::expected_of(const Entry& entry, const Frame& frame) const {
    const Source& source = entry.node->field->source;
    const auto bytes = [](std::size_t from, std::size_t to) {
        return static_cast<std::int64_t>(to > from ? (to - from) / 8 : 0);
    };
    if (source.kind == Source::Kind::length_of_rest) {
        const std::size_t end = frame.entry == none ? section_.size() * 8 : position_;
        return bytes(entry.bit + entry.width, end) + source.plus;
    }
    const NameState& state = names_[frame.names + entry.node->measured];
    switch (source.kind) {
        case Source::Kind::present:
            return state.is_placed ? 1 : 0;
        case Source::Kind::offset_of_label:
            return bytes(0, state.begin);
        case Source::Kind::count_of:
            return static_cast<std::int64_t>(state.items) + source.plus;
        default:
            return bytes(state.begin, state.end) + source.plus;
    }
}

FieldBits Reading::find(const Frame& frame, Operand operand) const {
    const Frame* found = &frame;
    for (std::uint32_t level = 0; level < operand.levels; ++level) {
        found = found->outer;
    }
    return names_[found->names + operand.name].value;
}

bool Reading::read_block(BlockId block, Frame& frame) {
    const std::vector<Node>& nodes = frame.unit->blocks[block].nodes;
    for (std::uint32_t index = 0; index < nodes.size(); ++index) {
        ticker_.tick();
        if (!read_node(block, index, frame)) {
            return false;
        }
    }
    return true;
}

bool Reading::read_node(BlockId block, std::uint32_t index, Frame& frame) {
    const Node& node = frame.unit->blocks[block].nodes[index];
    if (node.kind == Node::Kind::choice) {
        const BlockId arm =
            chosen(*frame.unit, node, [&](Operand operand) { return find(frame, operand); });
        return arm == none || read_block(arm, frame);
    }
    if (node.kind == Node::Kind::optional) {
        const std::size_t after = size_after(block, index, none, frame);
        const std::size_t left = frame.end.value_or(0) > position_ ? *frame.end - position_ : 0;
        return left <= after || read_block(node.block, frame);
    }
    const std::size_t begin = position_;
    const std::optional<std::size_t> end = end_of(block, index, frame);
    if (!end || !read_element(node, *end, frame)) {
        return false;
    }
    NameState& state = state_of(node, frame);
    state.begin = begin;
    state.end = position_;
    state.is_placed = !node.is_nullable || position_ > begin;
    return true;
}

bool Reading::read_element(const Node& node, std::size_t end, Frame& frame) {
    switch (node.kind) {
        case Node::Kind::bits:
            return read_bits(node, frame);
        case Node::Kind::bytes:
            return read_bytes(node, end, frame);
        case Node::Kind::tlv:
            return node.sets.empty() && !frame.scope->is_counted[node.name]
                       ? read_bytes(node, end, frame)
                       : read_tlv(node, end, frame);
        case Node::Kind::align:
            return read_align(node, frame);
        case Node::Kind::values:
        case Node::Kind::list:
            return read_list(node, end, frame);
        case Node::Kind::object:
            return read_object(node, end, frame);
        default:
            return true;  // a label
    }
}

// ---- ends -------------------------------------------------------------------------------------

/// Where an element ends that has no width, in bits; the limit of its braces for one that ends by
/// itself. nullopt after a break.
std::optional<std::size_t> Reading::end_of(BlockId block, std::uint32_t index, Frame& frame) {
    const Node& node = frame.unit->blocks[block].nodes[index];
    std::size_t end = frame.limit;
    switch (node.ends) {
        case EndsBy::itself:
            return end;
        case EndsBy::length:
            end = add_sizes(position_, static_cast<std::size_t>(state_of(node, frame).length * 8));
            break;
        case EndsBy::offset:
        case EndsBy::rest: {
            const std::size_t whole =
                node.ends == EndsBy::rest
                    ? frame.end.value_or(0)
                    : static_cast<std::size_t>(names_[frame.names + node.label].length * 8);
            const std::size_t after = size_after(block, index, node.label, frame);
            if (whole < after || whole - after < position_) {
                refuse_cut(node, frame);
                return std::nullopt;
            }
            end = whole - after;
            break;
        }
    }
    if (end > frame.limit) {
        break_before(node, frame,
                     "takes " + bits_or_bytes(end - position_) + " by its length, but " +
                         left(frame.limit - position_));
        return std::nullopt;
    }
    return end;
}

/// The size of the elements after one, up to the end of the braces or to a label.
std::size_t Reading::size_after(BlockId block, std::uint32_t index, NameId label,
                                const Frame& frame) {
    std::size_t size = 0;
    std::size_t next = index + std::size_t{1};
    while (block != none) {
        const PlannedBlock& planned = frame.unit->blocks[block];
        for (; next < planned.nodes.size(); ++next) {
            const Node& node = planned.nodes[next];
            if (label != none && node.kind == Node::Kind::label && node.name == label) {
                return size;
            }
            size = add_sizes(size, size_of(node, frame));
        }
        next = planned.outer_index + std::size_t{1};
        block = planned.outer;
    }
    return size;
}

std::size_t Reading::size_of_block(BlockId block, const Frame& frame) {
    std::size_t size = 0;
    for (const Node& node : frame.unit->blocks[block].nodes) {
        ticker_.tick();
        size = add_sizes(size, size_of(node, frame));
    }
    return size;
}

/// The size of an element that is known before the element is met.
std::size_t Reading::size_of(const Node& node, const Frame& frame) {
    if (node.fixed) {
        return static_cast<std::size_t>(*node.fixed);
    }
    if (node.kind == Node::Kind::choice) {
        const BlockId arm =
            chosen(*frame.unit, node, [&](Operand operand) { return find(frame, operand); });
        return arm == none ? 0 : size_of_block(arm, frame);
    }
    const NameState& state = names_[frame.names + node.name];
    const std::uint64_t size =
        node.is_counted && node.item_bits > 0 ? state.count * node.item_bits : state.length * 8;
    return static_cast<std::size_t>(std::min(size, most_bits));
}

// ---- elements ---------------------------------------------------------------------------------

bool Reading::read_bits(const Node& node, Frame& frame) {
    const std::uint32_t width = *node.field->width;
    if (position_ + width > frame.limit) {
        return refuse_cut(node, frame);
    }
    const EntryId id = add(Entry::Kind::field, node, frame.entry, width);
    const std::uint64_t bits = bits_of(entries_[id]);
    position_ += width;
    state_of(node, frame).value = {node.field, bits};
    return note_bits(node, bits, id, frame);
}

/// Notes the measure that a length, count or offset gives for elements after it.
bool Reading::note_bits(const Node& node, std::uint64_t bits, EntryId id, Frame& frame) {
    const Source& source = node.field->source;
    const bool is_count = source.kind == Source::Kind::count_of;
    if (source.kind == Source::Kind::length_of_rest) {
        computed_.push_back(id);
        return read_own_length(node, bits, id, frame);
    }
    if (node.measured == none) {
        return true;
    }
    computed_.push_back(id);
    NameState& state = names_[frame.names + node.measured];
    const bool is_new = is_count ? !state.has_count : !state.has_length;
    if (source.kind == Source::Kind::present || state.is_placed || !is_new) {
        return true;
    }
    const std::int64_t number = static_cast<std::int64_t>(std::min(bits, most_bits)) - source.plus;
    if (number < 0) {
        return break_at(id, "found " + std::to_string(bits) + ", where " + print_source(source) +
                                " is at least " + std::to_string(source.plus));
    }
    (is_count ? state.has_count : state.has_length) = true;
    (is_count ? state.count : state.length) = static_cast<std::uint64_t>(number);
    return true;
}

/// length() says where its braces end, unless that is known from outside.
bool Reading::read_own_length(const Node& node, std::uint64_t bits, EntryId id, Frame& frame) {
    if (frame.end) {
        return true;
    }
    const std::int32_t plus = node.field->source.plus;
    const std::int64_t number = static_cast<std::int64_t>(std::min(bits, most_bits)) - plus;
    const std::size_t room = frame.limit - position_;
    if (number < 0 || static_cast<std::uint64_t>(number) * 8 > room) {
        return break_at(id, "found " + std::to_string(bits) + ", but " + left(room));
    }
    frame.end = position_ + static_cast<std::size_t>(number) * 8;
    frame.limit = *frame.end;
    return true;
}

bool Reading::read_bytes(const Node& node, std::size_t end, Frame& frame) {
    const std::size_t width = node.field->width ? *node.field->width : end - position_;
    if (position_ + width > frame.limit) {
        return refuse_cut(node, frame);
    }
    add(Entry::Kind::field, node, frame.entry, width);
    position_ += width;
    return true;
}

bool Reading::read_align(const Node& node, Frame& frame) {
    const std::size_t width = -position_ % 8;
    if (position_ + width > frame.limit) {
        return refuse_cut(node, frame);
    }
    add(Entry::Kind::field, node, frame.entry, width);
    position_ += width;
    return true;
}

bool Reading::read_list(const Node& node, std::size_t end, Frame& frame) {
    const EntryId list = add(Entry::Kind::list, node, frame.entry, 0);
    const bool is_counted = node.count > 0 || node.is_counted;
    const std::uint64_t items = node.count > 0 ? node.count : state_of(node, frame).count;
    std::uint32_t index = 0;
    while (is_counted ? index < items : position_ < end) {
        ticker_.tick();
        if (!read_list_item(node, list, index, end, frame)) {
            return false;
        }
        ++index;
    }
    state_of(node, frame).items = index;
    entries_[list].next = static_cast<EntryId>(entries_.size());
    entries_[list].width = static_cast<std::uint32_t>(position_ - entries_[list].bit);
    return true;
}

bool Reading::read_list_item(const Node& node, EntryId list, std::uint32_t index, std::size_t limit,
                             Frame& frame) {
    if (node.kind == Node::Kind::values) {
        const std::uint32_t width = *node.field->width;
        if (position_ + width > limit) {
            Frame inner = frame;
            inner.entry = list;
            inner.limit = limit;
            const bool read = refuse_cut(node, inner);
            entries_.back().index = index;
            return read;
        }
        entries_[add(Entry::Kind::field, node, list, width)].index = index;
        position_ += width;
        return true;
    }
    const EntryId id = add(Entry::Kind::list_item, node, list, 0);
    entries_[id].index = index;
    const bool read =
        read_scope(*frame.unit, frame.unit->scope_of(node.block), &frame, id, std::nullopt, limit);
    entries_[id].next = static_cast<EntryId>(entries_.size());
    entries_[id].width = static_cast<std::uint32_t>(position_ - entries_[id].bit);
    return read;
}

bool Reading::read_object(const Node& node, std::size_t end, Frame& frame) {
    if (node.is_nullable && end == position_) {
        add(Entry::Kind::null_object, node, frame.entry, 0);
        return true;
    }
    const EntryId id = add(Entry::Kind::object, node, frame.entry, 0);
    const std::optional<std::size_t> known =
        node.ends == EndsBy::itself ? std::nullopt : std::optional(end);
    const bool read =
        node.unit != nullptr
            ? read_scope(*node.unit, node.unit->scopes.front(), nullptr, id, known, end)
            : read_scope(*frame.unit, frame.unit->scope_of(node.block), &frame, id, known, end);
    entries_[id].next = static_cast<EntryId>(entries_.size());
    entries_[id].width = static_cast<std::uint32_t>(position_ - entries_[id].bit);
    return read;
}

// ---- items of a tlv ---------------------------------------------------------------------------

bool Reading::read_tlv(const Node& node, std::size_t end, Frame& frame) {
    const EntryId tlv = add(Entry::Kind::tlv, node, frame.entry, end - position_);
    const std::size_t begin = position_;
    ItemsBefore& before = before_[item_depth_];
    before.clear();
    TlvReader reader(section_.subspan(begin / 8, (end - begin) / 8), node.field->tlv);
    std::uint32_t index = 0;
    const std::uint64_t items = node.is_counted ? state_of(node, frame).count : most_bits;
    for (; index < items && !reader.at_end(); ++index) {
        ticker_.tick();
        const auto item = static_cast<std::uint32_t>(items_.size());
        reader.next(items_.emplace_back());
        refusals_.emplace_back();
        read_item(node, tlv, item, begin, before);
        before.add(items_[item].tag, items_[item].value);
    }
    position_ = begin + reader.position() * 8;
    entries_[tlv].next = static_cast<EntryId>(entries_.size());
    entries_[tlv].width = static_cast<std::uint32_t>(position_ - begin);
    state_of(node, frame).items = index;
    return !node.is_counted || index == items || refuse_cut(node, frame);
}

/// An item whose definition refuses it is read as its bytes: a malformed descriptor makes no table
/// unreadable.
void Reading::read_item(const Node& node, EntryId tlv, std::uint32_t index, std::size_t tlv_at,
                        const ItemsBefore& before) {
    const TlvItem& item = items_[index];
    position_ = tlv_at + item.tag_at * 8;
    const std::size_t begin = tlv_at + item.value_at * 8;
    const EntryId id =
        add(Entry::Kind::tlv_item, node, tlv, begin + item.value.size() * 8 - position_);
    Entry& entry = entries_[id];
    entry.index = static_cast<std::uint32_t>(item.index);
    entry.item = index;
    entry.is_raw = true;
    const std::span<const std::uint8_t> value = item.value;
    const ItemDefinition* const definition = item.problem.empty() && item_depth_ < deepest_item
                                                 ? definition_of(node.sets, item.tag, value, before)
                                                 : nullptr;
    if (definition == nullptr || !is_written_again(node, *definition, before)) {
        return;
    }
    entry.is_raw = false;
    entry.definition = definition;
    read_body(id, *definition, begin, begin + value.size() * 8);
}

bool Reading::read_body(EntryId id, const ItemDefinition& definition, std::size_t begin,
                        std::size_t end) {
    const std::size_t names = names_.size();
    const std::size_t computed = computed_.size();
    const Unit& unit = unit_of(definition);
    position_ = begin + (definition.extension ? 8 : 0);
    ++item_depth_;
    const bool read = read_scope(unit, unit.scopes.front(), nullptr, id, end, end);
    --item_depth_;
    if (!read) {
        const std::string problem = path_within(id, broken_->entry) + ": " + broken_->problem;
        broken_.reset();
        names_.resize(names);
        computed_.resize(computed);
        entries_.resize(id + std::size_t{1});
        refuse_item(entries_[id], problem);
    }
    entries_[id].next = static_cast<EntryId>(entries_.size());
    return read;
}

/// A writer takes the first definition of a name that may stand here.
bool Reading::is_written_again(const Node& node, const ItemDefinition& definition,
                               const ItemsBefore& before) const {
    return definition_named(node.sets, definition.name, before) == &definition;
}

}  // namespace onetrip::section::tables
