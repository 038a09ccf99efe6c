#pragma once

#include "postgres/server/server.hpp"

/// Whether an index helps a comparison, and the DDL of one that would. All of this may ERROR and
/// needs a transaction that holds a lock on the table.
namespace onetrip::postgres {

/// What is known of the rows that are asked for.
struct AskedRows {
    bool are_in_index = false;  ///< in whichever index begins with the column, be it of some rows
    const List* conditions = NIL;  ///< for all of them
    Index range = 0;               ///< the number of the table in the conditions
};

/// Whether a valid index that has these rows begins with the column, or with others that the
/// conditions compare by equality, too.
bool begins_index(Oid table, AttrNumber column, const AskedRows& asked = {});

/// Whether an index of the user's can be made for the table: it is neither a catalog nor temporary,
/// and no view or foreign table.
bool takes_index(Oid table);

/// `CREATE INDEX CONCURRENTLY ON public.books (author_id)`; keys as they are written.
const char* ddl_of_index(Oid table, const char* keys);

/// The advice for a table without an index that begins with the column; nullptr if it has one, or
/// if there is nothing to say.
const char* missing_index(Oid table, AttrNumber column, const AskedRows& asked);

}  // namespace onetrip::postgres
