// Decides how a reader finds the end of every element, and refuses a layout in which it could not
// (tables.md, 2.8). A reader meets the elements in order: what bounds one must stand before it.

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/words.hpp"
#include "section/language/layout_lexer.hpp"
#include "section/tables/compiler.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::tables {

namespace {

constexpr std::uint64_t far = std::uint64_t{1} << 40;  ///< bits: sums of sizes are cut here

std::uint64_t add(std::uint64_t a, std::uint64_t b) {
    return std::min(a + b, far);
}

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
    return a != 0 && b > far / a ? far : a * b;
}

/// The size of elements, in bits.
struct Size {
    std::uint64_t smallest = 0;
    std::optional<std::uint64_t> fixed = 0;
    std::uint32_t known_at = 0;  ///< see Node::size_known_at

    void append(const Size& other) {
        smallest = add(smallest, other.smallest);
        fixed = fixed && other.fixed ? std::optional(add(*fixed, *other.fixed)) : std::nullopt;
        known_at = std::max(known_at, other.known_at);
    }
};

Size fixed_size(std::uint64_t bits) {
    return {bits, bits, 0};
}

class Bounder {
  public:
    Bounder(Unit& unit, UnitKind kind, Ticker& ticker)
        : unit_(unit), kind_(kind), ticker_(ticker) {}

    void bound() {
        const Size size = bound_scope(0, kind_ != UnitKind::type);
        unit_.smallest = size.smallest;
        unit_.fixed = size.fixed;
    }

  private:
    /// A measure that an element before a place gives: by name, the position of that element.
    struct Said {
        enum class What : std::uint8_t { length, count, offset, end };
        What what;
        NameId name;
        std::uint32_t position;
    };

    /// An element that ends where its braces end, less what is after it.
    struct Rest {
        BlockId block;
        std::uint32_t index;
    };

    struct OpenScope {
        ScopeId id = none;
        bool end_is_known = false;           ///< from outside
        std::vector<std::uint32_t> lengths;  ///< by NameId; none if no element gives it
        std::vector<std::uint32_t> counts;
        std::vector<std::uint32_t> offsets;
        std::vector<std::uint32_t> last_positions;  ///< of the elements of that name
        std::uint32_t end = none;
        std::vector<Said> said;
        std::vector<Rest> rests;
    };

    Size bound_scope(ScopeId id, bool end_is_known);
    Size bound_block(BlockId id);
    Size bound_node(BlockId block, std::uint32_t index);
    Size bound_bits(const Node& node);
    Size bound_bytes(BlockId block, std::uint32_t index);
    Size bound_list(BlockId block, std::uint32_t index);
    Size bound_object(BlockId block, std::uint32_t index);
    Size bound_choice(BlockId block, std::uint32_t index);
    Size bound_optional(BlockId block, std::uint32_t index);
    void bound_arm(BlockId arm, bool is_first, Size& size, std::vector<Said>& common);

    void end_by_name(BlockId block, std::uint32_t index, Size& size);
    void end_by_rest(BlockId block, std::uint32_t index);
    NameId label_after(std::uint32_t index);

    void say(Said said);
    std::uint32_t& place_of(const Said& said);
    std::vector<Said> take_back(std::size_t from);
    static void keep_common(std::vector<Said>& common, const std::vector<Said>& said);
    std::uint32_t known_at(ConditionId id) const;

    void check_rests();
    bool is_known_after(const Rest& rest);
    std::uint32_t known_after(BlockId block, std::size_t index);
    [[noreturn]] void refuse_endless(const Node& node, const Node* next) const;
    const Node* first_unknown(const Rest& rest) const;

    bool has_sure_key(BlockId id) const;
    void refuse_keys_outside(Node& optional);
    void collect_names(BlockId id, std::set<std::pair<KeyId, NameId>>& names) const;

    Node& node_at(BlockId block, std::uint32_t index) { return unit_.blocks[block].nodes[index]; }
    OpenScope& open() { return open_.back(); }

    Unit& unit_;
    UnitKind kind_;
    Ticker& ticker_;
    std::vector<OpenScope> open_;
    std::vector<NameId> labels_after_;  ///< of the section's own elements, by index
    std::unordered_map<BlockId, std::vector<std::uint32_t>> known_after_;
};

