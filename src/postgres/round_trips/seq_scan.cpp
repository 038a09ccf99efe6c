// Finds the sequential scan of a plan that an index would spare, and the index.
//
// The planner's estimates are looked at. Columns compared by = come first in the index, and after
// them one that is compared by < or >. The texts have no data of the client's.

#include "postgres/round_trips/seq_scan.hpp"

#include <algorithm>
#include <string_view>

#include "postgres/round_trips/expressions.hpp"
#include "postgres/round_trips/missing_index.hpp"
#include "postgres/round_trips/round_trip_catalog.hpp"
#include "postgres/server/compat.hpp"
#include "postgres/server/list_range.hpp"

extern "C" {
#include "access/stratnum.h"
#include "access/table.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
}

namespace onetrip::postgres {

namespace {

constexpr double small_part = 0.01;
constexpr double small_table = 1000;

// ---- the walk over plans ------------------------------------------------------------------------

/// Adds the plans directly below a plan.
List* with_children(List* plans, const Plan* plan) {
    const auto add_all = [&plans](const List* further) {
        for (Plan* child : each<Plan>(further)) {
            plans = lappend(plans, child);
        }
    };
    switch (nodeTag(plan)) {
        case T_Append:
            add_all(reinterpret_cast<const Append*>(plan)->appendplans);
            break;
        case T_MergeAppend:
            add_all(reinterpret_cast<const MergeAppend*>(plan)->mergeplans);
            break;
        case T_CustomScan:
            add_all(reinterpret_cast<const CustomScan*>(plan)->custom_plans);
            break;
        case T_SubqueryScan:
            plans = lappend(plans, reinterpret_cast<const SubqueryScan*>(plan)->subplan);
            break;
        default:
            break;
    }
    plans = plan->lefttree != nullptr ? lappend(plans, plan->lefttree) : plans;
    return plan->righttree != nullptr ? lappend(plans, plan->righttree) : plans;
}

/// How many workers a part of the plan has.
int workers_of(const Plan* plan) {
    return IsA(plan, Gather)        ? reinterpret_cast<const Gather*>(plan)->num_workers
           : IsA(plan, GatherMerge) ? reinterpret_cast<const GatherMerge*>(plan)->num_workers
                                    : 0;
}

/// The number by which the planner divides the rows of a parallel scan, since the plan has those of
/// one process (get_parallel_divisor, costsize.c).
double parallel_divisor(int workers) {
    const double of_leader = parallel_leader_participation ? 1.0 - 0.3 * workers : 0;
    return workers + Max(of_leader, 0.0);
}

struct Scan {
    const ::Scan* plan = nullptr;
    double tuples = 0;  ///< of its table
};

double tuples_of(Oid table) {
    const Relation relation = table_open(table, NoLock);
    BlockNumber pages = 0;
    double tuples = 0;
    double visible = 0;
    estimate_rel_size(relation, nullptr, &pages, &tuples, &visible);
    table_close(relation, NoLock);
    return tuples;
}

Oid table_of(const ::Scan* scan, const PlannedStmt* planned) {
    return rt_fetch(scan->scanrelid, planned->rtable)->relid;
}

Scan largest_scan(const PlannedStmt* planned) {
    List* plans = list_make1(planned->planTree);
    for (Plan* subplan : each<Plan>(planned->subplans)) {
        plans = subplan != nullptr ? lappend(plans, subplan) : plans;
    }
    Scan largest;
    int workers = 0;
    for (int i = 0; i < list_length(plans); ++i) {
        CHECK_FOR_INTERRUPTS();
        const auto* const plan = static_cast<const Plan*>(list_nth(plans, i));
        workers = Max(workers, workers_of(plan));
        plans = with_children(plans, plan);
        if (!IsA(plan, SeqScan) || plan->qual == NIL) {
            continue;
        }
        const auto* const scan = reinterpret_cast<const ::Scan*>(plan);
        const double tuples = tuples_of(table_of(scan, planned));
        const double rows =
            plan->plan_rows * (plan->parallel_aware ? parallel_divisor(workers) : 1.0);
        if (tuples > Max(small_table, largest.tuples) && rows < small_part * tuples) {
            largest = {scan, tuples};
        }
    }
    return largest;
}

// ---- the filter ---------------------------------------------------------------------------------

/// The possible keys of an index: expressions of one table, as the plan has them, at most as many
/// as an index takes.
struct Keys {
    List* equal = NIL;               ///< of which each is compared by =, or is NULL, true or false
    List* ranges = NIL;              ///< that are compared otherwise
    int times[INDEX_MAX_KEYS] = {};  ///< how often each of those is
    bool has_data = false;  ///< there was one with data of the client's in it, which is not written
};

/// Whether an expression has parts that no index takes: parameters, whole rows, columns of the
/// system.
bool has_no_key(Node* node, void* context) {
    if (node == nullptr || IsA(node, Param)) {
        return node != nullptr;
    }
    return IsA(node, Var) ? reinterpret_cast<const Var*>(node)->varattno <= 0
                          : walk_expression(node, has_no_key, context);
}

/// Whether the values of an expression are those of the table alone.
bool is_of_table(Node* expression) {
    return contain_var_clause(expression) && !contain_mutable_functions(expression) &&
           !contain_subplans(expression) && !has_no_key(expression, nullptr);
}

bool is_of_json(Oid operation) {
    const char* const name = get_opname(operation);
    return name != nullptr && (std::strcmp(name, "->") == 0 || std::strcmp(name, "->>") == 0 ||
                               std::strcmp(name, "#>") == 0 || std::strcmp(name, "#>>") == 0);
}

/// Whether a constant stands in the statement's text: the location of a value that came as a
/// parameter is that of the parameter (eval_const_expressions, clauses.c).
bool is_literal(const Node* node, std::string_view text) {
    if (!IsA(node, Const)) {
        return false;
    }
    const auto* const constant = reinterpret_cast<const Const*>(node);
    // The location of a constant from an inlined function is one in the function's own text.
    return constant->location >= 0 && static_cast<std::size_t>(constant->location) < text.size() &&
           text[static_cast<std::size_t>(constant->location)] != '$';
}

/// A digit, true and false reveal nothing about anybody.
bool is_harmless(const Const* constant) {
    return constant->constisnull || constant->consttype == BOOLOID ||
           (constant->consttype == INT4OID && DatumGetInt32(constant->constvalue) >= 0 &&
            DatumGetInt32(constant->constvalue) <= 9);
}

/// Whether an expression may have data of the client's: a constant, except for the keys of JSON,
/// which are like names of columns, and for the lengths in casts.
bool has_client_data(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    const std::string_view text = *static_cast<const std::string_view*>(context);
    if (IsA(node, Const)) {
        return !is_literal(node, text) || !is_harmless(reinterpret_cast<const Const*>(node));
    }
    if (IsA(node, FuncExpr) && is_cast(reinterpret_cast<const FuncExpr*>(node))) {
        const auto* const call = reinterpret_cast<const FuncExpr*>(node);
        return has_client_data(static_cast<Node*>(linitial(call->args)), context);
    }
    if (IsA(node, OpExpr) && is_of_json(reinterpret_cast<const OpExpr*>(node)->opno)) {
        const auto* const operation = reinterpret_cast<const OpExpr*>(node);
        return !is_literal(static_cast<Node*>(lsecond(operation->args)), text) ||
               has_client_data(static_cast<Node*>(linitial(operation->args)), context);
    }
    return walk_expression(node, has_client_data, context);
}

void add_range(Keys& keys, Node* expression) {
    int place = 0;
    while (place < list_length(keys.ranges) && !equal(list_nth(keys.ranges, place), expression)) {
        ++place;
    }
    if (place == list_length(keys.ranges) && place < INDEX_MAX_KEYS) {
        keys.ranges = lappend(keys.ranges, expression);
    }
    if (place < INDEX_MAX_KEYS) {
        ++keys.times[place];
    }
}

Node* collated(Node* expression, Oid collation) {
    auto* const node = makeNode(CollateExpr);
    node->arg = reinterpret_cast<Expr*>(expression);
    node->collOid = collation;
    node->location = -1;
    return reinterpret_cast<Node*>(node);
}

/// An index serves comparisons by its own collation alone (IndexCollMatchesExprColl, indxpath.c).
Node* with_collation(Node* expression, Oid collation) {
    if (!OidIsValid(collation) || collation == exprCollation(expression)) {
        return expression;
    }
    return collated(expression, collation);
}

/// Adds an expression to the keys. `collation` is that by which it is compared; InvalidOid if that
/// does not matter. A cast that changes no bit of the value is not one for an index.
void add_key(Keys& keys, Node* expression, Oid collation, bool is_equal, std::string_view text) {
    Node* plain = without_relabels(expression);
    // A cast to a type that is ordered differently does count: from xml to text.
    const bool is_other = OidIsValid(collation) && !OidIsValid(exprCollation(plain));
    plain = with_collation(is_other ? expression : plain, collation);
    if (has_client_data(plain, &text)) {
        keys.has_data = true;
    } else if (!is_equal) {
        add_range(keys, plain);
    } else if (list_length(keys.equal) < INDEX_MAX_KEYS) {
        keys.equal = list_append_unique(keys.equal, plain);
    }
}

/// The expression that is most often compared by < and >: fewer rows lie between two values.
Node* range_of(const Keys& keys) {
    const int* const most = std::max_element(keys.times, keys.times + list_length(keys.ranges));
    return keys.ranges == NIL
               ? nullptr
               : static_cast<Node*>(list_nth(keys.ranges, static_cast<int>(most - keys.times)));
}

/// A comparison with a value, or with those of an array.
struct Comparison {
    Oid operation;
    Oid collation;
    const List* arguments;
    bool is_array;
};

void look_at_comparison(Keys& keys, const Comparison& comparison, std::string_view text) {
    const List* const arguments = comparison.arguments;
    if (list_length(arguments) != 2) {
        return;
    }
    auto* const left = static_cast<Node*>(linitial(arguments));
    auto* const right = static_cast<Node*>(lsecond(arguments));
    const int strategy = btree_strategy_of(comparison.operation);
    const bool is_left = is_of_table(left) && !contain_var_clause(right);
    const bool is_right = !comparison.is_array && is_of_table(right) && !contain_var_clause(left);
    const bool is_known = strategy >= BTLessStrategyNumber && strategy <= BTGreaterStrategyNumber;
    if (!is_known || (!is_left && !is_right) ||
        (comparison.is_array && strategy != BTEqualStrategyNumber)) {
        return;
    }
    add_key(keys, is_left ? left : right, comparison.collation, strategy == BTEqualStrategyNumber,
            text);
}

/// The expression that a condition says to be NULL, true or false; nullptr if it says none.
Node* tested_by(Node* condition) {
    if (IsA(condition, NullTest)) {
        const auto* const test = reinterpret_cast<const NullTest*>(condition);
        return test->nulltesttype == IS_NULL && !test->argisrow ? reinterpret_cast<Node*>(test->arg)
                                                                : nullptr;
    }
    if (IsA(condition, BooleanTest)) {
        const auto* const test = reinterpret_cast<const BooleanTest*>(condition);
        return test->booltesttype == IS_TRUE || test->booltesttype == IS_FALSE
                   ? reinterpret_cast<Node*>(test->arg)
                   : nullptr;
    }
    Node* const flag =
        is_notclause(condition) ? reinterpret_cast<Node*>(get_notclausearg(condition)) : condition;
    return IsA(flag, Var) ? flag : nullptr;
}

void look_at_condition(Keys& keys, Node* condition, std::string_view text) {
    if (IsA(condition, OpExpr)) {
        const auto* const operation = reinterpret_cast<const OpExpr*>(condition);
        look_at_comparison(keys, {operation->opno, operation->inputcollid, operation->args, false},
                           text);
    } else if (IsA(condition, ScalarArrayOpExpr)) {
        const auto* const operation = reinterpret_cast<const ScalarArrayOpExpr*>(condition);
        if (operation->useOr) {
            look_at_comparison(
                keys, {operation->opno, operation->inputcollid, operation->args, true}, text);
        }
    } else if (Node* const tested = tested_by(condition);
               tested != nullptr && is_of_table(tested)) {
        add_key(keys, tested, InvalidOid, true, text);
    }
}

Keys keys_of(const List* conditions, std::string_view text) {
    Keys keys;
    for (Node* condition : each<Node>(conditions)) {
        CHECK_FOR_INTERRUPTS();
        look_at_condition(keys, condition, text);
    }
    return keys;
}

List* conditions_of(Node* branch) {
    return is_andclause(branch) ? reinterpret_cast<BoolExpr*>(branch)->args : list_make1(branch);
}

/// A key that all branches of an OR compare by =, so that an index serves all of them; nullptr if
/// none exists.
Node* key_of_branches(const List* branches, std::string_view text) {
    List* common = NIL;
    bool is_first = true;
    for (Node* branch : each<Node>(branches)) {
        CHECK_FOR_INTERRUPTS();
        const Keys keys = keys_of(conditions_of(branch), text);
        common = is_first ? keys.equal : list_intersection(common, keys.equal);
        is_first = false;
    }
    return common == NIL ? nullptr : static_cast<Node*>(linitial(common));
}

Keys keys_of_filter(const List* filter, std::string_view text) {
    Keys keys = keys_of(filter, text);
    for (Node* condition : each<Node>(filter)) {
        if (is_orclause(condition) && keys.equal == NIL) {
            Node* const key =
                key_of_branches(reinterpret_cast<const BoolExpr*>(condition)->args, text);
            keys.equal = key == nullptr ? NIL : list_make1(key);
        }
    }
    return keys;
}

// ---- in words -----------------------------------------------------------------------------------

/// The table that the plan reads.
struct ScannedTable {
    Oid table;
    Index number;  ///< in the range table
};

/// A column that the query named by a join's alias has that as its name for EXPLAIN, which is to be
/// found in the query's range table alone (get_variable, ruleutils.c).
bool name_by_table(Node* node, void* context) {
    if (node != nullptr && IsA(node, Var)) {
        auto* const column = reinterpret_cast<Var*>(node);
        column->varnosyn = static_cast<Index>(column->varno);
        column->varattnosyn = column->varattno;
        return false;
    }
    return node != nullptr && walk_expression(node, name_by_table, context);
}

/// The planner makes a cast of COLLATE, which is not written (eval_const_expressions, clauses.c).
Node* with_collations(Node* node, void* context) {
    if (node == nullptr || !IsA(node, RelabelType)) {
        return node == nullptr ? nullptr : mutate_expression(node, with_collations, context);
    }
    auto* const relabel = reinterpret_cast<RelabelType*>(node);
    Node* const argument = with_collations(reinterpret_cast<Node*>(relabel->arg), context);
    const Oid collation = exprCollation(argument);
    return OidIsValid(collation) && relabel->resultcollid != collation
               ? collated(argument, relabel->resultcollid)
               : mutate_expression(node, with_collations, context);
}

/// A key as the DDL of an index has it.
const char* text_of(Node* expression, const ScannedTable& scanned) {
    Node* const own = with_collations(expression, nullptr);
    ChangeVarNodes(own, static_cast<int>(scanned.number), 1, 0);
    name_by_table(own, nullptr);
    const char* const text = deparse_expression(
        own, deparse_context_for(get_rel_name(scanned.table), scanned.table), false, true);
    return IsA(own, Var) ? text : psprintf("(%s)", text);
}

/// Columns compared by = come first.
const char* texts_of(const Keys& keys, const ScannedTable& scanned) {
    StringInfoData list;
    initStringInfo(&list);
    for (Node* key : each<Node>(keys.equal)) {
        appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", text_of(key, scanned));
    }
    Node* const range = range_of(keys);
    if (range != nullptr && list_length(keys.equal) < INDEX_MAX_KEYS &&
        !list_member(keys.equal, range)) {
        appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", text_of(range, scanned));
    }
    return list.data;
}

bool has_index(const Keys& keys, Oid table) {
    const Node* const first =
        keys.equal == NIL ? range_of(keys) : static_cast<const Node*>(linitial(keys.equal));
    return first != nullptr && IsA(first, Var) &&
           begins_index(table, reinterpret_cast<const Var*>(first)->varattno);
}

/// All columns of a filter, in the order in which they stand there.
const char* columns_of(const ScannedTable& scanned, const List* filter) {
    StringInfoData list;
    initStringInfo(&list);
    const Bitmapset* seen = nullptr;
    const List* const columns = pull_var_clause(reinterpret_cast<Node*>(const_cast<List*>(filter)),
                                                PVC_RECURSE_PLACEHOLDERS);
    for (const Var* column : each<Var>(columns)) {
        const char* const name = column->varno == static_cast<int>(scanned.number) &&
                                         column->varattno > 0 &&
                                         !bms_is_member(column->varattno, seen)
                                     ? get_attname(scanned.table, column->varattno, true)
                                     : nullptr;
        if (name != nullptr) {
            seen = bms_add_member(const_cast<Bitmapset*>(seen), column->varattno);
            appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", quote_identifier(name));
        }
    }
    return list.data;
}

/// The advice on an index that would spare the scan; nullptr if none can be made.
const char* advice_on(const Keys& keys, const ScannedTable& scanned, Oid named,
                      const char* columns) {
    const char* const name = name_of_table(named);
    if (name == nullptr || has_index(keys, scanned.table) || !takes_index(named)) {
        return nullptr;
    }
    const char* const list = texts_of(keys, scanned);
    if (list[0] != '\0') {
        return psprintf("%s is read whole for less than 1 %% of its rows: %s", name,
                        ddl_of_index(named, list));
    }
    return psprintf(
        "%s is read whole for less than 1 %% of its rows: %s", name,
        keys.has_data ? psprintf("an index on the expression of %s that is compared", columns)
                      : psprintf("its filter%s%s is no comparison by = or < that says which "
                                 "index to make; it may be one of another kind (GIN, GiST, BRIN), "
                                 "on an expression, or of some rows (WHERE)",
                                 columns[0] == '\0' ? "" : " on ", columns));
}

}  // namespace

WastefulScan wasteful_scan(const PlannedStmt* planned, const char* text) {
    const Scan scan = largest_scan(planned);
    if (scan.plan == nullptr) {
        return {};
    }
    const ScannedTable scanned{table_of(scan.plan, planned), scan.plan->scanrelid};
    const Oid named = named_table(planned, scanned.table);
    const char* const name = name_of_table(named);
    const List* const filter = scan.plan->plan.qual;
    WastefulScan found;
    const char* const columns = columns_of(scanned, filter);
    found.text =
        psprintf("%s (%s)", name != nullptr ? name : "?", columns[0] == '\0' ? "*" : columns);
    found.index = advice_on(keys_of_filter(filter, text), scanned, named, columns);
    return found;
}

}  // namespace onetrip::postgres
