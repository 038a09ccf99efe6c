// The statement that reads the messages of a carousel. Knows nothing of their use.

#include "postgres/carousel/carousel_query.hpp"

namespace onetrip::postgres {

namespace {

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

[[noreturn]] void refuse_unknown_source(const CarouselTables& tables, const section::Plan& plan,
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

/// An expression of the select list.
struct Source {
    const char* text;
    Oid type;
};

constexpr Source nothing = {"NULL::pg_catalog.int8", INT8OID};

Source campagne_id(const CarouselTables& tables) {
    return {"c.id", tables.campagnes.type_of("id")};
}

Source message_id(const CarouselTables& tables) {
    return {"m.id", tables.messages.type_of("id")};
}

Source source_of_slot(const CarouselTables& tables, const section::Plan& plan, std::size_t slot) {
    const char* const name = plan.slots[slot].name.c_str();
    if (plan.slots[slot].names_part) {
        return nothing;
    }
    if (std::strcmp(name, "campagne_id") == 0) {
        return campagne_id(tables);
    }
    if (std::strcmp(name, "message_id") == 0) {
        return message_id(tables);
    }
    const CarouselTable* const table = tables.table_of_column(name);
    if (table == nullptr && plan.slots[slot].may_be_missing) {
        return nothing;
    }
    if (table == nullptr) {
        refuse_unknown_source(tables, plan, slot);
    }
    check_column_rights(*table, name);
    return {psprintf("%s.%s", table->alias, quote_identifier(name)), table->type_of(name)};
}

/// Whether the layout takes a column from zones_diffusion, so that it must be joined.
bool needs_zones(const CarouselTables& tables, const section::Plan& plan) {
    for (const section::Slot& slot : plan.slots) {
        if (!slot.names_part && tables.table_of_column(slot.name.c_str()) == &tables.zones) {
            return true;
        }
    }
    return false;
}

// ---- parameters ----

/// The parameters of a statement as they are gathered. All are constants, which mean the same on
/// another server, whatever its TimeZone.
struct Parameters {
    static constexpr int most = 64;

    int count;
    ParamExternData values[most];
};

/// The parameter's number.
int add_parameter(Parameters& parameters, Datum value, Oid type) {
    if (parameters.count == Parameters::most) {
        elog(ERROR, "too many parameters of a carousel's statement");
    }
    parameters.values[parameters.count++] = {value, false, PARAM_FLAG_CONST, type};
    return parameters.count;
}

int add_instant(Parameters& parameters, TimestampTz instant) {
    return add_parameter(parameters, TimestampTzGetDatum(instant), TIMESTAMPTZOID);
}

int add_date(Parameters& parameters, DateADT date) {
    return add_parameter(parameters, DateADTGetDatum(date), DATEOID);
}

/// The zone is the first parameter of every statement.
Parameters parameters_of(const CarouselZone& zone) {
    Parameters parameters{};
    add_parameter(parameters, PointerGetDatum(zone.name), TEXTOID);
    return parameters;
}

ParamListInfo list_of(const Parameters& parameters) {
    const ParamListInfo list = makeParamList(parameters.count);
    std::memcpy(list->params, parameters.values, parameters.count * sizeof(ParamExternData));
    return list;
}

// ---- days ----

/// The condition that a campaign's bound meets on a day. An index serves its `limit`, and the
/// instants within it that do not meet the condition are named by `gaps`, which is empty but for
/// days on which clocks are set back over midnight.
struct DayCondition {
    const char* limit;
    const char* gaps;
};

bool is_instant(const CarouselTables& tables, const char* column) {
    return getBaseType(tables.campagnes.type_of(column)) == TIMESTAMPTZOID;
}

/// The instant before a bound: `<=` means the same for all instants, infinite ones included; `<`
/// would not. No instant is before the first one but -infinity.
TimestampTz before(TimestampTz bound) {
    if (TIMESTAMP_NOT_FINITE(bound)) {
        return bound;
    }
    return bound <= MIN_TIMESTAMP ? DT_NOBEGIN : bound - 1;
}

/// The first instant from a bound on.
TimestampTz from(TimestampTz bound) {
    return bound >= END_TIMESTAMP ? DT_NOEND : bound;
}

/// ` AND (c.valid_start < … OR c.valid_start >= …)` for the bounds first, first + 1 and so on.
const char* print_gaps(Parameters& parameters, const char* column, const DayEnd& end, int first) {
    StringInfoData gaps;
    initStringInfo(&gaps);
    for (int i = first; i + 1 < end.count; i += 2) {
        const int begin = add_instant(parameters, end.bounds[i]);
        const int over = add_instant(parameters, end.bounds[i + 1]);
        appendStringInfo(&gaps,
                         " AND (c.%s OPERATOR(pg_catalog.<) $%d"
                         " OR c.%s OPERATOR(pg_catalog.>=) $%d)",
                         column, begin, column, over);
    }
    return gaps.data;
}

/// Campaigns that begin on the day or before it. A time without a time zone is one of the zone.
DayCondition begins(Parameters& parameters, const CarouselTables& tables, const CarouselZone& zone,
                    DateADT day) {
    constexpr const char* column = "valid_start";
    if (!is_instant(tables, column)) {
        const bool is_last = DATE_NOT_FINITE(day);
        return {psprintf("c.%s OPERATOR(pg_catalog.%s) $%d", column, is_last ? "<=" : "<",
                         add_date(parameters, is_last ? day : add_days(day, 1))),
                ""};
    }
    const DayEnd end = end_of_day(zone, day);
    return {psprintf("c.%s OPERATOR(pg_catalog.<=) $%d", column,
                     add_instant(parameters, before(end.bounds[end.count - 1]))),
            print_gaps(parameters, column, end, 0)};
}

/// Campaigns that end on the day or after it, so not on the day before.
DayCondition ends(Parameters& parameters, const CarouselTables& tables, const CarouselZone& zone,
                  DateADT day) {
    constexpr const char* column = "valid_end";
    if (!is_instant(tables, column)) {
        return {psprintf("c.%s OPERATOR(pg_catalog.>=) $%d", column, add_date(parameters, day)),
                ""};
    }
    const DayEnd end = end_of_day(zone, add_days(day, -1));
    return {psprintf("c.%s OPERATOR(pg_catalog.>=) $%d", column,
                     add_instant(parameters, from(end.bounds[0]))),
            print_gaps(parameters, column, end, 1)};
}

/// Campaigns that are on air on a day. Nothing in it depends on a setting, and all of it can be
/// sent to another server: no text is among it, whose collation would have to be the same there.
struct OnAir {
    DayCondition begins;
    DayCondition ends;
};

OnAir on_air(Parameters& parameters, const CarouselTables& tables, const CarouselZone& zone,
             DateADT day) {
    const DayCondition first = begins(parameters, tables, zone, day);
    return {first, ends(parameters, tables, zone, day)};
}

/// Campaigns from the begin of time to its end.
OnAir always_on_air(Parameters& parameters, const CarouselTables& tables,
                    const CarouselZone& zone) {
    const DayCondition first = begins(parameters, tables, zone, DATEVAL_NOBEGIN);
    return {first, ends(parameters, tables, zone, DATEVAL_NOEND)};
}

const char* print(const OnAir& day) {
    return psprintf("%s AND %s%s%s", day.begins.limit, day.ends.limit, day.begins.gaps,
                    day.ends.gaps);
}

// ---- statements ----

constexpr const char* ids = "c.id, m.id";
constexpr const char* in_order_of_ids = "ORDER BY c.id, m.id";

/// `, c.id, m.numero_abonne …`: a column for each slot.
const char* print_slots(const CarouselTables& tables, const section::Plan& plan) {
    StringInfoData slots;
    initStringInfo(&slots);
    for (std::size_t slot = 0; slot < plan.slots.size(); ++slot) {
        appendStringInfo(&slots, ", %s", source_of_slot(tables, plan, slot).text);
    }
    return slots.data;
}

/// `columns` are those of the select list, `order` is what follows the conditions.
CarouselQuery make_query(const CarouselTables& tables, const section::Plan& plan,
                         const char* columns, const char* condition, const char* order,
                         const Parameters& parameters) {
    StringInfoData query;
    initStringInfo(&query);
    appendStringInfo(&query,
                     "SELECT %s FROM %s AS m JOIN %s AS c ON c.id OPERATOR(pg_catalog.=)"
                     " m.campagne_id_fk",
                     columns, tables.messages.qualified_name(), tables.campagnes.qualified_name());
    if (needs_zones(tables, plan)) {
        appendStringInfo(
            &query, " JOIN %s AS z ON z.zone_diffusion::pg_catalog.text OPERATOR(pg_catalog.=) $1",
            tables.zones.qualified_name());
    }
    appendStringInfo(&query,
                     " WHERE c.zone_diffusion::pg_catalog.text OPERATOR(pg_catalog.=) $1 AND %s %s",
                     condition, order);
    return {query.data, list_of(parameters)};
}

/// The types of the arguments as this server knows them: a column that another server declares
/// otherwise would be read otherwise. Those of users, whose numbers differ between servers, are 0.
const char* print_types(const CarouselTables& tables, const section::Plan& plan) {
    StringInfoData types;
    initStringInfo(&types);
    const auto append = [&types](Oid type) {
        appendStringInfo(&types, "%s%u", types.len == 0 ? "" : ",",
                         type < FirstGenbkiObjectId ? type : InvalidOid);
    };
    append(campagne_id(tables).type);
    append(message_id(tables).type);
    for (std::size_t slot = 0; slot < plan.slots.size(); ++slot) {
        append(source_of_slot(tables, plan, slot).type);
    }
    return types.data;
}

/// `public.message_sections($5, '{20,20,…}', c.id, m.id, …)`.
const char* print_call(const CarouselTables& tables, const section::Plan& plan,
                       const char* function, int layout) {
    return psprintf("%s($%d, '{%s}'::pg_catalog.oid[], %s%s)", function, layout,
                    print_types(tables, plan), ids, print_slots(tables, plan));
}

// ---- encoding ----

bool is_integer(Oid type) {
    return type == INT2OID || type == INT4OID || type == INT8OID;
}

/// The messages of a block are those of one campaign whose ids have the same high bits. A block of
/// a campaign whose ids follow one another takes about half a megabyte, and postgres_fdw fetches a
/// hundred rows at once. None may be so large that its text, of twice its bytes, does not fit a
/// datum: as many messages as can have 256 sections each, of the largest, come to 256 MB.
int low_bits_of_block(const section::Plan& plan) {
    constexpr int most = 13;
    constexpr std::uint64_t most_bytes = std::uint64_t{1} << 28U;
    constexpr std::uint64_t most_parts = 256;
    const bool may_be_split = plan.split.has_value() || plan.table != nullptr;
    const std::uint64_t bytes = plan.max_bytes * (may_be_split ? most_parts : 1);
    int bits = most;
    while (bits > 0 && (bytes << static_cast<unsigned>(bits)) > most_bytes) {
        --bits;
    }
    return bits;
}

/// Whether each id of a block is there once. NULL, which a table without constraints may have, is
/// in a block of its own.
constexpr const char* ids_differ =
    "pg_catalog.count(*) OPERATOR(pg_catalog.=) pg_catalog.count(DISTINCT m.id)"
    " OR pg_catalog.count(*) OPERATOR(pg_catalog.=) 1";

/// Citus computes an aggregate on its workers if it is grouped by the column that distributes the
/// table, so that a campaign is known by its messages here.
const char* print_blocks(const EncodingFunctions& functions, const section::Plan& plan,
                         const char* call) {
    return psprintf(
        "m.campagne_id_fk, m.id OPERATOR(pg_catalog.>>) %d, pg_catalog.count(*), %s,"
        " %s(%s ORDER BY m.id)",
        low_bits_of_block(plan), ids_differ, functions.aggregate, call);
}

const char* print_encoded(const CarouselTables& tables, const section::Plan& plan, Encoded form,
                          const EncodingFunctions& functions, int layout) {
    const char* const sections = print_call(tables, plan, functions.sections, layout);
    const char* const problem = print_call(tables, plan, functions.problem, layout);
    switch (form) {
        case Encoded::blocks:
            return print_blocks(functions, plan, sections);
        case Encoded::messages:
            return psprintf("%s, %s", ids, sections);
        case Encoded::problems:
            return psprintf("%s, %s", ids, problem);
        default:
            return psprintf("%s, %s, CASE WHEN %s IS NULL THEN %s END", ids, problem, problem,
                            sections);
    }
}

}  // namespace

CarouselQuery carousel_query(const CarouselTables& tables, const CarouselZone& zone,
                             const section::Plan& plan, DateADT day) {
    Parameters parameters = parameters_of(zone);
    const char* const condition = print(on_air(parameters, tables, zone, day));
    return make_query(tables, plan, psprintf("%s%s", ids, print_slots(tables, plan)), condition,
                      in_order_of_ids, parameters);
}

bool can_encode(const CarouselTables& tables, const section::Plan& plan, Encoded form) {
    constexpr std::size_t further_arguments = 4;
    if (plan.slots.size() + further_arguments > FUNC_MAX_ARGS) {
        return false;
    }
    for (const section::Slot& slot : plan.slots) {
        const CarouselTable* const table = tables.table_of_column(slot.name.c_str());
        if (table != nullptr && getBaseType(table->type_of(slot.name.c_str())) == TIMESTAMPOID) {
            return false;
        }
    }
    return form != Encoded::blocks || (is_integer(tables.messages.type_of("id")) &&
                                       is_integer(tables.messages.type_of("campagne_id_fk")));
}

CarouselQuery encoded_query(const CarouselTables& tables, const CarouselZone& zone,
                            const CarouselRequest& request, DateADT day, Encoded form,
                            const EncodingFunctions& functions, bool is_trial) {
    const section::Plan& plan = request.compiled->plan;
    Parameters parameters = parameters_of(zone);
    const int layout = add_parameter(parameters, request.layout, functions.layout_type);
    const OnAir campaigns =
        is_trial ? always_on_air(parameters, tables, zone) : on_air(parameters, tables, zone, day);
    return make_query(
        tables, plan, print_encoded(tables, plan, form, functions, layout), print(campaigns),
        form == Encoded::blocks ? "GROUP BY 1, 2 ORDER BY 1, 2" : in_order_of_ids, parameters);
}

CarouselQuery changes_query(const CarouselTables& tables, const CarouselZone& zone,
                            const section::Plan& plan, DateADT from, DateADT to) {
    Parameters parameters = parameters_of(zone);
    const OnAir first = on_air(parameters, tables, zone, from);
    const OnAir second = on_air(parameters, tables, zone, to);
    const char* const is_second = psprintf("(%s)", print(second));
    // Campaigns beyond the limits of both days are on air on neither.
    const char* const limits = from <= to
                                   ? psprintf("%s AND %s", second.begins.limit, first.ends.limit)
                                   : psprintf("%s AND %s", first.begins.limit, second.ends.limit);
    return make_query(
        tables, plan, psprintf("%s, %s%s", ids, is_second, print_slots(tables, plan)),
        psprintf("%s AND (%s) OPERATOR(pg_catalog.<>) %s", limits, print(first), is_second),
        in_order_of_ids, parameters);
}

}  // namespace onetrip::postgres
