// The loops of all sessions, in shared memory of a fixed size that the server's start sets apart.
//
// A loop that is known is found under a shared lock, and added to under a lock of its own; the
// exclusive lock is for new ones. It knows a loop's key, numbers and texts, but not how they came
// about.

#include "postgres/round_trips/round_trip_memory.hpp"

#include <algorithm>

#include "postgres/round_trips/heavy_memory.hpp"
#include "postgres/round_trips/round_trip_file.hpp"
#include "postgres/round_trips/round_trip_requests.hpp"
#include "postgres/round_trips/round_trip_running.hpp"
#include "postgres/round_trips/round_trip_settings.hpp"
#include "postgres/round_trips/round_trip_totals.hpp"

extern "C" {
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/hsearch.h"
}

namespace onetrip::postgres {

namespace {

using roundtrip::Loop;

constexpr const char* tranche = "onetrip";

/// A loop in the table.
struct Entry {
    StoredRoundTrip loop;  // first: it begins with the hash table's key
    slock_t mutex;         ///< for all of the loop but its key
    /// A request that has numbers for the loop may be open until then; 0 if none exists.
    TimestampTz held_until;

    /// The time by which the entry makes room when the table is full.
    TimestampTz age() const { return Max(loop.numbers.last_seen, held_until); }
};

/// The variants of a loop that are kept apart.
struct Family {
    StoredRoundTrip::Base base;  // first: the hash table's key
    int rows;                    ///< variant 0 too
    int count;
    std::uint64_t variants[StoredRoundTrip::most_variants];
};

struct Role {
    Oid role;  // first: the hash table's key
    int rows;
};

struct LoopMemory {
    LWLock* lock;     ///< for which entries there are, and for the scratch
    Entry** scratch;  ///< room for all entries, used while some make room
};

LoopMemory* loop_memory = nullptr;
HTAB* table = nullptr;
HTAB* families = nullptr;
HTAB* roles = nullptr;

shmem_request_hook_type next_request = nullptr;
shmem_startup_hook_type next_startup = nullptr;

Size size_of_memory() {
    return add_size(sizeof(LoopMemory), mul_size(round_trip_settings.max, sizeof(void*)));
}

void request() {
    if (next_request != nullptr) {
        next_request();
    }
    RequestAddinShmemSpace(MAXALIGN(size_of_memory()));
    for (const Size size : {sizeof(Entry), sizeof(Family), sizeof(Role)}) {
        RequestAddinShmemSpace(hash_estimate_size(round_trip_settings.max, size));
    }
    RequestAddinShmemSpace(size_of_totals());
    RequestAddinShmemSpace(size_of_running_loops());
    RequestAddinShmemSpace(size_of_heavy_rows());
    RequestAddinShmemSpace(size_of_requests());
    RequestNamedLWLockTranche(tranche, 1 + locks_of_heavy_rows + locks_of_requests);
}

HTAB* make_table(const char* name, Size key, Size entry) {
    HASHCTL control{};
    control.keysize = key;
    control.entrysize = entry;
    return init_shared_hash(name, round_trip_settings.max, control, HASH_ELEM | HASH_BLOBS);
}

/// Runs at the server's start, and again after a crash, with new memory.
void start_up() {
    if (next_startup != nullptr) {
        next_startup();
    }
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool found = false;
    loop_memory = static_cast<LoopMemory*>(ShmemInitStruct("onetrip", size_of_memory(), &found));
    if (!found) {
        loop_memory->lock = &GetNamedLWLockTranche(tranche)->lock;
        loop_memory->scratch = reinterpret_cast<Entry**>(loop_memory + 1);
    }
    table = make_table("onetrip round trips", sizeof(StoredRoundTrip::Key), sizeof(Entry));
    families = make_table("onetrip variants", sizeof(StoredRoundTrip::Base), sizeof(Family));
    roles = make_table("onetrip roles", sizeof(Oid), sizeof(Role));
    start_totals();
    start_running_loops();
    start_heavy_rows(GetNamedLWLockTranche(tranche) + 1);
    start_requests(GetNamedLWLockTranche(tranche) + 1 + locks_of_heavy_rows);
    LWLockRelease(AddinShmemInitLock);
    if (!found) {
        restore_round_trips_at_start();
    }
}

template <typename Value, typename Key>
Value* look_up(HTAB* hash, const Key& key, HASHACTION action = HASH_FIND) {
    return static_cast<Value*>(hash_search(hash, &key, action, nullptr));
}

// ---- making room: under the exclusive lock ------------------------------------------------------

int rows_of(Oid role) {
    const Role* const known = look_up<Role>(roles, role);
    return known == nullptr ? 0 : known->rows;
}

void forget_variant(const StoredRoundTrip::Key& key) {
    auto* const family = look_up<Family>(families, key.base);
    if (family == nullptr) {
        return;
    }
    std::uint64_t* const end = family->variants + family->count;
    family->count =
        static_cast<int>(std::remove(family->variants, end, key.variant) - family->variants);
    if (--family->rows == 0) {
        look_up<Family>(families, key.base, HASH_REMOVE);
    }
}

bool has_numbers(const StoredRoundTrip& loop) {
    return loop.numbers.statements > 0;
}

void remove(const StoredRoundTrip::Key key) {
    forget_variant(key);
    auto* const role = look_up<Role>(roles, key.base.role);
    if (role != nullptr && --role->rows == 0) {
        look_up<Role>(roles, key.base.role, HASH_REMOVE);
    }
    look_up<Entry>(table, key, HASH_REMOVE);
}

/// Removes the least recently seen entries, of one role or, if that is InvalidOid, of all.
void remove_oldest(Oid role, int count) {
    int found = 0;
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, table);
    while (auto* const entry = static_cast<Entry*>(hash_seq_search(&scan))) {
        if (!OidIsValid(role) || entry->loop.key.base.role == role) {
            loop_memory->scratch[found++] = entry;
        }
    }
    count = Min(count, found);
    std::nth_element(loop_memory->scratch, loop_memory->scratch + count,
                     loop_memory->scratch + found,
                     [](const Entry* a, const Entry* b) { return a->age() < b->age(); });
    for (int i = 0; i < count; ++i) {
        const StoredRoundTrip& loop = loop_memory->scratch[i]->loop;
        // An entry without numbers counts as evicted only when its numbers do not find it.
        if (has_numbers(loop)) {
            count_eviction(loop.key.base.database);
        }
        remove(loop.key);
    }
}

/// The role that has more than half of the table; InvalidOid if none has.
Oid role_with_most() {
    Oid found = InvalidOid;
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, roles);
    while (const auto* const role = static_cast<const Role*>(hash_seq_search(&scan))) {
        found = role->rows > round_trip_settings.max / 2 ? role->role : found;
    }
    return found;
}

