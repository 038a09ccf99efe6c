#pragma once

#include "postgres/round_trips/round_trip_catalog.hpp"
#include "postgres/round_trips/round_trip_memory.hpp"
#include "postgres/round_trips/round_trip_query_shape.hpp"
#include "roundtrip/request.hpp"
#include "roundtrip/request_episode.hpp"

extern "C" {
#include "storage/lwlock.h"
}

/// The open requests of all sessions, in shared memory of a fixed size; see onetrip.watch_request.
namespace onetrip::postgres {

/// The outcome of counting a statement in its request.
struct CountedRun {
    /// The statement has been looked for among the open requests: it repeats, or returned two rows.
    bool is_looked_for = false;
    /// The number of this session's runs, with this one, for which there was no room.
    std::uint32_t left_out = 0;
    /// The loop that is to be described now.
    std::optional<roundtrip::LoopKey> loop{};
    roundtrip::RequestEpisode::Described described{};
};

/// Counts a statement of the current role that has run in this session. `own` is the loop that the
/// session itself has found for it. Raises nothing.
CountedRun count_in_request(roundtrip::RequestId request, const roundtrip::Detector::Run& counted,
                            const std::optional<roundtrip::LoopKey>& own);

/// The loop has been described, as this variant of the rows of its key.
void set_variant_in_request(roundtrip::RequestId request, const roundtrip::LoopKey& loop,
                            std::uint64_t variant);
/// The statement does many things at once.
void dismiss_in_request(roundtrip::RequestId request, roundtrip::QueryId statement);
/// The statement's runs so far have been published.
void begin_at_zero_in_request(roundtrip::RequestId request, roundtrip::QueryId statement);

/// Publishes the loops of requests that have paused for longer than the gap.
void end_paused_requests();
/// Publishes the loops of all requests, while nobody else is there: at the server's end.
void end_requests_at_end();
/// Forgets all requests without publishing anything.
void forget_requests();

/// A statement that returned rows, for the sessions that run the loops over them.
struct LeaderText {
    struct Key {
        Oid database;
        Oid role;
        roundtrip::QueryId id;
    };

    Key key;
    TimestampTz last_seen;
    std::uint64_t query_id;
    TablesOfStatement tables;
    QueryShape shape;
    RoundTripText text;  ///< normalised
};

/// Keeps the text of a statement of the current role. May ERROR.
void share_leader_text(roundtrip::QueryId id, const PlannedStmt* planned, const QueryShape& shape,
                       const char* text);
/// Copies the text of a leader; false if it is not known.
bool copy_leader_text(roundtrip::QueryId id, LeaderText& to);

constexpr int locks_of_requests = 16 + 1;
Size size_of_requests();
void start_requests(LWLockPadded* tranche);

}  // namespace onetrip::postgres
