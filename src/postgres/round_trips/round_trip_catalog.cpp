// Looks up what the catalogs say of a statement's tables: names, keys, foreign keys, and which of
// them the client named.
//
// It looks at no plan and knows no advice.

#include "postgres/round_trips/round_trip_catalog.hpp"

#include <algorithm>

#include "postgres/server/list_range.hpp"

extern "C" {
#include "access/genam.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
}

namespace onetrip::postgres {

namespace {

bool is_table(const RangeTblEntry* range) {
    return range->rtekind == RTE_RELATION && range->relkind != RELKIND_VIEW;
}

/// The tables that the client named, found for the partitions that the statement reads.
class NamedTables {
  public:
    explicit NamedTables(const PlannedStmt* statement) : statement_(statement) {}

    Oid of(Oid table) {
        if (!OidIsValid(table) || !get_rel_relispartition(table)) {
            return table;
        }
        const List* const ancestors = get_partition_ancestors(table);
        if (ancestors == NIL) {
            return table;
        }
        // Partitions of one table stand next to one another, maybe thousands of them.
        if (linitial_oid(ancestors) != parent_) {
            parent_ = linitial_oid(ancestors);
            ancestor_ = first_named(ancestors);
        }
        return OidIsValid(ancestor_) ? ancestor_ : table;
    }

  private:
    /// The list begins with the parent and ends with the root.
    Oid first_named(const List* ancestors) const {
        for (int i = list_length(ancestors) - 1; i >= 0; --i) {
            if (reads(statement_, list_nth_oid(ancestors, i))) {
                return list_nth_oid(ancestors, i);
            }
        }
        return InvalidOid;
    }

    const PlannedStmt* statement_;
    Oid parent_ = InvalidOid;
    Oid ancestor_ = InvalidOid;
};

/// The only column of a foreign key, by the attribute of pg_constraint that lists its columns.
AttrNumber single_column(HeapTuple tuple, int attribute, TupleDesc descriptor) {
    bool is_null = false;
    const Datum datum = heap_getattr(tuple, attribute, descriptor, &is_null);
    if (is_null) {
        return InvalidAttrNumber;
    }
    const ArrayType* const columns = DatumGetArrayTypeP(datum);
    if (ArrayGetNItems(ARR_NDIM(columns), ARR_DIMS(columns)) != 1) {
        return InvalidAttrNumber;
    }
    return *reinterpret_cast<const std::int16_t*>(ARR_DATA_PTR(columns));
}

/// A foreign key of one column between two tables.
struct ForeignKey {
    AttrNumber referencing = InvalidAttrNumber;
    AttrNumber referenced = InvalidAttrNumber;
    bool is_valid = false;  ///< all rows obey it
};

/// The first foreign key of one column from one table to another that is wanted.
template <typename IsWanted>
ForeignKey foreign_key(Oid from, Oid to, IsWanted&& is_wanted) {
    ForeignKey found;
    const Relation constraints = open_without_waiting(ConstraintRelationId);
    if (constraints == nullptr) {
        return found;
    }
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(from));
    const SysScanDesc scan =
        systable_beginscan(constraints, ConstraintRelidTypidNameIndexId, true, nullptr, 1, &key);
    while (const HeapTuple tuple = systable_getnext(scan)) {
        // A key to a partitioned table has a row for each partition.
        CHECK_FOR_INTERRUPTS();
        const auto* const constraint = reinterpret_cast<Form_pg_constraint>(GETSTRUCT(tuple));
        if (constraint->contype != CONSTRAINT_FOREIGN || constraint->confrelid != to) {
            continue;
        }
        const TupleDesc descriptor = RelationGetDescr(constraints);
        const ForeignKey candidate = {single_column(tuple, Anum_pg_constraint_conkey, descriptor),
                                      single_column(tuple, Anum_pg_constraint_confkey, descriptor),
                                      constraint->convalidated};
        if (candidate.referencing != InvalidAttrNumber && is_wanted(candidate)) {
            found = candidate;
            break;
        }
    }
    systable_endscan(scan);
    table_close(constraints, AccessShareLock);
    return found;
}

/// Whether all columns of an index are among these, and make it unique.
bool is_key_in(const FormData_pg_index* index, const Bitmapset* columns) {
    const std::int16_t* const keys = index->indkey.values;
    return index->indisunique && std::all_of(keys, keys + index->indnkeyatts, [&](int column) {
               return column > 0 && bms_is_member(column, columns);
           });
}

}  // namespace

bool TablesOfStatement::contains(Oid table) const {
    return std::find(tables, tables + count, table) != tables + count;
}

TablesOfStatement tables_of(const PlannedStmt* statement) {
    TablesOfStatement found{};
    for (const RangeTblEntry* range : each<RangeTblEntry>(statement->rtable)) {
        if (found.count == TablesOfStatement::most) {
            break;
        }
        if (is_table(range) && !found.contains(range->relid)) {
            found.tables[found.count++] = range->relid;
        }
    }
    return found;
}

