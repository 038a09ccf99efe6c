// Runs that are seen to be of a loop after they have run, or to be of none.
//
// Values may be found late, and a neighbour is one from its second run on. The runs before count
// elsewhere until then, or nowhere; they become the loop's with their rows, transactions and times.

#include <algorithm>

#include "roundtrip/episode.hpp"

namespace onetrip::roundtrip {

// ---- the numbers of late runs -------------------------------------------------------------------

void UnledRuns::add(const UnledRuns& other) {
    if (runs + other.runs > most) {
        return;
    }
    runs = static_cast<std::uint16_t>(runs + other.runs);
    reported = static_cast<std::uint16_t>(reported + other.reported);
    transactions = static_cast<std::uint16_t>(transactions + other.transactions);
    rows += other.rows;
    busy += other.busy;
    wait += other.wait;
}

UnledRuns UnledRuns::take(std::uint32_t some) {
    if (some == 0) {
        return {};
    }
    const auto part = [some, all = unreported()](auto number) {
        return static_cast<decltype(number)>(std::uint64_t{number} * some / all);
    };
    const UnledRuns taken = {static_cast<std::uint16_t>(some),
                             0,
                             part(transactions),
                             0,
                             part(rows),
                             part(busy),
                             part(wait)};
    runs = static_cast<std::uint16_t>(runs - taken.runs);
    transactions = static_cast<std::uint16_t>(transactions - taken.transactions);
    rows -= taken.rows;
    busy -= taken.busy;
    wait -= taken.wait;
    return taken;
}

/// Adds a part of an entry's unled runs, the others of which count already.
void Episode::Brought::add(const Entry& from, std::uint32_t part) {
    const UnledRuns& unled = from.unled;
    const std::uint32_t all = unled.unreported();
    if (part == 0) {
        return;
    }
    runs += part;
    rows += std::uint64_t{unled.rows} * part / all;
    // A transaction has no parts, and the last one may have been counted already.
    const std::uint64_t some =
        std::max<std::uint64_t>(std::uint64_t{unled.transactions} * part / all, 1);
    transactions += some - (from.transaction == transaction ? 1 : 0);
    transaction = from.transaction;
    busy += Microseconds{unled.busy} * part / all;
    wait += Microseconds{unled.wait} * part / all;
}

/// Keeps only the last `some` runs, with a share of the numbers: their own are not known.
void Episode::Brought::keep(std::uint32_t some) {
    if (some >= runs) {
        return;
    }
    rows = rows * some / runs;
    transactions = std::max<std::uint64_t>(transactions * some / runs, some > 0 ? 1 : 0);
    busy = busy * some / runs;
    wait = wait * some / runs;
    runs = some;
}

// ---- bringing runs to a loop --------------------------------------------------------------------

/// Whether runs of another entry of the statement may be brought to one. In a block, runs under
/// another list by order belong to that list until there is a loop. If nothing leads this one, the
/// other's first run is the only one that may be; to a neighbour, a run after its partner's list.
bool Episode::may_bring_from(const Entry& other, const Judgement& evidence,
                             const Placement& placement) const {
    if (placement.is_neighbour) {
        return other.execution > entries.execution_at(entries[placement.parent].parent);
    }
    return placement.is_by_values ? !is_block || other.leader == 0 || evidence.is(Judgement::takes)
                                  : other.runs == 1;
}

/// The runs before this one which nothing led to until now, as far as they neither count in the
/// entry already nor have been reported. Among them is one that asked for the first row of a list,
/// when that was its only one.
Episode::Brought Episode::runs_to_bring(const Entry& entry, const Judgement& evidence,
                                        const Placement& placement) const {
    if (!placement.is_by_values) {
        return first_run_of(entry, evidence, placement);
    }
    Brought brought;
    std::uint32_t loose = evidence.loose;
    const std::uint32_t unreported = entry.unled.unreported();
    const std::uint32_t counted = std::min(unreported, entry.runs);
    brought.add(entry, unreported - counted);
    for (const Entry& other : entries.others_of(entry)) {
        if (may_bring_from(other, evidence, placement)) {
            brought.add(other, other.unled.unreported());
            const bool is_handed =
                loose == 0 && other.unled.handed != 0 &&
                other.unled.handed == static_cast<std::uint16_t>(evidence.generation);
            loose += is_handed ? 1 : 0;
        }
    }
    brought.keep(loose - std::min(loose, counted));
    return brought;
}

/// The first run of the entry's statement, which counts under another leader. The first of two
/// statements that run in turn is not known to be the other's neighbour before its second run.
Episode::Brought Episode::first_run_of(const Entry& entry, const Judgement& evidence,
                                       const Placement& placement) const {
    Brought brought;
    if (placement.is_neighbour) {
        const Entry& next_to = entries[placement.parent];
        if (entry.runs > 0 || next_to.all_runs != 1 || next_to.parent == nowhere) {
            return brought;
        }
    }
    for (const Entry& other : entries.others_of(entry)) {
        if (may_bring_from(other, evidence, placement)) {
            brought.add(other, other.unled.unreported());
        }
    }
    brought.keep(1);
    return brought;
}

/// The begin of the runs is set to the latest that is possible, by the time that they took.
std::uint32_t Episode::bring_runs(Entry& entry, const Run& run, const Placement& placement) const {
    const Brought brought = runs_to_bring(entry, run.statement.evidence, placement);
    if (brought.runs == 0) {
        return 0;
    }
    const Microseconds until = run.statement.begin - run.wait.time;
    if (entry.runs == 0) {
        entry.begin_runs(run.statement);
    }
    entry.runs += brought.runs;
    entry.trips += brought.runs;
    entry.run_rows += brought.rows;
    const bool has_same = entry.transactions > 0 && entry.transaction == brought.transaction;
    entry.transactions += static_cast<std::uint32_t>(brought.transactions) - (has_same ? 1 : 0);
    entry.transaction = brought.transaction;
    entry.busy += brought.busy;
    entry.wait += brought.wait;
    entry.first_seen = std::min(entry.first_seen, until) - brought.busy - brought.wait;
    return brought.runs;
}

void Episode::take_brought(Entry& entry, std::uint32_t runs, const Judgement& evidence,
                           const Placement& placement) {
    for (Entry& other : entries.others_of(entry)) {
        const std::uint32_t waiting = may_bring_from(other, evidence, placement)
                                          ? std::min(runs, other.unled.unreported())
                                          : 0;
        take_runs(other, std::min(waiting, other.runs));
        runs -= waiting;
        entry.unled.add(other.unled.take(waiting));
        if (placement.is_by_values) {
            other.unled = {};
        }
    }
    if (placement.is_by_values) {
        entry.unled = {};
    }
}

void Entry::keep_share(std::uint32_t some) {
    const auto share = [some, all = runs](auto number) {
        return all == 0 ? decltype(number){0} : number * some / all;
    };
    trips = share(trips);
    run_rows = share(run_rows);
    // A single transaction has no parts.
    transactions = std::max(share(transactions), some > 0 ? 1U : 0U);
    busy = share(busy);
    wait = share(wait);
    runs = some;
    runs_before_block = std::min(runs_before_block, some);
    if (confirmed.runs > some) {
        confirmed = tally();
    }
}

void Episode::take_runs(Entry& entry, std::uint32_t runs) {
    entry.keep_share(entry.runs - std::min(runs, entry.runs));
    if (entry.is_loop && entry.trips < repeats) {
        end_loop(entry);
    }
}

/// The entry of the same statement under another leader by values that ran last; nullptr if none
/// exists.
Entry* Episode::latest_led(const Entry& entry, QueryId leader) {
    Entry* found = nullptr;
    for (Entry& other : entries.of(entry.id)) {
        if (are_alike(entry, other) && other.leader != leader && other.runs > 0 &&
            other.value_runs > 0 && (found == nullptr || other.execution > found->execution)) {
            found = &other;
        }
    }
    return found;
}

void Episode::release_runs(const Entry& entry, const Judgement& evidence) {
    std::uint32_t wanted = evidence.leader == 0 ? 1 : evidence.loose;
    wanted -= std::min(wanted, entry.unled.unreported());
    for (const Entry& other : entries.others_of(entry)) {
        wanted -= std::min(wanted, other.unled.unreported());
    }
    while (wanted > 0) {
        Entry* const other = latest_led(entry, evidence.leader);
        // Only the first run is wanted if there is no leader.
        if (other == nullptr || (evidence.leader == 0 && other->runs > 1)) {
            return;
        }
        const std::uint32_t some = std::min({wanted, other->runs, other->value_runs});
        const auto part = [some, other](auto number) {
            return static_cast<std::uint32_t>(static_cast<std::uint64_t>(number) * some /
                                              other->runs);
        };
        other->unled.add({static_cast<std::uint16_t>(some), 0,
                          static_cast<std::uint16_t>(std::max(part(other->transactions), 1U)), 0,
                          part(other->run_rows), part(other->busy), part(other->wait)});
        other->value_runs -= some;
        wanted -= some;
    }
}

}  // namespace onetrip::roundtrip
