// Makes tables for the caller. Knows nothing of what the tables are for.

#include "postgres/server/table_maker.hpp"

#include "postgres/server/query_run.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/namespace.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"
}

namespace onetrip::postgres {

namespace {

bool has_privilege(Oid schema, const char* privilege) {
    return DatumGetBool(DirectFunctionCall2(has_schema_privilege_id, ObjectIdGetDatum(schema),
                                            CStringGetTextDatum(privilege)));
}

void require_privilege(Oid schema, const char* name, const char* privilege) {
    if (!has_privilege(schema, privilege)) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("permission denied for schema %s", name),
                        errhint("Grant it with GRANT %s ON SCHEMA %s TO %s.", privilege,
                                quote_identifier(name),
                                quote_identifier(GetUserNameFromId(GetUserId(), false)))));
    }
}

void run_utility(RawStmt* raw, const char* statements) {
    auto* const planned = static_cast<PlannedStmt*>(palloc0(sizeof(PlannedStmt)));
    planned->type = T_PlannedStmt;
    planned->commandType = CMD_UTILITY;
    planned->canSetTag = true;
    planned->utilityStmt = raw->stmt;
    planned->stmt_location = raw->stmt_location;
    planned->stmt_len = raw->stmt_len;
    CommandCounterIncrement();
    PushActiveSnapshot(GetTransactionSnapshot());
    ProcessUtility(planned, statements, false, PROCESS_UTILITY_QUERY, nullptr, nullptr,
                   None_Receiver, nullptr);
    PopActiveSnapshot();
    CommandCounterIncrement();
}

}  // namespace

void require_room_for_tables(const char* schema, const char* const* tables, int count) {
    PreventCommandIfReadOnly("CREATE TABLE");
    if (std::strcmp(schema, "pg_temp") == 0) {
        return;  // the server makes it, and knows its name alone
    }
    const Oid oid = get_namespace_oid(schema, true);
    if (!OidIsValid(oid)) {
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_SCHEMA), errmsg("schema \"%s\" does not exist", schema),
                 errhint("Make it with CREATE SCHEMA %s.", quote_identifier(schema))));
    }
    require_privilege(oid, schema, "USAGE");
    require_privilege(oid, schema, "CREATE");
    for (int i = 0; i < count; ++i) {
        if (OidIsValid(get_relname_relid(tables[i], oid))) {
            ereport(ERROR,
                    (errcode(ERRCODE_DUPLICATE_TABLE),
                     errmsg("relation \"%s\" already exists in schema \"%s\"", tables[i], schema),
                     errhint("Tables that are there already serve as they are, if they "
                             "have the columns; else choose another schema.")));
        }
    }
}

void run_ddl_statements(const char* statements) {
    QueryErrorContext errors;
    push_query_errors(errors, statements, {false, nullptr});
    List* const parsed = pg_parse_query(statements);
    ListCell* cell = nullptr;
    foreach (cell, parsed) {
        run_utility(lfirst_node(RawStmt, cell), statements);
    }
    pop_query_errors(errors);
}

}  // namespace onetrip::postgres
