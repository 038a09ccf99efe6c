// Finds out how a statement asks for the pages of a list: by OFFSET, or by a position in the order
// of its rows.
//
// It knows analysed trees, and neither values nor what follows from paging.

#include "postgres/round_trips/round_trip_page_shape.hpp"

#include <cstring>

#include "postgres/round_trips/given_values.hpp"
#include "postgres/server/list_range.hpp"
#include "roundtrip/evidence.hpp"

extern "C" {
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
}

namespace onetrip::postgres {

namespace {

// ---- columns ------------------------------------------------------------------------------------

template <typename Expression>
Node* as_tree(Expression* expression) {
    return reinterpret_cast<Node*>(expression);
}

/// An expression without casts of its own.
Node* without_casts(Node* node) {
    for (;;) {
        if (IsA(node, RelabelType)) {
            node = as_tree(reinterpret_cast<RelabelType*>(node)->arg);
        } else if (IsA(node, CoerceViaIO)) {
            node = as_tree(reinterpret_cast<CoerceViaIO*>(node)->arg);
        } else if (IsA(node, FuncExpr) && is_cast(reinterpret_cast<FuncExpr*>(node))) {
            node = static_cast<Node*>(linitial(reinterpret_cast<FuncExpr*>(node)->args));
        } else {
            return node;
        }
    }
}

/// A column of the query's own tables; nullptr if the expression is none.
const Var* own_column(Node* node) {
    node = without_casts(node);
    return IsA(node, Var) && reinterpret_cast<Var*>(node)->varlevelsup == 0
               ? reinterpret_cast<Var*>(node)
               : nullptr;
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

/// Whether two queries' columns are one and the same of a table.
bool are_same(const Query* one_query, const Var* one, const Query* other_query, const Var* other) {
    const RangeTblEntry* const range = rt_fetch(one->varno, one_query->rtable);
    const RangeTblEntry* const other_range = rt_fetch(other->varno, other_query->rtable);
    return range->rtekind == RTE_RELATION && other_range->rtekind == RTE_RELATION &&
           range->relid == other_range->relid && one->varattno == other->varattno;
}

// ---- positions ----------------------------------------------------------------------------------

/// A query whose rows are ordered, and what a condition has of a position in that order.
struct Position {
    const Query* query;
    const List* columns;  ///< Var: the leading one first, up to the first that is computed
    bool has_leading;     ///< it compares the leading column
    bool has_range;       ///< it compares one by <, <=, > or >=
};

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
    const Var* const compared = own_column(node);
    for (int i = 0; compared != nullptr && i < list_length(columns); ++i) {
        const auto* const column = static_cast<const Var*>(list_nth(columns, i));
        if (compared->varno == column->varno && compared->varattno == column->varattno) {
            return i;
        }
    }
    return -1;
}

/// Whether a query of its own reads the column of the row at which a page begins, of which some
/// libraries give the key alone. `number` says which of its columns, from 0.
bool reads_place(const SubLink* link, int number, Node* compared, const Query* query) {
    const auto* const lookup = reinterpret_cast<Query*>(link->subselect);
    const auto* const entry = number < list_length(lookup->targetList)
                                  ? static_cast<TargetEntry*>(list_nth(lookup->targetList, number))
                                  : nullptr;
    const Var* const read = entry == nullptr ? nullptr : own_column(as_tree(entry->expr));
    return read != nullptr && are_same(lookup, read, query, own_column(compared)) &&
           !contain_vars_of_level(link->subselect, 1);
}

/// Whether what a column of the order is compared with is a place in that: given, or read.
bool is_place(Node* value, Node* compared, const Query* query) {
    Node* const bare = without_casts(value);
    if (!IsA(bare, SubLink)) {
        return is_given(value);
    }
    const auto* const link = reinterpret_cast<const SubLink*>(bare);
    return link->subLinkType == EXPR_SUBLINK && reads_place(link, 0, compared, query);
}

bool is_range(const char* operation) {
    return (operation[0] == '<' || operation[0] == '>') &&
           (operation[1] == '\0' || (operation[1] == '=' && operation[2] == '\0'));
}

bool is_part_of_position(Node* column, Node* value, const char* operation, Position& position) {
    const int place = place_in_order(column, position.columns);
    if (place < 0 || !is_place(value, column, position.query)) {
        return false;
    }
    position.has_leading |= place == 0;
    position.has_range |= is_range(operation);
    return true;
}

/// Whether an operation compares a column of the order with a place in it.
bool is_part_of_position(const OpExpr* operation, Position& position) {
    const char* const name =
        list_length(operation->args) == 2 ? get_opname(operation->opno) : nullptr;
    if (name == nullptr || (!is_range(name) && std::strcmp(name, "=") != 0)) {
        return false;
    }
    auto* const left = static_cast<Node*>(linitial(operation->args));
    auto* const right = static_cast<Node*>(lsecond(operation->args));
    return is_part_of_position(left, right, name, position) ||
           is_part_of_position(right, left, name, position);
}

/// The same of the columns of a row, the leading one first. `is_place_of` says it of a column and
/// its number.
template <typename IsPlaceOf>
bool are_places(const List* columns, const Position& position, IsPlaceOf&& is_place_of) {
    bool are = place_in_order(static_cast<Node*>(linitial(columns)), position.columns) == 0;
    for (int i = 0; are && i < list_length(columns); ++i) {
        auto* const column = static_cast<Node*>(list_nth(columns, i));
        are = place_in_order(column, position.columns) >= 0 && is_place_of(column, i);
    }
    return are;
}

/// `(a, b) > (x, y)`, or the other way round.
bool is_part_of_position(const RowCompareExpr* rows, Position& position) {
    const auto are_in = [&position](const List* columns, const List* values) {
        return are_places(columns, position, [&](Node* column, int number) {
            return is_place(static_cast<Node*>(list_nth(values, number)), column, position.query);
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
    const List* const columns = reinterpret_cast<RowCompareExpr*>(link->testexpr)->largs;
    const bool are = are_places(columns, position, [&](Node* column, int number) {
        return reads_place(link, number, column, position.query);
    });
    position.has_leading |= are;
    position.has_range |= are;
    return are;
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
        case T_SubLink:
            return !is_part_of_position(reinterpret_cast<const SubLink*>(node), position);
        case T_NullTest:
            return place_in_order(as_tree(reinterpret_cast<NullTest*>(node)->arg),
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
bool is_position(Node* condition, const Query* query, const List* columns) {
    Position position{query, columns, false, false};
    return !has_other_than_position(condition, &position) && position.has_leading &&
           position.has_range;
}

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

// ---- the query that is read in pages ------------------------------------------------------------

/// The query whose rows a range is, if that is all of them in FROM or WITH; nullptr if there is
/// none.
const Query* source_of_range(const Query* query, const RangeTblEntry* range) {
    const Query* source = range->rtekind == RTE_SUBQUERY ? range->subquery : nullptr;
    if (range->rtekind == RTE_CTE && range->ctelevelsup == 0) {
        for (const CommonTableExpr* with : each<CommonTableExpr>(query->cteList)) {
            if (std::strcmp(with->ctename, range->ctename) == 0 && IsA(with->ctequery, Query)) {
                source = reinterpret_cast<const Query*>(with->ctequery);
            }
        }
    }
    const bool is_plain = source != nullptr && source->commandType == CMD_SELECT &&
                          source->limitCount == nullptr && source->setOperations == nullptr;
    return is_plain ? source : nullptr;
}

/// The same columns as those of the query that the leading one comes from, up to the first that
/// does not.
List* columns_of_source(const Query* source, const List* columns) {
    List* inner = NIL;
    const int leading = static_cast<const Var*>(linitial(columns))->varno;
    for (const Var* column : each<Var>(columns)) {
        const TargetEntry* const entry =
            column->varno == leading && column->varattno > 0
                ? get_tle_by_resno(source->targetList, column->varattno)
                : nullptr;
        const Var* const own = entry == nullptr ? nullptr : own_column(as_tree(entry->expr));
        if (own == nullptr) {
            break;
        }
        inner = lappend(inner, const_cast<Var*>(own));
    }
    return inner;
}

/// Adds the conditions that say where a page begins, of a query and of the one below whose rows it
/// orders by these columns.
void add_positions(List*& positions, const Query* query, const List* columns) {
    if (columns == NIL) {
        return;
    }
    check_stack_depth();
    for (Node* condition : each<Node>(conditions_in(as_tree(query->jointree)))) {
        if (is_position(condition, query, columns)) {
            positions = lappend(positions, condition);
        }
    }
    const auto* const leading = static_cast<const Var*>(linitial(columns));
    const Query* const source = source_of_range(query, rt_fetch(leading->varno, query->rtable));
    if (source != nullptr) {
        add_positions(positions, source, columns_of_source(source, columns));
    }
}

/// The parts of a query with a LIMIT that say which page it asks for.
List* positions_of(const Query* query) {
    List* positions = query->limitOffset == nullptr ? NIL : list_make1(query->limitOffset);
    add_positions(positions, query, ordering_columns(query));
    return positions;
}

/// What the walk over a statement has found.
struct PagedQuery {
    const Query* query;  ///< the first one; nullptr if there is none
    List* positions;
    bool is_only;
};

/// What belongs to the rows of a page is often read in the same statement, with the page below in
/// FROM, WITH or IN. A LIMIT for each row of another query is none of a page.
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

/// The table of the first item in FROM; InvalidOid if it is none.
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

/// The table whose rows are read in pages: the one by which they are ordered.
Oid paged_table(const Query* query) {
    const List* const columns = ordering_columns(query);
    const Oid ordered = columns == NIL
                            ? InvalidOid
                            : table_of_column(query, static_cast<const Var*>(linitial(columns)));
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
    int constant_count;
    int parameter_count;  ///< the last one's number
};

constexpr int most_values = roundtrip::StatementValueHashes::most;

std::uint64_t bit_of(int place) {
    return place < most_values ? std::uint64_t{1} << place : 0;
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
        walk.constants |= walk.is_position ? bit_of(walk.constant_count) : 0;
        ++walk.constant_count;
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
    // Of so many there are values that are not looked at.
    if (!paged.is_only || list_length(paged.positions) > most_values) {
        return {};
    }
    ValueWalk walk{paged.positions, false, 0, 0, 0, 0, 0};
    walk_query(query, look_at_value, &walk);
    // Whether others have changed can be told of the first values alone.
    if (walk.constant_count + walk.parameter_count > most_values) {
        return {};
    }
    return {true,
            paged.query->limitOffset != nullptr,
            static_cast<std::uint8_t>(walk.constant_count),
            static_cast<std::uint32_t>(walk.constants),
            static_cast<std::uint32_t>(walk.parameters & ~walk.other_parameters),
            paged_table(paged.query)};
}

}  // namespace onetrip::postgres
