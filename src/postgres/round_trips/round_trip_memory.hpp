#pragma once

#include "postgres/round_trips/round_trip_owner.hpp"
#include "postgres/server/walls.hpp"
#include "roundtrip/detector.hpp"

/// The loops of all sessions, in shared memory of a fixed size.
namespace onetrip::postgres {

/// A text with its end, cut at 1 kB.
constexpr std::size_t round_trip_text_room = 1024 + 1;
using RoundTripText = char[round_trip_text_room];

/// The texts of a loop, in the database's encoding.
struct RoundTripTexts {
    roundtrip::LoopKey key;
    Oid role;
    std::uint64_t query_id;         ///< the server's, of the repeated statement
    std::uint64_t leader_query_id;  ///< 0 if none exists
    RoundTripOwner owner;
    std::uint64_t variant;            ///< the owner's
    char leader_column[NAMEDATALEN];  ///< empty if it is not known
    RoundTripText leader;             ///< empty if none exists
    RoundTripText repeated;
    RoundTripText advice;
    RoundTripText advice_if_same;  ///< if the parameters are the same each time
};

/// The numbers of a loop that are added up.
struct RoundTripNumbers {
    std::int64_t episodes;
    std::int64_t statements;
    std::int64_t longest;
    std::int64_t round_trips;
    std::int64_t rows;
    std::int64_t transactions;
    std::int64_t sessions;  ///< the most in one episode
    std::int64_t leader_rows;
    std::int64_t server_time;  ///< µs
    std::int64_t wait_time;    ///< µs
    TimestampTz first_seen;
    TimestampTz last_seen;
    bool has_distinct_parameters;
    bool is_by_values;
};

/// A loop as it is remembered.
struct StoredRoundTrip {
    /// The identity of a loop; rows of it are kept apart by their owners.
    struct Base {
        Oid database;
        Oid role;
        roundtrip::QueryId leader;
        roundtrip::QueryId repeated;
        std::uint64_t kind;  ///< a roundtrip::Kind; the key has no padding
    };
    struct Key {
        Base base;
        std::uint64_t variant;  ///< RoundTripOwner::variant(); 0 is what has been added up
    };

    /// The number of variants of a loop that are kept apart; of more, the least recently seen is
    /// added to variant 0.
    static constexpr int most_variants = 16;

    Key key;  // first: the hash table's key
    RoundTripNumbers numbers;
    std::uint64_t query_id;
    std::uint64_t leader_query_id;
    RoundTripOwner owner;   ///< of variant 0 it says nothing
    TimestampTz logged_at;  ///< 0: never
    char leader_column[NAMEDATALEN];
    int encoding;  ///< of the texts
    RoundTripText leader;
    RoundTripText repeated;
    RoundTripText advice;
};

/// Asks for the memory when the server starts. It is called while shared_preload_libraries are
/// loaded, when the settings are known.
void request_round_trip_memory();

/// Whether the library was loaded when the server started.
bool has_round_trip_memory();

/// Adds an episode's numbers of a loop. If the table is full, the least recently seen twentieth
/// makes room: only rows of the same role, if that has half of the table and others have rows too.
/// Raises nothing, and needs no transaction.
void store_round_trip(const roundtrip::Loop& loop, const RoundTripTexts& texts);

/// Makes a row for a loop whose numbers are not known yet; it is not shown before they are. Returns
/// the row's variant. Raises nothing, and needs no transaction.
std::uint64_t hold_round_trip(const RoundTripTexts& texts, bool has_distinct_parameters);
/// Adds an episode's numbers to a row that is there.
void add_round_trip(const StoredRoundTrip::Key& key, const roundtrip::Loop& loop);

struct RoundTripPlace {
    StoredRoundTrip::Key key;
    TimestampTz last_seen;
};

/// The keys of all loops, palloc'ed, the most recently seen first; `count` is how many.
RoundTripPlace* round_trip_places(int& count);

/// Copies a loop; false if it has made room. One at a time, so that neither other sessions nor
/// interrupts wait for all of them.
bool copy_round_trip(const StoredRoundTrip::Key& key, StoredRoundTrip& copy);

/// Forgets all loops and the totals of their costs, or only the loops in which the statement of
/// this query identifier leads or repeats.
void forget_round_trips();
void forget_round_trips(std::uint64_t query_id);

/// Whether a loop may be logged: once a minute, whichever session asks.
bool may_log_round_trip(const RoundTripTexts& texts);

/// Hand over all loops with numbers, the most recently seen first, while nobody else is there: at
/// the server's end. restore_round_trip takes one of them back at its start, in that order, if
/// there is room for it.
int count_of_round_trips();
using RoundTripTaker = void (*)(const StoredRoundTrip& loop, void* argument);
void each_round_trip_at_end(RoundTripTaker take, void* argument);
void restore_round_trip(const StoredRoundTrip& loop);

}  // namespace onetrip::postgres
