#pragma once

#include <algorithm>
#include <cstdint>

#include "roundtrip/loop.hpp"
#include "roundtrip/loop_rules.hpp"
#include "roundtrip/statement.hpp"

namespace onetrip::roundtrip {

/// Runs since the last one whose values a result held, which may turn out to be of that result's
/// loop. They count in their entry until then, unless they have been forgotten.
struct UnledRuns {
    static constexpr std::uint16_t most = 60'000;  ///< further ones are not remembered

    std::uint16_t runs;
    std::uint16_t
        reported;  ///< of the runs, those that have been reported; the others have what follows
    std::uint16_t transactions;
    std::uint16_t handed;  ///< a row held the last one's values: the lower bits of its generation
    std::uint32_t rows;
    std::uint32_t busy;
    std::uint32_t wait;

    std::uint32_t unreported() const { return static_cast<std::uint32_t>(runs - reported); }
    void report() { *this = {runs, runs, 0, 0, 0, 0, 0}; }
    void add(const UnledRuns& other);

    /// Takes `some` of the runs that have not been reported, with their share of the numbers.
    UnledRuns take(std::uint32_t some);
};

/// Runs, and what they took.
struct RunTally {
    std::uint32_t runs;
    std::uint32_t trips;
    std::uint32_t turns;
    std::uint32_t busy;
    std::uint32_t wait;
};

/// The runs of an entry that count, as numbers.
struct CountedRuns {
    std::uint64_t parameters;      ///< of the last one
    std::uint64_t relation_clock;  ///< at the last one
    std::uint64_t transaction;     ///< of the last one
    std::uint64_t run_rows;
    Microseconds busy;
    Microseconds wait;
    Microseconds first_seen;
    std::uint32_t runs;
    std::uint32_t trips;         ///< those that were waited for
    std::uint32_t transactions;  ///< in which they were
    std::uint32_t value_runs;    ///< under a leader by its values
    std::uint16_t strays;        ///< between these, to which no result's values led
    std::uint16_t lists;         ///< those that had a list of values
    std::uint16_t pages;         ///< those that asked for the next page
    std::uint16_t turns;         ///< executions of the parent under which there were some
    bool has_distinct_parameters;
};

/// A statement under one leader, either of requests or of none. Its size is a power of two, so that
/// its place is computed without multiplying.
struct alignas(256) Entry : CountedRuns {
    /// Where an entry is in its table.
    using Place = std::uint8_t;
    static constexpr Place nowhere = 0xFF;

    QueryId id;
    QueryId leader;  ///< or what it runs next to, of which it may turn out to be a neighbour
    Kind kind;
    bool is_of_request;            ///< its runs count in requests, which report them
    bool is_kept;                  ///< is_of_request, but there was no room for them
    bool is_loop;                  ///< has been said to be one
    bool is_described;             ///< and what is to be known of it has been asked for
    bool is_dismissed;             ///< has been said to be none
    bool is_transaction_reported;  ///< that of the last run
    bool is_many;                  ///< has had two rows in one execution
    bool is_half;                  ///< has asked for half of the rows of an execution of its leader
    bool is_one_row;               ///< the leader by values has had but one row in each execution
    bool is_echo;                  ///< it held the values because it had been asked for them
    bool is_neighbour;             ///< outside of a block: runs next to another that has a leader
    bool follows_parent;   ///< writes without others between these and the parent's execution
    bool is_large_page;    ///< as its last run was
    bool counts_alone;     ///< has a relation, and locks no rows
    bool is_in_one_piece;  ///< the last execution is a run, unless it turns out to go on
    Kind loop_kind;        ///< if is_loop
    Place parent;          ///< the leader's entry, while that is remembered
    Place next;            ///< of the same bucket
    std::uint16_t serial;  ///< counts all its runs
    std::uint16_t parent_serial;     ///< the parent's at its last run
    QueryId loop_leader;             ///< if is_loop
    std::uint64_t rows;              ///< of all runs in the episode
    std::uint64_t all_rows;          ///< also of those before a part of the episode was reported
    std::uint64_t execution;         ///< number of the last execution among those of all entries
    std::uint64_t parent_execution;  ///< of the parent, under which the last run was
    std::uint64_t used;              ///< when this entry was last of use
    Microseconds last_seen;
    std::uint32_t last_rows;          ///< of the last execution, with all its fetches, or the most
    std::uint32_t generation;         ///< of the leader's result
    std::uint32_t all_runs;           ///< also those before a part of the episode was reported
    std::uint32_t next_report;        ///< runs at which the loop will have grown
    std::uint32_t reported_runs;      ///< of this episode's loop
    std::uint32_t runs_before_block;  ///< of the runs
    std::uint32_t list_rows;          ///< of results that led here first, in whatever episode
    UnledRuns unled;
    RunTally confirmed;  ///< of generations before this, that were asked for half at least

