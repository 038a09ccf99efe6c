// section_changes: two queries of sections, merged. Knows nothing of carousels and layouts.

#include "postgres/server/arguments.hpp"
#include "postgres/server/datums.hpp"
#include "postgres/server/read_only_query.hpp"
#include "postgres/server/rows.hpp"
#include "postgres/server/walls.hpp"

extern "C" {
#include "access/detoast.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(section_changes);

namespace {

constexpr int key_column = 0;
constexpr int part_column = 1;
constexpr int section_column = 2;
constexpr int columns = 3;

/// One of the two queries, at one of its rows. Plain data.
struct Side {
    const char* argument;
    QueryCursor* cursor;
    Oid key_type;
    Oid part_type;
    std::int64_t row;  ///< its number, from 1; rows without a section count
    bool has_key;      ///< of a row, the last one after its end
    bool at_end;
    std::int64_t key;
    std::int64_t part;
    Datum section;
};

// ---- columns ----

bool is_int4(Oid type) {
    return type == INT2OID || type == INT4OID;
}

void check_columns(Side& side, TupleDesc descriptor) {
    Oid types[columns] = {};
    for (int i = 0; descriptor->natts == columns && i < columns; ++i) {
        types[i] = getBaseType(TupleDescAttr(descriptor, i)->atttypid);
    }
    if ((!is_int4(types[key_column]) && types[key_column] != INT8OID) ||
        !is_int4(types[part_column]) || types[section_column] != BYTEAOID) {
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("argument \"%s\" must be a query of a key, a part and a section",
                               side.argument),
                        errdetail("It gives %s.", print_column_types(descriptor)),
                        errhint("Select three columns of the types bigint, integer and bytea.")));
    }
    side.key_type = types[key_column];
    side.part_type = types[part_column];
}

std::int64_t read_integer(Datum datum, Oid type) {
    switch (type) {
        case INT2OID:
            return DatumGetInt16(datum);
        case INT4OID:
            return DatumGetInt32(datum);
        default:
            return DatumGetInt64(datum);
    }
}

// ---- rows ----

[[noreturn]] void refuse_null_key(const Side& side) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("key and part of argument \"%s\" must not be null", side.argument),
                    errdetail("One of them is, in row %lld.", static_cast<long long>(side.row)),
                    errhint("Leave such rows out with WHERE.")));
    pg_unreachable();
}

[[noreturn]] void refuse_order(const Side& before, const Side& now) {
    const bool is_twice = before.key == now.key && before.part == now.part;
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
             errmsg("rows of argument \"%s\" must be in the order of key and part, each once",
                    now.argument),
             errdetail("Row %lld has key %lld and part %lld, after key %lld and part %lld.",
                       static_cast<long long>(now.row), static_cast<long long>(now.key),
                       static_cast<long long>(now.part), static_cast<long long>(before.key),
                       static_cast<long long>(before.part)),
             is_twice ? errhint("Choose a key that is different for each message.")
                      : errhint("Add ORDER BY 1, 2 to the query.")));
    pg_unreachable();
}

/// Negative if the first comes before the second, in the order of key and part.
int compare(const Side& first, const Side& second) {
    if (first.key != second.key) {
        return first.key < second.key ? -1 : 1;
    }
    return first.part == second.part ? 0 : first.part < second.part ? -1 : 1;
}

/// The next row that has a section.
TupleTableSlot* next_row(Side& side) {
    for (;;) {
        CHECK_FOR_INTERRUPTS();
        TupleTableSlot* const row = fetch_row(side.cursor);
        ++side.row;
        if (row == nullptr || !row->tts_isnull[section_column]) {
            return row;
        }
    }
}

void advance(Side& side) {
    const Side before = side;
    TupleTableSlot* const row = next_row(side);
    side.at_end = row == nullptr;
    if (side.at_end) {
        return;
    }
    if (row->tts_isnull[key_column] || row->tts_isnull[part_column]) {
        refuse_null_key(side);
    }
    side.key = read_integer(row->tts_values[key_column], side.key_type);
    side.part = read_integer(row->tts_values[part_column], side.part_type);
    side.section = row->tts_values[section_column];
    side.has_key = true;
    if (before.has_key && compare(before, side) >= 0) {
        refuse_order(before, side);
    }
}

Side open_side(FunctionCallInfo fcinfo, int argument, const char* name) {
    refuse_null(fcinfo, argument, name);
    Side side{};
    side.argument = name;
    const PlannedQuery query =
        plan_read_only_query(text_to_cstring(PG_GETARG_TEXT_PP(argument)), name, false);
    check_columns(side, columns_of_query(query));
    side.cursor = open_cursor(query);
    return side;
}

// ---- changes ----

/// The receiver of the changes.
struct Changes {
    Rows rows;
    Datum added;
    Datum gone;
    Datum changed;
    MemoryContext memory;  ///< reset for each row
};

bool same_bytes(Datum one, Datum other) {
    if (toast_raw_datum_size(one) != toast_raw_datum_size(other)) {
        return false;
    }
    return characters_of(PG_DETOAST_DATUM_PACKED(one)) ==
           characters_of(PG_DETOAST_DATUM_PACKED(other));
}

void put_change(const Changes& changes, const Side& side, Datum change) {
    // The rows outlive the query that a value out of line belongs to.
    changes.rows.put({present(Int64GetDatum(side.key)),
                      present(Int32GetDatum(static_cast<int>(side.part))), present(change),
                      present(PointerGetDatum(PG_DETOAST_DATUM_PACKED(side.section)))});
}

/// Takes the lesser row of the two, or both if they are of one section.
void take_rows(const Changes& changes, Side& before, Side& after) {
    const int order = before.at_end ? 1 : after.at_end ? -1 : compare(before, after);
    const MemoryContext caller = MemoryContextSwitchTo(changes.memory);
    if (order < 0) {
        put_change(changes, before, changes.gone);
    } else if (order > 0) {
        put_change(changes, after, changes.added);
    } else if (!same_bytes(before.section, after.section)) {
        put_change(changes, after, changes.changed);
    }
    MemoryContextReset(changes.memory);
    MemoryContextSwitchTo(caller);
    if (order <= 0) {
        advance(before);
    }
    if (order >= 0) {
        advance(after);
    }
}

void merge(const Changes& changes, Side& before, Side& after) {
    advance(before);
    advance(after);
    while (!before.at_end || !after.at_end) {
        take_rows(changes, before, after);
    }
}

}  // namespace

extern "C" {

Datum section_changes(PG_FUNCTION_ARGS) {
    const Changes changes = {Rows(fcinfo), CStringGetTextDatum("added"),
                             CStringGetTextDatum("gone"), CStringGetTextDatum("changed"),
                             make_memory_context(CurrentMemoryContext, "onetrip changes")};
    const bool was_read_only = begin_read_only();
    Side before = open_side(fcinfo, 0, "before");
    Side after = open_side(fcinfo, 1, "after");
    merge(changes, before, after);
    close_cursor(before.cursor);
    close_cursor(after.cursor);
    end_read_only(was_read_only);
    MemoryContextDelete(changes.memory);
    return Datum{0};
}

}  // extern "C"

}  // namespace onetrip::postgres
