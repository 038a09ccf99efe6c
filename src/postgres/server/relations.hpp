#pragma once

#include <initializer_list>

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// Rights on schemas and tables as the caller has them, and the GRANT that a refusal suggests.

/// Quoted, for SQL.
const char* name_of_current_user();

/// The Oid of the schema. ERRORs if it is missing, or if the caller lacks one of the privileges.
Oid require_schema(const char* schema, std::initializer_list<const char*> privileges);

/// Finds a table and locks it as the statements will lock it: facts looked up about the table stay
/// true until then, whatever DDL was under way. `schema` nullptr: along the search_path. InvalidOid
/// if none exists.
Oid find_relation(const char* schema, const char* name);

/// Where the rows of a table are.
struct Placement {
    enum class Kind : std::uint8_t {
        here,        ///< on this server
        copied,      ///< all of them on every node, by Citus: a reference table
        distributed  ///< each row on one node of Citus
    };

    Kind kind;
    bool is_of_citus;    ///< Citus has the rows in a table of its own, whatever node that is on
    const char* column;  ///< that they are distributed by; nullptr if all are on one node
    std::int64_t group;  ///< tables of one group have the rows of one value on the same node
};

/// Whether the database has the catalogue of Citus.
bool knows_citus();

/// The placement of the table in the catalogue of Citus, on a server that has Citus.
Placement placement_of(Oid relation);

/// Whether Citus distributes the rows of the table over its workers, each row to one of them.
bool is_distributed(Oid relation);

/// Whether the caller may do this with the table or, unless `column` is nullptr, with the column.
bool has_right(Oid relation, const char* column, AclMode mode);

/// ERRORs. `qualified` is the table's name for SQL; `detail` may be nullptr.
[[noreturn]] void refuse_right(const char* table, const char* qualified, const char* right,
                               const char* detail);

}  // namespace onetrip::postgres
