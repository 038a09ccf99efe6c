#pragma once

#include <optional>

#include "postgres/carousel/carousel_tables.hpp"
#include "postgres/server/query_run.hpp"

namespace onetrip::postgres {

/// A zone whose days are asked for. Plain data, palloc'ed.
struct CarouselZone {
    text* name;
    const char* time_zone;    ///< for AT TIME ZONE; nullptr: the session's TimeZone
    QueryInErrors in_errors;  ///< the form of the carousel's statements in errors
};

/// Looks the zone up. ERRORs if it is unknown, occurs twice, has two campaigns of one id or two
/// time zones, or one that is unknown.
CarouselZone find_carousel_zone(const CarouselTables& tables, text* name);

/// The day that it is now in the zone.
DateADT today_of(const CarouselZone& zone);

/// The instants whose day in the zone is a given one or before it: those before the first bound. If
/// clocks were set back over the midnight, some after it count as well: those from the second bound
/// on and before the third, and so on. Plain data, that mean the same on every server.
struct DayEnd {
    static constexpr int most_bounds = 7;

    int count;  ///< odd
    TimestampTz bounds[most_bounds];
};
DayEnd end_of_day(const CarouselZone& zone, DateADT day);

/// The instant of a local time of the zone; far away, out of the range of every field, for one at
/// the ends of time.
TimestampTz instant_of(const CarouselZone& zone, Timestamp local_time);

/// A date so many days away, if there is one, else infinity.
DateADT add_days(DateADT date, int days);

}  // namespace onetrip::postgres
