// Finds the loops of one session among its statements, in a fixed table and without allocating.
//
// It knows statements by identifiers, hashes and times alone: neither texts nor plans, nor where
// its loops are kept.

#include "roundtrip/detector.hpp"

#include <algorithm>

namespace onetrip::roundtrip {

// ---- episodes -----------------------------------------------------------------------------------

void Detector::begin_block() {
    in_block_ = true;
    is_block_episode_ = false;
    held_.reset();
}

void Detector::end_block() {
    if (!in_block_) {
        return;
    }
    in_block_ = false;
    if (is_block_episode_) {
        end_episode();
    } else if (held_) {
        const Run run = *held_;
        held_.reset();
        add(run);
    }
    is_block_episode_ = false;
}

void Detector::end_episode() {
    held_.reset();
    tell_all();
    forget_all();
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
    for (std::size_t place = 0; place < used_places_; ++place) {
        Entry& entry = entries_[place];
        entry.is_loop = entry.is_told = entry.has_distinct_parameters = false;
        entry.runs = entry.turns = 0;
        entry.rows = 0;
        entry.parent_execution = 0;
        entry.busy = entry.wait = 0;
    }
    time_.begin_episode();
    loops_ = 0;
}

void Detector::forget_all() {
    heads_ = all_nowhere();
    used_places_ = 0;
    last_many_ = nowhere;
    time_.begin_episode();
    loops_ = 0;
}

// ---- statements ---------------------------------------------------------------------------------

std::optional<LoopKey> Detector::statement(const Statement& statement) {
    Run run{statement, {}};
    run.wait = time_.place(run.statement);
    if (!in_block_ || is_block_episode_) {
        return add(run);
    }
    if (!held_) {
        return hold(run);
    }
    const Run first = *held_;
    end_episode();
    is_block_episode_ = true;
    add(first);
    return add(run);
}

/// Keeps the first statement of a block. Should it stay the only one, it will count when nobody can
/// look anything up any more: so what it will then make is said now.
std::optional<LoopKey> Detector::hold(const Run& run) {
    held_ = run;
    const Context context = context_of(run.statement);
    if (run.wait.has_pause || context.entry == nowhere) {
        return std::nullopt;
    }
    Entry entry = entries_[context.entry];
    if (entry.is_loop) {
        return std::nullopt;
    }
    count_run(entry, run, context.parent);
    return new_loop(entry);
}

inline void Detector::count_statement(const Run& run) {
    if (!is_block_episode_ && run.wait.has_pause) {
        end_episode();
    } else if (time_.is_full(run.statement.begin) || loops_ >= most_loops) {
        restart_episode();
    }
    time_.count(run.statement.begin);
    ++clock_;
}

std::optional<LoopKey> Detector::add(const Run& run) {
    count_statement(run);
    const Statement& statement = run.statement;
    const Context context = context_of(statement);
    const Place place =
        context.entry != nowhere ? context.entry : insert(statement, context.parent);
    Entry& entry = entries_[place];
    if (entry.is_loop && entry.parameters != statement.parameters && counts_same_only(entry)) {
        begin_anew(entry);
    }
    count_run(entry, run, context.parent);
    if (entry.parent != nowhere) {
        entries_[entry.parent].used = clock_;
    }
    remember_rows(place, statement);
    // Most statements are none, and no neighbour of another's rows.
    if (entry.is_loop || (entry.runs < repeats_ && entry.parent == nowhere)) {
        return std::nullopt;
    }
    const std::optional<LoopKey> loop = new_loop(entry);
    if (loop) {
        entry.is_loop = true;
        entry.loop_leader = loop->leader;
        ++loops_;
        absorb_others(entry);
    }
    return loop;
}

/// Where a run belongs. A statement that is an ancestor of the last one with rows goes on with its
/// own loop; any other is under that last one.
inline Detector::Context Detector::context_of(const Statement& statement) const {
    for (Place at = last_many_; at != nowhere; at = entries_[at].parent) {
        if (entries_[at].id == statement.id) {
            return {at, entries_[at].parent};
        }
    }
    return {find(statement.id, id_at(last_many_)), last_many_};
}

/// Outside of a block and without a leader nothing but the very same statement is a loop.
inline bool Detector::counts_same_only(const Entry& entry) const {
    return !is_block_episode_ && (entry.is_loop ? entry.loop_leader == 0 : entry.parent == nowhere);
}

/// A loop ends within the episode, and another of the same statement may follow.
void Detector::begin_anew(Entry& entry) {
    tell(entry);
    --loops_;
    entry.is_loop = false;
    entry.is_told = true;
    entry.runs = 0;
}

inline void Detector::count_run(Entry& entry, const Run& run, Place parent) const {
    const Statement& statement = run.statement;
    const std::uint64_t under = parent == nowhere ? 0 : entries_[parent].execution;
    const bool changed = entry.runs > 0 && entry.parameters != statement.parameters;
    entry.parent = parent;
    if (changed && counts_same_only(entry)) {
        entry.runs = 0;
    }
    if (entry.runs == 0) {
        entry.has_distinct_parameters = false;
        entry.turns = 1;
        entry.busy = entry.wait = 0;
        entry.first_seen = statement.begin;
    } else {
        entry.has_distinct_parameters |= changed;
        entry.turns += entry.parent_execution != under ? 1 : 0;
        entry.wait += run.wait.time + (statement.end - statement.begin - statement.busy);
    }
    entry.parent_execution = under;
    entry.runs += statement.role == Statement::Role::execution ? 1 : 0;
    entry.busy += statement.busy;
    entry.parameters = statement.parameters;
    entry.last_seen = statement.end;
    entry.rows += statement.rows;
    entry.used = clock_;
}

inline void Detector::remember_rows(Place place, const Statement& statement) {
    Entry& entry = entries_[place];
    if (statement.role == Statement::Role::next_fetch) {
        entry.last_rows += statement.rows;
    } else {
        entry.last_rows = statement.rows;
        entry.execution = clock_;
    }
    entry.is_many |= entry.last_rows >= 2;
    // The first row of a cursor may be looked at before the second is fetched.
    const bool is_fetch = statement.role != Statement::Role::execution;
    if (entry.last_rows >= 2 || (is_fetch && entry.last_rows == 1)) {
        last_many_ = place;
    }
}

// ---- loops --------------------------------------------------------------------------------------

/// The entry over whose rows the entry's statement is looped. What runs about once for each
/// execution of its parent is a neighbour of that, and looped over what the parent is looped over.
inline Detector::Place Detector::leader_of(const Entry& entry) const {
    const Entry* at = &entry;
    while (at->parent != nowhere && (at->runs < 2 * at->turns || !entries_[at->parent].is_many)) {
        at = &entries_[at->parent];
    }
    return at->parent;
}

/// The loop that the entry is by now.
inline std::optional<LoopKey> Detector::new_loop(const Entry& entry) const {
    if (entry.runs == 0 || entry.is_dismissed) {
        return std::nullopt;
    }
    const Place leader = leader_of(entry);
    std::uint32_t runs = entry.runs;
    if (leader != entry.parent && (leader != nowhere || is_block_episode_)) {
        // Before its neighbour had rows it ran under the leader itself.
        const Place before = find(entry.id, id_at(leader));
        const bool counts = before != nowhere && is_under(entries_[before], id_at(leader));
        runs += counts ? entries_[before].runs : 0;
    }
    const bool inserts_many = entry.kind == Kind::insert && entry.rows >= 2ULL * entry.runs;
    if (runs < repeats_ || inserts_many) {
        return std::nullopt;
    }
    const bool repeats_constant = !entry.has_distinct_parameters && entry.parameters != 0;
    if (leader == nowhere && !is_block_episode_ && !repeats_constant) {
        return std::nullopt;
    }
    return LoopKey{id_at(leader), entry.id, entry.kind};
}

void Detector::dismiss(const LoopKey& key) {
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
    if (loops_ == 0) {
        return;
    }
    for (std::size_t place = 0; place < used_places_; ++place) {
        if (entries_[place].is_loop) {
            tell(entries_[place]);
        }
    }
}

void Detector::tell(Entry& entry) {
    if (entry.runs == 0) {
        return;
    }
    absorb_others(entry);
    sink_->take({{entry.loop_leader, entry.id, entry.kind},
                 !entry.is_told,
                 entry.has_distinct_parameters,
                 entry.runs,
                 entry.is_told ? 0 : rows_of(entry.loop_leader),
                 entry.busy,
                 entry.wait,
                 entry.first_seen,
                 entry.last_seen});
}

/// Runs of the statement that turn out to be of the same loop become the entry's.
void Detector::absorb_others(Entry& entry) {
    if (counts_same_only(entry)) {
        return;
    }
    for (std::size_t place = 0; place < used_places_; ++place) {
        Entry& other = entries_[place];
        if (&other == &entry || other.id != entry.id || other.runs == 0 ||
            !is_under(other, entry.loop_leader)) {
            continue;
        }
        entry.has_distinct_parameters |=
            other.has_distinct_parameters || other.parameters != entry.parameters;
        entry.runs += other.runs;
        entry.busy += other.busy;
        entry.wait += other.wait;
        entry.first_seen = std::min(entry.first_seen, other.first_seen);
        entry.last_seen = std::max(entry.last_seen, other.last_seen);
        other.runs = 0;
        other.is_told = true;
    }
}

bool Detector::is_under(const Entry& entry, QueryId leader) const {
    if (entry.is_loop) {
        return entry.loop_leader == leader;
    }
    return entry.leader == leader || id_at(leader_of(entry)) == leader;
}

std::uint64_t Detector::rows_of(QueryId id) const {
    std::uint64_t rows = 0;
    for (std::size_t place = 0; id != 0 && place < used_places_; ++place) {
        rows += entries_[place].id == id ? entries_[place].rows : 0;
    }
    return rows;
}

// ---- the table ----------------------------------------------------------------------------------

inline Detector::Place Detector::find(QueryId id, QueryId leader) const {
    for (Place at = heads_[bucket_of(id)]; at != nowhere; at = entries_[at].next) {
        if (entries_[at].id == id && entries_[at].leader == leader) {
            return at;
        }
    }
    return nowhere;
}

/// The parent has just been of use, so that it is not what makes room.
Detector::Place Detector::insert(const Statement& statement, Place parent) {
    if (parent != nowhere) {
        entries_[parent].used = clock_;
    }
    const Place place = free_place();
    Entry& entry = entries_[place];
    entry = Entry{};
    entry.id = statement.id;
    entry.leader = id_at(parent);
    entry.kind = statement.kind;
    entry.parent = parent;
    link(place);
    return place;
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
    if (last_many_ == place) {
        last_many_ = nowhere;
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
