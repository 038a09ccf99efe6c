#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "submission/form_questions.hpp"

namespace onetrip::submission {

/// The text of a label in a language (forms.md, chapter 5): the label itself if it is a text; of an
/// object of texts by language the one of that name, else one whose name ends in the language in
/// parentheses, else the default, else the first. nullopt if none exists.
std::optional<std::string_view> label_of(jsonb::Value label,
                                         std::optional<std::string_view> language);

/// A row of form_choices. The views are good until the next one.
struct FormChoice {
    std::string_view path;
    std::int32_t ord = 0;  ///< from 1 in its question
    jsonb::Value value;
    std::optional<std::string_view> label;
};

/// The choices of a form, by question in tree order.
class FormChoices {
  public:
    FormChoices(jsonb::Value form, Interrupt interrupt) : questions_(form, interrupt) {}

    /// Sets the next row; false at the end.
    bool next(FormChoice& choice, std::optional<std::string_view> language);

  private:
    bool next_question();

    FormQuestions questions_;
    FormQuestion question_;
    jsonb::Array::Iterator choice_;
    jsonb::Array::Iterator choices_end_;
    std::int32_t ord_ = 0;
};

}  // namespace onetrip::submission
