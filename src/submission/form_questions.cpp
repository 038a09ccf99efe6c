// The questions of a form, and what is wrong with it. Knows nothing of answers.

#include "submission/form_questions.hpp"

#include <string_view>

namespace onetrip::submission {

FormQuestions::FormQuestions(jsonb::Value form, Interrupt interrupt)
    : form_(form, interrupt, &nodes_of_items_), reader_(form, interrupt) {}

bool FormQuestions::next(FormQuestion& question) {
    FormItem item;
    while (reader_.next(item)) {
        const FormNode* const node = node_of(item);
        question.is_question = item.number > 0 && item.traits.is_question;
        question.problem = problems_of(item, node);
        if (question.is_question || !question.problem.empty()) {
            question.path = node == nullptr ? std::nullopt : std::optional(form_.path_of(*node));
            question.node = node;
            question.counts = node != nullptr && form_.number_of(*node) == item.number;
            question.traits = item.traits;
            return true;
        }
    }
    return false;
}

/// The node that the item's path leads to, be it this item's or a later one's.
const FormNode* FormQuestions::node_of(const FormItem& item) const {
    const std::uint32_t id = nodes_of_items_[item.number];
    return id == 0 && item.number > 0 ? nullptr : &form_.nodes()[id];
}

/// The path of the innermost repeated group. If documents are read by keys, an array of objects at
/// a node that is also a question is a repeated group too.
std::optional<std::string> FormQuestions::repeat_path_of(const FormNode& node) const {
    const bool by_keys = form_.words().reading == Reading::keys;
    for (std::uint32_t id = node.parent; id != 0; id = form_.nodes()[id].parent) {
        const FormNode& group = form_.nodes()[id];
        if (group.is_repeated_group() || (by_keys && group.repeats && group.is_group)) {
            return form_.path_of(group);
        }
    }
    return std::nullopt;
}

std::string FormQuestions::problems_of(const FormItem& item, const FormNode* node) const {
    std::string problems;
    const auto add_if = [&](bool applies, std::string_view problem) {
        if (applies) {
            problems += problems.empty() ? "" : "; ";
            problems += problem;
        }
    };
    const bool is_root = item.number == 0;
    const NodeTraits& traits = item.traits;
    const bool is_replaced = !is_root && node != nullptr && form_.number_of(*node) != item.number;
    add_if(is_root && !traits.is_object, "form is no object");
    add_if(is_root && traits.is_object && !traits.has_children, "form has no children");
    add_if(!is_root && !item.slug, "missing slug");
    add_if(item.is_hidden && traits.is_question, "hidden by a missing slug above");
    add_if(is_replaced && traits.is_question, "duplicate path");
    add_if(is_replaced && traits.is_question != node->is_question,
           "section and question of one path");
    add_if(!is_root && node != nullptr && !is_replaced && !form_.is_found(*node), "duplicate key");
    add_if(!is_root && traits.has_unknown_type, "unknown answerType");
    add_if(traits.has_bad_children, "children is no array");
    add_if(traits.has_bad_choices, "answerEnum is no array");
    add_if(traits.words.problem && !traits.words.problem->empty(),
           traits.words.problem.value_or(""));
    return problems;
}

}  // namespace onetrip::submission
