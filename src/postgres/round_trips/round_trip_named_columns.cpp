// Finds the columns that a query compares with given values, through joins, subqueries, WITH and
// views, and says which relation the client named for each.
//
// It knows analysed trees, but neither plans nor advice.

#include "postgres/round_trips/round_trip_named_columns.hpp"

#include <algorithm>
#include <cstring>

#include "postgres/round_trips/expressions.hpp"
#include "postgres/round_trips/round_trip_catalog.hpp"
#include "postgres/server/list_range.hpp"
#include "postgres/server/walls.hpp"

extern "C" {
#include "access/table.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "utils/lsyscache.h"
}

namespace onetrip::postgres {

namespace {

/// A query, and those that it stands in.
struct Level {
    Query* query;
    const Level* outer;
};

/// The query that is so many levels further out; nullptr if it is not known.
const Level* level_above(const Level* level, Index count) {
    for (; level != nullptr && count > 0; --count) {
        level = level->outer;
    }
    return level;
}

/// What an expression is: a column, a value that is given, or neither.
struct Origin {
    ColumnOfTable column{};
    bool is_given = false;
    bool is_direct = false;  ///< as it is given
};

Origin origin_of(Node* node, const Level& level);

/// The origin of a column that a query returns.
Origin origin_in(Query* query, AttrNumber column, const Level* outer) {
    List* const returned =
        query->commandType == CMD_SELECT ? query->targetList : query->returningList;
    const TargetEntry* const entry = get_tle_by_resno(returned, column);
    return entry == nullptr || query->setOperations != nullptr
               ? Origin{}
               : origin_of(reinterpret_cast<Node*>(entry->expr), {query, outer});
}

Origin origin_in_with(const RangeTblEntry* range, AttrNumber column, const Level& level) {
    const Level* const owner = level_above(&level, range->ctelevelsup);
    if (owner == nullptr || range->self_reference) {
        return {};
    }
    for (const CommonTableExpr* with : each<CommonTableExpr>(owner->query->cteList)) {
        if (std::strcmp(with->ctename, range->ctename) == 0 && IsA(with->ctequery, Query)) {
            return origin_in(castNode(Query, with->ctequery), column, owner);
        }
    }
    return {};
}

Origin origin_of_column(const Var* column, const Level* level) {
    level = level_above(level, column->varlevelsup);
    if (level == nullptr || column->varattno <= 0) {
        return {};
    }
    RangeTblEntry* const range = rt_fetch(column->varno, level->query->rtable);
    const int place = column->varattno - 1;
    switch (range->rtekind) {
        case RTE_RELATION:
            return {{range->relid, column->varattno}};
        case RTE_JOIN:
            return origin_of(static_cast<Node*>(list_nth(range->joinaliasvars, place)), *level);
        case RTE_SUBQUERY:
            return origin_in(range->subquery, column->varattno, level);
        case RTE_CTE:
            return origin_in_with(range, column->varattno, *level);
        case RTE_VALUES:
            // The planner replaces a single row by its values.
            return list_length(range->values_lists) == 1
                       ? origin_of(static_cast<Node*>(list_nth(
                                       static_cast<List*>(linitial(range->values_lists)), place)),
                                   *level)
                       : Origin{};
        case RTE_FUNCTION:
            // So it does with a call that returns one.
            return {{}, !reads_rows(reinterpret_cast<Node*>(range->functions)), false};
        default:
            return {};
    }
}

/// Whether a value is given as it is compared, but for casts.
bool is_direct(Node* node) {
    node = without_casts(node);
    return IsA(node, Const) || IsA(node, Param) || IsA(node, ArrayExpr) ||
           IsA(node, ArrayCoerceExpr) || IsA(node, CoerceToDomain);
}

Origin origin_of(Node* node, const Level& level) {
    check_stack_depth();
    if (node == nullptr) {
        return {};
    }
    node = without_relabels(node);
    if (IsA(node, Var)) {
        return origin_of_column(reinterpret_cast<const Var*>(node), &level);
    }
    return {{}, !reads_rows(node), is_direct(node)};
}

/// The walk over a query for the columns that it compares.
struct NamedWalk {
    const Level* level;
    NamedColumns found;
};

void look_at_operands(Oid operation, const List* operands, NamedWalk& walk) {
    if (list_length(operands) != 2 || walk.level == nullptr || !is_equality(operation)) {
        return;
    }
    const Origin left = origin_of(static_cast<Node*>(linitial(operands)), *walk.level);
    const Origin right = origin_of(static_cast<Node*>(lsecond(operands)), *walk.level);
    if (left.column.is_known() && right.is_given) {
        walk.found.add(left.column, right.is_direct);
    } else if (right.column.is_known() && left.is_given) {
        walk.found.add(right.column, left.is_direct);
    }
}

bool names_view(const Query* query) {
    const auto ranges = each<RangeTblEntry>(query->rtable);
    return std::any_of(ranges.begin(), ranges.end(), [](const RangeTblEntry* range) {
        return range->rtekind == RTE_RELATION && range->relkind == RELKIND_VIEW;
    });
}

bool find_named(Node* node, void* context) {
    auto& walk = *static_cast<NamedWalk*>(context);
    if (node == nullptr) {
        return false;
    }
    if (IsA(node, Query)) {
        auto* const query = reinterpret_cast<Query*>(node);
        const Level level = {query, walk.level};
        walk.found.has_views |= names_view(query);
        walk.level = &level;
        walk_query(query, find_named, context);
        walk.level = level.outer;
        return false;
    }
    if (IsA(node, OpExpr)) {
        const auto* const operation = reinterpret_cast<const OpExpr*>(node);
        look_at_operands(operation->opno, operation->args, walk);
    } else if (IsA(node, ScalarArrayOpExpr)) {
        const auto* const operation = reinterpret_cast<const ScalarArrayOpExpr*>(node);
        look_at_operands(operation->opno, operation->args, walk);
    } else if (IsA(node, JoinExpr)) {
        const JoinType type = reinterpret_cast<const JoinExpr*>(node)->jointype;
        walk.found.has_outer_join |= IS_OUTER_JOIN(type);
    }
    return walk_expression(node, find_named, context);
}

/// The column of the tables and views that a view names, which a column of its own is.
ColumnOfTable column_in_view(const ColumnOfTable& named) {
    const Relation relation = open_without_waiting(named.table);
    if (relation == nullptr) {
        return {};
    }
    const Origin origin = origin_in(get_view_query(relation), named.column, nullptr);
    table_close(relation, AccessShareLock);
    return origin.column;
}

}  // namespace

void NamedColumns::add(const ColumnOfTable& column, bool is_direct) {
    auto* const place = std::find(columns, columns + count, column);
    if (place == columns + most) {
        are_all = false;
        return;
    }
    if (place == columns + count) {
        columns[count++] = column;
    }
    const auto bit = static_cast<std::uint8_t>(1U << (place - columns));
    computed |= is_direct ? std::uint8_t{0} : bit;
}

bool NamedColumns::is_computed(const ColumnOfTable& column) const {
    const auto* const place = std::find(columns, columns + count, column);
    return place != columns + count && ((computed >> (place - columns)) & 1U) != 0;
}

NamedColumns named_columns_of(Query* query) {
    NamedWalk walk{nullptr, {}};
    find_named(reinterpret_cast<Node*>(query), &walk);
    return walk.found;
}

ColumnOfTable column_under_views(ColumnOfTable named) {
    constexpr int deepest = 16;
    for (int depth = 0; named.is_known() && depth < deepest; ++depth) {
        if (get_rel_relkind(named.table) != RELKIND_VIEW) {
            return named;
        }
        named = column_in_view(named);
    }
    return {};
}

}  // namespace onetrip::postgres
