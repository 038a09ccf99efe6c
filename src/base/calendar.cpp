// Days and moments: counted from PostgreSQL's epoch, and read from text. Knows nothing of fields
// and forms.

#include "base/calendar.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <limits>

#include "base/text_scanner.hpp"

namespace onetrip {

namespace {

/// 2000-01-01 in the days of std::chrono, which count from 1970-01-01.
constexpr std::chrono::days chrono_day_of_epoch{10'957};

struct ParsedDate {
    std::int64_t year = 0, month = 0, day = 0;
    bool before_christ = false;
};

/// Years of more digits than a UTC_time can say are read too, to distinguish them from text that is
/// not a time.
bool scan_date(TextScanner& scanner, ParsedDate& date) {
    return scanner.number(4, 7, date.year) && scanner.skip("-") &&
           scanner.number(2, 2, date.month) && scanner.skip("-") && scanner.number(2, 2, date.day);
}

struct ParsedTime {
    std::int64_t hour = 0, minute = 0, second = 0, microsecond = 0;

    bool exists() const { return hour < 24 && minute < 60 && second < 60; }
    std::int64_t microseconds() const {
        return ((hour * 60 + minute) * 60 + second) * microseconds_per_second + microsecond;
    }
};

bool scan_time(TextScanner& scanner, ParsedTime& time) {
    return scanner.number(2, 2, time.hour) && scanner.skip(":") &&
           scanner.number(2, 2, time.minute) && scanner.skip(":") &&
           scanner.number(2, 2, time.second) &&
           (!scanner.skip(".") || scanner.fraction(microseconds_per_second, time.microsecond));
}

/// `+hh:mm[:ss]`, in microseconds east of UTC. to_jsonb writes seconds for local mean times such as
/// Africa/Monrovia's until 1972.
bool scan_offset(TextScanner& scanner, std::int64_t& offset) {
    if (scanner.skip_one_of("Zz")) {
        offset = 0;
        return true;
    }
    const bool west = scanner.skip("-");
    ParsedTime time;
    if ((!west && !scanner.skip("+")) || !scanner.number(2, 2, time.hour) || !scanner.skip(":") ||
        !scanner.number(2, 2, time.minute) ||
        (scanner.skip(":") && !scanner.number(2, 2, time.second)) || !time.exists()) {
        return false;
    }
    offset = west ? -time.microseconds() : time.microseconds();
    return true;
}

TimeText to_instant(const ParsedDate& date, std::int64_t microseconds, Instant& instant) {
    if (date.before_christ || date.year > 9999) {
        return TimeText::out_of_range;
    }
    const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(date.year)),
                                          std::chrono::month(static_cast<unsigned>(date.month)),
                                          std::chrono::day(static_cast<unsigned>(date.day))};
    if (!day.ok()) {
        return TimeText::no_such_time;
    }
    const auto days = std::chrono::sys_days(day).time_since_epoch() - chrono_day_of_epoch;
    instant.microseconds = days.count() * microseconds_per_day + microseconds;
    return TimeText::valid;
}

template <typename... Numbers>
std::string print(const char* format, Numbers... numbers) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, numbers...);
    return text.data();
}

/// `number` is at most 99.
void put_two_digits(std::string& text, std::size_t at, unsigned number) {
    text[at] = static_cast<char>('0' + number / 10);
    text[at + 1] = static_cast<char>('0' + number % 10);
}

}  // namespace

CalendarTime to_calendar_time(Instant instant) {
    std::int64_t day = instant.microseconds / microseconds_per_day;
    std::int64_t rest = instant.microseconds % microseconds_per_day;
    if (rest < 0) {
        rest += microseconds_per_day;
        --day;
    }
    return {mjd_of_epoch + day, static_cast<std::int32_t>(rest / microseconds_per_second)};
}

TimeText parse_instant(std::string_view text, Instant& instant) {
    if (text == "infinity" || text == "-infinity") {
        using Limits = std::numeric_limits<std::int64_t>;
        instant.microseconds = text.front() == '-' ? Limits::min() : Limits::max();
        return TimeText::valid;
    }
    TextScanner scanner(text);
    ParsedDate date;
    ParsedTime time;
    if (!scan_date(scanner, date)) {
        return TimeText::malformed;
    }
    std::int64_t offset = 0;
    bool has_offset = true;
    if (scanner.skip(" BC")) {
        date.before_christ = true;
    } else if (scanner.skip_one_of("Tt ")) {
        if (!scan_time(scanner, time)) {
            return TimeText::malformed;
        }
        has_offset = !scanner.at_end();
        if (has_offset && !scan_offset(scanner, offset)) {
            return TimeText::malformed;
        }
        date.before_christ = scanner.skip(" BC");
    }
    if (!scanner.at_end()) {
        return TimeText::malformed;
    }
    if (!has_offset) {
        return TimeText::without_offset;
    }
    return time.exists() ? to_instant(date, time.microseconds() - offset, instant)
                         : TimeText::no_such_time;
}

