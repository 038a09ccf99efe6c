#pragma once

#include "postgres/round_trips/column_of_table.hpp"

extern "C" {
#include "nodes/plannodes.h"
}

/// Look-ups of the tables of a statement, and of its leader, in the catalogs. All of this may ERROR
/// and needs a transaction. The statement that has just run holds locks of its own tables, but not
/// of the leader's; the look-ups wait for no lock.
namespace onetrip::postgres {

/// The tables that a statement reads, as far as there is room.
struct TablesOfStatement {
    static constexpr int most = 8;

    int count;
    Oid tables[most];

    bool contains(Oid table) const;
};

/// The tables that a statement reads; it needs no transaction.
TablesOfStatement tables_of(const PlannedStmt* statement);

/// The table that a statement writes, by the lock that its parser took; InvalidOid if it writes
/// none.
Oid written_table(const PlannedStmt* statement);

/// The table that the client named: for a partition, the first ancestor in the statement.
Oid named_table(const PlannedStmt* statement, Oid table);

/// Whether the statement names this table or partition, be it in a subquery.
bool reads(const PlannedStmt* statement, Oid table);

/// Whether the statement reads this table, once, and no other.
bool reads_alone(const PlannedStmt* statement, Oid table);

/// The table as it has to be written here and now; nullptr if it has been dropped.
const char* name_of_table(Oid table);

/// The name of a column, quoted if needed; nullptr if it has been dropped.
const char* name_of_column(Oid table, AttrNumber column);

/// Opens a table, which is to be closed with AccessShareLock; nullptr if another session has locked
/// it, or has dropped it.
Relation open_without_waiting(Oid table);

/// Whether these columns include all columns of a unique index of all rows.
bool has_key_in(Oid table, const Bitmapset* columns);

/// Whether there is such an index of this column alone.
inline bool is_key(Oid table, AttrNumber column) {
    return column > 0 && has_key_in(table, bms_make_singleton(column));
}

/// `campagnes.id`; nullptr if it has been dropped.
const char* qualified_name(Oid table, AttrNumber column);

/// What a foreign key says of two columns.
struct Reference {
    bool exists = false;
    bool is_valid = false;  ///< for all rows
};

/// The foreign key of one column by which a column refers to another. Foreign keys are not known
/// while another session has locked pg_constraint.
Reference reference_to(Oid from, AttrNumber referencing, Oid to, AttrNumber referenced);

/// The column of one of the tables that a foreign key binds to this one, whichever of the two
/// refers to the other; not known if none exists.
ColumnOfTable column_bound_to(Oid table, AttrNumber column, const TablesOfStatement& others);

/// Whether rows that are copied into a table are those that would be inserted: it is no view, and
/// has neither rules nor policies on rows.
bool takes_copy(Oid table);

/// How many columns COPY without a list of them fills.
int columns_of_copy(Oid table);

}  // namespace onetrip::postgres
