#pragma once

#include "postgres/server/server.hpp"

extern "C" {
#include "tcop/dest.h"
}

namespace onetrip::postgres {

/// Takes the rows of a query one by one, from the executor's hands. Errors are about the row, and
/// not about the statement that fetched it. Plain data, from which what knows the rows derives.
struct RowReceiver {
    DestReceiver receiver;  // first: the executor knows nothing but this
    void (*start)(RowReceiver* self, TupleDesc columns);
    bool (*take)(RowReceiver* self, TupleTableSlot* row);  ///< whether it takes more
    MemoryContext row_context;                             ///< reset for each row
    ErrorContextCallback* outer_context;  ///< the context that the caller's errors would show
};

/// Begins to take rows; it is called before the query is run. Errors then have the context of the
/// caller.
void begin_rows(RowReceiver& receiver, void (*start)(RowReceiver* self, TupleDesc columns),
                bool (*take)(RowReceiver* self, TupleTableSlot* row), MemoryContext row_context);

}  // namespace onetrip::postgres
