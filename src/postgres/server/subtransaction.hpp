#pragma once

#include "postgres/server/walls.hpp"

extern "C" {
#include "access/xact.h"
#include "utils/resowner.h"
}

/// Errors of the server as data, for C++ that holds no object with a destructor: code that drives
/// SQL statements and has to report another error than the server's, or has to go on.
namespace onetrip::postgres {

/// Runs the body and returns its error, palloc'ed in the memory that was current; nullptr if it
/// raised none. The transaction is as the error left it: the caller ends by raising an error of its
/// own. The error's context is that of the body alone, without that of the frames around this call.
template <typename Body>
ErrorData* error_of(Body&& body) {
    static_assert(std::is_trivially_destructible_v<std::remove_reference_t<Body>>,
                  "a capture with a destructor would be skipped by longjmp");
    sigjmp_buf* const outer_stack = PG_exception_stack;
    ErrorContextCallback* const outer_context = error_context_stack;
    MemoryContext const memory = CurrentMemoryContext;
    sigjmp_buf here;
    if (sigsetjmp(here, 0) == 0) {
        PG_exception_stack = &here;
        error_context_stack = nullptr;
        body();
        PG_exception_stack = outer_stack;
        error_context_stack = outer_context;
        return nullptr;
    }
    PG_exception_stack = outer_stack;
    error_context_stack = outer_context;
    MemoryContextSwitchTo(memory);
    ErrorData* const error = CopyErrorData();
    FlushErrorState();
    return error;
}

/// The same in a subtransaction, which is rolled back if the body raises: the caller may go on, in
/// the memory and with the resources that it had.
template <typename Body>
ErrorData* error_in_subtransaction(Body&& body) {
    MemoryContext const memory = CurrentMemoryContext;
    ResourceOwner const owner = CurrentResourceOwner;
    BeginInternalSubTransaction(nullptr);
    MemoryContextSwitchTo(memory);
    ErrorData* const error = error_of([&] {
        body();
        ReleaseCurrentSubTransaction();
    });
    if (error != nullptr) {
        RollbackAndReleaseCurrentSubTransaction();
    }
    MemoryContextSwitchTo(memory);
    CurrentResourceOwner = owner;
    return error;
}

}  // namespace onetrip::postgres
