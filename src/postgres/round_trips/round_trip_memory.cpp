// The loops of all sessions, in shared memory of a fixed size that the server's start sets apart.
//
// One lock is for all of it. It knows of a loop its key, its numbers and its texts, and nothing of
// how they came about.

#include "postgres/round_trips/round_trip_memory.hpp"

#include <algorithm>

#include "postgres/round_trips/heavy_memory.hpp"
#include "postgres/round_trips/round_trip_file.hpp"
#include "postgres/round_trips/round_trip_running.hpp"
#include "postgres/round_trips/round_trip_settings.hpp"
#include "postgres/round_trips/round_trip_totals.hpp"

extern "C" {
#include "lib/ilist.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/hsearch.h"
}

namespace onetrip::postgres {

namespace {

using roundtrip::Loop;

constexpr const char* tranche = "onetrip";

/// A loop in the table, and in the list of all loops.
struct Entry {
    StoredRoundTrip loop;  // first: it begins with the hash table's key
    dlist_node node;
};

struct Memory {
    LWLock* lock;          ///< for all that follows, and for the table and all in it
    dlist_head last_seen;  ///< all entries, the most recently seen first
};

Memory* memory = nullptr;
HTAB* table = nullptr;

shmem_request_hook_type next_request = nullptr;
shmem_startup_hook_type next_startup = nullptr;

void request() {
    if (next_request != nullptr) {
        next_request();
    }
    RequestAddinShmemSpace(add_size(MAXALIGN(sizeof(Memory)),
                                    hash_estimate_size(round_trip_settings.max, sizeof(Entry))));
    RequestAddinShmemSpace(size_of_totals());
    RequestAddinShmemSpace(size_of_running_loops());
    RequestAddinShmemSpace(size_of_heavy_rows());
    RequestNamedLWLockTranche(tranche, 1 + locks_of_heavy_rows);
}

/// Runs at the server's start, and again after a crash, with new memory.
void start_up() {
    if (next_startup != nullptr) {
        next_startup();
    }
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool found = false;
    memory = static_cast<Memory*>(ShmemInitStruct("onetrip", sizeof(Memory), &found));
    if (!found) {
        memory->lock = &GetNamedLWLockTranche(tranche)->lock;
        dlist_init(&memory->last_seen);
    }
    HASHCTL control{};
    control.keysize = sizeof(StoredRoundTrip::Key);
    control.entrysize = sizeof(Entry);
    table = init_shared_hash("onetrip round trips", round_trip_settings.max, control,
                             HASH_ELEM | HASH_BLOBS);
    start_totals();
    start_running_loops();
    start_heavy_rows(GetNamedLWLockTranche(tranche) + 1);
    LWLockRelease(AddinShmemInitLock);
    if (!found) {
        restore_round_trips_at_start();
    }
}

Entry* entry_at(dlist_node* node) {
    return reinterpret_cast<Entry*>(reinterpret_cast<char*>(node) - offsetof(Entry, node));
}

void remove(Entry* entry) {
    dlist_delete(&entry->node);
    const StoredRoundTrip::Key key = entry->loop.key;
    hash_search(table, &key, HASH_REMOVE, nullptr);
}

/// Moves an entry to its place in the list. A session may tell late of a loop, so that others have
/// been seen since; there are few.
void sort_in(Entry* entry) {
    dlist_delete(&entry->node);
    dlist_node* const head = &memory->last_seen.head;
    dlist_node* at = head->next;
    while (at != head && entry_at(at)->loop.last_seen > entry->loop.last_seen) {
        at = at->next;
    }
    dlist_insert_before(at, &entry->node);
}

/// The loop's entry, empty if it is new; the least recently seen makes room. nullptr if there is no
/// room for any.
Entry* entry_of(const StoredRoundTrip::Key& key) {
    auto* entry = static_cast<Entry*>(hash_search(table, &key, HASH_FIND, nullptr));
    if (entry != nullptr) {
        return entry;
    }
    if (hash_get_num_entries(table) >= round_trip_settings.max) {
        Entry* const oldest = entry_at(dlist_tail_node(&memory->last_seen));
        count_eviction(oldest->loop.key.database);
        remove(oldest);
    }
    entry = static_cast<Entry*>(hash_search(table, &key, HASH_ENTER_NULL, nullptr));
    if (entry != nullptr) {
        entry->loop = StoredRoundTrip{};
        entry->loop.key = key;
        dlist_push_tail(&memory->last_seen, &entry->node);
    }
    return entry;
}

void set_texts(StoredRoundTrip& stored, const RoundTripTexts& texts) {
    const auto copy = [](RoundTripText& to, const RoundTripText& from) {
        strlcpy(to, from, sizeof to);
    };
    stored.encoding = GetDatabaseEncoding();
    strlcpy(stored.leader_column, texts.leader_column, sizeof stored.leader_column);
    copy(stored.leader, texts.leader);
    copy(stored.repeated, texts.repeated);
    copy(stored.advice, stored.has_distinct_parameters ? texts.advice : texts.advice_if_same);
}

void add(StoredRoundTrip& stored, const Loop& loop, const RoundTripTexts& texts) {
    const bool is_new = stored.episodes == 0;
    const bool is_first_distinct = loop.has_distinct_parameters && !stored.has_distinct_parameters;
    const auto statements = static_cast<std::int64_t>(loop.statements);
    stored.episodes += loop.is_new_in_episode || is_new ? 1 : 0;
    stored.statements += statements;
    stored.longest = std::max(stored.longest, statements);
    stored.leader_rows += static_cast<std::int64_t>(loop.leader_rows);
    stored.server_time += loop.busy;
    stored.wait_time += loop.wait;
    stored.first_seen = is_new ? loop.first_seen : std::min(stored.first_seen, loop.first_seen);
    stored.last_seen = std::max(stored.last_seen, loop.last_seen);
    stored.has_distinct_parameters |= loop.has_distinct_parameters;
    const bool is_first_proof = loop.is_by_values && !stored.is_by_values;
    stored.is_by_values |= loop.is_by_values;
    if (is_new || is_first_distinct || is_first_proof) {
        set_texts(stored, texts);
    }
}

}  // namespace

void request_round_trip_memory() {
    next_request = shmem_request_hook;
    shmem_request_hook = request;
    next_startup = shmem_startup_hook;
    shmem_startup_hook = start_up;
}

bool has_round_trip_memory() {
    return memory != nullptr && table != nullptr;
}

void store_round_trip(const Loop& loop, const RoundTripTexts& texts) {
    // Another library's hook may have left ours out when the server started.
    if (!has_round_trip_memory()) {
        return;
    }
    const StoredRoundTrip::Key key = {MyDatabaseId, texts.role, loop.key.leader, loop.key.repeated,
                                      static_cast<std::uint64_t>(loop.key.kind)};
    add_to_totals(loop);
    LWLockAcquire(memory->lock, LW_EXCLUSIVE);
    if (Entry* const entry = entry_of(key)) {
        add(entry->loop, loop, texts);
        sort_in(entry);
    }
    LWLockRelease(memory->lock);
}

StoredRoundTrip::Key* round_trip_keys(int& count) {
    // Room for all, so that nothing is allocated while sessions wait for the lock.
    auto* const keys = static_cast<StoredRoundTrip::Key*>(
        palloc(mul_size(round_trip_settings.max, sizeof(StoredRoundTrip::Key))));
    count = 0;
    LWLockAcquire(memory->lock, LW_SHARED);
    dlist_node* const head = &memory->last_seen.head;
    for (dlist_node* at = head->next; at != head; at = at->next) {
        keys[count++] = entry_at(at)->loop.key;
    }
    LWLockRelease(memory->lock);
    return keys;
}

bool copy_round_trip(const StoredRoundTrip::Key& key, StoredRoundTrip& copy) {
    LWLockAcquire(memory->lock, LW_SHARED);
    const auto* const entry =
        static_cast<const Entry*>(hash_search(table, &key, HASH_FIND, nullptr));
    if (entry != nullptr) {
        copy = entry->loop;
    }
    LWLockRelease(memory->lock);
    return entry != nullptr;
}

void forget_round_trips() {
    LWLockAcquire(memory->lock, LW_EXCLUSIVE);
    while (!dlist_is_empty(&memory->last_seen)) {
        remove(entry_at(dlist_tail_node(&memory->last_seen)));
    }
    LWLockRelease(memory->lock);
    reset_totals();
}

void forget_round_trips(roundtrip::QueryId id) {
    LWLockAcquire(memory->lock, LW_EXCLUSIVE);
    dlist_node* const head = &memory->last_seen.head;
    for (dlist_node* at = head->next; at != head;) {
        Entry* const entry = entry_at(at);
        at = at->next;
        if (entry->loop.key.leader == id || entry->loop.key.repeated == id) {
            remove(entry);
        }
    }
    LWLockRelease(memory->lock);
}

bool may_log_round_trip(const roundtrip::LoopKey& loop, Oid role) {
    constexpr TimestampTz minute = 60 * USECS_PER_SEC;
    const StoredRoundTrip::Key key = {MyDatabaseId, role, loop.leader, loop.repeated,
                                      static_cast<std::uint64_t>(loop.kind)};
    const TimestampTz now = GetCurrentTimestamp();
    bool may = false;
    LWLockAcquire(memory->lock, LW_EXCLUSIVE);
    auto* const entry = static_cast<Entry*>(hash_search(table, &key, HASH_FIND, nullptr));
    if (entry != nullptr && now - entry->loop.logged_at >= minute) {
        entry->loop.logged_at = now;
        may = true;
    }
    LWLockRelease(memory->lock);
    return may;
}

int count_of_round_trips() {
    return static_cast<int>(hash_get_num_entries(table));
}

void each_round_trip_at_end(RoundTripTaker take, void* argument) {
    dlist_node* const head = &memory->last_seen.head;
    for (dlist_node* at = head->next; at != head; at = at->next) {
        take(entry_at(at)->loop, argument);
    }
}

void restore_round_trip(const StoredRoundTrip& loop) {
    if (hash_get_num_entries(table) < round_trip_settings.max) {
        if (Entry* const entry = entry_of(loop.key)) {
            entry->loop = loop;
        }
    }
}

}  // namespace onetrip::postgres
