#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/interrupt.hpp"
#include "jsonb/jsonb.hpp"
#include "submission/answers.hpp"
#include "submission/form_words.hpp"

namespace onetrip::submission {

/// The traits that a node of a form states.
struct NodeTraits {
    bool is_question = false;
    bool is_group = true;
    bool is_object = false;         ///< a node that is not one is a group with nothing in it
    bool has_children = false;      ///< a member of that name, whatever it is
    bool has_unknown_type = false;  ///< a question whose answerType is not known, or missing
    bool has_bad_children = false;  ///< children that are not an array
    bool has_bad_choices = false;   ///< an answerEnum that is not an array
    AnswerType type = AnswerType::text;
    std::optional<jsonb::Value> tag;  ///< a scalar
    std::optional<jsonb::Value> label;
    std::optional<jsonb::Value> choices;  ///< an answerEnum that is an array
    jsonb::Array children;
    NodeWords words;
};

/// `knows_words` says whether the further words count.
NodeTraits traits_of(jsonb::Value node, bool knows_words = false);

/// A node of a form. The views point into the form.
struct FormItem {
    std::uint32_t number = 0;  ///< 0 for the root, then in tree order
    std::uint32_t parent = 0;  ///< the number of the node above
    bool is_hidden = false;    ///< a node above it has no slug
    std::optional<std::string_view> slug;
    jsonb::Value json;
    NodeTraits traits;
};

/// The nodes of a form (submissions.md, chapter 1) in tree order, whatever JSON it is. Iterative:
/// any depth.
class FormReader {
  public:
    explicit FormReader(jsonb::Value form, Interrupt interrupt)
        : form_(form), interrupt_(interrupt), words_(form_words_of(form)) {}

    /// The words of the root about the whole form.
    const FormWords& words() const { return words_; }

    /// Sets the next node; false if none exists.
    bool next(FormItem& item);

  private:
    struct Level {
        jsonb::Array::Iterator child;
        jsonb::Array::Iterator end;
        std::uint32_t parent;
        bool is_hidden;
    };

    void take(FormItem& item, jsonb::Value node);

    jsonb::Value form_;
    Interrupt interrupt_;
    FormWords words_;
    std::uint32_t count_ = 0;
    std::vector<Level> levels_;
};

}  // namespace onetrip::submission
