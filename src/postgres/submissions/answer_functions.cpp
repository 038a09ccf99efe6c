// answer_number, answer_boolean, answer_date, answer_datetime, answer_time: NULL if the text is not
// one, and never an error.

#include <cmath>
#include <vector>

#include "jsonb/numeric_parser.hpp"
#include "postgres/server/datums.hpp"
#include "postgres/server/walls.hpp"
#include "postgres/submissions/answer_datums.hpp"
#include "submission/answers.hpp"

extern "C" {
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(answer_number);
ONETRIP_SQL_FUNCTION(answer_boolean);
ONETRIP_SQL_FUNCTION(answer_date);
ONETRIP_SQL_FUNCTION(answer_datetime);
ONETRIP_SQL_FUNCTION(answer_time);

namespace {

/// The fraction of a second in microseconds, rounded as ParseFractionalSecond in datetime.c does;
/// 1000000 is possible. Only a few digits can count.
fsec_t microseconds_of(std::string_view digits) {
    constexpr std::size_t most_digits = 32;
    constexpr double microseconds = 1000000;
    char text[most_digits + 2] = "0.";
    std::memcpy(text + 2, digits.data(), Min(digits.size(), most_digits - 1));
    return static_cast<fsec_t>(std::rint(strtod(text, nullptr) * microseconds));
}

/// Fills in the time of day. False if PostgreSQL does not take such a time: 23:59:60.5.
bool fill_time(const submission::TimeOfDay& time, pg_tm& tm, fsec_t& fraction) {
    tm.tm_hour = time.hour;
    tm.tm_min = time.minute;
    tm.tm_sec = time.second;
    fraction = time.fraction.empty() ? 0 : microseconds_of(time.fraction);
    return !time_overflows(tm.tm_hour, tm.tm_min, tm.tm_sec, fraction);
}

/// Sets the seconds west of Greenwich, as datetime.c counts them.
bool find_zone(const submission::TimeOfDay& time, const text* zone, pg_tm& tm, int& west) {
    if (time.zone) {
        west = -*time.zone * SECS_PER_MINUTE;
        return true;
    }
    char* const name = text_to_cstring(zone);
    pg_tz* const known = std::strlen(name) > TZ_STRLEN_MAX ? nullptr : pg_tzset(name);
    if (known == nullptr) {
        return false;
    }
    west = DetermineTimeZoneOffset(&tm, known);
    return true;
}

}  // namespace

/// A text of which numeric_in makes no numeric can only raise an ERROR there, at least in
/// PostgreSQL 15.
varlena* make_numeric(std::string_view characters) {
    std::vector<std::uint8_t> numeric;
    if (!submission::is_number(characters) || !jsonb::append_numeric(characters, numeric)) {
        return nullptr;
    }
    const std::uint8_t* const from = numeric.data();
    const std::size_t size = numeric.size();
    return call_server(
        [&] { return static_cast<varlena*>(std::memcpy(palloc(size), from, size)); });
}

Datum date_datum(FunctionCallInfo fcinfo, std::string_view characters) {
    const std::optional<submission::Day> day = submission::parse_day(characters);
    if (!day) {
        PG_RETURN_NULL();
    }
    PG_RETURN_DATEADT(date2j(day->year, day->month, day->day) - POSTGRES_EPOCH_JDATE);
}

Datum datetime_datum(FunctionCallInfo fcinfo, std::string_view characters, const text* zone) {
    const std::optional<submission::Moment> moment = submission::parse_moment(characters);
    pg_tm tm{};
    fsec_t fraction = 0;
    if (!moment || !fill_time(moment->time, tm, fraction)) {
        PG_RETURN_NULL();
    }
    tm.tm_year = moment->day.year;
    tm.tm_mon = moment->day.month;
    tm.tm_mday = moment->day.day;
    int west = 0;
    TimestampTz timestamp = 0;
    if (!find_zone(moment->time, zone, tm, west) ||
        tm2timestamp(&tm, fraction, &west, &timestamp) != 0) {
        PG_RETURN_NULL();
    }
    PG_RETURN_TIMESTAMPTZ(timestamp);
}

Datum time_datum(FunctionCallInfo fcinfo, std::string_view characters) {
    const std::optional<submission::TimeOfDay> time = submission::parse_time(characters);
    pg_tm tm{};
    fsec_t fraction = 0;
    if (!time || !fill_time(*time, tm, fraction)) {
        PG_RETURN_NULL();
    }
    TimeADT result = 0;
    tm2time(&tm, fraction, &result);
    PG_RETURN_TIMEADT(result);
}

extern "C" {

Datum answer_number(PG_FUNCTION_ARGS) {
    const std::string_view characters = characters_of(PG_GETARG_TEXT_PP(0));
    varlena* const numeric = call_cpp([&] { return make_numeric(characters); });
    if (numeric == nullptr) {
        PG_RETURN_NULL();
    }
    PG_RETURN_POINTER(numeric);
}

Datum answer_boolean(PG_FUNCTION_ARGS) {
    const std::string_view characters = characters_of(PG_GETARG_TEXT_PP(0));
    if (characters != "true" && characters != "false") {
        PG_RETURN_NULL();
    }
    PG_RETURN_BOOL(characters == "true");
}

Datum answer_date(PG_FUNCTION_ARGS) {
    return date_datum(fcinfo, characters_of(PG_GETARG_TEXT_PP(0)));
}

Datum answer_datetime(PG_FUNCTION_ARGS) {
    return datetime_datum(fcinfo, characters_of(PG_GETARG_TEXT_PP(0)), PG_GETARG_TEXT_PP(1));
}

Datum answer_time(PG_FUNCTION_ARGS) {
    return time_datum(fcinfo, characters_of(PG_GETARG_TEXT_PP(0)));
}

}  // extern "C"

}  // namespace onetrip::postgres
