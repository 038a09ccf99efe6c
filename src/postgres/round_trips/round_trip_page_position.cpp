// Finds the conditions of a query that say at which row of its order a page begins.
//
// It knows analysed trees, and neither values nor LIMIT.

#include "postgres/round_trips/round_trip_page_position.hpp"

#include <cstring>

#include "postgres/round_trips/expressions.hpp"
#include "postgres/round_trips/round_trip_catalog.hpp"
#include "postgres/server/list_range.hpp"

extern "C" {
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
}

namespace onetrip::postgres {

namespace {

// ---- the order ----------------------------------------------------------------------------------

/// Whether two expressions of a query are the same, apart from casts.
bool are_same(Node* one, Node* other) {
    one = without_casts(one);
    other = without_casts(other);
    if (IsA(one, Var) && IsA(other, Var)) {
        const auto* const column = reinterpret_cast<const Var*>(one);
        const auto* const other_column = reinterpret_cast<const Var*>(other);
        return column->varno == other_column->varno && column->varattno == other_column->varattno &&
               column->varlevelsup == other_column->varlevelsup;
    }
    return equal(one, other);
}

/// The place of an expression in the order; -1 if it is not in it.
int place_in_order(Node* compared, const List* order) {
    for (int i = 0; i < list_length(order); ++i) {
        if (are_same(compared, static_cast<Node*>(list_nth(order, i)))) {
            return i;
        }
    }
    return -1;
}

/// Whether two queries' columns are one and the same of a table.
bool are_of_one_table(const Query* one_query, const Var* one, const Query* other_query,
                      const Var* other) {
    const RangeTblEntry* const range = rt_fetch(one->varno, one_query->rtable);
    const RangeTblEntry* const other_range = rt_fetch(other->varno, other_query->rtable);
    return range->rtekind == RTE_RELATION && other_range->rtekind == RTE_RELATION &&
           range->relid == other_range->relid && one->varattno == other->varattno;
}

// ---- conditions ---------------------------------------------------------------------------------

/// The conditions that all rows of a FROM meet.
List* conditions_in(Node* node) {
    check_stack_depth();
    if (node == nullptr || IsA(node, RangeTblRef)) {
        return NIL;
    }
    if (IsA(node, JoinExpr)) {
        const auto* const join = reinterpret_cast<JoinExpr*>(node);
        const bool is_inner = join->jointype == JOIN_INNER;
        List* const own = is_inner ? make_ands_implicit(reinterpret_cast<Expr*>(join->quals)) : NIL;
        List* const left =
            is_inner || join->jointype == JOIN_LEFT ? conditions_in(join->larg) : NIL;
        List* const right =
            is_inner || join->jointype == JOIN_RIGHT ? conditions_in(join->rarg) : NIL;
        return list_concat(list_concat(left, right), own);
    }
    const auto* const from = reinterpret_cast<FromExpr*>(node);
    List* conditions = NIL;
    for (Node* item : each<Node>(from->fromlist)) {
        conditions = list_concat(conditions, conditions_in(item));
    }
    return list_concat(conditions, make_ands_implicit(reinterpret_cast<Expr*>(from->quals)));
}

/// The conditions that all rows or groups of a query meet.
List* conditions_of(const Query* query) {
    return list_concat(conditions_in(as_tree(query->jointree)),
                       make_ands_implicit(reinterpret_cast<Expr*>(query->havingQual)));
}

// ---- places in the order ------------------------------------------------------------------------

/// Adds the column that a condition of the table at `varno` compares with a given value by `=`.
void add_given_column(Bitmapset*& columns, Node* left, Node* right, int varno) {
    const Var* const column = own_column(left);
    if (column != nullptr && column->varno == varno && column->varattno > 0 && is_given(right)) {
        columns = bms_add_member(columns, column->varattno);
    }
}

/// Whether a query reads the row of a table whose key it is given. `read` is a column of it.
bool reads_by_key(const Query* lookup, const Var* read) {
    Bitmapset* columns = nullptr;
    for (Node* condition : each<Node>(conditions_in(as_tree(lookup->jointree)))) {
        const auto* const operation = reinterpret_cast<const OpExpr*>(condition);
        if (!IsA(condition, OpExpr) || list_length(operation->args) != 2) {
            continue;
        }
        if (is_equality(operation->opno)) {
            auto* const left = static_cast<Node*>(linitial(operation->args));
            auto* const right = static_cast<Node*>(lsecond(operation->args));
            add_given_column(columns, left, right, read->varno);
            add_given_column(columns, right, left, read->varno);
        }
    }
    const RangeTblEntry* const range = rt_fetch(read->varno, lookup->rtable);
    return columns != nullptr && range->rtekind == RTE_RELATION &&
           has_key_in(range->relid, columns);
}

/// Whether a separate query reads the compared column from the row at which a page begins: some
/// libraries give only the key of that row. `number` says which of its columns, from 0.
bool reads_place(const Query* lookup, int number, Node* compared, const Query* query) {
    const auto* const entry = number >= 0 && number < list_length(lookup->targetList)
                                  ? static_cast<TargetEntry*>(list_nth(lookup->targetList, number))
                                  : nullptr;
    const Var* const read = entry == nullptr ? nullptr : own_column(as_tree(entry->expr));
    const Var* const column = own_column(compared);
    return read != nullptr && column != nullptr && are_of_one_table(lookup, read, query, column) &&
           !contain_vars_of_level(as_tree(const_cast<Query*>(lookup)), 1) &&
           reads_by_key(lookup, read);
}

/// The findings of a walk over a condition about a position in the order of a query.
struct Position {
    const Query* query;
    const Order& order;
    bool has_leading;   ///< it compares the leading expression
    bool has_range;     ///< it compares one by <, <=, > or >=
    List* sources;      ///< Node: in FROM or WITH, that say at which row the page begins
    Bitmapset* ranges;  ///< in which these are, by their numbers
};

/// The expression for a column of a query that reads no table: in its select list, or in its only
/// row of VALUES; nullptr if it reads more.
Node* given_by_query(const Query* query, int number) {
    auto* const entry = number >= 0 && number < list_length(query->targetList)
                            ? static_cast<TargetEntry*>(list_nth(query->targetList, number))
                            : nullptr;
    if (entry == nullptr || query->jointree->quals != nullptr || query->setOperations != nullptr) {
        return nullptr;
    }
    Node* value = as_tree(entry);
    const Var* const column = own_column(as_tree(entry->expr));
    if (column != nullptr) {
        const List* const rows = rt_fetch(column->varno, query->rtable)->values_lists;
        value = list_length(rows) != 1 || list_length(query->rtable) != 1
                    ? nullptr
                    : static_cast<Node*>(
                          list_nth(static_cast<const List*>(linitial(rows)), column->varattno - 1));
    }
    return value == nullptr || reads_rows(value) ? nullptr : value;
}

/// Whether a column of a range in FROM or WITH is a place in the order.
bool is_place_of_range(const Var* column, Node* compared, Position& position) {
    const RangeTblEntry* const range = rt_fetch(column->varno, position.query->rtable);
    const Query* const lookup = query_of_range(position.query, range);
    const int number = column->varattno - 1;
    Node* source = lookup == nullptr ? nullptr : given_by_query(lookup, number);
    if (source == nullptr && lookup != nullptr &&
        reads_place(lookup, number, compared, position.query)) {
        source = as_tree(const_cast<Query*>(lookup));
    }
    if (source != nullptr) {
        position.sources = lappend(position.sources, source);
        position.ranges = bms_add_member(position.ranges, column->varno);
    }
    return source != nullptr;
}

/// Whether a value that is compared with an expression of the order is a place in that order: made
/// of values that the client gave, or read by a key that it gave.
bool is_place(Node* value, Node* compared, Position& position) {
    Node* const bare = without_casts(value);
    if (IsA(bare, SubLink)) {
        const auto* const link = reinterpret_cast<const SubLink*>(bare);
        return link->subLinkType == EXPR_SUBLINK &&
               reads_place(reinterpret_cast<Query*>(link->subselect), 0, compared, position.query);
    }
    const Var* const column = own_column(bare);
    return column == nullptr ? !reads_rows(value) : is_place_of_range(column, compared, position);
}

bool is_range(const char* operation) {
    return (operation[0] == '<' || operation[0] == '>') &&
           (operation[1] == '\0' || (operation[1] == '=' && operation[2] == '\0'));
}

/// Whether an operation begins at a row and goes on in the order, or compares only with that row.
bool goes_on(const char* operation, bool is_turned, bool descends) {
    return !is_range(operation) || ((operation[0] == '<') != is_turned) == descends;
}

/// Whether a comparison is a part of a position. `is_turned` says that the value is on the left of
/// the operation.
bool is_part_of_position(Node* compared, Node* value, const char* operation, bool is_turned,
                         Position& position) {
    const int place = place_in_order(compared, position.order.expressions);
    if (place < 0 || !is_place(value, compared, position) ||
        (place == 0 && !goes_on(operation, is_turned, position.order.descends))) {
        return false;
    }
    position.has_leading |= place == 0;
    position.has_range |= is_range(operation);
    return true;
}

/// Whether an operation compares an expression of the order with a place in it.
bool is_part_of_position(const OpExpr* operation, Position& position) {
    const char* const name =
        list_length(operation->args) == 2 ? get_opname(operation->opno) : nullptr;
    if (name == nullptr || (!is_range(name) && std::strcmp(name, "=") != 0)) {
        return false;
    }
    auto* const left = static_cast<Node*>(linitial(operation->args));
    auto* const right = static_cast<Node*>(lsecond(operation->args));
    return is_part_of_position(left, right, name, false, position) ||
           is_part_of_position(right, left, name, true, position);
}

/// Whether the expressions of a row are compared with places, the leading one first. `is_place_of`
/// judges an expression by its number.
template <typename IsPlaceOf>
bool are_places(const RowCompareExpr* rows, const List* row, const Position& position,
                IsPlaceOf&& is_place_of) {
    const List* const order = position.order.expressions;
    const char* const name = get_opname(linitial_oid(rows->opnos));
    bool are = name != nullptr && goes_on(name, row == rows->rargs, position.order.descends) &&
               place_in_order(static_cast<Node*>(linitial(row)), order) == 0;
    for (int i = 0; are && i < list_length(row); ++i) {
        auto* const compared = static_cast<Node*>(list_nth(row, i));
        are = place_in_order(compared, order) >= 0 && is_place_of(compared, i);
    }
    return are;
}

/// `(a, b) > (x, y)`, or the other way round.
bool is_part_of_position(const RowCompareExpr* rows, Position& position) {
    const auto are_in = [rows, &position](const List* row, const List* values) {
        return are_places(rows, row, position, [&](Node* compared, int number) {
            return is_place(static_cast<Node*>(list_nth(values, number)), compared, position);
        });
    };
    if (!are_in(rows->largs, rows->rargs) && !are_in(rows->rargs, rows->largs)) {
        return false;
    }
    position.has_leading = position.has_range = true;
    return true;
}

/// `(a, b) > (SELECT a, b FROM ...)`.
bool is_part_of_position(const SubLink* link, Position& position) {
    if (link->subLinkType != ROWCOMPARE_SUBLINK || !IsA(link->testexpr, RowCompareExpr)) {
        return false;
    }
    const auto* const rows = reinterpret_cast<const RowCompareExpr*>(link->testexpr);
    const bool are = are_places(rows, rows->largs, position, [&](Node* compared, int number) {
        return reads_place(reinterpret_cast<Query*>(link->subselect), number, compared,
                           position.query);
    });
    position.has_leading |= are;
    position.has_range |= are;
    return are;
}

/// Ends the walk at a node that is not a part of a position: neither a comparison of an expression
/// of the order with a place in it, nor AND, OR and NOT of such.
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
        case T_SubLink:
            return !is_part_of_position(reinterpret_cast<const SubLink*>(node), position);
        case T_NullTest: {
            // The first page often has no place: `$1 IS NULL OR a > $1`.
            auto* const tested = as_tree(reinterpret_cast<NullTest*>(node)->arg);
            return reads_rows(tested) && place_in_order(tested, position.order.expressions) < 0;
        }
        case T_BoolExpr:
        case T_BooleanTest:
        case T_List:
            return walk_expression(node, has_other_than_position, context);
        default:
            return true;
    }
}

