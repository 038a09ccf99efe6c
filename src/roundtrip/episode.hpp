#pragma once

#include <cstdint>
#include <optional>

#include "roundtrip/entry_table.hpp"
#include "roundtrip/held_block.hpp"

namespace onetrip::roundtrip {

/// Where a run belongs.
struct Placement {
    Entry::Place entry = Entry::nowhere;  ///< nowhere if it is the first of its entry
    Entry::Place parent = Entry::nowhere;
    QueryId leader = 0;
    bool is_neighbour = false;
    bool is_by_values = false;
    bool are_too_many = false;  ///< more writes than the list had rows that they followed
};

/// The statements of an episode, each under what leads it, and which of them are loops. It says
/// what follows from the runs that have been counted; the detector counts them and reports the
/// loops.
class Episode {
  public:
    using Place = Entry::Place;
    static constexpr Place nowhere = Entry::nowhere;

    /// A statement outside of a block that is repeated more slowly than this, on average, polls.
    static constexpr Microseconds slowest_repeat = 50'000;

    /// Writes outside of a block and without a leader are a loop if they follow one another within
    /// slowest_write, on average, and there are writes_for_repeats times as many. The average
    /// counts because single writes are late on a busy machine. Writes that are late by more than
    /// most_late in all begin anew, so that rare writes do not hide those in a loop after them.
    static constexpr Microseconds slowest_write = 10'000;
    static constexpr Microseconds most_late = 50'000;
    static constexpr std::uint32_t writes_for_repeats = 10;

    EntryTable entries;
    HeldBlock held;
    std::uint32_t repeats = 10;  ///< that make a loop
    bool is_block = false;       ///< it is a block, and no small one

    // ---- loops ----

    /// How many entries are loops.
    std::size_t loops() const { return loops_; }

    /// The loop that the entry is by now.
    std::optional<LoopKey> find_loop(const Entry& entry) const;
    void begin_loop(Entry& entry, const LoopKey& loop);
    void end_loop(Entry& entry) {
        loops_ -= entry.is_loop ? 1 : 0;
        entry.is_loop = entry.is_described = false;
    }

    /// Whether a statement is in a loop by now, or will be when the statements that are held count.
    bool will_be_loop(Place place) const {
        const Entry& entry = entries[place];
        return entry.is_loop || held.is_in_foreseen(entry.id);
    }

    /// The entry of a loop; while the statements of a small block are held, what they will be is
    /// not counted yet. nullptr if the statement has no entry.
    const Entry* entry_of(const LoopKey& loop) const;

    /// Runs of the statement that turn out to be of the same loop become the entry's.
    void absorb_others(Entry& entry);

    /// Whether a loop that was handed on by others ends, since with this parent they are in the
    /// loop of another list, and theirs over the former stands.
    bool is_handed_other_loop(const Entry& entry, Place parent) const;

    /// Whether runs of the entry may be a part of a loop over several blocks.
    bool goes_on(const Entry& entry) const;

    /// Forgets all entries.
    void clear() {
        entries.clear();
        loops_ = 0;
    }

    // ---- leaders ----

    /// The statement over whose rows the entry's statement is looped: the one whose result held its
    /// values, if that had two rows in an execution. A statement that runs about once for each
    /// execution of its parent, by order or because the parent was asked for the same, is a
    /// neighbour of that, and looped over the parent's own leader; so is one that is looped over a
    /// statement of one row.
    QueryId leader_of(const Entry& entry) const;

    /// How many of `some` further runs of a loop leave its leader what it is.
    std::uint32_t runs_with_leader(const Entry& entry, std::uint32_t some,
                                   bool are_by_values) const;

    /// The rows of a loop's leader; of one that ran before this episode, the rows of the results
    /// that led to the loop itself or to the statements of one row between them.
    std::uint64_t rows_of_leader(const Entry& loop) const;

    /// Whether a statement runs about once for each execution of what leads it: requests that read
    /// what belongs to a list at once, or one thing of it.
    static bool runs_once_each(const Entry& entry) {
        return entry.parent != nowhere && entry.runs < 2U * entry.turns;
    }

