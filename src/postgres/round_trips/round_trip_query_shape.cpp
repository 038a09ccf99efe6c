// Finds out what a query names and how it is written: views, rules and functions are gone from its
// plan, and so are conditions that an index has already.
//
// It looks at the analysed tree alone, and asks no catalog.

#include "postgres/round_trips/round_trip_query_shape.hpp"

#include <algorithm>

#include "postgres/round_trips/expressions.hpp"
#include "postgres/server/list_range.hpp"
#include "postgres/server/walls.hpp"

extern "C" {
#include "miscadmin.h"
#include "parser/parsetree.h"
}

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

/// The table or view that a statement writes; nullptr if it only reads.
const RangeTblEntry* written_range(const Query* query) {
    return query->resultRelation > 0 ? rt_fetch(query->resultRelation, query->rtable) : nullptr;
}

bool reads_nothing_itself(const Query* query) {
    return query->commandType == CMD_SELECT && query->jointree != nullptr &&
           query->jointree->fromlist == NIL;
}

/// The subqueries that stand in a row, and not in one another.
struct SubqueryWalk {
    const SubLink* last;
    int count;
};

bool find_subqueries(Node* node, void* context) {
    if (node == nullptr || IsA(node, Query)) {
        return false;
    }
    if (IsA(node, SubLink)) {
        auto& walk = *static_cast<SubqueryWalk*>(context);
        walk.last = reinterpret_cast<const SubLink*>(node);
        ++walk.count;
    }
    return walk_expression(node, find_subqueries, context);
}

/// The query of the only `(SELECT ...)` or EXISTS in a row; nullptr if that is not all which is
/// asked.
const Query* only_subquery(const Query* query) {
    SubqueryWalk walk{nullptr, 0};
    find_subqueries(reinterpret_cast<Node*>(query->targetList), &walk);
    const bool is_only =
        walk.count == 1 && query->jointree->quals == nullptr &&
        (walk.last->subLinkType == EXISTS_SUBLINK || walk.last->subLinkType == EXPR_SUBLINK);
    return is_only ? castNode(Query, walk.last->subselect) : nullptr;
}

/// Whether what a query says is computed from what subqueries return.
bool is_composed(const Query* query) {
    if (!reads_nothing_itself(query) || !query->hasSubLinks) {
        return false;
    }
    const Query* const only = only_subquery(query);
    return only == nullptr || only->havingQual != nullptr;
}

int conditions_among(const Node* condition) {
    if (condition == nullptr) {
        return 0;
    }
    const auto* const both = reinterpret_cast<const BoolExpr*>(condition);
    if (!IsA(condition, BoolExpr) || both->boolop != AND_EXPR) {
        return 1;
    }
    check_stack_depth();
    int count = 0;
    for (const Node* one : each<Node>(both->args)) {
        count += conditions_among(one);
    }
    return count;
}

/// Those of the query that is asked: the only one in the row, or in FROM.
int count_conditions(const Query* query) {
    const Query* const only = reads_nothing_itself(query) ? only_subquery(query) : nullptr;
    if (only != nullptr) {
        return count_conditions(only);
    }
    int count = query->jointree == nullptr ? 0 : conditions_among(query->jointree->quals);
    for (const RangeTblEntry* range : each<RangeTblEntry>(query->rtable)) {
        count += range->rtekind == RTE_JOIN ? 1 : 0;
    }
    const RangeTblEntry* const range = only_range(query);
    check_stack_depth();
    return range != nullptr && range->rtekind == RTE_SUBQUERY
               ? count + count_conditions(range->subquery)
               : count;
}

/// Whether a query, or the only one that it reads, says which of its groups there are.
bool has_having(const Query* query) {
    const RangeTblEntry* const range = only_range(query);
    check_stack_depth();
    return query->havingQual != nullptr ||
           (range != nullptr && range->rtekind == RTE_SUBQUERY && has_having(range->subquery));
}

