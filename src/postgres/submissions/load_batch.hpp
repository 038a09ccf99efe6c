#pragma once

#include "postgres/submissions/load_state.hpp"

namespace onetrip::postgres {

struct Totals {
    std::int64_t submissions;
    std::int64_t events;
    std::int64_t problems;
    std::int64_t batches;
    std::int64_t removed;
};

/// What a table has refused of the first submissions.
struct Refusals {
    std::int64_t count;
    int sqlstate;   ///< of the first
    bool are_over;  ///< the table took rows of one, or refused one for another reason
};

/// The outcome of the first submissions, in the order of the candidates: if they are all refused
/// for one reason, the target is wrong and not an answer. Those that are taken together count as if
/// each had been tried alone, so that no size of a batch makes a difference. A submission tells
/// nothing about a table that it has no row for.
struct FirstTried {
    Refusals events;    ///< of those with answers; if they are over, nothing else counts
    Refusals problems;  ///< of those with problems alone
};

/// Whether the target may still turn out to be wrong. Until that is known nothing is committed: a
/// wrong target keeps what was loaded into it.
inline bool is_open(const FirstTried& first) {
    const bool has_refused_problems = first.problems.count > 0 && !first.problems.are_over;
    return !first.events.are_over && (first.events.count > 0 || has_refused_problems);
}

/// A CALL of load_response_events on its way.
struct Load {
    LoadRequest request;
    LoadStatements statements;
    LoadState state;
    Portal candidates;
    std::int64_t candidate_count;
    std::int64_t examined;
    TimestampTz started;
    TimestampTz last_processed;
    Totals totals;
    FirstTried first;
    bool is_searching;             ///< before the first batch
    bool has_checked_constraints;  ///< in this transaction: those to come are checked at once
};

/// Candidates as the search has them: an id each, and whether it was gone.
struct Candidates {
    Datum* ids;
    bool* are_gone;
    int count;
};

/// Loads them in the transaction that is under way, in subtransactions of its own. ERRORs of
/// reading and writing are its own words, without an answer in them.
void load_candidates(Load& load, const Candidates& candidates);

/// Raises what was caught in our words: the SQLSTATE, and of the server's text no more than is
/// known to hold no answer. `submission` is the id, or NULL.
[[noreturn]] void raise_load_error(const Load& load, const ErrorData* error,
                                   const char* submission);

/// Whether it is an answer that the target does not take, and not the server, the connection or the
/// caller's rights that stand in the way.
bool is_refusal(int sqlstate);

/// A form has a dialect that nobody knows.
[[noreturn]] void refuse_dialect(const char* dialect, const char* form);

/// A column that is read has another type than when the load began.
[[noreturn]] void refuse_altered_columns();

/// The beginning of the loader's statements, so that an error's context can be recognised.
inline constexpr const char* statement_mark = "/* onetrip load */";

/// A statement of the loader's. May ERROR. Leaves SPI_processed and SPI_tuptable.
void run_statement(const char* statement, bool is_read_only = false, std::uint64_t rows = 0);

}  // namespace onetrip::postgres
