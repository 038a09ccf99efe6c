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
#include "postgres/round_trips/round_trip_catalog.hpp"
#include "postgres/round_trips/round_trip_named_columns.hpp"
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

/// The columns whose values are others from run to run, as far as there is room.
struct Changing {
    static constexpr std::size_t most = 8;

    struct Column {
        ColumnOfTable column;
        std::uint32_t places;  ///< of the value, as bits
    };

    std::size_t count = 0;
    std::array<Column, most> columns{};
    std::uint32_t in_lists = 0;  ///< places of the values of lists
    bool has_range = false;      ///< by a value that is not kept, and may be another one each time

    void add(const Comparison& found, std::uint32_t places) {
        if (count < most) {
            columns[count++] = {{found.table, found.column}, places};
        }
    }
};

/// A column that the client named, and the table's column that it is.
struct NamedColumn {
    ColumnOfTable named;
    ColumnOfTable column;  ///< not known if it is computed
};

/// The walk over a plan.
struct Walk {
    const QueryDesc* query;
    const ChangedValues* changed;
    const QueryShape* shape;  ///< nullptr if it is not known
    std::array<NamedColumn, NamedColumns::most> named;
    const Bitmapset* targets;        ///< in the range table, that are written; NULL if nothing is
    const PlanState** subplans;      ///< of the statement, by their addresses
    const PlanState** subplans_end;  ///< after the last one
    Bitmapset* entered;              ///< plans of WITH, by their numbers
    std::array<const PlanState*, 2> optional;  ///< sides of a join that may lack, or are not given
    bool is_limited;                           ///< there is a LIMIT above where the walk is
    bool is_part;                              ///< or another operation that needs all rows below
    Changing changing;
    const List* conditions;  ///< of the scan where the walk is
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

/// The places of a value among those of the statement, as bits: a parameter's is its number.
std::uint32_t places_of(const Node* value, roundtrip::ValueHash hash, const Walk& walk) {
    if (hash == 0 || walk.changed->values == nullptr) {
        return 0;
    }
    const std::uint32_t places = walk.changed->places_of(hash);
    value = without_relabels(value);
    const auto* const param = reinterpret_cast<const Param*>(value);
    const bool is_kept =
        IsA(value, Param) && param->paramid <= static_cast<int>(walk.changed->values->count);
    const std::uint32_t place = is_kept ? places & (1U << (param->paramid - 1)) : 0;
    return place != 0 ? place : places;
}

/// 1 if a value is another one from run to run, -1 if it is the same, or is computed from what is
/// given; 0 if that is not known.
int is_changing(roundtrip::ValueHash hash, const Walk& walk) {
    if (hash == 0 || walk.changed->values == nullptr) {
        return 0;
    }
    const bool are_all = walk.changed->values->count < roundtrip::StatementValueHashes::most;
    return walk.changed->contains(hash) ? 1 : are_all ? -1 : 0;
}

/// The same for the values of a list, some of which may be others each time: -1 if all of them are
/// known to be those of the run before, 0 if that is not known.
int is_changing_list(const Node* list, Walk& walk) {
    if (IsA(list, ArrayExpr)) {
        int changing = -1;
        for (const Node* node : each<Node>(reinterpret_cast<const ArrayExpr*>(list)->elements)) {
            const roundtrip::ValueHash hash = hash_of(node, walk);
            const int one = is_changing(hash, walk);
            walk.changing.in_lists |= places_of(node, hash, walk);
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
        walk.changing.in_lists |= hash != 0 ? walk.changed->places_of(hash) : 0;
        is_changing |= hash != 0 && walk.changed->contains(hash);
        are_same &= hash != 0 && walk.changed->has(hash);
    }
    array_free_iterator(iterator);
    return is_changing ? 1 : are_same ? -1 : 0;
}

void name_columns(Walk& walk) {
    for (int i = 0; walk.shape != nullptr && i < walk.shape->named.count; ++i) {
        const ColumnOfTable& named = walk.shape->named.columns[i];
        walk.named[i] = {named, column_under_views(named)};
    }
}

/// Whether a column of the plan is this one, of which it may be the partition's.
bool is_this_column(const Comparison& found, const ColumnOfTable& column, const Walk& walk) {
    if (!column.is_known() || found.table == column.table) {
        return found.table == column.table && found.column == column.column;
    }
    if (named_table(walk.query->plannedstmt, found.table) != column.table) {
        return false;
    }
    const char* const one = get_attname(found.table, found.column, true);
    const char* const other = get_attname(column.table, column.column, true);
    return one != nullptr && other != nullptr && std::strcmp(one, other) == 0;
}

/// The column as the client names it; nullptr if it does not, or if it may have meant one of
/// several relations.
const NamedColumn* named_as(const Comparison& found, const Walk& walk) {
    const NamedColumn* named = nullptr;
    for (const NamedColumn& one : walk.named) {
        if (is_this_column(found, one.column, walk)) {
            if (named != nullptr) {
                return nullptr;
            }
            named = &one;
        }
    }
    return named;
}

/// Whether rows may be asked for by a column that the planner compares. One that is equal to what
/// the client names is as good, unless it is a view's, or a join has rows in which one of them
/// lacks.
bool may_be_asked_by(const Comparison& found, const Walk& walk) {
    return walk.shape == nullptr || found.named.is_known() || !walk.shape->named.are_all ||
           !(walk.shape->named.has_outer_join || walk.shape->named.has_views);
}

/// A column whose value is another one in each run says more than one that is compared with the
/// same for many or all of them, such as a tenant; and one that an index was asked for says more
/// than one that was filtered by.
bool says_more(const Comparison& one, const Comparison& known) {
    if (!known.is_known() || one.is_changing != known.is_changing) {
        return !known.is_known() || one.is_changing > known.is_changing;
    }
    const bool is_seldom = one.times < known.times / 2;
    const bool is_often = one.times / 2 > known.times;
    if (is_often || is_seldom || one.named.is_known() != known.named.is_known()) {
        return is_often || (!is_seldom && one.named.is_known());
    }
    return one.in_index && !known.in_index;
}

/// Finds out which of the values that change are compared with the columns of one table. The
/// planner compares a column with what an equal one is compared with: one value is of one column.
void look_at_changing(Walk& walk) {
    Findings& findings = walk.findings;
    const ColumnOfTable* first = nullptr;
    std::uint32_t places = findings.is_of_list() ? walk.changing.in_lists : 0;
    bool has_several = false;
    for (std::size_t i = 0; i < walk.changing.count; ++i) {
        const Changing::Column& one = walk.changing.columns[i];
        if (one.column.table == findings.of_target.table) {
            first = first != nullptr ? first : &one.column;
            has_several |= one.column != *first;
            // Of a value that is there several times, each place is another condition's.
            const std::uint32_t left = one.places & ~places;
            places |= left & (~left + 1);
        }
    }
    const std::uint32_t changed = walk.changed->changes.changed;
    findings.has_several_changing = has_several && std::popcount(places & changed) > 1;
    findings.varies_otherwise = walk.changing.has_range || (changed & ~places) != 0;
}

/// Whether a value of a range that is not kept, such as a time, may be another one in each run.
bool may_vary(const Node* value, const Walk& walk) {
    const GivenValue given = value_of(without_relabels(value), walk.query);
    char category = '\0';
    bool is_preferred = false;
    if (!OidIsValid(given.type) || hash_of_value(given.type, given.datum) != 0) {
        return false;
    }
    get_type_category_preferred(given.type, &category, &is_preferred);
    return category == TYPCATEGORY_NUMERIC || category == TYPCATEGORY_DATETIME;
}

/// A comparison other than by equality says for each run by itself which rows are asked for.
void look_at_range(const OpExpr* operation, Walk& walk) {
    const auto arguments = each<Node>(operation->args);
    walk.changing.has_range |=
        !is_equality(operation->opno) &&
        std::any_of(arguments.begin(), arguments.end(),
                    [&walk](const Node* value) { return may_vary(value, walk); });
}

bool has_given_value(const OpExpr* operation) {
    const auto arguments = each<Node>(operation->args);
    return std::any_of(arguments.begin(), arguments.end(), is_given_value);
}

/// The value that an operation compares a column with.
const Node* compared_value(const OpExpr* operation) {
    const auto* const right = static_cast<const Node*>(lsecond(operation->args));
    return is_given_value(right) ? right : static_cast<const Node*>(linitial(operation->args));
}

/// Looks at the value that a column is compared with, and at the name of the column.
void look_at_value(Comparison& found, const Node* value, const Walk& walk) {
    const NamedColumn* const named = named_as(found, walk);
    found.named = named != nullptr ? named->named : ColumnOfTable{};
    found.value = hash_of(value, walk);
    // A column that is equal to one which is compared with a computed value is so, too.
    const bool has_computed =
        found.value == 0 || (walk.shape != nullptr && walk.shape->named.computed != 0);
    const bool is_computed = named != nullptr ? walk.shape->named.is_computed(found.named)
                                              : has_computed && is_computed_value(value);
    found.is_changing = is_computed ? -1 : is_changing(found.value, walk);
    found.times = walk.changed->times(places_of(value, found.value, walk));
}

/// Notes where in the plan the client's own conditions stand.
void look_at_place(const OpExpr* operation, const Comparison& found, Walk& walk) {
    if (!has_given_value(operation)) {
        return;
    }
    // One that the planner adds, to a side of a join that may lack, is of no account.
    const bool is_added = found.is_known() && !found.named.is_known() && walk.shape != nullptr &&
                          walk.shape->named.are_all;
    walk.findings.is_limited |= walk.is_limited;
    walk.findings.is_part |= walk.is_part && !is_added;
    look_at_range(operation, walk);
}

void take_comparison(const Comparison& found, const OpExpr* operation, Walk& walk) {
    if (found.is_changing > 0) {
        walk.changing.add(found, places_of(compared_value(operation), found.value, walk));
    }
    if (says_more(found, walk.findings.of_target)) {
        walk.findings.of_target = found;
    }
}

void look_at_comparison(const OpExpr* operation, bool in_index, const List* index_columns,
                        Walk& walk) {
    Findings& findings = walk.findings;
    const Var* const column = compared_column(operation, index_columns);
    Comparison found = comparison_of(column, walk.query->plannedstmt);
    if (found.is_known()) {
        found.in_index = in_index;
        found.conditions = walk.conditions;
        found.range = static_cast<Index>(column->varno);
        look_at_value(found, compared_value(operation), walk);
    }
    look_at_place(operation, found, walk);
    if (!found.is_known()) {
        return;
    }
    if (!findings.of_any.is_known() || (in_index && !findings.of_any.in_index)) {
        findings.of_any = found;
    }
    if ((walk.targets == nullptr || bms_is_member(column->varno, walk.targets)) &&
        may_be_asked_by(found, walk)) {
        take_comparison(found, operation, walk);
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
    if (const NamedColumn* const named = named_as(found, walk)) {
        found.named = named->named;
    }
    if (found.is_known() && may_be_asked_by(found, walk) &&
        found.is_changing >= walk.findings.of_list.is_changing &&
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
    walk.conditions =
        IsA(plan, IndexOnlyScan) ? plan->qual : list_concat_copy(of_index, plan->qual);
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

/// Whether an expression reads a column of the range in the context. Those of `excluded` are of a
/// place that is no range's.
bool reads_column_of(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    return IsA(node, Var) ? reinterpret_cast<const Var*>(node)->varno == *static_cast<int*>(context)
                          : walk_expression(node, reads_column_of, context);
}

/// Whether a value that ON CONFLICT DO UPDATE sets is computed from what was there.
bool adds_on_conflict(const ModifyTable* modification) {
    const auto values = each<TargetEntry>(modification->onConflictSet);
    return std::any_of(values.begin(), values.end(), [modification](const TargetEntry* entry) {
        int written = linitial_int(modification->resultRelations);
        return is_computed(entry) &&
               reads_column_of(reinterpret_cast<Node*>(entry->expr), &written);
    });
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
    walk.findings.adds_to_row |= adds_on_conflict(modification);
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

/// Takes what the client wrote: of conditions that a partial index has, that are asked once for all
/// rows, or that a view adds, the plan shows none or too many.
void take_shape(Findings& findings, const QueryShape& shape) {
    findings.shape = shape;
    findings.has_further_conditions =
        shape.conditions > 1 || (findings.has_further_conditions && !OidIsValid(shape.view));
    if (shape.is_composed || shape.has_having) {
        findings.is_part = true;
        findings.is_of_existence = findings.is_of_value = findings.aggregates_all = false;
    }
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

std::uint32_t ChangedValues::places_of(roundtrip::ValueHash hash) const {
    std::uint32_t places = 0;
    for (std::size_t i = 0; values != nullptr && i < values->count; ++i) {
        places |= static_cast<std::uint32_t>(values->hashes[i] == hash) << i;
    }
    return places;
}

bool ChangedValues::contains(roundtrip::ValueHash hash) const {
    return (places_of(hash) & changes.changed) != 0;
}

int ChangedValues::times(std::uint32_t places) const {
    int most = 0;
    for (std::uint32_t left = places; left != 0; left &= left - 1) {
        most = Max(most, int{changes.times[static_cast<std::size_t>(std::countr_zero(left))]});
    }
    return most;
}

Findings findings_of(const QueryDesc* query, const ChangedValues& changed,
                     const QueryShape* shape) {
    Walk walk{};
    walk.query = query;
    walk.changed = &changed;
    walk.shape = shape;
    name_columns(walk);
    walk.findings.changed = changed.changes.changed;
    walk.findings.has_changed = changed.changes.changed != 0;
    sort_subplans(walk);
    look_at_locks(query->plannedstmt, walk.findings);
    PlanState* const modification = state_of_modification(query);
    if (modification != nullptr) {
        look_at_modification(modification, walk);
    } else {
        look_at_reading(query->planstate, walk);
    }
    look_at_changing(walk);
    if (shape != nullptr) {
        take_shape(walk.findings, *shape);
    }
    return walk.findings;
}

bool does_many_at_once(const Findings& findings) {
    const bool is_single =
        findings.of_any.is_known() && (findings.of_any.in_index || !findings.has_many_in_index);
    return findings.most_values > 1 && !is_single;
}

}  // namespace onetrip::postgres
