// Finds the loops of one session among its statements, in a fixed table and without allocating.
//
// It knows statements by identifiers, hashes and times alone: neither texts nor plans, nor where
// its loops are kept.

#include "roundtrip/detector.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace onetrip::roundtrip {

namespace {

Entry new_entry(const Statement& statement, const Placement& placement) {
    Entry entry{};
    entry.id = statement.id;
    entry.leader = placement.leader;
    entry.kind = statement.kind;
    entry.is_of_request = statement.is_of_request;
    entry.parent = placement.parent;
    return entry;
}

/// Writes that come so late that they may be rare ones.
bool is_late(const Entry& entry, const Run& run) {
    return entry.wait + run.wait.time > Episode::slowest_write * entry.runs + Episode::most_late;
}

/// Whether runs before this one may be seen to be the entry's with it: mostly there are none.
bool may_bring(const Entry& entry, const Statement& statement, const Placement& placement) {
    return placement.is_by_values
               ? statement.evidence.loose > 0 || entry.generation != statement.evidence.generation
               : statement.evidence.is(Judgement::takes) ||
                     (placement.is_neighbour && entry.runs == 0);
}

}  // namespace

// ---- episodes -----------------------------------------------------------------------------------

void Detector::begin_block() {
    in_block_ = true;
    episode_.is_block = false;
    episode_.held.clear();
    answered_.begin_block();
}

void Detector::end_block() {
    if (!in_block_) {
        return;
    }
    in_block_ = false;
    if (episode_.is_block) {
        end_part();
        answered_.forget_all();
    } else {
        release_held();
    }
    episode_.is_block = false;
    episode_.held.clear();
}

void Detector::end_episode() {
    episode_.held.clear();
    report_all();
    forget_all();
    answered_.forget_all();
}

/// The session has paused before the block, of which nothing counts yet.
void Detector::end_before_block() {
    report_all();
    forget_all();
    answered_.forget_before_block();
}

void Detector::end_episode_after_pause(Microseconds now) {
    if (!in_block_ && time_.has_paused(now)) {
        end_episode();
    }
}

/// The episode has been long enough: loops are reported and counted anew, but what was looped over
/// stays known.
void Detector::restart_episode() {
    report_all();
    answered_.forget_all();
    for (Entry& entry : episode_.entries) {
        episode_.end_loop(entry);
        entry.has_distinct_parameters = false;
        entry.reported_runs = 0;
        entry.forget_runs();
        entry.turns = entry.value_runs = 0;
        entry.rows = 0;
        entry.parent_execution = 0;
        entry.busy = entry.wait = 0;
    }
    time_.begin_episode();
}

/// An episode ends and no pause has come: its loops are reported. Loops by values go on over
/// blocks, and so do entries that may become one; a block that has one by itself reports it.
void Detector::end_part() {
    std::uint64_t open = 0;
    for (const Entry& entry : episode_.entries) {
        open |= entry.runs > 0 && episode_.goes_on(entry) ? episode_.entries.bit_of(entry) : 0;
    }
    report_others(open);
    if (!keep_for_later(open)) {
        forget_all();
        return;
    }
    forget_last();
    time_.begin_episode();
}

/// Reports the loops except those at these places, as bits.
void Detector::report_others(std::uint64_t open) {
    std::uint64_t reported = 0;
    for (Entry& entry : episode_.entries) {
        if (entry.is_loop && (open & episode_.entries.bit_of(entry)) == 0) {
            report(entry);
            reported |= episode_.entries.bit_of(entry);
        }
    }
    end_report();
    // The loops end only now: the entry that handed a loop on says how many rows its leader had.
    for (; reported != 0; reported &= reported - 1) {
        Entry& entry = episode_.entries[static_cast<Place>(std::countr_zero(reported))];
        episode_.end_loop(entry);
        entry.forget_runs();
    }
}

