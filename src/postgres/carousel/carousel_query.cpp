// The statement that reads the messages of a carousel. Knows nothing of their use.

#include "postgres/carousel/carousel_query.hpp"

namespace onetrip::postgres {

namespace {

using section::Plan;

/// The most columns that an error lists.
constexpr int columns_shown = 100;

/// Appends the columns of one table that no table before it has.
void list_columns_of(const CarouselTables& tables, const CarouselTable& table, StringInfo list,
                     int& shown) {
    const char* column = nullptr;
    for (AttrNumber i = 1;
         table.exists() && (column = get_attname(table.relation, i, true)) != nullptr; ++i) {
        // The second condition fails for a column that was dropped.
        if (tables.table_of_column(column) == &table && get_attnum(table.relation, column) == i &&
            shown <= columns_shown) {
            appendStringInfo(list, ", %s", shown++ == columns_shown ? "..." : column);
        }
    }
}

/// The columns of the row that a layout sees, each once.
const char* list_columns(const CarouselTables& tables) {
    StringInfoData list;
    initStringInfo(&list);
    appendStringInfoString(&list, "campagne_id, message_id");
    int shown = 0;
    for (const CarouselTable* const table : {&tables.messages, &tables.campagnes, &tables.zones}) {
        list_columns_of(tables, *table, &list, shown);
    }
    return list.data;
}

[[noreturn]] void refuse_unknown_source(const CarouselTables& tables, const Plan& plan,
                                        std::size_t slot) {
    ereport(
        ERROR,
        (errcode(ERRCODE_UNDEFINED_COLUMN),
         errmsg("the carousel's tables have no column \"%s\" for field \"%s\" of layout \"%s\"",
                plan.slots[slot].name.c_str(), plan.fields[plan.slots[slot].field].name.c_str(),
                plan.name.c_str()),
         errdetail("A message has the columns %s.", list_columns(tables)),
         tables.zones.exists()
             ? errhint("Add the column to \"messages\" or \"campagnes\", or name another in the "
                       "layout.")
             : errhint("There is no table \"zones_diffusion\", so that \"campagnes\" must have "
                       "its columns; create_carousel_tables would make all tables.")));
    pg_unreachable();
}

void append_slot(StringInfo query, const CarouselTables& tables, const Plan& plan,
                 std::size_t slot) {
    const char* const name = plan.slots[slot].name.c_str();
    if (plan.slots[slot].names_part) {
        appendStringInfoString(query, ", NULL::pg_catalog.int8");
    } else if (std::strcmp(name, "campagne_id") == 0) {
        appendStringInfoString(query, ", c.id");
    } else if (std::strcmp(name, "message_id") == 0) {
        appendStringInfoString(query, ", m.id");
    } else {
        const CarouselTable* const table = tables.table_of_column(name);
        if (table == nullptr && plan.slots[slot].may_be_missing) {
            appendStringInfoString(query, ", NULL::pg_catalog.int8");
            return;
        }
        if (table == nullptr) {
            refuse_unknown_source(tables, plan, slot);
        }
        check_column_rights(*table, name);
        appendStringInfo(query, ", %s.%s", table->alias, quote_identifier(name));
    }
}

/// Whether the layout takes a column from zones_diffusion, so that it must be joined.
bool needs_zones(const CarouselTables& tables, const Plan& plan) {
    for (const section::Slot& slot : plan.slots) {
        if (!slot.names_part && tables.table_of_column(slot.name.c_str()) == &tables.zones) {
            return true;
        }
    }
    return false;
}

// ---- days ----

/// The parameters of a statement are the zone and its time zone, and for each day these.
struct DayParameters {
    int day;         ///< the number of the first of them
    bool are_exact;  ///< the limits are the day's own: nothing else must be asked
};
constexpr int parameters_of_zone = 2;
constexpr int parameters_of_day = 5;
constexpr int most_days = 2;

/// The parameters of a statement as they are gathered.
struct Parameters {
    int count;
    ParamExternData values[parameters_of_zone + most_days * parameters_of_day];
};

void add_parameter(Parameters& parameters, Datum value, Oid type) {
    parameters.values[parameters.count++] = {value, false, PARAM_FLAG_CONST, type};
}

Parameters parameters_of(const CarouselZone& zone, const char* time_zone) {
    Parameters parameters{};
    add_parameter(parameters, PointerGetDatum(zone.name), TEXTOID);
    add_parameter(parameters, CStringGetTextDatum(time_zone == nullptr ? "" : time_zone), TEXTOID);
    return parameters;
}

/// The limits are those that an index on the bare columns serves: an instant before which nothing
/// ends that is on air, and one after which nothing begins. Constants, as all parameters are, they
/// mean the same on another server, whatever its TimeZone.
DayParameters add_day(Parameters& parameters, const CarouselZone& zone, DateADT day,
                      bool are_exact) {
    const DayParameters added = {parameters.count + 1, are_exact};
    const TimestampTz earliest = midnight_of(zone, add_days(day, are_exact ? 0 : -1));
    const TimestampTz latest = midnight_of(zone, add_days(day, are_exact ? 1 : 2));
    const bool is_before_latest = are_exact && !TIMESTAMP_NOT_FINITE(latest);
    add_parameter(parameters, DateADTGetDatum(day), DATEOID);
    add_parameter(parameters, TimestampTzGetDatum(earliest), TIMESTAMPTZOID);
    add_parameter(parameters, TimestampTzGetDatum(is_before_latest ? latest - 1 : latest),
                  TIMESTAMPTZOID);
    add_parameter(parameters, DateADTGetDatum(add_days(day, -1)), DATEOID);
    add_parameter(parameters, DateADTGetDatum(add_days(day, 2)), DATEOID);
    return added;
}

// The numbers of a day's parameters.
int earliest_of(const DayParameters& day, bool is_instant) {
    return day.day + (is_instant ? 1 : 3);
}
int latest_of(const DayParameters& day, bool is_instant) {
    return day.day + (is_instant ? 2 : 4);
}

bool is_instant(const CarouselTables& tables, const char* column) {
    return getBaseType(tables.campagnes.type_of(column)) == TIMESTAMPTZOID;
}

/// Campaigns that begin and end within the limits; they may be those of two days.
const char* within_limits(const CarouselTables& tables, const DayParameters& first,
                          const DayParameters& last) {
    return psprintf(
        "c.valid_start OPERATOR(pg_catalog.<=) $%d AND c.valid_end OPERATOR(pg_catalog.>=) $%d",
        latest_of(last, is_instant(tables, "valid_start")),
        earliest_of(first, is_instant(tables, "valid_end")));
}

/// The local day of a campaign's bound. LEAST or GREATEST brings a bound beyond the limit back to
/// it: at the ends of time an instant may have no local time.
const char* day_of_bound(const CarouselTables& tables, const char* column, const char* bring_back,
                         int limit) {
    return is_instant(tables, column)
               ? psprintf("pg_catalog.timezone($2, %s(c.%s, $%d))::pg_catalog.date", bring_back,
                          column, limit)
               : psprintf("c.%s::pg_catalog.date", column);
}

/// Campaigns that are on air on the day: nothing in it depends on a setting, so that another server
/// which is given the statement answers the same.
const char* on_air(const CarouselTables& tables, const DayParameters& day) {
    const char* const limits = within_limits(tables, day, day);
    const char* const begins =
        day_of_bound(tables, "valid_start", "GREATEST", earliest_of(day, true));
    const char* const ends = day_of_bound(tables, "valid_end", "LEAST", latest_of(day, true));
    StringInfoData condition;
    initStringInfo(&condition);
    appendStringInfoString(&condition, limits);
    if (!day.are_exact || !is_instant(tables, "valid_start")) {
        appendStringInfo(&condition, " AND %s OPERATOR(pg_catalog.<=) $%d", begins, day.day);
    }
    if (!day.are_exact || !is_instant(tables, "valid_end")) {
        appendStringInfo(&condition, " AND %s OPERATOR(pg_catalog.>=) $%d", ends, day.day);
    }
    return condition.data;
}

// ---- statements ----

/// `further` is a column more, or empty.
CarouselQuery make_query(const CarouselTables& tables, const Plan& plan, const char* further,
                         const char* condition, const Parameters& parameters) {
    StringInfoData query;
    initStringInfo(&query);
    appendStringInfo(&query, "SELECT c.id, m.id%s", further);
    for (std::size_t slot = 0; slot < plan.slots.size(); ++slot) {
        append_slot(&query, tables, plan, slot);
    }
    appendStringInfo(&query,
                     " FROM %s AS m JOIN %s AS c ON c.id OPERATOR(pg_catalog.=) m.campagne_id_fk",
                     tables.messages.qualified_name(), tables.campagnes.qualified_name());
    if (needs_zones(tables, plan)) {
        appendStringInfo(
            &query, " JOIN %s AS z ON z.zone_diffusion::pg_catalog.text OPERATOR(pg_catalog.=) $1",
            tables.zones.qualified_name());
    }
    appendStringInfo(&query,
                     " WHERE c.zone_diffusion::pg_catalog.text OPERATOR(pg_catalog.=) $1 AND %s"
                     " ORDER BY c.id, m.id",
                     condition);
    const ParamListInfo list = makeParamList(parameters.count);
    std::memcpy(list->params, parameters.values, parameters.count * sizeof(ParamExternData));
    return {query.data, list};
}

}  // namespace

CarouselQuery carousel_query(const CarouselTables& tables, const CarouselZone& zone,
                             const Plan& plan, DateADT day) {
    const char* const time_zone = time_zone_name(zone, day);
    Parameters parameters = parameters_of(zone, time_zone);
    const DayParameters added = add_day(parameters, zone, day, time_zone == nullptr);
    return make_query(tables, plan, "", on_air(tables, added), parameters);
}

CarouselQuery changes_query(const CarouselTables& tables, const CarouselZone& zone,
                            const Plan& plan, DateADT from, DateADT to) {
    const char* const time_zone =
        time_zone_name(zone, to) == nullptr ? nullptr : time_zone_name(zone, from);
    Parameters parameters = parameters_of(zone, time_zone);
    const DayParameters first = add_day(parameters, zone, from, time_zone == nullptr);
    const DayParameters second = add_day(parameters, zone, to, time_zone == nullptr);
    const char* const is_second = psprintf("(%s)", on_air(tables, second));
    // Campaigns beyond the limits of both days are on air on neither.
    const char* const limits =
        from <= to ? within_limits(tables, first, second) : within_limits(tables, second, first);
    return make_query(tables, plan, psprintf(", %s", is_second),
                      psprintf("%s AND (%s) OPERATOR(pg_catalog.<>) %s", limits,
                               on_air(tables, first), is_second),
                      parameters);
}

}  // namespace onetrip::postgres
