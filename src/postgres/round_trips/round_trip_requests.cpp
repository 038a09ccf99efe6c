// The requests that are open, in whatever sessions their statements run.
//
// They lie in partitions, each with a lock that is held for the time of one look-up. Statements
// that neither repeat nor return rows never reach them: a mark, which is read without a lock, says
// whether a statement repeats. A request that has paused is published by the
// next session that comes to its partition. How loops are found is not known here.

#include "postgres/round_trips/round_trip_requests.hpp"

#include "postgres/round_trips/round_trip_settings.hpp"
#include "postgres/round_trips/round_trip_text.hpp"
#include "postgres/round_trips/shared_rows.hpp"
#include "roundtrip/evidence.hpp"

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

struct Request {
    RequestKey key;  ///< no request is 0: the place is free
    TimestampTz last_seen;
    TimestampTz ends_at;
    RequestEpisode episode;
};

struct Partition {
    /// No request of the partition ends before.
    pg_atomic_uint64 next_end;
    Request requests[requests_each];
};

struct Memory {
    pg_atomic_uint64 marks[mark_count];
    Partition partitions[partition_count];
};

static_assert(std::is_trivially_copyable_v<Request>);

Memory* memory = nullptr;
LWLockPadded* locks = nullptr;
SharedRows<LeaderText> leader_texts;

RequestKey key_of(RequestId request) {
    return {MyDatabaseId, GetUserId(), request};
}

std::uint32_t own_session() {
    return MyProc == nullptr ? 0 : static_cast<std::uint32_t>(MyProc - ProcGlobal->allProcs);
}

// ---- marks --------------------------------------------------------------------------------------

/// What a run of a statement leaves: which statement of which request it was, in which session and
/// transaction, whether it had a row, and whether it has been counted in its request.
class Mark {
  public:
    static constexpr unsigned session_bits = 18;  // see MAX_BACKENDS
    static constexpr std::uint64_t session_mask = (std::uint64_t{1} << session_bits) - 1;
    static constexpr std::uint64_t counted_bit = session_mask + 1;
    static constexpr std::uint64_t row_bit = counted_bit << 1U;
    static constexpr unsigned transaction_shift = session_bits + 2;
    static constexpr std::uint64_t transaction_mask = std::uint64_t{0xFFF} << transaction_shift;
    static constexpr std::uint64_t name_mask = ~(transaction_mask | ((row_bit << 1U) - 1));

    Mark(const RequestKey& key, const Statement& statement)
        : hash_(roundtrip::mix_value(key.hash() + statement.id)) {
        const std::uint64_t session = own_session() & session_mask;
        const std::uint64_t transaction = roundtrip::mix_value(statement.transaction)
                                          << transaction_shift;
        value_ = (hash_ & name_mask) | (transaction & transaction_mask) | session |
                 (statement.rows > 0 ? row_bit : 0);
    }

    /// Leaves it. Returns what the run before has left; 0 if there is no such.
    std::uint64_t leave(bool is_counted) const {
        const std::uint64_t before =
            pg_atomic_exchange_u64(place(), value_ | (is_counted ? counted_bit : 0));
        return ((before ^ value_) & name_mask) == 0 ? before : 0;
    }

    /// The run is counted. A mark that another session has left meanwhile is not worth a lock.
    void count() const { pg_atomic_write_u64(place(), value_ | counted_bit); }

    /// What this run knows by the mark of the one before.
    RequestRun::Earlier earlier(std::uint64_t mark) const {
        return {mark != 0 && (mark & counted_bit) == 0,
                static_cast<std::uint32_t>(mark & session_mask), (mark & row_bit) == 0 ? 0U : 1U,
                ((mark ^ value_) & (transaction_mask | session_mask)) == 0};
    }

  private:
    pg_atomic_uint64* place() const { return &memory->marks[hash_ % mark_count]; }

    std::uint64_t hash_;
    std::uint64_t value_;
};

// ---- requests -----------------------------------------------------------------------------------

int partition_of(const RequestKey& key) {
    return static_cast<int>((key.hash() >> 40U) % partition_count);
}

