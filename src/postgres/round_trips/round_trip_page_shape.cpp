// Finds out how a statement asks for the pages of a list: by OFFSET, or by a position in the order
// of its rows.
//
// It knows analysed trees, and neither values nor what follows from paging.

#include "postgres/round_trips/round_trip_page_shape.hpp"

#include <cstring>

#include "postgres/round_trips/given_values.hpp"
#include "postgres/server/list_range.hpp"

extern "C" {
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
}

namespace onetrip::postgres {

namespace {

/// The columns by which the rows are ordered, the leading one first, up to the first that is not a
/// column.
List* ordering_columns(const Query* query) {
    List* columns = NIL;
    for (SortGroupClause* clause : each<SortGroupClause>(query->sortClause)) {
        const TargetEntry* const entry = get_sortgroupclause_tle(clause, query->targetList);
        if (!IsA(entry->expr, Var)) {
            break;
        }
        columns = lappend(columns, entry->expr);
    }
    return columns;
}

/// The place of a column in the order; -1 if it is not in it.
int place_in_order(Node* node, const List* columns) {
    while (IsA(node, RelabelType)) {
        node = reinterpret_cast<Node*>(reinterpret_cast<RelabelType*>(node)->arg);
    }
    for (int i = 0; IsA(node, Var) && i < list_length(columns); ++i) {
        const auto* const column = static_cast<const Var*>(list_nth(columns, i));
        if (reinterpret_cast<Var*>(node)->varno == column->varno &&
            reinterpret_cast<Var*>(node)->varattno == column->varattno) {
            return i;
        }
    }
    return -1;
}

bool is_range(const char* operation) {
    return (operation[0] == '<' || operation[0] == '>') &&
           (operation[1] == '\0' || (operation[1] == '=' && operation[2] == '\0'));
}

/// Whether a value is the same for all rows: given, or read by a query of its own, as of the row at
/// which a page begins only the key is given by some libraries.
bool is_place(Node* value) {
    if (!IsA(value, SubLink)) {
        return is_given(value);
    }
    return reinterpret_cast<const SubLink*>(value)->subLinkType == EXPR_SUBLINK &&
           !contain_vars_of_level(value, 0);
}

/// What a condition has of a position in the order of the rows.
struct Position {
    const List* columns;
    bool has_leading;  ///< it compares the leading column
    bool has_range;    ///< it compares one by <, <=, > or >=
};

/// Whether an operation compares a column of the order with a place in it.
bool is_part_of_position(const OpExpr* operation, Position& position) {
    Node* const compared = compared_with(is_place, operation);
    const char* const name = compared == nullptr ? nullptr : get_opname(operation->opno);
    const int place = name == nullptr ? -1 : place_in_order(compared, position.columns);
    if (place < 0 || (!is_range(name) && std::strcmp(name, "=") != 0)) {
        return false;
    }
    position.has_leading |= place == 0;
    position.has_range |= is_range(name);
    return true;
}

/// The same of `(a, b) > (x, y)`, or the other way round.
bool is_part_of_position(const RowCompareExpr* rows, Position& position) {
    auto* const left = reinterpret_cast<Node*>(rows->largs);
    auto* const right = reinterpret_cast<Node*>(rows->rargs);
    const List* const compared = is_given(right) ? rows->largs : rows->rargs;
    if ((!is_given(right) && !is_given(left)) ||
        place_in_order(static_cast<Node*>(linitial(compared)), position.columns) != 0) {
        return false;
    }
    position.has_leading = position.has_range = true;
    return true;
}

/// Ends the walk at what is no part of a position: neither a comparison of a column of the order
/// with a place in it nor AND, OR and NOT of such.
bool has_other_than_position(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    auto& position = *static_cast<Position*>(context);
    switch (nodeTag(node)) {
        case T_OpExpr:
            return !is_part_of_position(reinterpret_cast<const OpExpr*>(node), position);
        case T_RowCompareExpr:
            return !is_part_of_position(reinterpret_cast<const RowCompareExpr*>(node), position);
        case T_NullTest:
            return place_in_order(reinterpret_cast<Node*>(reinterpret_cast<NullTest*>(node)->arg),
                                  position.columns) < 0;
        case T_BoolExpr:
        case T_List:
            return walk_expression(node, has_other_than_position, context);
        default:
            return true;
    }
}

/// Whether a condition says after which row of the order the page begins: `a > x`, and of several
/// columns `(a, b) > (x, y)` or `a > x OR (a = x AND b > y)`.
bool is_position(Node* condition, const List* columns) {
    Position position{columns, false, false};
    return columns != NIL && !has_other_than_position(condition, &position) &&
           position.has_leading && position.has_range;
}

/// Constants and parameters of a tree, and which of them are in which parts of it.
struct ValueWalk {
    const List* positions;  ///< parts of the tree
    bool is_position;       ///< the walk is in one of them
    PageShape* shape;
};

bool look_at_value(Node* node, void* context) {
    auto& walk = *static_cast<ValueWalk*>(context);
    if (node == nullptr) {
        return false;
    }
    constexpr int most = 16;
    const bool was_position = walk.is_position;
    walk.is_position |= list_member_ptr(walk.positions, node);
    bool ends = false;
    if (IsA(node, Const)) {
        const int place = walk.shape->constant_count;
        walk.shape->constants |= walk.is_position && place < most ? 1U << place : 0;
        walk.shape->constant_count += place < most ? 1 : 0;
    } else if (IsA(node, Param)) {
        const int place = reinterpret_cast<const Param*>(node)->paramid - 1;
        walk.shape->parameters |= walk.is_position && place < most ? 1U << place : 0;
    } else if (IsA(node, Query)) {
        ends = walk_query(reinterpret_cast<Query*>(node), look_at_value, context);
    } else {
        ends = walk_expression(node, look_at_value, context);
    }
    walk.is_position = was_position;
    return ends;
}

/// Adds the parts of a query with a LIMIT that say which page it asks for: OFFSET, and the
/// conditions that say where the page begins.
List* with_positions(List* positions, const Query* query) {
    if (query->limitOffset != nullptr) {
        positions = lappend(positions, query->limitOffset);
    }
    const List* const columns = ordering_columns(query);
    Node* const quals = query->jointree == nullptr ? nullptr : query->jointree->quals;
    List* const conditions = make_ands_implicit(reinterpret_cast<Expr*>(quals));
    for (Node* condition : each<Node>(conditions)) {
        if (is_position(condition, columns)) {
            positions = lappend(positions, condition);
        }
    }
    return positions;
}

/// Adds those parts of a query and of all that it is made of: what belongs to the rows of a page is
/// often read in the same statement, with the page below in FROM, WITH or IN.
bool add_positions(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    if (!IsA(node, Query)) {
        return walk_expression(node, add_positions, context);
    }
    auto* const query = reinterpret_cast<Query*>(node);
    auto& positions = *static_cast<List**>(context);
    if (query->limitCount != nullptr) {
        positions = with_positions(positions, query);
    }
    return walk_query(query, add_positions, context);
}

}  // namespace

PageShape page_shape_of(Query* query) {
    PageShape shape;
    if (query->commandType != CMD_SELECT) {
        return shape;
    }
    List* positions = NIL;
    add_positions(reinterpret_cast<Node*>(query), &positions);
    shape.is_page = positions != NIL;
    if (shape.is_page) {
        ValueWalk walk{positions, false, &shape};
        walk_query(query, look_at_value, &walk);
    }
    return shape;
}

}  // namespace onetrip::postgres
