#pragma once

#include <exception>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "postgres/server/server.hpp"

/// The two walls between PostgreSQL, which reports errors by longjmp, and C++, which throws.
/// Neither may cross the other's frames.
///
/// Inward: an entry from the server fetches its arguments as plain data, with no C++ object alive,
/// and runs C++ in call_cpp or try_cpp. Outward: C++ reaches a server function that may ERROR
/// through call_server alone.
namespace onetrip::postgres {

/// The exception of call_server: an ERROR of the server on its way out. Its ErrorData stay on top
/// of the server's own stack of errors (elog.c), where nothing may touch them: code that catches it
/// ends by raising it again, which call_cpp does. Going on after it would need a subtransaction.
class ServerError : public std::exception {
  public:
    const char* what() const noexcept override { return "an error of the server"; }
};

/// An exception as plain data, so that every C++ object can die before ereport leaves the frame.
/// Texts are cut at the room there is: a message that says less beats one that is not sent.
struct CaughtError {
    bool is_server_error;
    int sqlstate;
    char field[64];  ///< of a FieldError, else empty
    char message[1024];
    char detail[2048];
    char hint[1024];
};

/// Puts `prefix` (in the database's encoding) in front of the detail. May ERROR.
void prepend_detail(CaughtError& error, const char* prefix);

/// Fills `error` from the exception being handled. It is to be called inside a catch block.
void describe_current_exception(CaughtError& error) noexcept;

/// Text of the pure folders, which speak UTF-8, in the database's encoding; a character that this
/// does not have becomes a question mark, since a message must not fail over it. If there is no
/// conversion (MULE_INTERNAL), all characters but ASCII become one. May ERROR for want of memory.
const char* utf8_to_server(const char* text);

/// Text in any encoding of a server as UTF-8; a character that does not convert becomes a question
/// mark, and text in none (SQL_ASCII) stays as it is. May ERROR as above.
const char* any_to_utf8(const char* text, int encoding);

/// Raises `error` as an ERROR. Returns only if `soft_error` takes it (PostgreSQL 16 and later).
void raise(const CaughtError& error, Node* soft_error);
[[noreturn]] void raise(const CaughtError& error);

/// Runs C++ and catches its exceptions. False if it threw, with `error` set; every C++ object of
/// the call is then gone. Inline: what does not throw costs nothing then, and some of it runs with
/// each statement.
template <typename Body>
[[gnu::always_inline]] inline bool try_cpp(CaughtError& error, Body&& body) {
    static_assert(std::is_trivially_destructible_v<std::remove_reference_t<Body>>,
                  "a capture with a destructor would be skipped by ereport");
    try {
        body();
        return true;
    } catch (...) {
        describe_current_exception(error);
    }
    return false;
}

/// The inward wall: runs C++ and hands back its result, plain data; an exception becomes an ERROR.
template <typename Body>
auto call_cpp(Body&& body) -> decltype(body()) {
    using Result = decltype(body());
    CaughtError error;
    if constexpr (std::is_void_v<Result>) {
        if (!try_cpp(error, body)) {
            raise(error);
        }
    } else {
        static_assert(
            std::is_trivially_copyable_v<Result> && std::is_trivially_destructible_v<Result>,
            "only plain data crosses the wall");
        Result result{};
        if (!try_cpp(error, [&] { result = body(); })) {
            raise(error);
        }
        return result;
    }
}

#ifdef ONETRIP_FAULTS
/// The place at which tests/faults/fault_injector.cpp raises an ERROR.
void fault_point(bool is_behind);
#else
inline void fault_point(bool /*is_behind*/) {}
#endif

/// Restores the place at which the server goes on after an ERROR, also when an exception passes.
class ErrorHandling {
  public:
    ErrorHandling() = default;
    ErrorHandling(const ErrorHandling&) = delete;
    ErrorHandling& operator=(const ErrorHandling&) = delete;
    ~ErrorHandling() {
        PG_exception_stack = stack_;
        error_context_stack = context_;
    }

  private:
    sigjmp_buf* const stack_ = PG_exception_stack;
    ErrorContextCallback* const context_ = error_context_stack;
};

/// The outward wall: calls the server from C++; an ERROR comes back as a ServerError. The body is
/// left by longjmp: it must hold no C++ object with a destructor, and give back plain data.
template <typename Body>
auto call_server(Body&& body) -> decltype(body()) {
    using Result = decltype(body());
    static_assert(std::is_trivially_destructible_v<std::remove_reference_t<Body>>,
                  "a capture with a destructor would be skipped by longjmp");
    const ErrorHandling outer;
    MemoryContext const outer_memory = CurrentMemoryContext;
    sigjmp_buf here;
    if (sigsetjmp(here, 0) == 0) {
        PG_exception_stack = &here;
        fault_point(false);
        if constexpr (std::is_void_v<Result>) {
            body();
            fault_point(true);
            return;
        } else {
            static_assert(std::is_trivially_copyable_v<Result>, "only plain data crosses the wall");
            const Result result = body();
            fault_point(true);
            return result;
        }
    }
    MemoryContextSwitchTo(outer_memory);
    throw ServerError();
}

/// Makes a C++ object that lives as long as `context` and is destroyed with it. Arguments are plain
/// data or references; an exception of the constructor becomes an ERROR.
template <typename Object, typename... Arguments>
Object* make_in_context(MemoryContext context, Arguments&&... arguments) {
    struct Holder {
        MemoryContextCallback callback;
        alignas(Object) unsigned char storage[sizeof(Object)];
    };
    auto* const holder = static_cast<Holder*>(MemoryContextAllocZero(context, sizeof(Holder)));
    Object* const object = call_cpp(
        [&] { return new (holder->storage) Object(std::forward<Arguments>(arguments)...); });
    holder->callback.func = [](void* argument) { static_cast<Object*>(argument)->~Object(); };
    holder->callback.arg = object;
    MemoryContextRegisterResetCallback(context, &holder->callback);
    return object;
}

}  // namespace onetrip::postgres
