// JSON Schema: the union of all branches. Schemas that refer to one another have trees without end,
// so a tree is made level by level, and the deepest levels are left out if there is no room. Knows
// of no other dialect.

#include <algorithm>
#include <array>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "submission/dialects/members.hpp"
#include "submission/dialects/rooms.hpp"

namespace onetrip::submission::dialects::json_schema {

namespace {

/// The types of a schema, a bit each. Null is not one: a value that may be null has its other
/// types.
using Types = std::uint8_t;
constexpr Types string_type = 1;
constexpr Types integer_type = 2;
constexpr Types number_type = 4;
constexpr Types boolean_type = 8;
constexpr Types array_type = 16;
constexpr Types object_type = 32;
constexpr Types unknown_type = 64;

Types type_named(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Types>, 7> types = {{{"string", string_type},
                                                                          {"integer", integer_type},
                                                                          {"number", number_type},
                                                                          {"boolean", boolean_type},
                                                                          {"array", array_type},
                                                                          {"object", object_type},
                                                                          {"null", 0}}};
    for (const auto& [known, type] : types) {
        if (known == name) {
            return type;
        }
    }
    return unknown_type;
}

bool is_schema(Value value) {
    return value.kind() == Kind::object || value.is_boolean();
}

/// The `$ref`s that lead to a schema, as a chain: a schema is not followed into itself.
struct Trail {
    std::uint32_t before;
    std::string_view ref;
};

constexpr std::uint32_t no_trail = 0;

/// A schema and the way to it.
struct Place {
    Value schema;
    std::uint32_t trail = no_trail;
};

/// The source of a node: a place, or two such that are merged.
struct Source {
    Place place;
    bool is_required = false;
    std::optional<std::pair<std::uint32_t, std::uint32_t>> merged;
};

/// The named schemas of a group, in order. A source of each is only looked at when its turn comes.
struct Properties {
    std::vector<std::pair<std::string_view, std::uint32_t>> list;
    std::unordered_map<std::string_view, std::size_t> index;
};

/// A node that a source has been made into; its children are still sources.
struct Shape {
    bool is_group = false;
    std::string_view answer_type = "json";
    Word label;
    bool repeats = false;
    bool is_required = false;
    std::optional<Choices> choices;
    std::unordered_set<std::string> texts;  ///< of the choices
    bool lacks_choices = false;             ///< there were too many: any answer will do
    Properties properties;
    std::string_view problem;
    bool says_array = false;  ///< that its own type is array
};

/// The facts that a schema and all that applies next to it state together.
struct Facts {
    Types types = 0;
    bool says_array = false;
    std::vector<std::pair<std::string_view, Place>> properties;
    std::vector<Place> items;
    Choices values;
    bool has_container = false;  ///< among the values
    bool lacks_values = false;   ///< there were too many
    std::optional<std::string_view> format;
    bool has_formats = false;  ///< more than one
    std::optional<Value> title;
    std::unordered_set<std::string_view> required;
};

class Translator {
  public:
    Translator(Value form, FormTree& tree) : form_(form), tree_(tree), trails_(1) {}

    void translate();

  private:
    /// A step of the making of one shape.
    struct Task {
        enum class Kind : std::uint8_t { make, merge, finish_array };
        Kind kind = Kind::make;
        std::uint32_t source = 0;
        std::optional<Value> title;  ///< of an array
        bool says_array = false;
    };

    /// A group whose children are to be added.
    struct Pending {
        std::uint32_t node;
        Properties properties;
    };

    // Resolving and spreading schemas; all that is read is counted.
    std::optional<Value> target(std::string_view ref);
    std::optional<Value> resolve(std::string_view ref) const;
    bool is_in_trail(std::uint32_t trail, std::string_view ref);
    std::vector<Place> spread(Place place);
    void push_branches(Object schema, std::uint32_t trail, std::vector<Place>& branches);
    bool spend(std::size_t steps) {
        steps_ += steps;
        return steps_ <= most_steps;
    }
    bool is_spent() const { return steps_ > most_steps; }
    bool spend_value(std::size_t steps) {
        value_steps_ += steps;
        return value_steps_ <= most_steps;
    }

    // The facts of a schema.
    Facts facts_of(Place place);
    void add_facts(Object part, std::uint32_t trail, Facts& facts);
    void add_items(Object part, std::uint32_t trail, Facts& facts);
    void add_values(Object part, Facts& facts);