/// Makes room for a new entry of a role.
void make_room(Oid role) {
    const int half = round_trip_settings.max / 2;
    const auto rows = static_cast<int>(hash_get_num_entries(table));
    const int own = rows_of(role);
    const auto twentieth = [](int count) { return Max(1, count / 20); };
    if (own >= half && rows > own) {
        remove_oldest(role, own - half + twentieth(half));
        return;
    }
    if (rows < round_trip_settings.max) {
        return;
    }
    const Oid most = role_with_most();
    if (OidIsValid(most) && most != role) {
        remove_oldest(most, rows_of(most) - half);
    } else {
        remove_oldest(InvalidOid, twentieth(rows));
    }
}

/// Counts another row of a loop and of a role; false if there is no room for it.
bool count_row(const StoredRoundTrip::Key& key) {
    bool is_known = true;
    auto* const family =
        static_cast<Family*>(hash_search(families, &key.base, HASH_ENTER_NULL, &is_known));
    if (family == nullptr) {
        return false;
    }
    if (!is_known) {
        family->rows = family->count = 0;
    }
    if (key.variant != 0 && family->count == StoredRoundTrip::most_variants) {
        return false;
    }
    ++family->rows;
    if (key.variant != 0) {
        family->variants[family->count++] = key.variant;
    }
    auto* const role =
        static_cast<Role*>(hash_search(roles, &key.base.role, HASH_ENTER_NULL, &is_known));
    if (role == nullptr) {
        forget_variant(key);
        return false;
    }
    role->rows = is_known ? role->rows + 1 : 1;
    return true;
}

