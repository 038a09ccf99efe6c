// Types of answers, and what text is a value of which. Knows nothing of forms' trees.

#include "submission/answers.hpp"

#include <algorithm>
#include <iterator>

#include "jsonb/numeric_parser.hpp"

namespace onetrip::submission {

namespace {

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

bool is_leap_year(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_of(int year, int month) {
    constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

int number_of(std::string_view digits) {
    int number = 0;
    for (const char digit : digits) {
        number = number * 10 + (digit - '0');
    }
    return number;
}

bool has_shape_of_day(std::string_view text) {
    constexpr std::string_view shape = "0000-00-00";
    if (text.size() != shape.size()) {
        return false;
    }
    for (std::size_t index = 0; index < shape.size(); ++index) {
        if (shape[index] == '0' ? !is_digit(text[index]) : text[index] != shape[index]) {
            return false;
        }
    }
    return true;
}

constexpr std::string_view type_names[] = {"text",    "number",   "boolean", "date",
                                           "integer", "datetime", "time",    "json"};

/// Takes two digits that are a number up to `most`.
std::optional<int> take_two_digits(std::string_view& text, int most) {
    if (text.size() < 2 || !is_digit(text[0]) || !is_digit(text[1])) {
        return std::nullopt;
    }
    const int number = number_of(text.substr(0, 2));
    text.remove_prefix(2);
    return number <= most ? std::optional(number) : std::nullopt;
}

bool take(std::string_view& text, char character) {
    const bool is_next = !text.empty() && text.front() == character;
    text.remove_prefix(is_next ? 1 : 0);
    return is_next;
}

/// Seconds and their fraction, if the text goes on with a colon.
bool take_seconds(std::string_view& text, TimeOfDay& time) {
    if (!take(text, ':')) {
        return true;
    }
    const std::optional<int> second = take_two_digits(text, 60);
    if (!second) {
        return false;
    }
    time.second = *second;
    if (!take(text, '.')) {
        return true;
    }
    std::size_t size = 0;
    while (size < text.size() && is_digit(text[size])) {
        ++size;
    }
    time.fraction = text.substr(0, size);
    text.remove_prefix(size);
    return size > 0;
}

/// The zone, which is the rest of the text.
bool read_zone(std::string_view text, TimeOfDay& time) {
    if (text.empty()) {
        return true;
    }
    if (text == "Z") {
        time.zone = 0;
        return true;
    }
    constexpr int most_hours = 14;
    const bool is_west = text.front() == '-';
    if (!is_west && text.front() != '+') {
        return false;
    }
    text.remove_prefix(1);
    const std::optional<int> hours = take_two_digits(text, most_hours);
    const bool has_minutes = take(text, ':') || !text.empty();
    const std::optional<int> minutes = has_minutes ? take_two_digits(text, 59) : 0;
    if (!hours || !minutes || !text.empty()) {
        return false;
    }
    const int zone = *hours * 60 + *minutes;
    time.zone = is_west ? -zone : zone;
    return true;
}

bool is_whole_number(jsonb::Value value) {
    jsonb::Integer integer;
    if (value.kind() != jsonb::Kind::numeric) {
        return false;
    }
    const jsonb::IntegerResult result = value.numeric().to_integer(integer);
    return result == jsonb::IntegerResult::integer || result == jsonb::IntegerResult::too_large;
}

bool is_white(char character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
}

}  // namespace

std::optional<AnswerType> answer_type_named(std::string_view name) {
    for (std::size_t type = 0; type < std::size(type_names); ++type) {
        if (name == type_names[type]) {
            return static_cast<AnswerType>(type);
        }
    }
    return std::nullopt;
}

std::string_view name_of(AnswerType type) {
    return type_names[static_cast<std::size_t>(type)];
}

bool is_number(std::string_view text) {
    return !text.empty() && jsonb::number_size(text) == text.size();
}

std::optional<Day> parse_day(std::string_view text) {
    if (!has_shape_of_day(text)) {
        return std::nullopt;
    }
    const Day day{number_of(text.substr(0, 4)), number_of(text.substr(5, 2)),
                  number_of(text.substr(8, 2))};
    if (day.year < 1 || day.month < 1 || day.month > 12 || day.day < 1 ||
        day.day > days_of(day.year, day.month)) {
        return std::nullopt;
    }
    return day;
}

bool is_integer(std::string_view text) {
    return is_number(text) && text.find_first_of(".eE") == std::string_view::npos;
}

std::optional<TimeOfDay> parse_time(std::string_view text) {
    TimeOfDay time;
    const std::optional<int> hour = take_two_digits(text, 23);
    const bool has_colon = hour && take(text, ':');
    const std::optional<int> minute = has_colon ? take_two_digits(text, 59) : std::nullopt;
    if (!minute || !take_seconds(text, time) || !read_zone(text, time)) {
        return std::nullopt;
    }
    time.hour = *hour;
    time.minute = *minute;
    return time;
}

std::optional<Moment> parse_moment(std::string_view text) {
    constexpr std::size_t day_size = 10;
    if (text.size() <= day_size || (text[day_size] != 'T' && text[day_size] != ' ')) {
        return std::nullopt;
    }
    const std::optional<Day> day = parse_day(text.substr(0, day_size));
    const std::optional<TimeOfDay> time =
        day ? parse_time(text.substr(day_size + 1)) : std::nullopt;
    return time ? std::optional(Moment{*day, *time}) : std::nullopt;
}

bool is_partial_date(std::string_view text) {
    constexpr std::string_view first_month = "-01";
    constexpr std::string_view first_day = "-01-01";
    if (text.size() != 4 && text.size() != 7) {
        return false;
    }
    return parse_day(std::string(text).append(text.size() == 4 ? first_day : first_month))
        .has_value();
}

bool has_type(jsonb::Value answer, AnswerType type, bool takes_partial_dates) {
    const bool is_string = answer.is_string();
    const std::string_view text = is_string ? answer.string() : std::string_view();
    switch (type) {
        case AnswerType::number:
            return answer.kind() == jsonb::Kind::numeric ||
                   (is_string && is_number(text) && jsonb::fits_numeric(text));
        case AnswerType::boolean:
            return answer.is_boolean();
        case AnswerType::date:
            return is_string && (parse_day(text) || (takes_partial_dates && is_partial_date(text)));
        case AnswerType::integer:
            return is_string ? is_integer(text) && jsonb::fits_numeric(text)
                             : is_whole_number(answer);
        case AnswerType::datetime:
            return is_string &&
                   (parse_moment(text) ||
                    (takes_partial_dates && (parse_day(text) || is_partial_date(text))));
        case AnswerType::time:
            return is_string && parse_time(text);
        default:
            return true;
    }
}

std::string_view take_choice(std::string_view& text) {
    const auto* const begin = std::find_if_not(text.begin(), text.end(), is_white);
    const auto* const end = std::find_if(begin, text.end(), is_white);
    const std::string_view choice(begin, end);
    text = std::string_view(end, text.end());
    return choice;
}

std::string_view text_of(jsonb::Value scalar, std::string& room) {
    switch (scalar.kind()) {
        case jsonb::Kind::string:
            return scalar.string();
        case jsonb::Kind::numeric:
            room = scalar.numeric().to_text();
            return room;
        default:
            return scalar.boolean() ? "true" : "false";
    }
}

}  // namespace onetrip::submission
