// Intervals as text, as PostgreSQL writes them in each IntervalStyle (EncodeInterval in
// datetime.c), and the durations of ISO 8601. It knows no session: the text alone says which form
// it has.

#include <algorithm>
#include <limits>
#include <optional>

#include "base/calendar.hpp"
#include "base/text_scanner.hpp"

namespace onetrip {

namespace {

__extension__ using Int128 = __int128;

/// The units, largest first; the microseconds of those that have a fixed length, and the rest.
struct Unit {
    std::string_view name;  ///< in the styles postgres and postgres_verbose; more of them with an s
    char date_letter;       ///< in ISO 8601 before the T; 0 if it has none
    char time_letter;       ///< after the T of ISO 8601
    std::int32_t months;
    std::int32_t days;
    std::int64_t microseconds;
};

constexpr Unit units[] = {
    {"year", 'Y', 0, 12, 0, 0},
    {"mon", 'M', 0, 1, 0, 0},
    {"week", 'W', 0, 0, 7, 0},
    {"day", 'D', 0, 0, 1, 0},
    {"hour", 0, 'H', 0, 0, 3600 * microseconds_per_second},
    {"min", 0, 'M', 0, 0, 60 * microseconds_per_second},
    {"sec", 0, 'S', 0, 0, microseconds_per_second},
};
constexpr const Unit* hours = units + 4;
constexpr const Unit* no_unit = units + std::size(units);

/// Fractions are read to this part of a unit.
constexpr std::int64_t parts_of_unit = 1'000'000'000'000;

/// More digits than any interval has would overflow the sums.
constexpr std::size_t most_digits = 18;

template <typename Number>
Number saturated(Int128 number) {
    using Limits = std::numeric_limits<Number>;
    return static_cast<Number>(std::clamp(number, Int128{Limits::min()}, Int128{Limits::max()}));
}

/// An amount of some unit, with its sign.
struct Amount {
    bool negative = false;
    std::int64_t whole = 0;
    std::int64_t parts = 0;
    bool has_fraction = false;
};

/// The sum of the amounts read so far, in numbers that do not overflow.
class Sum {
  public:
    void add(const Amount& amount, const Unit& unit) {
        const Int128 sign = amount.negative ? -1 : 1;
        months_ += sign * amount.whole * unit.months;
        days_ += sign * amount.whole * unit.days;
        const Int128 whole_unit = Int128{unit.days} * microseconds_per_day + unit.microseconds;
        microseconds_ += sign * (amount.whole * Int128{unit.microseconds} +
                                 amount.parts * whole_unit / parts_of_unit);
    }

    void negate() {
        months_ = -months_;
        days_ = -days_;
        microseconds_ = -microseconds_;
    }

    Interval interval() const {
        return {saturated<std::int64_t>(microseconds_), saturated<std::int32_t>(days_),
                saturated<std::int32_t>(months_)};
    }

