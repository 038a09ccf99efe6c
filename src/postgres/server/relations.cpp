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

/// The catalogue of the tables that Citus knows, and its columns.
constexpr const char* citus_tables = "pg_dist_partition";
enum CitusColumn : AttrNumber {
    citus_table = 1,
    citus_method = 2,
    citus_key = 3,  ///< a Var of the table, as text; NULL if no column distributes the rows
    citus_group = 4,
    citus_replication = 5
};

Oid catalogue_of_citus() {
    return get_relname_relid(citus_tables, PG_CATALOG_NAMESPACE);
}

/// How rows are placed: by the value of a column ("h", "r", "a"), or all of them together; then
/// they are on one node unless they are replicated by two-phase commit.
constexpr char placed_together = 'n';
constexpr char replicated_everywhere = 't';

/// A row of that catalogue.
struct CitusRow {
    HeapTuple tuple;
    TupleDesc descriptor;

    NullableDatum value(CitusColumn column) const {
        NullableDatum found{};
        found.value = heap_getattr(tuple, column, descriptor, &found.isnull);
        return found;
    }
};

Placement::Kind kind_of(const CitusRow& row, std::int64_t group) {
    if (DatumGetChar(row.value(citus_method).value) != placed_together) {
        return Placement::Kind::distributed;
    }
    if (DatumGetChar(row.value(citus_replication).value) == replicated_everywhere) {
        return Placement::Kind::copied;
    }
    return group == 0 ? Placement::Kind::here : Placement::Kind::distributed;
}

/// The name of the column that the rows are distributed by.
const char* column_name(Oid relation, NullableDatum key) {
    if (key.isnull) {
        return nullptr;
    }
    const auto* const column =
        static_cast<const Var*>(stringToNode(TextDatumGetCString(key.value)));
    return get_attname(relation, column->varattno, false);
}

Placement placement_in(const CitusRow& row, Oid relation) {
    Placement placement{};
    placement.is_of_citus = true;
    placement.group = DatumGetUInt32(row.value(citus_group).value);
    placement.kind = kind_of(row, placement.group);
    placement.column = column_name(relation, row.value(citus_key));
    return placement;
}

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

bool knows_citus() {
    return OidIsValid(catalogue_of_citus());
}

Placement placement_of(Oid relation) {
    Placement placement{};
    const Oid catalogue = catalogue_of_citus();
    if (!OidIsValid(catalogue)) {
        return placement;
    }
    const Relation tables = table_open(catalogue, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, citus_table, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
    const SysScanDesc scan = systable_beginscan(tables, InvalidOid, false, nullptr, 1, &key);
    const HeapTuple row = systable_getnext(scan);
    if (HeapTupleIsValid(row)) {
        placement = placement_in({row, RelationGetDescr(tables)}, relation);
    }
    systable_endscan(scan);
    table_close(tables, AccessShareLock);
    return placement;
}

bool is_distributed(Oid relation) {
    return placement_of(relation).column != nullptr;
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
