#pragma once

#include "postgres/submissions/submission_relations.hpp"

namespace onetrip::postgres {

/// How two columns are compared: by the equality of their type's default btree operator class.
struct Equality {
    const char* operation;   ///< `OPERATOR(schema.=)`
    const char* left_cast;   ///< `::type`, `COLLATE collation`, both, or empty
    const char* right_cast;  ///< `::type`, or empty
};

/// ERRORs, naming both columns, if they cannot be compared so. If their collations differ, that of
/// the right column is written: it is the one that an index has to find.
Equality require_equality(const Table& left, const char* left_column, const Table& right,
                          const char* right_column);

/// ERRORs if the type of an id has no default btree operator class.
void require_comparable(const Table& table, const char* column);

/// ERRORs unless the column, which takes the ids of a source, compares them exactly as the source
/// does. A coarser one would have the rows of one submission replaced for another's, and a finer
/// one would not find what is to be replaced.
void require_ids_of(const Table& table, const char* column, const Table& source,
                    const char* source_column);

/// How rows of a table are found by an id that load_rows has, in `column` of it.
struct IdMatch {
    const char* operation;  ///< `OPERATOR(schema.=)`
    const char* row_cast;   ///< of the table's column
    const char* id_cast;    ///< of the id
    Oid id_type;            ///< what the id is then
};

/// Needs columns that require_ids_of has passed.
IdMatch match_ids(const Table& table, const char* column, const Table& source,
                  const char* source_column);

/// The id `value` as an INSERT writes it into the column. An assignment to varchar(n) cuts blanks
/// at the end without an error, and makes another id of it: such a value gets a character that the
/// column refuses.
const char* id_to_store(const Table& table, const char* column, const Table& source,
                        const char* source_column, const char* value);

/// The type of a column with its collation, for a column or a result of the same.
const char* column_type(const Table& table, const char* column);

}  // namespace onetrip::postgres
