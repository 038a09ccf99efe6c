#include "base/calendar.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "base/randomness.hpp"
#include "section/rows.hpp"

namespace onetrip::section::test {

namespace {

constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

Instant instant_of(std::string_view text) {
    Instant instant{};
    if (parse_instant(text, instant) != TimeText::valid) {
        throw std::runtime_error("refused: " + std::string(text));
    }
    return instant;
}

TimeText judge(std::string_view text) {
    Instant untouched{4711};
    const TimeText found = parse_instant(text, untouched);
    CHECK((found == TimeText::valid || untouched.microseconds == 4711));
    return found;
}

std::string utc_of(std::string_view text) {
    Row row;
    row.set("v", Value::of_instant(instant_of(text)));
    return section_of_field("40 utc", row);
}

std::string utc_of_json(const std::string& text) {
    return section_of_field("40 utc", Row::of_json(R"({"v": ")" + text + "\"}"));
}

std::string duration_of_json(const std::string& text) {
    return section_of_field("24 duration", Row::of_json(R"({"v": ")" + text + "\"}"));
}

Failure failure_of_json(const std::string& type, const std::string& value) {
    return failure_of_field(type, Row::of_json(R"({"v": )" + value + "}"));
}

std::string duration_of(Interval interval) {
    Row row;
    row.interval("v", interval);
    return section_of_field("24 duration", row);
}

Failure failure_of(Interval interval) {
    Row row;
    row.interval("v", interval);
    return failure_of_field("24 duration", row);
}

/// Counts days as a wall calendar does.
struct SlowDate {
    int year, month, day;

    int days_of_month() const {
        const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        const int days[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        return days[month - 1];
    }
    void next() {
        if (++day > days_of_month()) {
            day = 1;
            ++month;
        }
        if (month > 12) {
            month = 1;
            ++year;
        }
    }
    std::string text() const {
        char text[32];
        std::snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
        return text;
    }
};

std::string hex_of(int number, int digits) {
    char text[16];
    std::snprintf(text, sizeof text, "%0*x", digits, static_cast<unsigned>(number));
    return text;
}

}  // namespace

