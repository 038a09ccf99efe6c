// Looks up whether an index begins with a column, and writes the DDL of one that is missing.

#include "postgres/round_trips/missing_index.hpp"

#include "postgres/round_trips/expressions.hpp"
#include "postgres/round_trips/round_trip_catalog.hpp"
#include "postgres/server/list_range.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "commands/defrem.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
}

namespace onetrip::postgres {

namespace {

/// Whether the values of a column have an order by which an index is made.
bool has_order(Oid table, AttrNumber column) {
    const Oid type = get_atttype(table, column);
    return OidIsValid(type) && OidIsValid(GetDefaultOpClass(type, BTREE_AM_OID));
}

/// Whether the conditions compare a column by equality.
bool has_equality(const AskedRows& asked, AttrNumber column) {
    for (const Node* node : each<Node>(asked.conditions)) {
        const auto* const operation = reinterpret_cast<const OpExpr*>(node);
        if (!IsA(node, OpExpr) || list_length(operation->args) != 2 ||
            !is_equality(operation->opno)) {
            continue;
        }
        for (const Node* side : each<Node>(operation->args)) {
            const auto* const one = reinterpret_cast<const Var*>(without_relabels(side));
            if (IsA(one, Var) && one->varno == static_cast<int>(asked.range) &&
                one->varattno == column) {
                return true;
            }
        }
    }
    return false;
}

/// Whether the columns of an index up to this one are compared by equality, too.
bool begins_with(const FormData_pg_index* index, AttrNumber column, const AskedRows& asked) {
    for (int i = 0; i < index->indnkeyatts; ++i) {
        if (index->indkey.values[i] == column) {
            return true;
        }
        if (index->indkey.values[i] <= 0 || !has_equality(asked, index->indkey.values[i])) {
            return false;
        }
    }
    return false;
}

/// Whether the conditions say that the rows are in an index of some rows.
bool are_in_index(Oid index, const AskedRows& asked) {
    const Relation relation = asked.conditions == NIL ? nullptr : open_without_waiting(index);
    if (relation == nullptr) {
        return false;
    }
    List* const predicate = RelationGetIndexPredicate(relation);
    constexpr int only = 1;  // table in the predicate
    ChangeVarNodes(reinterpret_cast<Node*>(predicate), only, static_cast<int>(asked.range), 0);
    const bool are_in = predicate_implied_by(predicate, const_cast<List*>(asked.conditions), false);
    relation_close(relation, AccessShareLock);
    return are_in;
}

/// BRIN finds neither a row nor a few.
bool finds_rows(Oid index) {
    const HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
    if (!HeapTupleIsValid(tuple)) {
        return false;
    }
    const bool finds = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relam != BRIN_AM_OID;
    ReleaseSysCache(tuple);
    return finds;
}

bool serves(HeapTuple tuple, AttrNumber column, const AskedRows& asked) {
    const auto* const index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
    return index->indisvalid && begins_with(index, column, asked) &&
           finds_rows(index->indexrelid) &&
           (asked.are_in_index || heap_attisnull(tuple, Anum_pg_index_indpred, nullptr) ||
            are_in_index(index->indexrelid, asked));
}

}  // namespace

bool begins_index(Oid table, AttrNumber column, const AskedRows& asked) {
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
            found = serves(tuple, column, asked);
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

const char* missing_index(Oid table, AttrNumber column, const AskedRows& asked) {
    if (!OidIsValid(table) || column <= 0 || !takes_index(table) || !has_order(table, column) ||
        begins_index(table, column, asked)) {
        return nullptr;
    }
    const char* const name = get_attname(table, column, true);
    const char* const ddl = name == nullptr ? nullptr : ddl_of_index(table, quote_identifier(name));
    return ddl == nullptr ? nullptr
                          : psprintf("no index begins with %s: %s", quote_identifier(name), ddl);
}

}  // namespace onetrip::postgres
