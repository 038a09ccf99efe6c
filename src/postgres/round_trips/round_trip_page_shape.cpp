// Finds out how a statement asks for the pages of a list: by OFFSET, or by a position in the order
// of its rows.
//
// It knows analysed trees, but neither values nor the consequences of paging.

#include "postgres/round_trips/round_trip_page_shape.hpp"

#include "postgres/round_trips/expressions.hpp"
#include "postgres/round_trips/round_trip_page_position.hpp"
#include "postgres/server/list_range.hpp"

extern "C" {
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
}

namespace onetrip::postgres {

namespace {

// ---- the query that is read in pages ------------------------------------------------------------

/// The query whose rows a range is, if that is all of them in FROM or WITH; nullptr if there is
/// none.
const Query* source_of_range(const Query* query, const RangeTblEntry* range) {
    const Query* const source = query_of_range(query, range);
    const bool is_plain = source != nullptr && source->commandType == CMD_SELECT &&
                          source->limitCount == nullptr && source->setOperations == nullptr;
    return is_plain ? source : nullptr;
}

/// The same order in the query that the leading column comes from, up to the first expression that
/// is not a column of that query.
Order order_of_source(const Query* source, const Order& order) {
    Order inner{NIL, order.descends};
    const int leading = own_column(static_cast<Node*>(linitial(order.expressions)))->varno;
    for (Node* expression : each<Node>(order.expressions)) {
        const Var* const column = own_column(expression);
        const TargetEntry* const entry =
            column != nullptr && column->varno == leading && column->varattno > 0
                ? get_tle_by_resno(source->targetList, column->varattno)
                : nullptr;
        if (entry == nullptr) {
            break;
        }
        inner.expressions = lappend(inner.expressions, entry->expr);
    }
    return inner;
}

/// Adds the conditions that say where a page begins, of a query and of the one below whose rows it
/// puts into this order.
void add_positions(List*& positions, const Query* query, const Order& order) {
    if (order.expressions == NIL) {
        return;
    }
    check_stack_depth();
    add_positions_of(positions, query, order);
    const Var* const leading = own_column(static_cast<Node*>(linitial(order.expressions)));
    const Query* const source =
        leading == nullptr ? nullptr
                           : source_of_range(query, rt_fetch(leading->varno, query->rtable));
    if (source != nullptr) {
        add_positions(positions, source, order_of_source(source, order));
    }
}

/// The parts of a query with a LIMIT that say which page it asks for. An OFFSET that is read from
/// rows does not make pages that follow one another.
List* positions_of(const Query* query) {
    if (query->limitOffset != nullptr && reads_rows(query->limitOffset)) {
        return NIL;
    }
    List* positions = query->limitOffset == nullptr ? NIL : list_make1(query->limitOffset);
    add_positions(positions, query, order_of(query));
    return positions;
}

/// The findings of the walk over a statement.
struct PagedQuery {
    const Query* query;  ///< the first one; nullptr if none exists
    List* positions;
    bool is_only;
};

/// The walk looks below the statement's own query too: data that belong to the rows of a page are
/// often read in the same statement, with the page in FROM, WITH or IN. A LIMIT for each row of
/// another query is not one of a page.
bool find_paged_query(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    if (!IsA(node, Query)) {
        return walk_expression(node, find_paged_query, context);
    }
    auto* const query = reinterpret_cast<Query*>(node);
    auto& found = *static_cast<PagedQuery*>(context);
    if (query->limitCount != nullptr && !contain_vars_of_level(node, 1)) {
        List* const positions = positions_of(query);
        if (positions != NIL) {
            found = {query, positions, found.query == nullptr};
        }
    }
    return walk_query(query, find_paged_query, context);
}

/// The table of the first item in FROM; InvalidOid if it is not one.
Oid first_table_of(const Query* query) {
    Node* item = as_tree(query->jointree);
    while (item != nullptr && !IsA(item, RangeTblRef)) {
        if (IsA(item, JoinExpr)) {
            item = reinterpret_cast<JoinExpr*>(item)->larg;
        } else {
            const List* const items = reinterpret_cast<FromExpr*>(item)->fromlist;
            item = items == NIL ? nullptr : static_cast<Node*>(linitial(items));
        }
    }
    if (item == nullptr) {
        return InvalidOid;
    }
    const RangeTblEntry* const range =
        rt_fetch(reinterpret_cast<RangeTblRef*>(item)->rtindex, query->rtable);
    return range->rtekind == RTE_SUBQUERY   ? first_table_of(range->subquery)
           : range->rtekind == RTE_RELATION ? range->relid
                                            : InvalidOid;
}

/// The table that a column is of; InvalidOid if it is computed.
Oid table_of_column(const Query* query, const Var* column) {
    const RangeTblEntry* const range = rt_fetch(column->varno, query->rtable);
    if (range->rtekind == RTE_SUBQUERY && column->varattno > 0) {
        const TargetEntry* const entry =
            get_tle_by_resno(range->subquery->targetList, column->varattno);
        const Var* const inner = entry == nullptr ? nullptr : own_column(as_tree(entry->expr));
        return inner == nullptr ? InvalidOid : table_of_column(range->subquery, inner);
    }
    return range->rtekind == RTE_RELATION ? range->relid : InvalidOid;
}

/// The table whose rows are read in pages: the one by which they are ordered.
Oid paged_table(const Query* query) {
    const List* const order = order_of(query).expressions;
    const Var* const leading =
        order == NIL ? nullptr : own_column(static_cast<Node*>(linitial(order)));
    const Oid ordered = leading == nullptr ? InvalidOid : table_of_column(query, leading);
    return OidIsValid(ordered) ? ordered : first_table_of(query);
}

// ---- its values ---------------------------------------------------------------------------------

/// Constants and parameters of a tree, and which of them are in which parts of it.
struct ValueWalk {
    const List* positions;  ///< parts of the tree
    bool is_position;       ///< the walk is in one of them
    std::uint64_t constants;
    std::uint64_t parameters;
    std::uint64_t other_parameters;  ///< that are in other parts
    int parameter_count;             ///< the last one's number
    ConstantNumber number;
};

std::uint64_t bit_of(int place) {
    return place < PageShape::most_values ? std::uint64_t{1} << place : 0;
}

bool look_at_value(Node* node, void* context) {
    auto& walk = *static_cast<ValueWalk*>(context);
    if (node == nullptr) {
        return false;
    }
    const bool was_position = walk.is_position;
    walk.is_position |= list_member_ptr(walk.positions, node);
    bool ends = false;
    if (IsA(node, Const)) {
        walk.constants |= walk.is_position ? bit_of(walk.number.value()) : 0;
        walk.number.pass();
    } else if (IsA(node, ArrayExpr)) {
        walk.number.walk_array(node, look_at_value, context);
    } else if (IsA(node, Param) && reinterpret_cast<Param*>(node)->paramkind == PARAM_EXTERN) {
        const int number = reinterpret_cast<const Param*>(node)->paramid;
        (walk.is_position ? walk.parameters : walk.other_parameters) |= bit_of(number - 1);
        walk.parameter_count = Max(walk.parameter_count, number);
    } else if (IsA(node, Query)) {
        ends = walk_query(reinterpret_cast<Query*>(node), look_at_value, context);
    } else {
        ends = walk_expression(node, look_at_value, context);
    }
    walk.is_position = was_position;
    return ends;
}

}  // namespace

PageShape page_shape_of(Query* query) {
    if (query->commandType != CMD_SELECT || query->hasModifyingCTE) {
        return {};
    }
    PagedQuery paged{nullptr, NIL, false};
    find_paged_query(as_tree(query), &paged);
    if (!paged.is_only || list_length(paged.positions) > PageShape::most_values) {
        return {};
    }
    ValueWalk walk{paged.positions, false, 0, 0, 0, 0, {}};
    walk_query(query, look_at_value, &walk);
    if (Max(walk.number.value(), walk.parameter_count) > PageShape::most_values) {
        return {};
    }
    return {true, paged.query->limitOffset != nullptr, walk.constants,
            walk.parameters & ~walk.other_parameters, paged_table(paged.query)};
}

}  // namespace onetrip::postgres
