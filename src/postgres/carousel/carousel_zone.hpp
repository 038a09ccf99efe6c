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

/// The instant at which a day begins in the zone; infinite for a day at the ends of time. If that
/// midnight occurs twice, or not at all, the result is that of AT TIME ZONE.
TimestampTz midnight_of(const CarouselZone& zone, DateADT day);

/// The instant of a local time of the zone; far away, out of the range of every field, for one at
/// the ends of time.
TimestampTz instant_of(const CarouselZone& zone, Timestamp local_time);

/// The zone's time zone as an SQL expression can name it, or nullptr if AT TIME ZONE takes the name
/// of the session's TimeZone for another one on the days around this one: it tries abbreviations
/// first, and CET is one that knows no summer time.
const char* time_zone_name(const CarouselZone& zone, DateADT day);

/// A date so many days away, if there is one, else infinity.
DateADT add_days(DateADT date, int days);

}  // namespace onetrip::postgres
