// FHIR's Questionnaire, as R4 and R5 have it, and STU3's names of the same. The answers are a
// QuestionnaireResponse. Knows of no other dialect.

#include <algorithm>
#include <array>
#include <unordered_map>

#include "submission/dialects/members.hpp"
#include "submission/dialects/open_arrays.hpp"
#include "submission/dialects/rooms.hpp"

namespace onetrip::submission::dialects::fhir {

namespace {

/// A type of an item: its answers' type, and the names of value[x] that it takes.
struct ItemType {
    std::string_view name;
    std::string_view answer_type;
    std::string_view value;
    std::string_view other_value;
};

constexpr std::array<ItemType, 16> item_types = {
    {{"boolean", "boolean", "valueBoolean", {}},
     {"decimal", "number", "valueDecimal", {}},
     {"integer", "integer", "valueInteger", {}},
     {"date", "date", "valueDate", {}},
     {"dateTime", "datetime", "valueDateTime", {}},
     {"time", "time", "valueTime", {}},
     {"string", "text", "valueString", {}},
     {"text", "text", "valueString", {}},
     {"url", "text", "valueUri", {}},
     {"attachment", "json", "valueAttachment", {}},
     {"reference", "text", "valueReference", {}},
     {"quantity", "number", "valueQuantity", {}},
     {"choice", "text", "valueCoding", {}},
     {"open-choice", "text", "valueCoding", "valueString"},
     {"coding", "text", "valueCoding", {}},
     {"question", "text", {}, {}}}};

const ItemType* item_type_named(std::optional<std::string_view> name) {
    const auto* const found = std::find_if(item_types.begin(), item_types.end(),
                                           [&](const ItemType& type) { return type.name == name; });
    return found == item_types.end() ? nullptr : found;
}

/// value[x]
bool is_value(std::string_view name) {
    constexpr std::string_view value = "value";
    return name.starts_with(value) && name.size() > value.size();
}

/// The first object of an array.
std::optional<Object> first_object(Array array) {
    for (const Value element : array) {
        if (element.kind() == Kind::object) {
            return element.object();
        }
    }
    return std::nullopt;
}

/// Whether there is an element that is not null.
bool has_elements(Array array) {
    return std::any_of(array.begin(), array.end(),
                       [](Value element) { return element.kind() != Kind::null; });
}

// ---- labels ----

/// The text of an extension "translation" and its language.
void add_translation(Object extension, Languages& languages) {
    std::optional<Object> lang;
    std::optional<Object> content;
    for (const Value element : elements(extension, "extension")) {
        const Object part = object_of(element);
        lang = has_text(part, "url", "lang") ? part : lang;
        content = has_text(part, "url", "content") ? part : content;
    }
    if (!lang || !content) {
        return;
    }
    const auto language = text(*lang, "valueCode");
    const auto string = string_value(*content, "valueString");
    const auto label = string ? string : string_value(*content, "valueMarkdown");
    if (language && label) {
        languages.emplace_back(*language, *label);
    }
}

Word label_of(Object item) {
    const std::optional<Value> said = string_value(item, "text");
    Languages languages;
    if (said) {
        languages.emplace_back("default", *said);
    }
    for (const Value element : elements(object(item, "_text"), "extension")) {
        const Object extension = object_of(element);
        if (text(extension, "url").value_or("").ends_with("/translation")) {
            add_translation(extension, languages);
        }
    }
    const bool is_default =
        std::all_of(languages.begin(), languages.end(),
                    [](const auto& language) { return language.first == "default"; });
    return is_default ? word_of(said) : Word(std::move(languages));
}

// ---- choices ----

/// False if there is nothing in a Coding or the like that can be compared.
bool add_coding(std::string_view name, Object coding, Choices& choices) {
    std::optional<Value> value;
    if (name == "valueCoding") {
        value = scalar(coding, "code") ? scalar(coding, "code") : scalar(coding, "display");
    } else {
        value = scalar(coding, "reference");
    }
    if (value) {
        choices.push_back({*value, word_of(scalar(coding, "display"))});
    }
    return value.has_value();
}

/// False if an option has no value that can be compared.
bool add_option(Object option, Choices& choices) {
    for (const Member value : option) {
        if (!is_value(value.key)) {
            continue;
        }
        if (value.value.kind() == Kind::object) {
            return add_coding(value.key, value.value.object(), choices);
        }
        if (is_scalar(value.value)) {
            choices.push_back({value.value, {}});
            return true;
        }
    }
    return false;
}

/// nullopt unless every option is a choice.
std::optional<Choices> choices_of_options(Array options) {
    Choices choices;
    for (const Value option : options) {
        if (option.kind() == Kind::object && !add_option(option.object(), choices)) {
            return std::nullopt;
        }
    }
    return choices;
}

/// The concepts of a list, each before those that it contains.
void add_concepts(Array concepts, Choices& choices) {
    OpenArrays open;
    open.open(concepts, FormTree::root);
    while (const auto element = open.next()) {
        const Object concept_ = object_of(element->value);
        if (const std::optional<Value> code = scalar(concept_, "code")) {
            choices.push_back({*code, word_of(scalar(concept_, "display"))});
        }
        open.open(elements(concept_, "contains"), FormTree::root);
    }
}

/// Whether an include's concepts are all that it includes.
bool is_whole(Object include) {
    const std::optional<Value> sets = member(include, "valueSet");
    const bool has_sets = sets && ((sets->is_string() && !sets->string().empty()) ||
                                   (sets->kind() == Kind::array && has_elements(sets->array())));
    return !has_sets && !has_elements(elements(include, "filter")) &&
           first_object(elements(include, "concept"));
}

/// The codes of a ValueSet; nullopt unless all of them are in it.
std::optional<Choices> choices_of_set(Object set) {
    Choices choices;
    const Array expansion = elements(object(set, "expansion"), "contains");
    if (first_object(expansion)) {
        add_concepts(expansion, choices);
        return choices;
    }
    const Object compose = object(set, "compose");
    const Array includes = elements(compose, "include");
    for (const Value element : includes) {
        if (element.kind() == Kind::object) {
            if (!is_whole(element.object())) {
                return std::nullopt;
            }
            add_concepts(elements(element.object(), "concept"), choices);
        }
    }
    const bool is_set = first_object(includes) && !has_elements(elements(compose, "exclude"));
    return is_set ? std::optional(std::move(choices)) : std::nullopt;
}

// ---- items ----

class Translator {
  public:
    Translator(Array contained, FormTree& tree) : tree_(tree) {
        for (const Value set : contained) {
            if (set.kind() == Kind::object) {
                sets_[text(set.object(), "id").value_or("")] = {set.object(), false, {}};
            }
        }
    }

