// The requests that are open, in whatever sessions their statements run.
//
// They lie in partitions, each with a lock that is held for the time of one look-up. Statements
// that neither repeat nor return rows never reach them: a mark, which is read without a lock, says
// whether a statement repeats. A request that has paused is published by the next session that
// comes to its partition. This file does not know how loops are found.

#include "postgres/round_trips/round_trip_requests.hpp"

#include "postgres/round_trips/round_trip_apart.hpp"
#include "postgres/round_trips/round_trip_settings.hpp"
#include "postgres/round_trips/round_trip_text.hpp"
#include "postgres/round_trips/shared_rows.hpp"
#include "roundtrip/value_hash.hpp"

extern "C" {
#include "port/atomics.h"
#include "storage/proc.h"
}

namespace onetrip::postgres {

using roundtrip::LoopKey;
using roundtrip::QueryId;
using roundtrip::RequestEpisode;
using roundtrip::RequestId;
using roundtrip::RequestRun;
using roundtrip::Statement;

namespace {

constexpr int partition_count = locks_of_requests - 1;
/// Half as many again as their share of 1,024: requests are spread by chance.
constexpr int requests_each = 1024 / partition_count * 3 / 2;
constexpr std::size_t mark_count = 8192;
constexpr int leader_texts_most = 256;

struct RequestKey {
    Oid database;
    Oid role;
    RequestId request;

    bool operator==(const RequestKey&) const = default;
    std::uint64_t hash() const {
        const std::uint64_t owner = (static_cast<std::uint64_t>(database) << 32U) | role;
        return roundtrip::mix_value(request ^ roundtrip::mix_value(owner));
    }
};

/// The owner of a place, and the time until which it has it.
struct Head {
    RequestKey key;  ///< no request is 0: the place is free
    TimestampTz last_seen;
    TimestampTz ends_at;
};

/// The heads, which are searched for a request, lie apart from the episodes.
struct Partition {
    /// No request of the partition ends before.
    pg_atomic_uint64 next_end;
    Head heads[requests_each];
    RequestEpisode episodes[requests_each];
};

/// A request that has ended, as it was.
struct EndedRequest {
    RequestKey key;
    RequestEpisode episode;
};

struct RequestMemory {
    pg_atomic_uint64 marks[mark_count];
    Partition partitions[partition_count];
};

static_assert(std::is_trivially_copyable_v<RequestEpisode>);

RequestMemory* request_memory = nullptr;
/// Where this session's request was last: the next statement is mostly of the same.
int last_place = 0;
LWLockPadded* locks = nullptr;
SharedRows<LeaderText> leader_texts;

RequestKey key_of(RequestId request) {
    return {MyDatabaseId, GetUserId(), request};
}

std::uint32_t own_session() {
    return MyProc == nullptr ? 0 : static_cast<std::uint32_t>(MyProc - ProcGlobal->allProcs);
}

// ---- marks --------------------------------------------------------------------------------------

/// The mark that a run of a statement leaves: which statement of which request it was, in which
/// session and transaction, whether it had a row, and whether it has been counted in its request.
class Mark {
  public:
    static constexpr unsigned session_bits = 18;  // see MAX_BACKENDS
    static constexpr std::uint64_t session_mask = (std::uint64_t{1} << session_bits) - 1;
    static constexpr std::uint64_t counted_bit = session_mask + 1;
    static constexpr std::uint64_t row_bit = counted_bit << 1U;
    static constexpr unsigned transaction_shift = session_bits + 2;
    static constexpr std::uint64_t transaction_mask =
        ((std::uint64_t{1} << RequestEpisode::transaction_bits) - 1) << transaction_shift;
    static constexpr std::uint64_t name_mask = ~(transaction_mask | ((row_bit << 1U) - 1));

    Mark(const RequestKey& key, const Statement& statement)
        : hash_(roundtrip::mix_value(key.hash() + statement.id)) {
        const std::uint64_t session = own_session() & session_mask;
        const std::uint64_t transaction =
            std::uint64_t{RequestEpisode::hash_of_transaction(statement.transaction)}
            << transaction_shift;
        value_ = (hash_ & name_mask) | transaction | session | (statement.rows > 0 ? row_bit : 0);
    }