/// The walk over a condition for columns of ranges, by their numbers.
bool find_column_of(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    return IsA(node, Var) ? reinterpret_cast<Var*>(node)->varlevelsup == 0 &&
                                bms_is_member(reinterpret_cast<Var*>(node)->varno,
                                              static_cast<const Bitmapset*>(context))
                          : walk_expression(node, find_column_of, context);
}

}  // namespace

const Var* own_column(Node* node) {
    node = without_casts(node);
    return IsA(node, Var) && reinterpret_cast<Var*>(node)->varlevelsup == 0
               ? reinterpret_cast<Var*>(node)
               : nullptr;
}

Order order_of(const Query* query) {
    Order order{};
    for (SortGroupClause* clause : each<SortGroupClause>(query->sortClause)) {
        const char* const name = order.expressions == NIL ? get_opname(clause->sortop) : nullptr;
        order.descends |= name != nullptr && name[0] == '>';
        order.expressions =
            lappend(order.expressions, get_sortgroupclause_tle(clause, query->targetList)->expr);
    }
    return order;
}

const Query* query_of_range(const Query* query, const RangeTblEntry* range) {
    if (range->rtekind == RTE_CTE && range->ctelevelsup == 0) {
        for (const CommonTableExpr* with : each<CommonTableExpr>(query->cteList)) {
            if (std::strcmp(with->ctename, range->ctename) == 0 && IsA(with->ctequery, Query)) {
                return reinterpret_cast<const Query*>(with->ctequery);
            }
        }
    }
    return range->rtekind == RTE_SUBQUERY ? range->subquery : nullptr;
}

/// A position is `a > x`, or for several columns `(a, b) > (x, y)` or `a > x OR (a = x AND b > y)`.
/// A row in FROM with which something else is compared too is more than a position.
void add_positions_of(List*& positions, const Query* query, const Order& order) {
    List* found = NIL;
    List* others = NIL;
    Bitmapset* ranges = nullptr;
    for (Node* condition : each<Node>(conditions_of(query))) {
        Position position{query, order, false, false, NIL, nullptr};
        if (!has_other_than_position(condition, &position) && position.has_leading &&
            position.has_range) {
            found = list_concat(lappend(found, condition), position.sources);
            ranges = bms_add_members(ranges, position.ranges);
        } else {
            others = lappend(others, condition);
        }
    }
    if (!find_column_of(as_tree(others), ranges)) {
        positions = list_concat(positions, found);
    }
}

}  // namespace onetrip::postgres
