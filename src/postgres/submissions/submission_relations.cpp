// The six tables of submissions and what may be refused about them: columns, types, rights. Knows
// no statement of the loader's.

#include "postgres/submissions/submission_relations.hpp"

extern "C" {
#include "catalog/pg_enum.h"
#include "parser/parse_coerce.h"
}

namespace onetrip::postgres {

namespace {

Table find_table(const char* schema, const char* name) {
    require_schema(schema, {"USAGE"});
    return {schema, name, find_relation(schema, name)};
}

/// The catalog's row of a column that is there.
FormData_pg_attribute attribute_of(const Table& table, const char* column) {
    const HeapTuple tuple = SearchSysCacheAttName(table.relation, column);
    const FormData_pg_attribute attribute = *reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
    ReleaseSysCache(tuple);
    return attribute;
}

[[noreturn]] void refuse_type(const Table& table, const char* column, const char* wanted) {
    ereport(ERROR,
            (errcode(ERRCODE_DATATYPE_MISMATCH),
             errmsg("column \"%s\" of table %s must have the type %s", column, table.qualified(),
                    wanted),
             errdetail("It has the type %s.", format_type_be(type_of_column(table, column)))));
    pg_unreachable();
}

[[noreturn]] void refuse_enum(const Table& table, const char* column, const char* value) {
    const Oid type = getBaseType(type_of_column(table, column));
    ereport(ERROR,
            (errcode(ERRCODE_DATATYPE_MISMATCH),
             errmsg("enum type %s has no value \"%s\"", format_type_be(type), value),
             errdetail("Column \"%s\" of table %s has that type, and the loader may have to write "
                       "that value.",
                       column, table.qualified()),
             errhint("Add it with ALTER TYPE %s ADD VALUE %s.", type_name(type),
                     quote_literal_cstr(value))));
    pg_unreachable();
}

}  // namespace

Tables find_tables(const SubmissionSchemas& schemas) {
    return {find_table(schemas.app, "form_schemas"),
            find_table(schemas.app, "users"),
            find_table(schemas.app, "form_responses"),
            find_table(schemas.dwh, "response_events"),
            find_table(schemas.dwh, "response_event_problems"),
            find_table(schemas.dwh, "submission_loads")};
}

void require_table(const Table& table) {
    if (!table.exists()) {
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_TABLE),
                 errmsg("table \"%s\" does not exist in schema \"%s\"", table.name, table.schema),
                 errhint("Make all tables with create_submission_tables.")));
    }
}

bool has_column(const Table& table, const char* column) {
    return get_attnum(table.relation, column) > 0;
}

AttrNumber require_column(const Table& table, const char* column) {
    const AttrNumber number = get_attnum(table.relation, column);
    if (number <= 0) {
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_COLUMN),
                 errmsg("column \"%s\" of table %s does not exist", column, table.qualified()),
                 errdetail("Submissions cannot be loaded without it."),
                 errhint("Tables made by create_submission_tables have all columns.")));
    }
    return number;
}

Oid type_of_column(const Table& table, const char* column) {
    return get_atttype(table.relation, require_column(table, column));
}

bool is_generated(const Table& table, const char* column) {
    const FormData_pg_attribute attribute = attribute_of(table, column);
    return attribute.attgenerated != '\0' || attribute.attidentity == ATTRIBUTE_IDENTITY_ALWAYS;
}

bool demands_value(const Table& table, const char* column) {
    return has_column(table, column) && attribute_of(table, column).attnotnull;
}

bool is_referencing(const Table& table, const char* column) {
    if (!has_column(table, column)) {
        return false;
    }
    SPI_execute(psprintf("SELECT FROM pg_catalog.pg_constraint AS c"
                         " WHERE c.conrelid OPERATOR(pg_catalog.=) %u"
                         " AND c.contype OPERATOR(pg_catalog.=) 'f'"
                         " AND %d OPERATOR(pg_catalog.=) ANY (c.conkey::pg_catalog.int4[])",
                         table.relation, require_column(table, column)),
                true, 1);
    return SPI_processed > 0;
}