    /// Leaves the mark. Returns the one that the run before has left; 0 if none exists.
    std::uint64_t leave(bool is_counted) const {
        const std::uint64_t left = value_ | (is_counted ? counted_bit : 0);
        const std::uint64_t before = pg_atomic_exchange_u64(place(), left);
        const OwnMark own = own_marks[own_place()];
        own_marks[own_place()] = {hash_, left};
        if (((before ^ value_) & name_mask) == 0) {
            return before;
        }
        return own.hash == hash_ ? own.value : 0;
    }

    /// The run is counted. A mark that another session has left meanwhile is not worth a lock.
    void count() const {
        pg_atomic_write_u64(place(), value_ | counted_bit);
        own_marks[own_place()].value = value_ | counted_bit;
    }

    /// The earlier run, as far as its mark shows it.
    static RequestRun::Earlier earlier(std::uint64_t mark) {
        return {mark != 0 && (mark & counted_bit) == 0,
                static_cast<std::uint32_t>(mark & session_mask), (mark & row_bit) == 0 ? 0U : 1U,
                static_cast<std::uint16_t>((mark & transaction_mask) >> transaction_shift)};
    }

  private:
    /// The mark that this session has left last: another's mark may have taken its place, and the
    /// statements of a loop are mostly of one session.
    struct OwnMark {
        std::uint64_t hash;
        std::uint64_t value;
    };
    static constexpr std::size_t own_mark_count = 64;
    static OwnMark own_marks[own_mark_count];

    pg_atomic_uint64* place() const { return &request_memory->marks[hash_ % mark_count]; }
    std::size_t own_place() const { return hash_ % own_mark_count; }