/// Forgets all but the entries at these places, as bits, and their parents; false if there are
/// none.
bool Detector::keep_for_later(std::uint64_t open) {
    std::uint64_t kept = 0;
    std::uint64_t parents = 0;
    for (; open != 0; open &= open - 1) {
        const Entry& entry = episode_.entries[static_cast<Place>(std::countr_zero(open))];
        // Another loop may have taken its runs.
        if (entry.runs > 0) {
            kept |= episode_.entries.bit_of(entry);
            parents |= entry.parent == nowhere
                           ? 0
                           : episode_.entries.bit_of(episode_.entries[entry.parent]);
        }
    }
    if (kept == 0) {
        return false;
    }
    for (Entry& entry : episode_.entries) {
        const std::uint64_t bit = episode_.entries.bit_of(entry);
        entry.unled = {};
        if ((kept & bit) != 0) {
            // The loops under it have been reported with these, or know what led to them.
            entry.rows = 0;
        } else {
            entry.reported_runs = 0;
            entry.forget_runs();
            entry.turns = entry.value_runs = entry.all_runs = 0;
            entry.has_distinct_parameters = entry.is_half = false;
        }
    }
    episode_.entries.keep(kept | parents);
    // The marks are of places, which are others now.
    grown_ = 0;
    return true;
}

void Detector::forget_all() {
    episode_.clear();
    forget_last();
    time_.begin_episode();
}

// ---- statements ---------------------------------------------------------------------------------

inline void Detector::count_statement(const Run& run) {
    if (!episode_.is_block && run.wait.has_pause) {
        end_episode();
    } else if (time_.is_full(run.statement.begin)) {
        restart_episode();
    }
    time_.count(run.statement.begin);
    ++clock_;
    relation_clock_ += run.statement.has_relation ? 1 : 0;
    last_trip_ = run.statement.is_trip ? clock_ : last_trip_;
}

/// A portal whose rows are read in parts is like a cursor, and so not a run of a loop.
inline void Detector::take_part(const Statement& part) {
    const Place opened = episode_.entries.latest(part.id);
    if (opened != nowhere && episode_.entries[opened].is_in_one_piece) {
        episode_.entries[opened].is_in_one_piece = false;
        episode_.take_runs(episode_.entries[opened], 1);
    }
}

/// Counts a run in its entry.
[[gnu::always_inline]] inline Entry& Detector::count(Run& run) {
    count_statement(run);
    if (run.statement.role == Statement::Role::next_part) {
        take_part(run.statement);
    }
    const Placement placement = place(run.statement);
    const Place at =
        placement.entry != nowhere ? placement.entry : insert(run.statement, placement);
    Entry& entry = episode_.entries[at];
    // Its client has waited for what came in one message with it.
    run.statement.is_trip |= last_trip_ > entry.execution;
    // The entry of the list's last writes may have made room for this one.
    if (placement.are_too_many && last_ != nowhere) {
        move_runs(episode_.entries[last_], entry);
    } else if (run.statement.evidence.is(Judgement::takes)) {
        episode_.release_runs(entry, run.statement.evidence);
    }
    add_to(entry, at, run, placement);
    return entry;
}

[[gnu::always_inline]] inline std::optional<LoopKey> Detector::add(Run& run) {
    Entry& entry = count(run);
    const std::optional<LoopKey> loop = loop_after_run(entry);
    if (entry.is_loop && entry.runs >= entry.next_report) {
        look_at_growth(entry);
    }
    return loop;
}

ONETRIP_WITHOUT_ARRAYS std::optional<LoopKey> Detector::run(Run& run) {
    run.wait = time_.place(run.statement);
    if (in_block_ && !episode_.is_block) {
        if (episode_.held.has_room_for(run.statement.id)) {
            return hold(run);
        }
        begin_block_episode();
    }
    return add(run);
}

/// The block is not a small one.
void Detector::begin_block_episode() {
    end_part();
    answered_.forget_before_block();
    episode_.is_block = true;
    for (Entry& entry : episode_.entries) {
        entry.runs_before_block = entry.runs;
    }
    for (Run& run : episode_.held) {
        add_held(run);
    }
    episode_.held.clear();
}

/// The block was a small one: its statements count as if they had been sent outside of one.
void Detector::release_held() {
    for (Run& run : episode_.held) {
        run.wait.has_pause = false;
        add_held(run);
    }
}

/// A loop that was not foreseen is described with its next run.
void Detector::add_held(Run& run) {
    const std::optional<LoopKey> loop = add(run);
    if (loop && !episode_.held.is_foreseen(*loop)) {
        describe_later(*loop);
    }
}

void Detector::describe_later(const LoopKey& loop) {
    for (Entry& entry : episode_.entries.of(loop.repeated)) {
        if (entry.is_loop && entry.loop_key() == loop) {
            entry.is_described = false;
        }
    }
}

