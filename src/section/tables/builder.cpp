// Makes the blocks, scopes and nodes of a unit from the layout as it was written: every name is
// resolved here, and nothing later looks for one. It decides neither ends nor boundaries.

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/words.hpp"
#include "section/language/layout_lexer.hpp"
#include "section/tables/compiler.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::tables {

namespace {

/// lengthCompareJsonbStringValue in jsonb_util.c.
bool comes_before(const std::string& left, const std::string& right) {
    return left.size() != right.size() ? left.size() < right.size() : left < right;
}

bool is_integer(const Field& field) {
    return field.type != nullptr && field.type->coding() == FieldType::Coding::bits &&
           (field.type->sources() == SourceRule::constant ||
            field.type->sources() == SourceRule::computed);
}

[[noreturn]] void refuse_part_as_column(TextPosition at, const std::string& source) {
    refuse_layout(at, "column source " + in_quotes(source) + " is named like a part field",
                  in_quotes(source), "a column of another name, or another name for that field");
}

class Builder {
  public:
    Builder(Unit& unit, UnitKind kind, const Layout& layout, TypeUnits& types, Ticker& ticker)
        : unit_(unit), kind_(kind), layout_(layout), types_(types), ticker_(ticker) {}

    void build(const Block& block) {
        const ScopeId scope = open_scope(none);
        unit_.scopes[scope].block = build_block(block, scope, none, 0);
        close_scope(scope, nullptr);
        find_split();
    }

  private:
    /// The uses of a name of a scope.
    struct Named {
        NameId id = none;
        bool is_field = false;     ///< an integer field that a condition may ask for
        bool is_computed = false;  ///< a length, count, offset or part number
        bool is_other = false;     ///< anything else
        bool is_list = false;
        bool is_label = false;
        bool is_element = false;  ///< anything but a label
        bool takes_null = false;  ///< an element whose NULL is a value: utc, or a default
    };

    /// A length, count, present or offset, which may name an element after it.
    struct OpenMeasure {
        BlockId block;
        std::uint32_t index;
    };

    /// An element that takes a key.
    struct Taker {
        const Field* field;
        bool is_container;  ///< a list, an object, or a tlv with sets
    };

    /// The names and keys that are taken at a place; of a name, whether only constants have it.
    struct Declared {
        std::unordered_map<std::string, bool> names;
        std::unordered_map<KeyId, Taker> keys;
    };

    /// The state of a scope while it is built.
    struct OpenScope {
        std::unordered_map<std::string, Named> names;
        /// The names and keys that are taken where the builder is. Those of an arm are taken out at
        /// its end, so that the next may use them.
        Declared visible;
        std::unordered_map<std::string, KeyId> keys;
        /// Where a key stands among those of a name.
        std::map<std::pair<NameId, KeyId>, std::uint32_t> keys_of_names;
        std::unordered_map<KeyId, std::optional<std::uint64_t>> defaults;
        std::vector<OpenMeasure> measures;
        std::unordered_set<NameId> presents;  ///< names that a present() before has
        std::uint32_t position = 0;
        std::uint32_t arms = 0;        ///< how many `if` and `optional` are open
        Declared* declared = nullptr;  ///< by the innermost of them
        ScopeId id = none;
    };

    ScopeId open_scope(ScopeId outer);
    void close_scope(ScopeId id, const Split* split);
    OpenScope& open() { return open_.back(); }
    Scope& scope() { return unit_.scopes[open().id]; }

    BlockId build_block(const Block& block, ScopeId scope, BlockId outer, std::uint32_t index);
    Node build_field(const Field& written);
    Node build_label(const Label& label);
    Node build_list(const List& list);
    Node build_object(const Object& object);
    Node build_choice(const Choice& choice, BlockId block, std::uint32_t index);
    Node build_optional(const Optional& optional, BlockId block, std::uint32_t index);
    BlockId build_arm(const Block& block, BlockId outer, std::uint32_t index, Declared& declared);
    void take_declared(const Declared& declared);

