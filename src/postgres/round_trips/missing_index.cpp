// Looks up whether an index begins with a column, and writes the DDL of one that is missing.

#include "postgres/round_trips/missing_index.hpp"

#include "postgres/round_trips/round_trip_catalog.hpp"

extern "C" {
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "commands/defrem.h"
#include "utils/rel.h"
}

namespace onetrip::postgres {

namespace {

/// Whether the values of a column have an order by which an index is made.
bool has_order(Oid table, AttrNumber column) {
    const Oid type = get_atttype(table, column);
    return OidIsValid(type) && OidIsValid(GetDefaultOpClass(type, BTREE_AM_OID));
}

}  // namespace

bool begins_index(Oid table, AttrNumber column, IndexRows rows) {
    const Relation relation = open_without_waiting(table);
    if (relation == nullptr) {
        return true;
    }
    const List* const indexes = RelationGetIndexList(relation);
    bool found = false;
    for (int i = 0; i < list_length(indexes) && !found; ++i) {
        const HeapTuple tuple =
            SearchSysCache1(INDEXRELID, ObjectIdGetDatum(list_nth_oid(indexes, i)));
        if (HeapTupleIsValid(tuple)) {
            const auto* const index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
            const bool has_rows = rows == IndexRows::some_too ||
                                  heap_attisnull(tuple, Anum_pg_index_indpred, nullptr);
            found = index->indisvalid && index->indnatts > 0 && index->indkey.values[0] == column &&
                    has_rows;
            ReleaseSysCache(tuple);
        }
    }
    table_close(relation, AccessShareLock);
    return found;
}

bool takes_index(Oid table) {
    const char kind = get_rel_relkind(table);
    return table >= FirstNormalObjectId &&
           (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE ||
            kind == RELKIND_MATVIEW) &&
           get_rel_persistence(table) != RELPERSISTENCE_TEMP;
}

const char* ddl_of_index(Oid table, const char* keys) {
    const char* const name = get_rel_name(table);
    const char* const schema = get_namespace_name(get_rel_namespace(table));
    // The server makes an index of a partitioned table's partitions one by one, and not
    // concurrently.
    const bool is_concurrent = get_rel_relkind(table) != RELKIND_PARTITIONED_TABLE;
    return name == nullptr || schema == nullptr
               ? nullptr
               : psprintf("CREATE INDEX %sON %s (%s)", is_concurrent ? "CONCURRENTLY " : "",
                          quote_qualified_identifier(schema, name), keys);
}

const char* missing_index(Oid table, AttrNumber column, IndexRows rows) {
    if (!OidIsValid(table) || column <= 0 || !takes_index(table) || !has_order(table, column) ||
        begins_index(table, column, rows)) {
        return nullptr;
    }
    const char* const name = get_attname(table, column, true);
    const char* const ddl = name == nullptr ? nullptr : ddl_of_index(table, quote_identifier(name));
    return ddl == nullptr ? nullptr
                          : psprintf("no index begins with %s: %s", quote_identifier(name), ddl);
}

}  // namespace onetrip::postgres
