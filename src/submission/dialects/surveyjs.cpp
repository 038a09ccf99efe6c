// SurveyJS's JSON. Panels and pages leave no trace in the answers. Knows of no other dialect.

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.hpp"
#include "submission/dialects/members.hpp"
#include "submission/dialects/rooms.hpp"

namespace onetrip::submission::dialects::surveyjs {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

/// The kind of an element, as far as its answers go.
enum class Kinds : std::uint8_t {
    panel,
    display,
    repeated_panel,
    repeated_matrix,
    matrix_of_cells,
    matrix,
    texts,
    choice,
    text,
    boolean,
    rating,
    plain,
    other,
};

struct ElementType {
    std::string_view name;
    Kinds kind;
};

constexpr std::array<ElementType, 24> element_types = {{{"panel", Kinds::panel},
                                                        {"flowpanel", Kinds::panel},
                                                        {"page", Kinds::panel},
                                                        {"html", Kinds::display},
                                                        {"image", Kinds::display},
                                                        {"paneldynamic", Kinds::repeated_panel},
                                                        {"matrixdynamic", Kinds::repeated_matrix},
                                                        {"matrixdropdown", Kinds::matrix_of_cells},
                                                        {"matrix", Kinds::matrix},
                                                        {"multipletext", Kinds::texts},
                                                        {"dropdown", Kinds::choice},
                                                        {"radiogroup", Kinds::choice},
                                                        {"checkbox", Kinds::choice},
                                                        {"tagbox", Kinds::choice},
                                                        {"imagepicker", Kinds::choice},
                                                        {"ranking", Kinds::choice},
                                                        {"buttongroup", Kinds::choice},
                                                        {"text", Kinds::text},
                                                        {"boolean", Kinds::boolean},
                                                        {"rating", Kinds::rating},
                                                        {"slider", Kinds::rating},
                                                        {"comment", Kinds::plain},
                                                        {"signaturepad", Kinds::plain},
                                                        {"imagemap", Kinds::plain}}};

Kinds kind_of(std::string_view type) {
    for (const auto& [name, kind] : element_types) {
        if (name == type) {
            return kind;
        }
    }
    return Kinds::other;
}

constexpr std::array<Pair, 6> input_types = {{{"number", "number"},
                                              {"range", "number"},
                                              {"date", "date"},
                                              {"datetime-local", "datetime"},
                                              {"datetime", "datetime"},
                                              {"time", "time"}}};

std::string_view answer_type_of_text(Object element) {
    const std::string_view input = text(element, "inputType").value_or("");
    for (const auto& [name, answer_type] : input_types) {
        if (name == input) {
            return answer_type;
        }
    }
    return "text";
}

/// A label: a text, or an object of texts by language.
Word label_of(Object object, std::string_view key) {
    const std::optional<Value> label = object.find(key);
    const bool is_label = label && ((label->is_string() && !label->string().empty()) ||
                                    (label->kind() == Kind::object && label->object().size() > 0));
    return is_label ? Word(*label) : Word();
}

/// Whether an array has anything in it that can be a choice.
bool has_choices(Array values) {
    return std::any_of(values.begin(), values.end(),
                       [](Value value) { return value.kind() != Kind::null; });
}

/// The choices of a list; nullopt if none exists, or one that cannot be compared.
std::optional<Choices> choices_in(Array values) {
    Choices choices;
    for (const Value element : values) {
        if (element.kind() == Kind::array) {
            return std::nullopt;
        }
        if (element.kind() == Kind::object) {
            const Object object = element.object();
            const std::optional<Value> value = member(object, "value");
            if (value && is_container(*value)) {
                return std::nullopt;
            }
            if (value) {
                choices.push_back({*value, label_of(object, "text")});
            }
        } else if (element.kind() != Kind::null) {
            choices.push_back({element, {}});
        }
    }
    return choices.empty() ? std::nullopt : std::optional(std::move(choices));
}

bool has_choice(const Choices& choices, std::string_view text) {
    return std::any_of(choices.begin(), choices.end(), [&](const Choice& choice) {
        const auto* const value = std::get_if<Value>(&choice.value);
        const auto* const made = std::get_if<std::string_view>(&choice.value);
        return (value != nullptr && value->is_string() && value->string() == text) ||
               (made != nullptr && *made == text);
    });
}

bool has_other(Object element) {
    return is_true(element, "hasOther") || is_true(element, "showOtherItem");
}

/// The choices that an element has in addition to those of its list.
struct FurtherChoices {
    bool other;
    bool none;
    bool refused;
    bool dont_know;
};

bool operator<(const FurtherChoices& left, const FurtherChoices& right) {
    return std::tie(left.other, left.none, left.refused, left.dont_know) <
           std::tie(right.other, right.none, right.refused, right.dont_know);
}

FurtherChoices further_choices_of(Object element) {
    return {has_other(element), is_true(element, "hasNone") || is_true(element, "showNoneItem"),
            is_true(element, "showRefuseItem"), is_true(element, "showDontKnowItem")};
}

void add_further(FurtherChoices further, Choices& choices) {
    const auto add = [&](bool is_asked, std::string_view value) {
        if (is_asked && !has_choice(choices, value)) {
            choices.push_back({value, {}});
        }
    };
    add(further.other, "other");
    add(further.none, "none");
    add(further.refused, "refused");
    add(further.dont_know, "dontknow");
}

bool has_comment_area(Array values) {
    return std::any_of(values.begin(), values.end(), [](Value value) {
        const Object object = object_of(value);
        return is_true(object, "showCommentArea") || is_true(object, "showComment");
    });
}

bool is_filled_number(Object element, std::string_view key) {
    const std::optional<Value> value = element.find(key);
    return value && value->kind() == Kind::numeric && is_filled(*value);
}

/// An element with the type and the choices that it has as a cell.
struct Element {
    Object object;
    std::string_view type;
    Array choices;
    std::optional<std::string_view> name;     ///< of a column that is a name alone
    const std::uint8_t* of_matrix = nullptr;  ///< the matrix's choices, if those are the column's
};

class Translator {
  public:
    Translator(Object form, FormTree& tree)
        : tree_(tree),
          suffix_(text(form, "commentSuffix")
                      .value_or(text(form, "commentPrefix").value_or("-Comment"))) {}

