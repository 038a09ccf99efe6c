#pragma once

#include "postgres/server/server.hpp"

extern "C" {
#include "executor/executor.h"
#include "nodes/params.h"
#include "nodes/plannodes.h"
#include "parser/parse_node.h"
}

namespace onetrip::postgres {

/// The appearance of a query in errors that arise while it is parsed, planned or run. The server's
/// own SPI always shows the text; the text of a statement that the extension made would not help
/// its caller.
struct QueryInErrors {
    bool show_text;
    const char* context;  ///< a line of CONTEXT in place of the text; nullptr for none
};

/// A SELECT that is ready to run: plain data, palloc'ed. It is run without SPI, as COPY runs a
/// query, with the caller's rights and under the caller's snapshot.
struct PlannedQuery {
    const char* text;
    PlannedStmt* plan;
    ParamListInfo parameters;
    QueryInErrors in_errors;
};

/// Stands between the frames of the caller and of a query: while it is pushed, errors show the
/// query as `in_errors` asks. Plain data, which must outlive its time on the stack; the server
/// takes it off by itself on an ERROR.
struct QueryErrorContext {
    ErrorContextCallback callback;
    const char* text;
    QueryInErrors in_errors;
};
void push_query_errors(QueryErrorContext& context, const char* text, const QueryInErrors& shown);
void pop_query_errors(const QueryErrorContext& context);

/// A query of the extension's own. Its rows may come from parallel workers if `may_be_parallel`.
/// ERRORs.
PlannedQuery plan_query(const char* text, ParamListInfo parameters, const QueryInErrors& in_errors,
                        bool may_be_parallel);

/// The plan of a SELECT as parse_analyze left it. ERRORs.
PlannedStmt* plan_analyzed_query(Query* query, const char* text, ParamListInfo parameters,
                                 bool may_be_parallel);

/// Runs the query to its end, or until `receiver` takes no more. ERRORs.
void run_query(const PlannedQuery& query, DestReceiver* receiver);

/// The names and types of its columns.
TupleDesc columns_of_query(const PlannedQuery& query);

/// The types of columns as a message shows them, `(bytea, integer)`; palloc'ed.
const char* print_column_types(TupleDesc columns);

/// A query whose rows are fetched a few at a time. Plain data: an ERROR leaves it to the end of the
/// transaction, as it leaves a portal.
struct QueryCursor {
    PlannedQuery query;
    QueryDesc* execution;
    MemoryContext memory;  ///< of the rows that were fetched
    MinimalTuple* rows;
    int fetched;
    int next;
    std::size_t bytes;  ///< of those rows
    bool at_end;
    TupleTableSlot* slot;
};

QueryCursor* open_cursor(const PlannedQuery& query);

/// The next row, good until the next call; nullptr after the last one. ERRORs.
TupleTableSlot* fetch_row(QueryCursor* cursor);

void close_cursor(QueryCursor* cursor);

}  // namespace onetrip::postgres
