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
    NodeTraits traits;    ///< views of the form
    std::string problem;  ///< empty where there is none; several are joined by "; "
};

/// The questions of a form in tree order, with what is wrong with it.
class FormQuestions {
  public:
    FormQuestions(jsonb::Value form, Interrupt interrupt);

    /// Sets the next row; false where there is none.
    bool next(FormQuestion& question);

  private:
    std::string problems_of(const FormItem& item, const FormNode* node) const;
    const FormNode* enter(const FormItem& item);

    Form form_;
    FormReader reader_;
    std::vector<const FormNode*> nodes_;  ///< by item; nullptr for what is hidden
};

}  // namespace onetrip::submission