/// Keeps a statement of a block that may be a small one. Nothing can be looked up any more when it
/// counts, so the loop that it will make then is returned now.
std::optional<LoopKey> Detector::hold(const Run& run) {
    if (run.wait.has_pause && episode_.held.is_empty()) {
        end_before_block();
    }
    const std::optional<LoopKey> loop = foresee(run);
    episode_.held.add(run);
    if (loop) {
        episode_.held.foresee(*loop);
    }
    return loop;
}

std::optional<LoopKey> Detector::foresee(const Run& run) {
    const Statement& statement = run.statement;
    const unsigned runs = episode_.held.runs_alike(statement) + 1;
    bool has_run = false;
    // The loop was not foreseen before, because the statement next to which it runs was held too.
    for (Entry& entry : episode_.entries.of(statement.id)) {
        has_run = true;
        if (entry.is_loop && !entry.is_described) {
            entry.is_described = true;
            return entry.loop_key();
        }
    }
    // A block by itself makes a loop if two repeats are enough: all of its statements are held.
    if (!has_run && runs < episode_.repeats) {
        return std::nullopt;
    }
    const Placement placement = place_outside(statement, true);
    const bool is_first = placement.entry == nowhere;
    if (is_first ? runs + statement.evidence.loose < episode_.repeats
                 : episode_.entries[placement.entry].is_loop) {
        return std::nullopt;
    }
    Entry entry = is_first ? new_entry(statement, placement) : episode_.entries[placement.entry];
    for (const Run& before : episode_.held) {
        if (is_first && are_alike(before.statement, statement)) {
            count_run(entry, before, placement);
        }
    }
    count_run(entry, run, placement);
    entry.runs += is_first ? 0 : runs - 1;
    entry.trips += is_first ? 0 : runs - 1;
    return episode_.find_loop(entry);
}

/// Adds a run to its entry. The entry is a reference, which is not computed anew from the place at
/// each step.
[[gnu::noinline]] ONETRIP_WITHOUT_ARRAYS void Detector::add_to(Entry& entry, Place place,
                                                               const Run& run,
                                                               const Placement& placement) {
    end_with_parent(entry, placement);
    break_off(entry, run, placement);
    count_page(entry, run.statement);
    const std::uint32_t brought = count_run(entry, run, placement);
    if (brought > 0) {
        episode_.take_brought(entry, brought, run.statement.evidence, placement);
        // The page before was the first.
        entry.pages += run.statement.is_next_page && entry.runs == 2 ? 1 : 0;
    }
    if (entry.parent != nowhere) {
        episode_.entries[entry.parent].used = clock_;
    }
    remember_rows(entry, place, run.statement, placement.is_by_values);
    last_run_ = place;
}

[[gnu::always_inline]] inline std::optional<LoopKey> Detector::loop_after_run(Entry& entry) {
    if (entry.is_loop) {
        const QueryId leader = episode_.leader_of(entry);
        const bool has_other =
            leader != entry.loop_leader && episode_.is_block && entry.loop_kind != Kind::page;
        if (!has_other && entry.is_described) {
            return std::nullopt;
        }
        entry.loop_leader = has_other ? leader : entry.loop_leader;
        entry.is_described = true;
        return entry.loop_key();
    }
    // Most statements are not a loop, and not a neighbour of another's rows.
    if (entry.runs < episode_.repeats && entry.parent == nowhere && entry.leader != entry.id &&
        !episode_.is_block) {
        return std::nullopt;
    }
    if (entry.pages == 0 && episode_.most_trips(entry) < episode_.repeats) {
        return std::nullopt;
    }
    const std::optional<LoopKey> loop = episode_.find_loop(entry);
    if (loop) {
        episode_.begin_loop(entry, *loop);
    }
    return loop;
}

// ---- runs that count late -----------------------------------------------------------------------

/// The statement's runs under other leaders, which may become the entry's.
std::uint32_t Detector::runs_of_others(const Entry& entry) const noexcept {
    std::uint32_t runs = 0;
    for (const Entry& other : episode_.entries.others_of(entry)) {
        runs += other.runs + other.unled.runs;
    }
    return runs;
}