bool reads(const PlannedStmt* statement, Oid table) {
    const auto ranges = each<RangeTblEntry>(statement->rtable);
    return std::any_of(ranges.begin(), ranges.end(), [table](const RangeTblEntry* range) {
        return range->rtekind == RTE_RELATION && range->relid == table;
    });
}

Oid written_table(const PlannedStmt* statement) {
    for (const RangeTblEntry* range : each<RangeTblEntry>(statement->rtable)) {
        if (is_table(range) && range->rellockmode == RowExclusiveLock) {
            return range->relid;
        }
    }
    return InvalidOid;
}

Oid named_table(const PlannedStmt* statement, Oid table) {
    return NamedTables(statement).of(table);
}

bool reads_alone(const PlannedStmt* statement, Oid table) {
    NamedTables named(statement);
    int times = 0;
    for (const RangeTblEntry* range : each<RangeTblEntry>(statement->rtable)) {
        CHECK_FOR_INTERRUPTS();
        if (!is_table(range)) {
            continue;
        }
        times += range->relid == table ? 1 : 0;
        if (named.of(range->relid) != table) {
            return false;
        }
    }
    return times == 1;
}

const char* name_of_table(Oid table) {
    const char* const name = get_rel_name(table);
    if (name == nullptr) {
        return nullptr;
    }
    const char* const schema =
        RelationIsVisible(table) ? nullptr : get_namespace_name(get_rel_namespace(table));
    return quote_qualified_identifier(schema, name);
}

const char* name_of_column(Oid table, AttrNumber column) {
    const char* const name = get_attname(table, column, true);
    return name == nullptr ? nullptr : quote_identifier(name);
}

Relation open_without_waiting(Oid table) {
    if (!ConditionalLockRelationOid(table, AccessShareLock)) {
        return nullptr;
    }
    const Relation relation = try_relation_open(table, NoLock);
    if (relation == nullptr) {
        UnlockRelationOid(table, AccessShareLock);
    }
    return relation;
}

bool has_key_in(Oid table, const Bitmapset* columns) {
    const Relation relation = open_without_waiting(table);
    if (relation == nullptr) {
        return false;
    }
    const List* const indexes = RelationGetIndexList(relation);
    bool found = false;
    for (int i = 0; i < list_length(indexes) && !found; ++i) {
        const HeapTuple tuple =
            SearchSysCache1(INDEXRELID, ObjectIdGetDatum(list_nth_oid(indexes, i)));
        if (HeapTupleIsValid(tuple)) {
            const auto* const index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
            found =
                is_key_in(index, columns) && heap_attisnull(tuple, Anum_pg_index_indpred, nullptr);
            ReleaseSysCache(tuple);
        }
    }
    table_close(relation, AccessShareLock);
    return found;
}

const char* qualified_name(Oid table, AttrNumber column) {
    const char* const name = name_of_table(table);
    const char* const attribute = name_of_column(table, column);
    return name != nullptr && attribute != nullptr ? psprintf("%s.%s", name, attribute) : nullptr;
}

Reference reference_to(Oid from, AttrNumber referencing, Oid to, AttrNumber referenced) {
    const ForeignKey found = foreign_key(from, to, [=](const ForeignKey& key) {
        return key.referencing == referencing && key.referenced == referenced;
    });
    return {found.referencing != InvalidAttrNumber, found.is_valid};
}

ColumnOfTable column_bound_to(Oid table, AttrNumber column, const TablesOfStatement& others) {
    for (int i = 0; i < others.count; ++i) {
        const Oid other = others.tables[i];
        const auto refers = [column](const ForeignKey& key) { return key.referencing == column; };
        const auto is_referenced = [column](const ForeignKey& key) {
            return key.referenced == column;
        };
        AttrNumber bound = foreign_key(table, other, refers).referenced;
        if (bound == InvalidAttrNumber) {
            bound = foreign_key(other, table, is_referenced).referencing;
        }
        if (bound != InvalidAttrNumber) {
            return {other, bound};
        }
    }
    return {};
}

bool takes_copy(Oid table) {
    const HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
    if (!HeapTupleIsValid(tuple)) {
        return false;
    }
    const auto* const relation = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    const bool takes =
        relation->relkind != RELKIND_VIEW && !relation->relhasrules && !relation->relrowsecurity;
    ReleaseSysCache(tuple);
    return takes;
}

int columns_of_copy(Oid table) {
    const Relation relation = open_without_waiting(table);
    if (relation == nullptr) {
        return 0;
    }
    int count = 0;
    for (int i = 0; i < RelationGetDescr(relation)->natts; ++i) {
        const auto* const column = TupleDescAttr(RelationGetDescr(relation), i);
        count += !column->attisdropped && column->attgenerated == '\0' ? 1 : 0;
    }
    table_close(relation, AccessShareLock);
    return count;
}

}  // namespace onetrip::postgres