    std::uint64_t hash_;
    std::uint64_t value_;
};

constinit Mark::OwnMark Mark::own_marks[own_mark_count] = {};

// ---- requests -----------------------------------------------------------------------------------

int partition_of(const RequestKey& key) {
    return static_cast<int>((key.hash() >> 40U) % partition_count);
}

/// Hands the loops of a request that has ended on to the table of loops.
void publish(const EndedRequest& ended) {
    ended.episode.report([&ended](const roundtrip::Loop& loop, std::uint64_t variant) {
        add_round_trip({{ended.key.database, ended.key.role, loop.key.leader, loop.key.repeated,
                         static_cast<std::uint64_t>(loop.key.kind)},
                        variant},
                       loop);
    });
}

/// Takes a request out that ended before; false if none exists.
bool take_ended(int partition, TimestampTz now, EndedRequest& ended) {
    Partition& requests = request_memory->partitions[partition];
    bool found = false;
    LWLockAcquire(&locks[partition].lock, LW_EXCLUSIVE);
    auto next_end = static_cast<std::uint64_t>(PG_INT64_MAX);
    for (int place = 0; place < requests_each; ++place) {
        Head& head = requests.heads[place];
        if (head.key.request == 0) {
            continue;
        }
        if (!found && head.ends_at < now) {
            ended = {head.key, requests.episodes[place]};
            head.key = {};
            found = true;
        } else {
            next_end = Min(next_end, static_cast<std::uint64_t>(head.ends_at));
        }
    }
    pg_atomic_write_u64(&requests.next_end, next_end);
    LWLockRelease(&locks[partition].lock);
    return found;
}

/// Publishes the requests that have paused, without the lock: nobody waits for it meanwhile.
void end_paused(int partition, TimestampTz now) {
    const auto has_ended = [partition, now] {
        return static_cast<TimestampTz>(
                   pg_atomic_read_u64(&request_memory->partitions[partition].next_end)) < now;
    };
    EndedRequest ended;
    while (has_ended() && take_ended(partition, now, ended)) {
        publish(ended);
    }
}

/// The place of a request that is open; -1 if it is not. The caller holds the lock.
int find_place(const Partition& partition, const RequestKey& key) {
    if (partition.heads[last_place].key == key) {
        return last_place;
    }
    for (int place = 0; place < requests_each; ++place) {
        if (partition.heads[place].key == key) {
            return last_place = place;
        }
    }
    return -1;
}

/// The place that a new request is to have: a free one, else that of the oldest of the same role,
/// else of all. The caller holds the lock.
int place_for(const Partition& partition, const RequestKey& key) {
    int oldest_of_role = -1;
    int oldest = 0;
    for (int place = 0; place < requests_each; ++place) {
        const Head& head = partition.heads[place];
        if (head.key.request == 0) {
            return place;
        }
        if (head.last_seen < partition.heads[oldest].last_seen) {
            oldest = place;
        }
        if (head.key.role == key.role &&
            (oldest_of_role < 0 || head.last_seen < partition.heads[oldest_of_role].last_seen)) {
            oldest_of_role = place;
        }
    }
    return oldest_of_role >= 0 ? oldest_of_role : oldest;
}

/// A run that has been counted, and the request that has ended because of it.
struct Counting {
    CountedRun run;
    bool has_ended = false;
    EndedRequest& ended;
};

/// Gives a request a place. The caller holds the lock.
int open(Partition& partition, const RequestKey& key, Counting& counting) {
    const int place = last_place = place_for(partition, key);
    Head& head = partition.heads[place];
    if (head.key.request != 0) {
        counting.has_ended = true;
        counting.ended = {head.key, partition.episodes[place]};
    }
    head = {key, 0, 0};
    std::memset(static_cast<void*>(&partition.episodes[place]), 0, sizeof(RequestEpisode));
    return place;
}

/// Counts a run in its request. The caller holds the lock.
void count(Partition& partition, const RequestKey& key, const RequestRun& run, Counting& counting) {
    const int known = find_place(partition, key);
    const int place = known >= 0 ? known : open(partition, key, counting);
    Head& head = partition.heads[place];
    RequestEpisode& episode = partition.episodes[place];
    if (known >= 0 && episode.is_full(run.statement.begin)) {
        counting.has_ended = true;
        counting.ended = {key, episode};
        episode.restart();
    }
    if (!episode.count(run)) {
        const bool has_own = run.earlier.exists && run.earlier.session == run.session;
        counting.run.left_out = has_own ? 2 : 1;
    }
    const auto repeats = static_cast<std::uint32_t>(round_trip_settings.repeats);
    counting.run.loop = episode.loop_to_describe(run.statement.id, repeats);
    if (counting.run.loop) {
        counting.run.described = episode.described(run.statement.id);
    }
    if (run.statement.end >= head.last_seen) {
        head.last_seen = run.statement.end;
        head.ends_at = run.statement.end + TimestampTz{round_trip_settings.gap} * 1000;
    }
    const auto ends_at = static_cast<std::uint64_t>(head.ends_at);
    if (ends_at < pg_atomic_read_u64(&partition.next_end)) {
        pg_atomic_write_u64(&partition.next_end, ends_at);
    }
}

/// Has a request that is open changed. `change` is short and raises nothing.
template <typename Change>
void change_request(RequestId id, Change&& change) {
    if (request_memory == nullptr) {
        return;
    }
    const RequestKey key = key_of(id);
    const int partition = partition_of(key);
    LWLockAcquire(&locks[partition].lock, LW_EXCLUSIVE);
    Partition& requests = request_memory->partitions[partition];
    const int place = find_place(requests, key);
    if (place >= 0) {
        change(requests.episodes[place]);
    }
    LWLockRelease(&locks[partition].lock);
}

}  // namespace

CountedRun count_in_request(RequestId request, const roundtrip::Detector::Run& counted,
                            const std::optional<LoopKey>& own) {
    if (request_memory == nullptr) {
        return {};
    }
    const Statement& statement = counted.statement;
    const RequestKey key = key_of(request);
    const bool is_run = statement.role == Statement::Role::execution;
    const bool may_lead = statement.rows >= 2 || !is_run;
    RequestRun run{statement, own_session(), own ? own->leader : 0, counted.wait, {}, false};
    if (is_run) {
        const Mark mark(key, statement);
        const std::uint64_t before = mark.leave(may_lead);
        if (before == 0 && !may_lead) {
            return {};
        }
        mark.count();
        run.earlier = Mark::earlier(before);
        run.is_repeated = before != 0;
    }
    const int partition = partition_of(key);
    end_paused(partition, statement.begin);
    // The request takes a few kilobytes, which are not made anew for each statement.
    static EndedRequest ended;
    Counting counting{{}, false, ended};
    counting.run.is_looked_for = true;
    LWLockAcquire(&locks[partition].lock, LW_EXCLUSIVE);
    count(request_memory->partitions[partition], key, run, counting);
    LWLockRelease(&locks[partition].lock);
    if (counting.has_ended) {
        publish(ended);
    }
    return counting.run;
}

void set_variant_in_request(RequestId request, const LoopKey& loop, std::uint64_t variant) {
    change_request(request, [&](RequestEpisode& episode) { episode.set_variant(loop, variant); });
}

void dismiss_in_request(RequestId request, QueryId statement) {
    change_request(request, [&](RequestEpisode& episode) { episode.dismiss(statement); });
}

void begin_at_zero_in_request(RequestId request, QueryId statement) {
    change_request(request, [&](RequestEpisode& episode) { episode.begin_at_zero(statement); });
}

void end_paused_requests() {
    const TimestampTz now = GetCurrentTimestamp();
    for (int partition = 0; request_memory != nullptr && partition < partition_count; ++partition) {
        end_paused(partition, now);
    }
}

void end_requests_at_end() {
    EndedRequest ended;
    for (int partition = 0; request_memory != nullptr && partition < partition_count; ++partition) {
        while (take_ended(partition, PG_INT64_MAX, ended)) {
            publish(ended);
        }
    }
}

void forget_requests() {
    for (int partition = 0; request_memory != nullptr && partition < partition_count; ++partition) {
        Partition& requests = request_memory->partitions[partition];
        LWLockAcquire(&locks[partition].lock, LW_EXCLUSIVE);
        for (Head& head : requests.heads) {
            head.key = {};
        }
        pg_atomic_write_u64(&requests.next_end, static_cast<std::uint64_t>(PG_INT64_MAX));
        LWLockRelease(&locks[partition].lock);
    }
}

// ---- texts of leaders ---------------------------------------------------------------------------

void share_leader_text(QueryId id, const PlannedStmt* planned, const QueryShape& shape,
                       const char* text) {
    const LeaderText::Key key = {MyDatabaseId, GetUserId(), id};
    const TimestampTz now = GetCurrentTimestamp();
    const auto query_id = static_cast<std::uint64_t>(planned->queryId);
    if (!leader_texts.is_there() || leader_texts.change(key, [&](LeaderText& known) {
            known.last_seen = now;
            known.query_id = query_id;
        })) {
        return;
    }
    run_apart([&] {
        const MemoryContext context = make_memory_context(CurrentMemoryContext, "onetrip leader");
        const MemoryContext caller = MemoryContextSwitchTo(context);
        auto* const row = static_cast<LeaderText*>(palloc0(sizeof(LeaderText)));
        row->key = key;
        row->last_seen = now;
        row->query_id = query_id;
        row->tables = tables_of(planned);
        row->shape = shape;
        normalise_statement(row->text, source_of(planned, text));
        leader_texts.insert(*row);
        MemoryContextSwitchTo(caller);
        MemoryContextDelete(context);
    });
}

bool copy_leader_text(QueryId id, LeaderText& to) {
    return leader_texts.is_there() && leader_texts.copy({MyDatabaseId, GetUserId(), id}, to);
}

// ---- memory -------------------------------------------------------------------------------------

Size size_of_requests() {
    return add_size(MAXALIGN(sizeof(RequestMemory)),
                    SharedRows<LeaderText>::size(leader_texts_most));
}

void start_requests(LWLockPadded* tranche) {
    bool found = false;
    locks = tranche;
    request_memory = static_cast<RequestMemory*>(
        ShmemInitStruct("onetrip requests", sizeof(RequestMemory), &found));
    if (!found) {
        std::memset(static_cast<void*>(request_memory), 0, sizeof *request_memory);
        for (pg_atomic_uint64& mark : request_memory->marks) {
            pg_atomic_init_u64(&mark, 0);
        }
        for (Partition& partition : request_memory->partitions) {
            pg_atomic_init_u64(&partition.next_end, static_cast<std::uint64_t>(PG_INT64_MAX));
        }
    }
    leader_texts.start_up("onetrip leader texts", leader_texts_most, &locks[partition_count].lock);
}

}  // namespace onetrip::postgres