/// How many further runs of the entry, whose values are where they are expected, make no loop, and
/// none that is twice as long.
std::uint32_t Detector::runs_before_change(const Entry& entry, const Statement& last,
                                           NextValues expected) const noexcept {
    const std::uint32_t runs = entry.runs + runs_of_others(entry);
    const std::uint32_t next = entry.is_loop ? entry.next_report : episode_.repeats;
    const std::uint32_t some = next > runs ? next - runs - 1 : 0;
    switch (expected) {
        case NextValues::in_result:
            return entry.leader == last.evidence.leader && entry.unled.runs == 0 ? some : 0;
        case NextValues::same:
            return episode_.is_block ? some : 0;
        default:
            // A result that has held no value leads when it has held four of five: with so few
            // runs there are not enough for a loop. Nor are there of one and the same value.
            return !in_block_ && entry.leader == 0 && runs == 1
                       ? std::min(some, (4 * episode_.repeats + 4) / 5 - 1)
                       : 0;
    }
}

std::uint32_t Detector::runs_that_may_wait(const Statement& last,
                                           NextValues expected) const noexcept {
    const Entry* const entry = entry_of_last_run(last.id);
    const bool is_held = in_block_ && !episode_.is_block;
    if (expected == NextValues::unknown || entry == nullptr || is_held || entry->is_neighbour ||
        entry->pages > 0 || entry->is_described != entry->is_loop) {
        return 0;
    }
    if (entry->is_loop && ends_with_parent(*entry, entry->parent)) {
        return 0;
    }
    const std::uint32_t some =
        std::min(runs_before_change(*entry, last, expected), time_.statements_left());
    return entry->is_loop && episode_.is_block
               ? episode_.runs_with_leader(*entry, some, last.evidence.leader != 0)
               : some;
}

void Detector::count_late(Run& run) {
    run.wait = time_.place(run.statement);
    count(run);
}

// ---- where a run belongs ------------------------------------------------------------------------

[[gnu::always_inline]] inline Placement Detector::place(const Statement& statement) const {
    return episode_.is_block && statement.evidence.leader == 0 ? place_by_order(statement)
                                                               : place_outside(statement);
}

/// Whether the last run was of the same entry: mostly it was.
inline bool Detector::is_of_last_run(const Statement& statement, QueryId leader) const {
    return episode_.entries.has(last_run_) && are_alike(episode_.entries[last_run_], statement) &&
           episode_.entries[last_run_].leader == leader;
}

/// The statement's entry under a leader; else nowhere.
inline Detector::Place Detector::find(const Statement& statement, QueryId leader) const {
    return is_of_last_run(statement, leader) ? last_run_ : episode_.entries.find(statement, leader);
}

inline Placement Detector::place_by_values(const Statement& statement) const {
    const QueryId leader = statement.evidence.leader;
    if (is_of_last_run(statement, leader)) {
        return {last_run_, episode_.entries[last_run_].parent, leader, false, true};
    }
    const Place parent = leader == statement.id ? nowhere : episode_.entries.latest(leader);
    return {episode_.entries.find(statement, leader), parent, leader, false, true};
}

/// A statement that is an ancestor of the last one with rows goes on with its own loop; any other
/// is under that last one.
inline Placement Detector::place_by_order(const Statement& statement) const {
    std::size_t steps = 0;
    for (Place at = last_many_; at != nowhere && steps < places; at = episode_.entries[at].parent) {
        const Entry& entry = episode_.entries[at];
        if (entry.id == statement.id) {
            return {episode_.entries.find(statement, entry.leader), entry.parent, entry.leader};
        }
        ++steps;
    }
    const QueryId leader = episode_.entries.id_at(last_many_);
    return {find(statement, leader), last_many_, leader};
}

/// Outside of a block, order says little: requests of many clients may follow one another. A
/// statement that runs about once for each run of another, which has a leader, is its neighbour.
[[gnu::always_inline]] inline Placement Detector::place_outside(const Statement& statement,
                                                                bool is_held) const {
    if (statement.evidence.leader != 0) {
        const Placement placement = place_by_values(statement);
        if (episode_.is_block ||
            (!hands_on_none(statement, placement) && !is_apart_again(statement, placement))) {
            return placement;
        }
    }
    if (last_led_ != nowhere && episode_.entries[last_led_].id != statement.id &&
        !is_led_by(last_led_, statement.id)) {
        const Entry& next_to = episode_.entries[last_led_];
        const Place own = episode_.entries.find(statement, next_to.id);
        // Runs that are held have not been counted yet.
        const unsigned held = is_held ? episode_.held.runs_of(next_to.id) : 0;
        const auto between = static_cast<std::uint16_t>(
            own == nowhere ? 1 : next_to.serial + held - episode_.entries[own].parent_serial);
        const bool is_ping = statement.names_none && own != nowhere &&
                             episode_.entries[own].parameters == statement.parameters;
        if (!is_ping && (between == 1 || between == 2)) {
            return {own, last_led_, next_to.id, true};
        }
    }
    if (statement.kind != Kind::select && last_ != nowhere) {
        return place_write(statement);
    }
    return {episode_.entries.find(statement, 0), nowhere, 0};
}

