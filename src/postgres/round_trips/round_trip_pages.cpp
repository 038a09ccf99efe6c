// Finds out which statements read a list page by page: only what says which page has changed, and
// the page before was full.
//
// It keeps hashes of the last pages of a few lists, and does not know what follows from paging.

#include "postgres/round_trips/round_trip_pages.hpp"

extern "C" {
#include "nodes/execnodes.h"
}

namespace onetrip::postgres {

namespace {

std::uint64_t hash_of_others(const PageShape& shape, const ValuesOfStatement& values) {
    std::uint64_t hash = values.each.count;
    for (std::size_t i = 0; i < values.each.count; ++i) {
        if (((shape.values() >> i) & 1U) == 0) {
            hash = roundtrip::mix_value(hash ^ values.each.hashes[i]);
        }
    }
    return hash;
}

/// What a statement's LIMIT came to.
struct LimitOfRows {
    bool is_known = false;    ///< the server computes a LIMIT when the statement runs
    std::uint64_t count = 0;  ///< 0 if there is none
    bool is_full = false;     ///< there were as many rows
};

/// Finds the LIMIT of a page, which is of two rows at least; ends the walk at the first one that
/// was full. The counts are those of nodeLimit.c.
bool look_at_limit(PlanState* state, void* context) {
    auto& found = *static_cast<LimitOfRows*>(context);
    if (IsA(state, LimitState)) {
        const auto* const limit = reinterpret_cast<const LimitState*>(state);
        if (limit->lstate != LIMIT_INITIAL && !limit->noCount && limit->count >= 2) {
            const bool is_full = limit->position - limit->offset >= limit->count;
            found = {true, static_cast<std::uint64_t>(limit->count), is_full};
        }
        found.is_known |= limit->lstate != LIMIT_INITIAL;
    }
    return found.is_full || walk_plan_states(state, look_at_limit, context);
}

LimitOfRows limit_of(const QueryDesc* query) {
    LimitOfRows found;
    if (query->planstate != nullptr) {
        look_at_limit(query->planstate, &found);
    }
    return found;
}

}  // namespace

void PagedLists::look_at(roundtrip::Statement& statement, const PageShape& shape,
                         const ValuesOfStatement& values, const QueryDesc* query) {
    constexpr std::uint64_t large = 100;
    const std::uint64_t others = hash_of_others(shape, values);
    Page& page = pages_[statement.id % places];
    const LimitOfRows found = limit_of(query);
    const std::uint64_t before = page.id == statement.id ? page.limit : 0;
    const std::uint64_t limit = found.is_known ? found.count : before;
    statement.is_next_page = limit > 0 && page.id == statement.id && page.is_full &&
                             page.others == others && page.values != values.hash;
    statement.is_large_page = limit >= large;
    if (statement.is_next_page) {
        statement.evidence = {};
    }
    page = {statement.id, values.hash, others, limit, found.is_full};
}

}  // namespace onetrip::postgres
