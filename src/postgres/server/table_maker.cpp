// Makes tables for the caller. Knows nothing of the use of the tables.

#include "postgres/server/table_maker.hpp"

#include "postgres/server/query_run.hpp"
#include "postgres/server/relations.hpp"

extern "C" {
#include "access/xact.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/snapmgr.h"
}

namespace onetrip::postgres {

namespace {

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
    const Oid oid = require_schema(schema, {"USAGE", "CREATE"});
    for (int i = 0; i < count; ++i) {
        if (OidIsValid(get_relname_relid(tables[i], oid))) {
            ereport(ERROR,
                    (errcode(ERRCODE_DUPLICATE_TABLE),
                     errmsg("relation \"%s\" already exists in schema \"%s\"", tables[i], schema),
                     errhint("Existing tables can be used as they are if they have the columns; "
                             "otherwise choose another schema.")));
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
