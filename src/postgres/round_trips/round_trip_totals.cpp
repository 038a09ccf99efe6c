// The totals of each database: counters in shared memory that no eviction takes back.
//
// One spinlock guards all of them. They are added to once a loop and episode.

#include "postgres/round_trips/round_trip_totals.hpp"

extern "C" {
#include "storage/shmem.h"
#include "storage/spin.h"
}

namespace onetrip::postgres {

namespace {

struct SharedTotals {
    slock_t lock;
    RoundTripTotals totals;
};

SharedTotals* shared_totals = nullptr;

/// The totals of a database. The caller holds the lock.
RoundTripTotal& total_of(Oid database) {
    RoundTripTotals& all = shared_totals->totals;
    for (int i = 0; i < all.count; ++i) {
        if (all.totals[i].database == database) {
            return all.totals[i];
        }
    }
    if (all.count < RoundTripTotals::most - 1) {
        RoundTripTotal& total = all.totals[all.count++];
        total = {};
        total.database = database;
        return total;
    }
    all.count = RoundTripTotals::most;
    return all.totals[RoundTripTotals::most - 1];
}

template <typename Body>
void with_lock(Body&& body) {
    if (shared_totals != nullptr) {
        SpinLockAcquire(&shared_totals->lock);
        body();
        SpinLockRelease(&shared_totals->lock);
    }
}

}  // namespace

Size size_of_totals() {
    return MAXALIGN(sizeof(SharedTotals));
}

void start_totals() {
    bool found = false;
    shared_totals =
        static_cast<SharedTotals*>(ShmemInitStruct("onetrip totals", sizeof(SharedTotals), &found));
    if (!found) {
        *shared_totals = {};
        SpinLockInit(&shared_totals->lock);
        shared_totals->totals.since = GetCurrentTimestamp();
    }
}

void add_to_totals(Oid database, const roundtrip::Loop& loop) {
    with_lock([&] {
        RoundTripTotal& total = total_of(database);
        total.loops += loop.is_new_in_episode ? 1 : 0;
        total.statements += static_cast<std::int64_t>(loop.statements);
        total.round_trips += static_cast<std::int64_t>(loop.round_trips);
        total.server_time += loop.busy;
        total.wait_time += loop.wait;
    });
}

void count_eviction(Oid database) {
    with_lock([&] { ++total_of(database).evictions; });
}

void copy_totals(RoundTripTotals& copy) {
    with_lock([&] { copy = shared_totals->totals; });
}

void set_totals(const RoundTripTotals& totals) {
    with_lock([&] { shared_totals->totals = totals; });
}

void reset_totals() {
    const TimestampTz now = GetCurrentTimestamp();
    with_lock([&] {
        shared_totals->totals = {};
        shared_totals->totals.since = now;
    });
}

}  // namespace onetrip::postgres
