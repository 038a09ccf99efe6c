// Finds the loops of one session among its statements, in a fixed table and without allocating.
//
// It knows statements by identifiers, hashes and times alone: neither texts nor plans, nor where
// its loops are kept.

#include "roundtrip/detector.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace onetrip::roundtrip {

// ---- episodes -----------------------------------------------------------------------------------

void Detector::begin_block() {
    in_block_ = true;
    is_block_episode_ = false;
    held_count_ = foreseen_count_ = 0;
    answers_before_block_ = answers_;
}

void Detector::end_block() {
    if (!in_block_) {
        return;
    }
    in_block_ = false;
    if (is_block_episode_) {
        end_part();
        forget_answers(answers_);
    } else {
        release_held();
    }
    is_block_episode_ = false;
    held_count_ = foreseen_count_ = 0;
}

void Detector::end_episode() {
    held_count_ = foreseen_count_ = 0;
    tell_all();
    forget_all();
    forget_answers(answers_);
}

void Detector::end_episode_after_pause(Microseconds now) {
    if (!in_block_ && time_.has_paused(now)) {
        end_episode();
    }
}

/// The episode has been long enough: loops are told and counted anew, but what was looped over
/// stays known.
void Detector::restart_episode() {
    tell_all();
    forget_answers(answers_);
    for (std::size_t place = 0; place < used_places_; ++place) {
        Entry& entry = entries_[place];
        entry.is_loop = entry.is_described = entry.has_distinct_parameters = false;
        entry.told_runs = 0;
        forget_runs(entry);
        entry.turns = entry.value_runs = 0;
        entry.rows = 0;
        entry.parent_execution = 0;
        entry.busy = entry.wait = 0;
    }
    time_.begin_episode();
    loops_ = 0;
}

/// An episode ends and no pause has come: its loops are told. Those by values go on over blocks,
/// and so does what may become one; a block that has one by itself tells it.
void Detector::end_part() {
    static_assert(places <= 64);
    std::uint64_t open = 0;
    for (std::size_t place = 0; place < used_places_; ++place) {
        const Entry& entry = entries_[place];
        open |= std::uint64_t{entry.runs > 0 && goes_on(entry)} << place;
    }
    tell_others(open);
    if (!keep_for_later(open)) {
        forget_all();
        return;
    }
    last_many_ = last_led_ = last_ = nowhere;
    time_.begin_episode();
}

/// Tells the loops but for those at these places, as bits.
void Detector::tell_others(std::uint64_t open) {
    std::uint64_t told = 0;
    for (std::size_t place = 0; loops_ > 0 && place < used_places_; ++place) {
        if (entries_[place].is_loop && ((open >> place) & 1U) == 0) {
            tell(entries_[place]);
            told |= std::uint64_t{1} << place;
        }
    }
    end_telling();
    // Only now: what a loop was handed on by says how many rows its leader had.
    for (; told != 0; told &= told - 1) {
        Entry& entry = entries_[static_cast<std::size_t>(std::countr_zero(told))];
        loops_ -= entry.is_loop ? 1 : 0;
        entry.is_loop = entry.is_described = false;
        forget_runs(entry);
    }
}

/// Whether runs of the entry may be a part of a loop over several blocks.
bool Detector::goes_on(const Entry& entry) const {
    return is_by_values(entry) && !(is_block_episode_ && entry.is_loop && is_of_block(entry)) &&
           leader_of(entry) != 0;
}

/// Whether there are enough runs in the block for a loop.
bool Detector::is_of_block(const Entry& entry) const {
    return entry.runs - entry.runs_before_block >= repeats_;
}

/// Forgets all but the entries at these places, as bits, and what they are under; false if there
/// are none.
bool Detector::keep_for_later(std::uint64_t open) {
    std::uint64_t kept = 0;
    std::uint64_t parents = 0;
    for (; open != 0; open &= open - 1) {
        const auto place = static_cast<std::size_t>(std::countr_zero(open));
        const Entry& entry = entries_[place];
        // Another loop may have taken its runs.
        if (entry.runs > 0) {
            kept |= std::uint64_t{1} << place;
            parents |= entry.parent == nowhere ? 0 : std::uint64_t{1} << entry.parent;
        }
    }
    for (std::size_t place = 0; kept != 0 && place < used_places_; ++place) {
        Entry& entry = entries_[place];
        const std::uint64_t bit = std::uint64_t{1} << place;
        entry.unled = {};
        if ((kept & bit) == 0) {
            entry.told_runs = 0;
            forget_runs(entry);
            entry.turns = entry.value_runs = entry.all_runs = 0;
            entry.has_distinct_parameters = entry.is_half = false;
            entry.parent = (parents & bit) == 0 ? nowhere : entry.parent;
        }
        if (((kept | parents) & bit) == 0) {
            entry.rows = entry.all_rows = 0;
            entry.is_many = false;
        }
    }
    return kept != 0;
}

void Detector::forget_all() {
    heads_ = all_nowhere();
    used_places_ = 0;
    last_many_ = last_led_ = last_ = nowhere;
    time_.begin_episode();
    loops_ = 0;
}

// ---- statements ---------------------------------------------------------------------------------

inline void Detector::count_statement(const Run& run) {
    if (!is_block_episode_ && run.wait.has_pause) {
        end_episode();
    } else if (time_.is_full(run.statement.begin)) {
        restart_episode();
    }
    time_.count(run.statement.begin);
    ++clock_;
    relation_clock_ += run.statement.has_relation ? 1 : 0;
}

