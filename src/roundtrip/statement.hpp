#pragma once

#include <cstdint>

/// A statement as the watch over round trips sees it.
namespace onetrip::roundtrip {

/// The server's identifier of a statement; 0 is none.
using QueryId = std::uint64_t;

/// A point in time, by any clock that is one and the same for all of them, or a duration.
using Microseconds = std::int64_t;

enum class Kind : std::uint8_t { select, insert, update, remove };

/// A statement that the client sent and that has ended well.
struct Statement {
    enum class Role : std::uint8_t {
        execution,
        first_fetch,  ///< the first rows of a cursor
        next_fetch,   ///< further rows of a cursor, or of a portal that is executed in steps
    };

    QueryId id = 0;
    Kind kind = Kind::select;
    Role role = Role::execution;
    std::uint64_t rows = 0;        ///< returned or touched
    std::uint64_t parameters = 0;  ///< a hash of its parameters and constants; 0 is none
    Microseconds begin = 0;        ///< its first message arrived
    Microseconds end = 0;
    Microseconds busy = 0;  ///< of the time between, what the server worked
};

}  // namespace onetrip::roundtrip
