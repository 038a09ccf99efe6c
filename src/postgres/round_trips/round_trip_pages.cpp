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

/// The LIMIT that the statement ran with, 0 if it had none; `before` if it has not run yet, before
/// which the server does not compute it.
std::uint64_t limit_of(const QueryDesc* query, std::uint64_t before) {
    if (query->planstate == nullptr || !IsA(query->planstate, LimitState)) {
        return 0;
    }
    const auto* const limit = reinterpret_cast<const LimitState*>(query->planstate);
    if (limit->lstate == LIMIT_INITIAL) {
        return before;
    }
    return limit->noCount || limit->count < 0 ? 0 : static_cast<std::uint64_t>(limit->count);
}

}  // namespace

void PagedLists::look_at(roundtrip::Statement& statement, const PageShape& shape,
                         const ValuesOfStatement& values, const QueryDesc* query) {
    constexpr std::uint64_t large = 100;
    const std::uint64_t others = hash_of_others(shape, values);
    Page& page = pages_[statement.id % places];
    const std::uint64_t limit = limit_of(query, page.id == statement.id ? page.limit : 0);
    statement.is_next_page = limit >= 2 && page.id == statement.id && page.is_full &&
                             page.others == others && page.values != values.hash;
    statement.is_large_page = limit >= large;
    if (statement.is_next_page) {
        statement.evidence = {};
    }
    page = {statement.id, values.hash, others, limit, limit >= 2 && statement.rows == limit};
}

}  // namespace onetrip::postgres
