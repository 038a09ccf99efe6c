// Translates form.io's components. Those that only lay a form out leave no trace in the answers.
// Knows of no other dialect.

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/hash.hpp"
#include "submission/dialects/members.hpp"
#include "submission/dialects/open_arrays.hpp"
#include "submission/dialects/rooms.hpp"

namespace onetrip::submission::dialects::formio {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<std::string_view, 5> layouts = {"panel", "fieldset", "well", "tabs", "column"};

constexpr std::array<std::string_view, 3> without_answers = {"content", "htmlelement", "html"};

constexpr std::array<std::string_view, 4> repeats = {"datagrid", "editgrid", "dynamicWizard",
                                                     "datatable"};

constexpr std::array<Pair, 17> answer_types = {{{"number", "number"},
                                                {"currency", "number"},
                                                {"checkbox", "boolean"},
                                                {"datetime", "datetime"},
                                                {"time", "time"},
                                                {"textfield", "text"},
                                                {"textarea", "text"},
                                                {"email", "text"},
                                                {"phoneNumber", "text"},
                                                {"url", "text"},
                                                {"password", "text"},
                                                {"tags", "text"},
                                                {"day", "text"},
                                                {"barcode", "text"},
                                                {"signature", "text"},
                                                {"radio", "text"},
                                                {"phonenumber", "text"}}};

template <std::size_t count>
bool is_one_of(const std::array<std::string_view, count>& words,
               std::optional<std::string_view> word) {
    return word && std::find(words.begin(), words.end(), *word) != words.end();
}

std::optional<std::string_view> answer_type_of(std::optional<std::string_view> type) {
    for (const auto& [name, answer_type] : answer_types) {
        if (name == type) {
            return answer_type;
        }
    }
    return std::nullopt;
}

/// Whether JavaScript takes a value for true.
bool is_truthy(std::optional<Value> value) {
    if (!value) {
        return false;
    }
    switch (value->kind()) {
        case Kind::boolean:
            return value->boolean();
        case Kind::numeric:
        case Kind::string:
            return is_filled(*value);
        case Kind::array:
            return value->array().size() > 0;
        case Kind::object:
            return value->object().size() > 0;
        default:
            return false;
    }
}

bool has_objects(Array array) {
    return std::any_of(array.begin(), array.end(),
                       [](Value element) { return element.kind() == Kind::object; });
}

/// Whether the choices are in the form itself.
bool has_own_values(Object component) {
    return text(component, "dataSrc").value_or("values") == "values";
}

Word condition_of(Object component) {
    if (const auto custom = filled_text(component, "customConditional")) {
        return *custom;
    }
    const std::optional<Value> conditional = member(component, "conditional");
    if (conditional && conditional->kind() == Kind::object) {
        const Object object = conditional->object();
        if (is_truthy(object.find("when")) || is_truthy(object.find("conditions")) ||
            is_truthy(object.find("json"))) {
            return *conditional;
        }
    }
    return {};
}

Choices choices_of(Array values) {
    Choices choices;
    for (const Value element : values) {
        const Object object = object_of(element);
        if (const std::optional<Value> value = scalar(object, "value")) {
            choices.push_back({*value, word_of(text(object, "label"))});
        }
    }
    return choices;
}

class Translator {
  public:
    explicit Translator(FormTree& tree) : tree_(tree) {}

    void add_components(Array components);

  private:
    /// The children of a node by their slugs.
    struct Place {
        std::uint32_t parent;
        std::string_view slug;
        bool operator==(const Place&) const = default;
    };

    struct PlaceHash {
        std::size_t operator()(const Place& place) const {
            return hash_of(place.parent, place.slug);
        }
    };