  private:
    Int128 months_ = 0;
    Int128 days_ = 0;
    Int128 microseconds_ = 0;
};

bool scan_sign(TextScanner& scanner, bool& negative) {
    negative = scanner.skip("-");
    return negative || scanner.skip("+");
}

/// Digits, and a fraction if there is a point.
bool scan_amount(TextScanner& scanner, std::string_view points, Amount& amount) {
    if (!scanner.number(1, most_digits, amount.whole)) {
        return false;
    }
    amount.has_fraction = scanner.skip_one_of(points);
    return !amount.has_fraction || scanner.fraction(parts_of_unit, amount.parts);
}

/// `[h]h:mm:ss[.f]`, its hour already read.
bool scan_clock(TextScanner& scanner, const Amount& hour, Sum& sum) {
    Amount minute;
    Amount second;
    minute.negative = hour.negative;
    second.negative = hour.negative;
    if (!scanner.skip(":") || !scanner.number(2, 2, minute.whole) || minute.whole > 59 ||
        !scanner.skip(":") || !scanner.number(2, 2, second.whole) || second.whole > 59 ||
        (scanner.skip(".") && !scanner.fraction(parts_of_unit, second.parts))) {
        return false;
    }
    sum.add(hour, hours[0]);
    sum.add(minute, hours[1]);
    sum.add(second, hours[2]);
    return true;
}

/// The unit, from `unit` on, that is named next: `day` or `days`.
const Unit* scan_unit(TextScanner& scanner, const Unit* unit) {
    while (unit != no_unit && !scanner.skip(unit->name)) {
        ++unit;
    }
    if (unit != no_unit) {
        scanner.skip("s");
    }
    return unit;
}

/// Style iso_8601, and the durations of the standard: `P1DT-2H3.5S`, `P2W`. The smallest of the
/// units may have a fraction (ISO 8601-1, 5.5.2.4), that of months excepted.
bool scan_iso(TextScanner& scanner, bool negative, Sum& sum) {
    const Unit* unit = units;
    bool in_time = false;
    for (bool is_last = false; !scanner.at_end(); ++unit) {
        if (!in_time && scanner.skip("T")) {
            in_time = true;
            unit = std::max(unit, hours);
            if (scanner.at_end()) {
                return false;
            }
        }
        Amount amount;
        scan_sign(scanner, amount.negative);
        if (is_last || !scan_amount(scanner, ".,", amount)) {
            return false;
        }
        const auto is_next = [&] {
            const char letter = in_time ? unit->time_letter : unit->date_letter;
            return letter != 0 && scanner.skip({&letter, 1});
        };
        while (unit != no_unit && !is_next()) {
            ++unit;
        }
        if (unit == no_unit || (amount.has_fraction && unit->months != 0)) {
            return false;
        }
        amount.negative = amount.negative != negative;
        is_last = amount.has_fraction;
        sum.add(amount, *unit);
    }
    return unit != units;
}

/// Style postgres_verbose, after the `@ `: `1 day -2 hours 3.5 secs ago`.
bool scan_verbose(TextScanner& scanner, Sum& sum) {
    for (const Unit* unit = units;; ++unit) {
        Amount amount;
        scan_sign(scanner, amount.negative);
        if (!scan_amount(scanner, ".", amount) || !scanner.skip(" ")) {
            return false;
        }
        unit = scan_unit(scanner, unit);
        if (unit == no_unit || (amount.has_fraction && unit != hours + 2)) {
            return false;
        }
        sum.add(amount, *unit);
        if (scanner.skip(" ago")) {
            sum.negate();
            return scanner.at_end();
        }
        if (scanner.at_end()) {
            return true;
        }
        if (!scanner.skip(" ")) {
            return false;
        }
    }
}

/// Style sql_standard, its first number already read: `1-2`, `3 4:05:06`, `+1-2 -3 +4:05:06`. A
/// sign holds up to the next.
bool scan_standard(TextScanner& scanner, Amount amount, Sum& sum) {
    if (scanner.skip("-")) {
        Amount month;
        month.negative = amount.negative;
        if (!scanner.number(1, 2, month.whole)) {
            return false;
        }
        sum.add(amount, units[0]);
        sum.add(month, units[1]);
        if (scanner.at_end()) {
            return true;
        }
        Amount day;
        if (!scanner.skip(" ") || !scan_sign(scanner, day.negative) ||
            !scanner.number(1, most_digits, day.whole)) {
            return false;
        }
        amount = day;
    }
    sum.add(amount, units[3]);
    Amount hour;
    if (!scanner.skip(" ")) {
        return false;
    }
    if (!scan_sign(scanner, hour.negative)) {
        hour.negative = amount.negative;
    }
    return scanner.number(1, most_digits, hour.whole) && scan_clock(scanner, hour, sum) &&
           scanner.at_end();
}

/// Style postgres: `1 mon -2 days +03:04:05.6`; and all that begins with a number.
bool scan_plain(TextScanner& scanner, Sum& sum) {
    for (const Unit* unit = units;;) {
        Amount amount;
        scan_sign(scanner, amount.negative);
        if (!scanner.number(1, most_digits, amount.whole)) {
            return false;
        }
        TextScanner clock = scanner;
        if (scan_clock(clock, amount, sum)) {
            return clock.at_end();
        }
        TextScanner named = scanner;
        const Unit* const next = named.skip(" ") ? scan_unit(named, unit) : no_unit;
        if (next == no_unit) {
            return unit == units && scan_standard(scanner, amount, sum);
        }
        scanner = named;
        sum.add(amount, *next);
        unit = next + 1;
        if (scanner.at_end() || unit > hours) {
            return scanner.at_end();
        }
        if (!scanner.skip(" ")) {
            return false;
        }
    }
}

bool scan_interval(std::string_view text, Sum& sum) {
    if (text == "0" || text == "@ 0") {
        return true;
    }
    TextScanner scanner(text);
    if (scanner.skip("@ ")) {
        return scan_verbose(scanner, sum);
    }
    bool negative = false;
    TextScanner iso(text);
    scan_sign(iso, negative);
    if (iso.skip("P")) {
        return scan_iso(iso, negative, sum);
    }
    return scan_plain(scanner, sum);
}

}  // namespace

std::optional<Interval> parse_interval(std::string_view text) {
    Sum sum;
    return scan_interval(text, sum) ? std::optional(sum.interval()) : std::nullopt;
}

}  // namespace onetrip
