// Finds the loops of one request, whose statements may run in several sessions at once.
//
// It knows statements by identifiers, numbers and times alone, as the detector of one session does;
// not how sessions come to it, nor where its loops are kept.

#include "roundtrip/request_episode.hpp"

#include <algorithm>
#include <utility>

#include "roundtrip/loop_rules.hpp"
#include "roundtrip/value_hash.hpp"

namespace onetrip::roundtrip {

// ---- statements ---------------------------------------------------------------------------------

bool RequestEpisode::count(const RequestRun& run) noexcept {
    const Statement& statement = run.statement;
    begin_ = statements_ == 0 ? statement.begin : begin_;
    ++statements_;
    ++clock_;
    add_session(run.session);
    Entry* entry = find(statement.id);
    if (entry == nullptr) {
        entry = insert(run);
    }
    if (entry == nullptr) {
        return false;
    }
    const bool has_left_pages =
        entry->is_loop && entry->loop_kind == Kind::page && !statement.is_next_page;
    const bool is_run = statement.role == Statement::Role::execution;
    if (statement.role == Statement::Role::next_part && entry->is_in_one_piece && entry->runs > 0) {
        take_last_run(*entry);
    } else if (is_run && !has_left_pages) {
        count_run(*entry, run);
    }
    entry->is_in_one_piece = is_run;
    remember_rows(*entry, statement);
    entry->used = clock_;
    last_end_ = std::max(last_end_, statement.end);
    return true;
}

/// How long the server waited for the client before the run: since the request's last statement,
/// but not while the session ran others.
Microseconds RequestEpisode::wait_for(const RequestRun& run) const noexcept {
    const Statement& statement = run.statement;
    const Microseconds since_last = std::max<Microseconds>(statement.begin - last_end_, 0);
    const Microseconds before =
        run.wait.is_known ? std::min(since_last, run.wait.time) : since_last;
    return before + (statement.end - statement.begin - statement.busy);
}

void RequestEpisode::count_run(Entry& entry, const RequestRun& run) const noexcept {
    const Statement& statement = run.statement;
    if (entry.runs == 0) {
        entry.first_seen = statement.begin;
        entry.parent = last_many_ == 0 || last_many_ == place_of(entry) + 1
                           ? nowhere
                           : static_cast<Place>(last_many_ - 1);
    } else {
        entry.wait += wait_for(run);
        entry.has_distinct_parameters |= entry.parameters != statement.parameters;
        entry.pages += statement.is_next_page ? 1 : 0;
    }
    entry.trips += entry.runs == 0 || statement.is_trip ? 1 : 0;
    ++entry.runs;
    entry.lists += statement.has_list ? 1 : 0;
    count_transaction(entry, run);
    entry.value_runs += statement.evidence.leader != 0 ? 1 : 0;
    entry.own_leader = run.leader != 0 ? run.leader : entry.own_leader;
    entry.busy += statement.busy;
    entry.parameters = statement.parameters;
    entry.is_large_page = statement.is_large_page;
    entry.last_seen = statement.end;
    entry.rows += statement.rows;
    count_earlier(entry, run);
}

/// A portal whose rows are read in parts is like a cursor, and so not a run of a loop. Its own
/// numbers are not known, so an average share is taken from them.
void RequestEpisode::take_last_run(Entry& entry) noexcept {
    const auto without = [runs = entry.runs](auto number) {
        return static_cast<decltype(number)>(number - number / runs);
    };
    entry.trips = without(entry.trips);
    entry.lists = without(entry.lists);
    entry.value_runs = without(entry.value_runs);
    entry.rows = without(entry.rows);
    entry.busy = without(entry.busy);
    entry.wait = without(entry.wait);
    --entry.runs;
    entry.transactions = std::min(entry.transactions, entry.runs);
}

/// Sessions that take turns have transactions of their own, which may have begun in the same
/// microsecond.
void RequestEpisode::count_transaction(Entry& entry, const RequestRun& run) noexcept {
    const auto transaction = static_cast<std::uint16_t>(
        mix_value(run.statement.transaction + mix_value(run.session)) | 1U);
    auto* const begin = entry.in_transactions.data();
    auto* const end = begin + entry.in_transactions.size();
    auto* const known = std::find(begin, end, transaction);
    entry.transactions += known == end && !is_of_earlier_transaction(entry, run) ? 1 : 0;
    std::rotate(begin, known == end ? end - 1 : known, known == end ? end : known + 1);
    *begin = transaction;
}

/// Only a hash of an earlier run's transaction is known: so it is compared once, with the next run
/// of that session.
bool RequestEpisode::is_of_earlier_transaction(Entry& entry, const RequestRun& run) noexcept {
    if (entry.earlier_session != run.session + 1) {
        return false;
    }
    entry.earlier_session = 0;
    return entry.earlier_transaction == hash_of_transaction(run.statement.transaction);
}

/// Counts the earlier run, the time of which is not known.
void RequestEpisode::count_earlier(Entry& entry, const RequestRun& run) noexcept {
    if (!run.earlier.exists || entry.runs != 1) {
        return;
    }
    ++entry.runs;
    ++entry.trips;
    entry.earlier_session = run.earlier.session + 1;
    entry.earlier_transaction = run.earlier.transaction;
    entry.transactions += is_of_earlier_transaction(entry, run) ? 0 : 1;
    entry.lists += run.statement.has_list ? 1 : 0;
    entry.pages += run.statement.is_next_page ? 1 : 0;
    entry.value_runs += run.statement.evidence.leader != 0 ? 1 : 0;
    entry.rows += run.earlier.rows;
}

void RequestEpisode::remember_rows(Entry& entry, const Statement& statement) noexcept {
    const auto rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(statement.rows, 1U << 30));
    const bool goes_on = statement.goes_on();
    entry.last_rows = std::min((goes_on ? entry.last_rows : 0) + rows, 1U << 30);
    entry.all_rows += statement.rows;
    entry.is_many |= entry.last_rows >= 2;
    if (may_be_looped_over(statement, entry.last_rows)) {
        last_many_ = static_cast<Place>(place_of(entry) + 1);
    }
}