TimeText parse_date(std::string_view text, std::int64_t& mjd) {
    if (text == "infinity" || text == "-infinity") {
        return TimeText::out_of_range;
    }
    TextScanner scanner(text);
    ParsedDate date;
    if (!scan_date(scanner, date)) {
        return TimeText::malformed;
    }
    date.before_christ = scanner.skip(" BC");
    if (!scanner.at_end()) {
        return TimeText::malformed;
    }
    Instant instant{};
    const TimeText result = to_instant(date, 0, instant);
    if (result == TimeText::valid) {
        mjd = to_calendar_time(instant).mjd;
    }
    return result;
}

/// The proleptic Gregorian calendar in 64 bits, by eras of 400 years whose years begin in March;
/// std::chrono ends at the year 32767.
std::string describe(Date date) {
    constexpr std::int64_t days_per_era = 146'097;
    constexpr std::int64_t epoch_in_eras = 730'425;  // from 0000-03-01 to 2000-01-01
    const std::int64_t day = date.day + epoch_in_eras;
    const std::int64_t era = (day >= 0 ? day : day - (days_per_era - 1)) / days_per_era;
    const std::int64_t of_era = day - era * days_per_era;
    const std::int64_t year_of_era =
        (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
    const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * of_year + 2) / 153;
    const auto day_of_month = static_cast<int>(of_year - (153 * month_from_march + 2) / 5 + 1);
    const auto month = static_cast<int>(month_from_march + (month_from_march < 10 ? 3 : -9));
    const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    return print("%04lld-%02d-%02d%s", static_cast<long long>(year > 0 ? year : 1 - year), month,
                 day_of_month, year > 0 ? "" : " BC");
}

std::string describe(Instant instant) {
    if (instant.is_infinite()) {
        return instant.microseconds > 0 ? "infinity" : "-infinity";
    }
    const CalendarTime time = to_calendar_time(instant);
    return describe(Date{time.mjd - mjd_of_epoch}) +
           print(" %02d:%02d:%02d+00", time.second_of_day / 3600, time.second_of_day / 60 % 60,
                 time.second_of_day % 60);
}

std::string print_rfc3339(CalendarTime time) {
    const std::chrono::year_month_day date{
        std::chrono::sys_days(chrono_day_of_epoch + std::chrono::days(time.mjd - mjd_of_epoch))};
    // Every UTC_time that is decoded is printed: snprintf took a sixth of decode_section.
    std::string text = "0000-00-00T00:00:00Z";
    const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
    const auto second = static_cast<unsigned>(time.second_of_day);
    put_two_digits(text, 0, year / 100);
    put_two_digits(text, 2, year % 100);
    put_two_digits(text, 5, static_cast<unsigned>(date.month()));
    put_two_digits(text, 8, static_cast<unsigned>(date.day()));
    put_two_digits(text, 11, second / 3600);
    put_two_digits(text, 14, second / 60 % 60);
    put_two_digits(text, 17, second % 60);
    return text;
}

std::string describe(Interval interval) {
    std::string text;
    if (interval.months != 0) {
        text += std::to_string(interval.months) + " mons ";
    }
    if (interval.days != 0) {
        text += std::to_string(interval.days) + " days ";
    }
    const bool negative = interval.microseconds < 0;
    // Negating the smallest number would overflow: the magnitude is taken without sign.
    const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(interval.microseconds)
                                             : static_cast<std::uint64_t>(interval.microseconds);
    const std::uint64_t seconds = magnitude / microseconds_per_second;
    text += print("%s%02llu:%02llu:%02llu", negative ? "-" : "",
                  static_cast<unsigned long long>(seconds / 3600),
                  static_cast<unsigned long long>(seconds / 60 % 60),
                  static_cast<unsigned long long>(seconds % 60));
    const std::uint64_t fraction = magnitude % microseconds_per_second;
    return fraction == 0 ? text
                         : text + print(".%06llu", static_cast<unsigned long long>(fraction));
}

}  // namespace onetrip
