#include "section/calendar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <limits>

namespace onetrip::section {

namespace {

/// 2000-01-01 in the days of std::chrono, which count from 1970-01-01.
constexpr std::chrono::days chrono_day_of_epoch{10'957};

/// Reads a text from left to right.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }

    bool skip(std::string_view expected) {
        if (!rest_.starts_with(expected)) {
            return false;
        }
        rest_.remove_prefix(expected.size());
        return true;
    }

    bool skip_one_of(std::string_view characters) {
        if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    /// Digits, as many as there are; false where they are fewer than `least`, more than `most`.
    bool number(std::size_t least, std::size_t most, std::int64_t& number) {
        std::size_t digits = rest_.find_first_not_of("0123456789");
        digits = digits == std::string_view::npos ? rest_.size() : digits;
        if (digits < least || digits > most) {
            return false;
        }
        std::from_chars(rest_.data(), rest_.data() + digits, number);
        rest_.remove_prefix(digits);
        return true;
    }

    /// `.123456789`: microseconds, further digits dropped.
    bool fraction(std::int64_t& microseconds) {
        const std::size_t before = rest_.size();
        std::int64_t unit = microseconds_per_second;
        microseconds = 0;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            unit /= 10;
            microseconds += unit * (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return rest_.size() < before;
    }

  private:
    std::string_view rest_;
};

struct ParsedDate {
    std::int64_t year = 0, month = 0, day = 0;
    bool before_christ = false;
};

/// Years of more digits than a UTC_time can say are read so that they can be told from nonsense.
bool scan_date(Scanner& scanner, ParsedDate& date) {
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

bool scan_time(Scanner& scanner, std::size_t hour_digits, ParsedTime& time) {
    return scanner.number(2, hour_digits, time.hour) && scanner.skip(":") &&
           scanner.number(2, 2, time.minute) && scanner.skip(":") &&
           scanner.number(2, 2, time.second) &&
           (!scanner.skip(".") || scanner.fraction(time.microsecond));
}

/// `+hh:mm[:ss]`, in microseconds east of UTC. Seconds are what to_jsonb writes for local mean
/// times such as Africa/Monrovia's until 1972.
bool scan_offset(Scanner& scanner, std::int64_t& offset) {
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

bool scan_days(Scanner& scanner, std::int32_t& days) {
    const bool negative = scanner.skip("-");
    std::int64_t number = 0;
    if (!scanner.number(1, 10, number) || number > std::numeric_limits<std::int32_t>::max() ||
        !(scanner.skip(" days") || scanner.skip(" day"))) {
        return false;
    }
    days = static_cast<std::int32_t>(negative ? -number : number);
    return true;
}

bool scan_signed_time(Scanner& scanner, std::int64_t& microseconds) {
    const bool negative = scanner.skip("-");
    if (!negative) {
        scanner.skip("+");
    }
    ParsedTime time;
    if (!scan_time(scanner, 10, time) || time.minute > 59 || time.second > 59) {
        return false;
    }
    // An interval reaches to 2562047788 hours, far behind what a field takes: more hours than that
    // are as many.
    time.hour = std::min(time.hour, std::int64_t{2'562'047'787});
    microseconds = negative ? -time.microseconds() : time.microseconds();
    return true;
}

template <typename... Numbers>
std::string print(const char* format, Numbers... numbers) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, numbers...);
    return text.data();
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
    Scanner scanner(text);
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
        if (!scan_time(scanner, 2, time)) {
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

std::optional<Interval> parse_interval(std::string_view text) {
    Interval interval{};
    Scanner days(text);
    if (scan_days(days, interval.days)) {
        const bool has_time = days.skip(" ");
        if ((has_time && !scan_signed_time(days, interval.microseconds)) || !days.at_end()) {
            return std::nullopt;
        }
        return interval;
    }
    Scanner time(text);
    if (!scan_signed_time(time, interval.microseconds) || !time.at_end()) {
        return std::nullopt;
    }
    return interval;
}

/// The proleptic Gregorian calendar in 64 bits, by eras of 400 years whose years begin in March;
/// std::chrono knows the years to 32767 alone.
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
    return print("%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                 time.second_of_day / 3600, time.second_of_day / 60 % 60, time.second_of_day % 60);
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

}  // namespace onetrip::section