/// Hands the loops of a request that has ended on to the table of loops.
void publish(const Request& ended) {
    ended.episode.tell([&ended](const roundtrip::Loop& loop, std::uint64_t variant) {
        add_round_trip({{ended.key.database, ended.key.role, loop.key.leader, loop.key.repeated,
                         static_cast<std::uint64_t>(loop.key.kind)},
                        variant},
                       loop);
    });
}

/// Takes a request out that ended before; false if there is none.
bool take_ended(int partition, TimestampTz now, Request& ended) {
    Partition& requests = memory->partitions[partition];
    bool found = false;
    LWLockAcquire(&locks[partition].lock, LW_EXCLUSIVE);
    auto next_end = static_cast<std::uint64_t>(PG_INT64_MAX);
    for (Request& request : requests.requests) {
        if (request.key.request == 0) {
            continue;
        }
        if (!found && request.ends_at < now) {
            ended = request;
            request.key = {};
            found = true;
        } else {
            next_end = Min(next_end, static_cast<std::uint64_t>(request.ends_at));
        }
    }
    pg_atomic_write_u64(&requests.next_end, next_end);
    LWLockRelease(&locks[partition].lock);
    return found;
}

/// Published without the lock: nobody waits for it meanwhile.
void end_paused(int partition, TimestampTz now) {
    const auto has_ended = [partition, now] {
        return static_cast<TimestampTz>(
                   pg_atomic_read_u64(&memory->partitions[partition].next_end)) < now;
    };
    Request ended;
    while (has_ended() && take_ended(partition, now, ended)) {
        publish(ended);
    }
}

/// The place of a request, or the one that it is to have: a free one, else that of the oldest of
/// the same role, else of all. Under the lock.
Request& place_of(Partition& partition, const RequestKey& key) {
    Request* free = nullptr;
    Request* oldest_of_role = nullptr;
    Request* oldest = nullptr;
    for (Request& request : partition.requests) {
        if (request.key == key) {
            return request;
        }
        if (request.key.request == 0) {
            free = &request;
            continue;
        }
        if (oldest == nullptr || request.last_seen < oldest->last_seen) {
            oldest = &request;
        }
        if (request.key.role == key.role &&
            (oldest_of_role == nullptr || request.last_seen < oldest_of_role->last_seen)) {
            oldest_of_role = &request;
        }
    }
    return free != nullptr ? *free : oldest_of_role != nullptr ? *oldest_of_role : *oldest;
}

void open(Request& request, const RequestKey& key) {
    std::memset(static_cast<void*>(&request), 0, sizeof request);
    request.key = key;
}

/// A run that has been counted, and what has ended because of it.
struct Counting {
    CountedRun run;
    bool has_ended = false;
    Request ended;
};

/// Under the lock.
void count(Partition& partition, const RequestKey& key, const RequestRun& run, Counting& counting) {
    Request& request = place_of(partition, key);
    const bool is_same = request.key == key;
    const bool is_full = is_same && request.episode.is_full(run.statement.begin);
    if (is_full || (!is_same && request.key.request != 0)) {
        counting.has_ended = true;
        counting.ended = request;
    }
    if (!is_same) {
        open(request, key);
    } else if (is_full) {
        request.episode.restart();
    }
    counting.run.is_counted = request.episode.count(run);
    const auto repeats = static_cast<std::uint32_t>(round_trip_settings.repeats);
    counting.run.loop = request.episode.loop_to_describe(run.statement.id, repeats);
    if (counting.run.loop) {
        counting.run.described = request.episode.described(run.statement.id);
    }
    if (run.statement.end >= request.last_seen) {
        request.last_seen = run.statement.end;
        request.ends_at = run.statement.end + TimestampTz{round_trip_settings.gap} * 1000;
    }
    const auto ends_at = static_cast<std::uint64_t>(request.ends_at);
    if (ends_at < pg_atomic_read_u64(&partition.next_end)) {
        pg_atomic_write_u64(&partition.next_end, ends_at);
    }
}

/// Has a request that is open changed. `change` is short and raises nothing.
template <typename Change>
void change_request(RequestId id, Change&& change) {
    if (memory == nullptr) {
        return;
    }
    const RequestKey key = key_of(id);
    const int partition = partition_of(key);
    LWLockAcquire(&locks[partition].lock, LW_EXCLUSIVE);
    for (Request& request : memory->partitions[partition].requests) {
        if (request.key == key) {
            change(request.episode);
            break;
        }
    }
    LWLockRelease(&locks[partition].lock);
}

}  // namespace