void RequestEpisode::add_session(std::uint32_t session) noexcept {
    const std::size_t bit = session % session_bits;
    sessions_[bit / 64] |= std::uint64_t{1} << (bit % 64);
}

std::uint16_t RequestEpisode::hash_of_transaction(std::uint64_t transaction) noexcept {
    return static_cast<std::uint16_t>(mix_value(transaction) & ((1U << transaction_bits) - 1));
}

std::uint32_t RequestEpisode::sessions() const noexcept {
    std::uint32_t count = 0;
    for (const std::uint64_t bits : sessions_) {
        count += static_cast<std::uint32_t>(std::popcount(bits));
    }
    return count;
}

void RequestEpisode::restart() noexcept {
    for (std::size_t place = 0; place < used_places_; ++place) {
        begin_at_zero(entries_[place]);
    }
    statements_ = 0;
    sessions_ = {};
}

void RequestEpisode::begin_at_zero(QueryId id) noexcept {
    if (Entry* const entry = find(id)) {
        begin_at_zero(*entry);
    }
}

void RequestEpisode::begin_at_zero(Entry& entry) noexcept {
    // A transaction that goes on has been counted in what was reported.
    if (!entry.is_loop) {
        entry.in_transactions = {};
        entry.earlier_session = 0;
    }
    entry.is_loop = entry.has_distinct_parameters = false;
    entry.runs = entry.trips = entry.lists = entry.pages = 0;
    entry.transactions = entry.value_runs = entry.next_report = 0;
    entry.rows = entry.variant = 0;
    entry.busy = entry.wait = 0;
}

// ---- loops --------------------------------------------------------------------------------------

bool RequestEpisode::is_by_values(const Entry& entry) noexcept {
    return is_led_by_values(entry.value_runs, entry.runs);
}

/// A leader that a session has found by the order of its own statements holds for its own runs:
/// with those of others there may be too many for that list.
bool RequestEpisode::own_leader_holds(const Entry& entry) const noexcept {
    if (entry.own_leader == 0 || is_by_values(entry)) {
        return entry.own_leader != 0;
    }
    const Entry* const list = find(entry.own_leader);
    return list != nullptr && list->all_rows >= entry.runs;
}

/// The last list before the statement's first run that had as many rows as the statement has runs.
/// One that ran about as often as the statement itself is its neighbour, and led by the same list.
QueryId RequestEpisode::leader_of(const Entry& entry) const noexcept {
    if (own_leader_holds(entry)) {
        return entry.own_leader;
    }
    Place at = entry.parent;
    for (std::size_t steps = 0; at != nowhere && steps < places; ++steps) {
        const Entry& list = entries_[at];
        const bool is_neighbour = 2ULL * list.runs > entry.runs;
        if (!is_neighbour && list.is_many && list.all_rows >= entry.runs) {
            return list.id;
        }
        at = list.parent;
    }
    return 0;
}

std::optional<LoopKey> RequestEpisode::loop_of(const Entry& entry,
                                               std::uint32_t repeats) const noexcept {
    if (entry.trips < repeats || entry.is_dismissed) {
        return std::nullopt;
    }
    if (is_paging(entry)) {
        return entry.is_large_page ? std::nullopt
                                   : std::optional<LoopKey>(LoopKey{0, entry.id, Kind::page});
    }
    const QueryId leader = leader_of(entry);
    return writes_many(entry.kind, leader, entry.rows, entry.runs)
               ? std::nullopt
               : std::optional<LoopKey>(LoopKey{leader, entry.id, entry.kind});
}