/// Whether the statement itself led to the entry at a place, directly or by others between: then
/// that entry does not lead it.
inline bool Detector::is_led_by(Place place, QueryId id) const {
    constexpr int deepest = 4;
    for (int depth = 0; place != nowhere && depth < deepest; ++depth) {
        if (episode_.entries[place].leader == id) {
            return true;
        }
        place = episode_.entries[place].parent;
    }
    return false;
}

/// Writes that follow one another directly after a list are under it, if they are not more than its
/// rows.
inline Placement Detector::place_write(const Statement& statement) const {
    const Entry& before = episode_.entries[last_];
    const bool has_parent = before.follows_parent && before.parent != nowhere;
    if (before.id == statement.id && has_parent && !before.is_neighbour) {
        const bool has_room = episode_.entries[before.parent].all_rows > before.all_runs;
        return has_room
                   ? Placement{episode_.entries.find(statement, before.leader), before.parent,
                               before.leader}
                   : Placement{episode_.entries.find(statement, 0), nowhere, 0, false, false, true};
    }
    if (before.id != statement.id && before.kind == Kind::select && before.last_rows >= 2 &&
        last_many_ == last_) {
        return {episode_.entries.find(statement, before.id), last_, before.id};
    }
    return {episode_.entries.find(statement, 0), nowhere, 0};
}

/// A loop that was handed on ends when the one that hands it on ends.
inline bool Detector::ends_with_parent(const Entry& loop, Place parent) const {
    return loop.loop_leader != loop.leader && loop.runs > 0 &&
           episode_.is_handed_other_loop(loop, parent);
}

inline void Detector::end_with_parent(Entry& entry, const Placement& placement) {
    if (entry.is_loop && ends_with_parent(entry, placement.parent)) {
        begin_anew(entry);
        // The next one is of another list, and nothing of it has been reported.
        entry.reported_runs = 0;
        entry.is_transaction_reported = false;
    }
}

/// Outside of a block, a statement that does not follow itself begins anew, and so do reads with
/// other values.
inline void Detector::break_off(Entry& entry, const Run& run, const Placement& placement) {
    if (episode_.is_block || entry.runs == 0) {
        return;
    }
    const Statement& statement = run.statement;
    const bool changed = entry.parameters != statement.parameters && !statement.is_next_page;
    bool is_broken = false;
    if (placement.leader == 0) {
        is_broken = (is_apart(entry, statement) && !statement.is_next_page) ||
                    (entry.kind == Kind::select ? changed : is_late(entry, run));
    } else if (placement.is_by_values) {
        is_broken = entry.is_neighbour;
    }
    if (is_broken && entry.is_loop) {
        begin_anew(entry);
    } else if (is_broken) {
        entry.forget_runs();
    }
    // The statement that was taken for a neighbour is not one.
    if (placement.leader == 0 && last_led_ != nowhere) {
        const Place own = episode_.entries.find(entry, episode_.entries[last_led_].id);
        if (own != nowhere && !episode_.entries[own].is_loop) {
            episode_.entries[own].forget_runs();
        }
    }
}

/// Whether the leader has one row and no leader itself, so that its run was not of a loop. Such a
/// row may hold any value by chance, or the next number of a sequence.
inline bool Detector::hands_on_none(const Statement& statement, const Placement& placement) const {
    return !statement.evidence.is_many && placement.parent != nowhere &&
           episode_.entries[placement.parent].leader == 0;
}

/// Whether the statement asks for one value more often than the list has rows, and does not follow
/// the loop's last run. Outside of a block it is not of the loop then: requests ask again and again
/// who their user is.
inline bool Detector::is_apart_again(const Statement& statement, const Placement& placement) const {
    return statement.evidence.is(Judgement::asks_again) &&
           (placement.entry == nowhere || is_apart(episode_.entries[placement.entry], statement));
}

