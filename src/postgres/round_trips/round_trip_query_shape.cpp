// What a query names in its FROM: views and functions are gone from its plan.
//
// It looks at the analysed tree alone, and asks no catalog.

#include "postgres/round_trips/round_trip_query_shape.hpp"

#include <algorithm>

#include "postgres/server/list_range.hpp"

namespace onetrip::postgres {

namespace {

/// Whether the rows of its FROM are its own: none of them makes up for others.
bool keeps_rows(const Query* query) {
    return query->setOperations == nullptr && query->groupClause == NIL &&
           query->groupingSets == NIL && query->distinctClause == NIL && !query->hasAggs &&
           !query->hasWindowFuncs && !query->hasTargetSRFs;
}

bool is_table_or_join(const RangeTblEntry* range) {
    return range->rtekind == RTE_JOIN ||
           (range->rtekind == RTE_RELATION && range->relkind != RELKIND_VIEW);
}

/// The only one that it reads; nullptr if there are others.
const RangeTblEntry* only_range(const Query* query) {
    return query->commandType == CMD_SELECT && list_length(query->rtable) == 1
               ? static_cast<const RangeTblEntry*>(linitial(query->rtable))
               : nullptr;
}

}  // namespace

QueryShape query_shape_of(const Query* query) {
    QueryShape shape;
    const auto ranges = each<RangeTblEntry>(query->rtable);
    shape.is_plain = query->commandType == CMD_SELECT && keeps_rows(query) &&
                     std::all_of(ranges.begin(), ranges.end(), is_table_or_join);
    shape.is_limited = query->limitCount != nullptr || query->limitOffset != nullptr;
    if (const RangeTblEntry* const range = only_range(query)) {
        const bool is_view = range->rtekind == RTE_RELATION && range->relkind == RELKIND_VIEW;
        shape.view = is_view ? range->relid : InvalidOid;
        shape.is_of_function = range->rtekind == RTE_FUNCTION;
    }
    return shape;
}

}  // namespace onetrip::postgres
