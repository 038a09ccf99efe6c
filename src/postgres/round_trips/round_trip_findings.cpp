// Finds out what a statement's plan does: what it compares with which values, what it writes, how
// often it reads.
//
// A plan is looked at once for each loop and episode, when its statement has just run. This file
// knows plans, but no words: round_trip_advice.cpp writes the advice, and the names of tables and
// columns are in the catalogs (round_trip_catalog.cpp).

#include "postgres/round_trips/round_trip_findings.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <functional>
#include <string_view>

#include "postgres/round_trips/expressions.hpp"
#include "postgres/round_trips/round_trip_parameters.hpp"
#include "postgres/server/list_range.hpp"

extern "C" {
#include "nodes/execnodes.h"
#include "nodes/params.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
}

namespace onetrip::postgres {

namespace {

/// The walk over a plan.
struct Walk {
    const QueryDesc* query;
    const ChangedValues* changed;
    const Bitmapset* targets;        ///< in the range table, that are written; NULL if nothing is
    const PlanState** subplans;      ///< of the statement, by their addresses
    const PlanState** subplans_end;  ///< after the last one
    Bitmapset* entered;              ///< plans of WITH, by their numbers
    std::array<const PlanState*, 2> optional;  ///< sides of a join that may lack, or are not given
    bool is_limited;                           ///< there is a LIMIT above where the walk is
    bool is_part;                              ///< or another operation that needs all rows below
    Findings findings;
};

// ---- values -------------------------------------------------------------------------------------

template <typename Expression>
const Node* as_node(const Expression* expression) {
    return reinterpret_cast<const Node*>(expression);
}

/// Whether the expression is one value for the whole statement, given by the client.
bool is_given_value(const Node* node) {
    switch (nodeTag(node)) {
        case T_Const:
            return true;
        case T_Param:
            return reinterpret_cast<const Param*>(node)->paramkind == PARAM_EXTERN;
        case T_RelabelType:
            return is_given_value(as_node(reinterpret_cast<const RelabelType*>(node)->arg));
        case T_CoerceViaIO:
            return is_given_value(as_node(reinterpret_cast<const CoerceViaIO*>(node)->arg));
        case T_FuncExpr: {
            const auto arguments = each<Node>(reinterpret_cast<const FuncExpr*>(node)->args);
            return arguments.begin() != arguments.end() &&
                   std::all_of(arguments.begin(), arguments.end(), is_given_value);
        }
        default:
            return false;
    }
}

/// A value that the client sent; a null pointer of a type if it is NULL or cannot be looked at.
struct GivenValue {
    Oid type = InvalidOid;
    Datum datum = 0;
};

GivenValue value_of(const Const* constant) {
    return constant->constisnull ? GivenValue{}
                                 : GivenValue{constant->consttype, constant->constvalue};
}

GivenValue value_of(const Param* param, const ParamListInfo parameters) {
    if (param->paramkind != PARAM_EXTERN || parameters == nullptr ||
        parameters->paramFetch != nullptr || param->paramid > parameters->numParams ||
        parameters->params[param->paramid - 1].isnull) {
        return {};
    }
    return {param->paramtype, parameters->params[param->paramid - 1].value};
}

GivenValue value_of(const Node* node, const QueryDesc* query) {
    return IsA(node, Const)   ? value_of(reinterpret_cast<const Const*>(node))
           : IsA(node, Param) ? value_of(reinterpret_cast<const Param*>(node), query->params)
                              : GivenValue{};
}

/// A given array; nullptr if it is not one, or cannot be looked at.
ArrayType* array_of(const Node* node, const QueryDesc* query) {
    const GivenValue value = value_of(node, query);
    return OidIsValid(value.type) && OidIsValid(get_element_type(value.type))
               ? DatumGetArrayTypeP(value.datum)
               : nullptr;
}

/// How many elements a given array has; 0 if it is not one, or cannot be looked at.
int elements_of(const Node* node, const QueryDesc* query) {
    if (IsA(node, ArrayExpr)) {
        return list_length(reinterpret_cast<const ArrayExpr*>(node)->elements);
    }
    const ArrayType* const array = array_of(node, query);
    return array == nullptr ? 0 : ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

// ---- comparisons --------------------------------------------------------------------------------

const Var* column_of(const Node* node) {
    node = without_relabels(node);
    return IsA(node, Var) ? reinterpret_cast<const Var*>(node) : nullptr;
}

bool is_equality(Oid operation) {
    const char* const name = get_opname(operation);
    return name != nullptr && std::strcmp(name, "=") == 0;
}

/// The column that an expression is; nullptr if it is not one. `index_columns` has what INDEX_VAR
/// means.
const Var* column_of(const Node* node, const List* index_columns) {
    const Var* const column = column_of(node);
    if (column == nullptr || column->varno != INDEX_VAR ||
        column->varattno > list_length(index_columns)) {
        return column;
    }
    const auto* const entry =
        static_cast<TargetEntry*>(list_nth(index_columns, column->varattno - 1));
    return column_of(as_node(entry->expr));
}

/// The column of a `column = value`; nullptr if the operation is not one.
const Var* compared_column(const OpExpr* operation, const List* index_columns) {
    if (list_length(operation->args) != 2) {
        return nullptr;
    }
    const auto* left = static_cast<const Node*>(linitial(operation->args));
    const auto* right = static_cast<const Node*>(lsecond(operation->args));
    if (column_of(left) == nullptr) {
        std::swap(left, right);
    }
    return is_given_value(right) && is_equality(operation->opno) ? column_of(left, index_columns)
                                                                 : nullptr;
}

/// The table's column that a variable is.
Comparison comparison_of(const Var* column, const PlannedStmt* statement) {
    if (column == nullptr || column->varattno <= 0 || IS_SPECIAL_VARNO(column->varno)) {
        return {};
    }
    const RangeTblEntry* const range = rt_fetch(column->varno, statement->rtable);
    return range->rtekind == RTE_RELATION ? Comparison{range->relid, column->varattno}
                                          : Comparison{};
}

/// The hash of the whole number that a value of another type has been made of, to be compared with
/// a column of that type; else 0.
roundtrip::ValueHash hash_of_whole_number(const GivenValue& given) {
    const Oid output = given.type == NUMERICOID  ? F_NUMERIC_OUT
                       : given.type == FLOAT8OID ? F_FLOAT8OUT
                       : given.type == FLOAT4OID ? F_FLOAT4OUT
                                                 : InvalidOid;
    if (!OidIsValid(output)) {
        return 0;
    }
    const std::string_view text = OidOutputFunctionCall(output, given.datum);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc() && end == text.data() + text.size();
    return is_whole ? roundtrip::hash_of_number(number) : 0;
}

/// Whether a value is computed from what is given, be it by a cast alone. The planner leaves a
/// place in the text to the constants that stand there, and to parameters (eval_const_expressions,
/// clauses.c).
bool is_computed_value(const Node* value) {
    value = without_relabels(value);
    return (IsA(value, Const) && reinterpret_cast<const Const*>(value)->location < 0) ||
           (IsA(value, FuncExpr) && !is_cast(reinterpret_cast<const FuncExpr*>(value)));
}

/// The hash of a value that is given; 0 if it is computed from what is given, or is not kept.
roundtrip::ValueHash hash_of(const Node* value, const Walk& walk) {
    const GivenValue given = value_of(without_relabels(value), walk.query);
    if (!OidIsValid(given.type)) {
        return 0;
    }
    const roundtrip::ValueHash hash = hash_of_value(given.type, given.datum);
    return hash == 0 && is_computed_value(value) ? hash_of_whole_number(given) : hash;
}

/// 1 if a value is another one than in the run before, -1 if it is the same, or is computed from
/// what is given; 0 if that is not known.
int is_changing(roundtrip::ValueHash hash, const Walk& walk) {
    if (hash == 0 || walk.changed->values == nullptr) {
        return 0;
    }
    const bool are_all = walk.changed->values->count < roundtrip::StatementValueHashes::most;
    return walk.changed->contains(hash) ? 1 : are_all ? -1 : 0;
}

/// The same for the values of a list, some of which may be others each time: -1 if all of them are
/// known to be those of the run before, 0 if that is not known.
int is_changing_list(const Node* list, const Walk& walk) {
    if (IsA(list, ArrayExpr)) {
        int changing = -1;
        for (const Node* node : each<Node>(reinterpret_cast<const ArrayExpr*>(list)->elements)) {
            const int one = is_changing(hash_of(node, walk), walk);
            changing = one > 0 || changing > 0 ? 1 : Max(changing, one);
        }
        return changing;
    }
    ArrayType* const array = array_of(list, walk.query);
    if (array == nullptr || walk.changed->values == nullptr) {
        return 0;
    }
    // Its elements are among the statement's values up to the last one that is kept.
    constexpr int most = roundtrip::StatementValueHashes::most;
    bool is_changing = false;
    bool are_same = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) <= most;
    const ArrayIterator iterator = array_create_iterator(array, 0, nullptr);
    Datum element = 0;
    bool is_null = false;
    for (int i = 0; i < most && array_iterate(iterator, &element, &is_null); ++i) {
        const roundtrip::ValueHash hash = is_null ? 0 : hash_of_value(ARR_ELEMTYPE(array), element);
        is_changing |= hash != 0 && walk.changed->contains(hash);
        are_same &= hash != 0 && walk.changed->has(hash);
    }
    array_free_iterator(iterator);
    return is_changing ? 1 : are_same ? -1 : 0;
}

/// A column whose value is another one in each run says more than one that is always compared with
/// the same, such as a tenant; and one that an index was asked for says more than one that was
/// filtered by.
bool says_more(const Comparison& one, const Comparison& known) {
    return !known.is_known() || one.is_changing > known.is_changing ||
           (one.is_changing == known.is_changing && one.in_index && !known.in_index);
}

/// Notes whether one or several columns have values that change. The planner compares a column with
/// what an equal one is compared with: one value is of one column.
void note_changing(const Comparison& found, Walk& walk) {
    Findings& findings = walk.findings;
    if (found.is_changing <= 0) {
        return;
    }
    if (!findings.changing.is_known()) {
        findings.changing = {found.table, found.column};
    }
    findings.has_several_changing |= found.table == findings.changing.table &&
                                     found.column != findings.changing.column &&
                                     std::popcount(walk.changed->changed) > 1;
}

bool has_given_value(const OpExpr* operation) {
    const auto arguments = each<Node>(operation->args);
    return std::any_of(arguments.begin(), arguments.end(), is_given_value);
}

void look_at_comparison(const OpExpr* operation, bool in_index, const List* index_columns,
                        Walk& walk) {
    Findings& findings = walk.findings;
    if (has_given_value(operation)) {
        findings.is_limited |= walk.is_limited;
        findings.is_part |= walk.is_part;
    }
    const Var* const column = compared_column(operation, index_columns);
    Comparison found = comparison_of(column, walk.query->plannedstmt);
    if (!found.is_known()) {
        return;
    }
    found.in_index = in_index;
    const auto* const right = static_cast<const Node*>(lsecond(operation->args));
    const auto* const value =
        is_given_value(right) ? right : static_cast<const Node*>(linitial(operation->args));
    found.value = hash_of(value, walk);
    found.is_changing =
        found.value == 0 && is_computed_value(value) ? -1 : is_changing(found.value, walk);
    if (!findings.of_any.is_known() || (in_index && !findings.of_any.in_index)) {
        findings.of_any = found;
    }
    if (walk.targets != nullptr && !bms_is_member(column->varno, walk.targets)) {
        return;
    }
    note_changing(found, walk);
    if (says_more(found, findings.of_target)) {
        findings.of_target = found;
    }
}

/// A list of so many values has been found.
void add_values(Findings& findings, int values) {
    findings.may_have_many_values = true;
    findings.most_values = Max(findings.most_values, values);
}

/// A list of values: IN, or an array.
void look_at_list(const ScalarArrayOpExpr* operation, bool in_index, const List* index_columns,
                  Walk& walk) {
    const auto* const list = static_cast<const Node*>(lsecond(operation->args));
    const int values = elements_of(list, walk.query);
    const int changing = is_changing_list(list, walk);
    // Many rows are not asked for by a list of kinds that is the same each time, or that is left
    // out.
    if (!operation->useOr || (changing < 0 && walk.findings.has_changed)) {
        walk.findings.may_have_many_values = walk.findings.has_same_list = true;
        return;
    }
    add_values(walk.findings, values);
    walk.findings.has_many_in_index |= values > 1 && in_index;
    walk.findings.is_limited |= walk.is_limited && values > 0;
    walk.findings.is_part |= walk.is_part && values > 0;
    const Var* const column =
        is_equality(operation->opno)
            ? column_of(static_cast<const Node*>(linitial(operation->args)), index_columns)
            : nullptr;
    Comparison found = comparison_of(column, walk.query->plannedstmt);
    found.is_changing = Max(changing, 0);
    if (found.is_known() && found.is_changing >= walk.findings.of_list.is_changing &&
        (walk.targets == nullptr || bms_is_member(column->varno, walk.targets))) {
        walk.findings.of_list = found;
    }
}

void look_at_conditions(const List* conditions, bool in_index, const List* index_columns,
                        Walk& walk) {
    for (const Node* node : each<Node>(conditions)) {
        if (IsA(node, ScalarArrayOpExpr)) {
            look_at_list(reinterpret_cast<const ScalarArrayOpExpr*>(node), in_index, index_columns,
                         walk);
        } else if (IsA(node, OpExpr)) {
            look_at_comparison(reinterpret_cast<const OpExpr*>(node), in_index, index_columns,
                               walk);
        }
    }
}

// ---- scans --------------------------------------------------------------------------------------

/// Whether a plan itself reads the rows that its conditions are for.
bool is_scan(const Plan* plan) {
    switch (nodeTag(plan)) {
        case T_SeqScan:
        case T_SampleScan:
        case T_IndexScan:
        case T_IndexOnlyScan:
        case T_BitmapHeapScan:
        case T_FunctionScan:
        case T_ValuesScan:
        case T_ForeignScan:
            return true;
        default:
            return false;
    }
}

/// The conditions that an index is asked for, which are not in the scan's qual; NIL if none is.
const List* conditions_of_index(const Plan* plan) {
    switch (nodeTag(plan)) {
        case T_IndexScan:
            return reinterpret_cast<const IndexScan*>(plan)->indexqualorig;
        case T_IndexOnlyScan:
            return reinterpret_cast<const IndexOnlyScan*>(plan)->indexqual;
        case T_BitmapHeapScan:
            return reinterpret_cast<const BitmapHeapScan*>(plan)->bitmapqualorig;
        default:
            return NIL;
    }
}

void look_at_functions(const FunctionScan* scan, Walk& walk) {
    walk.findings.may_have_many_values = true;
    for (const RangeTblFunction* function : each<RangeTblFunction>(scan->functions)) {
        walk.findings.is_volatile |= contain_volatile_functions(function->funcexpr);
        if (!IsA(function->funcexpr, FuncExpr)) {
            continue;
        }
        const auto* const call = reinterpret_cast<FuncExpr*>(function->funcexpr);
        for (const Node* argument : each<Node>(call->args)) {
            add_values(walk.findings, elements_of(argument, walk.query));
        }
    }
}

/// The conditions of an index come first: see says_more.
void look_at_scan(const Plan* plan, Walk& walk) {
    ++walk.findings.scans;
    if (IsA(plan, FunctionScan)) {
        look_at_functions(reinterpret_cast<const FunctionScan*>(plan), walk);
    } else if (IsA(plan, ValuesScan)) {
        add_values(walk.findings,
                   list_length(reinterpret_cast<const ValuesScan*>(plan)->values_lists));
    }
    const List* const index_columns =
        IsA(plan, IndexOnlyScan) ? reinterpret_cast<const IndexOnlyScan*>(plan)->indextlist : NIL;
    const List* const of_index = conditions_of_index(plan);
    look_at_conditions(of_index, true, index_columns, walk);
    look_at_conditions(plan->qual, false, NIL, walk);
    walk.findings.has_further_conditions |= list_length(of_index) + list_length(plan->qual) > 1;
}

// ---- plans --------------------------------------------------------------------------------------

/// Whether an expression may give something else each time: by a volatile function, or by the time.
bool is_changing(List* expressions) {
    return contain_mutable_functions(reinterpret_cast<Node*>(expressions));
}

bool find_sequence(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    if (IsA(node, FuncExpr) && reinterpret_cast<FuncExpr*>(node)->funcid == F_NEXTVAL) {
        auto* const argument =
            static_cast<Node*>(linitial(reinterpret_cast<FuncExpr*>(node)->args));
        const bool is_known =
            IsA(argument, Const) && !reinterpret_cast<Const*>(argument)->constisnull;
        *static_cast<Oid*>(context) =
            is_known ? DatumGetObjectId(reinterpret_cast<Const*>(argument)->constvalue)
                     : InvalidOid;
        return true;
    }
    return walk_expression(node, find_sequence, context);
}

void look_at_locks(const PlannedStmt* statement, Findings& findings) {
    for (const PlanRowMark* mark : each<PlanRowMark>(statement->rowMarks)) {
        const bool locks = mark->markType < ROW_MARK_REFERENCE;
        findings.locks_rows |= locks;
        findings.skips_locked |= locks && mark->waitPolicy == LockWaitSkip;
    }
}

/// Looks at a plan by itself, without those below it.
void look_at_plan(const Plan* plan, Walk& walk) {
    Findings& findings = walk.findings;
    findings.is_volatile |= is_changing(plan->targetlist) || is_changing(plan->qual);
    find_sequence(reinterpret_cast<Node*>(plan->targetlist), &findings.sequence);
    if (is_scan(plan)) {
        look_at_scan(plan, walk);
    } else if (IsA(plan, Agg)) {
        findings.aggregates_all |= reinterpret_cast<const Agg*>(plan)->numCols == 0;
    }
    findings.has_further_conditions |=
        IsA(plan, NestLoop) || IsA(plan, MergeJoin) || IsA(plan, HashJoin);
}

/// A partition that a run does not need has no state. If no partition has one, the first one's plan
/// speaks for the table.
const List* pruned_plans(const PlanState* state) {
    if (IsA(state, AppendState) && reinterpret_cast<const AppendState*>(state)->as_nplans == 0) {
        return reinterpret_cast<const Append*>(state->plan)->appendplans;
    }
    if (IsA(state, MergeAppendState) &&
        reinterpret_cast<const MergeAppendState*>(state)->ms_nplans == 0) {
        return reinterpret_cast<const MergeAppend*>(state->plan)->mergeplans;
    }
    return NIL;
}

/// Whether a plan puts arms together, rather than partitions of a table: the first one's place in
/// the range table is a subquery's for arms, and a relation's for partitions.
bool has_arms(const Plan* plan, const PlannedStmt* statement) {
    const Bitmapset* const members =
        IsA(plan, Append)        ? reinterpret_cast<const Append*>(plan)->apprelids
        : IsA(plan, MergeAppend) ? reinterpret_cast<const MergeAppend*>(plan)->apprelids
                                 : nullptr;
    const int first = bms_next_member(members, -1);
    return IsA(plan, SetOp) || IsA(plan, RecursiveUnion) ||
           (first > 0 && rt_fetch(first, statement->rtable)->rtekind == RTE_SUBQUERY);
}

/// Whether a plan compares the rows below it with one another: GROUP BY, DISTINCT, windows.
bool compares_rows(const Plan* plan) {
    return IsA(plan, Group) || IsA(plan, Unique) || IsA(plan, WindowAgg) ||
           (IsA(plan, Agg) && (reinterpret_cast<const Agg*>(plan)->numCols > 0 ||
                               reinterpret_cast<const Agg*>(plan)->groupingSets != NIL));
}

/// The walk goes below a plan. A LIMIT above an aggregate of all rows does not limit those that are
/// aggregated.
void go_below(const Plan* plan, Walk& walk) {
    if (IsA(plan, Limit)) {
        walk.is_limited |= reinterpret_cast<const Limit*>(plan)->limitCount != nullptr;
        walk.is_part |= reinterpret_cast<const Limit*>(plan)->limitOffset != nullptr;
    } else if (IsA(plan, Agg) && reinterpret_cast<const Agg*>(plan)->numCols == 0) {
        walk.is_limited = false;
    }
    walk.is_part |= compares_rows(plan) || has_arms(plan, walk.query->plannedstmt);
}

/// Notes the sides of a join that may lack. A comparison on such a side says which rows are joined,
/// not which there are.
void look_at_join(const PlanState* state, Walk& walk) {
    const Plan* const plan = state->plan;
    const bool is_join = IsA(plan, NestLoop) || IsA(plan, MergeJoin) || IsA(plan, HashJoin);
    const JoinType type = is_join ? reinterpret_cast<const Join*>(plan)->jointype : JOIN_INNER;
    walk.optional = {is_optional_outer(type) ? outerPlanState(state) : nullptr,
                     is_optional_inner(type) ? innerPlanState(state) : nullptr};
}

bool look_at_child(PlanState* state, void* context);
void look_at(PlanState* state, Walk& walk);

/// The rows that a WITH reads are read by the statement: once, however often it is named.
void look_at_with(const CteScanState* scan, Walk& walk) {
    const int number = reinterpret_cast<const CteScan*>(scan->ss.ps.plan)->ctePlanId;
    if (!bms_is_member(number, walk.entered)) {
        walk.entered = bms_add_member(walk.entered, number);
        look_at(scan->cteplanstate, walk);
    }
}

void look_at(PlanState* state, Walk& walk) {
    CHECK_FOR_INTERRUPTS();
    const bool was_limited = walk.is_limited;
    const bool was_part = walk.is_part;
    walk.is_part |= state == walk.optional[0] || state == walk.optional[1];
    look_at_plan(state->plan, walk);
    if (const List* const pruned = pruned_plans(state); pruned != NIL) {
        look_at_plan(static_cast<const Plan*>(linitial(pruned)), walk);
    }
    go_below(state->plan, walk);
    if (IsA(state, CteScanState)) {
        look_at_with(reinterpret_cast<const CteScanState*>(state), walk);
    }
    const auto optional = walk.optional;
    look_at_join(state, walk);
    walk_plan_states(state, look_at_child, &walk);
    walk.optional = optional;
    walk.is_limited = was_limited;
    walk.is_part = was_part;
}

/// The server's walk also enters subqueries, which do not show what the statement itself asks for.
bool look_at_child(PlanState* state, void* context) {
    auto& walk = *static_cast<Walk*>(context);
    if (!std::binary_search(walk.subplans, walk.subplans_end, state, std::less<>{})) {
        look_at(state, walk);
    }
    return false;
}

void sort_subplans(Walk& walk) {
    const List* const states = walk.query->estate->es_subplanstates;
    if (states == NIL) {
        return;
    }
    walk.subplans = static_cast<const PlanState**>(
        palloc(mul_size(list_length(states), sizeof(const PlanState*))));
    const auto all = each<const PlanState>(states);
    walk.subplans_end = std::copy(all.begin(), all.end(), walk.subplans);
    std::sort(walk.subplans, walk.subplans_end, std::less<>{});
}

// ---- statements ---------------------------------------------------------------------------------

bool is_modification(const PlanState* state) {
    return state != nullptr && IsA(state->plan, ModifyTable);
}

PlanState* state_of_modification(const QueryDesc* query) {
    if (is_modification(query->planstate)) {
        return query->planstate;
    }
    if (query->plannedstmt->hasModifyingCTE) {
        for (PlanState* state : each<PlanState>(query->estate->es_subplanstates)) {
            if (is_modification(state)) {
                return state;
            }
        }
    }
    return nullptr;
}

/// A partitioned table may be thousands of them, which are asked for once a condition.
const Bitmapset* as_set(const List* ranges) {
    Bitmapset* set = nullptr;
    // The last one comes first, so that the set has its size at once.
    for (int i = list_length(ranges) - 1; i >= 0; --i) {
        set = bms_add_member(set, list_nth_int(ranges, i));
    }
    return set;
}

/// Whether a value that an UPDATE sets is computed from columns; one that is taken as it is stays
/// the same however often it is set.
bool is_computed(const TargetEntry* entry) {
    const Node* const value = without_casts(reinterpret_cast<Node*>(entry->expr));
    return !entry->resjunk && !IsA(value, Var) && contain_var_clause(const_cast<Node*>(value));
}

void look_at_modification(PlanState* state, Walk& walk) {
    const auto* const modification = reinterpret_cast<const ModifyTable*>(state->plan);
    walk.findings.modification = modification;
    walk.targets = as_set(modification->resultRelations);
    if (outerPlanState(state) != nullptr) {
        const auto values = each<TargetEntry>(outerPlanState(state)->plan->targetlist);
        walk.findings.adds_to_row = modification->operation == CMD_UPDATE &&
                                    std::any_of(values.begin(), values.end(), is_computed);
        look_at(outerPlanState(state), walk);
    }
}

/// Whether a plan is that of min() or max(): the first row in an order, by a LIMIT of the planner's
/// own. Its column has this name (build_minmax_path, planagg.c).
bool is_of_min_or_max(const Plan* plan) {
    const auto* const entry =
        plan->targetlist == NIL ? nullptr : static_cast<TargetEntry*>(linitial(plan->targetlist));
    return IsA(plan, Limit) && entry != nullptr && entry->resname != nullptr &&
           std::strcmp(entry->resname, "agg_target") == 0;
}

/// Looks at the subplans; those of WITH have been looked at where they are read.
void look_at_subplans(Walk& walk) {
    int number = 0;
    for (PlanState* subplan : each<PlanState>(walk.query->estate->es_subplanstates)) {
        ++number;
        if (subplan != nullptr && !bms_is_member(number, walk.entered)) {
            look_at(is_of_min_or_max(subplan->plan) ? outerPlanState(subplan) : subplan, walk);
        }
    }
}

/// A value that changes from run to run may stand in a subquery, of which only the comparison
/// counts.
void look_for_changing(Walk& walk) {
    const Findings of_statement = walk.findings;
    walk.findings.of_target = {};
    look_at_subplans(walk);
    const Comparison found = walk.findings.of_target;
    walk.findings = of_statement;
    if (found.is_changing > 0) {
        const bool is_in_both = of_statement.of_target.is_changing > 0;
        walk.findings.of_target = is_in_both ? of_statement.of_target : found;
        walk.findings.is_part = walk.findings.has_further_conditions = true;
    }
}

/// min(), max() and EXISTS read their table in a plan of their own.
void look_at_init_plans(const Plan* result, Walk& walk) {
    const List* const plans = walk.query->plannedstmt->subplans;
    for (const SubPlan* subplan : each<SubPlan>(result->initPlan)) {
        const auto* const plan = static_cast<const Plan*>(list_nth(plans, subplan->plan_id - 1));
        walk.findings.is_of_existence |= subplan->subLinkType == EXISTS_SUBLINK;
        walk.findings.is_of_value |=
            subplan->subLinkType == EXPR_SUBLINK && !is_of_min_or_max(plan);
        walk.findings.aggregates_all |= is_of_min_or_max(plan);
    }
}

void look_at_reading(PlanState* state, Walk& walk) {
    look_at(state, walk);
    if (walk.findings.scans > 0) {
        look_for_changing(walk);
        return;
    }
    if (IsA(state->plan, Result)) {
        look_at_init_plans(state->plan, walk);
    }
    look_at_subplans(walk);
    // NOT EXISTS in WHERE is an example.
    walk.findings.is_part |=
        IsA(state->plan, Result) &&
        reinterpret_cast<const Result*>(state->plan)->resconstantqual != nullptr;
}

}  // namespace

const ModifyTable* modification_of(const PlannedStmt* statement) {
    if (IsA(statement->planTree, ModifyTable)) {
        return reinterpret_cast<const ModifyTable*>(statement->planTree);
    }
    if (statement->hasModifyingCTE) {
        for (const Plan* plan : each<Plan>(statement->subplans)) {
            if (plan != nullptr && IsA(plan, ModifyTable)) {
                return reinterpret_cast<const ModifyTable*>(plan);
            }
        }
    }
    return nullptr;
}

bool ChangedValues::has(roundtrip::ValueHash hash) const {
    const auto* const begin = values->hashes.begin();
    return std::find(begin, begin + values->count, hash) != begin + values->count;
}

bool ChangedValues::contains(roundtrip::ValueHash hash) const {
    for (std::size_t i = 0; i < values->count; ++i) {
        if (values->hashes[i] == hash && ((changed >> i) & 1U) != 0) {
            return true;
        }
    }
    return false;
}

Findings findings_of(const QueryDesc* query, const ChangedValues& changed) {
    Walk walk{query, &changed, nullptr, nullptr, nullptr, nullptr, {}, false, false, {}};
    walk.findings.has_changed = changed.changed != 0;
    sort_subplans(walk);
    look_at_locks(query->plannedstmt, walk.findings);
    PlanState* const modification = state_of_modification(query);
    if (modification != nullptr) {
        look_at_modification(modification, walk);
    } else {
        look_at_reading(query->planstate, walk);
    }
    return walk.findings;
}

void Findings::take_shape(const QueryShape& written) {
    shape = written;
    has_further_conditions =
        shape.conditions > 1 || (has_further_conditions && !OidIsValid(shape.view));
    if (shape.is_composed) {
        is_part = true;
        is_of_existence = is_of_value = aggregates_all = false;
    }
}

bool does_many_at_once(const Findings& findings) {
    const bool is_single =
        findings.of_any.is_known() && (findings.of_any.in_index || !findings.has_many_in_index);
    return findings.most_values > 1 && !is_single;
}

}  // namespace onetrip::postgres
