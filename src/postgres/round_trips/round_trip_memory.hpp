#pragma once

#include "postgres/server/walls.hpp"
#include "roundtrip/detector.hpp"

/// The loops of all sessions, in shared memory of a fixed size.
namespace onetrip::postgres {

/// A text with its end, cut at 1 kB.
constexpr std::size_t round_trip_text_room = 1024 + 1;
using RoundTripText = char[round_trip_text_room];

/// What is to be said of a loop, in the database's encoding.
struct RoundTripTexts {
    roundtrip::LoopKey key;
    Oid role;
    char leader_column[NAMEDATALEN];  ///< empty if it is not known
    RoundTripText leader;             ///< empty if there is none
    RoundTripText repeated;
    RoundTripText advice;
    RoundTripText advice_if_same;  ///< where the parameters are the same each time
};

/// A loop as it is remembered.
struct StoredRoundTrip {
    struct Key {
        Oid database;
        Oid role;
        roundtrip::QueryId leader;
        roundtrip::QueryId repeated;
        std::uint64_t kind;  ///< a roundtrip::Kind; the key has no padding
    };

    Key key;  // first: the hash table's key
    std::int64_t episodes;
    std::int64_t statements;
    std::int64_t longest;
    std::int64_t leader_rows;
    std::int64_t server_time;  ///< µs
    std::int64_t wait_time;    ///< µs
    TimestampTz first_seen;
    TimestampTz last_seen;
    bool has_distinct_parameters;
    bool is_by_values;
    TimestampTz logged_at;  ///< 0: never
    char leader_column[NAMEDATALEN];
    int encoding;  ///< of the texts
    RoundTripText leader;
    RoundTripText repeated;
    RoundTripText advice;
};

/// Asks for the memory when the server starts. To be called while shared_preload_libraries are
/// loaded, when the settings are known.
void request_round_trip_memory();

/// Whether the library was loaded when the server started.
bool has_round_trip_memory();

/// Adds what an episode had; the least recently seen loop makes room. Raises nothing, and needs no
/// transaction.
void store_round_trip(const roundtrip::Loop& loop, const RoundTripTexts& texts);

/// The keys of all loops, palloc'ed, the most recently seen first; `count` is how many.
StoredRoundTrip::Key* round_trip_keys(int& count);

/// Copies a loop; false if it has made room. One at a time, so that neither other sessions nor
/// interrupts wait for all of them.
bool copy_round_trip(const StoredRoundTrip::Key& key, StoredRoundTrip& copy);

/// Forgets all loops, and what they cost in all; or those in which this statement leads or repeats.
void forget_round_trips();
void forget_round_trips(roundtrip::QueryId id);

/// Whether a loop may be logged: once a minute, whichever session asks.
bool may_log_round_trip(const roundtrip::LoopKey& key, Oid role);

/// All loops, the most recently seen first, while nobody else is there: at the server's end. And
/// one of them at its start, in that order.
int count_of_round_trips();
using RoundTripTaker = void (*)(const StoredRoundTrip& loop, void* argument);
void each_round_trip_at_end(RoundTripTaker take, void* argument);
void restore_round_trip(const StoredRoundTrip& loop);

}  // namespace onetrip::postgres
