#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "jsonb/jsonb.hpp"

/// A foreign form as its translators read it: what has another JSON type than the one that is asked
/// for is as if it was not there, and null is of no type.
namespace onetrip::submission::dialects {

using jsonb::Array;
using jsonb::Kind;
using jsonb::Member;
using jsonb::Object;
using jsonb::Value;

inline bool is_container(Value value) {
    return value.kind() == Kind::array || value.kind() == Kind::object;
}

/// A scalar other than null.
inline bool is_scalar(Value value) {
    return !is_container(value) && value.kind() != Kind::null;
}

/// The value as an object; one without members if it is not an object.
Object object_of(Value value);

/// A member that is not null.
std::optional<Value> member(Object object, std::string_view key);

std::optional<Value> string_value(Object object, std::string_view key);
std::optional<Value> scalar(Object object, std::string_view key);
std::optional<Array> array(Object object, std::string_view key);

/// An object or an array that is a member; an empty one if there is no such member.
Object object(Object object, std::string_view key);
Array elements(Object object, std::string_view key);

std::optional<std::string_view> text(Object object, std::string_view key);

/// A text that is not empty.
std::optional<std::string_view> filled_text(Object object, std::string_view key);

bool is_true(Object object, std::string_view key);
bool has_text(Object object, std::string_view key, std::string_view expected);

/// The text of a scalar other than null, as flatten_submission writes it.
std::string text_of(Value scalar);

/// Whether a string is not empty, or a number is not 0.
bool is_filled(Value string_or_number);

// ---- texts ----

/// White space is what Unicode calls so, in UTF-8: forms come out of spreadsheets.
std::size_t space_size(std::string_view text, std::size_t at);
std::string_view without_leading_space(std::string_view text);
std::string_view trimmed(std::string_view text);

/// The text without white space at its ends, and with one space for each white space within.
std::string with_single_spaces(std::string_view text);

/// The text with its ASCII letters, and no others, in lower case.
std::string lower(std::string_view text);

}  // namespace onetrip::submission::dialects