    bool is_layout(Object component, std::optional<std::string_view> type, std::uint32_t into);
    void add_component(Object component, std::uint32_t into);
    void add_group(Object component, std::string_view key, std::uint32_t into);
    bool is_group(Object component) const;
    void add_boxes(std::uint32_t group, Array values);
    void add_survey(std::uint32_t group, Object component);
    void add_question(Object component, std::string_view key, std::uint32_t into);
    std::optional<std::uint32_t> choices_or_none(Array values);
    std::uint32_t add_at(std::uint32_t into, std::string_view way, TreeNode node);
    std::uint32_t add_child(std::uint32_t parent, TreeNode node);

    FormTree& tree_;
    OpenArrays components_;
    std::unordered_map<Place, std::uint32_t, PlaceHash> groups_;
};

void Translator::add_components(Array components) {
    components_.open(components, FormTree::root);
    while (const auto component = components_.next()) {
        tree_.tick();
        if (component->value.kind() == Kind::object) {
            add_component(component->value.object(), component->node);
        }
    }
}

/// Columns, tables and the like: their components are where they are themselves.
bool Translator::is_layout(Object component, std::optional<std::string_view> type,
                           std::uint32_t into) {
    std::vector<Array> parts;
    const auto add_parts = [&](Array cells) {
        for (const Value cell : cells) {
            parts.push_back(elements(object_of(cell), "components"));
        }
    };
    if (type == "columns") {
        add_parts(elements(component, "columns"));
    } else if (type == "table") {
        for (const Value row : elements(component, "rows")) {
            add_parts(row.kind() == Kind::array ? row.array() : Array());
        }
    } else if (is_one_of(layouts, type)) {
        parts.push_back(elements(component, "components"));
    } else {
        return false;
    }
    std::reverse(parts.begin(), parts.end());  // the last one pushed is the first one walked
    for (const auto& part : parts) {
        components_.open(part, into);
    }
    return true;
}

void Translator::add_component(Object component, std::uint32_t into) {
    const std::optional<std::string_view> type = text(component, "type");
    if (is_layout(component, type, into)) {
        return;
    }
    const std::optional<std::string_view> key = filled_text(component, "key");
    if (!key || is_one_of(without_answers, type)) {
        return;
    }
    const Array components = elements(component, "components");
    if (!type && has_objects(components) && !is_true(component, "input")) {
        return components_.open(components, into);
    }
    if (is_group(component)) {
        return add_group(component, *key, into);
    }
    const bool is_known = answer_type_of(type) || type == "form" || type == "reviewpage" ||
                          type == "selectboxes" || type == "button" || type == "select";
    const std::optional<Value> input = component.find("input");
    const bool is_no_input = input && input->is_boolean() && !input->boolean();
    if (!is_known && is_no_input && has_objects(components)) {
        return components_.open(components, into);
    }
    add_question(component, *key, into);
}

bool Translator::is_group(Object component) const {
    const std::optional<std::string_view> type = text(component, "type");
    if (type == "form" || type == "reviewpage") {
        return has_objects(elements(component, "components"));
    }
    return is_one_of(repeats, type) || type == "container" || type == "tagpad" ||
           type == "survey" || (type == "selectboxes" && has_own_values(component));
}

void Translator::add_group(Object component, std::string_view key, std::uint32_t into) {
    const std::string_view type = text(component, "type").value_or("");
    const Array components = elements(component, "components");
    TreeNode node = section({});
    node.label = word_of(filled_text(component, "label"));
    node.relevant = condition_of(component);
    node.repeats = type == "tagpad" || is_one_of(repeats, type);
    const std::uint32_t group = add_at(into, key, std::move(node));
    if (type == "selectboxes") {
        add_boxes(group, elements(component, "values"));
    } else if (type == "survey") {
        add_survey(group, component);
    } else if (type == "tagpad") {
        components_.open(components, add_child(group, section("data")));
        add_child(group, metadata("coordinate", "json"));
    } else if (type == "form" || type == "reviewpage") {
        components_.open(components, add_child(group, section("data")));
        add_child(group, metadata("_id"));
        add_child(group, metadata("form"));
        add_child(group, metadata("metadata", "json"));
    } else {
        components_.open(components, group);
    }
}

/// form.io writes a box for nothing as well.
void Translator::add_boxes(std::uint32_t group, Array values) {
    bool has_nothing = false;
    for (const Choice& choice : choices_of(values)) {
        const Value value = std::get<Value>(choice.value);
        if (value.is_string()) {
            TreeNode node = question(value.string(), "boolean");
            node.label = choice.label;
            add_child(group, std::move(node));
            has_nothing = has_nothing || value.string().empty();
        }
    }
    if (!has_nothing) {
        add_child(group, metadata("", "boolean"));
    }
}

void Translator::add_survey(std::uint32_t group, Object component) {
    const auto choices = choices_or_none(elements(component, "values"));
    for (const Choice& asked : choices_of(elements(component, "questions"))) {
        const Value value = std::get<Value>(asked.value);
        if (value.is_string()) {
            TreeNode node = question(value.string(), "text");
            node.label = asked.label;
            node.choices = choices;
            add_child(group, std::move(node));
        }
    }
}

void Translator::add_question(Object component, std::string_view key, std::uint32_t into) {
    const std::optional<std::string_view> type = text(component, "type");
    if (type == "button") {
        add_at(into, key, metadata({}, "boolean"));
        return;
    }
    TreeNode node = question({}, answer_type_of(type).value_or("json"));
    node.label = word_of(filled_text(component, "label"));
    node.relevant = condition_of(component);
    if (type == "checkbox" && has_text(component, "inputType", "radio")) {
        node.slug = filled_text(component, "name").value_or(key);
        node.answer_type = "text";
        add_child(into, std::move(node));
        return;
    }
    if (type == "radio" && has_own_values(component)) {
        node.choices = choices_or_none(elements(component, "values"));
    }
    if (type == "select") {
        const Object data = object(component, "data");
        node.choices =
            has_own_values(component) ? choices_or_none(elements(data, "values")) : std::nullopt;
        node.answer_type = node.choices ? "text" : "json";
    }
    const bool is_required = is_true(object(component, "validate"), "required");
    node.is_required =
        is_required && type != "form" && type != "reviewpage" && type != "selectboxes";
    add_at(into, key, std::move(node));
}

std::optional<std::uint32_t> Translator::choices_or_none(Array values) {
    Choices choices = choices_of(values);
    return choices.empty() ? std::nullopt : std::optional(tree_.add_choices(std::move(choices)));
}

/// A key with dots is a way, as lodash's set() takes it.
std::uint32_t Translator::add_at(std::uint32_t into, std::string_view way, TreeNode node) {
    for (std::size_t dot = way.find('.'); dot != std::string_view::npos; dot = way.find('.')) {
        const std::string_view slug = way.substr(0, dot);
        const auto found = groups_.find({into, slug});
        into = found == groups_.end() ? add_child(into, section(slug)) : found->second;
        way.remove_prefix(dot + 1);
    }
    node.slug = way;
    return add_child(into, std::move(node));
}

std::uint32_t Translator::add_child(std::uint32_t parent, TreeNode node) {
    const bool has_children = node.has_children;
    const std::string_view slug = node.slug.value_or("");
    const std::uint32_t id = tree_.add(parent, std::move(node));
    if (has_children) {
        groups_.emplace(Place{parent, slug}, id);
    }
    return id;
}

}  // namespace

void translate(Value value, FormTree& tree) {
    const Object form = object_of(value);
    const std::optional<Value> version = scalar(form, "_vid");
    TreeNode& root = tree.at(FormTree::root);
    root.slug = filled_text(form, "name").value_or("form");
    if (version && !version->is_boolean()) {
        root.version = *version;
    }
    tree.empty_is_null = true;
    Translator translator(tree);
    translator.add_components(elements(form, "components"));
}

}  // namespace onetrip::submission::dialects::formio