bool is_redirected(const Table& table) {
    SPI_execute(psprintf("SELECT FROM pg_catalog.pg_rewrite AS w"
                         " WHERE w.ev_class OPERATOR(pg_catalog.=) %u AND w.is_instead"
                         " AND w.ev_type OPERATOR(pg_catalog.=) '3'",
                         table.relation),
                true, 1);
    return SPI_processed > 0;
}

/// Whether an index keeps the column's values apart. One of another collation does not by the
/// column's equality, and that of a table with children by inheritance knows nothing of their rows.
bool has_key(const Table& table, const char* column) {
    SPI_execute(psprintf("SELECT FROM pg_catalog.pg_index AS i"
                         " JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.indrelid"
                         " JOIN pg_catalog.pg_attribute AS a"
                         " ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid"
                         " AND a.attnum OPERATOR(pg_catalog.=) i.indkey[0]"
                         " WHERE i.indrelid OPERATOR(pg_catalog.=) %u"
                         " AND i.indkey[0] OPERATOR(pg_catalog.=) %d"
                         " AND i.indnkeyatts OPERATOR(pg_catalog.=) 1"
                         " AND i.indisunique AND i.indisvalid AND i.indpred IS NULL"
                         " AND i.indcollation[0] OPERATOR(pg_catalog.=) a.attcollation"
                         " AND (c.relkind OPERATOR(pg_catalog.=) 'p' OR NOT c.relhassubclass)",
                         table.relation, require_column(table, column)),
                true, 1);
    return SPI_processed > 0;
}

/// The qualified name of a type. The names `character` and `bit` of SQL mean length 1: quoted, they
/// are of any.
const char* type_name(Oid type) {
    return format_type_extended(type, -1, FORMAT_TYPE_FORCE_QUALIFY | FORMAT_TYPE_TYPEMOD_GIVEN);
}

void require_right(const Table& table, const char* column, AclMode mode, const char* right) {
    if (!has_right(table.relation, column, mode)) {
        refuse_right(table.name, table.qualified(), right, nullptr);
    }
}

void require_readable(const Table& table, const char* column) {
    require_column(table, column);
    require_right(table, column, ACL_SELECT, "SELECT");
}

bool is_json(const Table& table, const char* column) {
    const Oid type = getBaseType(type_of_column(table, column));
    if (type != JSONBOID && type != JSONOID) {
        refuse_type(table, column, "jsonb or json");
    }
    return type == JSONOID;
}

void require_text(const Table& table, const char* column) {
    if (!IsBinaryCoercible(getBaseType(type_of_column(table, column)), TEXTOID)) {
        refuse_type(table, column, "text");
    }
}

void require_bytes(const Table& table, const char* column) {
    if (getBaseType(type_of_column(table, column)) != BYTEAOID) {
        refuse_type(table, column, "bytea");
    }
}

void require_written(const Table& table, const char* column) {
    require_column(table, column);
    if (is_generated(table, column)) {
        ereport(ERROR,
                (errcode(ERRCODE_GENERATED_ALWAYS),
                 errmsg("column \"%s\" of table %s is generated", column, table.qualified()),
                 errdetail("Submissions cannot be loaded without a value of theirs in it.")));
    }
}

void require_assignable(const Table& table, const char* column, Oid from) {
    const Oid type = type_of_column(table, column);
    if (!can_coerce_type(1, &from, &type, COERCION_ASSIGNMENT)) {
        refuse_type(table, column, format_type_be(from));
    }
}

bool has_enum_value(const Table& table, const char* column, const char* value) {
    const Oid type = getBaseType(type_of_column(table, column));
    return SearchSysCacheExists2(ENUMTYPOIDNAME, ObjectIdGetDatum(type), CStringGetDatum(value));
}

void require_enum_values(const Table& table, const char* column, const char* const* values,
                         int count) {
    for (int i = 0; i < count; ++i) {
        if (!has_enum_value(table, column, values[i])) {
            refuse_enum(table, column, values[i]);
        }
    }
}

}  // namespace onetrip::postgres
