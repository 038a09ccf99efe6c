// Judges whether the runs of an episode's statements are loops, and under which leaders.
//
// It reads the counts of the runs, and knows nothing of time but the waits between them.

#include "roundtrip/episode.hpp"

#include <algorithm>
#include <utility>

namespace onetrip::roundtrip {

namespace {

/// A list that is read page by page has no leader.
std::optional<LoopKey> loop_of_pages(const Entry& entry, std::uint32_t repeats) {
    if (entry.trips < repeats || entry.is_large_page) {
        return std::nullopt;
    }
    return LoopKey{0, entry.id, Kind::page};
}

/// Whether values led to so few runs of the statement that they do not lead it.
bool is_led_by_chance(const Entry& led, const Entry& others) {
    return led.value_runs > 0 && !others.is_by_values() && others.leader != others.id &&
           !is_led_by_values(led.runs, std::uint64_t{led.runs} + others.runs);
}

}  // namespace

// ---- loops --------------------------------------------------------------------------------------

std::optional<LoopKey> Episode::find_loop(const Entry& entry) const {
    if (entry.runs == 0 || entry.is_dismissed) {
        return std::nullopt;
    }
    if (entry.is_paging()) {
        return loop_of_pages(entry, repeats);
    }
    if (most_trips(entry) < repeats) {
        return std::nullopt;
    }
    const QueryId leader = leader_of(entry);
    if (writes_many(entry.kind, leader, entry.rows, entry.all_runs) ||
        !repeats_enough(entry, leader) ||
        (!counts_in_block(entry) && !counts_outside(entry, leader))) {
        return std::nullopt;
    }
    return LoopKey{leader, entry.id, entry.kind};
}

void Episode::begin_loop(Entry& entry, const LoopKey& loop) {
    entry.is_loop = entry.is_described = true;
    entry.next_report = 0;
    entry.loop_leader = loop.leader;
    entry.loop_kind = loop.kind;
    ++loops_;
    absorb_others(entry);
}

/// Whether there were enough runs that were waited for.
bool Episode::repeats_enough(const Entry& entry, QueryId leader) const {
    std::uint32_t trips = entry.trips;
    for (const Entry& other : entries.others_of(entry)) {
        trips += other.runs > 0 && counts_with(entry, other, leader) ? other.trips : 0;
    }
    return trips >= repeats;
}

/// Whether runs under another leader count with the entry's.
bool Episode::counts_with(const Entry& entry, const Entry& other, QueryId leader) const {
    if (other.is_loop_of_pages()) {
        return false;
    }
    // The statement ran under the leader itself before its neighbour had rows.
    const bool may_be_before = leader != 0 || is_block;
    if (may_be_before && other.leader == leader && is_under(other, leader)) {
        return true;
    }
    if (!is_block || other.is_loop) {
        return false;
    }
    // The root of a tree is asked for by no result's value.
    return leader == entry.id || is_led_by_chance(other, entry);
}

/// Whether there are enough runs in the block for a loop.
bool Episode::is_of_block(const Entry& entry) const {
    return entry.runs - entry.runs_before_block >= repeats;
}

/// Whether enough repeats are a loop because they are of one block.
bool Episode::counts_in_block(const Entry& entry) const {
    return is_block && (entry.runs_before_block == 0 || is_of_block(entry));
}

/// Whether enough repeats outside of a block are a loop.
bool Episode::counts_outside(const Entry& entry, QueryId leader) const {
    if (leader == 0) {
        return entry.leader == 0 && counts_without_leader(entry);
    }
    if (entry.is_neighbour) {
        // Its leader is that of a loop which runs just as often.
        return entry.parent != nowhere && leader != entry.leader && will_be_loop(entry.parent);
    }
    if (leader != entry.leader && entry.parent != nowhere && (entry.is_one_row || entry.is_echo)) {
        // Only a loop is handed on.
        return will_be_loop(entry.parent);
    }
    if (!entry.is_by_values()) {
        return entry.kind != Kind::select;
    }
    return (entry.is_half || entry.confirmed.runs >= repeats) &&
           (!is_next_to_parent(entry) || will_be_loop(entry.parent));
}

bool Episode::counts_without_leader(const Entry& entry) const {
    if (!entry.counts_alone) {
        return false;
    }
    if (entry.kind != Kind::select) {
        return entry.runs >= writes_for_repeats * repeats &&
               entry.wait <= slowest_write * (entry.runs - 1);
    }
    return !entry.has_distinct_parameters && entry.parameters != 0 &&
           entry.wait <= slowest_repeat * (entry.runs - 1);
}

/// Whether a statement is not known to run for each row of its leader: that held its values because
/// it had been asked for them, or the statement runs about once for each execution.
bool Episode::is_next_to_parent(const Entry& entry) const {
    return entry.parent != nowhere && (entry.is_echo || runs_once_each(entry));
}

bool Episode::goes_on(const Entry& entry) const {
    return entry.is_by_values() && !(is_block && entry.is_loop && is_of_block(entry)) &&
           leader_of(entry) != 0;
}

bool Episode::is_handed_other_loop(const Entry& entry, Place parent) const {
    Place at = parent;
    for (std::size_t steps = 0; at != nowhere && steps < EntryTable::places; ++steps) {
        const bool is_other = entries[at].leader != entry.loop_leader;
        const Place former = is_other ? entries.find(entries[at], entry.loop_leader) : nowhere;
        if (former != nowhere && entries[former].is_loop && entries[former].runs > 0) {
            return true;
        }
        at = entries[at].parent;
    }
    return false;
}

const Entry* Episode::entry_of(const LoopKey& loop) const {
    const Entry* found = nullptr;
    for (const Entry& entry : entries.of(loop.repeated)) {
        if (found == nullptr ||
            std::pair(entry.is_loop, entry.runs) > std::pair(found->is_loop, found->runs)) {
            found = &entry;
        }
    }
    return found;
}

bool Episode::belongs_to(const Entry& loop, const Entry& other) const {
    return is_under(other, loop.loop_leader) ||
           (is_block && !other.is_loop && is_led_by_chance(other, loop));
}

void Episode::absorb_others(Entry& entry) {
    if (counts_same_only(entry) || entry.loop_kind == Kind::page) {
        return;
    }
    const Entry before = entry;
    for (Entry& other : entries.others_of(entry)) {
        if (other.runs == 0 || other.is_loop_of_pages() || !belongs_to(before, other)) {
            continue;
        }
        entry.has_distinct_parameters |=
            other.has_distinct_parameters || other.parameters != entry.parameters;
        entry.runs += other.runs;
        entry.trips += other.trips;
        entry.unled.add(other.unled);
        entry.lists += other.lists;
        entry.run_rows += other.run_rows;
        const bool has_same = other.transaction == entry.transaction && other.transactions > 0;
        entry.transactions += other.transactions - (has_same ? 1 : 0);
        entry.value_runs += is_under(other, before.loop_leader) ? other.value_runs : 0;
        entry.busy += other.busy;
        entry.wait += other.wait;
        entry.first_seen = std::min(entry.first_seen, other.first_seen);
        entry.last_seen = std::max(entry.last_seen, other.last_seen);
        entry.reported_runs += other.reported_runs;
        other.reported_runs = 0;
        other.unled = {};
        end_loop(other);
        other.forget_runs();
    }
}

// ---- leaders ------------------------------------------------------------------------------------

/// The last statement that had as many rows as there were runs; nullptr if there is none.
const Entry* Episode::roomy_list(const Entry& entry) const {
    Place at = entry.parent;
    for (std::size_t steps = 0; at != nowhere && steps < EntryTable::places; ++steps) {
        const Entry& list = entries[at];
        if (list.is_many && list.all_rows >= entry.all_runs) {
            return &list;
        }
        at = list.parent;
    }
    return nullptr;
}

QueryId Episode::roomy_leader(const Entry& entry) const {
    const Entry* const list = roomy_list(entry);
    return list == nullptr ? 0 : list->id;
}

std::uint32_t Episode::runs_with_leader(const Entry& entry, std::uint32_t some,
                                        bool are_by_values) const {
    Entry later = entry;
    const auto add = [&](std::uint32_t runs) {
        later.runs += runs;
        later.all_runs += runs;
        later.value_runs += are_by_values ? runs : 0;
    };
    if (some == 0) {
        return 0;
    }
    add(1);
    if (leader_of(later) != entry.loop_leader) {
        return 0;
    }
    const bool is_by_values = later.is_by_values();
    const bool runs_once = runs_once_each(later);
    const Entry* const list = is_by_values ? nullptr : roomy_list(later);
    add(some - 1);
    if (later.is_by_values() != is_by_values || runs_once_each(later) != runs_once) {
        return 1;
    }
    return list == nullptr ? some
                           : static_cast<std::uint32_t>(
                                 std::min<std::uint64_t>(some, list->all_rows - entry.all_runs));
}

bool Episode::is_under(const Entry& entry, QueryId leader) const {
    if (entry.is_loop) {
        return entry.loop_leader == leader;
    }
    const bool is_of_tree = leader == entry.id && is_block;
    return is_of_tree || entry.leader == leader || leader_of(entry) == leader;
}

std::uint64_t Episode::rows_of(QueryId id) const {
    std::uint64_t rows = 0;
    for (const Entry& entry : entries.of(id)) {
        rows += entry.rows;
    }
    return rows;
}

std::uint64_t Episode::rows_of_leader(const Entry& loop) const {
    const std::uint64_t rows = rows_of(loop.loop_leader);
    const Entry* at = &loop;
    for (std::size_t steps = 0; at != nullptr && steps < EntryTable::places; ++steps) {
        if (at->leader == loop.loop_leader) {
            return std::max<std::uint64_t>(rows, at->list_rows);
        }
        at = at->parent == nowhere ? nullptr : &entries[at->parent];
    }
    return rows;
}

}  // namespace onetrip::roundtrip
