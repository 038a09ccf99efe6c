#pragma once

#include "postgres/server/relations.hpp"

namespace onetrip::postgres {

/// Where the tables of submissions are: names as they are, not quoted.
struct SubmissionSchemas {
    const char* app;  ///< form_schemas, users, form_responses
    const char* dwh;  ///< response_events, response_event_problems, submission_loads
};

enum class LoadMode { only_new, changed };

struct Table {
    const char* schema;
    const char* name;
    Oid relation;  ///< InvalidOid if none exists

    bool exists() const { return OidIsValid(relation); }
    const char* qualified() const { return quote_qualified_identifier(schema, name); }
};

struct Tables {
    Table forms;
    Table users;
    Table submissions;
    Table events;
    Table problems;
    Table loads;
};

/// The tables as find_relation finds and locks them. ERRORs if a schema may not be used.
Tables find_tables(const SubmissionSchemas& schemas);

void require_table(const Table& table);
bool has_column(const Table& table, const char* column);
AttrNumber require_column(const Table& table, const char* column);
Oid type_of_column(const Table& table, const char* column);

/// Whether the server alone makes the column's values.
bool is_generated(const Table& table, const char* column);

/// ERRORs unless the column is there and takes a value that is given.
void require_written(const Table& table, const char* column);

/// Whether the column is NOT NULL.
bool demands_value(const Table& table, const char* column);

/// Whether a foreign key of the table has the column.
bool is_referencing(const Table& table, const char* column);

/// Whether a rule puts something in the place of an INSERT, be it of some rows: then the server
/// takes no RETURNING.
bool is_redirected(const Table& table);

/// Whether a unique index on this column alone finds the rows of a value of it.
bool has_key(const Table& table, const char* column);

/// Qualified, for SQL.
const char* type_name(Oid type);

/// Rights. `column` is NULL if the right cannot be had for a column. May ERROR.
void require_right(const Table& table, const char* column, AclMode mode, const char* right);
void require_readable(const Table& table, const char* column);

/// Whether a column of documents is json, which must be converted, and not jsonb. ERRORs for
/// others.
bool is_json(const Table& table, const char* column);

/// ERRORs unless a text is stored in the column as it is: a conversion could fail, or bend it.
void require_text(const Table& table, const char* column);

/// ERRORs unless the column is a bytea.
void require_bytes(const Table& table, const char* column);

/// ERRORs unless an assignment makes a value of the column of one of that type.
void require_assignable(const Table& table, const char* column, Oid from);

/// Whether the column's type, an enum, has the value.
bool has_enum_value(const Table& table, const char* column, const char* value);

/// ERRORs if the column is of an enum type that lacks one of these values.
void require_enum_values(const Table& table, const char* column, const char* const* values,
                         int count);

}  // namespace onetrip::postgres
