#pragma once

#include <algorithm>

#include "postgres/server/server.hpp"

extern "C" {
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "storage/spin.h"
#include "utils/hsearch.h"
}

namespace onetrip::postgres {

/// A table of rows in shared memory, of a fixed size. A known row is found under a shared lock and
/// added to under a spinlock of its own; the exclusive lock is for new rows, and when there is no
/// room for one, the least recently seen twentieth of all goes.
///
/// A Row begins with its Key, which has no padding, and has `last_seen`.
template <typename Row>
class SharedRows {
  public:
    using Key = typename Row::Key;

    static Size size(int most) {
        return add_size(hash_estimate_size(most, sizeof(Entry)),
                        MAXALIGN(mul_size(most, sizeof(void*))));
    }

    /// Runs at the server's start. `name` is the name of the memory.
    void start_up(const char* name, int most, LWLock* lock) {
        HASHCTL control{};
        control.keysize = sizeof(Key);
        control.entrysize = sizeof(Entry);
        most_ = most;
        lock_ = lock;
        table_ = init_shared_hash(name, most, control, HASH_ELEM | HASH_BLOBS);
        bool found = false;
        scratch_ = static_cast<Entry**>(
            ShmemInitStruct(psprintf("%s, scratch", name), mul_size(most, sizeof(void*)), &found));
    }

    bool is_there() const { return table_ != nullptr; }

    /// Has a known row changed; false if it is not known. `change` is short and raises nothing.
    template <typename Change>
    bool change(const Key& key, Change&& change) const {
        LWLockAcquire(lock_, LW_SHARED);
        auto* const entry = static_cast<Entry*>(hash_search(table_, &key, HASH_FIND, nullptr));
        if (entry != nullptr) {
            SpinLockAcquire(&entry->lock);
            change(entry->row);
            SpinLockRelease(&entry->lock);
        }
        LWLockRelease(lock_);
        return entry != nullptr;
    }

    /// Adds a row, unless another session has just done so.
    void insert(const Row& row) const {
        LWLockAcquire(lock_, LW_EXCLUSIVE);
        bool found = false;
        hash_search(table_, &row.key, HASH_FIND, &found);
        if (!found && hash_get_num_entries(table_) >= most_) {
            evict();
        }
        auto* const entry =
            found ? nullptr
                  : static_cast<Entry*>(hash_search(table_, &row.key, HASH_ENTER_NULL, nullptr));
        if (entry != nullptr) {
            entry->row = row;
            SpinLockInit(&entry->lock);
        }
        LWLockRelease(lock_);
    }

    /// The keys of all rows, palloc'ed.
    Key* keys(int& count) const {
        // Room for all, so that nothing is allocated while sessions wait for the lock.
        auto* const keys = static_cast<Key*>(
            MemoryContextAllocHuge(CurrentMemoryContext, mul_size(most_, sizeof(Key))));
        count = 0;
        LWLockAcquire(lock_, LW_SHARED);
        for_each([&](Entry* entry) { keys[count++] = entry->row.key; });
        LWLockRelease(lock_);
        return keys;
    }

    /// Copies a row; false if it has gone.
    bool copy(const Key& key, Row& to) const {
        return change(key, [&](const Row& row) { to = row; });
    }

    /// Removes the rows of which `is_meant` is true.
    template <typename Question>
    void forget(Question&& is_meant) const {
        LWLockAcquire(lock_, LW_EXCLUSIVE);
        for_each([&](Entry* entry) {
            if (is_meant(entry->row)) {
                hash_search(table_, &entry->row.key, HASH_REMOVE, nullptr);
            }
        });
        LWLockRelease(lock_);
    }

    /// Hands all rows to `take`, the most recently seen first, while nobody else is there: at the
    /// server's end. restore() takes one of them back at its start, in that order, if there is room
    /// for it.
    template <typename Taker>
    void each_at_end(Taker&& take) const {
        Entry** const end = scratch_ + collect();
        std::sort(scratch_, end, [](const Entry* a, const Entry* b) {
            return a->row.last_seen > b->row.last_seen;
        });
        std::for_each(scratch_, end, [&](const Entry* entry) { take(entry->row); });
    }
    void restore(const Row& row) const {
        if (count() < most_) {
            insert(row);
        }
    }
    int count() const { return static_cast<int>(hash_get_num_entries(table_)); }

  private:
    struct Entry {
        Row row;  // first: it begins with the hash table's key
        slock_t lock;
    };

    /// The body may remove the entry that it is given.
    template <typename Body>
    void for_each(Body&& body) const {
        HASH_SEQ_STATUS scan;
        hash_seq_init(&scan, table_);
        while (void* const entry = hash_seq_search(&scan)) {
            body(static_cast<Entry*>(entry));
        }
    }

    /// Puts all rows into the scratch, and returns how many there are.
    int collect() const {
        int count = 0;
        for_each([&](Entry* entry) { scratch_[count++] = entry; });
        return count;
    }

    void evict() const {
        const int count = collect();
        const int leaving = most_ / 20 + 1;
        std::nth_element(
            scratch_, scratch_ + leaving - 1, scratch_ + count,
            [](const Entry* a, const Entry* b) { return a->row.last_seen < b->row.last_seen; });
        for (int i = 0; i < leaving; ++i) {
            hash_search(table_, &scratch_[i]->row.key, HASH_REMOVE, nullptr);
        }
    }

    int most_ = 0;
    LWLock* lock_ = nullptr;
    HTAB* table_ = nullptr;
    Entry** scratch_ = nullptr;  ///< room for all rows, under the exclusive lock
};

}  // namespace onetrip::postgres