[[gnu::always_inline]] inline std::optional<LoopKey> Detector::add(const Run& run) {
    count_statement(run);
    const Context context = context_of(run.statement);
    const Place place = context.entry != nowhere ? context.entry : insert(run.statement, context);
    if (context.are_too_many) {
        move_runs(entries_[last_], entries_[place]);
    } else if (run.statement.evidence.is(Judgement::takes)) {
        release_runs(entries_[place], run.statement.evidence);
    }
    return add_to(entries_[place], place, run, context);
}

ONETRIP_WITHOUT_ARRAYS std::optional<LoopKey> Detector::run(Run& run) {
    run.wait = time_.place(run.statement);
    if (in_block_ && !is_block_episode_) {
        if (held_count_ < most_held && runs_held(run.statement.id) < most_held_runs) {
            return hold(run);
        }
        begin_block_episode();
    }
    return add(run);
}

unsigned Detector::runs_held(QueryId id) const {
    unsigned runs = 0;
    for (std::size_t i = 0; i < held_count_; ++i) {
        runs += held_[i].statement.id == id ? 1 : 0;
    }
    return runs;
}

/// Those that will count with the statement's.
unsigned Detector::runs_held(const Statement& statement) const {
    unsigned runs = 0;
    for (std::size_t i = 0; i < held_count_; ++i) {
        runs += are_alike(held_[i].statement, statement) ? 1 : 0;
    }
    return runs;
}

/// The block is no small one.
void Detector::begin_block_episode() {
    end_part();
    forget_answers(answers_before_block_);
    is_block_episode_ = true;
    for (std::size_t place = 0; place < used_places_; ++place) {
        entries_[place].runs_before_block = entries_[place].runs;
    }
    for (std::size_t i = 0; i < held_count_; ++i) {
        add_held(held_[i]);
    }
    held_count_ = foreseen_count_ = 0;
}

/// The block was a small one: its statements count as if they had been sent outside of one.
void Detector::release_held() {
    for (std::size_t i = 0; i < held_count_; ++i) {
        held_[i].wait.has_pause &= i == 0;
        add_held(held_[i]);
    }
}

/// A loop that was not foreseen is described with its next run.
void Detector::add_held(const Run& run) {
    const std::optional<LoopKey> loop = add(run);
    const auto* const end = foreseen_.data() + foreseen_count_;
    if (loop && std::find(std::as_const(foreseen_).data(), end, *loop) == end) {
        describe_later(*loop);
    }
}

void Detector::describe_later(const LoopKey& loop) {
    for (std::size_t place = 0; place < used_places_; ++place) {
        Entry& entry = entries_[place];
        if (entry.is_loop && key_of(entry) == loop) {
            entry.is_described = false;
        }
    }
}

/// Keeps a statement of a block that may be a small one. When it will count, nobody can look
/// anything up any more: so what it will then make is said now.
std::optional<LoopKey> Detector::hold(const Run& run) {
    const std::optional<LoopKey> loop = foresee(run);
    held_[held_count_++] = run;
    if (loop && foreseen_count_ < foreseen_.size()) {
        foreseen_[foreseen_count_++] = *loop;
    }
    return loop;
}

std::optional<LoopKey> Detector::foresee(const Run& run) {
    if (run.wait.has_pause && held_count_ == 0) {
        return std::nullopt;
    }
    // A loop that was not foreseen before, because what it is next to was held too.
    for (Place at = heads_[bucket_of(run.statement.id)]; at != nowhere; at = entries_[at].next) {
        Entry& entry = entries_[at];
        if (entry.id == run.statement.id && entry.is_loop && !entry.is_described) {
            entry.is_described = true;
            return key_of(entry);
        }
    }
    const Context context = context_outside(run.statement, true);
    const unsigned held = runs_held(run.statement);
    const bool is_first = context.entry == nowhere;
    // Of two repeats a loop is made by a block alone, all statements of which are held.
    const unsigned most_runs = held + 1 + run.statement.evidence.loose;
    if (is_first ? most_runs < repeats_ : entries_[context.entry].is_loop) {
        return std::nullopt;
    }
    Entry entry = is_first ? new_entry(run.statement, context) : entries_[context.entry];
    for (std::size_t i = 0; is_first && i < held_count_; ++i) {
        if (are_alike(held_[i].statement, run.statement)) {
            count_run(entry, held_[i], context);
        }
    }
    count_run(entry, run, context);
    entry.runs += is_first ? 0 : held;
    entry.trips += is_first ? 0 : held;
    return new_loop(entry);
}

/// By a reference alone: it is not computed anew from the place at each step.
[[gnu::noinline]] ONETRIP_WITHOUT_ARRAYS std::optional<LoopKey> Detector::add_to(
    Entry& entry, Place place, const Run& run, const Context& context) {
    break_off(entry, run, context);
    count_page(entry, run.statement);
    const Counted counted = count_run(entry, run, context);
    last_wait_ = counted.wait;
    if (counted.brought > 0) {
        take_brought(entry, counted.brought, context.is_by_values);
        // The page before was the first.
        entry.pages += run.statement.is_next_page && entry.runs == 2 ? 1 : 0;
    }
    if (entry.parent != nowhere) {
        entries_[entry.parent].used = clock_;
    }
    remember_rows(entry, place, run.statement, context.is_by_values);
    last_run_ = place;
    const std::optional<LoopKey> loop = loop_after_run(entry);
    if (entry.is_loop && entry.runs >= entry.next_report) {
        look_at_growth(entry);
    }
    return loop;
}

