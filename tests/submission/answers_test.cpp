#include "submission/answers.hpp"

#include <catch2/catch.hpp>

#include "jsonb/json_parser.hpp"

namespace onetrip::submission::test {

TEST_CASE("numbers by JSON's grammar") {
    for (const char* text : {"0", "-0", "7", "10", "-12.50", "0.1000", "1e5", "1E+5", "1.5e-7",
                             "123456789012345678901234567890", "1e999999999"}) {
        CAPTURE(text);
        CHECK(is_number(text));
    }
    for (const char* text :
         {"",    "-",        "+1",  "01",    "-01",   "00",    "1.",      ".5",  "1.e5",
          "1e",  "1e+",      "e5",  " 1",    "1 ",    "1\n",   "0x1",     "1,5", "1_000",
          "NaN", "Infinity", "--1", "1.2.3", "1e5e5", "1e5.5", "\xd9\xa1"}) {
        CAPTURE(text);
        CHECK_FALSE(is_number(text));
    }
    CHECK_FALSE(is_number(std::string_view("1\0", 2)));
}

TEST_CASE("strings that numeric cannot hold are no numbers") {
    const auto is_held = [](const std::string& text) {
        const auto bytes = jsonb::parse_json('"' + text + '"');
        return has_type(jsonb::Value::root(bytes), AnswerType::number);
    };
    const std::string nines(131072, '9');
    const std::string decimals(16383, '1');
    for (const std::string& text :
         {std::string("1e131071"), std::string("1e-16383"), std::string("0e1073741822"), nines,
          nines + '.' + decimals, "0." + std::string(200000, '0') + "1e200001",
          std::string("1e0000000000000000000005"), std::string("-99.99e131070")}) {
        CAPTURE(text.substr(0, 40), text.size());
        CHECK(is_held(text));
    }
    for (const std::string& text :
         {std::string("1e200000"), std::string("1e131072"), std::string("-10e131071"),
          std::string("1e-16384"), std::string("0e-16384"), std::string("0.0e-16383"),
          std::string("0e1073741823"), std::string("1e99999999999999999999"), '1' + nines,
          "0." + decimals + '0'}) {
        CAPTURE(text.substr(0, 40), text.size());
        CHECK_FALSE(is_held(text));
    }
}

TEST_CASE("days that exist") {
    const auto day = parse_day("2016-02-29");
    REQUIRE(day);
    CHECK(day->year == 2016);
    CHECK(day->month == 2);
    CHECK(day->day == 29);
    for (const char* text :
         {"0001-01-01", "9999-12-31", "2000-02-29", "1582-10-10", "2017-12-31"}) {
        CAPTURE(text);
        CHECK(parse_day(text));
    }
    for (const char* text :
         {"",           "2017-02-29",  "2017-02-30",  "1900-02-29",  "2100-02-29",
          "0000-01-01", "2017-00-01",  "2017-13-01",  "2017-01-00",  "2017-01-32",
          "2017-04-31", "2017-1-01",   "2017-01-1",   "10000-01-01", "-001-01-01",
          "2017/01/01", "2017-01-01 ", " 2017-01-01", "20170101",    "2017-01-01T00:00:00",
          "2017-01-0x", "yyyy-mm-dd"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_day(text));
    }
}

TEST_CASE("every day of four centuries, and no other") {
    // The Gregorian calendar repeats after 400 years, which have 146,097 days.
    int days = 0;
    for (int year = 1601; year <= 2000; ++year) {
        for (int month = 0; month <= 13; ++month) {
            for (int day = 0; day <= 32; ++day) {
                char text[16];
                std::snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                days += parse_day(text) ? 1 : 0;
            }
        }
    }
    CHECK(days == 146097);
}

TEST_CASE("types have their names") {
    for (const char* name : {"text", "number", "boolean", "date"}) {
        const auto type = answer_type_named(name);
        REQUIRE(type);
        CHECK(name_of(*type) == name);
    }
    CHECK_FALSE(answer_type_named("Text"));
    CHECK_FALSE(answer_type_named(""));
}

TEST_CASE("scalars as text") {
    std::string room;
    const auto text = [&](std::string_view json) {
        const auto bytes = jsonb::parse_json(json);
        return std::string(text_of(jsonb::Value::root(bytes), room));
    };
    CHECK(text("\" a\\n\"") == " a\n");
    CHECK(text("0.1000") == "0.1000");
    CHECK(text("1e3") == "1000");
    CHECK(text("-0.0") == "0.0");
    CHECK(text("true") == "true");
    CHECK(text("false") == "false");
}

}  // namespace onetrip::submission::test
