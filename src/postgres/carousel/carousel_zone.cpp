// Looks a zone of a carousel up, and knows its calendar. Knows nothing of messages.

#include "postgres/carousel/carousel_zone.hpp"

extern "C" {
#include "access/xact.h"
#include "pgtime.h"
#include "utils/fmgrprotos.h"
}

namespace onetrip::postgres {

namespace {

// ---- statements about the zone ----

constexpr int most_rows = 21;

/// The first rows of a look-up, as text that messages show; NULL is nullptr.
struct ZoneRows {
    int count;
    const char* first[most_rows];
    const char* second[most_rows];
};

const char* text_of(TupleTableSlot* row, int column) {
    if (row->tts_tupleDescriptor->natts <= column || row->tts_isnull[column]) {
        return nullptr;
    }
    Oid output = InvalidOid;
    bool is_varlena = false;
    getTypeOutputInfo(TupleDescAttr(row->tts_tupleDescriptor, column)->atttypid, &output,
                      &is_varlena);
    return OidOutputFunctionCall(output, row->tts_values[column]);
}

/// `statement` has the zone as its parameter.
ZoneRows look_up(const CarouselZone& zone, const char* statement) {
    const ParamListInfo parameters = makeParamList(1);
    parameters->params[0] = {PointerGetDatum(zone.name), false, PARAM_FLAG_CONST, TEXTOID};
    QueryCursor* const cursor =
        open_cursor(plan_query(statement, parameters, zone.in_errors, false));
    ZoneRows rows{};
    TupleTableSlot* row = nullptr;
    while (rows.count < most_rows && (row = fetch_row(cursor)) != nullptr) {
        rows.first[rows.count] = text_of(row, 0);
        rows.second[rows.count] = text_of(row, 1);
        ++rows.count;
    }
    close_cursor(cursor);
    return rows;
}

#define ZONE_IS_ASKED_FOR "zone_diffusion::pg_catalog.text OPERATOR(pg_catalog.=) $1"

// ---- refusals ----

/// `"AFRIQUE", "EUROPE"`.
const char* list_zones(const ZoneRows& rows) {
    StringInfoData list;
    initStringInfo(&list);
    for (int i = 0; i < rows.count; ++i) {
        if (i == most_rows - 1) {
            appendStringInfoString(&list, ", ...");
            break;
        }
        appendStringInfo(&list, "%s\"%s\"", i == 0 ? "" : ", ", cut_for_message(rows.first[i]));
    }
    return list.data;
}

const char* name_of(const CarouselZone& zone) {
    return cut_for_message(text_to_cstring(zone.name));
}

[[noreturn]] void refuse_unknown(const CarouselTables& tables, const CarouselZone& zone) {
    const char* const table = tables.known_zones().qualified_name();
    const ZoneRows known =
        look_up(zone, psprintf("SELECT DISTINCT z.zone_diffusion::pg_catalog.text FROM %s AS z"
                               " WHERE z.zone_diffusion IS NOT NULL ORDER BY 1 LIMIT %d",
                               table, most_rows));
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown zone \"%s\"", name_of(zone)),
             known.count > 0 ? errdetail("The known zones are %s.", list_zones(known))
                             : errdetail("There is no zone yet."),
             errhint("Zones are compared exactly; they are the rows of table %s.", table)));
    pg_unreachable();
}

[[noreturn]] void refuse_zone_twice(const CarouselTables& tables, const CarouselZone& zone) {
    ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
                    errmsg("zone \"%s\" is there twice in table %s", name_of(zone),
                           tables.zones.qualified_name()),
                    errdetail("Each message of the zone would be sent twice."),
                    errhint("Delete one of the rows, and make column \"zone_diffusion\" the "
                            "primary key.")));
    pg_unreachable();
}

[[noreturn]] void refuse_campaign_twice(const CarouselTables& tables, const CarouselZone& zone,
                                        const char* id) {
    ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
                    errmsg("campaign %s of zone \"%s\" is there twice in table %s",
                           cut_for_message(id), name_of(zone), tables.campagnes.qualified_name()),
                    errdetail("Each message of the campaign would be sent twice."),
                    errhint("Delete one of the rows, and make column \"id\" the primary key.")));
    pg_unreachable();
}

/// `"Europe/Paris"`, or the meaning of NULL.
const char* show_time_zone(const char* name) {
    return name == nullptr ? "NULL, the session's" : psprintf("\"%s\"", cut_for_message(name));
}

[[noreturn]] void refuse_time_zones(const CarouselZone& zone, const ZoneRows& rows) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("campaigns of zone \"%s\" have different time zones", name_of(zone)),
                    errdetail("Column \"time_zone\" of campaign %s is %s, that of campaign %s is "
                              "%s.",
                              cut_for_message(rows.second[0]), show_time_zone(rows.first[0]),
                              cut_for_message(rows.second[1]), show_time_zone(rows.first[1])),
                    errhint("A zone has one calendar: give all of its campaigns one time zone.")));
    pg_unreachable();
}

// ---- the time zone ----

