// Makes fingerprints of statements: a copy of the analysed tree is folded, and the server's own
// jumble makes an identifier of the copy. Finds in the same tree how a statement asks for pages.
//
// It knows trees, and nothing of what is done with fingerprints.

#include "postgres/round_trips/round_trip_fingerprints.hpp"

#include "postgres/round_trips/round_trip_settings.hpp"
#include "postgres/server/list_range.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
}

namespace onetrip::postgres {

namespace {

// ---- values that the client gave ----------------------------------------------------------------

bool is_cast(const FuncExpr* call) {
    return call->funcformat == COERCE_IMPLICIT_CAST || call->funcformat == COERCE_EXPLICIT_CAST;
}

/// Ends the walk at what is neither a constant, a parameter, a cast nor an operation.
bool has_other_than_given(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    switch (nodeTag(node)) {
        case T_Const:
            return false;
        case T_Param:
            return reinterpret_cast<const Param*>(node)->paramkind != PARAM_EXTERN;
        case T_FuncExpr:
            return !is_cast(reinterpret_cast<const FuncExpr*>(node)) ||
                   walk_expression(node, has_other_than_given, context);
        case T_RelabelType:
        case T_CoerceViaIO:
        case T_CoerceToDomain:
        case T_OpExpr:
        case T_List:
            return walk_expression(node, has_other_than_given, context);
        default:
            return true;
    }
}

bool is_given(Node* node) {
    return !has_other_than_given(node, nullptr);
}

// ---- folding ------------------------------------------------------------------------------------

/// A number of the kind that the jumble takes for an object's.
Oid number_of(const char* name) {
    return hash_bytes(reinterpret_cast<const unsigned char*>(name),
                      static_cast<int>(std::strlen(name))) |
           1U;
}

Node* some_value(Oid type) {
    return reinterpret_cast<Node*>(makeNullConst(type, -1, InvalidOid));
}

/// `expression operator value`, whatever the value and its type.
Node* folded_operation(Node* expression, Oid operation, Oid type) {
    const char* const name = get_opname(operation);
    auto* const folded = makeNode(OpExpr);
    folded->opno = name == nullptr ? operation : number_of(name);
    folded->args = list_make2(expression, some_value(type));
    return reinterpret_cast<Node*>(folded);
}

/// The expression that an operation compares with a value that is as `is_value` asks, as it is not
/// itself; nullptr if it does not compare such.
Node* compared_with(bool (*is_value)(Node*), const OpExpr* operation) {
    if (list_length(operation->args) != 2) {
        return nullptr;
    }
    auto* const left = static_cast<Node*>(linitial(operation->args));
    auto* const right = static_cast<Node*>(lsecond(operation->args));
    if (is_value(right)) {
        return is_value(left) ? nullptr : left;
    }
    return is_value(left) ? right : nullptr;
}

/// The same of an operation with a list, as IN makes it: one of varchar is made one of text.
Node* compared_with_list(const ScalarArrayOpExpr* operation) {
    auto* list = static_cast<Node*>(lsecond(operation->args));
    if (IsA(list, ArrayCoerceExpr)) {
        list = reinterpret_cast<Node*>(reinterpret_cast<ArrayCoerceExpr*>(list)->arg);
    }
    return IsA(list, ArrayExpr) &&
                   is_given(reinterpret_cast<Node*>(reinterpret_cast<ArrayExpr*>(list)->elements))
               ? static_cast<Node*>(linitial(operation->args))
               : nullptr;
}

const char* folded_name(Oid relation) {
    const char* const name = get_rel_name(relation);
    if (name == nullptr) {
        return "";
    }
    const Oid schema = get_rel_namespace(relation);
    if (isAnyTempNamespace(schema)) {
        return psprintf("pg_temp.%s", name);
    }
    if (round_trip_settings.fold_schemas && relation >= FirstNormalObjectId) {
        return name;
    }
    const char* const schema_name = get_namespace_name(schema);
    return psprintf("%s.%s", schema_name == nullptr ? "" : schema_name, name);
}

/// Up to 17 the jumble takes a relation's OID, from 18 on its name.
void fold_range(RangeTblEntry* range) {
    if (range->rtekind == RTE_RELATION) {
        const char* const name = folded_name(range->relid);
        range->relid = number_of(name);
        range->eref = makeAlias(name, NIL);
    } else if (range->rtekind == RTE_VALUES && range->values_lists != NIL) {
        range->values_lists = list_make1(linitial(range->values_lists));
    }
}

Node* fold(Node* node, void* context);

Query* fold_query(Query* query, void* context) {
    Query* const folded = mutate_query(query, fold, context);
    for (RangeTblEntry* range : each<RangeTblEntry>(folded->rtable)) {
        fold_range(range);
    }
    return folded;
}

/// A temporary function is made anew for each of its calls by some libraries.
Node* fold_function(FuncExpr* call, void* context) {
    auto* const folded = reinterpret_cast<FuncExpr*>(
        mutate_expression(reinterpret_cast<Node*>(call), fold, context));
    if (isAnyTempNamespace(get_func_namespace(call->funcid))) {
        folded->funcid = number_of(get_func_name(call->funcid));
    }
    return reinterpret_cast<Node*>(folded);
}

/// A copy of the node, folded; the context is set to true if a list was.
Node* fold(Node* node, void* context) {
    if (node == nullptr) {
        return nullptr;
    }
    if (IsA(node, Query)) {
        return reinterpret_cast<Node*>(fold_query(reinterpret_cast<Query*>(node), context));
    }
    if (IsA(node, Param) && reinterpret_cast<Param*>(node)->paramkind == PARAM_EXTERN) {
        return some_value(reinterpret_cast<Param*>(node)->paramtype);
    }
    if (IsA(node, FuncExpr)) {
        return fold_function(reinterpret_cast<FuncExpr*>(node), context);
    }
    Node* compared = nullptr;
    Oid operation = InvalidOid;
    if (IsA(node, OpExpr)) {
        compared = compared_with(is_given, reinterpret_cast<OpExpr*>(node));
        operation = reinterpret_cast<OpExpr*>(node)->opno;
    } else if (IsA(node, ScalarArrayOpExpr)) {
        compared = compared_with_list(reinterpret_cast<ScalarArrayOpExpr*>(node));
        operation = reinterpret_cast<ScalarArrayOpExpr*>(node)->opno;
        *static_cast<bool*>(context) |= compared != nullptr;
    }
    return compared == nullptr
               ? mutate_expression(node, fold, context)
               : folded_operation(fold(compared, context), operation, exprType(compared));
}

// ---- pages --------------------------------------------------------------------------------------

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

}  // namespace

void Fingerprints::make(Query* query, const char* text) {
    const MemoryContext memory = make_memory_context(CurrentMemoryContext, "onetrip fingerprint");
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    const PageShape page = page_shape_of(query);
    bool has_list = false;
    Query* const folded = fold_query(query, &has_list);
    folded->queryId = 0;
    identify_query(folded, text);
    const auto fingerprint = static_cast<roundtrip::QueryId>(folded->queryId);
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
    // Whatever raises an error has done so by now.
    const auto id = static_cast<roundtrip::QueryId>(query->queryId);
    entries_[set_of(id) + next_way_++ % ways] = {id, fingerprint, page, has_list};
}

}  // namespace onetrip::postgres