std::string name_of(const Node& node) {
    return node.field == nullptr ? std::string("optional") : in_quotes(node.field->name);
}

// ---- scopes -----------------------------------------------------------------------------------

Size Bounder::bound_scope(ScopeId id, bool end_is_known) {
    open_.emplace_back();
    const std::size_t names = unit_.scopes[id].names.size();
    open().id = id;
    open().end_is_known = end_is_known;
    open().lengths.assign(names, none);
    open().counts.assign(names, none);
    open().offsets.assign(names, none);
    open().last_positions.assign(names, 0);
    const Size size = bound_block(unit_.scopes[id].block);
    check_rests();
    open_.pop_back();
    return size;
}

Size Bounder::bound_block(BlockId id) {
    Size size = fixed_size(0);
    for (std::uint32_t index = 0; index < unit_.blocks[id].nodes.size(); ++index) {
        ticker_.tick();
        const Size of_node = bound_node(id, index);
        Node& node = node_at(id, index);
        node.fixed = of_node.fixed;
        node.size_known_at = of_node.known_at;
        if (node.name != none) {
            open().last_positions[node.name] = node.position;
        }
        size.append(of_node);
    }
    return size;
}

Size Bounder::bound_node(BlockId block, std::uint32_t index) {
    const Node& node = node_at(block, index);
    switch (node.kind) {
        case Node::Kind::bits:
            return bound_bits(node);
        case Node::Kind::bytes:
        case Node::Kind::tlv:
            return bound_bytes(block, index);
        case Node::Kind::align:
            // Its size is known where the taken bits of its byte are known (alignment.cpp).
            return node.fixed ? fixed_size(*node.fixed) : Size{0, std::nullopt, none};
        case Node::Kind::values:
        case Node::Kind::list:
            return bound_list(block, index);
        case Node::Kind::object:
            return bound_object(block, index);
        case Node::Kind::choice:
            return bound_choice(block, index);
        case Node::Kind::optional:
            return bound_optional(block, index);
        case Node::Kind::label:
            return fixed_size(0);
    }
    __builtin_unreachable();
}

Size Bounder::bound_bits(const Node& node) {
    switch (node.field->source.kind) {
        case Source::Kind::length_of_rest:
            say({Said::What::end, none, node.position});
            break;
        case Source::Kind::length_of_field:
            say({Said::What::length, node.measured, node.position});
            break;
        case Source::Kind::count_of:
            say({Said::What::count, node.measured, node.position});
            break;
        case Source::Kind::offset_of_label:
            say({Said::What::offset, node.measured, node.position});
            break;
        default:
            break;
    }
    return fixed_size(*node.field->width);
}

Size Bounder::bound_bytes(BlockId block, std::uint32_t index) {
    const Node& node = node_at(block, index);
    if (node.field->width) {
        return fixed_size(*node.field->width);
    }
    Size size{0, std::nullopt, none};
    if (node.kind == Node::Kind::tlv && open().counts[node.name] != none) {
        node_at(block, index).is_counted = true;
        size.known_at = open().lengths[node.name];
        return size;
    }
    end_by_name(block, index, size);
    return size;
}

/// Ends an element by the length of its name, by the next label's offset, or by the end of the
/// braces.
void Bounder::end_by_name(BlockId block, std::uint32_t index, Size& size) {
    Node& node = node_at(block, index);
    if (open().lengths[node.name] != none) {
        node.ends = EndsBy::length;
        size.known_at = open().lengths[node.name];
        return;
    }
    const NameId label = open_.size() == 1 && block == 0 ? label_after(index) : none;
    if (label != none && open().offsets[label] != none) {
        node.ends = EndsBy::offset;
        node.label = label;
        open().rests.push_back({block, index});
        return;
    }
    end_by_rest(block, index);
}

void Bounder::end_by_rest(BlockId block, std::uint32_t index) {
    node_at(block, index).ends = EndsBy::rest;
    open().rests.push_back({block, index});
    if (!open().end_is_known && open().end == none) {
        unit_.scopes[open().id].needs_end = true;
    }
}

