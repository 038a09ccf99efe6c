#pragma once

#include <cstdint>

/// A statement as the watch over round trips sees it.
namespace onetrip::roundtrip {

/// Marks functions that run with each statement and have no array in their frames: to guard those
/// would be felt.
#define ONETRIP_WITHOUT_ARRAYS __attribute__((no_stack_protector))

/// The server's identifier of a statement; 0 if none exists.
using QueryId = std::uint64_t;

/// A point in time, by any clock that is one and the same for all of them, or a duration.
using Microseconds = std::int64_t;

enum class Kind : std::uint8_t { select, insert, update, remove, page };

/// The result that held the values that a statement asks for.
struct Judgement {
    QueryId leader = 0;            ///< whose result; 0 if none did
    std::uint32_t generation = 0;  ///< of that result
    std::uint8_t place = 0xFF;     ///< of that result
    bool is_half = false;  ///< the statement has asked for half of that result's rows at least
    bool is_many = false;  ///< that result has had two rows in one execution

    enum Besides : std::uint8_t {
        asks_again = 1,  ///< for one value more often than that result has rows
        takes = 2,       ///< runs to which another result led by chance: they are led by what leads
                         ///< this one, if that is anything, and are among those below
        is_echo = 4,     ///< in each execution it held only the values that it had been asked for
    };
    std::uint8_t besides = 0;

    bool is(Besides what) const noexcept { return (besides & what) != 0; }

    /// Runs before this one that were not yet seen to be of that result; without a leader, the runs
    /// to which none led, with this one.
    std::uint16_t loose = 0;
    std::uint16_t strays = 0;  ///< runs before those, since something led to one, that nothing did
    std::uint32_t rows = 0;    ///< of that result, if this is the first run that it led to
};

static_assert(sizeof(Judgement) == 24, "it is copied with each statement");

/// Where the values of a statement's next run will be, if they are like those of the last one.
enum class NextValues : std::uint8_t {
    unknown,
    in_result,  ///< in the column of the result that led the last one
    same,       ///< they are the same, and nothing leads to them
    nowhere,    ///< other ones, and no result has held any so far
};

/// A statement that the client sent and that has ended well.
struct Statement {
    enum class Role : std::uint8_t {
        execution,
        first_fetch,  ///< the first rows of a cursor
        next_fetch,   ///< further rows of a cursor
        next_part,    ///< further rows of a portal that is executed in parts
    };

    /// Whether its rows are further ones of an execution that has been counted.
    bool goes_on() const noexcept { return role == Role::next_fetch || role == Role::next_part; }

    QueryId id = 0;
    Kind kind = Kind::select;
    Role role = Role::execution;
    bool has_relation = true;
    bool names_none = false;      ///< no relation, not even a sequence
    bool is_of_catalogs = false;  ///< it reads nothing but system catalogs
    bool locks_rows = false;
    bool is_of_request = false;  ///< in which it counts, and not with what has no request
    bool is_trip = true;  ///< its client may have waited since the statement before, or since the
                          ///< run before in its loop
    std::uint64_t rows = 0;        ///< returned or touched
    std::uint64_t parameters = 0;  ///< a hash of its parameters and constants; 0 if there are none
    Microseconds begin = 0;        ///< its first message arrived
    Microseconds end = 0;
    Microseconds busy = 0;  ///< of the time between, what the server worked
    Judgement evidence{};
    std::uint64_t transaction = 0;  ///< another number in each transaction
    bool is_next_page = false;      ///< the run before returned the page before of the same list
    bool is_large_page = false;     ///< of so many rows that it is worth its trip
    bool has_list = false;          ///< it has several values; other runs may have one
};

}  // namespace onetrip::roundtrip
