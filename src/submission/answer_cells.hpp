#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "jsonb/jsonb.hpp"

namespace onetrip::submission {

// The texts that a cell of a view shows for the answer that a document has at a question: a scalar,
// or an array with one answer for each scalar in it.

/// The first answer that is not null; nullopt if there is none, as in an object.
std::optional<jsonb::Value> first_answer(jsonb::Value stored);

/// Sets the texts of all answers that are not null, joined by spaces. False if there is none.
bool join_answers(jsonb::Value stored, std::string& text);

/// Whether the choice is among the answers; nullopt if there is no answer: null, or an object. An
/// empty array does not have it. `is_spaced` says that white space parts the choices of a text.
std::optional<bool> has_choice(jsonb::Value stored, std::string_view choice, bool is_spaced);

}  // namespace onetrip::submission