/// The nearest label after an element of the section's own braces.
NameId Bounder::label_after(std::uint32_t index) {
    const std::vector<Node>& nodes = unit_.blocks.front().nodes;
    if (labels_after_.empty()) {
        labels_after_.assign(nodes.size(), none);
        for (std::size_t next = nodes.size() - 1; next > 0; --next) {
            const bool is_label = nodes[next].kind == Node::Kind::label;
            labels_after_[next - 1] = is_label ? nodes[next].name : labels_after_[next];
        }
    }
    return labels_after_[index];
}

Size Bounder::bound_list(BlockId block, std::uint32_t index) {
    Size item;
    if (node_at(block, index).kind == Node::Kind::values) {
        item = fixed_size(*node_at(block, index).field->width);
    } else {
        const ScopeId scope = unit_.blocks[node_at(block, index).block].scope;
        item = bound_scope(scope, false);
        if (unit_.scopes[scope].needs_end) {
            refuse_endless(node_at(block, index), nullptr);
        }
    }
    Node& node = node_at(block, index);
    if (item.smallest == 0) {
        refuse_layout(node.at, "an item of list " + name_of(node) + " may take no bits",
                      "braces that may be empty", "an element that is always there");
    }
    node.item_bits = item.fixed.value_or(0);
    if (node.count > 0) {
        Size size{times(node.count, item.smallest), std::nullopt, none};
        if (item.fixed) {
            size = fixed_size(times(node.count, *item.fixed));
        }
        return size;
    }
    Size size{0, std::nullopt, none};
    if (open().counts[node.name] != none) {
        node.is_counted = true;
        size.known_at = item.fixed ? open().counts[node.name] : open().lengths[node.name];
        return size;
    }
    end_by_name(block, index, size);
    return size;
}

/// An object that knows itself where it ends needs no length or end.
Size Bounder::bound_object(BlockId block, std::uint32_t index) {
    const bool has_length = open().lengths[node_at(block, index).name] != none;
    Size body;
    bool needs_end = false;
    if (const Unit* const unit = node_at(block, index).unit) {
        body = {unit->smallest, unit->fixed, unit->fixed ? 0 : none};
        needs_end = unit->scopes.front().needs_end;
    } else {
        const ScopeId scope = unit_.blocks[node_at(block, index).block].scope;
        body = bound_scope(scope, has_length);
        needs_end = unit_.scopes[scope].needs_end;
        body.known_at = body.fixed ? 0 : none;
    }
    Node& node = node_at(block, index);
    if (node.unit != nullptr && body.smallest == 0) {
        refuse_layout(node.field->type_at,
                      "definition " + in_quotes(node.unit->name) + " may take no bits",
                      "braces that may be empty", "an element that is always there");
    }
    if (has_length) {
        node.ends = EndsBy::length;
        node.is_nullable = true;
        return {0, std::nullopt, open().lengths[node.name]};
    }
    if (needs_end) {
        end_by_rest(block, index);
    }
    return body;
}

Size Bounder::bound_optional(BlockId block, std::uint32_t index) {
    end_by_rest(block, index);
    const BlockId body = node_at(block, index).block;
    const std::size_t before = open().said.size();
    const Size size = bound_block(body);
    take_back(before);
    Node& node = node_at(block, index);
    if (size.smallest == 0 || !has_sure_key(body)) {
        refuse_layout(node.at,
                      size.smallest == 0 ? "optional braces that may take no bits"
                                         : "optional braces without a key that always has a value",
                      "\"optional\"",
                      "an element in them that is always there and takes a value other than NULL");
    }
    refuse_keys_outside(node);
    return {0, std::nullopt, none};
}

/// Arms are there by what was read before; what all of them say is said after them.
Size Bounder::bound_choice(BlockId block, std::uint32_t index) {
    const std::vector<PlannedArm> arms = node_at(block, index).arms;
    const BlockId otherwise = node_at(block, index).otherwise;
    Size size{far, std::nullopt, 0};
    std::vector<Said> common;
    for (std::size_t arm = 0; arm < arms.size(); ++arm) {
        size.known_at = std::max(size.known_at, known_at(arms[arm].condition));
        bound_arm(arms[arm].block, arm == 0, size, common);
    }
    if (otherwise == none) {
        size.smallest = 0;
        size.fixed = size.fixed == std::optional<std::uint64_t>(0) ? size.fixed : std::nullopt;
        return size;
    }
    bound_arm(otherwise, false, size, common);
    for (const Said& said : common) {
        say(said);
    }
    return size;
}