/// A new entry; nullptr if there is no room for any.
Entry* insert(const StoredRoundTrip::Key& key) {
    if (!count_row(key)) {
        return nullptr;
    }
    auto* const entry = look_up<Entry>(table, key, HASH_ENTER_NULL);
    if (entry == nullptr) {
        remove(key);
        return nullptr;
    }
    entry->loop = StoredRoundTrip{};
    entry->loop.key = key;
    entry->held_until = 0;
    SpinLockInit(&entry->mutex);
    return entry;
}

void set_texts(StoredRoundTrip& stored, const RoundTripTexts& texts) {
    const auto copy = [](RoundTripText& to, const RoundTripText& from) {
        strlcpy(to, from, sizeof to);
    };
    stored.encoding = GetDatabaseEncoding();
    stored.owner = texts.owner;
    strlcpy(stored.leader_column, texts.leader_column, sizeof stored.leader_column);
    copy(stored.leader, texts.leader);
    copy(stored.repeated, texts.repeated);
    copy(stored.advice,
         stored.numbers.has_distinct_parameters ? texts.advice : texts.advice_if_same);
}

/// The numbers that an episode adds to a loop.
RoundTripNumbers numbers_of(const Loop& loop) {
    return {loop.is_new_in_episode ? 1 : 0,
            static_cast<std::int64_t>(loop.statements),
            static_cast<std::int64_t>(loop.statements_in_episode),
            static_cast<std::int64_t>(loop.round_trips),
            static_cast<std::int64_t>(loop.rows),
            static_cast<std::int64_t>(loop.transactions),
            loop.sessions,
            static_cast<std::int64_t>(loop.leader_rows),
            loop.busy,
            loop.wait,
            loop.first_seen,
            loop.last_seen,
            loop.has_distinct_parameters,
            loop.is_by_values};
}

/// Adds numbers to others. Either may still be empty.
void add_numbers(RoundTripNumbers& to, const RoundTripNumbers& numbers) {
    to.last_seen = Max(to.last_seen, numbers.last_seen);
    if (numbers.statements == 0) {
        return;
    }
    const bool is_new = to.statements == 0;
    to.episodes += is_new ? Max(numbers.episodes, std::int64_t{1}) : numbers.episodes;
    to.statements += numbers.statements;
    // A part of the episode may have been reported under another leader.
    to.longest = Max(to.longest, Min(numbers.longest, to.statements));
    to.round_trips += numbers.round_trips;
    to.rows += numbers.rows;
    to.transactions += numbers.transactions;
    to.sessions = Max(to.sessions, numbers.sessions);
    to.leader_rows += numbers.leader_rows;
    to.server_time += numbers.server_time;
    to.wait_time += numbers.wait_time;
    to.first_seen = is_new ? numbers.first_seen : Min(to.first_seen, numbers.first_seen);
    to.has_distinct_parameters |= numbers.has_distinct_parameters;
    to.is_by_values |= numbers.is_by_values;
}

/// Keeps the texts of the loop, if they are the first or say more. The caller holds the entry's own
/// lock, or the exclusive one.
void set_words(StoredRoundTrip& stored, const RoundTripTexts& texts, bool has_distinct_parameters) {
    const bool is_first_distinct =
        has_distinct_parameters && !stored.numbers.has_distinct_parameters;
    const bool is_first_proof = texts.leader_column[0] != '\0' && stored.leader_column[0] == '\0';
    stored.query_id = texts.query_id;
    stored.leader_query_id = texts.leader_query_id;
    stored.numbers.has_distinct_parameters |= has_distinct_parameters;
    if (stored.numbers.statements == 0 || is_first_distinct || is_first_proof) {
        set_texts(stored, texts);
    }
    strlcpy(stored.owner.traceparent, texts.owner.traceparent, sizeof stored.owner.traceparent);
}