    bool is_by_values() const { return is_led_by_values(value_runs, runs); }
    /// Whether all runs asked for one page after the other.
    bool is_paging() const { return runs >= 2 && pages + 1U == runs; }
    /// Whether it is a loop of pages, which is one by itself: no other runs of the statement count
    /// with its own.
    bool is_loop_of_pages() const { return is_loop && loop_kind == Kind::page; }
    /// The key of the entry's loop, if is_loop.
    LoopKey loop_key() const { return {loop_leader, id, loop_kind}; }

    void begin_runs(const Statement& first);
    /// Forgets the runs, which have been reported or do not count, and those of generations that
    /// were confirmed.
    void forget_runs() {
        runs = list_rows = runs_before_block = 0;
        confirmed = {};
    }
    void set_reported();
    /// Keeps `some` of the runs and their share of the numbers: it is not known which runs these
    /// were.
    void keep_share(std::uint32_t some);
    /// The sums of the runs.
    RunTally tally() const;

    void count_numbers(const Statement& statement);
    void count_led(std::uint32_t some, std::uint32_t late);
    void count_unled(const Statement& statement, Microseconds waited);
};
static_assert(sizeof(Entry) == 256);

/// Whether two entries or statements are of the same statement, and both of requests or both of
/// none.
template <typename One, typename Other>
bool are_alike(const One& one, const Other& other) {
    return one.id == other.id && one.is_of_request == other.is_of_request;
}

inline void Entry::begin_runs(const Statement& first) {
    has_distinct_parameters = false;
    turns = 1;
    value_runs = strays = 0;
    busy = wait = 0;
    trips = lists = pages = transactions = 0;
    transaction = is_transaction_reported ? transaction : 0;
    run_rows = 0;
    runs_before_block = 0;
    first_seen = first.begin;
}

inline RunTally Entry::tally() const {
    return runs == 0 ? RunTally{}
                     : RunTally{runs, trips, turns, static_cast<std::uint32_t>(busy),
                                static_cast<std::uint32_t>(wait)};
}

inline void Entry::set_reported() {
    reported_runs += runs;
    is_transaction_reported = true;
    unled.report();
}

/// The first run is always waited for.
inline void Entry::count_numbers(const Statement& statement) {
    const bool is_run = statement.role == Statement::Role::execution;
    if (is_run) {
        trips += static_cast<std::uint32_t>(runs == 0) | (statement.is_trip ? 1U : 0U);
        lists += statement.has_list ? 1 : 0;
    }
    if (transaction != statement.transaction) {
        transactions += is_run ? 1 : 0;
        transaction = statement.transaction;
        is_transaction_reported = false;
    }
    run_rows += statement.rows;
}

/// Counts `some` more runs that were led by values and `late` ones of which that was not known
/// before; no run waits to be led any more. The column that led the late ones was not known before
/// either, so the loop is described again.
inline void Entry::count_led(std::uint32_t some, std::uint32_t late) {
    is_described &= late == 0;
    value_runs = std::min(value_runs + some + late, runs);
    unled = {};
}

/// Counts a run that nothing led to. Its row may be the first of a list: see Episode::bring_runs.
inline void Entry::count_unled(const Statement& statement, Microseconds waited) {
    constexpr std::uint64_t most_rows = 1U << 30;
    if (unled.runs == UnledRuns::most) {
        return;
    }
    if (unled.runs == unled.reported) {
        // The first of them follows runs that are not.
        ++unled.transactions;
        waited = 0;
    } else if (transaction != statement.transaction) {
        ++unled.transactions;
    }
    ++unled.runs;
    unled.handed = static_cast<std::uint16_t>(statement.evidence.generation);
    unled.rows += static_cast<std::uint32_t>(std::min(statement.rows, most_rows));
    unled.busy += static_cast<std::uint32_t>(statement.busy);
    unled.wait += static_cast<std::uint32_t>(waited);
}

}  // namespace onetrip::roundtrip