Timestamp local_time_of(const char* time_zone, TimestampTz instant) {
    return DatumGetTimestamp(DirectFunctionCall2(timestamptz_zone, CStringGetTextDatum(time_zone),
                                                 TimestampTzGetDatum(instant)));
}

/// Says whose time zone it is that the server does not know.
void name_row(void* detail) {
    if (geterrcode() == ERRCODE_INVALID_PARAMETER_VALUE) {
        errdetail("%s", static_cast<const char*>(detail));
        errhint("View pg_timezone_names lists the names.");
    }
}

/// `row` says which row has it.
void check_time_zone(const CarouselTables& tables, const CarouselZone& zone, const char* row) {
    char* const detail = psprintf("%s has it in column \"time_zone\" of table %s.", row,
                                  tables.known_zones().qualified_name());
    ErrorContextCallback callback = {error_context_stack, name_row, detail};
    error_context_stack = &callback;
    local_time_of(zone.time_zone, GetCurrentTransactionStartTimestamp());
    error_context_stack = callback.previous;
}

// ---- the rows ----

/// The zone from zones_diffusion.
void find_row(const CarouselTables& tables, CarouselZone& zone) {
    const bool has_time_zone = tables.zones.has_column("time_zone");
    const ZoneRows rows =
        look_up(zone, psprintf("SELECT %s FROM %s AS z WHERE z." ZONE_IS_ASKED_FOR " LIMIT 2",
                               has_time_zone ? "z.time_zone::pg_catalog.text" : "NULL",
                               tables.zones.qualified_name()));
    if (rows.count == 0) {
        refuse_unknown(tables, zone);
    }
    if (rows.count > 1) {
        refuse_zone_twice(tables, zone);
    }
    if (has_time_zone && rows.first[0] != nullptr) {
        zone.time_zone = rows.first[0];
        check_time_zone(tables, zone, psprintf("Zone \"%s\"", name_of(zone)));
    }
}

/// The zone from the rows of its campaigns, if there is no zones_diffusion.
void find_in_campaigns(const CarouselTables& tables, CarouselZone& zone) {
    const char* const table = tables.campagnes.qualified_name();
    const bool has_time_zone = tables.campagnes.has_column("time_zone");
    const ZoneRows rows = look_up(
        zone,
        has_time_zone
            ? psprintf("SELECT DISTINCT ON (1) c.time_zone::pg_catalog.text, c.id FROM %s AS c"
                       " WHERE c." ZONE_IS_ASKED_FOR " ORDER BY 1, c.id LIMIT 2",
                       table)
            : psprintf("SELECT NULL, NULL FROM %s AS c WHERE c." ZONE_IS_ASKED_FOR " LIMIT 1",
                       table));
    if (rows.count == 0) {
        refuse_unknown(tables, zone);
    }
    if (rows.count > 1) {
        refuse_time_zones(zone, rows);
    }
    if (rows.first[0] != nullptr) {
        zone.time_zone = rows.first[0];
        check_time_zone(
            tables, zone,
            psprintf("Campaign %s of zone \"%s\"", cut_for_message(rows.second[0]), name_of(zone)));
    }
}

void check_campaigns(const CarouselTables& tables, const CarouselZone& zone) {
    if (campaign_ids_are_unique(tables.campagnes)) {
        return;
    }
    const ZoneRows rows = look_up(
        zone, psprintf("SELECT c.id FROM %s AS c WHERE c." ZONE_IS_ASKED_FOR
                       " AND c.id IS NOT NULL GROUP BY c.id"
                       " HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 ORDER BY 1 LIMIT 1",
                       tables.campagnes.qualified_name()));
    if (rows.count > 0) {
        refuse_campaign_twice(tables, zone, rows.first[0]);
    }
}

// ---- the ends of time ----

/// An offset could not move days at the ends of a timestamp's range.
constexpr int safety_days = 3;

bool is_far(Timestamp local_time) {
    constexpr std::int64_t safety = safety_days * USECS_PER_DAY;
    return local_time < MIN_TIMESTAMP + safety || local_time >= END_TIMESTAMP - safety;
}

TimestampTz instant_in(const char* time_zone, Timestamp local_time) {
    if (time_zone == nullptr) {
        int overflow = 0;
        return to_instant(local_time, overflow);
    }
    return DatumGetTimestampTz(DirectFunctionCall2(timestamp_zone, CStringGetTextDatum(time_zone),
                                                   TimestampGetDatum(local_time)));
}

// ---- days as instants ----

/// The clocks of the zone over some days: from each of these instants on they show the instant and
/// an offset. The first one has no begin.
struct Clocks {
    static constexpr int most_periods = 8;

    int count;
    TimestampTz begins[most_periods];
    std::int64_t offsets[most_periods];
};

/// No zone sets its clocks twice within such a time.
constexpr std::int64_t step = 4 * USECS_PER_HOUR;