    /// The elements of a form or a page.
    void add_elements(Object container, std::uint32_t into);

  private:
    /// Elements that are walked: of a list, or columns of a matrix; and then the end of a node.
    struct Level {
        Array::Iterator next;
        Array::Iterator end;
        std::uint32_t into;
        std::optional<Object> matrix;  ///< the matrix that has the columns
    };

    /// The work that is left when all elements of a node are in it.
    struct Ending {
        std::size_t levels;                ///< the levels below it
        std::uint32_t node;                ///< whose elements they are
        std::optional<Object> matrix;      ///< for whose rows the node is the pattern
        std::uint32_t rows_into = 0;       ///< and the node of that matrix
        std::optional<std::uint32_t> old;  ///< the node that gets the children
    };

    struct Place {
        std::uint32_t parent;
        std::string_view key;
        bool operator==(const Place&) const = default;
    };

    struct PlaceHash {
        std::size_t operator()(const Place& place) const {
            return hash_of(place.parent, place.key);
        }
    };

    /// A list of choices as a question has it.
    struct ListedChoices {
        bool takes_any_json = false;  ///< some choice cannot be compared
        std::optional<std::uint32_t> list;
    };

    /// The slugs of the first `count` children of a node.
    struct ListedSlugs {
        std::unordered_set<std::string_view> slugs;
        std::size_t count = 0;
    };

    void finish(const Ending& ending);
    void copy_rows(const Ending& ending);
    void move_children(std::uint32_t from, std::uint32_t to);
    void push(Array elements, std::uint32_t into, std::optional<Object> matrix = std::nullopt);
    void push_elements(Object container, std::uint32_t into);
    void add_listed(Value value, std::uint32_t into, const std::optional<Object>& matrix);
    void add_element(const Element& element, std::uint32_t into);
    TreeNode node_of(const Element& element, Kinds kind);
    void set_choice(TreeNode& node, const Element& element);
    void set_boolean(TreeNode& node, Object element);
    void set_rating(TreeNode& node, Object element);
    void place(const Element& element, Kinds kind, TreeNode node, std::uint32_t into);
    void fill(const Element& element, Kinds kind, std::uint32_t node, Ending ending);
    void add_rows(std::uint32_t node, Object matrix);
    void add_texts(std::uint32_t node, Array items);
    ListedChoices choices_of(const Element& element);
    ListedChoices list_choices(const Element& element);
    std::optional<std::uint32_t> list_of(std::optional<Choices> choices);

