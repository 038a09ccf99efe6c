// A slot for each backend, in shared memory, with the loop that it runs.
//
// Only its backend writes a slot: when a loop is born, each time that it has doubled, and when it
// has ended. A backend that is killed takes the shared memory with it (the server starts anew); a
// loop that is left there after any other end is passed over, because its process is gone.

#include "postgres/round_trips/round_trip_running.hpp"

#include "postgres/round_trips/round_trip_owner.hpp"

extern "C" {
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/shmem.h"
#include "storage/spin.h"
}

namespace onetrip::postgres {

namespace {

struct Slot {
    slock_t lock;
    RunningLoop loop;
};

Slot* slots = nullptr;

/// The loop that this backend shows.
bool is_shown = false;
roundtrip::LoopKey shown;
std::uint64_t shown_statements = 0;

/// Copies a text with its end.
void copy_text(RoundTripText& to, const RoundTripText& from) {
    std::memcpy(to, from, strnlen(from, sizeof from - 1) + 1);
}

/// The slot of this backend; the first MaxBackends of all processes may have sessions.
Slot* own_slot() {
    const std::ptrdiff_t own = MyProc == nullptr ? -1 : MyProc - ProcGlobal->allProcs;
    return slots == nullptr || own < 0 || own >= MaxBackends ? nullptr : &slots[own];
}

/// Whether a loop is the one that is shown; its leader may have changed since.
bool is_shown_loop(const roundtrip::LoopKey& key) {
    return key.repeated == shown.repeated && key.kind == shown.kind;
}

/// What stays the same while the loop runs.
void set_texts(RunningLoop& to, const roundtrip::LoopKey& key, const RoundTripTexts& texts) {
    to.pid = MyProcPid;
    to.database = MyDatabaseId;
    to.role = texts.role;
    to.encoding = GetDatabaseEncoding();
    to.key = key;
    copy_text(to.leader, texts.leader);
    copy_text(to.repeated, texts.repeated);
}

void set_numbers(RunningLoop& to, const roundtrip::Loop& loop) {
    copy_application_name(to.application_name);
    to.since = loop.first_seen;
    to.statements = static_cast<std::int64_t>(loop.statements);
    to.round_trips = static_cast<std::int64_t>(loop.round_trips);
    to.wait_time = loop.wait;
}

void hide(Slot& slot) {
    is_shown = false;
    SpinLockAcquire(&slot.lock);
    slot.loop.pid = 0;
    SpinLockRelease(&slot.lock);
}

}  // namespace

Size size_of_running_loops() {
    return mul_size(MaxBackends, sizeof(Slot));
}

void start_running_loops() {
    bool found = false;
    slots = static_cast<Slot*>(
        ShmemInitStruct("onetrip running loops", size_of_running_loops(), &found));
    for (int i = 0; !found && i < MaxBackends; ++i) {
        SpinLockInit(&slots[i].lock);
        slots[i].loop.pid = 0;
    }
}

void show_running_loop(const roundtrip::Loop& loop, const RoundTripTexts& texts) {
    Slot* const slot = own_slot();
    if (slot == nullptr ||
        (is_shown && !is_shown_loop(loop.key) && loop.statements <= shown_statements)) {
        return;
    }
    const bool is_known = is_shown && shown == loop.key;
    is_shown = true;
    shown = loop.key;
    shown_statements = loop.statements;
    SpinLockAcquire(&slot->lock);
    set_numbers(slot->loop, loop);
    if (!is_known) {
        set_texts(slot->loop, loop.key, texts);
    }
    SpinLockRelease(&slot->lock);
}

void hide_running_loop(const roundtrip::LoopKey& key) {
    Slot* const slot = own_slot();
    if (slot != nullptr && is_shown && is_shown_loop(key)) {
        hide(*slot);
    }
}

void hide_running_loops() {
    Slot* const slot = own_slot();
    if (slot != nullptr && is_shown) {
        hide(*slot);
    }
}

int slots_of_running_loops() {
    return slots == nullptr ? 0 : MaxBackends;
}

bool copy_running_loop(int slot, RunningLoop& copy) {
    SpinLockAcquire(&slots[slot].lock);
    copy.pid = slots[slot].loop.pid;
    if (copy.pid != 0) {
        copy = slots[slot].loop;
    }
    SpinLockRelease(&slots[slot].lock);
    return copy.pid != 0 && BackendPidGetProc(copy.pid) != nullptr;
}

}  // namespace onetrip::postgres
