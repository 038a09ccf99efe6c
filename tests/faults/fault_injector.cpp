// What makes the extension's own code fail, for tests/faults/010_walls.pl alone.
// scripts/lib/fault_build.sh builds the extension with it, each pure function announced on entry
// (-finstrument-functions), and its calls of operator new and the server's allocators sent here
// (--wrap).

#include <array>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include "postgres/server/walls.hpp"

extern "C" {
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>
}

namespace onetrip::postgres {

namespace {

enum FaultKind : int {
    no_fault,
    server_memory,    ///< an allocation by the server's functions: an ERROR
    cpp_memory,       ///< operator new: std::bad_alloc
    before_the_call,  ///< a call of the server in call_server: an ERROR before it
    after_the_call,   ///< and after it
    pure_function,    ///< the first call of a pure function: an exception
};

FaultKind armed = no_fault;
std::int64_t left;             ///< occasions until the fault
const char* outcome = "none";  ///< none, fired or skipped
std::int64_t live_allocations;
bool is_probe;

/// For each place in the library, the last arming in which a function there was met.
constexpr std::int64_t most_places = std::int64_t{1} << 24;
constexpr std::uint32_t spared = UINT32_MAX;
std::array<std::uint32_t, most_places> met_in;
std::uint32_t arming;
std::int64_t last_function;

bool is_due(FaultKind kind) {
    if (armed != kind || --left > 0) {
        return false;
    }
    armed = no_fault;
    outcome = "fired";
    return true;
}

void fail_in_server(FaultKind kind, int sqlstate) {
    if (is_due(kind)) {
        ereport(ERROR, (errcode(sqlstate), errmsg("injected fault")));
    }
}

const char* start_of_library() {
    Dl_info library;
    dladdr(&met_in, &library);
    return static_cast<const char*>(library.dli_fbase);
}

std::int64_t place_of(void* function) {
    static const char* const start = start_of_library();
    return static_cast<char*>(function) - start;
}

bool is_new(std::int64_t function) {
    std::uint32_t& met = met_in.at(static_cast<std::size_t>(function));
    if (met == spared || met == arming) {
        return false;
    }
    met = arming;
    return true;
}

/// Some functions, and what they call, have promised not to throw: there an exception ends the
/// process. A child tries it, and ends in its first catch block (0) or in std::terminate.
bool may_throw() {
    const pid_t child = fork();
    if (child == 0) {
        is_probe = true;
        std::set_terminate([] { _exit(1); });
        throw std::runtime_error("injected fault");
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

void enter_function(void* function) {
    if (armed != pure_function) {
        return;
    }
    const std::int64_t place = place_of(function);
    if (!is_new(place) || !is_due(pure_function)) {
        return;
    }
    last_function = place;
    if (!may_throw()) {
        outcome = "skipped";
        return;
    }
    throw std::runtime_error("injected fault");
}

}  // namespace

void fault_point(bool is_behind) {
    fail_in_server(is_behind ? after_the_call : before_the_call,
                   MAKE_SQLSTATE('5', '8', 'O', 'T', '1'));
}

ONETRIP_SQL_FUNCTION(onetrip_spare);
ONETRIP_SQL_FUNCTION(onetrip_arm);
ONETRIP_SQL_FUNCTION(onetrip_disarm);
ONETRIP_SQL_FUNCTION(onetrip_live_allocations);
ONETRIP_SQL_FUNCTION(onetrip_last_function);

extern "C" {

/// (function): it never throws. For those of which the compiler knows that they do not, and whose
/// callers do not clean up after them.
Datum onetrip_spare(PG_FUNCTION_ARGS) {
    const std::int64_t function = PG_GETARG_INT64(0);
    if (function < 0 || function >= most_places) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("no such function")));
    }
    met_in[static_cast<std::size_t>(function)] = spared;
    PG_RETURN_VOID();
}

/// (kind, occasion): the fault comes at the so-many-th occasion from now on.
Datum onetrip_arm(PG_FUNCTION_ARGS) {
    outcome = "none";
    ++arming;
    left = PG_GETARG_INT32(1);
    armed = static_cast<FaultKind>(PG_GETARG_INT32(0));
    PG_RETURN_VOID();
}

/// What became of it.
Datum onetrip_disarm(PG_FUNCTION_ARGS) {
    armed = no_fault;
    PG_RETURN_DATUM(CStringGetDatum(outcome));
}

Datum onetrip_live_allocations(PG_FUNCTION_ARGS) {
    PG_RETURN_INT64(live_allocations);
}

Datum onetrip_last_function(PG_FUNCTION_ARGS) {
    PG_RETURN_INT64(last_function);
}

void __cyg_profile_func_enter(void* function, void* call_site);
void __cyg_profile_func_exit(void* function, void* call_site);

void __cyg_profile_func_enter(void* function, void* /*call_site*/) {
    enter_function(function);
}

void __cyg_profile_func_exit(void* /*function*/, void* /*call_site*/) {}

void* __real___cxa_begin_catch(void* exception) noexcept;
void* __wrap___cxa_begin_catch(void* exception) noexcept;

void* __wrap___cxa_begin_catch(void* exception) noexcept {
    if (is_probe) {
        _exit(0);
    }
    return __real___cxa_begin_catch(exception);
}

void* __wrap__Znwm(std::size_t size);
void* __wrap__ZnwmRKSt9nothrow_t(std::size_t size, const std::nothrow_t& tag) noexcept;
void __wrap__ZdlPv(void* memory) noexcept;
void __wrap__ZdlPvm(void* memory, std::size_t size) noexcept;

void* __wrap__ZnwmRKSt9nothrow_t(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    void* const memory = is_due(cpp_memory) ? nullptr : std::malloc(size);
    live_allocations += memory != nullptr ? 1 : 0;
    return memory;
}

void* __wrap__Znwm(std::size_t size) {
    void* const memory = __wrap__ZnwmRKSt9nothrow_t(size, std::nothrow);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}

void __wrap__ZdlPv(void* memory) noexcept {
    live_allocations -= memory != nullptr ? 1 : 0;
    std::free(memory);
}

void __wrap__ZdlPvm(void* memory, std::size_t /*size*/) noexcept {
    __wrap__ZdlPv(memory);
}

#define ONETRIP_WRAP(result, name, parameters, arguments)     \
    result __real_##name parameters;                          \
    result __wrap_##name parameters;                          \
    result __wrap_##name parameters {                         \
        fail_in_server(server_memory, ERRCODE_OUT_OF_MEMORY); \
        return __real_##name arguments;                       \
    }

ONETRIP_WRAP(void*, palloc, (Size size), (size))
ONETRIP_WRAP(void*, palloc0, (Size size), (size))
ONETRIP_WRAP(void*, repalloc, (void* old, Size size), (old, size))
ONETRIP_WRAP(void*, repalloc_huge, (void* old, Size size), (old, size))
ONETRIP_WRAP(void*, MemoryContextAlloc, (MemoryContext memory, Size size), (memory, size))
ONETRIP_WRAP(void*, MemoryContextAllocZero, (MemoryContext memory, Size size), (memory, size))
ONETRIP_WRAP(void*, MemoryContextAllocExtended, (MemoryContext memory, Size size, int flags),
             (memory, size, flags))
ONETRIP_WRAP(MemoryContext, AllocSetContextCreateInternal,
             (MemoryContext parent, const char* name, Size minimum, Size initial, Size maximum),
             (parent, name, minimum, initial, maximum))

}  // extern "C"

}  // namespace onetrip::postgres