    /// The trips of the entry's statement under all leaders: those of its loop are among them.
    /// Mostly they are too few.
    std::uint32_t most_trips(const Entry& entry) const;

    /// Whether only repeats of the very same statement count: for a read outside of a block and
    /// without a leader.
    bool counts_same_only(const Entry& entry) const {
        return !is_block && entry.leader == 0 && entry.kind == Kind::select;
    }

    // ---- late runs (episode_late_runs.cpp) ----

    /// Brings runs to the entry that are seen to be its own with this one. Returns how many there
    /// were.
    std::uint32_t bring_runs(Entry& entry, const Run& run, const Placement& placement) const;
    /// Takes the runs that have become the entry's from the statement's entries under other
    /// leaders. If values led to it, no run waits to be led any more.
    void take_brought(Entry& entry, std::uint32_t runs, const Judgement& evidence,
                      const Placement& placement);
    /// Takes `runs` of the entry's runs from it: they count elsewhere.
    void take_runs(Entry& entry, std::uint32_t runs);
    /// Releases the statement's last runs, which were led to by chance: they wait to be brought to
    /// the leader of this one.
    void release_runs(const Entry& entry, const Judgement& evidence);

  private:
    /// The runs that were found to be of a loop, and the numbers that they bring to it.
    struct Brought {
        std::uint32_t runs = 0;
        std::uint64_t rows = 0;
        std::uint64_t transactions = 0;
        std::uint64_t transaction = 0;  ///< of the last ones
        Microseconds busy = 0;
        Microseconds wait = 0;

        void add(const Entry& from, std::uint32_t part);
        void keep(std::uint32_t some);
    };

    const Entry* roomy_list(const Entry& entry) const;
    QueryId roomy_leader(const Entry& entry) const;
    bool repeats_enough(const Entry& entry, QueryId leader) const;
    bool counts_with(const Entry& entry, const Entry& other, QueryId leader) const;
    bool counts_in_block(const Entry& entry) const;
    bool counts_outside(const Entry& entry, QueryId leader) const;
    bool counts_without_leader(const Entry& entry) const;
    bool is_of_block(const Entry& entry) const;
    bool is_next_to_parent(const Entry& entry) const;
    bool is_under(const Entry& entry, QueryId leader) const;
    bool belongs_to(const Entry& loop, const Entry& other) const;
    std::uint64_t rows_of(QueryId id) const;
    Brought runs_to_bring(const Entry& entry, const Judgement& evidence,
                          const Placement& placement) const;
    Brought first_run_of(const Entry& entry, const Judgement& evidence,
                         const Placement& placement) const;
    bool may_bring_from(const Entry& other, const Judgement& evidence,
                        const Placement& placement) const;
    Entry* latest_led(const Entry& entry, QueryId leader);

    std::size_t loops_ = 0;
};

// ---- what runs with each statement --------------------------------------------------------------

inline QueryId Episode::leader_of(const Entry& entry) const {
    const Entry* at = &entry;
    for (std::size_t steps = 0; steps < EntryTable::places; ++steps) {
        if (at->leader == at->id) {
            return at->is_by_values() ? at->leader : 0;
        }
        if (at->parent == nowhere) {
            return at->is_one_row ? 0 : at->leader;
        }
        const bool is_under =
            at->is_by_values() && !at->is_echo ? !at->is_one_row : at->runs >= 2 * at->turns;
        if (is_under && entries[at->parent].is_many) {
            return at->is_by_values() ? entries.id_at(at->parent) : roomy_leader(*at);
        }
        at = &entries[at->parent];
    }
    return 0;
}

[[gnu::always_inline]] inline std::uint32_t Episode::most_trips(const Entry& entry) const {
    std::uint32_t trips = entry.trips;
    for (const Entry& other : entries.others_of(entry)) {
        trips += other.trips;
    }
    return trips;
}

}  // namespace onetrip::roundtrip
