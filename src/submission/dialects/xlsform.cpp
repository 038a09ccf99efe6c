// XLSForms as JSON, as KoboToolbox keeps them, and other systems: the rows of the sheets survey and
// choices. Knows of no other dialect.

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "submission/dialects/members.hpp"
#include "submission/dialects/rooms.hpp"

namespace onetrip::submission::dialects::xlsform {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<Pair, 12> answer_types = {{{"integer", "integer"},
                                                {"decimal", "number"},
                                                {"range", "number"},
                                                {"date", "date"},
                                                {"today", "date"},
                                                {"datetime", "datetime"},
                                                {"date_time", "datetime"},
                                                {"start", "datetime"},
                                                {"end", "datetime"},
                                                {"time", "time"},
                                                {"int", "integer"},
                                                {"dateTime", "datetime"}}};

constexpr std::array<std::string_view, 14> types_of_metadata = {
    "start",     "end",         "today", "username",       "deviceid",         "subscriberid",
    "simserial", "phonenumber", "audit", "start-geopoint", "background-audio", "note",
    "calculate", "hidden"};

/// Older spellings of types; one that begins with another comes before it.
constexpr std::array<Pair, 11> aliases = {{{"add select multiple prompt using", "select_multiple"},
                                           {"add select one prompt using", "select_one"},
                                           {"select all that apply from", "select_multiple"},
                                           {"select all that apply", "select_multiple"},
                                           {"select multiple from", "select_multiple"},
                                           {"select multiple", "select_multiple"},
                                           {"select one from", "select_one"},
                                           {"select one", "select_one"},
                                           {"select1", "select_one"},
                                           {"select", "select_multiple"},
                                           {"rank", "rank"}}};

/// The keys that Kobo adds to each submission.
constexpr std::array<Pair, 22> system_keys = {{{"_id", "integer"},
                                               {"_uuid", "text"},
                                               {"formhub/uuid", "text"},
                                               {"__version__", "text"},
                                               {"meta/instanceID", "text"},
                                               {"meta/instanceName", "text"},
                                               {"meta/deprecatedID", "text"},
                                               {"meta/rootUuid", "text"},
                                               {"meta/audit", "text"},
                                               {"meta/versionID", "text"},
                                               {"meta/formUID", "text"},
                                               {"_xform_id_string", "text"},
                                               {"_attachments", "json"},
                                               {"_status", "text"},
                                               {"_geolocation", "number"},
                                               {"_submission_time", "datetime"},
                                               {"_tags", "text"},
                                               {"_notes", "json"},
                                               {"_validation_status", "json"},
                                               {"_submitted_by", "text"},
                                               {"_supplementalDetails", "json"},
                                               {"_bamboo_dataset_id", "text"}}};

template <std::size_t count>
std::optional<std::string_view> find(const std::array<Pair, count>& pairs, std::string_view name) {
    for (const auto& [key, value] : pairs) {
        if (key == name) {
            return value;
        }
    }
    return std::nullopt;
}

bool is_metadata(std::string_view type) {
    return std::find(types_of_metadata.begin(), types_of_metadata.end(), type) !=
           types_of_metadata.end();
}

bool is_default(const Languages& languages) {
    return !languages.empty() &&
           std::all_of(languages.begin(), languages.end(),
                       [](const auto& one) { return one.first == "default"; });
}

/// The language in a column's name after "label:"; nullopt if it says none. It is on one line.
std::optional<std::string_view> language_of(std::string_view rest) {
    const std::string_view language = without_leading_space(rest);
    if (language.empty()) {
        return rest.empty() || rest.back() == '\n' ? std::nullopt : std::optional(language);
    }
    return language.find('\n') == std::string_view::npos ? std::optional(trimmed(language))
                                                         : std::nullopt;
}

std::optional<std::string_view> language_of_column(std::string_view name) {
    constexpr std::string_view label = "label:";
    if (!name.starts_with(label)) {
        return std::nullopt;
    }
    name.remove_prefix(label.size());
    if (name.starts_with(':')) {
        const auto language = language_of(name.substr(1));
        if (language) {
            return language;
        }
    }
    return language_of(name);
}

/// The labels of a list, by the names of the form's translations in the same order.
Word label_of_list(Array labels, Array translations) {
    Languages languages;
    auto name = translations.begin();
    for (const Value label : labels) {
        std::string_view language = "default";
        if (name != translations.end()) {
            const Value translation = *name;
            ++name;
            if (translation.is_string() && !translation.string().empty()) {
                language = translation.string();
            }
        }
        if (label.is_string()) {
            languages.emplace_back(language, label);
        }
    }
    if (is_default(languages)) {
        const Value label = languages.back().second;
        return label.string().empty() ? Word() : Word(label);
    }
    return languages.empty() ? Word() : Word(std::move(languages));
}

Word label_of(Object row, Array translations) {
    if (const std::optional<Array> labels = array(row, "label")) {
        return label_of_list(*labels, translations);
    }
    Languages languages;
    if (const std::optional<Value> label = string_value(row, "label")) {
        languages.emplace_back("default", *label);
    }
    for (const Member column : row) {
        const auto language = language_of_column(column.key);
        if (language && column.value.is_string()) {
            languages.emplace_back(*language, column.value);
        }
    }
    if (is_default(languages)) {
        return languages.back().second;
    }
    return languages.empty() ? Word() : Word(std::move(languages));
}

std::optional<std::string_view> tag_of(Object row) {
    constexpr std::string_view hxl = "hxl:";
    for (const Value tag : elements(row, "tags")) {
        if (tag.is_string() && tag.string().starts_with(hxl)) {
            return tag.string().substr(hxl.size());
        }
    }
    return text(row, "hxl");
}

bool is_required(Object row) {
    if (is_true(row, "required")) {
        return true;
    }
    const std::string_view said = text(row, "required").value_or("");
    return said == "true" || said == "yes" || said == "TRUE" || said == "true()";
}

/// The rest of a type after "begin_" or "end_", if that is a group of some kind.
std::optional<std::string_view> group_after(std::string_view type, std::string_view word) {
    if (!type.starts_with(word) || type.size() == word.size() ||
        (type[word.size()] != ' ' && type[word.size()] != '_')) {
        return std::nullopt;
    }
    type.remove_prefix(word.size() + 1);
    for (const std::string_view group : {"group", "repeat", "lgroup", "looped group",
                                         "looped_group", "score", "rank", "kobomatrix"}) {
        if (type == group) {
            return group;
        }
    }
    return std::nullopt;
}

bool is_repeat(std::string_view group) {
    return group == "repeat" || group == "lgroup" || group.starts_with("looped");
}

/// The type of a question taken apart: `select_multiple fuel or_other`.
struct QuestionType {
    std::string base;
    std::string lower;  ///< the whole type in lower case
    std::optional<std::string> list;
    bool has_other = false;
};

void take_apart(QuestionType& type, std::string_view whole) {
    constexpr std::string_view or_other = " or_other";
    if (type.lower.ends_with(or_other)) {
        type.has_other = true;
        whole.remove_suffix(or_other.size());
    }
    const std::size_t space = std::min(whole.find(' '), whole.size());
    type.base = whole.substr(0, space);
    std::string_view argument = whole.substr(std::min(space + 1, whole.size()));
    for (const auto& [alias, base] : aliases) {
        const std::string_view lower = type.lower;
        if (lower.starts_with(alias) &&
            (lower.size() == alias.size() || lower[alias.size()] == ' ')) {
            type.base = base;
            argument = trimmed(whole.substr(std::min(alias.size(), whole.size())));
            break;
        }
    }
    if (!argument.empty()) {
        type.list = argument.substr(0, argument.find(' '));
    }
}

class Translator {
  public:
    Translator(Object content, bool is_kobo, FormTree& tree)
        : translations_(elements(content, "translations")), is_kobo_(is_kobo), tree_(tree) {
        read_choices(elements(content, "choices"));
    }