CountedRun count_in_request(RequestId request, const Statement& statement,
                            const std::optional<LoopKey>& own) {
    if (memory == nullptr) {
        return {};
    }
    const RequestKey key = key_of(request);
    const bool is_run = statement.role == Statement::Role::execution;
    const bool may_lead = statement.rows >= 2 || !is_run;
    RequestRun run{statement, own_session(), own ? own->leader : 0, {}, false};
    if (is_run) {
        const Mark mark(key, statement);
        const std::uint64_t before = mark.leave(may_lead);
        if (before == 0 && !may_lead) {
            return {};
        }
        mark.count();
        run.earlier = mark.earlier(before);
        run.is_repeated = before != 0;
    }
    const int partition = partition_of(key);
    end_paused(partition, statement.begin);
    Counting counting;
    counting.run.is_looked_for = true;
    LWLockAcquire(&locks[partition].lock, LW_EXCLUSIVE);
    count(memory->partitions[partition], key, run, counting);
    LWLockRelease(&locks[partition].lock);
    if (counting.has_ended) {
        publish(counting.ended);
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
    for (int partition = 0; memory != nullptr && partition < partition_count; ++partition) {
        end_paused(partition, now);
    }
}

void end_requests_at_end() {
    Request ended;
    for (int partition = 0; memory != nullptr && partition < partition_count; ++partition) {
        while (take_ended(partition, PG_INT64_MAX, ended)) {
            publish(ended);
        }
    }
}

void forget_requests() {
    for (int partition = 0; memory != nullptr && partition < partition_count; ++partition) {
        Partition& requests = memory->partitions[partition];
        LWLockAcquire(&locks[partition].lock, LW_EXCLUSIVE);
        for (Request& request : requests.requests) {
            request.key = {};
        }
        pg_atomic_write_u64(&requests.next_end, static_cast<std::uint64_t>(PG_INT64_MAX));
        LWLockRelease(&locks[partition].lock);
    }
}

// ---- texts of leaders ---------------------------------------------------------------------------

void share_leader_text(QueryId id, const PlannedStmt* planned, const char* text) {
    const LeaderText::Key key = {MyDatabaseId, GetUserId(), id};
    const TimestampTz now = GetCurrentTimestamp();
    const auto query_id = static_cast<std::uint64_t>(planned->queryId);
    if (!leader_texts.is_there() || leader_texts.change(key, [&](LeaderText& known) {
            known.last_seen = now;
            known.query_id = query_id;
        })) {
        return;
    }
    const MemoryContext context = make_memory_context(CurrentMemoryContext, "onetrip leader");
    const MemoryContext caller = MemoryContextSwitchTo(context);
    auto* const row = static_cast<LeaderText*>(palloc0(sizeof(LeaderText)));
    row->key = key;
    row->last_seen = now;
    row->query_id = query_id;
    row->tables = tables_of(planned);
    normalise_statement(row->text, source_of(planned, text));
    leader_texts.insert(*row);
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(context);
}

bool copy_leader_text(QueryId id, LeaderText& to) {
    return leader_texts.is_there() && leader_texts.copy({MyDatabaseId, GetUserId(), id}, to);
}

// ---- memory -------------------------------------------------------------------------------------

Size size_of_requests() {
    return add_size(MAXALIGN(sizeof(Memory)), SharedRows<LeaderText>::size(leader_texts_most));
}

void start_requests(LWLockPadded* tranche) {
    bool found = false;
    locks = tranche;
    memory = static_cast<Memory*>(ShmemInitStruct("onetrip requests", sizeof(Memory), &found));
    if (!found) {
        std::memset(static_cast<void*>(memory), 0, sizeof *memory);
        for (pg_atomic_uint64& mark : memory->marks) {
            pg_atomic_init_u64(&mark, 0);
        }
        for (Partition& partition : memory->partitions) {
            pg_atomic_init_u64(&partition.next_end, static_cast<std::uint64_t>(PG_INT64_MAX));
        }
    }
    leader_texts.start_up("onetrip leader texts", leader_texts_most, &locks[partition_count].lock);
}

}  // namespace onetrip::postgres