std::int64_t offset_at(const CarouselZone& zone, TimestampTz instant) {
    const Timestamp local_time = zone.time_zone != nullptr
                                     ? local_time_of(zone.time_zone, instant)
                                     : DatumGetTimestamp(DirectFunctionCall1(
                                           timestamptz_timestamp, TimestampTzGetDatum(instant)));
    return local_time - instant;
}

/// The first second after `begin` at which clocks show another offset; they do at `end`.
TimestampTz find_change(const CarouselZone& zone, TimestampTz begin, TimestampTz end,
                        std::int64_t offset) {
    while (end - begin > USECS_PER_SEC) {
        const std::int64_t seconds = (end - begin) / USECS_PER_SEC;
        const TimestampTz middle = begin + seconds / 2 * USECS_PER_SEC;
        (offset_at(zone, middle) == offset ? begin : end) = middle;
    }
    return end;
}

/// The clocks from two days before an instant to three days after it: none differs from another by
/// more than a day.
Clocks clocks_around(const CarouselZone& zone, TimestampTz instant) {
    TimestampTz at = instant - 2 * USECS_PER_DAY;
    const TimestampTz end = instant + 3 * USECS_PER_DAY;
    Clocks clocks = {1, {DT_NOBEGIN}, {offset_at(zone, at)}};
    for (; at < end && clocks.count < Clocks::most_periods; at += step) {
        const std::int64_t last = clocks.offsets[clocks.count - 1];
        const std::int64_t next = offset_at(zone, at + step);
        if (next != last) {
            clocks.begins[clocks.count] = find_change(zone, at, at + step, last);
            clocks.offsets[clocks.count++] = next;
        }
    }
    return clocks;
}

/// Clamps a time to the range of instants, of which END_TIMESTAMP is the end.
TimestampTz within_time(std::int64_t instant) {
    return Min(Max(instant, MIN_TIMESTAMP), END_TIMESTAMP);
}

void add_bound(DayEnd& end, TimestampTz bound) {
    if (end.count > 0 && end.bounds[end.count - 1] == bound) {
        --end.count;  // what ends there begins again
    } else if (end.count < DayEnd::most_bounds) {
        end.bounds[end.count++] = bound;
    }
}

}  // namespace

CarouselZone find_carousel_zone(const CarouselTables& tables, text* name) {
    CarouselZone zone{name, nullptr, {false, nullptr}};
    zone.in_errors.context = psprintf("carousel of zone \"%s\"", name_of(zone));
    if (tables.zones.exists()) {
        find_row(tables, zone);
    } else {
        find_in_campaigns(tables, zone);
    }
    check_campaigns(tables, zone);
    return zone;
}

DateADT today_of(const CarouselZone& zone) {
    if (zone.time_zone == nullptr) {
        return GetSQLCurrentDate();
    }
    const Timestamp now = local_time_of(zone.time_zone, GetCurrentTransactionStartTimestamp());
    return DatumGetDateADT(DirectFunctionCall1(timestamp_date, TimestampGetDatum(now)));
}

DayEnd end_of_day(const CarouselZone& zone, DateADT day) {
    if (DATE_NOT_FINITE(day)) {
        return {1, {DATE_IS_NOEND(day) ? DT_NOEND : DT_NOBEGIN}};
    }
    constexpr std::int64_t margin = 30 * USECS_PER_DAY;
    // Days after the last one whose number can be turned into an instant cannot be distinguished.
    constexpr auto last_day = static_cast<DateADT>(END_TIMESTAMP / USECS_PER_DAY);
    const DateADT known_day = Min(day, last_day);
    const std::int64_t midnight = (std::int64_t{known_day} + 1) * USECS_PER_DAY;
    const TimestampTz near = Min(Max(midnight, MIN_TIMESTAMP + margin), END_TIMESTAMP - margin);
    const Clocks clocks = clocks_around(zone, near - offset_at(zone, near));
    DayEnd end{};
    for (int i = 0; i < clocks.count; ++i) {
        const bool is_last = i + 1 == clocks.count;
        const TimestampTz begin = i == 0 ? MIN_TIMESTAMP : clocks.begins[i];
        const TimestampTz over = is_last ? END_TIMESTAMP : clocks.begins[i + 1];
        const TimestampTz bound = Min(within_time(midnight - clocks.offsets[i]), over);
        if (i == 0 || bound > begin) {
            if (i > 0) {
                add_bound(end, begin);
            }
            add_bound(end, bound);
        }
    }
    return end;
}

TimestampTz instant_of(const CarouselZone& zone, Timestamp local_time) {
    // An offset makes no difference to an instant that no field can hold.
    return TIMESTAMP_NOT_FINITE(local_time) || is_far(local_time)
               ? local_time
               : instant_in(zone.time_zone, local_time);
}

DateADT add_days(DateADT date, int days) {
    const std::int64_t sum = std::int64_t{date} + days;
    if (DATE_NOT_FINITE(date) || IS_VALID_DATE(sum)) {
        return DATE_NOT_FINITE(date) ? date : static_cast<DateADT>(sum);
    }
    return days > 0 ? DATEVAL_NOEND : DATEVAL_NOBEGIN;
}

}  // namespace onetrip::postgres
