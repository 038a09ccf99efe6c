// The nodes of a form's JSON, in tree order. Knows nothing of submissions.

#include "submission/form_reader.hpp"

#include "submission/members.hpp"

namespace onetrip::submission {

namespace {

using jsonb::Kind;
using jsonb::Value;

bool is_string(const std::optional<Value>& value) {
    return value && value->kind() == Kind::string;
}

void read_children(NodeTraits& traits, const std::optional<Value>& children) {
    if (children && children->kind() == Kind::array) {
        traits.children = children->array();
    } else {
        traits.has_bad_children = children.has_value();
    }
}

/// A node is a question by its answerType. One that only calls itself a question is one too, unless
/// it has children: then it is the group that the tree says.
void read_type(NodeTraits& traits, jsonb::Object node, bool has_children) {
    const std::optional<Value> type = filled_member(node, "answerType");
    const std::optional<Value> node_type = filled_member(node, "nodeType");
    const bool named_question =
        (is_string(node_type) && node_type->string() == "question") || traits.words.is_metadata;
    traits.is_question = type || (named_question && !has_children);
    traits.is_group = has_children || !traits.is_question;
    if (traits.is_question) {
        const std::optional<AnswerType> known =
            is_string(type) ? answer_type_named(type->string()) : std::nullopt;
        traits.has_unknown_type = !known;
        traits.type = known.value_or(AnswerType::text);
    }
}

}  // namespace

NodeTraits traits_of(Value node, bool knows_words) {
    NodeTraits traits;
    if (node.kind() != Kind::object) {
        return traits;
    }
    const jsonb::Object object = node.object();
    const std::optional<Value> children = filled_member(object, "children");
    traits.is_object = true;
    if (knows_words) {
        traits.words = node_words_of(object);
    }
    traits.has_children = children.has_value();
    read_children(traits, children);
    read_type(traits, object, children && !traits.has_bad_children);
    traits.tag = filled_member(object, "tag");
    if (traits.tag && is_container(*traits.tag)) {
        traits.tag.reset();
    }
    traits.label = filled_member(object, "label");
    traits.choices = filled_member(object, "answerEnum");
    if (traits.choices && traits.choices->kind() != Kind::array) {
        traits.choices.reset();
        traits.has_bad_choices = true;
    }
    return traits;
}

bool FormReader::next(FormItem& item) {
    interrupt_();
    if (count_ == 0) {
        item = {};
        take(item, form_);
        return true;
    }
    while (!levels_.empty() && levels_.back().child == levels_.back().end) {
        levels_.pop_back();
    }
    if (levels_.empty()) {
        return false;
    }
    Level& level = levels_.back();
    item = {};
    item.number = count_;
    item.parent = level.parent;
    item.is_hidden = level.is_hidden;
    const Value node = *level.child;
    ++level.child;
    if (node.kind() == Kind::object) {
        const std::optional<Value> slug = node.object().find("slug");
        item.slug = is_string(slug) ? std::optional(slug->string()) : std::nullopt;
    }
    take(item, node);
    return true;
}

void FormReader::take(FormItem& item, Value node) {
    ++count_;
    item.json = node;
    item.traits = traits_of(node, words_.are_known);
    const jsonb::Array children = item.traits.children;
    if (children.size() > 0) {
        const bool hidden = item.is_hidden || (item.number > 0 && !item.slug);
        levels_.push_back({children.begin(), children.end(), item.number, hidden});
    }
}

}  // namespace onetrip::submission
