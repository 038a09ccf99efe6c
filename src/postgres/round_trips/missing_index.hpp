#pragma once

#include "postgres/server/server.hpp"

/// Whether an index helps a comparison, and the DDL of one that would. All of this may ERROR and
/// needs a transaction that holds a lock on the table.
namespace onetrip::postgres {

/// The indexes that may help a comparison.
enum class IndexRows {
    all,
    some_too,  ///< also those of some rows: the comparison is known to be with these
};

/// Whether a valid index of such rows begins with the column.
bool begins_index(Oid table, AttrNumber column, IndexRows rows = IndexRows::all);

/// Whether an index of the user's can be made for the table: it is neither a catalog nor temporary,
/// and no view or foreign table.
bool takes_index(Oid table);

/// `CREATE INDEX CONCURRENTLY ON public.books (author_id)`; keys as they are written.
const char* ddl_of_index(Oid table, const char* keys);

/// The advice for a table without an index that begins with the column; nullptr if it has one, or
/// if there is nothing to say.
const char* missing_index(Oid table, AttrNumber column, IndexRows rows);

}  // namespace onetrip::postgres