    const Field& keep(Field field);
    const Field& field_of_braces(const std::string& name, const std::string& source,
                                 TextPosition at, TextPosition source_at);
    static Node::Kind kind_of(const Field& field);
    void resolve_source(Node& node);
    void refuse_misplaced(const Field& field) const;
    bool stands_in_section() const {
        return kind_ == UnitKind::section && open_.size() == 1 && open_.back().arms == 0;
    }

    NameId add_name(const Node& node, const std::string& name, TextPosition at, bool is_constant);
    void describe_name(Named& named, const Node& node);
    void take_key(Node& node, const std::string& source, TextPosition at);
    KeyId key_of(const std::string& name, const Field* field);
    void note_key_of_name(const Node& node);
    void take_part_key(Node& node);
    void check_default(const Node& node, TextPosition at);

    ConditionId build_condition(const Condition& condition);
    Operand find_operand(const Condition& condition);

    void resolve_measures();
    void resolve_measure(Node& node);
    void resolve_present(Node& node, const Named& named);
    void find_split();
    void check_split_by(const Node& node);

    Unit& unit_;
    UnitKind kind_;
    const Layout& layout_;
    TypeUnits& types_;
    Ticker& ticker_;
    std::vector<OpenScope> open_;
    std::optional<Split> split_;
    TextPosition split_at_;
    std::string split_name_;
};

// ---- scopes and blocks ------------------------------------------------------------------------

ScopeId Builder::open_scope(ScopeId outer) {
    const auto id = static_cast<ScopeId>(unit_.scopes.size());
    unit_.scopes.emplace_back();
    unit_.scopes[id].outer = outer;
    open_.emplace_back();
    open().id = id;
    return id;
}

void Builder::close_scope(ScopeId id, const Split* split) {
    if (split != nullptr && !split->key.empty()) {
        if (open().keys.contains(split->key)) {
            refuse_layout(split->at,
                          "the key " + in_quotes(split->key) + " of split is a field of the item",
                          in_quotes(split->key), "a key that no element of the item takes");
        }
        scope().split_key = key_of(split->key, nullptr);
        scope().keys[scope().split_key].names_part = true;
    }
    resolve_measures();
    Scope& closed = unit_.scopes[id];
    closed.sorted.resize(closed.keys.size());
    for (KeyId key = 0; key < closed.keys.size(); ++key) {
        closed.sorted[key] = key;
    }
    std::sort(closed.sorted.begin(), closed.sorted.end(), [&](KeyId left, KeyId right) {
        return comes_before(closed.keys[left].name, closed.keys[right].name);
    });
    open_.pop_back();
}

BlockId Builder::build_block(const Block& block, ScopeId scope, BlockId outer,
                             std::uint32_t index) {
    const auto id = static_cast<BlockId>(unit_.blocks.size());
    unit_.blocks.push_back({{}, scope, outer, index});
    const auto add = [&](Node node) {
        ticker_.tick();
        unit_.blocks[id].nodes.push_back(std::move(node));
    };
    const auto next = [&] { return static_cast<std::uint32_t>(unit_.blocks[id].nodes.size()); };
    for_each(
        block,
        [&](const Field& field) {
            Node node = build_field(field);
            if (node.field->source.kind == Source::Kind::length_of_field ||
                node.field->source.kind == Source::Kind::count_of ||
                node.field->source.kind == Source::Kind::present ||
                node.field->source.kind == Source::Kind::offset_of_label) {
                open().measures.push_back({id, next()});
            }
            add(std::move(node));
        },
        [&](const Label& label) { add(build_label(label)); },
        [&](const List& list) { add(build_list(list)); },
        [&](const Object& object) { add(build_object(object)); },
        [&](const Choice& choice) { add(build_choice(choice, id, next())); },
        [&](const Optional& optional) { add(build_optional(optional, id, next())); });
    return id;
}

// ---- elements ---------------------------------------------------------------------------------

const Field& Builder::keep(Field field) {
    field.default_text = layout_.text_table;
    if (layout_.time_offset && field.type != nullptr &&
        field.type->coding() == FieldType::Coding::bits) {
        const auto& type = static_cast<const BitsType&>(*field.type);
        if (auto local = type.at_offset(*layout_.time_offset)) {
            field.type = local.get();
            unit_.local_types.push_back(std::move(local));
        }
    }
    unit_.fields.push_back(std::move(field));
    return unit_.fields.back();
}

/// A field in name only: messages ask for it.
const Field& Builder::field_of_braces(const std::string& name, const std::string& source,
                                      TextPosition at, TextPosition source_at) {
    Field field;
    field.name = name;
    field.source.name = source;
    field.at = at;
    field.source_at = source_at;
    return keep(std::move(field));
}

Node::Kind Builder::kind_of(const Field& field) {
    if (field.type == nullptr) {
        return Node::Kind::object;
    }
    if (field.type->fills_to_byte()) {
        return Node::Kind::align;
    }
    if (field.type->takes_tlv_format()) {
        return Node::Kind::tlv;
    }
    return field.type->coding() == FieldType::Coding::bits ? Node::Kind::bits : Node::Kind::bytes;
}

Node Builder::build_field(const Field& written) {
    Node node;
    node.field = &keep(written);
    node.at = written.at;
    node.kind = kind_of(written);
    node.position = open().position++;
    refuse_misplaced(written);
    const bool is_constant = written.source.kind == Source::Kind::constant;
    if (node.kind == Node::Kind::object) {
        node.unit = &types_.type(written.definition, written.type_at);
    }
    for (std::size_t set = 0; set < written.sets.size(); ++set) {
        node.sets.push_back(types_.set(written.sets[set], written.sets_at[set]));
    }
    node.name = add_name(node, written.name, written.at, is_constant);
    resolve_source(node);
    if (node.unit != nullptr) {
        scope().keys[node.key].inner.push_back({node.unit, 0});
    }
    if (written.split) {
        split_ = Split{1, "", written.at};
        if (!split_name_.empty()) {
            refuse_layout(written.at, "second element to split",
                          in_quotes(written.name) + " besides " + in_quotes(split_name_),
                          "at most one with split");
        }
        split_name_ = written.name;
    }
    return node;
}

/// Refuses fields that may only stand directly in the section's own braces (tables.md, 2.1).
void Builder::refuse_misplaced(const Field& field) const {
    const Source::Kind kind = field.source.kind;
    const bool is_of_section = kind == Source::Kind::checksum || field.source.is_part() ||
                               kind == Source::Kind::offset_of_label || field.split;
    if (is_of_section && !stands_in_section()) {
        refuse_layout(field.at, "field " + in_quotes(field.name) + " stands in inner braces",
                      kind == Source::Kind::checksum ? "type " + std::string(field.type->name())
                      : field.split                  ? std::string("split")
                                                     : in_quotes(print_source(field.source)),
                      "it directly in the braces of the section");
    }
}

void Builder::resolve_source(Node& node) {
    const Field& field = *node.field;
    if (node.kind == Node::Kind::align || field.source.kind == Source::Kind::constant) {
        node.constant = field.source.constant;
        if (node.kind == Node::Kind::bits) {
            const auto& type = static_cast<const BitsType&>(*field.type);
            node.constant = type.number_to_bits(field.source.constant, *field.width);
        }
    } else if (field.source.kind == Source::Kind::column) {
        take_key(node, field.source.name, field.source_at);
        if (field.default_value) {
            const auto& type = static_cast<const BitsType&>(*field.type);
            node.constant = type.number_to_bits(field.default_value->number, *field.width);
        }
    } else if (field.source.is_part()) {
        take_part_key(node);
    }
}

Node Builder::build_label(const Label& label) {
    if (!stands_in_section()) {
        refuse_layout(label.at, "label " + in_quotes(label.name) + " stands in inner braces",
                      "a label", "it directly in the braces of the section");
    }
    Node node;
    node.kind = Node::Kind::label;
    node.at = label.at;
    node.position = open().position++;
    node.field = &field_of_braces(label.name, label.name, label.at, label.at);
    node.name = add_name(node, label.name, label.at, false);
    return node;
}

Node Builder::build_list(const List& list) {
    Node node;
    node.kind = list.block == nullptr ? Node::Kind::values : Node::Kind::list;
    node.at = list.at;
    node.position = open().position++;
    node.count = list.count.value_or(0);
    if (list.value) {
        Field value = *list.value;
        value.name = list.name;
        value.source.name = list.source;
        node.field = &keep(std::move(value));
    } else {
        node.field = &field_of_braces(list.name, list.source, list.at, list.source_at);
    }
    if (list.split && !stands_in_section()) {
        refuse_layout(list.at, "list " + in_quotes(list.name) + " stands in inner braces", "split",
                      "it directly in the braces of the section");
    }
    if (list.split && !split_name_.empty()) {
        refuse_layout(list.split->at, "second element to split",
                      in_quotes(list.name) + " besides " + in_quotes(split_name_),
                      "at most one with split");
    }
    node.name = add_name(node, list.name, list.at, false);
    take_key(node, list.source, list.source_at);
    if (list.split) {
        split_ = list.split;
        split_name_ = list.name;
    }
    if (list.block != nullptr) {
        const ScopeId scope = open_scope(open().id);
        unit_.scopes[scope].block = node.block = build_block(*list.block, scope, none, 0);
        close_scope(scope, list.split ? &*list.split : nullptr);
        this->scope().keys[node.key].inner.push_back({&unit_, scope});
    }
    return node;
}

Node Builder::build_object(const Object& object) {
    Node node;
    node.kind = Node::Kind::object;
    node.at = object.at;
    node.position = open().position++;
    node.field = &field_of_braces(object.name, object.name, object.at, object.at);
    node.name = add_name(node, object.name, object.at, false);
    take_key(node, object.name, object.at);
    const ScopeId scope = open_scope(open().id);
    unit_.scopes[scope].block = node.block = build_block(*object.block, scope, none, 0);
    close_scope(scope, nullptr);
    this->scope().keys[node.key].inner.push_back({&unit_, scope});
    return node;
}

/// The names and keys that an arm declares are out of sight in the next, and all of them are taken
/// after them.
BlockId Builder::build_arm(const Block& block, BlockId outer, std::uint32_t index,
                           Declared& declared) {
    Declared* const before = open().declared;
    Declared own;
    open().declared = &own;
    ++open().arms;
    const BlockId id = build_block(block, open().id, outer, index);
    --open().arms;
    open().declared = before;
    for (const auto& [name, is_constant] : own.names) {
        open().visible.names.erase(name);
        const auto [found, is_new] = declared.names.emplace(name, is_constant);
        found->second = found->second && is_constant;
    }
    for (const auto& [key, taker] : own.keys) {
        open().visible.keys.erase(key);
        const auto [found, is_new] = declared.keys.emplace(key, taker);
        found->second = found->second.is_container ? found->second : taker;
    }
    return id;
}

void Builder::take_declared(const Declared& declared) {
    open().visible.names.insert(declared.names.begin(), declared.names.end());
    open().visible.keys.insert(declared.keys.begin(), declared.keys.end());
    if (open().declared != nullptr) {
        open().declared->names.insert(declared.names.begin(), declared.names.end());
        open().declared->keys.insert(declared.keys.begin(), declared.keys.end());
    }
}

Node Builder::build_choice(const Choice& choice, BlockId block, std::uint32_t index) {
    Node node;
    node.kind = Node::Kind::choice;
    node.at = choice.at;
    node.position = open().position++;
    Declared declared;
    for (const Arm& arm : choice.arms) {
        const ConditionId condition = build_condition(arm.condition);
        node.arms.push_back({condition, build_arm(*arm.block, block, index, declared)});
    }
    if (choice.otherwise != nullptr) {
        node.otherwise = build_arm(*choice.otherwise, block, index, declared);
    }
    take_declared(declared);
    return node;
}

Node Builder::build_optional(const Optional& optional, BlockId block, std::uint32_t index) {
    Node node;
    node.kind = Node::Kind::optional;
    node.at = optional.at;
    node.position = open().position++;
    Declared declared;
    node.block = build_arm(*optional.block, block, index, declared);
    take_declared(declared);
    return node;
}

// ---- names and keys ---------------------------------------------------------------------------

NameId Builder::add_name(const Node& node, const std::string& name, TextPosition at,
                         bool is_constant) {
    const auto [seen, is_new] = open().visible.names.emplace(name, is_constant);
    if (!is_new && !(seen->second && is_constant)) {
        refuse_layout(at, "duplicate name " + in_quotes(name), in_quotes(name),
                      "a name that nothing before it in the same braces has");
    }
    if (is_new && open().declared != nullptr) {
        open().declared->names.emplace(name, is_constant);
    }
    const auto [found, added] = open().names.try_emplace(name);
    Named& named = found->second;
    if (added) {
        named.id = static_cast<NameId>(scope().names.size());
        scope().names.push_back(name);
        scope().keys_of_name.emplace_back();
        scope().is_counted.push_back(false);
    }
    describe_name(named, node);
    return named.id;
}

void Builder::describe_name(Named& named, const Node& node) {
    const Source::Kind source = node.field->source.kind;
    named.is_label = named.is_label || node.kind == Node::Kind::label;
    named.is_element = named.is_element || node.kind != Node::Kind::label;
    named.is_list = named.is_list || node.kind == Node::Kind::list ||
                    node.kind == Node::Kind::values || node.kind == Node::Kind::tlv;
    const bool is_field = node.kind == Node::Kind::bits && is_integer(*node.field);
    const bool is_plain = source == Source::Kind::column || source == Source::Kind::constant ||
                          source == Source::Kind::present;
    named.is_field = named.is_field || (is_field && is_plain);
    named.is_computed = named.is_computed || (is_field && !is_plain);
    named.is_other = named.is_other || !is_field;
    named.takes_null =
        named.takes_null || node.field->default_value.has_value() || is_null_a_value(node);
}

KeyId Builder::key_of(const std::string& name, const Field* field) {
    const auto next = static_cast<KeyId>(scope().keys.size());
    const auto [found, is_new] = open().keys.emplace(name, next);
    if (is_new) {
        ScopeKey key;
        key.name = name;
        key.field = field;
        scope().keys.push_back(std::move(key));
    }
    return found->second;
}

/// Elements that take their value from one key. An element that holds JSON of its own shares its
/// key with none that may stand next to it: no reader could recover one value that both were
/// written from.
void Builder::take_key(Node& node, const std::string& source, TextPosition at) {
    node.key = key_of(source, node.field);
    ScopeKey& key = scope().keys[node.key];
    const bool is_container = node.kind == Node::Kind::list || node.kind == Node::Kind::values ||
                              node.kind == Node::Kind::object || !node.sets.empty();
    const auto [taken, is_new] =
        open().visible.keys.emplace(node.key, Taker{node.field, is_container});
    if (!is_new && (is_container || taken->second.is_container)) {
        refuse_layout(at,
                      "source " + in_quotes(source) + " is shared by " +
                          in_quotes(taken->second.field->name) + " and " +
                          in_quotes(node.field->name),
                      in_quotes(source), "a source that no other element has");
    }
    if (is_new && open().declared != nullptr) {
        open().declared->keys.emplace(node.key, Taker{node.field, is_container});
    }
    if (key.names_part && key.uses == 0) {
        refuse_part_as_column(at, source);
    }
    ++key.uses;
    key.is_container = key.is_container || is_container;
    scope().has_shared_keys = scope().has_shared_keys || key.uses > 1;
    const bool may_be_missing = open().arms > 0 || node.field->default_value.has_value();
    key.may_be_missing = key.may_be_missing && may_be_missing;
    note_key_of_name(node);
    check_default(node, at);
}

void Builder::note_key_of_name(const Node& node) {
    std::vector<KeyOfName>& keys = scope().keys_of_name[node.name];
    const auto [found, is_new] = open().keys_of_names.try_emplace(
        {node.name, node.key}, static_cast<std::uint32_t>(keys.size()));
    if (is_new) {
        keys.push_back({node.key, 0});
    }
    ++keys[found->second].uses;
}

/// A key in a JSON row that is named like a part field sets it. A column of that name would be read
/// from rows, but not sent as the part's number.
void Builder::take_part_key(Node& node) {
    node.key = key_of(node.field->name, node.field);
    ScopeKey& key = scope().keys[node.key];
    if (key.uses > 0) {
        refuse_part_as_column(key.field->source_at, key.name);
    }
    key.names_part = true;
}

/// Fields of one source are written from one value, also if it is absent.
void Builder::check_default(const Node& node, TextPosition at) {
    std::optional<std::uint64_t> number;
    if (node.field->default_value) {
        number = node.field->default_value->number;
    }
    const auto [found, is_new] = open().defaults.emplace(node.key, number);
    if (!is_new && found->second != number) {
        refuse_layout(at,
                      "fields of the source " + in_quotes(scope().keys[node.key].name) +
                          " have different defaults",
                      number ? std::to_string(*number) : "no default",
                      found->second ? "default " + std::to_string(*found->second) : "no default");
    }
}

// ---- conditions -------------------------------------------------------------------------------

ConditionId Builder::build_condition(const Condition& condition) {
    TestedCondition built;
    built.kind = condition.kind;
    if (condition.kind == Condition::Kind::comparison) {
        built.field = find_operand(condition);
        built.comparison = condition.comparison;
        built.constant = condition.constant.number;
        if (condition.mask) {
            built.mask = condition.mask->number;
        }
    }
    for (const Condition& operand : condition.operands) {
        built.operands.push_back(build_condition(operand));
    }
    const auto id = static_cast<ConditionId>(unit_.conditions.size());
    unit_.conditions.push_back(std::move(built));
    return id;
}

/// Finds the field in the innermost braces that have its name.
Operand Builder::find_operand(const Condition& condition) {
    for (std::uint32_t levels = 0; levels < open_.size(); ++levels) {
        OpenScope& open = open_[open_.size() - 1 - levels];
        const auto found = open.names.find(condition.field);
        if (found == open.names.end()) {
            continue;
        }
        const Named& named = found->second;
        if (named.is_computed || named.is_other) {
            refuse_layout(condition.at,
                          "condition on " + in_quotes(condition.field) + ", which is " +
                              (named.is_computed ? "computed" : "no integer field"),
                          in_quotes(condition.field),
                          "an integer field that is a column, a constant or present()");
        }
        return {levels, named.id};
    }
    refuse_layout(condition.at, "condition on unknown or later field " + in_quotes(condition.field),
                  in_quotes(condition.field), "a field before it");
}

// ---- measures ---------------------------------------------------------------------------------

void Builder::resolve_measures() {
    for (const OpenMeasure& measure : open().measures) {
        ticker_.tick();
        resolve_measure(unit_.blocks[measure.block].nodes[measure.index]);
    }
}

void Builder::resolve_measure(Node& node) {
    const Source& source = node.field->source;
    const bool is_offset = source.kind == Source::Kind::offset_of_label;
    const bool is_count = source.kind == Source::Kind::count_of;
    const auto found = open().names.find(source.name);
    const Named named = found == open().names.end() ? Named() : found->second;
    if (is_offset && !named.is_label) {
        refuse_layout(node.field->source_at, "unknown label " + in_quotes(source.name),
                      in_quotes(source.name), "a label of the layout");
    }
    if (is_count && !named.is_list) {
        refuse_layout(node.field->source_at, "unknown list " + in_quotes(source.name),
                      in_quotes(source.name), "a list of the same braces");
    }
    if (!is_offset && !named.is_element) {
        refuse_layout(node.field->source_at, "unknown field " + in_quotes(source.name),
                      in_quotes(source.name), "a field, list or object of the same braces");
    }
    if (named.id == node.name) {
        refuse_layout(node.field->source_at,
                      "field " + in_quotes(node.field->name) + " is computed from itself",
                      in_quotes(source.name), "another field");
    }
    node.measured = named.id;
    if (is_count) {
        scope().is_counted[named.id] = true;
    }
    if (source.kind == Source::Kind::present) {
        resolve_present(node, named);
    }
}

/// present() is 1 if the row has a value, so that its key may be absent.
void Builder::resolve_present(Node& node, const Named& named) {
    const std::vector<KeyOfName>& keys = scope().keys_of_name[named.id];
    if (keys.empty() || named.takes_null) {
        refuse_layout(node.field->source_at,
                      "present(" + node.field->source.name + ") of " +
                          (keys.empty() ? "an element that takes no value of the row"
                                        : "a field for which NULL is a value"),
                      in_quotes(node.field->source.name),
                      "an element that is written exactly if the row has a value for it");
    }
    if (!open().presents.insert(named.id).second) {
        return;
    }
    for (const auto& [key, uses] : keys) {
        // The flag would say of the other element, too, whether it is there.
        if (scope().keys[key].uses > uses) {
            refuse_layout(node.field->source_at,
                          "present(" + node.field->source.name + ") of a source that others share",
                          in_quotes(scope().keys[key].name), "a source of that element alone");
        }
        scope().keys[key].may_be_missing = true;
    }
}

// ---- split ------------------------------------------------------------------------------------

void Builder::find_split() {
    bool has_part = false;
    for (const Node& node : unit_.blocks.front().nodes) {
        const bool is_split = node.field != nullptr && node.field->name == split_name_ &&
                              node.kind != Node::Kind::label;
        if (split_ && is_split) {
            unit_.split = &node;
            unit_.split_rule = *split_;
        }
        has_part =
            has_part || (node.field != nullptr && node.field->source.kind == Source::Kind::part);
    }
    for (const Node& node : unit_.blocks.front().nodes) {
        if (node.field != nullptr && node.field->source.kind == Source::Kind::last_part_of) {
            check_split_by(node);
        }
    }
    if (split_ && !split_->key.empty() && !has_part) {
        refuse_layout(split_->at, "split by " + in_quotes(split_->key) + " without a part number",
                      "no field whose source is part()",
                      "one, from which readers know the segment");
    }
}

void Builder::check_split_by(const Node& node) {
    const Source& source = node.field->source;
    if (!split_ || split_->key.empty() || split_->key != source.name) {
        refuse_layout(node.field->source_at,
                      "last_part(" + source.name + ") without split by that key",
                      in_quotes(source.name), "the key of a list with split(n) by");
    }
}

}  // namespace

bool is_null_a_value(const Node& node) {
    return node.kind != Node::Kind::values && node.field->type != nullptr &&
           node.field->type->takes_null();
}

void build_unit(Unit& unit, const Block& block, UnitKind kind, const Layout& layout,
                TypeUnits& types, Ticker& ticker) {
    Builder(unit, kind, layout, types, ticker).build(block);
}

}  // namespace onetrip::section::tables