    FormTree& tree_;
    std::string_view suffix_;
    std::vector<Level> levels_;
    std::vector<Ending> endings_;
    std::unordered_map<Place, std::uint32_t, PlaceHash> known_;  ///< where it is among siblings
    std::unordered_map<std::uint32_t, ListedSlugs> slugs_of_children_;  ///< by node

    /// The choices of matrices, as columns have them.
    std::map<std::pair<const std::uint8_t*, FurtherChoices>, ListedChoices> of_matrices_;
};

void Translator::add_elements(Object container, std::uint32_t into) {
    push_elements(container, into);
    while (!levels_.empty() || !endings_.empty()) {
        tree_.tick();
        if (!endings_.empty() && endings_.back().levels == levels_.size()) {
            const Ending ending = endings_.back();
            endings_.pop_back();
            finish(ending);
            continue;
        }
        Level& level = levels_.back();
        if (level.next == level.end) {
            levels_.pop_back();
            continue;
        }
        const Value element = *level.next;
        ++level.next;
        const std::uint32_t node = level.into;
        const std::optional<Object> matrix = level.matrix;
        add_listed(element, node, matrix);
    }
}

void Translator::push(Array elements, std::uint32_t into, std::optional<Object> matrix) {
    if (elements.size() > 0) {
        levels_.push_back({elements.begin(), elements.end(), into, matrix});
    }
}

void Translator::push_elements(Object container, std::uint32_t into) {
    const Array first = elements(container, "elements");
    const bool has_first = std::any_of(
        first.begin(), first.end(), [](Value element) { return element.kind() == Kind::object; });
    push(has_first ? first : elements(container, "questions"), into);
}

/// An element of a list, or a column of a matrix: that one has a type of its cells.
void Translator::add_listed(Value value, std::uint32_t into, const std::optional<Object>& matrix) {
    const Object object = object_of(value);
    Element element = {object, text(object, "type").value_or("text"), elements(object, "choices"),
                       std::nullopt};
    if (!matrix) {
        if (value.kind() == Kind::object) {
            add_element(element, into);
        }
        return;
    }
    if (value.is_string()) {
        element.name = value.string();
    } else if (!text(object, "name")) {
        return;
    }
    const std::string_view cell = text(object, "cellType").value_or("default");
    element.type = cell == "default" ? text(*matrix, "cellType").value_or("dropdown") : cell;
    if (!has_choices(element.choices)) {
        element.choices = elements(*matrix, "choices");
        element.of_matrix = matrix->find("choices").value_or(Value()).data().data();
    }
    add_element(element, into);
}

void Translator::add_element(const Element& element, std::uint32_t into) {
    const Kinds kind = kind_of(element.type);
    if (kind == Kinds::panel) {
        return push_elements(element.object, into);
    }
    const std::optional<std::string_view> said =
        element.name ? element.name : filled_text(element.object, "name");
    const std::optional<std::string_view> name =
        said ? said : filled_text(element.object, "valueName");
    if (kind == Kinds::display || !name || name->empty()) {
        return;
    }
    TreeNode node = node_of(element, kind);
    node.slug = name;
    const std::string_view key = filled_text(element.object, "valueName").value_or(*name);
    if (key != *name) {
        node.key = key;
    }
    node.label = label_of(element.object, "title");
    node.relevant = word_of(string_value(element.object, "visibleIf"));
    node.is_required = is_true(element.object, "isRequired");
    place(element, kind, std::move(node), into);
    if (has_other(element.object) || is_true(element.object, "hasComment") ||
        is_true(element.object, "showCommentArea")) {
        TreeNode comment = metadata(tree_.keep(std::string(*name).append(suffix_)));
        const std::string_view slug = *comment.slug;
        const std::uint32_t id = tree_.add(into, std::move(comment));
        known_.emplace(Place{into, slug}, id);
    }
}

/// Whether an element has others in it, and whether it does so any number of times.
bool is_repeated(Object element, Kinds kind) {
    return kind == Kinds::repeated_panel || kind == Kinds::repeated_matrix ||
           (kind == Kinds::choice && filled_text(element, "valuePropertyName"));
}

bool is_group(Object element, Kinds kind) {
    return kind == Kinds::matrix_of_cells || kind == Kinds::texts || is_repeated(element, kind) ||
           (kind == Kinds::matrix && choices_in(elements(element, "rows")));
}

TreeNode Translator::node_of(const Element& element, Kinds kind) {
    const Object object = element.object;
    if (is_group(object, kind)) {
        TreeNode group = section({});
        group.repeats = is_repeated(object, kind);
        return group;
    }
    TreeNode node = question({}, "text");
    switch (kind) {
        case Kinds::matrix:
            node.choices = list_of(choices_in(elements(object, "columns")));
            break;
        case Kinds::choice:
            set_choice(node, element);
            break;
        case Kinds::text:
            node.answer_type = answer_type_of_text(object);
            break;
        case Kinds::boolean:
            set_boolean(node, object);
            break;
        case Kinds::rating:
            set_rating(node, object);
            break;
        case Kinds::plain:
            break;
        default:
            node.answer_type = "json";
    }
    return node;
}

void Translator::set_choice(TreeNode& node, const Element& element) {
    const Object object = element.object;
    const ListedChoices choices = choices_of(element);
    if (choices.takes_any_json) {
        node.answer_type = "json";
        return;
    }
    const std::optional<Value> by_url = member(object, "choicesByUrl");
    const bool is_by_url = by_url && by_url->kind() == Kind::object && by_url->object().size() > 0;
    if (!choices.list || is_by_url || filled_text(object, "choicesFromQuestion")) {
        return;
    }
    node.choices = choices.list;
    node.has_open_choices = has_other(object) || is_filled_number(object, "itemSize") ||
                            is_true(object, "allowCustomChoices");
}

/// The columns of a matrix share its choices: they are listed once.
Translator::ListedChoices Translator::choices_of(const Element& element) {
    if (element.of_matrix == nullptr) {
        return list_choices(element);
    }
    const auto [known, is_new] =
        of_matrices_.try_emplace({element.of_matrix, further_choices_of(element.object)});
    if (is_new) {
        known->second = list_choices(element);
    }
    return known->second;
}

Translator::ListedChoices Translator::list_choices(const Element& element) {
    std::optional<Choices> choices = choices_in(element.choices);
    if (has_comment_area(element.choices) || (!choices && has_choices(element.choices))) {
        return {true, std::nullopt};
    }
    if (choices) {
        add_further(further_choices_of(element.object), *choices);
    }
    return {false, list_of(std::move(choices))};
}

void Translator::set_boolean(TreeNode& node, Object element) {
    const std::optional<Value> yes = scalar(element, "valueTrue");
    const std::optional<Value> no = scalar(element, "valueFalse");
    if (!yes && !no) {
        node.answer_type = "boolean";
        return;
    }
    const auto label = [&](std::string_view key, std::string_view otherwise) {
        Word word = label_of(element, key);
        return std::holds_alternative<std::monostate>(word) ? Word(otherwise) : word;
    };
    node.choices = list_of(Choices{{yes ? Word(*yes) : Word(true), label("labelTrue", "Yes")},
                                   {no ? Word(*no) : Word(false), label("labelFalse", "No")}});
}

void Translator::set_rating(TreeNode& node, Object element) {
    std::optional<Choices> choices = choices_in(elements(element, "rateValues"));
    const bool has_text =
        choices && std::any_of(choices->begin(), choices->end(), [](const Choice& choice) {
            return std::get<Value>(choice.value).kind() != Kind::numeric;
        });
    node.answer_type = has_text ? "text" : "number";
    node.choices = list_of(std::move(choices));
}

std::optional<std::uint32_t> Translator::list_of(std::optional<Choices> choices) {
    return choices ? std::optional(tree_.add_choices(std::move(*choices))) : std::nullopt;
}

/// Questions that share a valueName are one: the first, or a group if one of them is one.
void Translator::place(const Element& element, Kinds kind, TreeNode node, std::uint32_t into) {
    const bool is_group = node.has_children;
    const std::string_view key = node.key.value_or(*node.slug);
    const auto found = known_.find({into, key});
    if (found == known_.end()) {
        const std::uint32_t id = tree_.add(into, std::move(node));
        known_.emplace(Place{into, key}, id);
        return fill(element, kind, id, {});
    }
    if (!is_group) {
        return;
    }
    const std::uint32_t old = found->second;
    Ending ending;
    if (tree_.at(old).has_children) {
        ending.old = old;
        fill(element, kind, tree_.add_loose(std::move(node)), ending);
    } else if (old != FormTree::left_out) {
        tree_.at(old) = std::move(node);
        fill(element, kind, old, ending);
    }
}

/// Puts into a node what it has in it, now or when its elements are walked.
void Translator::fill(const Element& element, Kinds kind, std::uint32_t node, Ending ending) {
    const Object object = element.object;
    ending.levels = levels_.size();
    ending.node = node;
    if (kind == Kinds::repeated_panel) {
        push(elements(object, "templateElements"), node);
    } else if (kind == Kinds::repeated_matrix || kind == Kinds::matrix_of_cells) {
        if (kind == Kinds::matrix_of_cells) {
            ending.matrix = object;
            ending.rows_into = node;
            node = ending.node = tree_.add_loose(section({}));
        }
        push(elements(object, "detailElements"), node);
        push(elements(object, "columns"), node, object);
    } else if (kind == Kinds::matrix && tree_.at(node).has_children) {
        add_rows(node, object);
    } else if (kind == Kinds::texts) {
        add_texts(node, elements(object, "items"));
    } else if (kind == Kinds::choice && tree_.at(node).has_children) {
        TreeNode value = question(text(object, "valuePropertyName"), "text");
        set_choice(value, element);
        tree_.add(node, std::move(value));
    }
    if (ending.matrix || ending.old) {
        endings_.push_back(ending);
    }
}

void Translator::add_rows(std::uint32_t node, Object matrix) {
    const auto answers = list_of(choices_in(elements(matrix, "columns")));
    for (const Choice& row : choices_in(elements(matrix, "rows")).value_or(Choices())) {
        if (tree_.room() == 0) {
            return;
        }
        TreeNode asked = question(tree_.keep(text_of(std::get<Value>(row.value))), "text");
        asked.label = row.label;
        asked.choices = answers;
        tree_.add(node, std::move(asked));
    }
}

void Translator::add_texts(std::uint32_t node, Array items) {
    for (const Value value : items) {
        const Object item = object_of(value);
        if (const std::optional<std::string_view> name = text(item, "name")) {
            TreeNode asked = question(name, answer_type_of_text(item));
            asked.label = label_of(item, "title");
            tree_.add(node, std::move(asked));
        }
    }
}

void Translator::finish(const Ending& ending) {
    if (ending.matrix) {
        copy_rows(ending);
    }
    if (ending.old) {
        move_children(ending.matrix ? ending.rows_into : ending.node, *ending.old);
    }
}

/// The cells of a matrix for each of its rows.
void Translator::copy_rows(const Ending& ending) {
    const Choices rows = choices_in(elements(*ending.matrix, "rows")).value_or(Choices());
    for (const Choice& row : rows) {
        if (tree_.room() == 0) {
            break;
        }
        TreeNode group = section(tree_.keep(text_of(std::get<Value>(row.value))));
        group.label = row.label;
        const std::uint32_t id = tree_.add(ending.rows_into, std::move(group));
        for (const std::uint32_t child : std::vector(tree_.at(ending.node).children)) {
            tree_.add_copy(id, child);
        }
    }
    if (tree_.room() == 0) {
        tree_.cut(ending.rows_into);
    }
}

/// Moves the children that the other node does not have. That node is filled by then: its children
/// stay as they are, and others only come after them.
void Translator::move_children(std::uint32_t from, std::uint32_t to) {
    ListedSlugs& known = slugs_of_children_[to];
    std::vector<std::uint32_t>& children = tree_.at(to).children;
    for (; known.count < children.size(); ++known.count) {
        known.slugs.insert(tree_.at(children[known.count]).slug.value_or(""));
    }
    for (const std::uint32_t child : tree_.at(from).children) {
        if (!known.slugs.contains(tree_.at(child).slug.value_or(""))) {
            children.push_back(child);
        }
    }
}

}  // namespace

void translate(Value value, FormTree& tree) {
    const Object form = object_of(value);
    TreeNode& root = tree.at(FormTree::root);
    root.slug = filled_text(form, "name").value_or("form");
    root.label = label_of(form, "title");
    Translator translator(form, tree);
    for (const Value page : elements(form, "pages")) {
        translator.add_elements(object_of(page), FormTree::root);
    }
    translator.add_elements(form, FormTree::root);
    for (const Value element : elements(form, "calculatedValues")) {
        const Object calculated = object_of(element);
        const std::optional<std::string_view> name = text(calculated, "name");
        if (name && is_true(calculated, "includeIntoResult")) {
            tree.add(FormTree::root, metadata(*name, "json"));
        }
    }
}

}  // namespace onetrip::submission::dialects::surveyjs
