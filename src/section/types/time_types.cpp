// The types of dates, times and durations, as EN 300 468 writes them. They know no session: all
// times are UTC, or minutes ahead of it as the layout says.

#include <cstdlib>

#include "base/bits.hpp"
#include "base/calendar.hpp"
#include "section/types/all_types.hpp"

#ifndef __SIZEOF_INT128__
#error "onetrip needs a 64-bit platform"
#endif

namespace onetrip::section {

namespace {

__extension__ using Int128 = __int128;

/// 6 BCD digits hhmmss.
std::uint64_t clock_to_bits(std::uint64_t seconds) {
    const std::uint64_t hour = seconds / 3600;
    const std::uint64_t minute = seconds / 60 % 60;
    const std::uint64_t second = seconds % 60;
    return bcd.number_to_bits(hour * 10'000 + minute * 100 + second, 24);
}

/// A time of day or a duration as its digits say it.
struct Clock {
    std::uint32_t hour;
    std::uint32_t minute;
    std::uint32_t second;

    std::int32_t seconds() const {
        return static_cast<std::int32_t>((hour * 60 + minute) * 60 + second);
    }
};

/// The reverse of clock_to_bits, for any bits: hours are 0 to 165 if a digit is over 9.
Clock clock_of_bits(std::uint64_t bits) {
    const auto two_digits = [&](unsigned shift) {
        return static_cast<std::uint32_t>((bits >> (shift + 4) & 15) * 10 + (bits >> shift & 15));
    };
    return {two_digits(16), two_digits(8), two_digits(0)};
}

std::string print_clock(std::uint64_t bits) {
    std::string text = "00:00:00";
    for (const std::size_t at : {7, 6, 4, 3, 1, 0}) {
        text[at] = "0123456789abcdef"[bits & 15];
        bits >>= 4;
    }
    return text;
}

/// The fault of 6 BCD digits hhmmss; empty if none exists.
std::string judge_clock(std::uint64_t bits, std::uint32_t largest_hour) {
    if (!bcd.judge(bits, 24).empty()) {
        return "found " + print_clock(bits) + ", which has a decimal digit over 9";
    }
    const Clock clock = clock_of_bits(bits);
    if (clock.hour > largest_hour || clock.minute > 59 || clock.second > 59) {
        return "found " + print_clock(bits) + ", a time that does not exist";
    }
    return {};
}

// The 16 low bits are sent; a reader takes one below 0x8000 for a day after 2038-04-22, so that
// 65536 days in a row can be distinguished.
constexpr std::int64_t first_mjd = 0x8000;
constexpr std::int64_t last_mjd = 0x17FFF;

std::int64_t mjd_sent_as(std::uint64_t bits) {
    const auto sent = static_cast<std::int64_t>(bits & 0xFFFF);
    return sent < first_mjd ? sent + 0x10000 : sent;
}

/// Minutes as `+9` or `-3:30`.
std::string print_offset(std::int32_t minutes) {
    const std::int32_t size = std::abs(minutes);
    std::string text = (minutes < 0 ? "-" : "+") + std::to_string(size / 60);
    if (size % 60 != 0) {
        text += size % 60 < 10 ? ":0" : ":";
        text += std::to_string(size % 60);
    }
    return text;
}

/// UTC_time: 16 bits of MJD and 6 BCD digits (EN 300 468, 5.2.5 and annex C).
class UtcType final : public BitsType {
  public:
    /// The field holds local time that is `ahead` minutes ahead of UTC.
    constexpr UtcType(std::string_view name, WidthRule widths, SourceRule sources,
                      std::int32_t ahead = 0)
        : BitsType(name, widths, sources), ahead_(ahead) {}

    std::shared_ptr<const BitsType> at_offset(std::int32_t minutes) const override {
        return std::make_shared<UtcType>(name(), widths(), sources(), minutes);
    }

    bool takes_null() const override { return true; }

    std::uint64_t to_bits(const Value& value, std::uint32_t width) const override {
        if (value.is_null()) {
            return largest_unsigned(width);
        }
        CalendarTime time{};
        if (value.kind == Value::Kind::date) {
            time.mjd = mjd_of_epoch + value.date;
        } else {
            const Instant instant = instant_of(value);
            if (instant.is_infinite()) {
                return largest_unsigned(width);
            }
            time = to_calendar_time(instant);
        }
        time = later_by(time, ahead_);
        if (time.mjd < first_mjd || time.mjd > last_mjd) {
            throw BadValue{ErrorKind::time_out_of_range, describe(value),
                           "is outside 1948-08-05 to 2128-01-09 " + zone()};
        }
        return (static_cast<std::uint64_t>(time.mjd & 0xFFFF) << 24) |
               clock_to_bits(static_cast<std::uint64_t>(time.second_of_day));
    }

    /// All ones say that the time is undefined (EN 300 468, 5.2.5 for instance); the standard does
    /// not define any other bits that are not a time.
    std::string judge(std::uint64_t bits, std::uint32_t width) const override {
        return bits == largest_unsigned(width) ? std::string() : judge_clock(bits & 0xFFFFFF, 23);
    }

    void append_json(std::uint64_t bits, std::uint32_t width,
                     jsonb::JsonbBuilder& json) const override {
        if (bits == largest_unsigned(width)) {
            json.null();
        } else {
            const CalendarTime local{mjd_of_bits(bits), clock_of_bits(bits).seconds()};
            json.string(print_rfc3339(later_by(local, -ahead_)));
        }
    }

    std::string print(std::uint64_t bits, std::uint32_t width) const override {
        if (bits == largest_unsigned(width)) {
            return "undefined";
        }
        // The digits are printed as they are: they may not be a time.
        return print_rfc3339({mjd_of_bits(bits), 0}).substr(0, 10) + " " + print_clock(bits) + " " +
               zone();
    }

  private:
    static CalendarTime later_by(CalendarTime time, std::int32_t minutes) {
        constexpr std::int32_t day = 24 * 3600;
        const std::int32_t second = time.second_of_day + minutes * 60;
        const std::int32_t days = second < 0 ? -1 : second >= day ? 1 : 0;
        return {time.mjd + days, second - days * day};
    }

    /// `UTC`, `UTC+9`, `UTC-3:30`.
    std::string zone() const { return ahead_ == 0 ? "UTC" : "UTC" + print_offset(ahead_); }

    static std::int64_t mjd_of_bits(std::uint64_t bits) { return mjd_sent_as(bits >> 24); }

    static Instant instant_of(const Value& value) {
        if (value.kind == Value::Kind::instant) {
            return value.instant;
        }
        if (!value.is_json_string()) {
            refuse_kind(value, "an instant (timestamptz or date)");
        }
        Instant instant{};
        switch (parse_instant(value.json.string(), instant)) {
            case TimeText::valid:
                return instant;
            case TimeText::malformed:
                throw BadValue{ErrorKind::invalid_value, describe(value),
                               "is not a date and time of RFC 3339"};
            case TimeText::without_offset:
                throw BadValue{ErrorKind::invalid_value, describe(value),
                               "has no time zone, so that what it means depends on the session",
                               "Write Z or an offset after it, or give a column of type "
                               "timestamp as column AT TIME ZONE 'zone'."};
            case TimeText::no_such_time:
                throw BadValue{ErrorKind::time_out_of_range, describe(value),
                               "is a date or time that does not exist"};
            case TimeText::out_of_range:
                throw BadValue{ErrorKind::time_out_of_range, describe(value),
                               "is outside 1948-08-05 to 2128-01-09 UTC"};
        }
        __builtin_unreachable();
    }

    std::int32_t ahead_;
};

/// The 16 low bits of a Modified Julian Date (EN 300 468, annex C).
class MjdType final : public BitsType {
  public:
    using BitsType::BitsType;

    std::uint64_t to_bits(const Value& value, std::uint32_t /*width*/) const override {
        const std::int64_t day = day_of(value);
        if (day < first_mjd || day > last_mjd) {
            refuse_range(value);
        }
        return static_cast<std::uint64_t>(day & 0xFFFF);
    }

    void append_json(std::uint64_t bits, std::uint32_t width,
                     jsonb::JsonbBuilder& json) const override {
        json.string(print(bits, width));
    }

    std::string print(std::uint64_t bits, std::uint32_t /*width*/) const override {
        return describe(Date{mjd_sent_as(bits) - mjd_of_epoch});
    }

  private:
    [[noreturn]] static void refuse_range(const Value& value) {
        throw BadValue{ErrorKind::time_out_of_range, describe(value),
                       "is outside 1948-08-05 to 2128-01-09"};
    }

    static std::int64_t day_of(const Value& value) {
        if (value.kind == Value::Kind::date) {
            return mjd_of_epoch + value.date;
        }
        // A date that is infinite.
        if (value.kind == Value::Kind::instant && value.instant.is_infinite()) {
            refuse_range(value);
        }
        if (!value.is_json_string()) {
            refuse_kind(value, "a date");
        }
        std::int64_t day = 0;
        switch (parse_date(value.json.string(), day)) {
            case TimeText::valid:
                return day;
            case TimeText::no_such_time:
                throw BadValue{ErrorKind::time_out_of_range, describe(value),
                               "is a date that does not exist"};
            case TimeText::out_of_range:
                refuse_range(value);
            default:
                throw BadValue{ErrorKind::invalid_value, describe(value),
                               "is not a date of the form 2026-11-28"};
        }
    }
};

/// A duration of 6 BCD digits hhmmss, as in the event_information_section (EN 300 468, 5.2.4).
class DurationType final : public BitsType {
  public:
    using BitsType::BitsType;

    std::uint64_t to_bits(const Value& value, std::uint32_t /*width*/) const override {
        const Interval interval = interval_of(value);
        if (interval.months != 0) {
            throw BadValue{ErrorKind::invalid_value, describe(value),
                           "has months, whose length is not fixed",
                           "Give it in days, hours, minutes and seconds."};
        }
        // Days and microseconds may each be out of range and their sum within: 128 bits hold it.
        const Int128 microseconds =
            Int128{interval.days} * microseconds_per_day + interval.microseconds;
        if (microseconds < 0 || microseconds >= limit) {
            throw BadValue{ErrorKind::time_out_of_range, describe(value),
                           "is outside 00:00:00 to 99:59:59"};
        }
        return clock_to_bits(static_cast<std::uint64_t>(microseconds / microseconds_per_second));
    }

    std::string judge(std::uint64_t bits, std::uint32_t /*width*/) const override {
        return judge_clock(bits, 99);
    }

    void append_json(std::uint64_t bits, std::uint32_t /*width*/,
                     jsonb::JsonbBuilder& json) const override {
        json.string(print_clock(bits));
    }

    std::string print(std::uint64_t bits, std::uint32_t /*width*/) const override {
        return print_clock(bits);
    }

  private:
    static constexpr std::int64_t limit = std::int64_t{100} * 3600 * microseconds_per_second;

    static Interval interval_of(const Value& value) {
        if (value.kind == Value::Kind::interval) {
            return value.interval;
        }
        if (!value.is_json_string()) {
            refuse_kind(value, "an interval");
        }
        if (const auto interval = parse_interval(value.json.string())) {
            return *interval;
        }
        throw BadValue{ErrorKind::invalid_value, describe(value),
                       "is not of the form hh:mm:ss, N days hh:mm:ss or PT1H30M"};
    }
};

constinit const UtcType utc_type("utc", {false, 40, 40, 1}, SourceRule::column_only);
constinit const MjdType mjd_type("mjd", {false, 16, 16, 1}, SourceRule::column_only);
constinit const DurationType duration_type("duration", {false, 24, 24, 1}, SourceRule::column_only);

}  // namespace

const BitsType& utc = utc_type;
const BitsType& duration = duration_type;
const BitsType& mjd = mjd_type;

}  // namespace onetrip::section
