// Finds the sequential scan of a plan that an index would spare, and the index.
//
// Looked at is what the planner has estimated. Columns compared by = come first in the index, and
// after them one that is compared by < or >.

#include "postgres/round_trips/seq_scan.hpp"

#include "postgres/round_trips/missing_index.hpp"
#include "postgres/round_trips/round_trip_catalog.hpp"
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

/// What lies below a plan.
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

/// Of a scan by several processes the plan has the rows of one (get_parallel_divisor, costsize.c).
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

/// What an index could have as a key.
struct Keys {
    Oid table;     ///< that the plan reads
    Index number;  ///< in the range table
    StringInfoData equal;
    StringInfoData range;  ///< at most one
    AttrNumber first;      ///< the first column, 0 if it is an expression
};

const char* text_of(const Node* expression, const Keys& keys) {
    auto* const own = static_cast<Node*>(copyObjectImpl(expression));
    ChangeVarNodes(own, static_cast<int>(keys.number), 1, 0);
    const char* const text = deparse_expression(
        own, deparse_context_for(get_rel_name(keys.table), keys.table), false, false);
    return IsA(strip_implicit_coercions(own), Var) ? text : psprintf("(%s)", text);
}

bool is_of_table(Node* expression) {
    return contain_var_clause(expression) && !contain_mutable_functions(expression) &&
           !contain_subplans(expression);
}

void add_key(Keys& keys, Node* expression, bool is_equal) {
    Node* const plain = strip_implicit_coercions(expression);
    const auto* const column = IsA(plain, Var) ? reinterpret_cast<const Var*>(plain) : nullptr;
    StringInfo list = is_equal ? &keys.equal : &keys.range;
    const char* const text = text_of(plain, keys);
    if ((!is_equal && list->len > 0) || (list->len > 0 && strstr(list->data, text) != nullptr)) {
        return;
    }
    constexpr AttrNumber no_column = InvalidAttrNumber;
    if (keys.equal.len == 0) {
        keys.first = column != nullptr ? column->varattno : no_column;
    }
    appendStringInfo(list, "%s%s", list->len == 0 ? "" : ", ", text);
}

void look_at_comparison(Keys& keys, Oid operation, const List* arguments, bool is_array) {
    if (list_length(arguments) != 2) {
        return;
    }
    auto* const left = static_cast<Node*>(linitial(arguments));
    auto* const right = static_cast<Node*>(lsecond(arguments));
    const int strategy = btree_strategy_of(operation);
    const bool is_left = is_of_table(left) && !contain_var_clause(right);
    const bool is_right = !is_array && is_of_table(right) && !contain_var_clause(left);
    const bool is_known = strategy >= BTLessStrategyNumber && strategy <= BTGreaterStrategyNumber;
    if (!is_known || (!is_left && !is_right) || (is_array && strategy != BTEqualStrategyNumber)) {
        return;
    }
    add_key(keys, is_left ? left : right, strategy == BTEqualStrategyNumber);
}

void look_at_conditions(Keys& keys, const List* conditions) {
    for (const Node* condition : each<Node>(conditions)) {
        if (IsA(condition, OpExpr)) {
            const auto* const operation = reinterpret_cast<const OpExpr*>(condition);
            look_at_comparison(keys, operation->opno, operation->args, false);
        } else if (IsA(condition, ScalarArrayOpExpr)) {
            const auto* const operation = reinterpret_cast<const ScalarArrayOpExpr*>(condition);
            if (operation->useOr) {
                look_at_comparison(keys, operation->opno, operation->args, true);
            }
        }
    }
}

Keys keys_for(Oid table, Index number) {
    Keys keys{table, number, {}, {}, InvalidAttrNumber};
    initStringInfo(&keys.equal);
    initStringInfo(&keys.range);
    return keys;
}

Keys keys_of(const Keys& like, const List* conditions) {
    Keys keys = keys_for(like.table, like.number);
    look_at_conditions(keys, conditions);
    return keys;
}

List* conditions_of(Node* branch) {
    return is_andclause(branch) ? reinterpret_cast<BoolExpr*>(branch)->args : list_make1(branch);
}

bool all_compare(const Keys& key, const List* branches) {
    for (Node* branch : each<Node>(branches)) {
        CHECK_FOR_INTERRUPTS();
        if (strstr(keys_of(key, conditions_of(branch)).equal.data, key.equal.data) == nullptr) {
            return false;
        }
    }
    return true;
}

/// An index serves all branches of an OR if all of them compare its first key by =.
void look_at_branches(Keys& keys, const List* branches) {
    List* const first = conditions_of(static_cast<Node*>(linitial(branches)));
    for (Node* condition : each<Node>(first)) {
        const Keys key = keys_of(keys, list_make1(condition));
        if (key.equal.len > 0 && keys.equal.len == 0 && all_compare(key, branches)) {
            appendStringInfoString(&keys.equal, key.equal.data);
            keys.first = key.first;
        }
    }
}

void look_at_filter(Keys& keys, const List* filter) {
    look_at_conditions(keys, filter);
    for (Node* condition : each<Node>(filter)) {
        if (is_orclause(condition) && keys.equal.len == 0) {
            look_at_branches(keys, reinterpret_cast<const BoolExpr*>(condition)->args);
        }
    }
}

/// All columns of a filter, in the order in which they stand there.
const char* columns_of(const Keys& keys, const List* filter) {
    StringInfoData list;
    initStringInfo(&list);
    const Bitmapset* seen = nullptr;
    const List* const columns = pull_var_clause(reinterpret_cast<Node*>(const_cast<List*>(filter)),
                                                PVC_RECURSE_PLACEHOLDERS);
    for (const Var* column : each<Var>(columns)) {
        const char* const name = column->varno == static_cast<int>(keys.number) &&
                                         column->varattno > 0 &&
                                         !bms_is_member(column->varattno, seen)
                                     ? get_attname(keys.table, column->varattno, true)
                                     : nullptr;
        if (name != nullptr) {
            seen = bms_add_member(const_cast<Bitmapset*>(seen), column->varattno);
            appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", quote_identifier(name));
        }
    }
    return list.data;
}

}  // namespace

WastefulScan wasteful_scan(const PlannedStmt* planned) {
    const Scan scan = largest_scan(planned);
    if (scan.plan == nullptr) {
        return {};
    }
    const Oid table = table_of(scan.plan, planned);
    const Oid named = named_table(planned, table);
    const List* const filter = scan.plan->plan.qual;
    Keys keys = keys_for(table, scan.plan->scanrelid);
    look_at_filter(keys, filter);
    WastefulScan found;
    const char* const name = name_of_table(named);
    found.text = psprintf("%s (%s)", name != nullptr ? name : "?", columns_of(keys, filter));
    const bool has_both = keys.equal.len > 0 && keys.range.len > 0;
    const char* const list =
        psprintf("%s%s%s", keys.equal.data, has_both ? ", " : "", keys.range.data);
    const bool has_index = keys.first > 0 && begins_index(table, keys.first);
    if (list[0] != '\0' && !has_index && takes_index(named)) {
        found.index = psprintf("%s is read whole for less than 1 %% of its rows: %s", name,
                               ddl_of_index(named, list));
    }
    return found;
}

}  // namespace onetrip::postgres
