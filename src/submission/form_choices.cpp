// The choices of a form's questions, and labels by language. Knows nothing of answers.

#include "submission/form_choices.hpp"

#include <string>

#include "submission/members.hpp"

namespace onetrip::submission {

using jsonb::Kind;
using jsonb::Object;
using jsonb::Value;

namespace {

/// The first text whose name ends so.
std::optional<std::string_view> text_ending(Object object, std::string_view end) {
    for (const jsonb::Member member : object) {
        if (member.value.is_string() && member.key.ends_with(end)) {
            return member.value.string();
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> text_in(Object object, std::string_view language) {
    const std::optional<std::string_view> text = text_at(object, language);
    return text ? text : text_ending(object, '(' + std::string(language) + ')');
}

}  // namespace

std::optional<std::string_view> label_of(Value label, std::optional<std::string_view> language) {
    if (label.is_string()) {
        return label.string();
    }
    if (label.kind() != Kind::object) {
        return std::nullopt;
    }
    std::optional<std::string_view> text =
        language ? text_in(label.object(), *language) : std::nullopt;
    if (!text) {
        text = text_at(label.object(), "default");
    }
    return text ? text : text_ending(label.object(), "");
}

/// Goes on to the next question that counts and has choices.
bool FormChoices::next_question() {
    while (questions_.next(question_)) {
        if (question_.is_question && question_.counts && question_.traits.choices) {
            const jsonb::Array choices = question_.traits.choices->array();
            choice_ = choices.begin();
            choices_end_ = choices.end();
            ord_ = 0;
            return true;
        }
    }
    return false;
}

bool FormChoices::next(FormChoice& choice, std::optional<std::string_view> language) {
    for (;;) {
        if (choice_ == choices_end_) {
            if (!next_question()) {
                return false;
            }
            continue;
        }
        const Value element = *choice_;
        ++choice_;
        if (const std::optional<Value> value = value_of_choice(element)) {
            const std::optional<Value> label = element.object().find("label");
            choice = {*question_.path, ++ord_, *value,
                      label ? label_of(*label, language) : std::nullopt};
            return true;
        }
    }
}

}  // namespace onetrip::submission
