// Finds out which statements read a list page by page: only the values that say which page have
// changed, and the page before was full.
//
// It keeps hashes of the last pages of a few lists, and does not know the consequences of paging.

#include "postgres/round_trips/round_trip_pages.hpp"

#include "roundtrip/loop_rules.hpp"

extern "C" {
#include "nodes/execnodes.h"
}

namespace onetrip::postgres {

namespace {

/// The walk over a plan for the LIMIT of its pages: one that runs once, with an OFFSET if that says
/// which page.
struct LimitWalk {
    bool has_offset;
    const LimitState* found;  ///< the first one; of several the first that was full
};

/// Whether there were fewer rows than the LIMIT; unknown, and so false, if it did not run to its
/// end because there was nothing to join its rows to. The states are those of nodeLimit.c.
bool is_short(const LimitState* limit) {
    return limit->lstate == LIMIT_SUBPLANEOF || limit->lstate == LIMIT_EMPTY;
}

bool find_limit(PlanState* state, void* context) {
    auto& walk = *static_cast<LimitWalk*>(context);
    if (IsA(state, LimitState)) {
        const auto* const limit = reinterpret_cast<const LimitState*>(state);
        if (bms_is_empty(state->plan->extParam) && limit->limitCount != nullptr &&
            (!walk.has_offset || limit->limitOffset != nullptr) &&
            (walk.found == nullptr || is_short(walk.found))) {
            walk.found = limit;
        }
    }
    return walk_plan_states(state, find_limit, context);
}

/// The number of rows that a LIMIT allows; 0 if that is not known, or if there is no limit. The
/// server computes it when the LIMIT runs.
std::uint64_t count_of(const LimitState* limit) {
    if (limit->lstate != LIMIT_INITIAL) {
        return limit->noCount || limit->count < 0 ? 0 : static_cast<std::uint64_t>(limit->count);
    }
    const Node* const count = reinterpret_cast<const Limit*>(limit->ps.plan)->limitCount;
    if (!IsA(count, Const) || reinterpret_cast<const Const*>(count)->constisnull) {
        return 0;
    }
    return static_cast<std::uint64_t>(
        DatumGetInt64(reinterpret_cast<const Const*>(count)->constvalue));
}

}  // namespace

void PagedLists::look_at(roundtrip::Statement& statement, bool has_offset, std::uint64_t values,
                         std::uint64_t others, const QueryDesc* query) {
    LimitWalk walk{has_offset, nullptr};
    find_limit(query->planstate, &walk);
    if (walk.found == nullptr) {
        return;
    }
    Page& page = pages_[statement.id % places];
    const std::uint64_t before = page.id == statement.id ? page.limit : 0;
    const std::uint64_t known = count_of(walk.found);
    const std::uint64_t limit = known == 0 ? before : known;
    statement.is_next_page = limit >= 2 && page.id == statement.id && page.is_full &&
                             page.others == others && page.values != values;
    statement.is_large_page = limit >= roundtrip::rows_worth_a_trip;
    if (statement.is_next_page) {
        // A result that had the position of the first page did not lead to it either.
        statement.evidence = {};
        statement.evidence.besides = roundtrip::Judgement::takes;
    }
    page = {statement.id, values, others, limit, !is_short(walk.found)};
}

}  // namespace onetrip::postgres