/// Adds an arm to the size of its choice, and leaves in `common` what it says like those before.
void Bounder::bound_arm(BlockId arm, bool is_first, Size& size, std::vector<Said>& common) {
    const std::size_t before = open().said.size();
    const Size of_arm = bound_block(arm);
    const std::vector<Said> said = take_back(before);
    size.smallest = std::min(size.smallest, of_arm.smallest);
    size.known_at = std::max(size.known_at, of_arm.known_at);
    if (is_first) {
        common = said;
        size.fixed = of_arm.fixed;
    } else {
        keep_common(common, said);
        size.fixed = size.fixed == of_arm.fixed ? size.fixed : std::nullopt;
    }
}

/// Leaves what both say, at the later place.
void Bounder::keep_common(std::vector<Said>& common, const std::vector<Said>& said) {
    std::map<std::pair<Said::What, NameId>, std::uint32_t> positions;
    for (const Said& other : said) {
        positions.emplace(std::pair(other.what, other.name), other.position);
    }
    std::erase_if(common, [&](Said& known) {
        const auto again = positions.find({known.what, known.name});
        if (again != positions.end()) {
            known.position = std::max(known.position, again->second);
        }
        return again == positions.end();
    });
}

// ---- what is said before ----------------------------------------------------------------------

std::uint32_t& Bounder::place_of(const Said& said) {
    switch (said.what) {
        case Said::What::length:
            return open().lengths[said.name];
        case Said::What::count:
            return open().counts[said.name];
        case Said::What::offset:
            return open().offsets[said.name];
        case Said::What::end:
            return open().end;
    }
    __builtin_unreachable();
}

void Bounder::say(Said said) {
    std::uint32_t& place = place_of(said);
    if (place == none) {
        place = said.position;
        open().said.push_back(said);
    }
}

/// Takes back the measures that an arm gives: they hold in it alone.
std::vector<Bounder::Said> Bounder::take_back(std::size_t from) {
    std::vector<Said> taken(open().said.begin() + static_cast<std::ptrdiff_t>(from),
                            open().said.end());
    open().said.resize(from);
    for (const Said& said : taken) {
        place_of(said) = none;
    }
    return taken;
}

/// When a condition on fields of these braces can be tested.
std::uint32_t Bounder::known_at(ConditionId id) const {
    const TestedCondition& condition = unit_.conditions[id];
    if (condition.kind == Condition::Kind::comparison) {
        return condition.field.levels > 0 ? 0 : open_.back().last_positions[condition.field.name];
    }
    std::uint32_t latest = 0;
    for (const ConditionId operand : condition.operands) {
        latest = std::max(latest, known_at(operand));
    }
    return latest;
}

// ---- what is after an element -----------------------------------------------------------------

void Bounder::check_rests() {
    for (const Rest& rest : open().rests) {
        const Node& node = node_at(rest.block, rest.index);
        if (is_known_after(rest)) {
            continue;
        }
        if (const Node* const unknown = first_unknown(rest)) {
            refuse_endless(node, unknown);
        }
    }
}

/// Whether all after an element is known, up to the end of the braces: what nearly all are asked.
bool Bounder::is_known_after(const Rest& rest) {
    const std::uint32_t position = node_at(rest.block, rest.index).position;
    std::size_t index = rest.index + std::size_t{1};
    for (BlockId block = rest.block; block != none; block = unit_.blocks[block].outer) {
        const std::uint32_t known = known_after(block, index);
        if (known == none || known > position) {
            return false;
        }
        index = unit_.blocks[block].outer_index + std::size_t{1};
    }
    return true;
}

/// The latest size_known_at from an element of a block on.
std::uint32_t Bounder::known_after(BlockId block, std::size_t index) {
    std::vector<std::uint32_t>& after = known_after_[block];
    const std::vector<Node>& nodes = unit_.blocks[block].nodes;
    if (after.empty()) {
        after.assign(nodes.size() + 1, 0);
        for (std::size_t i = nodes.size(); i-- > 0;) {
            after[i] = std::max(after[i + 1], nodes[i].size_known_at);
        }
    }
    return after[index];
}