    void read_survey(Array survey) {
        for (const Value row : survey) {
            tree_.tick();
            if (row.kind() == Kind::object) {
                read_row(row.object());
            }
        }
    }

    void add_system_keys(std::optional<std::string_view> version_key);

  private:
    /// A group that is open, and where the path of what is in it ends.
    struct Group {
        std::uint32_t node;
        std::size_t prefix;
    };

    /// A list of choices, and the same with "other" once it is asked for.
    struct List {
        Choices choices;
        std::optional<std::uint32_t> plain;
        std::optional<std::uint32_t> with_other;
    };

    void read_choices(Array rows);
    void read_row(Object row);
    void end_group();
    void begin_group(Object row, std::string_view name, std::string_view kind);
    void add_question(Object row, std::string_view name, const QuestionType& type);
    void set_answers(TreeNode& node, Object row, const QuestionType& type);
    std::optional<std::uint32_t> choices_of(const QuestionType& type);
    std::optional<std::string_view> key_of(std::string_view name, std::string_view suffix = {});
    TreeNode node_of(Object row, TreeNode node) const;
    void add_derived(std::uint32_t parent, std::string_view name, std::string_view suffix,
                     std::string_view answer_type);

    Array translations_;
    bool is_kobo_;
    FormTree& tree_;
    std::unordered_map<std::string_view, List> lists_;
    List unnamed_;
    bool has_unnamed_ = false;
    std::vector<Group> groups_ = {{FormTree::root, 0}};
    std::string prefix_;  ///< the path of the innermost group, with a slash
};

void Translator::read_choices(Array rows) {
    for (const Value element : rows) {
        const Object row = object_of(element);
        const auto list = text(row, "list_name") ? text(row, "list_name") : text(row, "list name");
        std::optional<Value> value = scalar(row, "name");
        value = value ? value : scalar(row, "value");
        value = value ? value : scalar(row, "$autovalue");
        if (value) {
            tree_.tick();
            has_unnamed_ = has_unnamed_ || !list;
            List& known = list ? lists_[*list] : unnamed_;
            known.choices.push_back({*value, label_of(row, translations_)});
        }
    }
}

void Translator::read_row(Object row) {
    std::optional<std::string_view> said = text(row, "type");
    std::optional<std::string_view> list = text(row, "select_from_list_name");
    const std::optional<Value> type_value = member(row, "type");
    if (type_value && type_value->kind() == Kind::object) {  // {"select_one": "fuel"}
        list.reset();
        for (const Member only : type_value->object()) {
            if (only.value.is_string()) {
                said = only.key;
                list = only.value.string();
                break;
            }
        }
    }
    if (!said) {
        return;
    }
    const std::string whole = with_single_spaces(*said);
    QuestionType type;
    type.lower = lower(whole);
    if (group_after(type.lower, "end")) {
        return end_group();
    }
    const auto name =
        filled_text(row, "name") ? filled_text(row, "name") : filled_text(row, "$autoname");
    if (!name) {
        return;
    }
    if (const auto group = group_after(type.lower, "begin")) {
        return begin_group(row, *name, *group);
    }
    take_apart(type, whole);
    type.has_other = type.has_other || is_true(row, "_or_other");
    if (list && !list->empty()) {
        type.list = *list;
    }
    add_question(row, *name, type);
}

void Translator::end_group() {
    if (groups_.size() > 1) {
        groups_.pop_back();
        prefix_.resize(groups_.back().prefix);
    }
}

void Translator::begin_group(Object row, std::string_view name, std::string_view kind) {
    const bool repeats = is_repeat(kind);
    const std::uint32_t parent = groups_.back().node;
    TreeNode group = section(name);
    group.label = label_of(row, translations_);
    group.relevant = word_of(string_value(row, "relevant"));
    group.repeats = repeats;
    group.is_inline = is_kobo_ && !repeats;
    group.key = repeats ? key_of(name) : std::nullopt;
    const std::uint32_t node = tree_.add(parent, std::move(group));
    if (repeats && scalar(row, "repeat_count")) {
        add_derived(parent, name, "_count", "integer");
    }
    if (is_kobo_) {
        prefix_.append(name).append("/");
    }
    groups_.push_back({node, prefix_.size()});
}

/// Answers have full paths as keys in Kobo, but for those that are at the top.
std::optional<std::string_view> Translator::key_of(std::string_view name, std::string_view suffix) {
    if (prefix_.empty() || tree_.room() == 0) {
        return std::nullopt;
    }
    return tree_.keep(prefix_ + std::string(name) + std::string(suffix));
}

void Translator::add_derived(std::uint32_t parent, std::string_view name, std::string_view suffix,
                             std::string_view answer_type) {
    TreeNode node = metadata(tree_.keep(std::string(name) + std::string(suffix)), answer_type);
    node.key = key_of(name, suffix);
    tree_.add(parent, std::move(node));
}

void Translator::add_question(Object row, std::string_view name, const QuestionType& type) {
    const std::uint32_t parent = groups_.back().node;
    TreeNode node = question(name, "text");
    node.label = label_of(row, translations_);
    node.relevant = word_of(string_value(row, "relevant"));
    node.tag = tag_of(row);
    node.is_required = is_required(row);
    node.key = key_of(name);
    if (is_metadata(type.base) || is_metadata(type.lower)) {
        node.type = NodeType::metadata;
    }
    set_answers(node, row, type);
    tree_.add(parent, std::move(node));
    if (type.has_other) {
        add_derived(parent, name, "_other", "text");
    }
}

void Translator::set_answers(TreeNode& node, Object row, const QuestionType& type) {
    const std::string_view base = type.base;
    if (base == "select_multiple" && has_text(row, "appearance", "literacy")) {
        return;  // ten numbers, then the words
    }
    if (base == "select_one" || base == "select_multiple" || base == "rank" ||
        base == "score__row" || base == "rank__level") {
        node.choices = choices_of(type);
        node.is_spaced = base == "select_multiple" || base == "rank";
    } else if (base.starts_with("select_") || base == "acknowledge") {
        node.is_spaced = base.starts_with("select_multiple");
    } else {
        const auto by_base = find(answer_types, base);
        const auto known = by_base ? by_base : find(answer_types, type.lower);
        node.answer_type = known.value_or("text");
    }
}

std::optional<std::uint32_t> Translator::choices_of(const QuestionType& type) {
    List* list = has_unnamed_ ? &unnamed_ : nullptr;
    if (type.list) {
        const auto found = lists_.find(*type.list);
        list = found == lists_.end() ? nullptr : &found->second;
    }
    if (list == nullptr) {
        return std::nullopt;
    }
    std::optional<std::uint32_t>& known = type.has_other ? list->with_other : list->plain;
    if (!known) {
        Choices choices = list->choices;
        const auto is_other = [](const Choice& choice) {
            const Value value = std::get<Value>(choice.value);
            return value.is_string() && value.string() == "other";
        };
        if (type.has_other && std::none_of(choices.begin(), choices.end(), is_other)) {
            choices.push_back({std::string_view("other"), std::string_view("Other")});
        }
        known = tree_.add_choices(std::move(choices));
    }
    return known;
}

void Translator::add_system_keys(std::optional<std::string_view> version_key) {
    std::unordered_set<std::string_view> known;
    for (const std::uint32_t child : tree_.at(FormTree::root).children) {
        known.insert(tree_.at(child).slug.value_or(""));
    }
    const auto add = [&](std::string_view name, std::string_view answer_type) {
        if (known.insert(name).second) {
            tree_.add(FormTree::root, metadata(name, answer_type));
        }
    };
    for (const auto& [name, answer_type] : system_keys) {
        add(name, answer_type);
    }
    if (version_key) {
        add(*version_key, "text");
    }
}

/// The settings: an object, or the sheet's rows, of which there is one.
Object settings_of(Object content) {
    const std::optional<Value> settings = member(content, "settings");
    if (settings && settings->kind() == Kind::array) {
        for (const Value row : settings->array()) {
            if (row.kind() == Kind::object) {
                return row.object();
            }
        }
    }
    return settings ? object_of(*settings) : Object();
}

/// A string or a number that says something, of the first that has one.
std::optional<Value> version_in(Object object) {
    const std::optional<Value> version = scalar(object, "version");
    return version && version->kind() != Kind::boolean && is_filled(*version) ? version
                                                                              : std::nullopt;
}

}  // namespace

void translate(Value value, bool is_kobo, FormTree& tree) {
    const Object form = object_of(value);
    const Object inner = object(form, "content");
    const Object content = array(inner, "survey") ? inner : form;
    const Object settings = settings_of(content);
    const auto name = filled_text(form, "id_string") ? filled_text(form, "id_string")
                                                     : filled_text(settings, "id_string");
    const auto version = version_in(form) ? version_in(form) : version_in(settings);
    tree.at(FormTree::root).slug = name.value_or("form");
    tree.at(FormTree::root).version = word_of(version);
    Translator translator(content, is_kobo, tree);
    translator.read_survey(elements(content, "survey"));
    if (is_kobo) {
        translator.add_system_keys(text(form, "version_id_key"));
    }
}

}  // namespace onetrip::submission::dialects::xlsform