inline std::optional<LoopKey> Detector::loop_after_run(Entry& entry) {
    if (entry.is_loop) {
        const QueryId leader = leader_of(entry);
        const bool has_other =
            leader != entry.loop_leader && is_block_episode_ && entry.loop_kind != Kind::page;
        if (!has_other && entry.is_described) {
            return std::nullopt;
        }
        entry.loop_leader = has_other ? leader : entry.loop_leader;
        entry.is_described = true;
        return key_of(entry);
    }
    // Most statements are none, and no neighbour of another's rows.
    if (entry.runs < repeats_ && entry.parent == nowhere && entry.leader != entry.id &&
        !is_block_episode_) {
        return std::nullopt;
    }
    if (entry.pages == 0 && most_trips(entry) < repeats_) {
        return std::nullopt;
    }
    const std::optional<LoopKey> loop = new_loop(entry);
    if (loop) {
        entry.is_loop = entry.is_described = true;
        entry.next_report = 0;
        entry.loop_leader = loop->leader;
        entry.loop_kind = loop->kind;
        ++loops_;
        absorb_others(entry);
    }
    return loop;
}

// ---- where a run belongs ------------------------------------------------------------------------

[[gnu::always_inline]] inline Detector::Context Detector::context_of(
    const Statement& statement) const {
    return is_block_episode_ && statement.evidence.leader == 0 ? context_by_order(statement)
                                                               : context_outside(statement);
}

inline Detector::Context Detector::context_by_values(const Statement& statement) const {
    const QueryId leader = statement.evidence.leader;
    // Mostly the statement before was the same.
    if (last_run_ < used_places_ && are_alike(entries_[last_run_], statement) &&
        entries_[last_run_].leader == leader) {
        return {last_run_, entries_[last_run_].parent, leader, false, true};
    }
    const Place parent = leader == statement.id ? nowhere : latest(leader);
    return {find(statement, leader), parent, leader, false, true};
}

/// A statement that is an ancestor of the last one with rows goes on with its own loop; any other
/// is under that last one.
inline Detector::Context Detector::context_by_order(const Statement& statement) const {
    std::size_t steps = 0;
    for (Place at = last_many_; at != nowhere && steps < places; at = entries_[at].parent) {
        const Entry& entry = entries_[at];
        if (entry.id == statement.id) {
            return {find(statement, entry.leader), entry.parent, entry.leader};
        }
        ++steps;
    }
    const QueryId leader = id_at(last_many_);
    return {find(statement, leader), last_many_, leader};
}

/// Outside of a block order says little: requests of many clients may follow one another. A
/// statement that runs about once for each run of another, which has a leader, is its neighbour.
[[gnu::always_inline]] inline Detector::Context Detector::context_outside(
    const Statement& statement, bool is_held) const {
    if (statement.evidence.leader != 0) {
        const Context context = context_by_values(statement);
        if (is_block_episode_ ||
            (!hands_on_none(statement, context) && !is_apart_again(statement, context))) {
            return context;
        }
    }
    if (last_led_ != nowhere && entries_[last_led_].id != statement.id &&
        !is_led_by(last_led_, statement.id)) {
        const Entry& next_to = entries_[last_led_];
        const Place own = find(statement, next_to.id);
        // Runs that are held have not been counted yet.
        const unsigned held = is_held ? runs_held(next_to.id) : 0;
        const auto between = static_cast<std::uint16_t>(
            own == nowhere ? 1 : next_to.serial + held - entries_[own].parent_serial);
        const bool is_ping = statement.names_none && own != nowhere &&
                             entries_[own].parameters == statement.parameters;
        if (!is_ping && (between == 1 || between == 2)) {
            return {own, last_led_, next_to.id, true};
        }
    }
    if (statement.kind != Kind::select && last_ != nowhere) {
        return context_of_write(statement);
    }
    return {find(statement, 0), nowhere, 0};
}

/// What was led by the statement's own values, or by what those led to, is not what leads it.
inline bool Detector::is_led_by(Place place, QueryId id) const {
    constexpr int deepest = 4;
    for (int depth = 0; place != nowhere && depth < deepest; ++depth) {
        if (entries_[place].leader == id) {
            return true;
        }
        place = entries_[place].parent;
    }
    return false;
}

/// Writes that follow one another directly after a list are under it, if they are not more than its
/// rows.
inline Detector::Context Detector::context_of_write(const Statement& statement) const {
    const Entry& before = entries_[last_];
    if (before.id == statement.id && before.follows_parent && !before.is_neighbour) {
        const bool has_room = entries_[before.parent].all_rows > before.all_runs;
        return has_room ? Context{find(statement, before.leader), before.parent, before.leader}
                        : Context{find(statement, 0), nowhere, 0, false, false, true};
    }
    if (before.id != statement.id && before.kind == Kind::select && before.last_rows >= 2 &&
        last_many_ == last_) {
        return {find(statement, before.id), last_, before.id};
    }
    return {find(statement, 0), nowhere, 0};
}

/// Outside of a block and without a leader a read is a loop only if it is the very same statement.
inline bool Detector::counts_same_only(const Entry& entry) const {
    return !is_block_episode_ && entry.leader == 0 && entry.kind == Kind::select;
}

