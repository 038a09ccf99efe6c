#include "postgres/round_trip_memory.hpp"

#include <algorithm>
#include <climits>

extern "C" {
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
}

namespace onetrip::postgres {

namespace {

using roundtrip::Loop;

constexpr const char* tranche = "onetrip";

int watch_max = 1000;

struct Memory {
    LWLock* lock;  ///< for the table and all in it
};

Memory* memory = nullptr;
HTAB* table = nullptr;

shmem_request_hook_type next_request = nullptr;
shmem_startup_hook_type next_startup = nullptr;

void request() {
    if (next_request != nullptr) {
        next_request();
    }
    RequestAddinShmemSpace(
        add_size(MAXALIGN(sizeof(Memory)), hash_estimate_size(watch_max, sizeof(StoredRoundTrip))));
    RequestNamedLWLockTranche(tranche, 1);
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
    }
    HASHCTL control{};
    control.keysize = sizeof(StoredRoundTrip::Key);
    control.entrysize = sizeof(StoredRoundTrip);
    table = init_shared_hash("onetrip round trips", watch_max, control, HASH_ELEM | HASH_BLOBS);
    LWLockRelease(AddinShmemInitLock);
}

void remove_least_recently_seen() {
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, table);
    const StoredRoundTrip* oldest = nullptr;
    while (auto* const stored = static_cast<StoredRoundTrip*>(hash_seq_search(&scan))) {
        if (oldest == nullptr || stored->last_seen < oldest->last_seen) {
            oldest = stored;
        }
    }
    if (oldest != nullptr) {
        const StoredRoundTrip::Key key = oldest->key;
        hash_search(table, &key, HASH_REMOVE, nullptr);
    }
}

/// The loop's entry, empty where it is new. nullptr where there is no room for any.
StoredRoundTrip* entry_of(const StoredRoundTrip::Key& key) {
    auto* stored = static_cast<StoredRoundTrip*>(hash_search(table, &key, HASH_FIND, nullptr));
    if (stored != nullptr) {
        return stored;
    }
    if (hash_get_num_entries(table) >= watch_max) {
        remove_least_recently_seen();
    }
    stored = static_cast<StoredRoundTrip*>(hash_search(table, &key, HASH_ENTER_NULL, nullptr));
    if (stored != nullptr) {
        *stored = StoredRoundTrip{};
        stored->key = key;
    }
    return stored;
}

void set_texts(StoredRoundTrip& stored, const RoundTripTexts& texts) {
    const auto copy = [](RoundTripText& to, const RoundTripText& from) {
        strlcpy(to, from, sizeof to);
    };
    stored.encoding = GetDatabaseEncoding();
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
    if (is_new || is_first_distinct) {
        set_texts(stored, texts);
    }
}

}  // namespace

void request_round_trip_memory() {
    // A copy of all loops has to fit into 1 GB, and one loop takes 3 kB.
    constexpr int most = 250'000;
    DefineCustomIntVariable("onetrip.watch_max", "Number of loops of statements remembered.",
                            "The least recently seen makes room.", &watch_max, 1000, 10, most,
                            PGC_POSTMASTER, 0, nullptr, nullptr, nullptr);
    next_request = shmem_request_hook;
    shmem_request_hook = request;
    next_startup = shmem_startup_hook;
    shmem_startup_hook = start_up;
}

bool has_round_trip_memory() {
    return memory != nullptr && table != nullptr;
}

void store_round_trip(const Loop& loop, const RoundTripTexts& texts) {
    const StoredRoundTrip::Key key = {MyDatabaseId, texts.role, loop.key.leader, loop.key.repeated,
                                      static_cast<std::uint64_t>(loop.key.kind)};
    LWLockAcquire(memory->lock, LW_EXCLUSIVE);
    if (StoredRoundTrip* const stored = entry_of(key)) {
        add(*stored, loop, texts);
    }
    LWLockRelease(memory->lock);
}

StoredRoundTrip* copy_round_trips(int& count) {
    // Room for all, so that nothing is allocated while sessions wait for the lock.
    auto* const copies = static_cast<StoredRoundTrip*>(
        palloc(mul_size(static_cast<Size>(watch_max), sizeof(StoredRoundTrip))));
    count = 0;
    LWLockAcquire(memory->lock, LW_SHARED);
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, table);
    while (const auto* const stored = static_cast<StoredRoundTrip*>(hash_seq_search(&scan))) {
        copies[count++] = *stored;
    }
    LWLockRelease(memory->lock);
    return copies;
}

void forget_round_trips() {
    LWLockAcquire(memory->lock, LW_EXCLUSIVE);
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, table);
    while (const auto* const stored = static_cast<StoredRoundTrip*>(hash_seq_search(&scan))) {
        const StoredRoundTrip::Key key = stored->key;
        hash_search(table, &key, HASH_REMOVE, nullptr);
    }
    LWLockRelease(memory->lock);
}

}  // namespace onetrip::postgres
