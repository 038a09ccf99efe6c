// Types of answers, and what text is a value of which. Knows nothing of forms' trees.

#include "submission/answers.hpp"

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

}  // namespace

std::optional<AnswerType> answer_type_named(std::string_view name) {
    for (const AnswerType type :
         {AnswerType::text, AnswerType::number, AnswerType::boolean, AnswerType::date}) {
        if (name == name_of(type)) {
            return type;
        }
    }
    return std::nullopt;
}

std::string_view name_of(AnswerType type) {
    constexpr std::string_view names[] = {"text", "number", "boolean", "date"};
    return names[static_cast<std::size_t>(type)];
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

bool has_type(jsonb::Value answer, AnswerType type) {
    const bool string = answer.kind() == jsonb::Kind::string;
    switch (type) {
        case AnswerType::number:
            return answer.kind() == jsonb::Kind::numeric ||
                   (string && is_number(answer.string()) && jsonb::fits_numeric(answer.string()));
        case AnswerType::boolean:
            return answer.kind() == jsonb::Kind::boolean;
        case AnswerType::date:
            return string && parse_day(answer.string());
        default:
            return true;
    }
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