    void add_items(Array items);

  private:
    /// A contained ValueSet, and its choices once they are asked for.
    struct Set {
        Object object;
        bool is_read = false;
        std::optional<std::uint32_t> choices;
    };

    void add_item(Object item, std::uint32_t parent);
    TreeNode question_of(Object item);
    std::optional<std::uint32_t> choices_of(Object item, const std::optional<Array>& options);
    std::optional<std::uint32_t> choices_of_contained(std::string_view reference);

    FormTree& tree_;
    std::unordered_map<std::string_view, Set> sets_;
    OpenArrays items_;
};

std::optional<Array> options_of(Object item) {
    const std::optional<Array> options = array(item, "answerOption");
    return options ? options : array(item, "option");
}

/// The names of value[x] that an item takes; nullopt if that is not known.
std::optional<std::vector<std::string_view>> value_types_of(Object item, const ItemType* type,
                                                            const std::optional<Array>& options) {
    if (type == nullptr) {
        return std::nullopt;
    }
    std::vector<std::string_view> names;
    for (const std::string_view name : {type->value, type->other_value}) {
        if (!name.empty()) {
            names.push_back(name);
        }
    }
    const auto has = [&](std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    std::vector<std::string_view> others;
    for (const Value option : options.value_or(Array())) {
        for (const Member value : object_of(option)) {
            const bool is_there =
                value.value.kind() != Kind::null && value.value.kind() != Kind::array;
            if (is_value(value.key) && is_there && !has(value.key)) {
                others.push_back(value.key);
            }
        }
    }
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    names.insert(names.end(), others.begin(), others.end());
    if (has_text(item, "answerConstraint", "optionsOrString") && !has("valueString")) {
        names.emplace_back("valueString");
    }
    return names;
}

void set_common(TreeNode& node, Object item) {
    node.slug = text(item, "linkId");
    node.tag = node.slug;
    node.label = label_of(item);
    node.repeats = is_true(item, "repeats");
    node.is_required = is_true(item, "required");
    if (const std::optional<Array> conditions = array(item, "enableWhen")) {
        std::vector<Value> objects;
        for (const Value condition : *conditions) {
            if (condition.kind() == Kind::object) {
                objects.push_back(condition);
            }
        }
        node.relevant = std::move(objects);
    }
}

void Translator::add_items(Array items) {
    items_.open(items, FormTree::root);
    while (const auto item = items_.next()) {
        tree_.tick();
        if (item->value.kind() == Kind::object) {
            add_item(item->value.object(), item->node);
        }
    }
}

void Translator::add_item(Object item, std::uint32_t parent) {
    const std::optional<std::string_view> type = text(item, "type");
    if (type == "display") {
        return;
    }
    const Array items = elements(item, "item");
    const bool is_group = type == "group" || (!type && first_object(items));
    TreeNode node = is_group ? section({}) : question_of(item);
    set_common(node, item);
    const std::uint32_t id = tree_.add(parent, std::move(node));
    items_.open(items, id);
}

TreeNode Translator::question_of(Object item) {
    const std::optional<std::string_view> said = text(item, "type");
    const ItemType* const type = item_type_named(said);
    const std::optional<Array> options = options_of(item);
    TreeNode node = question({}, type == nullptr ? "text" : type->answer_type);
    node.value_types = value_types_of(item, type, options);
    node.has_partial_dates = said == "date" || said == "dateTime";
    node.choices = choices_of(item, options);
    const bool is_open = said == "open-choice" ||
                         has_text(item, "answerConstraint", "optionsOrType") ||
                         has_text(item, "answerConstraint", "optionsOrString");
    node.has_open_choices = is_open && node.choices;
    return node;
}

std::optional<std::uint32_t> Translator::choices_of(Object item,
                                                    const std::optional<Array>& options) {
    if (options) {
        std::optional<Choices> choices = choices_of_options(*options);
        return choices ? std::optional(tree_.add_choices(std::move(*choices))) : std::nullopt;
    }
    const auto set = text(item, "answerValueSet");
    const auto reference = set ? set : text(object(item, "options"), "reference");
    return reference ? choices_of_contained(*reference) : std::nullopt;
}

std::optional<std::uint32_t> Translator::choices_of_contained(std::string_view reference) {
    if (!reference.starts_with('#')) {
        return std::nullopt;
    }
    const auto found = sets_.find(reference.substr(1));
    if (found == sets_.end()) {
        return std::nullopt;
    }
    Set& set = found->second;
    if (!set.is_read) {
        set.is_read = true;
        if (std::optional<Choices> choices = choices_of_set(set.object)) {
            set.choices = tree_.add_choices(std::move(*choices));
        }
    }
    return set.choices;
}

}  // namespace

void translate(Value value, FormTree& tree) {
    const Object form = object_of(value);
    const auto name =
        filled_text(form, "name") ? filled_text(form, "name") : filled_text(form, "id");
    TreeNode& root = tree.at(FormTree::root);
    root.slug = name.value_or("form");
    root.label = word_of(string_value(form, "title"));
    root.version = word_of(string_value(form, "version"));
    tree.reads_items = true;
    Translator translator(elements(form, "contained"), tree);
    translator.add_items(elements(form, "item"));
}

}  // namespace onetrip::submission::dialects::fhir