    // Shapes.
    Shape shape_of(std::uint32_t source);
    void make(std::uint32_t source);
    void finish_array(const Task& task);
    Shape group_of(const Facts& facts);
    Shape question_of(const Facts& facts, bool is_required);
    void add_choices(Shape& shape, const Choices& values);
    void drop_choices(Shape& shape);
    void merge(Shape& into, Shape& from);
    void merge_groups(Shape& into, Shape& from);
    void merge_questions(Shape& into, Shape& from);
    std::uint32_t source_of(Place place, bool is_required);
    std::uint32_t merged_source(std::uint32_t left, std::uint32_t right);

    // Nodes.
    void add_node(std::uint32_t parent, std::string_view slug, Shape shape);
    void expand(Pending& group);

    /// Far beyond what schemas of 100,000 nodes take.
    static constexpr std::size_t most_steps = 5000000;  // and as many for choices

    Value form_;
    FormTree& tree_;
    std::vector<Trail> trails_;
    std::unordered_map<std::string_view, std::optional<Value>> targets_;
    std::vector<Source> sources_;
    std::vector<Task> tasks_;
    std::vector<Shape> shapes_;
    std::deque<Pending> pending_;
    std::size_t steps_ = 0;
    std::size_t value_steps_ = 0;
};

// ---- references ----

std::string unescaped(std::string_view token) {
    std::string result;
    for (std::size_t at = 0; at < token.size(); ++at) {
        const std::string_view escape = token.substr(at, 2);
        if (escape == "~0" || escape == "~1") {
            result += escape == "~0" ? '~' : '/';
            ++at;
        } else {
            result += token[at];
        }
    }
    return result;
}

/// An element of an array by the digits of its index.
std::optional<Value> element_at(Array array, std::string_view digits) {
    constexpr std::size_t most_digits = 9;
    const bool is_index = !digits.empty() && digits.size() <= most_digits &&
                          digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (!is_index) {
        return std::nullopt;
    }
    std::size_t index = 0;
    for (const char digit : digits) {
        index = index * 10 + static_cast<std::size_t>(digit - '0');
    }
    return index < array.size() ? std::optional(array.at(index)) : std::nullopt;
}

/// Where a reference within the form leads, a JSON pointer after "#".
std::optional<Value> Translator::resolve(std::string_view ref) const {
    if (!ref.starts_with('#')) {
        return std::nullopt;
    }
    Value at = form_;
    for (std::size_t slash = ref.find('/'); slash != std::string_view::npos;) {
        const std::size_t next = ref.find('/', slash + 1);
        const std::string token = unescaped(ref.substr(slash + 1, next - slash - 1));
        std::optional<Value> found;
        if (at.kind() == Kind::object) {
            found = at.object().find(token);
        } else if (at.kind() == Kind::array) {
            found = element_at(at.array(), token);
        }
        if (!found) {
            return std::nullopt;
        }
        at = *found;
        slash = next;
    }
    return at;
}

std::optional<Value> Translator::target(std::string_view ref) {
    const auto known = targets_.find(ref);
    if (known != targets_.end()) {
        return known->second;
    }
    return targets_[ref] = resolve(ref);
}

bool Translator::is_in_trail(std::uint32_t trail, std::string_view ref) {
    for (; trail != no_trail; trail = trails_[trail].before) {
        if (trails_[trail].ref == ref || !spend(1)) {
            return true;
        }
    }
    return false;
}

// ---- what a schema says ----

/// The schema and all that applies next to it, each before what applies next to that.
std::vector<Place> Translator::spread(Place place) {
    std::vector<Place> parts;
    std::vector<Place> waiting = {place};
    std::vector<Place> branches;
    while (!waiting.empty() && spend(1)) {
        tree_.tick();
        const Place part = waiting.back();
        waiting.pop_back();
        if (part.schema.kind() != Kind::object) {
            continue;
        }
        parts.push_back(part);
        branches.clear();
        push_branches(part.schema.object(), part.trail, branches);
        waiting.insert(waiting.end(), branches.rbegin(), branches.rend());
    }
    return parts;
}

void Translator::push_branches(Object schema, std::uint32_t trail, std::vector<Place>& branches) {
    const std::optional<std::string_view> ref = text(schema, "$ref");
    if (ref && !is_in_trail(trail, *ref)) {
        if (const std::optional<Value> found = target(*ref)) {
            trails_.push_back({trail, *ref});
            branches.push_back({*found, static_cast<std::uint32_t>(trails_.size() - 1)});
        }
    }
    const auto push = [&](Value branch) {
        if (branch.kind() == Kind::object) {
            branches.push_back({branch, trail});
        }
    };
    for (const std::string_view key : {"allOf", "anyOf", "oneOf"}) {
        for (const Value branch : elements(schema, key)) {
            push(branch);
        }
    }
    for (const std::string_view key : {"then", "else"}) {
        push(schema.find(key).value_or(Value()));
    }
    for (const std::string_view key : {"dependencies", "dependentSchemas"}) {
        for (const Member dependency : object(schema, key)) {
            push(dependency.value);
        }
    }
}

Facts Translator::facts_of(Place place) {
    Facts facts;
    const bool has_required = array(object_of(place.schema), "required").has_value();
    for (const Place part : spread(place)) {
        const Object schema = part.schema.object();
        add_facts(schema, part.trail, facts);
        add_items(schema, part.trail, facts);
        add_values(schema, facts);
        for (const Value name : has_required ? elements(schema, "required") : Array()) {
            if (spend(1) && name.is_string()) {
                facts.required.insert(name.string());
            }
        }
    }
    facts.types |= facts.properties.empty() ? 0 : object_type;
    facts.types |= facts.items.empty() ? 0 : array_type;
    return facts;
}

void Translator::add_facts(Object part, std::uint32_t trail, Facts& facts) {
    if (const std::optional<std::string_view> type = text(part, "type")) {
        facts.types |= type_named(*type);
        facts.says_array = facts.says_array || type == "array";
    }
    for (const Value type : elements(part, "type")) {
        if (spend(1) && type.is_string()) {
            facts.types |= type_named(type.string());
        }
    }
    for (const Member property : object(part, "properties")) {
        if (spend(1) && is_schema(property.value)) {
            facts.properties.emplace_back(property.key, Place{property.value, trail});
        }
    }
    if (const std::optional<std::string_view> format = text(part, "format")) {
        facts.has_formats = facts.has_formats || (facts.format && facts.format != format);
        facts.format = format;
    }
    if (!facts.title && !part.find("const")) {
        facts.title = string_value(part, "title");
    }
}

void Translator::add_items(Object part, std::uint32_t trail, Facts& facts) {
    const auto add = [&](Value item) {
        if (spend(1) && is_schema(item)) {
            facts.items.push_back({item, trail});
        }
    };
    const std::optional<Value> items = part.find("items");
    if (items && items->kind() == Kind::object) {
        add(*items);
    }
    for (const std::string_view key : {"items", "prefixItems"}) {
        for (const Value item : elements(part, key)) {
            add(item);
        }
    }
    const std::optional<Value> additional = part.find("additionalItems");
    if (additional && additional->kind() == Kind::object) {
        add(*additional);
    }
}

void Translator::add_values(Object part, Facts& facts) {
    const auto add = [&](Value value, Word label) {
        facts.lacks_values = facts.lacks_values || !spend_value(1);
        if (!facts.lacks_values) {
            facts.has_container = facts.has_container || is_container(value);
            facts.values.push_back({value, std::move(label)});
        }
    };
    for (const Value value : elements(part, "enum")) {
        if (facts.lacks_values) {
            return;
        }
        add(value, {});
    }
    if (const std::optional<Value> only = part.find("const")) {
        add(*only, word_of(string_value(part, "title")));
    }
}

// ---- shapes ----

std::uint32_t Translator::source_of(Place place, bool is_required) {
    sources_.push_back({place, is_required, {}});
    return static_cast<std::uint32_t>(sources_.size() - 1);
}

std::uint32_t Translator::merged_source(std::uint32_t left, std::uint32_t right) {
    sources_.push_back({{}, false, std::pair(left, right)});
    return static_cast<std::uint32_t>(sources_.size() - 1);
}

Shape Translator::shape_of(std::uint32_t source) {
    tasks_.push_back({Task::Kind::make, source, {}, false});
    while (!tasks_.empty()) {
        tree_.tick();
        const Task task = tasks_.back();
        tasks_.pop_back();
        if (task.kind == Task::Kind::make) {
            make(task.source);
        } else if (task.kind == Task::Kind::merge) {
            Shape from = std::move(shapes_.back());
            shapes_.pop_back();
            merge(shapes_.back(), from);
        } else {
            finish_array(task);
        }
    }
    Shape shape = std::move(shapes_.back());
    shapes_.pop_back();
    return shape;
}

void Translator::make(std::uint32_t source) {
    if (const auto merged = sources_[source].merged) {
        tasks_.push_back({Task::Kind::merge, 0, {}, false});
        tasks_.push_back({Task::Kind::make, merged->second, {}, false});
        tasks_.push_back({Task::Kind::make, merged->first, {}, false});
        return;
    }
    const bool is_required = sources_[source].is_required;
    const Facts facts = facts_of(sources_[source].place);
    if (is_spent()) {
        shapes_.emplace_back().problem = FormTree::too_many_nodes;
        return;
    }
    if ((facts.types & array_type) == 0 || facts.items.empty()) {
        const bool is_group = facts.types == object_type && facts.values.empty() &&
                              !facts.lacks_values && !facts.properties.empty();
        shapes_.push_back(is_group ? group_of(facts) : question_of(facts, is_required));
        return;
    }
    // The items of an array are made in order and merged, then it is finished.
    tasks_.push_back({Task::Kind::finish_array, 0, facts.title, facts.says_array});
    for (std::size_t item = facts.items.size(); item-- > 0;) {
        if (item > 0) {
            tasks_.push_back({Task::Kind::merge, 0, {}, false});
        }
        tasks_.push_back({Task::Kind::make, source_of(facts.items[item], is_required), {}, false});
    }
}

/// An array in an array is one value.
void Translator::finish_array(const Task& task) {
    Shape& shape = shapes_.back();
    if (shape.says_array) {
        const std::string_view problem = shape.problem;
        shape = Shape();
        shape.problem = problem;
    }
    shape.says_array = task.says_array;
    shape.repeats = true;
    if (task.title && !task.title->string().empty()) {
        shape.label = *task.title;
    }
}

Shape Translator::group_of(const Facts& facts) {
    Shape shape;
    shape.is_group = true;
    shape.label = word_of(facts.title);
    for (const auto& [name, place] : facts.properties) {
        const std::uint32_t source = source_of(place, facts.required.contains(name));
        const auto [known, is_new] =
            shape.properties.index.emplace(name, shape.properties.list.size());
        if (is_new) {
            shape.properties.list.emplace_back(name, source);
        } else {
            std::uint32_t& old = shape.properties.list[known->second].second;
            old = merged_source(old, source);
        }
    }
    return shape;
}

std::string_view answer_type_of_string(const Facts& facts) {
    if (facts.format && !facts.has_formats) {
        if (facts.format == "date" || facts.format == "time") {
            return *facts.format;
        }
        return facts.format == "date-time" ? "datetime" : "text";
    }
    return "text";
}

/// Empty if the types say none.
std::string_view answer_type_of(const Facts& facts) {
    switch (facts.types) {
        case string_type:
            return answer_type_of_string(facts);
        case integer_type:
            return "integer";
        case number_type:
        case integer_type | number_type:
            return "number";
        case boolean_type:
            return "boolean";
        default:
            return {};
    }
}

Shape Translator::question_of(const Facts& facts, bool is_required) {
    Shape shape;
    shape.label = word_of(facts.title);
    shape.is_required = is_required;
    shape.says_array = facts.says_array;
    shape.repeats = (facts.types & array_type) != 0;
    if ((facts.types & (array_type | object_type)) != 0 || facts.has_container) {
        return shape;
    }
    add_choices(shape, facts.values);
    shape.answer_type = answer_type_of(facts);
    if (shape.answer_type.empty()) {
        const bool has_values = shape.choices || shape.lacks_choices || facts.lacks_values;
        shape.answer_type = facts.types != 0 || has_values ? "text" : "json";
    }
    if (shape.answer_type == "boolean") {
        shape.choices.reset();
    } else if (facts.lacks_values) {
        drop_choices(shape);
    }
    return shape;
}

/// Each text once.
void Translator::add_choices(Shape& shape, const Choices& values) {
    for (const Choice& choice : values) {
        const Value value = std::get<Value>(choice.value);
        if (value.kind() == Kind::null) {
            continue;
        }
        std::string text = text_of(value);
        if (!spend_value(1 + text.size() / 64)) {
            drop_choices(shape);
            return;
        }
        if (shape.texts.insert(std::move(text)).second) {
            shape.choices = shape.choices ? std::move(shape.choices) : Choices();
            shape.choices->push_back(choice);
        }
    }
}

/// A list that is not whole would make answers wrong that are right.
void Translator::drop_choices(Shape& shape) {
    shape.lacks_choices = true;
    shape.choices.reset();
    shape.texts.clear();
    if (shape.problem.empty()) {
        shape.problem = FormTree::too_many_choices;
    }
}

void Translator::merge(Shape& into, Shape& from) {
    const bool says_array = into.says_array || from.says_array;
    if (into.problem.empty()) {
        into.problem = from.problem;
    }
    if (into.is_group && from.is_group) {
        merge_groups(into, from);
    } else if (into.is_group || from.is_group) {
        Shape json;
        json.label = into.label;
        json.problem = into.problem;
        into = std::move(json);
    } else {
        merge_questions(into, from);
    }
    into.says_array = says_array;
}

void Translator::merge_groups(Shape& into, Shape& from) {
    Properties& known = into.properties;
    for (const auto& [name, source] : from.properties.list) {
        spend(1);
        const auto [at, is_new] = known.index.emplace(name, known.list.size());
        if (is_new) {
            known.list.emplace_back(name, source);
        } else {
            std::uint32_t& old = known.list[at->second].second;
            old = merged_source(old, source);
        }
    }
}

/// The type that is both; a json question without choices says nothing of its type.
std::string_view merged_type(std::string_view left, const Shape& right) {
    const std::string_view type = right.answer_type;
    if (left == type || (type == "json" && !right.choices)) {
        return left;
    }
    if (left == "json") {
        return type;
    }
    const auto is_number = [](std::string_view name) {
        return name == "integer" || name == "number";
    };
    return is_number(left) && is_number(type) ? "number" : "text";
}

void Translator::merge_questions(Shape& into, Shape& from) {
    const std::string_view left = into.answer_type;
    const std::string_view right = from.answer_type;
    into.answer_type = merged_type(left, from);
    if (into.lacks_choices || from.lacks_choices) {
        drop_choices(into);
    } else if (into.choices && from.choices) {
        add_choices(into, *from.choices);
    } else if (from.choices && (left == right || left == "json")) {
        into.choices = std::move(from.choices);
        into.texts = std::move(from.texts);
    } else if (into.choices && right != left && right != "json") {
        into.choices.reset();
        into.texts.clear();
    }
}

// ---- nodes ----

void Translator::add_node(std::uint32_t parent, std::string_view slug, Shape shape) {
    TreeNode node = shape.is_group ? section(slug) : question(slug, shape.answer_type);
    node.label = std::move(shape.label);
    node.repeats = shape.repeats;
    node.is_required = shape.is_required;
    node.problem = shape.problem;
    if (shape.choices) {
        node.choices = tree_.add_choices(std::move(*shape.choices));
    }
    const std::uint32_t id = tree_.add(parent, std::move(node));
    if (shape.is_group && id != FormTree::left_out) {
        pending_.push_back({id, std::move(shape.properties)});
    }
}

/// A group that there is no room for is a json question; the root has as many children as there is
/// room for.
void Translator::expand(Pending& group) {
    const bool has_room = group.properties.list.size() < tree_.room() && !is_spent();
    if (!has_room && group.node != FormTree::root) {
        return tree_.cut(group.node);
    }
    for (const auto& [name, source] : group.properties.list) {
        if (tree_.room() == 0) {
            return;
        }
        add_node(group.node, name, shape_of(source));
    }
}

void Translator::translate() {
    Shape root = shape_of(source_of({form_, no_trail}, false));
    tree_.at(FormTree::root).label = std::move(root.label);
    if (root.is_group) {
        pending_.push_back({FormTree::root, std::move(root.properties)});
    }
    while (!pending_.empty()) {
        Pending group = std::move(pending_.front());
        pending_.pop_front();
        expand(group);
    }
}

}  // namespace

void translate(Value form, FormTree& tree) {
    Translator(form, tree).translate();
}

}  // namespace onetrip::submission::dialects::json_schema