/// Whether another statement with a relation stands between the entry's last run and this one.
inline bool Detector::is_apart(const Entry& entry, const Statement& statement) const {
    return entry.relation_clock != relation_clock_ - (statement.has_relation ? 1 : 0);
}

/// A loop ends within the episode, and another of the same statement may follow.
void Detector::begin_anew(Entry& entry) {
    report(entry);
    episode_.end_loop(entry);
    entry.forget_runs();
}

/// Writes directly after a list that turn out to be more than its rows have no leader.
void Detector::move_runs(Entry& from, Entry& to) {
    if (from.runs == 0 || from.turns > 1 || from.value_runs > 0 || !are_alike(from, to)) {
        return;
    }
    if (to.is_loop) {
        begin_anew(to);
    }
    static_cast<CountedRuns&>(to) = from;
    to.unled.add(from.unled);
    from.unled = {};
    episode_.end_loop(from);
    from.forget_runs();
}

inline void Detector::count_generation(Entry& entry, const Judgement& evidence) const {
    entry.is_one_row = !evidence.is_many && evidence.leader != entry.id;
    entry.is_echo = evidence.is(Judgement::is_echo);
    entry.strays = static_cast<std::uint16_t>(std::min(entry.strays + evidence.strays, 0xFFFF));
    if (entry.generation != evidence.generation) {
        begin_generation(entry, evidence);
    }
    entry.is_half |= evidence.is_half;
}

/// Begins another generation of the leader's result. Outside of a block, runs under a generation
/// that was not asked for half do not count. Neither do those of all generations so far, if more
/// than one in five runs of the statement since the first of them had other values.
void Detector::begin_generation(Entry& entry, const Judgement& evidence) const {
    const bool is_outside = !episode_.is_block || entry.runs == entry.runs_before_block;
    const bool may_be_none = !entry.is_loop && is_outside;
    if (may_be_none && entry.generation != 0 && !entry.is_half) {
        entry.keep_share(entry.confirmed.runs);
        entry.trips = entry.confirmed.trips;
        entry.turns = static_cast<std::uint16_t>(entry.confirmed.turns);
        entry.busy = entry.confirmed.busy;
        entry.wait = entry.confirmed.wait;
        entry.value_runs = entry.runs;
    }
    if (may_be_none && entry.strays * 4ULL > entry.runs) {
        entry.forget_runs();
    }
    entry.confirmed = entry.tally();
    entry.generation = evidence.generation;
    entry.is_half = false;
    entry.list_rows += evidence.rows;
}

/// Whether a write comes directly after an execution of its parent that had rows, or after another
/// write of the entry that does.
bool Detector::follows_parent(const Entry& entry, const Placement& placement) const {
    const Place parent = placement.parent;
    if (parent == nowhere || last_ == parent) {
        return parent != nowhere && last_many_ == parent;
    }
    return last_ == placement.entry && entry.follows_parent &&
           entry.parent_execution == episode_.entries[parent].execution;
}

/// Notes in the entry where its last run was.
[[gnu::always_inline]] inline void Detector::place_run(Entry& entry, const Statement& statement,
                                                       const Placement& placement,
                                                       std::uint64_t under) const {
    const Place parent = placement.parent;
    entry.parent = parent;
    entry.parent_execution = under;
    entry.parent_serial = parent == nowhere ? 0 : episode_.entries[parent].serial;
    entry.is_neighbour = placement.is_neighbour;
    entry.counts_alone = statement.has_relation && !statement.locks_rows;
    entry.relation_clock = relation_clock_;
    ++entry.serial;
}

