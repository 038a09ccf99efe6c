// Schemas, tables and the caller's rights on them. Knows nothing of the use of the tables.

#include "postgres/server/relations.hpp"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "nodes/makefuncs.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"
}

namespace onetrip::postgres {

namespace {

void require_privilege(Oid schema, const char* name, const char* privilege) {
    if (!DatumGetBool(DirectFunctionCall2(has_schema_privilege_id, ObjectIdGetDatum(schema),
                                          CStringGetTextDatum(privilege)))) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("permission denied for schema %s", name),
                        errhint("Grant it with GRANT %s ON SCHEMA %s TO %s.", privilege,
                                quote_identifier(name), name_of_current_user())));
    }
}

/// The catalogue of the tables that Citus knows, and of its columns the table and how its rows are
/// placed: by a value of each ("h", "r", "a"), or all on the same nodes.
constexpr const char* citus_tables = "pg_dist_partition";
constexpr AttrNumber citus_table = 1;
constexpr AttrNumber citus_placing = 2;
constexpr char placed_together = 'n';

}  // namespace

const char* name_of_current_user() {
    return quote_identifier(GetUserNameFromId(GetUserId(), false));
}

Oid require_schema(const char* schema, std::initializer_list<const char*> privileges) {
    const Oid oid = get_namespace_oid(schema, true);
    if (!OidIsValid(oid)) {
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_SCHEMA), errmsg("schema \"%s\" does not exist", schema),
                 errhint("Make it with CREATE SCHEMA %s.", quote_identifier(schema))));
    }
    for (const char* const privilege : privileges) {
        require_privilege(oid, schema, privilege);
    }
    return oid;
}

Oid find_relation(const char* schema, const char* name) {
    char* const of_schema = schema == nullptr ? nullptr : pstrdup(schema);
    return RangeVarGetRelid(makeRangeVar(of_schema, pstrdup(name), -1), AccessShareLock, true);
}

bool is_distributed(Oid relation) {
    const Oid catalogue = get_relname_relid(citus_tables, PG_CATALOG_NAMESPACE);
    if (!OidIsValid(catalogue)) {
        return false;
    }
    const Relation tables = table_open(catalogue, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, citus_table, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
    const SysScanDesc scan = systable_beginscan(tables, InvalidOid, false, nullptr, 1, &key);
    const HeapTuple row = systable_getnext(scan);
    bool is_null = false;
    const bool is_placed_apart =
        HeapTupleIsValid(row) &&
        DatumGetChar(heap_getattr(row, citus_placing, RelationGetDescr(tables), &is_null)) !=
            placed_together;
    systable_endscan(scan);
    table_close(tables, AccessShareLock);
    return is_placed_apart;
}

bool has_right(Oid relation, const char* column, AclMode mode) {
    const Oid user = GetUserId();
    return pg_class_aclcheck(relation, user, mode) == ACLCHECK_OK ||
           (column != nullptr && pg_attribute_aclcheck(relation, get_attnum(relation, column), user,
                                                       mode) == ACLCHECK_OK);
}

void refuse_right(const char* table, const char* qualified, const char* right, const char* detail) {
    ereport(
        ERROR,
        (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied for table %s", table),
         detail == nullptr ? 0 : errdetail_internal("%s", detail),
         errhint("Grant it with GRANT %s ON %s TO %s.", right, qualified, name_of_current_user())));
    pg_unreachable();
}

}  // namespace onetrip::postgres