/// Whether COPY can give a column its value: it is given, or its default is.
bool is_given_to_column(Node* value) {
    value = without_casts(value);
    return IsA(value, SetToDefault) ||
           is_given(IsA(value, ArrayExpr)
                        ? reinterpret_cast<Node*>(reinterpret_cast<ArrayExpr*>(value)->elements)
                        : value);
}

bool gives_values(const Query* query) {
    const auto entries = each<TargetEntry>(query->targetList);
    return reads_nothing_itself(query) &&
           std::all_of(entries.begin(), entries.end(), [](const TargetEntry* entry) {
               return is_given_to_column(reinterpret_cast<Node*>(entry->expr));
           });
}

/// Whether nothing but given values comes from a range of an INSERT; its target gives none.
bool gives_values(const RangeTblEntry* range) {
    const auto rows = each<List>(range->values_lists);
    switch (range->rtekind) {
        case RTE_RELATION:
            return true;
        case RTE_VALUES:
            return std::all_of(rows.begin(), rows.end(), [](const List* row) {
                const auto values = each<Node>(row);
                return std::all_of(values.begin(), values.end(), is_given_to_column);
            });
        case RTE_SUBQUERY:
            return gives_values(range->subquery);
        default:
            return false;
    }
}

/// The values of an INSERT are in its target list, or those of a range that it names there.
bool inserts_given(const Query* query) {
    const auto ranges = each<RangeTblEntry>(query->rtable);
    const auto entries = each<TargetEntry>(query->targetList);
    return query->commandType == CMD_INSERT &&
           std::all_of(ranges.begin(), ranges.end(),
                       [](const RangeTblEntry* range) { return gives_values(range); }) &&
           std::all_of(entries.begin(), entries.end(), [](const TargetEntry* entry) {
               auto* const value = reinterpret_cast<Node*>(entry->expr);
               return is_given_to_column(value) || IsA(without_casts(value), Var);
           });
}

/// Whether an INSERT has a SELECT that reads something, or says something under a condition.
bool inserts_query(const Query* query) {
    if (query->commandType != CMD_INSERT) {
        return false;
    }
    const auto ranges = each<RangeTblEntry>(query->rtable);
    return std::any_of(ranges.begin(), ranges.end(), [](const RangeTblEntry* range) {
        return range->rtekind == RTE_SUBQUERY && (!reads_nothing_itself(range->subquery) ||
                                                  range->subquery->jointree->quals != nullptr);
    });
}

/// Counts the columns that an INSERT gives; those with DEFAULT are not given.
void count_inserted(const Query* query, QueryShape& shape) {
    for (const TargetEntry* entry : each<TargetEntry>(query->targetList)) {
        if (!IsA(entry->expr, SetToDefault)) {
            shape.first_inserted = shape.inserted == 0 ? entry->resno : shape.first_inserted;
            ++shape.inserted;
        }
    }
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
    const RangeTblEntry* const written = written_range(query);
    const RangeTblEntry* const range = written != nullptr ? written : only_range(query);
    if (range != nullptr) {
        const bool is_view = range->rtekind == RTE_RELATION && range->relkind == RELKIND_VIEW;
        shape.view = is_view ? range->relid : InvalidOid;
        shape.written = written != nullptr ? range->relid : InvalidOid;
        shape.is_of_function = range->rtekind == RTE_FUNCTION;
    }
    shape.is_composed = is_composed(query);
    shape.has_having = has_having(query);
    shape.inserts_given = inserts_given(query);
    shape.inserts_query = inserts_query(query);
    if (query->commandType == CMD_INSERT) {
        count_inserted(query, shape);
    }
    shape.conditions = static_cast<std::uint8_t>(Min(count_conditions(query), UINT8_MAX));
    find_limits(reinterpret_cast<Node*>(query), &shape.limits);
    shape.named = named_columns_of(query);
    return shape;
}

}  // namespace onetrip::postgres
