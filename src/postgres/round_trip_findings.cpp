#include "postgres/round_trip_findings.hpp"

extern "C" {
#include "nodes/params.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/array.h"
}

namespace onetrip::postgres {

namespace {

// ---- values -------------------------------------------------------------------------------------

/// Whether the expression is one value for the whole statement, given by the client.
bool is_given(const Node* node) {
    switch (nodeTag(node)) {
        case T_Const:
            return true;
        case T_Param:
            return reinterpret_cast<const Param*>(node)->paramkind == PARAM_EXTERN;
        case T_RelabelType:
            return is_given(
                reinterpret_cast<Node*>(reinterpret_cast<const RelabelType*>(node)->arg));
        case T_CoerceViaIO:
            return is_given(
                reinterpret_cast<Node*>(reinterpret_cast<const CoerceViaIO*>(node)->arg));
        case T_FuncExpr: {
            const List* const arguments = reinterpret_cast<const FuncExpr*>(node)->args;
            for (int i = 0; i < list_length(arguments); ++i) {
                if (!is_given(static_cast<Node*>(list_nth(arguments, i)))) {
                    return false;
                }
            }
            return arguments != NIL;
        }
        default:
            return false;
    }
}

/// How many elements a given array has; 0 where it is none, or none that can be looked at.
int elements_of(const Node* node, const QueryDesc* query) {
    Datum datum = 0;
    Oid type = InvalidOid;
    if (IsA(node, Const)) {
        const auto* const constant = reinterpret_cast<const Const*>(node);
        if (constant->constisnull) {
            return 0;
        }
        datum = constant->constvalue;
        type = constant->consttype;
    } else if (IsA(node, Param)) {
        const auto* const param = reinterpret_cast<const Param*>(node);
        const ParamListInfo parameters = query->params;
        if (param->paramkind != PARAM_EXTERN || parameters == nullptr ||
            parameters->paramFetch != nullptr || param->paramid > parameters->numParams ||
            parameters->params[param->paramid - 1].isnull) {
            return 0;
        }
        datum = parameters->params[param->paramid - 1].value;
        type = param->paramtype;
    } else if (IsA(node, ArrayExpr)) {
        return list_length(reinterpret_cast<const ArrayExpr*>(node)->elements);
    }
    if (!OidIsValid(type) || !OidIsValid(get_element_type(type))) {
        return 0;
    }
    const ArrayType* const array = DatumGetArrayTypeP(datum);
    return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

// ---- plans --------------------------------------------------------------------------------------

const Var* column_of(const Node* node) {
    while (IsA(node, RelabelType)) {
        node = reinterpret_cast<const Node*>(reinterpret_cast<const RelabelType*>(node)->arg);
    }
    return IsA(node, Var) ? reinterpret_cast<const Var*>(node) : nullptr;
}

/// Column = value: its table and column, if this is one that counts. `index_columns` has what
/// INDEX_VAR means.
Comparison comparison_of(const OpExpr* operation, const Findings& findings,
                         const List* index_columns) {
    Comparison none;
    if (list_length(operation->args) != 2) {
        return none;
    }
    const auto* left = static_cast<const Node*>(linitial(operation->args));
    const auto* right = static_cast<const Node*>(lsecond(operation->args));
    if (column_of(left) == nullptr) {
        std::swap(left, right);
    }
    const Var* column = column_of(left);
    if (column == nullptr || !is_given(right)) {
        return none;
    }
    const char* const name = get_opname(operation->opno);
    if (name == nullptr || std::strcmp(name, "=") != 0) {
        return none;
    }
    if (column->varno == INDEX_VAR && column->varattno <= list_length(index_columns)) {
        const auto* const entry =
            static_cast<TargetEntry*>(list_nth(index_columns, column->varattno - 1));
        column = column_of(reinterpret_cast<Node*>(entry->expr));
    }
    if (column == nullptr || column->varattno <= 0 || IS_SPECIAL_VARNO(column->varno) ||
        (findings.targets != NIL && !list_member_int(findings.targets, column->varno))) {
        return none;
    }
    const RangeTblEntry* const range = rt_fetch(column->varno, findings.query->plannedstmt->rtable);
    if (range->rtekind != RTE_RELATION) {
        return none;
    }
    return {range->relid, column->varattno};
}

void look_at_conditions(const List* conditions, bool in_index, const List* index_columns,
                        Findings& findings) {
    for (int i = 0; i < list_length(conditions); ++i) {
        const auto* const node = static_cast<const Node*>(list_nth(conditions, i));
        if (IsA(node, ScalarArrayOpExpr)) {
            const auto* const operation = reinterpret_cast<const ScalarArrayOpExpr*>(node);
            const auto* const array = static_cast<const Node*>(lsecond(operation->args));
            const bool is_many = elements_of(array, findings.query) > 1;
            findings.has_many_values |= is_many;
            findings.has_many_in_index |= is_many && in_index;
        }
        // A column that an index was asked for says more than one that was filtered by.
        const Comparison& known = findings.comparison;
        if (!IsA(node, OpExpr) || (OidIsValid(known.table) && (known.in_index || !in_index))) {
            continue;
        }
        Comparison found =
            comparison_of(reinterpret_cast<const OpExpr*>(node), findings, index_columns);
        found.in_index = in_index;
        if (OidIsValid(found.table)) {
            findings.comparison = found;
        }
    }
}

void look_at_function(const FunctionScan* scan, Findings& findings) {
    for (int i = 0; i < list_length(scan->functions); ++i) {
        const auto* const function = static_cast<RangeTblFunction*>(list_nth(scan->functions, i));
        findings.is_volatile |= contain_volatile_functions(function->funcexpr);
        if (!IsA(function->funcexpr, FuncExpr)) {
            continue;
        }
        const List* const arguments = reinterpret_cast<FuncExpr*>(function->funcexpr)->args;
        for (int j = 0; j < list_length(arguments); ++j) {
            const auto* const argument = static_cast<const Node*>(list_nth(arguments, j));
            findings.has_many_values |= elements_of(argument, findings.query) > 1;
        }
    }
}

void look_at(const Plan* plan, Findings& findings);

void look_at_all(const List* plans, Findings& findings) {
    for (int i = 0; i < list_length(plans); ++i) {
        look_at(static_cast<Plan*>(list_nth(plans, i)), findings);
    }
}

/// What an index is asked for, of which the scan has nothing in its qual; NIL where none is.
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

/// The conditions of an index come first: see look_at_conditions.
void look_at_scan(const Plan* plan, Findings& findings) {
    ++findings.scans;
    if (IsA(plan, FunctionScan)) {
        look_at_function(reinterpret_cast<const FunctionScan*>(plan), findings);
    } else if (IsA(plan, ValuesScan)) {
        findings.has_many_values |=
            list_length(reinterpret_cast<const ValuesScan*>(plan)->values_lists) > 1;
    }
    const List* const index_columns =
        IsA(plan, IndexOnlyScan) ? reinterpret_cast<const IndexOnlyScan*>(plan)->indextlist : NIL;
    const List* const of_index = conditions_of_index(plan);
    look_at_conditions(of_index, true, index_columns, findings);
    look_at_conditions(plan->qual, false, NIL, findings);
    findings.has_further_conditions |= list_length(of_index) + list_length(plan->qual) > 1;
}

/// Whether a plan reads what its conditions are for by itself.
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

void look_at(const Plan* plan, Findings& findings) {
    if (plan == nullptr) {
        return;
    }
    findings.is_volatile |= contain_volatile_functions(reinterpret_cast<Node*>(plan->targetlist)) ||
                            contain_volatile_functions(reinterpret_cast<Node*>(plan->qual));
    if (is_scan(plan)) {
        look_at_scan(plan, findings);
    } else if (IsA(plan, Append)) {
        look_at_all(reinterpret_cast<const Append*>(plan)->appendplans, findings);
    } else if (IsA(plan, MergeAppend)) {
        look_at_all(reinterpret_cast<const MergeAppend*>(plan)->mergeplans, findings);
    } else if (IsA(plan, SubqueryScan)) {
        look_at(reinterpret_cast<const SubqueryScan*>(plan)->subplan, findings);
    } else if (IsA(plan, Agg)) {
        findings.aggregates_all |= reinterpret_cast<const Agg*>(plan)->numCols == 0;
    }
    findings.has_further_conditions |=
        IsA(plan, NestLoop) || IsA(plan, MergeJoin) || IsA(plan, HashJoin);
    look_at(plan->lefttree, findings);
    look_at(plan->righttree, findings);
}

}  // namespace

const ModifyTable* modification_of(const PlannedStmt* statement) {
    if (IsA(statement->planTree, ModifyTable)) {
        return reinterpret_cast<const ModifyTable*>(statement->planTree);
    }
    if (statement->hasModifyingCTE) {
        for (int i = 0; i < list_length(statement->subplans); ++i) {
            const auto* const plan = static_cast<const Node*>(list_nth(statement->subplans, i));
            if (plan != nullptr && IsA(plan, ModifyTable)) {
                return reinterpret_cast<const ModifyTable*>(plan);
            }
        }
    }
    return nullptr;
}

Findings findings_of(const QueryDesc* query, const List* targets) {
    Findings findings{query, targets, {}};
    const ModifyTable* const modification = modification_of(query->plannedstmt);
    if (modification != nullptr) {
        look_at(modification->plan.lefttree, findings);
        return findings;
    }
    look_at(query->plannedstmt->planTree, findings);
    if (findings.scans == 0) {
        // min(), max() and EXISTS read their table in a plan of their own.
        findings.aggregates_all |=
            IsA(query->plannedstmt->planTree, Result) && query->plannedstmt->subplans != NIL;
        look_at_all(query->plannedstmt->subplans, findings);
    }
    return findings;
}

bool does_many_at_once(const QueryDesc* query) {
    const Findings findings = findings_of(query, NIL);
    const Comparison& comparison = findings.comparison;
    const bool is_single =
        OidIsValid(comparison.table) && (comparison.in_index || !findings.has_many_in_index);
    return findings.has_many_values && !is_single;
}

}  // namespace onetrip::postgres
