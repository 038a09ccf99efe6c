// The common part of all takers of rows: memory for a row, and errors without the statement. Knows
// nothing of what the rows hold.

#include "postgres/carousel/row_receiver.hpp"

extern "C" {
#include "executor/tuptable.h"
#include "miscadmin.h"
}

namespace onetrip::postgres {

namespace {

RowReceiver* row_receiver(DestReceiver* self) {
    return reinterpret_cast<RowReceiver*>(self);
}

void start_rows(DestReceiver* self, int /*operation*/, TupleDesc columns) {
    row_receiver(self)->start(row_receiver(self), columns);
}

bool receive_row(TupleTableSlot* row, DestReceiver* self) {
    RowReceiver* const receiver = row_receiver(self);
    CHECK_FOR_INTERRUPTS();
    ErrorContextCallback* const statement_context = error_context_stack;
    error_context_stack = receiver->outer_context;
    const MemoryContext caller = MemoryContextSwitchTo(receiver->row_context);
    slot_getallattrs(row);
    const bool takes_more = receiver->take(receiver, row);
    MemoryContextReset(receiver->row_context);
    MemoryContextSwitchTo(caller);
    error_context_stack = statement_context;
    return takes_more;
}

void end_rows(DestReceiver* /*self*/) {}

}  // namespace

void begin_rows(RowReceiver& receiver, void (*start)(RowReceiver* self, TupleDesc columns),
                bool (*take)(RowReceiver* self, TupleTableSlot* row), MemoryContext row_context) {
    receiver.receiver = {receive_row, start_rows, end_rows, end_rows, DestTuplestore};
    receiver.start = start;
    receiver.take = take;
    receiver.row_context = row_context;
    receiver.outer_context = error_context_stack;
}

}  // namespace onetrip::postgres