/// Counts a run. Returns how many runs before it are seen to be the entry's with it.
[[gnu::always_inline]] inline std::uint32_t Detector::count_run(Entry& entry, const Run& run,
                                                                const Placement& placement) const {
    const Statement& statement = run.statement;
    const std::uint64_t under = episode_.entries.execution_at(placement.parent);
    const bool changed = entry.runs > 0 && entry.parameters != statement.parameters;
    const Microseconds waited = run.waited();
    if (statement.kind != Kind::select) {
        entry.follows_parent = follows_parent(entry, placement);
    }
    const bool may_have_brought = may_bring(entry, statement, placement);
    if (placement.is_by_values) {
        count_generation(entry, statement.evidence);
    }
    const std::uint32_t brought = may_have_brought ? episode_.bring_runs(entry, run, placement) : 0;
    if (entry.runs == 0) {
        entry.begin_runs(statement);
    } else {
        entry.has_distinct_parameters |= changed;
        entry.turns += entry.parent_execution != under ? 1 : 0;
        entry.wait += waited;
    }
    const bool is_run = statement.role == Statement::Role::execution;
    place_run(entry, statement, placement, under);
    if (!placement.is_by_values &&
        (statement.evidence.loose > 0 || statement.evidence.leader != 0)) {
        entry.count_unled(statement, waited);
    }
    entry.count_numbers(statement);
    entry.is_in_one_piece = is_run;
    entry.runs += is_run ? 1 : 0;
    entry.all_runs += is_run ? 1 : 0;
    if (placement.is_by_values) {
        entry.count_led(is_run ? 1 : 0, std::max<std::uint32_t>(statement.evidence.loose, brought));
    }
    entry.busy += statement.busy;
    entry.parameters = statement.parameters;
    entry.last_seen = statement.end;
    entry.rows += statement.rows;
    entry.all_rows += statement.rows;
    entry.used = clock_;
    return brought;
}

/// A loop of pages ends with a run that asks for something else. Large pages are not a loop, and do
/// not count with the run after the last of them.
void Detector::end_pages(Entry& entry) {
    if (entry.is_loop && entry.loop_kind == Kind::page && entry.runs > 0) {
        begin_anew(entry);
    } else if (entry.trips >= episode_.repeats && entry.is_paging()) {
        entry.forget_runs();
    }
}

inline void Detector::count_page(Entry& entry, const Statement& statement) {
    if (statement.role != Statement::Role::execution) {
        return;
    }
    entry.is_large_page = statement.is_large_page;
    if (statement.is_next_page) {
        entry.pages += entry.runs > 0 ? 1 : 0;
    } else if (entry.pages > 0) {
        end_pages(entry);
    }
}

inline void Detector::remember_rows(Entry& entry, Place place, const Statement& statement,
                                    bool is_by_values) {
    constexpr std::uint32_t most = 1U << 30;
    const auto rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(statement.rows, most));
    if (statement.goes_on()) {
        entry.last_rows = std::min(entry.last_rows + rows, most);
    } else {
        entry.last_rows = rows;
        entry.execution = clock_;
    }
    entry.is_many |= entry.last_rows >= 2;
    if (statement.has_relation) {
        last_ = place;
    }
    if (is_by_values) {
        last_led_ = place;
    }
    if (may_be_looped_over(statement, entry.last_rows)) {
        last_many_ = place;
    }
}

// ---- reporting ----------------------------------------------------------------------------------

bool Detector::has_single_runs(const LoopKey& key) const noexcept {
    const Entry* const entry = episode_.entry_of(key);
    return entry != nullptr && !Episode::runs_once_each(*entry) &&
           roundtrip::has_single_runs(entry->lists, entry->runs);
}

bool Detector::has_distinct_parameters(const LoopKey& key) const noexcept {
    const Entry* const entry = episode_.entry_of(key);
    return entry != nullptr && entry->has_distinct_parameters;
}

std::optional<Microseconds> Detector::begin_of(const LoopKey& key) const noexcept {
    const Entry* const entry = episode_.entry_of(key);
    return entry != nullptr ? std::optional<Microseconds>(entry->first_seen) : std::nullopt;
}

std::uint32_t Detector::runs_of(const LoopKey& key) const noexcept {
    const Entry* const entry = episode_.entry_of(key);
    return entry != nullptr ? entry->runs : 0;
}

bool Detector::has_lists(const LoopKey& key) const noexcept {
    const Entry* const entry = episode_.entry_of(key);
    return entry != nullptr && entry->lists > 0;
}

bool Detector::runs_with_loop(const LoopKey& key) const noexcept {
    const Entry* const entry = episode_.entry_of(key);
    if (entry == nullptr || !Episode::runs_once_each(*entry)) {
        return false;
    }
    const Entry& other = episode_.entries[entry->parent];
    return episode_.will_be_loop(entry->parent) && other.is_by_values() && !other.is_paging();
}

const Entry* Detector::entry_of_last_run(QueryId id) const noexcept {
    if (!episode_.entries.has(last_run_)) {
        return nullptr;
    }
    const Entry& entry = episode_.entries[last_run_];
    return entry.id == id && entry.used == clock_ ? &entry : nullptr;
}

