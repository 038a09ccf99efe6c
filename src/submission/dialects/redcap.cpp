// REDCap's data dictionary, as its API exports metadata; the answers are flat records. Knows of no
// other dialect.

#include <array>
#include <unordered_set>

#include "base/utf8.hpp"
#include "submission/dialects/members.hpp"
#include "submission/dialects/rooms.hpp"

namespace onetrip::submission::dialects::redcap {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

/// The keys that REDCap adds to records.
constexpr std::array<Pair, 5> system_keys = {{{"redcap_event_name", "text"},
                                              {"redcap_repeat_instrument", "text"},
                                              {"redcap_repeat_instance", "integer"},
                                              {"redcap_data_access_group", "text"},
                                              {"redcap_survey_identifier", "text"}}};

Choices choices_named(std::initializer_list<Pair> pairs) {
    Choices choices;
    for (const auto& [value, label] : pairs) {
        choices.push_back({value, label});
    }
    return choices;
}

/// `1, Yes | 2, No`: codes and labels.
std::vector<Pair> options_of(Object field) {
    std::vector<Pair> options;
    std::string_view rest = text(field, "select_choices_or_calculations").value_or("");
    for (bool is_more = true; is_more;) {
        const std::size_t bar = rest.find('|');
        is_more = bar != std::string_view::npos;
        const std::string_view part = trimmed(rest.substr(0, bar));
        const std::size_t comma = part.find(',');
        const std::string_view code = trimmed(part.substr(0, comma));
        if (!code.empty()) {
            const bool has_label = comma != std::string_view::npos;
            options.emplace_back(code, has_label ? trimmed(part.substr(comma + 1)) : "");
        }
        rest.remove_prefix(is_more ? bar + 1 : 0);
    }
    return options;
}

/// The name of a checkbox's field for one of its codes: `race___1`.
std::string name_of_box(std::string_view name, std::string_view code) {
    std::string result(name);
    result += "___";
    while (!code.empty()) {
        const char first = lower(code.substr(0, 1)).front();
        const bool is_taken =
            (first >= 'a' && first <= 'z') || (first >= '0' && first <= '9') || first == '_';
        result += is_taken ? first : '_';
        code.remove_prefix(first_character(code).size);
    }
    return result;
}

std::string_view type_of_text(std::string_view validation) {
    if (validation == "integer") {
        return "integer";
    }
    if (validation.starts_with("number") && validation.find("comma") == std::string_view::npos) {
        return "number";
    }
    for (const std::string_view type : {"datetime", "date"}) {
        if (validation.starts_with(type)) {
            return type;
        }
    }
    return validation.starts_with("time") && validation != "time_mm_ss" ? "time" : "text";
}

std::string_view answer_type_of(std::string_view type, Object field) {
    if (type == "calc" || type == "slider") {
        return "number";
    }
    return type == "text"
               ? type_of_text(
                     text(field, "text_validation_type_or_show_slider_number").value_or(""))
               : "text";
}

class Translator {
  public:
    explicit Translator(FormTree& tree)
        : tree_(tree),
          boxes_(tree.add_choices(choices_named({{"1", "Checked"}, {"0", "Unchecked"}}))),
          yes_no_(tree.add_choices(choices_named({{"1", "Yes"}, {"0", "No"}}))),
          true_false_(tree.add_choices(choices_named({{"1", "True"}, {"0", "False"}}))),
          states_(tree.add_choices(
              choices_named({{"0", "Incomplete"}, {"1", "Unverified"}, {"2", "Complete"}}))) {}

    void add(Object field);
    void add_system_keys();

  private:
    void add_boxes(Object field, std::string_view name);
    std::optional<std::uint32_t> choices_of(std::string_view type, Object field);

    FormTree& tree_;
    std::uint32_t boxes_;
    std::uint32_t yes_no_;
    std::uint32_t true_false_;
    std::uint32_t states_;
    std::vector<std::string_view> forms_;
    std::unordered_set<std::string_view> known_forms_;
};

void Translator::add(Object field) {
    tree_.tick();
    const std::optional<std::string_view> name = text(field, "field_name");
    if (!name) {
        return;
    }
    const std::optional<std::string_view> form = filled_text(field, "form_name");
    if (form && known_forms_.insert(*form).second) {
        forms_.push_back(*form);
    }
    const std::string_view type = text(field, "field_type").value_or("");
    if (type == "descriptive") {
        return;
    }
    if (type == "checkbox") {
        return add_boxes(field, *name);
    }
    TreeNode node = question(name, answer_type_of(type, field));
    node.label = word_of(filled_text(field, "field_label"));
    node.relevant = word_of(filled_text(field, "branching_logic"));
    node.is_required =
        has_text(field, "required_field", "y") || has_text(field, "required_field", "Y");
    node.choices = choices_of(type, field);
    tree_.add(FormTree::root, std::move(node));
}

void Translator::add_boxes(Object field, std::string_view name) {
    for (const auto& [code, label] : options_of(field)) {
        if (tree_.room() == 0) {
            return;
        }
        TreeNode node = question(tree_.keep(name_of_box(name, code)), "text");
        node.label = label;
        node.relevant = word_of(filled_text(field, "branching_logic"));
        node.choices = boxes_;
        tree_.add(FormTree::root, std::move(node));
    }
}

std::optional<std::uint32_t> Translator::choices_of(std::string_view type, Object field) {
    if (type == "yesno") {
        return yes_no_;
    }
    if (type == "truefalse") {
        return true_false_;
    }
    if (type != "radio" && type != "dropdown") {
        return std::nullopt;
    }
    Choices choices;
    for (const auto& [code, label] : options_of(field)) {
        choices.push_back({code, label});
    }
    return tree_.add_choices(std::move(choices));
}

void Translator::add_system_keys() {
    for (const std::string_view form : forms_) {
        TreeNode complete = metadata(tree_.keep(std::string(form) + "_complete"));
        complete.choices = states_;
        tree_.add(FormTree::root, std::move(complete));
        tree_.add(FormTree::root, metadata(tree_.keep(std::string(form) + "_timestamp")));
    }
    for (const auto& [name, answer_type] : system_keys) {
        tree_.add(FormTree::root, metadata(name, answer_type));
    }
}

}  // namespace

void translate(Value form, FormTree& tree) {
    tree.empty_is_null = true;
    Translator translator(tree);
    for (const Value field : form.array()) {
        translator.add(object_of(field));
    }
    translator.add_system_keys();
}

}  // namespace onetrip::submission::dialects::redcap