inline bool Detector::is_late(const Entry& entry, const Run& run) {
    return entry.wait + run.wait.time > slowest_write * entry.runs + most_late;
}

/// Outside of a block what does not follow itself begins anew, and so do reads with other values.
inline void Detector::break_off(Entry& entry, const Run& run, const Context& context) {
    if (is_block_episode_ || entry.runs == 0) {
        return;
    }
    const Statement& statement = run.statement;
    const bool changed = entry.parameters != statement.parameters && !statement.is_next_page;
    bool is_broken = false;
    if (context.leader == 0) {
        is_broken = (is_apart(entry, statement) && !statement.is_next_page) ||
                    (entry.kind == Kind::select ? changed : is_late(entry, run));
    } else if (context.is_by_values) {
        is_broken = entry.is_neighbour;
    }
    if (is_broken && entry.is_loop) {
        begin_anew(entry);
    } else if (is_broken) {
        forget_runs(entry);
    }
    // The statement that was taken for a neighbour is not one.
    if (context.leader == 0 && last_led_ != nowhere) {
        const Place own = find(entry, entries_[last_led_].id);
        if (own != nowhere && !entries_[own].is_loop) {
            forget_runs(entries_[own]);
        }
    }
}

/// A leader of one row that has no leader itself: its run was none of a loop. Such a row may hold
/// any value by chance, or the next number of a sequence.
inline bool Detector::hands_on_none(const Statement& statement, const Context& context) const {
    return !statement.evidence.is_many && context.parent != nowhere &&
           entries_[context.parent].leader == 0;
}

/// Outside of a block what asks for one value more often than the list has rows is of the loop only
/// if it follows the loop's last run: requests ask again and again who their user is.
inline bool Detector::is_apart_again(const Statement& statement, const Context& context) const {
    return statement.evidence.is(Judgement::asks_again) &&
           (context.entry == nowhere || is_apart(entries_[context.entry], statement));
}

/// Whether another statement with a relation stands between the entry's last run and this one.
inline bool Detector::is_apart(const Entry& entry, const Statement& statement) const {
    return entry.relation_clock != relation_clock_ - (statement.has_relation ? 1 : 0);
}

