// Finds out what a query names in its FROM: views and functions are gone from its plan.
//
// It looks at the analysed tree alone, and asks no catalog.

#include "postgres/round_trips/round_trip_query_shape.hpp"

#include <algorithm>

#include "postgres/round_trips/expressions.hpp"
#include "postgres/server/list_range.hpp"
#include "postgres/server/walls.hpp"

namespace onetrip::postgres {

namespace {

/// Whether the rows of a query are those of its FROM: none of them stands for others.
bool keeps_rows(const Query* query) {
    return query->setOperations == nullptr && query->groupClause == NIL &&
           query->groupingSets == NIL && query->distinctClause == NIL && !query->hasAggs &&
           !query->hasWindowFuncs && !query->hasTargetSRFs;
}

bool is_table_or_join(const RangeTblEntry* range) {
    return range->rtekind == RTE_JOIN ||
           (range->rtekind == RTE_RELATION && range->relkind != RELKIND_VIEW);
}

/// The only range that a query reads; nullptr if there are others.
const RangeTblEntry* only_range(const Query* query) {
    return query->commandType == CMD_SELECT && list_length(query->rtable) == 1
               ? static_cast<const RangeTblEntry*>(linitial(query->rtable))
               : nullptr;
}

/// Adds the parameters of an expression to the bits in the context.
bool find_parameters(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    if (!IsA(node, Param)) {
        return walk_expression(node, find_parameters, context);
    }
    const auto* const parameter = reinterpret_cast<const Param*>(node);
    constexpr int most = 64;
    if (parameter->paramkind == PARAM_EXTERN && parameter->paramid <= most) {
        *static_cast<std::uint64_t*>(context) |= std::uint64_t{1} << (parameter->paramid - 1);
    }
    return false;
}

/// Adds the parameters in the limits of all queries.
bool find_limits(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    if (!IsA(node, Query)) {
        return walk_expression(node, find_limits, context);
    }
    auto* const query = reinterpret_cast<Query*>(node);
    for (Node* limit : {query->limitCount, query->limitOffset}) {
        if (limit != nullptr && !reads_rows(limit)) {
            find_parameters(limit, context);
        }
    }
    return walk_query(query, find_limits, context);
}

}  // namespace

QueryShape query_shape_of(Query* query) {
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
    find_limits(reinterpret_cast<Node*>(query), &shape.limits);
    return shape;
}

}  // namespace onetrip::postgres