/// Adds the least recently seen variant of a loop to variant 0 if there are too many.
void merge_oldest_variant(const StoredRoundTrip::Base& base) {
    const auto* const family = look_up<Family>(families, base);
    if (family == nullptr || family->count < StoredRoundTrip::most_variants) {
        return;
    }
    const Entry* oldest = nullptr;
    for (const std::uint64_t variant : family->variants) {
        const auto* const entry = look_up<Entry>(table, StoredRoundTrip::Key{base, variant});
        if (oldest == nullptr || (entry != nullptr && entry->age() < oldest->age())) {
            oldest = entry;
        }
    }
    if (oldest == nullptr) {
        return;
    }
    const StoredRoundTrip row = oldest->loop;
    const TimestampTz held_until = oldest->held_until;
    const StoredRoundTrip::Key sum = {base, 0};
    remove(row.key);
    auto* entry = look_up<Entry>(table, sum);
    if (entry != nullptr) {
        add_numbers(entry->loop.numbers, row.numbers);
    } else if ((entry = insert(sum)) != nullptr) {
        entry->loop = row;
        entry->loop.key = sum;
        entry->loop.owner = RoundTripOwner{};
    }
    if (entry != nullptr) {
        entry->held_until = Max(entry->held_until, held_until);
    }
}

StoredRoundTrip::Key key_for(const RoundTripTexts& texts) {
    return {{MyDatabaseId, texts.role, texts.key.leader, texts.key.repeated,
             static_cast<std::uint64_t>(texts.key.kind)},
            texts.variant};
}

/// The entry of a loop, which is new unless another session has just made it.
Entry* make_entry(const StoredRoundTrip::Key& key) {
    if (auto* const known = look_up<Entry>(table, key)) {
        return known;
    }
    merge_oldest_variant(key.base);
    make_room(key.base.role);
    return insert(key);
}

/// Has the loop of this key changed, which is made if it is not there; without room for it, nothing
/// happens. `change` is short and raises nothing.
template <typename Change>
void change_loop(const StoredRoundTrip::Key& key, Change&& change) {
    LWLockAcquire(loop_memory->lock, LW_SHARED);
    auto* known = look_up<Entry>(table, key);
    if (known == nullptr) {
        LWLockRelease(loop_memory->lock);
        LWLockAcquire(loop_memory->lock, LW_EXCLUSIVE);
        known = make_entry(key);
    }
    if (known != nullptr) {
        SpinLockAcquire(&known->mutex);
        change(*known);
        SpinLockRelease(&known->mutex);
    }
    LWLockRelease(loop_memory->lock);
}

}  // namespace

void request_round_trip_memory() {
    next_request = shmem_request_hook;
    shmem_request_hook = request;
    next_startup = shmem_startup_hook;
    shmem_startup_hook = start_up;
}

bool has_round_trip_memory() {
    return loop_memory != nullptr && table != nullptr && families != nullptr && roles != nullptr;
}

void store_round_trip(const Loop& loop, const RoundTripTexts& texts) {
    // Another library's hook may have left ours out when the server started.
    if (!has_round_trip_memory()) {
        return;
    }
    const StoredRoundTrip::Key key = key_for(texts);
    add_to_totals(MyDatabaseId, loop);
    change_loop(key, [&](Entry& entry) {
        set_words(entry.loop, texts, loop.has_distinct_parameters);
        add_numbers(entry.loop.numbers, numbers_of(loop));
    });
}

std::uint64_t hold_round_trip(const RoundTripTexts& texts, bool has_distinct_parameters) {
    const StoredRoundTrip::Key key = key_for(texts);
    if (!has_round_trip_memory()) {
        return key.variant;
    }
    const TimestampTz now = GetCurrentTimestamp();
    // It is held again at the next doubling.
    const TimestampTz end = now + roundtrip::EpisodeClock::longest_episode +
                            TimestampTz{round_trip_settings.gap} * 1000;
    change_loop(key, [&](Entry& entry) {
        set_words(entry.loop, texts, has_distinct_parameters);
        entry.loop.numbers.last_seen = Max(entry.loop.numbers.last_seen, now);
        entry.held_until = Max(entry.held_until, end);
    });
    return key.variant;
}