TEST_CASE("the example of EN 300 468, annex C", "[calendar]") {
    // "93/10/13 12:45:00 is coded as 0xC079124500".
    CHECK(utc_of("1993-10-13T12:45:00Z") == "c079124500");
    CHECK(to_calendar_time(instant_of("1993-10-13T12:45:00Z")).mjd == 0xC079);
    CHECK(to_calendar_time(instant_of("1982-09-06T00:00:00Z")).mjd == 45'218);
    CHECK(to_calendar_time({0}).mjd == 51'544);
}

TEST_CASE("both ends of what a UTC_time says, and the rollover between", "[calendar]") {
    CHECK(utc_of("1948-08-05T00:00:00Z") == "8000000000");
    CHECK(utc_of("2128-01-09T23:59:59.999999Z") == "7fff235959");
    CHECK(utc_of("2038-04-22T23:59:59Z") == "ffff235959");
    CHECK(utc_of("2038-04-23T00:00:00Z") == "0000000000");
    for (const char* const outside : {"1948-08-04T23:59:59.999999Z", "2128-01-10T00:00:00Z"}) {
        Row row;
        row.set("v", Value::of_instant(instant_of(outside)));
        const Failure found = failure_of_field("40 utc", row);
        CHECK(found.kind == ErrorKind::time_out_of_range);
        CHECK(found.detail.find("1948-08-05 to 2128-01-09") != std::string::npos);
    }
    for (const std::int64_t far : {smallest + 1, largest - 1}) {
        CHECK(failure_of_field("40 utc", Row().instant("v", far)).kind ==
              ErrorKind::time_out_of_range);
    }
}

TEST_CASE("NULL and infinity are undefined times", "[calendar]") {
    CHECK(section_of_field("40 utc", Row().null("v")) == "ffffffffff");
    CHECK(section_of_field("40 utc", Row().instant("v", smallest)) == "ffffffffff");
    CHECK(section_of_field("40 utc", Row().instant("v", largest)) == "ffffffffff");
    CHECK(section_of_field("40 utc", Row::of_json(R"({"v": null})")) == "ffffffffff");
    CHECK(utc_of_json("infinity") == "ffffffffff");
    CHECK(utc_of_json("-infinity") == "ffffffffff");
    CHECK(failure_of_field("40 utc", Row::of_json("{}")).kind == ErrorKind::null_not_allowed);
}

TEST_CASE("fractions of a second are dropped towards the past", "[calendar]") {
    CHECK(utc_of("1999-12-31T23:59:59.999999Z") == "c957235959");
    CHECK(section_of_field("40 utc", Row().instant("v", -1)) == "c957235959");
    CHECK(section_of_field("40 utc", Row().instant("v", -1'000'000)) == "c957235959");
    CHECK(section_of_field("40 utc", Row().instant("v", -1'000'001)) == "c957235958");
    CHECK(section_of_field("40 utc", Row().instant("v", 999'999)) == "c958000000");
    CHECK(to_calendar_time({-microseconds_per_day}).mjd == 51'543);
    CHECK(to_calendar_time({-microseconds_per_day}).second_of_day == 0);
    CHECK(to_calendar_time({-microseconds_per_day - 1}).mjd == 51'542);
    CHECK(to_calendar_time({-microseconds_per_day - 1}).second_of_day == 86'399);
}

TEST_CASE("the forms of RFC 3339 and of to_jsonb", "[calendar]") {
    const std::int64_t noon = instant_of("2024-02-29T12:00:00Z").microseconds;
    for (const char* const text :
         {"2024-02-29t12:00:00z", "2024-02-29 12:00:00Z", "2024-02-29T12:00:00.000+00:00",
          "2024-02-29T12:00:00-00:00", "2024-02-29T17:30:00+05:30", "2024-03-01T02:00:00+14:00",
          "2024-02-28T21:00:00-15:00", "2024-02-29T11:15:30-00:44:30",
          "2024-02-29T12:00:00.0000009Z"}) {
        INFO(text);
        CHECK(instant_of(text).microseconds == noon);
    }
    CHECK(instant_of("2024-02-29T12:00:00.5Z").microseconds == noon + 500'000);
    CHECK(instant_of("2024-02-29T12:00:00.000001Z").microseconds == noon + 1);
    CHECK(instant_of("2024-02-29").microseconds == noon - microseconds_per_day / 2);
    CHECK(instant_of("infinity").microseconds == largest);
    CHECK(instant_of("-infinity").microseconds == smallest);
    CHECK(instant_of("0001-01-01T00:00:00Z").microseconds < 0);
    CHECK(instant_of("9999-12-31T23:59:59Z").microseconds > 0);
}

TEST_CASE("days and times that do not exist", "[calendar]") {
    for (const char* const text :
         {"2023-02-29T00:00:00Z", "1900-02-29", "2024-13-01", "2024-00-10", "2024-04-31",
          "2024-01-00", "2024-01-32T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
          "2024-01-01T23:59:60Z"}) {
        INFO(text);
        CHECK(judge(text) == TimeText::no_such_time);
    }
    CHECK(judge("2000-02-29") == TimeText::valid);
}

TEST_CASE("years that a UTC_time is far from", "[calendar]") {
    for (const char* const text :
         {"10000-01-01", "294276-12-31T23:59:59.999999+00:00", "0044-03-15T00:00:00+00:00 BC",
          "4713-01-01 BC", "5874897-12-31"}) {
        INFO(text);
        CHECK(judge(text) == TimeText::out_of_range);
    }
    CHECK(failure_of_json("40 utc", "\"10000-01-01\"").kind == ErrorKind::time_out_of_range);
}

TEST_CASE("times without an offset", "[calendar]") {
    for (const char* const text :
         {"2024-01-01T00:00:00", "2024-01-01 12:30:00.25", "2024-01-01t00:00:00"}) {
        INFO(text);
        CHECK(judge(text) == TimeText::without_offset);
    }
    const Failure found = failure_of_json("40 utc", "\"2024-01-01T00:00:00\"");
    CHECK(found.kind == ErrorKind::invalid_value);
    CHECK(found.hint.find("AT TIME ZONE") != std::string::npos);
}

TEST_CASE("texts that are no times", "[calendar]") {
    for (const char* const text : {"",
                                   "2024",
                                   "2024-1-01",
                                   "24-01-01",
                                   "2024-01-01T",
                                   "2024-01-01T00:00Z",
                                   "2024-01-01T0:00:00Z",
                                   "2024-01-01T00:00:00.Z",
                                   "2024-01-01T00:00:00+1:00",
                                   "2024-01-01T00:00:00+0100",
                                   "2024-01-01T00:00:00ZZ",
                                   "2024-01-01T00:00:00Z ",
                                   " 2024-01-01",
                                   "2024-01-01Z",
                                   "2024/01/01",
                                   "Infinity",
                                   "inf",
                                   "now",
                                   "20240101",
                                   "2024-01-01T00:00:00 Z",
                                   "+2024-01-01",
                                   "-2024-01-01",
                                   "2024-01-01T00:00:00ZBC",
                                   "2024-01-01  00:00:00Z",
                                   "12345678-01-01"}) {
        INFO(text);
        CHECK(judge(text) == TimeText::malformed);
    }
    CHECK(failure_of_json("40 utc", "\"soon\"").kind == ErrorKind::invalid_value);
    CHECK(failure_of_json("40 utc", "20240101").kind == ErrorKind::invalid_value);
}

TEST_CASE("offsets that are not ones", "[calendar]") {
    for (const char* const text : {"2024-01-01T00:00:00+25:00", "2024-01-01T00:00:00+00:60"}) {
        INFO(text);
        CHECK((judge(text) == TimeText::no_such_time || judge(text) == TimeText::malformed));
    }
    for (const char* const text :
         {"2024-01-01T00:00:00+05", "2024-01-01T00:00:00-", "2024-01-01T00:00:00+05:"}) {
        INFO(text);
        CHECK(judge(text) == TimeText::malformed);
    }
}

TEST_CASE("every day that a UTC_time can say", "[calendar]") {
    Randomness random(seed());
    SlowDate date{1948, 8, 5};
    for (int mjd = 0x8000; mjd <= 0x17FFF; ++mjd, date.next()) {
        const auto second = static_cast<int>(random.below(86'400));
        char clock[16];
        std::snprintf(clock, sizeof clock, "%02d:%02d:%02d", second / 3600, second / 60 % 60,
                      second % 60);
        const CalendarTime time = to_calendar_time(instant_of(date.text() + 'T' + clock + 'Z'));
        if (time.mjd != mjd || time.second_of_day != second) {
            FAIL(date.text() << ' ' << clock);
        }
        const std::string digits = std::string(clock, 2) + std::string(clock + 3, 2) + (clock + 6);
        if (mjd % 16 == 0 &&
            utc_of_json(date.text() + 'T' + clock + 'Z') != hex_of(mjd % 65'536, 4) + digits) {
            FAIL(date.text() << ' ' << clock);
        }
    }
    CHECK(date.text() == "2128-01-10");
}

TEST_CASE("the forms of an interval", "[calendar]") {
    constexpr std::int64_t hour = 3600 * microseconds_per_second;
    struct Form {
        const char* text;
        std::int64_t microseconds;
        int days;
    };
    for (const Form& form :
         {Form{"00:00:00", 0, 0}, Form{"100:00:00", 100 * hour, 0}, Form{"-01:00:00", -hour, 0},
          Form{"+01:00:00", hour, 0}, Form{"01:00:00.5", hour + 500'000, 0},
          Form{"00:00:00.0000019", 1, 0}, Form{"1 day", 0, 1}, Form{"-1 days", 0, -1},
          Form{"2 days 01:00:00", hour, 2}, Form{"3 days -01:00:00", -hour, 3},
          Form{"-3 days +01:00:00", hour, -3}, Form{"4 day 01:00:00", hour, 4},
          // ISO 8601, and the style iso_8601
          Form{"PT0S", 0, 0}, Form{"PT1H30M", hour * 3 / 2, 0}, Form{"P1DT2H", 2 * hour, 1},
          Form{"P2W", 0, 14}, Form{"P1W2D", 0, 9},
          Form{"P-1DT2H-3M-4.5S", hour * 2 - 184'500'000, -1}, Form{"PT1.5H", hour * 3 / 2, 0},
          Form{"PT0,5M", 30'000'000, 0}, Form{"PT0.000277777778H", 1'000'000, 0},
          Form{"P0.5D", 12 * hour, 0}, Form{"-PT1H-30M", -hour / 2, 0}, Form{"+P1D", 0, 1},
          // postgres_verbose
          Form{"@ 0", 0, 0}, Form{"@ 1 day 2 hours 3 mins 4.5 secs", 2 * hour + 184'500'000, 1},
          Form{"@ 1 hour 30 mins ago", -hour * 3 / 2, 0},
          Form{"@ 1 day -2 hours ago", 2 * hour, -1}, Form{"@ 0.5 secs", 500'000, 0},
          Form{"@ 1 sec", 1'000'000, 0},
          // sql_standard
          Form{"0", 0, 0}, Form{"1:30:00", hour * 3 / 2, 0}, Form{"-1:30:00", -hour * 3 / 2, 0},
          Form{"1 2:00:00.25", 2 * hour + 250'000, 1}, Form{"-1 2:00:00", -2 * hour, -1},
          Form{"+0-0 +1 -2:00:00", -2 * hour, 1}, Form{"+0-0 -1 +2:00:00", 2 * hour, -1},
          // the largest there is
          Form{"2562047788:00:54.775807", largest, 0},
          Form{"-106751991 days +2562047788:00:54.775807", largest, -106'751'991}}) {
        INFO(form.text);
        const auto interval = parse_interval(form.text);
        REQUIRE(interval.has_value());
        CHECK(interval->microseconds == form.microseconds);
        CHECK(interval->days == form.days);
        CHECK(interval->months == 0);
    }
}

TEST_CASE("intervals with months and years are read as such", "[calendar]") {
    const auto months_of = [](const char* text) {
        const auto interval = parse_interval(text);
        REQUIRE(interval.has_value());
        return interval->months;
    };
    CHECK(months_of("1 mon") == 1);
    CHECK(months_of("1 year 2 mons -3 days +04:05:06") == 14);
    CHECK(months_of("-1 years -2 mons +3 days -04:05:06") == -14);
    CHECK(months_of("P1Y2M3DT4H") == 14);
    CHECK(months_of("@ 1 year 2 mons 3 days ago") == -14);
    CHECK(months_of("1-2") == 14);
    CHECK(months_of("-1-2") == -14);
    CHECK(months_of("+1-2 -3 +4:05:06") == 14);
}

TEST_CASE("texts that are no intervals", "[calendar]") {
    for (const char* const text : {"",
                                   "1",
                                   "01:00",
                                   "01:60:00",
                                   "01:00:60",
                                   "1 days ",
                                   "day",
                                   "1  day",
                                   "1 day01:00:00",
                                   "01:00:00 ago",
                                   "1 day 1 day",
                                   "01:00:00.",
                                   "--1 day",
                                   "- 01:00:00",
                                   "1 dayss",
                                   "01:00:00Z",
                                   "99999999999999999999 days",
                                   "P",
                                   "PT",
                                   "P1",
                                   "P1H",
                                   "PT1D",
                                   "P1DT",
                                   "PT1H1H",
                                   "PT1M1H",
                                   "PT1.5H30M",
                                   "PT1.H",
                                   "P1.5M",
                                   "pt1h",
                                   "PT 1H",
                                   "PT1HT1M",
                                   "P1D1W",
                                   "PT1S1",
                                   "@",
                                   "@ ",
                                   "@ 1",
                                   "@ 1 day ago ",
                                   "@ 1 day  2 hours",
                                   "@ 1 hour 1 day",
                                   "@ 1.5 days",
                                   "1 2",
                                   "1-",
                                   "1-2 3",
                                   "1-2 3 4:05:06",
                                   "0 ",
                                   "-",
                                   "+"}) {
        INFO(text);
        CHECK_FALSE(parse_interval(text).has_value());
    }
}

TEST_CASE("durations", "[calendar]") {
    constexpr std::int64_t hour = 3600 * microseconds_per_second;
    CHECK(duration_of({0, 0, 0}) == "000000");
    CHECK(duration_of({hour + 45 * 60 * microseconds_per_second + 30'999'999, 0, 0}) == "014530");
    CHECK(duration_of({3 * hour, 4, 0}) == "990000");
    CHECK(duration_of({100 * hour - 1, 0, 0}) == "995959");
    CHECK(duration_of({-hour, 1, 0}) == "230000");
    CHECK(duration_of({25 * hour, -1, 0}) == "010000");
    CHECK(duration_of_json("4 days 03:59:59.9") == "995959");
    CHECK(duration_of_json("2 days -01:00:00") == "470000");
    for (const Interval outside :
         {Interval{100 * hour, 0, 0}, Interval{-1, 0, 0}, Interval{4 * hour, 4, 0},
          Interval{0, -1, 0}, Interval{largest, 2'147'483'647, 0},
          Interval{smallest, -2'147'483'647 - 1, 0}}) {
        CHECK(failure_of(outside).kind == ErrorKind::time_out_of_range);
    }
    CHECK(failure_of({0, 0, 1}).kind == ErrorKind::invalid_value);
    CHECK(failure_of({0, 0, -1}).detail.find("months") != std::string::npos);
    CHECK(failure_of_json("24 duration", "\"1 mon\"").kind == ErrorKind::invalid_value);
    CHECK(failure_of_json("24 duration", "\"100:00:00\"").kind == ErrorKind::time_out_of_range);
    CHECK(failure_of_json("24 duration", "3600").kind == ErrorKind::invalid_value);
    CHECK(failure_of_json("24 duration", "null").kind == ErrorKind::null_not_allowed);
    CHECK(failure_of_field("24 duration", Row().null("v")).kind == ErrorKind::null_not_allowed);
}

TEST_CASE("instants as a message shows them", "[calendar]") {
    CHECK(describe(Instant{0}) == "2000-01-01 00:00:00+00");
    CHECK(describe(Instant{-1}) == "1999-12-31 23:59:59+00");
    CHECK(describe(Instant{largest}) == "infinity");
    CHECK(describe(Instant{smallest}) == "-infinity");
    for (const std::int64_t far : {smallest + 1, largest - 1}) {
        CHECK_FALSE(describe(Instant{far}).empty());
    }
}

TEST_CASE("intervals as a message shows them", "[calendar]") {
    CHECK(describe(Interval{0, 0, 0}) == "00:00:00");
    CHECK(describe(Interval{-1, 0, 0}) == "-00:00:00.000001");
    CHECK(describe(Interval{3'600'000'000, 1, 2}) == "2 mons 1 days 01:00:00");
    CHECK(describe(Interval{smallest, -1, -1}) == "-1 mons -1 days -2562047788:00:54.775808");
}

}  // namespace onetrip::section::test
