// A library for tests alone: the extension's own objects, linked with this file, whose n-th request
// for memory fails (make faults).
//
// The linker sends the extension's calls of the server's allocators here (--wrap); operator new
// replaces that of the C++ library for everything in the process that comes behind us.

#include <cstdint>
#include <new>

#include "postgres/server.hpp"

namespace onetrip::postgres {

namespace {

enum Kind : int { server_memory, cpp_memory, kinds };

std::int64_t left[kinds];  ///< requests until one fails; 0: none will
bool has_fired;
std::int64_t live_objects;

bool fails(Kind kind) {
    if (left[kind] == 0 || --left[kind] > 0) {
        return false;
    }
    has_fired = true;
    return true;
}

void fail_in_server() {
    if (fails(server_memory)) {
        ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("injected fault")));
    }
}

}  // namespace

ONETRIP_SQL_FUNCTION(onetrip_arm);
ONETRIP_SQL_FUNCTION(onetrip_disarm);
ONETRIP_SQL_FUNCTION(onetrip_live_objects);

extern "C" {

Datum onetrip_arm(PG_FUNCTION_ARGS) {
    has_fired = false;
    left[PG_GETARG_INT32(0)] = PG_GETARG_INT32(1);
    PG_RETURN_VOID();
}

/// Whether the fault has come.
Datum onetrip_disarm(PG_FUNCTION_ARGS) {
    left[server_memory] = left[cpp_memory] = 0;
    PG_RETURN_BOOL(has_fired);
}

Datum onetrip_live_objects(PG_FUNCTION_ARGS) {
    PG_RETURN_INT64(live_objects);
}

#define ONETRIP_WRAP(result, name, parameters, arguments) \
    result __real_##name parameters;                      \
    result __wrap_##name parameters;                      \
    result __wrap_##name parameters {                     \
        fail_in_server();                                 \
        return __real_##name arguments;                   \
    }

ONETRIP_WRAP(void*, palloc, (Size size), (size))
ONETRIP_WRAP(void*, palloc0, (Size size), (size))
ONETRIP_WRAP(void*, repalloc, (void* old, Size size), (old, size))
ONETRIP_WRAP(void*, MemoryContextAlloc, (MemoryContext memory, Size size), (memory, size))
ONETRIP_WRAP(void*, MemoryContextAllocZero, (MemoryContext memory, Size size), (memory, size))
ONETRIP_WRAP(void*, MemoryContextAllocExtended, (MemoryContext memory, Size size, int flags),
             (memory, size, flags))
ONETRIP_WRAP(void*, repalloc_huge, (void* old, Size size), (old, size))

}  // extern "C"

}  // namespace onetrip::postgres

void* operator new(std::size_t size) {
    using namespace onetrip::postgres;
    void* const memory = fails(cpp_memory) ? nullptr : std::malloc(size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    ++live_objects;
    return memory;
}

void operator delete(void* memory) noexcept {
    if (memory != nullptr) {
        --onetrip::postgres::live_objects;
        std::free(memory);
    }
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    operator delete(memory);
}