/// The first element after this one, up to the end of the braces or to the label that ends it, of
/// which it is not known how much it takes when this one is met.
const Node* Bounder::first_unknown(const Rest& rest) const {
    const Node& node = unit_.blocks[rest.block].nodes[rest.index];
    BlockId block = rest.block;
    std::size_t index = rest.index + std::size_t{1};
    while (block != none) {
        const PlannedBlock& planned = unit_.blocks[block];
        for (; index < planned.nodes.size(); ++index) {
            const Node& after = planned.nodes[index];
            if (after.kind == Node::Kind::label && after.name == node.label) {
                return nullptr;
            }
            if (after.size_known_at == none || after.size_known_at > node.position) {
                return &after;
            }
        }
        index = planned.outer_index + std::size_t{1};
        block = planned.outer;
    }
    return nullptr;
}

void Bounder::refuse_endless(const Node& node, const Node* next) const {
    if (next == nullptr) {
        const Node& list = node;
        refuse_layout(list.at, "where an item of list " + name_of(list) + " ends cannot be decoded",
                      "an element in it that ends where the item ends",
                      "length(…) before that element, or length() at the item's beginning");
    }
    refuse_layout(
        next->at,
        "where " + name_of(node) + " ends and " + name_of(*next) + " begins cannot be decoded",
        "no length or count before " + name_of(node) + " that bounds either",
        "length(…) of one of them before it");
}

// ---- optional ---------------------------------------------------------------------------------

/// Whether a reader that finds these braces hands back a value that is not NULL, so that a writer
/// writes them again.
bool Bounder::has_sure_key(BlockId id) const {
    for (const Node& node : unit_.blocks[id].nodes) {
        if (node.kind == Node::Kind::choice) {
            bool all = node.otherwise != none && has_sure_key(node.otherwise);
            for (const PlannedArm& arm : node.arms) {
                all = all && has_sure_key(arm.block);
            }
            if (all) {
                return true;
            }
            continue;
        }
        const bool takes_null = node.is_nullable || node.field == nullptr ||
                                node.field->default_value.has_value() || is_null_a_value(node);
        if (node.key != none && !takes_null) {
            return true;
        }
    }
    return false;
}

/// A key that an element outside takes, too, would have the braces written for its sake. Those of
/// one name stand in different arms: if one is there, the other is not.
void Bounder::refuse_keys_outside(Node& optional) {
    Scope& scope = unit_.scopes[open().id];
    std::set<std::pair<KeyId, NameId>> inside;
    collect_names(optional.block, inside);
    std::set<NameId> names;
    for (const auto& [key, name] : inside) {
        names.insert(name);
    }
    std::map<KeyId, std::uint32_t> uses;
    for (const NameId name : names) {
        for (const KeyOfName& of_name : scope.keys_of_name[name]) {
            if (inside.contains({of_name.key, name})) {
                uses[of_name.key] += of_name.uses;
            }
        }
    }
    for (const auto& [key, count] : uses) {
        if (scope.keys[key].uses > count) {
            refuse_layout(optional.at,
                          "key " + in_quotes(scope.keys[key].name) +
                              " of optional braces is also one outside of them",
                          in_quotes(scope.keys[key].name),
                          "a source of elements in the braces alone");
        }
        scope.keys[key].may_be_missing = true;
        scope.keys[key].is_optional = true;
        optional.keys.push_back(key);
    }
}

void Bounder::collect_names(BlockId id, std::set<std::pair<KeyId, NameId>>& names) const {
    for (const Node& node : unit_.blocks[id].nodes) {
        if (node.key != none) {
            names.emplace(node.key, node.name);
        }
        for (const PlannedArm& arm : node.arms) {
            collect_names(arm.block, names);
        }
        if (node.otherwise != none) {
            collect_names(node.otherwise, names);
        }
        if (node.kind == Node::Kind::optional) {
            collect_names(node.block, names);
        }
    }
}

}  // namespace

void bound_unit(Unit& unit, UnitKind kind, Ticker& ticker) {
    Bounder(unit, kind, ticker).bound();
}

}  // namespace onetrip::section::tables
