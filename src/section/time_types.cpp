#include "section/bits.hpp"
#include "section/calendar.hpp"
#include "section/field_type.hpp"

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

/// UTC_time: 16 bits of MJD and 6 BCD digits (EN 300 468, 5.2.5 and annex C).
class UtcType final : public BitsType {
  public:
    using BitsType::BitsType;

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
        if (time.mjd < first_mjd || time.mjd > last_mjd) {
            throw BadValue{ErrorKind::time_out_of_range, describe(value),
                           "is outside 1948-08-05 to 2128-01-09 UTC"};
        }
        return (static_cast<std::uint64_t>(time.mjd & 0xFFFF) << 24) |
               clock_to_bits(static_cast<std::uint64_t>(time.second_of_day));
    }

  private:
    // The 16 low bits are sent; a reader takes one below 0x8000 for a day after 2038-04-22, so
    // that 65536 days in a row can be told apart.
    static constexpr std::int64_t first_mjd = 0x8000;
    static constexpr std::int64_t last_mjd = 0x17FFF;

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
                               "Write Z or an offset behind it, or give a column of type "
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
};

/// A duration of 6 BCD digits hhmmss, as in the event_information_section (EN 300 468, 5.2.4).
class DurationType final : public BitsType {
  public:
    using BitsType::BitsType;

    std::uint64_t to_bits(const Value& value, std::uint32_t /*width*/) const override {
        const Interval interval = interval_of(value);
        if (interval.months != 0) {
            throw BadValue{ErrorKind::invalid_value, describe(value),
                           "has months, whose length is not fixed"};
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
                       "is not of the form hh:mm:ss or N days hh:mm:ss"};
    }
};

constinit const UtcType utc_type("utc", {false, 40, 40, 1}, SourceRule::column_only);
constinit const DurationType duration_type("duration", {false, 24, 24, 1}, SourceRule::column_only);

}  // namespace

const BitsType& utc = utc_type;
const BitsType& duration = duration_type;

}  // namespace onetrip::section
