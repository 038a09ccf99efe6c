// Plans and runs a SELECT without SPI, as COPY does it (copyto.c), so that errors show its text
// only as the caller wants. Knows nothing of the use of the rows.

#include "postgres/server/query_run.hpp"

extern "C" {
#include "parser/analyze.h"
#include "tcop/tcopprot.h"
#include "utils/snapmgr.h"
}

namespace onetrip::postgres {

namespace {

/// The position of a syntax error is one in the query's text, and not in the client's statement.
void describe_query(void* argument) {
    const auto* const context = static_cast<const QueryErrorContext*>(argument);
    const int position = geterrposition();
    if (position > 0) {
        errposition(0);
    }
    if (context->in_errors.show_text && position > 0) {
        internalerrposition(position);
        internalerrquery(context->text);
    } else if (context->in_errors.show_text) {
        errcontext("SQL statement \"%s\"", context->text);
    }
    if (context->in_errors.context != nullptr) {
        errcontext("%s", context->in_errors.context);
    }
}

QueryDesc* begin_execution(const PlannedQuery& query, DestReceiver* receiver) {
    PushActiveSnapshot(GetActiveSnapshot());
    QueryDesc* const execution =
        CreateQueryDesc(query.plan, query.text, GetActiveSnapshot(), InvalidSnapshot, receiver,
                        query.parameters, nullptr, 0);
    ExecutorStart(execution, 0);
    return execution;
}

void end_execution(QueryDesc* execution) {
    ExecutorFinish(execution);
    ExecutorEnd(execution);
    FreeQueryDesc(execution);
}

// ---- a cursor's rows ----

/// A cursor fetches at least one row, and no more than these, so that it takes little memory.
constexpr int most_rows_fetched = 256;
constexpr std::size_t most_bytes_fetched = std::size_t{256} * 1024;

struct CursorReceiver {
    DestReceiver receiver;  // first: the executor knows nothing but this
    QueryCursor* cursor;
};

bool keep_row(TupleTableSlot* row, DestReceiver* self) {
    QueryCursor* const cursor = reinterpret_cast<CursorReceiver*>(self)->cursor;
    const MemoryContext caller = MemoryContextSwitchTo(cursor->memory);
    const MinimalTuple kept = ExecCopySlotMinimalTuple(row);
    MemoryContextSwitchTo(caller);
    cursor->rows[cursor->fetched++] = kept;
    cursor->bytes += kept->t_len;
    return cursor->bytes < most_bytes_fetched;
}

void start_nothing(DestReceiver* /*self*/, int /*operation*/, TupleDesc /*descriptor*/) {}
void end_nothing(DestReceiver* /*self*/) {}

void fetch_more(QueryCursor* cursor) {
    QueryErrorContext errors;
    MemoryContextReset(cursor->memory);
    cursor->fetched = 0;
    cursor->next = 0;
    cursor->bytes = 0;
    push_query_errors(errors, cursor->query.text, cursor->query.in_errors);
    PushActiveSnapshot(cursor->execution->snapshot);
    run_executor(cursor->execution, most_rows_fetched);
    PopActiveSnapshot();
    pop_query_errors(errors);
    // The executor gives no more rows after its end, and must not be asked for any.
    cursor->at_end = cursor->fetched < most_rows_fetched && cursor->bytes < most_bytes_fetched;
}

}  // namespace

void push_query_errors(QueryErrorContext& context, const char* text, const QueryInErrors& shown) {
    context.callback.previous = error_context_stack;
    context.callback.callback = describe_query;
    context.callback.arg = &context;
    context.text = text;
    context.in_errors = shown;
    error_context_stack = &context.callback;
}

void pop_query_errors(const QueryErrorContext& context) {
    error_context_stack = context.callback.previous;
}

PlannedStmt* plan_analyzed_query(Query* query, const char* text, ParamListInfo parameters,
                                 bool may_be_parallel) {
    // A SELECT is one query after the rules as well.
    return plan_one_query(linitial_node(Query, pg_rewrite_query(query)), text,
                          may_be_parallel ? CURSOR_OPT_PARALLEL_OK : 0, parameters);
}

PlannedQuery plan_query(const char* text, ParamListInfo parameters, const QueryInErrors& in_errors,
                        bool may_be_parallel) {
    QueryErrorContext errors;
    push_query_errors(errors, text, in_errors);
    RawStmt* const raw = linitial_node(RawStmt, pg_parse_query(text));
    Query* const query =
        parse_analyze_withcb(raw, text, parameters == nullptr ? nullptr : parameters->parserSetup,
                             parameters == nullptr ? nullptr : parameters->parserSetupArg, nullptr);
    PlannedStmt* const plan = plan_analyzed_query(query, text, parameters, may_be_parallel);
    pop_query_errors(errors);
    return {text, plan, parameters, in_errors};
}

void run_query(const PlannedQuery& query, DestReceiver* receiver) {
    QueryErrorContext errors;
    push_query_errors(errors, query.text, query.in_errors);
    QueryDesc* const execution = begin_execution(query, receiver);
    run_executor(execution, 0);
    end_execution(execution);
    PopActiveSnapshot();
    pop_query_errors(errors);
}

TupleDesc columns_of_query(const PlannedQuery& query) {
    return ExecCleanTypeFromTL(query.plan->planTree->targetlist);
}

const char* print_column_types(TupleDesc columns) {
    // A query may have as many columns as a table; the first ones say enough.
    constexpr int columns_shown = 10;
    StringInfoData list;
    initStringInfo(&list);
    for (int i = 0; i < Min(columns->natts, columns_shown); ++i) {
        appendStringInfo(&list, "%s%s", i == 0 ? "(" : ", ",
                         format_type_be(TupleDescAttr(columns, i)->atttypid));
    }
    appendStringInfoString(&list, columns->natts == 0              ? "()"
                                  : columns->natts > columns_shown ? ", ...)"
                                                                   : ")");
    return list.data;
}

QueryCursor* open_cursor(const PlannedQuery& query) {
    auto* const cursor = static_cast<QueryCursor*>(palloc0(sizeof(QueryCursor)));
    auto* const receiver = static_cast<CursorReceiver*>(palloc0(sizeof(CursorReceiver)));
    receiver->receiver.receiveSlot = keep_row;
    receiver->receiver.rStartup = start_nothing;
    receiver->receiver.rShutdown = end_nothing;
    receiver->receiver.rDestroy = end_nothing;
    receiver->receiver.mydest = DestTuplestore;
    receiver->cursor = cursor;
    cursor->query = query;
    cursor->memory = make_memory_context(CurrentMemoryContext, "onetrip rows of a cursor");
    cursor->rows = static_cast<MinimalTuple*>(palloc(most_rows_fetched * sizeof(MinimalTuple)));
    QueryErrorContext errors;
    push_query_errors(errors, query.text, query.in_errors);
    cursor->execution = begin_execution(query, &receiver->receiver);
    PopActiveSnapshot();
    pop_query_errors(errors);
    cursor->slot = MakeSingleTupleTableSlot(columns_of_query(query), &TTSOpsMinimalTuple);
    return cursor;
}

TupleTableSlot* fetch_row(QueryCursor* cursor) {
    if (cursor->next == cursor->fetched) {
        ExecClearTuple(cursor->slot);
        if (!cursor->at_end) {
            fetch_more(cursor);
        }
    }
    if (cursor->next == cursor->fetched) {
        return nullptr;
    }
    ExecStoreMinimalTuple(cursor->rows[cursor->next++], cursor->slot, false);
    slot_getallattrs(cursor->slot);
    return cursor->slot;
}

void close_cursor(QueryCursor* cursor) {
    QueryErrorContext errors;
    push_query_errors(errors, cursor->query.text, cursor->query.in_errors);
    ExecDropSingleTupleTableSlot(cursor->slot);
    end_execution(cursor->execution);
    pop_query_errors(errors);
    MemoryContextDelete(cursor->memory);
}

}  // namespace onetrip::postgres