void add_round_trip(const StoredRoundTrip::Key& key, const Loop& loop) {
    if (!has_round_trip_memory()) {
        return;
    }
    add_to_totals(key.base.database, loop);
    LWLockAcquire(loop_memory->lock, LW_SHARED);
    auto* known = look_up<Entry>(table, key);
    if (known == nullptr) {
        // The row was added to this one if there were too many variants.
        known = look_up<Entry>(table, StoredRoundTrip::Key{key.base, 0});
    }
    if (known != nullptr) {
        SpinLockAcquire(&known->mutex);
        add_numbers(known->loop.numbers, numbers_of(loop));
        SpinLockRelease(&known->mutex);
    }
    LWLockRelease(loop_memory->lock);
    if (known == nullptr) {
        count_eviction(key.base.database);
    }
}

RoundTripPlace* round_trip_places(int& count) {
    // Room for all, so that nothing is allocated while sessions wait for the lock.
    auto* const places = static_cast<RoundTripPlace*>(
        palloc(mul_size(round_trip_settings.max, sizeof(RoundTripPlace))));
    count = 0;
    LWLockAcquire(loop_memory->lock, LW_SHARED);
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, table);
    while (const auto* const entry = static_cast<const Entry*>(hash_seq_search(&scan))) {
        places[count++] = {entry->loop.key, entry->loop.numbers.last_seen};
    }
    LWLockRelease(loop_memory->lock);
    std::sort(places, places + count, [](const RoundTripPlace& a, const RoundTripPlace& b) {
        return a.last_seen > b.last_seen;
    });
    return places;
}

bool copy_round_trip(const StoredRoundTrip::Key& key, StoredRoundTrip& copy) {
    LWLockAcquire(loop_memory->lock, LW_SHARED);
    auto* const entry = look_up<Entry>(table, key);
    if (entry != nullptr) {
        SpinLockAcquire(&entry->mutex);
        copy = entry->loop;
        SpinLockRelease(&entry->mutex);
    }
    LWLockRelease(loop_memory->lock);
    return entry != nullptr;
}

void forget_round_trips() {
    LWLockAcquire(loop_memory->lock, LW_EXCLUSIVE);
    remove_oldest(InvalidOid, round_trip_settings.max);
    LWLockRelease(loop_memory->lock);
    reset_totals();
}

void forget_round_trips(std::uint64_t query_id) {
    LWLockAcquire(loop_memory->lock, LW_EXCLUSIVE);
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, table);
    while (const auto* const entry = static_cast<const Entry*>(hash_seq_search(&scan))) {
        if (entry->loop.leader_query_id == query_id || entry->loop.query_id == query_id) {
            remove(entry->loop.key);
        }
    }
    LWLockRelease(loop_memory->lock);
}

bool may_log_round_trip(const RoundTripTexts& texts) {
    constexpr TimestampTz minute = 60 * USECS_PER_SEC;
    const TimestampTz now = GetCurrentTimestamp();
    bool may = false;
    LWLockAcquire(loop_memory->lock, LW_SHARED);
    if (auto* const entry = look_up<Entry>(table, key_for(texts))) {
        SpinLockAcquire(&entry->mutex);
        may = now - entry->loop.logged_at >= minute;
        entry->loop.logged_at = may ? now : entry->loop.logged_at;
        SpinLockRelease(&entry->mutex);
    }
    LWLockRelease(loop_memory->lock);
    return may;
}

int count_of_round_trips() {
    int count = 0;
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, table);
    while (auto* const entry = static_cast<Entry*>(hash_seq_search(&scan))) {
        if (has_numbers(entry->loop)) {
            loop_memory->scratch[count++] = entry;
        }
    }
    return count;
}

void each_round_trip_at_end(RoundTripTaker take, void* argument) {
    Entry** const end = loop_memory->scratch + count_of_round_trips();
    std::sort(loop_memory->scratch, end, [](const Entry* a, const Entry* b) {
        return a->loop.numbers.last_seen > b->loop.numbers.last_seen;
    });
    std::for_each(loop_memory->scratch, end,
                  [&](const Entry* entry) { take(entry->loop, argument); });
}

void restore_round_trip(const StoredRoundTrip& loop) {
    if (hash_get_num_entries(table) < round_trip_settings.max &&
        look_up<Entry>(table, loop.key) == nullptr) {
        if (Entry* const entry = insert(loop.key)) {
            entry->loop = loop;
        }
    }
}

}  // namespace onetrip::postgres
