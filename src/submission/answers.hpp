#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jsonb/jsonb.hpp"

namespace onetrip::submission {

enum class AnswerType : std::uint8_t {
    text,
    number,
    boolean,
    date,
    integer,
    datetime,
    time,
    json,
};

/// The type of this name; nullopt if none exists.
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

/// The day that the text names as YYYY-MM-DD, of the years 0001 to 9999; nullopt if it is not such
/// a text or the day does not exist.
std::optional<Day> parse_day(std::string_view text);

/// Whether the text is an integer by JSON's grammar: a number without a fraction and an exponent.
bool is_integer(std::string_view text);

/// A time of day as it is written: hh:mm, hh:mm:ss or hh:mm:ss.f, and perhaps its zone: Z, +hh,
/// +hhmm or +hh:mm, up to 14 hours.
struct TimeOfDay {
    int hour = 0;
    int minute = 0;
    int second = 0;             ///< 60 is one
    std::string_view fraction;  ///< its digits, of which there may be any number
    std::optional<int> zone;    ///< minutes east of Greenwich
};

std::optional<TimeOfDay> parse_time(std::string_view text);

/// A day, T or a space, and a time of that day.
struct Moment {
    Day day;
    TimeOfDay time;
};

std::optional<Moment> parse_moment(std::string_view text);

/// Whether the text is a year or a month: YYYY or YYYY-MM, of the years 0001 to 9999.
bool is_partial_date(std::string_view text);

/// Whether a scalar other than null is what its question's type says. A string is a number if the
/// server's numeric can hold it. If partial dates are taken, a date may lack its month and day, and
/// a datetime also its time.
bool has_type(jsonb::Value answer, AnswerType type, bool takes_partial_dates = false);

/// Takes the next of several choices, which white space parts, from the front of the text; empty
/// at the end.
std::string_view take_choice(std::string_view& text);

/// The text of a scalar other than null: a string as it is, a number in jsonb's exact spelling,
/// true or false. A text that must be made is put into `room`.
std::string_view text_of(jsonb::Value scalar, std::string& room);

}  // namespace onetrip::submission
