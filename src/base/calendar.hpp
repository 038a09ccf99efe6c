#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace onetrip {

/// Microseconds since 2000-01-01 00:00:00 UTC, as PostgreSQL's timestamptz counts them.
struct Instant {
    std::int64_t microseconds;

    /// 'infinity' and '-infinity' (DT_NOEND, DT_NOBEGIN of datatype/timestamp.h).
    bool is_infinite() const {
        return microseconds == std::numeric_limits<std::int64_t>::max() ||
               microseconds == std::numeric_limits<std::int64_t>::min();
    }
};

/// PostgreSQL's interval: three parts that are kept apart.
struct Interval {
    std::int64_t microseconds;
    std::int32_t days;
    std::int32_t months;
};

constexpr std::int64_t microseconds_per_second = 1'000'000;
constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t microseconds_per_day = seconds_per_day * microseconds_per_second;

/// Modified Julian date of 2000-01-01, PostgreSQL's epoch (EN 300 468, annex C).
constexpr std::int64_t mjd_of_epoch = 51'544;

/// A moment as days and seconds, the parts of a UTC_time.
struct CalendarTime {
    std::int64_t mjd;
    std::int32_t second_of_day;
};

/// Fractions of a second are dropped towards the past.
CalendarTime to_calendar_time(Instant instant);

/// The result of reading text as a time.
enum class TimeText : std::uint8_t {
    valid,
    malformed,       ///< it has not the form
    without_offset,  ///< an RFC 3339 date and time, but for the missing Z or offset
    no_such_time,    ///< it has the form, but there is no such day, hour, minute or second
    out_of_range,    ///< a year of more than four digits or before Christ
};

/// Reads RFC 3339 with Z or an offset, `YYYY-MM-DD` (00:00:00 UTC), `infinity` and `-infinity`, as
/// to_jsonb writes timestamptz and date. Sets `instant` only if the text is valid.
TimeText parse_instant(std::string_view text, Instant& instant);

/// Reads `YYYY-MM-DD`, `infinity` and `-infinity`, as to_jsonb writes a date. Sets `mjd` only if
/// the text is valid; an infinite date is out of range.
TimeText parse_date(std::string_view text, std::int64_t& mjd);

/// Reads an interval as to_jsonb writes it in any IntervalStyle, and the durations of ISO 8601,
/// such as `1 day 01:30:00`, `@ 1 day 1 hour 30 mins`, `1 1:30:00`, `P1DT1H30M` and `P2W`. nullopt
/// if the text is anything else. Sums that an Interval cannot hold are cut to its limits.
std::optional<Interval> parse_interval(std::string_view text);

/// Days since 2000-01-01, as PostgreSQL's date counts them; it reaches further than an Instant.
struct Date {
    std::int64_t day;
};

/// `2021-02-01`, or with BC after it.
std::string describe(Date date);

/// `2021-02-01 00:00:00+00`, `infinity`, `-infinity`.
std::string describe(Instant instant);

/// RFC 3339 in UTC, `2021-02-01T00:00:00Z`, of a second in the years 0 to 9999.
std::string print_rfc3339(CalendarTime time);

/// `1 mon 4 days 03:59:59`, as PostgreSQL writes an interval.
std::string describe(Interval interval);

}  // namespace onetrip
