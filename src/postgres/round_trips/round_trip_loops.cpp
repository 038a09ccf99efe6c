// Keeps a session's statements and loops until an episode ends: texts of leaders, texts of loops,
// and which of them belong together.
//
// It has each text made once (round_trip_text.cpp, round_trip_advice.cpp) and hands it on to shared
// memory; it knows neither how loops are found nor what the texts say.

#include "postgres/round_trips/round_trip_loops.hpp"

#include <algorithm>
#include <iterator>

#include "postgres/round_trips/round_trip_action.hpp"
#include "postgres/round_trips/round_trip_requests.hpp"
#include "postgres/round_trips/round_trip_running.hpp"
#include "postgres/round_trips/round_trip_settings.hpp"

namespace onetrip::postgres {

using roundtrip::Loop;
using roundtrip::LoopKey;
using roundtrip::QueryId;

void RoundTripLoops::keep_leader(QueryId id, const PlannedStmt* statement, const QueryShape& shape,
                                 const char* text) {
    const auto query_id = static_cast<std::uint64_t>(statement->queryId);
    const auto* const known = std::find(std::begin(leader_ids_), std::end(leader_ids_), id);
    if (known != std::end(leader_ids_)) {
        const auto at = known - std::begin(leader_ids_);
        leaders_used_[at] = ++clock_;
        if (leaders_[at].query_id != query_id) {
            leaders_[at].query_id = query_id;
            leaders_[at].tables = tables_of(statement);
        }
        return;
    }
    Leader& leader = oldest_leader(id);
    leader.query_id = query_id;
    leader.tables = tables_of(statement);
    leader.shape = shape;
    leader.text.set(source_of(statement, text));
}

void RoundTripLoops::forget_leaders() {
    std::fill(std::begin(leader_ids_), std::end(leader_ids_), QueryId{0});
    std::fill(std::begin(leaders_used_), std::end(leaders_used_), std::uint64_t{0});
}

/// The place of the leader that was of use the longest ago, which becomes this one's.
RoundTripLoops::Leader& RoundTripLoops::oldest_leader(QueryId id) {
    const auto place = std::min_element(std::begin(leaders_used_), std::end(leaders_used_)) -
                       std::begin(leaders_used_);
    leader_ids_[place] = id;
    leaders_used_[place] = ++clock_;
    return leaders_[place];
}

void RoundTripLoops::import_leader(QueryId id) {
    LeaderText shared;
    if (id == 0 || find_leader(id) != nullptr || !copy_leader_text(id, shared)) {
        return;
    }
    Leader& leader = oldest_leader(id);
    leader.query_id = shared.query_id;
    leader.tables = shared.tables;
    leader.shape = shared.shape;
    leader.text.set({shared.text, false});
}

const RoundTripLoops::Leader* RoundTripLoops::find_leader(QueryId id) const {
    const auto* const known = std::find(std::begin(leader_ids_), std::end(leader_ids_), id);
    return id == 0 || known == std::end(leader_ids_) ? nullptr
                                                     : &leaders_[known - std::begin(leader_ids_)];
}

RoundTripTexts* RoundTripLoops::find(const LoopKey& key, Oid role, std::uint64_t variant) {
    const auto is_this = [&](std::size_t place) {
        return loops_used_[place] != 0 && loops_[place].key == key && loops_[place].role == role &&
               loops_[place].variant == variant;
    };
    if (is_this(last_used_)) {
        return &use(last_used_);
    }
    for (std::size_t place = 0; place < loops; ++place) {
        if (is_this(place)) {
            return &use(place);
        }
    }
    return nullptr;
}

RoundTripTexts& RoundTripLoops::oldest_loop() {
    auto* const oldest = std::min_element(std::begin(loops_used_), std::end(loops_used_));
    return use(static_cast<std::size_t>(oldest - std::begin(loops_used_)));
}

RoundTripTexts& RoundTripLoops::use(std::size_t place) {
    loops_used_[place] = ++clock_;
    last_used_ = place;
    return loops_[place];
}

/// The runner of the loop now.
RoundTripLoops::Runner RoundTripLoops::runner_of(const LoopKey& key, const QueryDesc* query) const {
    // A statement that walks down a tree leads itself, and need not be among the leaders: it reads
    // a row at a time.
    const bool is_own = key.leader == key.repeated;
    const Leader* const leader = is_own ? nullptr : find_leader(key.leader);
    Runner runner{};
    read_owner(runner.owner, source_of(query->plannedstmt, query->sourceText).text,
               query->sourceText);
    runner.variant = runner.owner.variant();
    runner.leader = leader;
    runner.query_id = static_cast<std::uint64_t>(query->plannedstmt->queryId);
    runner.leader_query_id = is_own ? runner.query_id : leader != nullptr ? leader->query_id : 0;
    return runner;
}

void RoundTripLoops::set_runner(RoundTripTexts& texts, const Runner& runner) {
    texts.owner = runner.owner;
    texts.variant = runner.variant;
    set_request(texts, runner);
}

/// What is new of a runner of the same variant.
void RoundTripLoops::set_request(RoundTripTexts& texts, const Runner& runner) {
    std::memcpy(texts.owner.traceparent, runner.owner.traceparent, round_trip_trace_room);
    texts.query_id = runner.query_id;
    texts.leader_query_id = runner.leader_query_id;
}

/// Whether the known texts suffice: a column that has been found since makes better advice.
bool RoundTripLoops::says_enough(const RoundTripTexts* known, const ColumnsOfLeader& columns) {
    return known != nullptr && (columns.found == 0 || known->leader_column[0] != '\0');
}

bool RoundTripLoops::renew(const LoopKey& key, const QueryDesc* query,
                           const ColumnsOfLeader& columns) {
    const Runner runner = runner_of(key, query);
    RoundTripTexts* const known = find(key, GetUserId(), runner.variant);
    if (!says_enough(known, columns) || may_have_lists_[known - loops_]) {
        return false;
    }
    set_request(*known, runner);
    return true;
}

void RoundTripLoops::describe(const LoopKey& key, const QueryDesc* query, const Findings& findings,
                              const ColumnsOfLeader& columns) {
    const Runner runner = runner_of(key, query);
    RoundTripTexts* known = find(key, GetUserId(), runner.variant);
    if (says_enough(known, columns)) {
        set_request(*known, runner);
        return;
    }
    const MemoryContext memory = make_memory_context(CurrentMemoryContext, "onetrip round trips");
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    auto* const texts = static_cast<RoundTripTexts*>(palloc0(sizeof(RoundTripTexts)));
    texts->key = key;
    texts->role = GetUserId();
    set_runner(*texts, runner);
    write_words(*texts, runner.leader, query, findings, columns);
    // Nothing raises an error from here on.
    known = known != nullptr ? known : &oldest_loop();
    *known = *texts;
    may_have_lists_[known - loops_] = findings.may_have_many_values;
    changed_[known - loops_] = findings.changed;
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
}

bool RoundTripLoops::knows_less(const LoopKey& key, std::uint32_t changed) const {
    const RoundTripTexts* const known = texts_of(key);
    return known != nullptr && (changed & ~changed_[known - loops_]) != 0;
}

void RoundTripLoops::describe_again(const LoopKey& key, const QueryDesc* query,
                                    const Findings& findings, const ColumnsOfLeader& columns) {
    const RoundTripTexts* const known = texts_of(key);
    const MemoryContext memory = make_memory_context(CurrentMemoryContext, "onetrip round trips");
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    auto* const texts = static_cast<RoundTripTexts*>(palloc(sizeof(RoundTripTexts)));
    *texts = *known;
    write_words(*texts, find_leader(key.leader), query, findings, columns);
    // Nothing raises an error from here on.
    loops_[known - loops_] = *texts;
    changed_[known - loops_] = findings.changed;
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
}

/// Writes the statements of a loop and the advice; its key is there already.
void RoundTripLoops::write_words(RoundTripTexts& texts, const Leader* leader,
                                 const QueryDesc* query, const Findings& findings,
                                 const ColumnsOfLeader& columns) {
    const bool is_own = texts.key.leader == texts.key.repeated;
    normalise_statement(texts.repeated, source_of(query->plannedstmt, query->sourceText));
    if (is_own) {
        std::memcpy(texts.leader, texts.repeated, sizeof texts.leader);
    } else if (leader != nullptr) {
        normalise_statement(texts.leader, leader->text.source());
    }
    write_advice(texts, query, findings,
                 {texts.key.leader != 0,
                  is_own              ? tables_of(query->plannedstmt)
                  : leader != nullptr ? leader->tables
                                      : TablesOfStatement{},
                  leader != nullptr ? leader->shape : QueryShape{}, columns, is_own});
}

/// The role may have changed since: the last one under which the loop was described is its own.
const RoundTripTexts* RoundTripLoops::texts_of(const LoopKey& key) const {
    if (loops_used_[last_used_] != 0 && loops_[last_used_].key == key) {
        return &loops_[last_used_];
    }
    const RoundTripTexts* texts = nullptr;
    std::uint64_t used = 0;
    for (std::size_t i = 0; i < loops; ++i) {
        if (loops_used_[i] > used && loops_[i].key == key) {
            texts = &loops_[i];
            used = loops_used_[i];
        }
    }
    return texts;
}

void RoundTripLoops::end_episode() noexcept {
    const int limit = round_trip_settings.log_wait;
    if (limit >= 0 && wait_ > roundtrip::Microseconds{limit} * 1000) {
        is_log_due_ = true;
        logged_ = dearest_;
        logged_wait_ = wait_;
    }
    wait_ = 0;
    hide_running_loops();
}

void RoundTripLoops::write_log() const {
    const RoundTripTexts* const texts = texts_of(logged_.key);
    if (texts != nullptr && may_log_round_trip(*texts)) {
        log_loop(logged_, logged_wait_, *texts);
    }
}

void RoundTripLoops::take(const Loop& loop) noexcept {
    dearest_ = wait_ == 0 || loop.wait > dearest_.wait ? loop : dearest_;
    wait_ += loop.wait;
    hide_running_loop(loop.key);
    const RoundTripTexts* const texts = texts_of(loop.key);
    if (texts != nullptr && !loop.is_of_request) {
        store_round_trip(loop, *texts);
    }
}

}  // namespace onetrip::postgres