std::optional<LoopKey> Detector::loop_of_last_run(QueryId id) const noexcept {
    const Entry* const entry = entry_of_last_run(id);
    return entry != nullptr && entry->is_loop && entry->runs > 0
               ? std::optional<LoopKey>(entry->loop_key())
               : std::nullopt;
}

void Detector::keep_from_request(const Statement& statement, std::uint32_t runs) noexcept {
    if (in_block_ && !episode_.is_block) {
        episode_.held.keep_from_request(statement.id, runs);
    } else if (entry_of_last_run(statement.id) != nullptr) {
        Entry& entry = episode_.entries[last_run_];
        if (!entry.is_kept) {
            entry.is_kept = true;
            episode_.take_runs(entry, entry.runs - std::min(runs, entry.runs));
        }
    }
}

bool Detector::is_kept_from_request(QueryId id) const noexcept {
    bool is_kept = false;
    for (const Entry& entry : episode_.entries.of(id)) {
        is_kept |= entry.is_kept;
    }
    return is_kept;
}

void Detector::dismiss(const LoopKey& key) {
    episode_.held.dismiss(key.repeated);
    for (Entry& entry : episode_.entries.of(key.repeated)) {
        episode_.end_loop(entry);
        entry.is_dismissed = true;
    }
}

void Detector::report_all() {
    for (Entry& entry : episode_.entries) {
        if (entry.is_loop) {
            report(entry);
        }
    }
    end_report();
}

void Detector::end_report() {
    if (has_reported_) {
        has_reported_ = false;
        sink_->end_episode();
    }
}

/// Notes a loop that was born or has doubled.
void Detector::look_at_growth(Entry& entry) {
    entry.next_report = 2 * entry.runs;
    grown_ |= episode_.entries.bit_of(entry);
}

std::optional<Loop> Detector::take_grown() {
    const Entry* most = nullptr;
    for (const Entry& entry : episode_.entries) {
        const bool has_grown =
            (grown_ & episode_.entries.bit_of(entry)) != 0 && entry.is_loop && entry.runs > 0;
        if (has_grown && (most == nullptr || entry.runs > most->runs)) {
            most = &entry;
        }
    }
    grown_ = 0;
    return most == nullptr ? std::nullopt : std::optional<Loop>(as_loop(*most));
}

void Detector::report(Entry& entry) {
    if (entry.runs == 0) {
        return;
    }
    episode_.absorb_others(entry);
    has_reported_ = true;
    sink_->take(as_loop(entry));
    entry.set_reported();
}

Loop Detector::as_loop(const Entry& entry) const {
    const LoopKey key = entry.loop_key();
    const bool is_reported = entry.reported_runs > 0 || answered_.is_reported(key);
    // The wait of runs that were found later to be of the loop may be a share, and when they began
    // is not known.
    const Microseconds first_seen = std::min(entry.first_seen, entry.last_seen - entry.busy);
    return {key,
            !is_reported,
            entry.has_distinct_parameters,
            entry.loop_leader != 0 && entry.is_by_values(),
            entry.runs,
            std::uint64_t{entry.reported_runs} + entry.runs,
            std::min(entry.trips, entry.runs),
            entry.run_rows,
            entry.transactions,
            is_reported ? 0 : episode_.rows_of_leader(entry),
            entry.busy,
            std::min(entry.wait, entry.last_seen - first_seen - entry.busy),
            first_seen,
            entry.last_seen,
            1,
            entry.is_of_request && !entry.is_kept};
}

// ---- entries ------------------------------------------------------------------------------------

/// The parent counts as used now, so that it does not make room itself.
Detector::Place Detector::insert(const Statement& statement, const Placement& placement) {
    if (placement.parent != nowhere) {
        episode_.entries[placement.parent].used = clock_;
    }
    if (episode_.entries.is_full()) {
        evict(episode_.entries.least_used());
    }
    return episode_.entries.add(new_entry(statement, placement));
}

void Detector::evict(Place place) {
    Entry& entry = episode_.entries[place];
    if (entry.is_loop) {
        report(entry);
        episode_.end_loop(entry);
    }
    for (Place* const last : {&last_many_, &last_led_, &last_}) {
        *last = *last == place ? nowhere : *last;
    }
    episode_.entries.remove(place);
}

}  // namespace onetrip::roundtrip