/// A loop ends within the episode, and another of the same statement may follow.
void Detector::begin_anew(Entry& entry) {
    tell(entry);
    --loops_;
    entry.is_loop = entry.is_described = false;
    forget_runs(entry);
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

/// Outside of a block runs under a generation of the leader's result that was not asked for half
/// count for nothing; and those of all generations so far, if more than one in five runs of the
/// statement since the first of them had other values.
void Detector::begin_generation(Entry& entry, const Judgement& evidence) const {
    const bool is_outside = !is_block_episode_ || entry.runs == entry.runs_before_block;
    const bool may_be_none = !entry.is_loop && is_outside;
    if (may_be_none && entry.generation != 0 && !entry.is_half) {
        keep_share(entry, entry.confirmed.runs);
        entry.trips = entry.confirmed.trips;
        entry.turns = static_cast<std::uint16_t>(entry.confirmed.turns);
        entry.busy = entry.confirmed.busy;
        entry.wait = entry.confirmed.wait;
        entry.value_runs = entry.runs;
    }
    if (may_be_none && entry.strays * 4ULL > entry.runs) {
        forget_runs(entry);
    }
    entry.confirmed = entry.runs == 0 ? Tally{}
                                      : Tally{entry.runs, entry.trips, entry.turns,
                                              static_cast<std::uint32_t>(entry.busy),
                                              static_cast<std::uint32_t>(entry.wait)};
    entry.generation = evidence.generation;
    entry.is_half = false;
    entry.list_rows += evidence.rows;
}

/// Whether a write comes directly after an execution of its parent that had rows, or after another
/// write of the entry that does.
bool Detector::follows_parent(const Entry& entry, const Context& context) const {
    const Place parent = context.parent;
    if (parent == nowhere || last_ == parent) {
        return parent != nowhere && last_many_ == parent;
    }
    return last_ == context.entry && entry.follows_parent &&
           entry.parent_execution == entries_[parent].execution;
}

/// Says of the entry where its last run was.
[[gnu::always_inline]] inline void Detector::place_run(Entry& entry, const Statement& statement,
                                                       const Context& context) const {
    const Place parent = context.parent;
    entry.parent = parent;
    entry.parent_execution = execution_of(parent);
    entry.parent_serial = parent == nowhere ? 0 : entries_[parent].serial;
    entry.is_neighbour = context.is_neighbour;
    entry.counts_alone = statement.has_relation && !statement.locks_rows;
    entry.relation_clock = relation_clock_;
    ++entry.serial;
}

[[gnu::always_inline]] inline Detector::Counted Detector::count_run(Entry& entry, const Run& run,
                                                                    const Context& context) const {
    const Statement& statement = run.statement;
    const std::uint64_t under = execution_of(context.parent);
    const bool changed = entry.runs > 0 && entry.parameters != statement.parameters;
    if (statement.kind != Kind::select) {
        entry.follows_parent = follows_parent(entry, context);
    }
    const bool may_have_brought = may_bring(entry, statement, context);
    if (context.is_by_values) {
        count_generation(entry, statement.evidence);
    }
    const std::uint32_t brought = may_have_brought ? bring_runs(entry, run, context) : 0;
    Microseconds wait = 0;
    if (entry.runs == 0) {
        begin_runs(entry, statement);
    } else {
        entry.has_distinct_parameters |= changed;
        entry.turns += entry.parent_execution != under ? 1 : 0;
        wait = wait_of(run);
        entry.wait += wait;
    }
    const std::uint32_t runs = statement.role == Statement::Role::execution ? 1 : 0;
    place_run(entry, statement, context);
    if (!context.is_by_values && (statement.evidence.loose > 0 || statement.evidence.leader != 0)) {
        count_unled(entry, run);
    }
    count_numbers(entry, statement);
    entry.runs += runs;
    entry.all_runs += runs;
    if (context.is_by_values) {
        count_led(entry, runs, std::max<std::uint32_t>(statement.evidence.loose, brought));
    }
    entry.busy += statement.busy;
    entry.parameters = statement.parameters;
    entry.last_seen = statement.end;
    entry.rows += statement.rows;
    entry.all_rows += statement.rows;
    entry.used = clock_;
    return {wait, brought};
}

/// So many runs more were led by values, with those of which it is known late, and none waits to
/// be. By which column is not known before either.
inline void Detector::count_led(Entry& entry, std::uint32_t runs, std::uint32_t late) {
    entry.is_described &= late == 0;
    entry.value_runs = std::min(entry.value_runs + runs + late, entry.runs);
    entry.unled = {};
}

/// Mostly there are none.
inline bool Detector::may_bring(const Entry& entry, const Statement& statement,
                                const Context& context) {
    return context.is_by_values
               ? statement.evidence.loose > 0 || entry.generation != statement.evidence.generation
               : statement.evidence.is(Judgement::takes) ||
                     (context.is_neighbour && entry.runs == 0);
}

inline Microseconds Detector::wait_of(const Run& run) {
    return run.wait.time + (run.statement.end - run.statement.begin - run.statement.busy);
}

/// A row that nothing led to may be the first of a list: see runs_to_bring.
inline void Detector::count_unled(Entry& entry, const Run& run) {
    constexpr std::uint64_t most_rows = 1U << 30;
    const Statement& statement = run.statement;
    Unled& unled = entry.unled;
    if (unled.runs == Unled::most) {
        return;
    }
    const bool is_first = unled.untold() == 0;
    ++unled.runs;
    unled.transactions += is_first || entry.transaction != statement.transaction ? 1 : 0;
    unled.handed = static_cast<std::uint16_t>(statement.evidence.generation);
    unled.rows += static_cast<std::uint32_t>(std::min(statement.rows, most_rows));
    unled.busy += static_cast<std::uint32_t>(statement.busy);
    unled.wait += is_first ? 0 : static_cast<std::uint32_t>(wait_of(run));
}

/// The first run is always waited for.
inline void Detector::count_numbers(Entry& entry, const Statement& statement) const {
    const bool is_run = statement.role == Statement::Role::execution;
    if (is_run) {
        entry.trips += static_cast<std::uint32_t>(entry.runs == 0) | (statement.is_trip ? 1U : 0U);
        entry.lists += statement.has_list ? 1 : 0;
    }
    if (entry.transaction != statement.transaction) {
        entry.transactions += is_run ? 1 : 0;
        entry.transaction = statement.transaction;
        entry.is_transaction_told = false;
    }
    entry.run_rows += statement.rows;
}

/// A loop of pages ends with a run that asks for something else.
inline void Detector::count_page(Entry& entry, const Statement& statement) {
    if (statement.role != Statement::Role::execution) {
        return;
    }
    if (entry.is_loop && entry.loop_kind == Kind::page && entry.runs > 0 &&
        !statement.is_next_page) {
        begin_anew(entry);
    } else if (entry.trips >= repeats_ && is_paging(entry) && !statement.is_next_page) {
        // Large pages are no loop, nor is what comes after the last of them.
        forget_runs(entry);
    }
    if (statement.is_next_page) {
        entry.pages += entry.runs > 0 ? 1 : 0;
    }
    entry.is_large_page = statement.is_large_page;
}

inline void Detector::remember_rows(Entry& entry, Place place, const Statement& statement,
                                    bool is_by_values) {
    constexpr std::uint32_t most = 1U << 30;
    const auto rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(statement.rows, most));
    if (statement.role == Statement::Role::next_fetch) {
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

// ---- loops --------------------------------------------------------------------------------------

/// The statement over whose rows the entry's statement is looped: the one whose result held its
/// values, if that had two rows in an execution. What runs about once for each execution of its
/// parent, by order or because the parent was asked for the same, is a neighbour of that, and
/// looped over what the parent is looped over; so is what is looped over a statement of one row.
inline QueryId Detector::leader_of(const Entry& entry) const {
    const Entry* at = &entry;
    for (std::size_t steps = 0; steps < places; ++steps) {
        if (at->leader == at->id) {
            return is_by_values(*at) ? at->leader : 0;
        }
        if (at->parent == nowhere) {
            return at->is_one_row ? 0 : at->leader;
        }
        const bool is_under =
            is_by_values(*at) && !at->is_echo ? !at->is_one_row : at->runs >= 2 * at->turns;
        if (is_under && entries_[at->parent].is_many) {
            return is_by_values(*at) ? id_at(at->parent) : roomy_leader(*at);
        }
        at = &entries_[at->parent];
    }
    return 0;
}

/// The last statement that had as many rows as there were runs.
QueryId Detector::roomy_leader(const Entry& entry) const {
    Place at = entry.parent;
    for (std::size_t steps = 0; at != nowhere && steps < places; ++steps) {
        const Entry& list = entries_[at];
        if (list.is_many && list.all_rows >= entry.all_runs) {
            return list.id;
        }
        at = list.parent;
    }
    return 0;
}

/// The loop that the entry is by now.
inline std::optional<LoopKey> Detector::new_loop(const Entry& entry) const {
    if (entry.runs == 0 || entry.is_dismissed) {
        return std::nullopt;
    }
    if (is_paging(entry)) {
        return loop_of_pages(entry);
    }
    if (most_trips(entry) < repeats_) {
        return std::nullopt;
    }
    const QueryId leader = leader_of(entry);
    if (inserts_many(entry.kind, entry.rows, entry.all_runs) || !repeats_enough(entry, leader) ||
        (!counts_in_block(entry) && !counts_outside(entry, leader))) {
        return std::nullopt;
    }
    return LoopKey{leader, entry.id, entry.kind};
}

/// The trips of the entry's statement under all leaders: those of its loop are among them. Mostly
/// they are too few.
inline std::uint32_t Detector::most_trips(const Entry& entry) const {
    std::uint32_t trips = entry.trips;
    for (Place at = heads_[bucket_of(entry.id)]; at != nowhere; at = entries_[at].next) {
        const Entry& other = entries_[at];
        trips += are_alike(entry, other) && other.leader != entry.leader ? other.trips : 0;
    }
    return trips;
}

/// A list that is read page by page has no leader.
std::optional<LoopKey> Detector::loop_of_pages(const Entry& entry) const {
    if (entry.trips < repeats_ || entry.is_large_page) {
        return std::nullopt;
    }
    return LoopKey{0, entry.id, Kind::page};
}

/// Whether there were enough runs that were waited for.
inline bool Detector::repeats_enough(const Entry& entry, QueryId leader) const {
    std::uint32_t trips = entry.trips;
    for (Place at = heads_[bucket_of(entry.id)]; at != nowhere; at = entries_[at].next) {
        const Entry& other = entries_[at];
        const bool is_other = are_alike(entry, other) && other.leader != entry.leader;
        trips += is_other && other.runs > 0 && counts_with(entry, other, leader) ? other.trips : 0;
    }
    return trips >= repeats_;
}

/// Whether runs under another leader count with the entry's.
bool Detector::counts_with(const Entry& entry, const Entry& other, QueryId leader) const {
    // Before its neighbour had rows it ran under the leader itself.
    const bool may_be_before = leader != 0 || is_block_episode_;
    if (may_be_before && other.leader == leader && is_under(other, leader)) {
        return true;
    }
    if (!is_block_episode_ || other.is_loop) {
        return false;
    }
    // The root of a tree is asked for by no result's value.
    return leader == entry.id || is_led_by_chance(other, entry);
}

/// Whether values led to so few runs of the statement that they do not lead it.
bool Detector::is_led_by_chance(const Entry& led, const Entry& others) {
    return led.value_runs > 0 && !is_by_values(others) && others.leader != others.id &&
           !is_led_by_values(led.runs, std::uint64_t{led.runs} + others.runs);
}

LoopKey Detector::key_of(const Entry& entry) const {
    return {entry.loop_leader, entry.id, entry.loop_kind};
}

/// Whether enough repeats are a loop because they are of one block.
inline bool Detector::counts_in_block(const Entry& entry) const {
    return is_block_episode_ && (entry.runs_before_block == 0 || is_of_block(entry));
}

/// Whether enough repeats outside of a block are a loop.
bool Detector::counts_outside(const Entry& entry, QueryId leader) const {
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
    if (!is_by_values(entry)) {
        return entry.kind != Kind::select;
    }
    return (entry.is_half || entry.confirmed.runs >= repeats_) &&
           (!is_next_to_parent(entry) || will_be_loop(entry.parent));
}

/// Whether a statement is not known to run for each row of what leads it: that held its values
/// because it had been asked for them, or the statement runs about once for each execution.
bool Detector::is_next_to_parent(const Entry& entry) const {
    return entry.parent != nowhere && (entry.is_echo || runs_once_each(entry));
}

/// Whether a statement runs about once for each execution of what leads it: requests that read what
/// belongs to a list at once, or one thing of it.
bool Detector::runs_once_each(const Entry& entry) const {
    return entry.parent != nowhere && entry.runs < 2U * entry.turns;
}

/// Whether a statement is in a loop by now, or when the statements count that are held.
bool Detector::will_be_loop(Place place) const {
    const Entry& entry = entries_[place];
    const auto* const end = foreseen_.data() + foreseen_count_;
    return entry.is_loop || std::any_of(foreseen_.data(), end, [&entry](const LoopKey& loop) {
               return loop.repeated == entry.id;
           });
}

bool Detector::counts_without_leader(const Entry& entry) const {
    if (!entry.counts_alone) {
        return false;
    }
    if (entry.kind != Kind::select) {
        return entry.runs >= writes_for_repeats * repeats_ &&
               entry.wait <= slowest_write * (entry.runs - 1);
    }
    return !entry.has_distinct_parameters && entry.parameters != 0 &&
           entry.wait <= slowest_repeat * (entry.runs - 1);
}

/// While the statements of a small block are held, what they will be is not counted yet.
const Detector::Entry* Detector::entry_of_loop(const LoopKey& key) const noexcept {
    const Entry* found = nullptr;
    for (Place at = heads_[bucket_of(key.repeated)]; at != nowhere; at = entries_[at].next) {
        const Entry& entry = entries_[at];
        if (entry.id == key.repeated &&
            (found == nullptr ||
             std::pair(entry.is_loop, entry.runs) > std::pair(found->is_loop, found->runs))) {
            found = &entry;
        }
    }
    return found;
}

bool Detector::has_single_runs(const LoopKey& key) const noexcept {
    const Entry* const entry = entry_of_loop(key);
    return entry != nullptr && !runs_once_each(*entry) &&
           roundtrip::has_single_runs(entry->lists, entry->runs);
}

bool Detector::has_lists(const LoopKey& key) const noexcept {
    const Entry* const entry = entry_of_loop(key);
    return entry != nullptr && entry->lists > 0;
}

bool Detector::runs_with_loop(const LoopKey& key) const noexcept {
    const Entry* const entry = entry_of_loop(key);
    if (entry == nullptr || !runs_once_each(*entry)) {
        return false;
    }
    const Entry& other = entries_[entry->parent];
    return will_be_loop(entry->parent) && is_by_values(other) && !is_paging(other);
}

const Detector::Entry* Detector::entry_of_last_run(QueryId id) const noexcept {
    if (last_run_ >= used_places_) {
        return nullptr;
    }
    const Entry& entry = entries_[last_run_];
    return entry.id == id && entry.used == clock_ ? &entry : nullptr;
}

Detector::Entry* Detector::entry_of_last_run(QueryId id) noexcept {
    return const_cast<Entry*>(std::as_const(*this).entry_of_last_run(id));
}

std::optional<LoopKey> Detector::loop_of_last_run(QueryId id) const noexcept {
    const Entry* const entry = entry_of_last_run(id);
    return entry != nullptr && entry->is_loop && entry->runs > 0
               ? std::optional<LoopKey>(key_of(*entry))
               : std::nullopt;
}

void Detector::keep_from_request(const Statement& statement, std::uint32_t runs) noexcept {
    if (in_block_ && !is_block_episode_) {
        for (std::size_t i = held_count_; i > 0; --i) {
            Statement& held = held_[i - 1].statement;
            const bool is_left_out = runs > 0 && held.id == statement.id && held.is_of_request;
            held.is_of_request &= !is_left_out;
            runs -= is_left_out ? 1 : 0;
        }
        return;
    }
    Entry* const entry = entry_of_last_run(statement.id);
    if (entry != nullptr && !entry->is_kept) {
        entry->is_kept = true;
        take_runs(*entry, entry->runs - std::min(runs, entry->runs));
    }
}

bool Detector::is_kept_from_request(QueryId id) const noexcept {
    Place at = heads_[bucket_of(id)];
    while (at != nowhere && !(entries_[at].id == id && entries_[at].is_kept)) {
        at = entries_[at].next;
    }
    return at != nowhere;
}

void Detector::dismiss(const LoopKey& key) {
    auto* const end = foreseen_.begin() + static_cast<std::ptrdiff_t>(foreseen_count_);
    auto* const kept = std::remove_if(foreseen_.begin(), end, [&key](const LoopKey& loop) {
        return loop.repeated == key.repeated;
    });
    foreseen_count_ = static_cast<std::size_t>(kept - foreseen_.begin());
    for (std::size_t place = 0; place < used_places_; ++place) {
        Entry& entry = entries_[place];
        if (entry.id == key.repeated) {
            loops_ -= entry.is_loop ? 1 : 0;
            entry.is_loop = false;
            entry.is_dismissed = true;
        }
    }
}

void Detector::tell_all() {
    for (std::size_t place = 0; loops_ > 0 && place < used_places_; ++place) {
        if (entries_[place].is_loop) {
            tell(entries_[place]);
        }
    }
    end_telling();
}

void Detector::end_telling() {
    if (has_told_) {
        has_told_ = false;
        sink_->end_episode();
    }
}

/// A loop that was born or has doubled.
void Detector::look_at_growth(Entry& entry) {
    static_assert(places <= 64);
    entry.next_report = 2 * entry.runs;
    grown_ |= std::uint64_t{1} << place_of(entry);
}

std::optional<Loop> Detector::take_grown() {
    const Entry* most = nullptr;
    for (std::uint64_t left = grown_; left != 0; left &= left - 1) {
        const auto place = static_cast<std::size_t>(std::countr_zero(left));
        const Entry& entry = entries_[place];
        const bool has_grown = place < used_places_ && entry.is_loop && entry.runs > 0;
        if (has_grown && (most == nullptr || entry.runs > most->runs)) {
            most = &entry;
        }
    }
    grown_ = 0;
    return most == nullptr ? std::nullopt : std::optional<Loop>(as_loop(*most));
}

void Detector::tell(Entry& entry) {
    if (entry.runs == 0) {
        return;
    }
    absorb_others(entry);
    has_told_ = true;
    sink_->take(as_loop(entry));
    set_told(entry);
}

void Detector::set_told(Entry& entry) {
    entry.told_runs += entry.runs;
    entry.is_transaction_told = true;
    entry.unled.tell();
}

Loop Detector::as_loop(const Entry& entry) const {
    const Answer* const answer = answer_to(key_of(entry));
    const bool is_told = entry.told_runs > 0 || (answer != nullptr && answer->is_told);
    return {key_of(entry), !is_told, entry.has_distinct_parameters,
            entry.loop_leader != 0 && is_by_values(entry), entry.runs,
            std::uint64_t{entry.told_runs} + entry.runs, std::min(entry.trips, entry.runs),
            entry.run_rows, entry.transactions, is_told ? 0 : rows_of_leader(entry), entry.busy,
            // Of runs that were found later to be of the loop it may be a share.
            std::min(entry.wait, entry.last_seen - entry.first_seen - entry.busy), entry.first_seen,
            entry.last_seen, 1, entry.is_of_request && !entry.is_kept};
}

bool Detector::belongs_to(const Entry& loop, const Entry& other) const {
    return is_under(other, loop.loop_leader) ||
           (is_block_episode_ && !other.is_loop && is_led_by_chance(other, loop));
}

/// Runs of the statement that turn out to be of the same loop become the entry's.
void Detector::absorb_others(Entry& entry) {
    if (counts_same_only(entry) || entry.loop_kind == Kind::page) {
        return;
    }
    const Entry before = entry;
    for (std::size_t place = 0; place < used_places_; ++place) {
        Entry& other = entries_[place];
        if (&other == &entry || !are_alike(entry, other) || other.runs == 0 ||
            !belongs_to(before, other)) {
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
        entry.told_runs += other.told_runs;
        other.told_runs = 0;
        other.unled = {};
        loops_ -= other.is_loop ? 1 : 0;
        other.is_loop = other.is_described = false;
        forget_runs(other);
    }
}

bool Detector::is_under(const Entry& entry, QueryId leader) const {
    if (entry.is_loop) {
        return entry.loop_leader == leader;
    }
    const bool is_of_tree = leader == entry.id && is_block_episode_;
    return is_of_tree || entry.leader == leader || leader_of(entry) == leader;
}

std::uint64_t Detector::rows_of(QueryId id) const {
    std::uint64_t rows = 0;
    for (std::size_t place = 0; id != 0 && place < used_places_; ++place) {
        rows += entries_[place].id == id ? entries_[place].rows : 0;
    }
    return rows;
}

/// Of a leader that ran before this episode, the rows of the results that led to the loop itself or
/// to the statements of one row between them.
std::uint64_t Detector::rows_of_leader(const Entry& loop) const {
    const std::uint64_t rows = rows_of(loop.loop_leader);
    Place at = place_of(loop);
    for (std::size_t steps = 0; rows == 0 && at != nowhere && steps < places; ++steps) {
        if (entries_[at].leader == loop.loop_leader) {
            return entries_[at].list_rows;
        }
        at = entries_[at].parent;
    }
    return rows;
}

// ---- the table ----------------------------------------------------------------------------------

template <typename One>
inline Detector::Place Detector::find(const One& one, QueryId leader) const {
    for (Place at = heads_[bucket_of(one.id)]; at != nowhere; at = entries_[at].next) {
        if (are_alike(entries_[at], one) && entries_[at].leader == leader) {
            return at;
        }
    }
    return nowhere;
}

/// The last entry of a statement to be executed, under whatever leader.
Detector::Place Detector::latest(QueryId id) const {
    Place found = nowhere;
    for (Place at = heads_[bucket_of(id)]; at != nowhere; at = entries_[at].next) {
        if (entries_[at].id == id &&
            (found == nowhere || entries_[at].execution > entries_[found].execution)) {
            found = at;
        }
    }
    return found;
}

/// The parent has just been of use, so that it is not what makes room.
Detector::Place Detector::insert(const Statement& statement, const Context& context) {
    if (context.parent != nowhere) {
        entries_[context.parent].used = clock_;
    }
    const Place place = free_place();
    entries_[place] = new_entry(statement, context);
    link(place);
    return place;
}

inline Detector::Entry Detector::new_entry(const Statement& statement, const Context& context) {
    Entry entry{};
    entry.id = statement.id;
    entry.leader = context.leader;
    entry.kind = statement.kind;
    entry.is_of_request = statement.is_of_request;
    entry.parent = context.parent;
    return entry;
}

Detector::Place Detector::free_place() {
    if (used_places_ < places) {
        return static_cast<Place>(used_places_++);
    }
    const Entry* const oldest =
        std::min_element(entries_.data(), entries_.data() + places,
                         [](const Entry& a, const Entry& b) { return a.used < b.used; });
    const auto place = static_cast<Place>(oldest - entries_.data());
    evict(place);
    return place;
}

void Detector::evict(Place place) {
    Entry& entry = entries_[place];
    if (entry.is_loop) {
        tell(entry);
        --loops_;
    }
    unlink(place);
    for (Place* const last : {&last_many_, &last_led_, &last_}) {
        *last = *last == place ? nowhere : *last;
    }
    for (Entry& other : entries_) {
        if (other.parent == place) {
            other.parent = nowhere;
        }
    }
}

void Detector::link(Place place) {
    Place& head = heads_[bucket_of(entries_[place].id)];
    entries_[place].next = head;
    head = place;
}

void Detector::unlink(Place place) {
    Place* at = &heads_[bucket_of(entries_[place].id)];
    while (*at != place) {
        at = &entries_[*at].next;
    }
    *at = entries_[place].next;
}

}  // namespace onetrip::roundtrip
