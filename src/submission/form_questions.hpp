#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "submission/form.hpp"

namespace onetrip::submission {

/// A row of form_questions: a question, or another node that has a problem.
struct FormQuestion {
    std::optional<std::string> path;  ///< nullopt for what is not in the form: it has no slug
    bool is_question = false;
    const FormNode* node = nullptr;  ///< nullptr for what is not in the form
    bool counts = false;             ///< it is what counts at its path
    NodeTraits traits;               ///< views of the form
    std::string problem;             ///< empty if none exists; several are joined by "; "
};

/// The questions of a form in tree order, with what is wrong with it.
class FormQuestions {
  public:
    FormQuestions(jsonb::Value form, Interrupt interrupt);

    /// Sets the next row; false at the end.
    bool next(FormQuestion& question);

    const Form& form() const { return form_; }

    /// The path of the innermost repeated group around a question; nullopt at the top.
    std::optional<std::string> repeat_path_of(const FormNode& node) const;

  private:
    std::string problems_of(const FormItem& item, const FormNode* node) const;
    const FormNode* node_of(const FormItem& item) const;

    std::vector<std::uint32_t> nodes_of_items_;  ///< 0 for what is hidden
    Form form_;
    FormReader reader_;
};

}  // namespace onetrip::submission
