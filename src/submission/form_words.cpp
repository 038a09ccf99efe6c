// The words of a form that say how foreign documents are read. Knows nothing of its tree.

#include "submission/form_words.hpp"

#include "submission/members.hpp"

namespace onetrip::submission {

namespace {

using jsonb::Kind;
using jsonb::Object;
using jsonb::Value;

bool is_true_at(Object object, std::string_view key) {
    const std::optional<Value> value = object.find(key);
    return value && value->is_boolean() && value->boolean();
}

}  // namespace

FormWords form_words_of(Value form) {
    FormWords words;
    if (form.kind() != Kind::object) {
        return words;
    }
    const std::optional<std::string_view> reading = text_at(form.object(), "reading");
    words.are_known = reading == "keys" || reading == "items";
    if (words.are_known) {
        words.reading = reading == "items" ? Reading::items : Reading::keys;
        words.empty_is_null = is_true_at(form.object(), "emptyIsNull");
        words.has_full_idx =
            words.reading == Reading::items && is_true_at(form.object(), "fullIdx");
    }
    return words;
}

NodeWords node_words_of(Object node) {
    NodeWords words;
    words.is_metadata = text_at(node, "nodeType") == "metadata";
    words.is_inline = is_true_at(node, "inline");
    words.is_spaced = text_at(node, "multiple") == "spaced";
    words.has_open_choices = is_true_at(node, "openChoices");
    words.takes_partial_dates = is_true_at(node, "partialDates");
    words.repeats = is_true_at(node, "repeats");
    words.is_required = is_true_at(node, "required");
    words.key = text_at(node, "key");
    words.problem = text_at(node, "problem");
    words.relevant = filled_member(node, "relevant");
    words.value_types = filled_member(node, "valueTypes");
    if (words.value_types && words.value_types->kind() != Kind::array) {
        words.value_types.reset();
    }
    return words;
}

}  // namespace onetrip::submission