std::optional<LoopKey> RequestEpisode::loop_to_describe(QueryId id,
                                                        std::uint32_t repeats) noexcept {
    Entry* const entry = find(id);
    const std::optional<LoopKey> loop = entry == nullptr ? std::nullopt : loop_of(*entry, repeats);
    if (!loop) {
        return std::nullopt;
    }
    const bool is_known =
        entry->is_loop && entry->loop_leader == loop->leader && entry->loop_kind == loop->kind;
    if (is_known && entry->runs < entry->next_report) {
        return std::nullopt;
    }
    entry->is_loop = true;
    entry->loop_leader = loop->leader;
    entry->loop_kind = loop->kind;
    entry->variant = is_known ? entry->variant : 0;
    entry->next_report = 2 * entry->runs;
    return loop;
}

RequestEpisode::Described RequestEpisode::described(QueryId id) const noexcept {
    const Entry* const entry = find(id);
    if (entry == nullptr) {
        return {};
    }
    return {entry->has_distinct_parameters, has_single_runs(entry->lists, entry->runs)};
}

void RequestEpisode::set_variant(const LoopKey& key, std::uint64_t variant) noexcept {
    Entry* const entry = find(key.repeated);
    if (entry != nullptr && entry->is_loop && entry->loop_leader == key.leader &&
        entry->loop_kind == key.kind) {
        entry->variant = variant;
    }
}

void RequestEpisode::dismiss(QueryId id) noexcept {
    if (Entry* const entry = find(id)) {
        entry->is_loop = false;
        entry->is_dismissed = true;
    }
}

Loop RequestEpisode::as_loop(const Entry& entry) const noexcept {
    const Entry* const leader = entry.loop_leader == 0 ? nullptr : find(entry.loop_leader);
    const std::uint32_t in_sessions = sessions();
    const bool by_values = entry.loop_leader != 0 && entry.own_leader == entry.loop_leader &&
                           in_sessions == 1 && is_by_values(entry);
    return {{entry.loop_leader, entry.id, entry.loop_kind},
            true,
            entry.has_distinct_parameters,
            by_values,
            entry.runs,
            entry.runs,
            std::min(entry.trips, entry.runs),
            entry.rows,
            std::min(entry.transactions, entry.runs),
            leader == nullptr ? 0 : leader->all_rows,
            entry.busy,
            entry.wait,
            entry.first_seen,
            entry.last_seen,
            in_sessions};
}

// ---- the table ----------------------------------------------------------------------------------

RequestEpisode::Entry* RequestEpisode::find(QueryId id) noexcept {
    return const_cast<Entry*>(std::as_const(*this).find(id));
}

const RequestEpisode::Entry* RequestEpisode::find(QueryId id) const noexcept {
    const auto* const end = entries_.data() + used_places_;
    const auto* const found =
        std::find_if(entries_.data(), end, [id](const Entry& entry) { return entry.id == id; });
    return found == end ? nullptr : found;
}

RequestEpisode::Entry* RequestEpisode::insert(const RequestRun& run) noexcept {
    Entry* entry = nullptr;
    if (used_places_ < places) {
        entry = &entries_[used_places_++];
    } else {
        entry = entry_to_evict();
        if (entry == nullptr) {
            return nullptr;
        }
        evict(place_of(*entry));
    }
    *entry = Entry{};
    entry->id = run.statement.id;
    entry->kind = run.statement.kind;
    entry->parent = nowhere;
    entry->is_repeated = run.is_repeated;
    if (run.earlier.exists) {
        add_session(run.earlier.session);
    }
    return entry;
}

RequestEpisode::Entry* RequestEpisode::entry_to_evict() noexcept {
    Entry* oldest = nullptr;
    Entry* oldest_single = nullptr;
    for (Entry& entry : entries_) {
        if (entry.is_loop) {
            continue;
        }
        oldest = oldest == nullptr || entry.used < oldest->used ? &entry : oldest;
        if (!entry.is_repeated && entry.runs <= 1 &&
            (oldest_single == nullptr || entry.used < oldest_single->used)) {
            oldest_single = &entry;
        }
    }
    const bool is_old = oldest != nullptr && clock_ - oldest->used > lately;
    return oldest_single != nullptr ? oldest_single : is_old ? oldest : nullptr;
}

void RequestEpisode::evict(Place place) noexcept {
    last_many_ = last_many_ == place + 1 ? Place{0} : last_many_;
    for (Entry& other : entries_) {
        other.parent = other.parent == place ? nowhere : other.parent;
    }
}

}  // namespace onetrip::roundtrip
