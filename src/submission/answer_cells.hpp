#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jsonb/jsonb.hpp"

namespace onetrip::submission {

// The texts that a cell of a view shows for the answer that a document has at a question: a scalar,
// or an array with one answer for each scalar in it.

/// A way through a document, key by key, as a view finds the answer of a question. A group that
/// does not repeat may be stored as an array: its first object stands for it, as that is its first
/// repetition.
class AnswerWay {
  public:
    explicit AnswerWay(jsonb::Value document) : at_(document) {}

    /// Goes to the member of this key. False if none exists: then the way has ended.
    bool take(std::string_view key);

    /// The value that the way has led to.
    jsonb::Value value() const { return at_; }

  private:
    jsonb::Value at_;
    bool is_document_ = true;  ///< an array of documents is not one
};

/// Whether some of the answers are empty strings.
bool has_empty_strings(jsonb::Value stored);

/// The array without its empty strings, as JSONB. Throws JsonError.
std::vector<std::uint8_t> without_empty_strings(jsonb::Array stored);

/// The first answer that is not null; nullopt if none exists, as in an object.
std::optional<jsonb::Value> first_answer(jsonb::Value stored);

/// Sets the texts of all answers that are not null, joined by spaces. False if none exists.
bool join_answers(jsonb::Value stored, std::string& text);

/// Whether the choice is among the answers; nullopt if there is no answer: null, or an object. An
/// empty array does not have it. `is_spaced` says that white space parts the choices of a text.
std::optional<bool> has_choice(jsonb::Value stored, std::string_view choice, bool is_spaced);

}  // namespace onetrip::submission
