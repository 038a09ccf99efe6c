#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jsonb/jsonb.hpp"

namespace onetrip::submission {

enum class AnswerType : std::uint8_t { text, number, boolean, date };

/// The type of this name; nullopt where there is none.
std::optional<AnswerType> answer_type_named(std::string_view name);

std::string_view name_of(AnswerType type);

/// Whether the text is a number by JSON's grammar (RFC 8259, section 6), and nothing else.
bool is_number(std::string_view text);

/// A day of the proleptic Gregorian calendar.
struct Day {
    int year;
    int month;
    int day;
};

/// The day that the text names as YYYY-MM-DD, of the years 0001 to 9999; nullopt where it is no
/// such text or there is no such day.
std::optional<Day> parse_day(std::string_view text);

/// Whether a scalar other than null is what its question's type says. A string is a number where
/// the server's numeric can hold it.
bool has_type(jsonb::Value answer, AnswerType type);

/// The text of a scalar other than null: a string as it is, a number in jsonb's exact spelling,
/// true or false. What must be made is put into `room`.
std::string_view text_of(jsonb::Value scalar, std::string& room);

}  // namespace onetrip::submission
