#include "postgres/round_trip_advice.hpp"

#include "postgres/round_trip_text.hpp"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/partition.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
}

namespace onetrip::postgres {

namespace {

using roundtrip::Kind;

/// A column that is compared with a single value, and where.
struct Comparison {
    Oid table = InvalidOid;  ///< what the plan reads: maybe a partition
    AttrNumber column = InvalidAttrNumber;
    bool in_index = false;
};

/// What a plan does, as far as advice needs it.
struct Findings {
    const QueryDesc* query;
    Comparison comparison;
    bool has_many_values = false;  ///< an array, VALUES, or a function over an array
    bool has_many_in_index = false;
    bool aggregates_all = false;  ///< into one row
    int scans = 0;
};

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

/// Column = value: its table and column, if this is one. `index_columns` has what INDEX_VAR means.
Comparison comparison_of(const OpExpr* operation, const QueryDesc* query,
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
    if (column == nullptr || column->varattno <= 0 || IS_SPECIAL_VARNO(column->varno)) {
        return none;
    }
    const RangeTblEntry* const range = rt_fetch(column->varno, query->plannedstmt->rtable);
    if (range->rtekind != RTE_RELATION) {
        return none;
    }
    return {range->relid, column->varattno, index_columns != nullptr};
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
            comparison_of(reinterpret_cast<const OpExpr*>(node), findings.query, index_columns);
        found.in_index = in_index;
        if (OidIsValid(found.table)) {
            findings.comparison = found;
        }
    }
}

void look_at_function(const FunctionScan* scan, Findings& findings) {
    for (int i = 0; i < list_length(scan->functions); ++i) {
        const auto* const function = static_cast<RangeTblFunction*>(list_nth(scan->functions, i));
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

/// The conditions of an index come first: see look_at_conditions.
void look_at_scan(const Plan* plan, Findings& findings) {
    ++findings.scans;
    switch (nodeTag(plan)) {
        case T_IndexScan:
            look_at_conditions(reinterpret_cast<const IndexScan*>(plan)->indexqualorig, true, NIL,
                               findings);
            break;
        case T_IndexOnlyScan: {
            const auto* const scan = reinterpret_cast<const IndexOnlyScan*>(plan);
            look_at_conditions(scan->indexqual, true, scan->indextlist, findings);
            break;
        }
        case T_BitmapHeapScan:
            look_at_conditions(reinterpret_cast<const BitmapHeapScan*>(plan)->bitmapqualorig, true,
                               NIL, findings);
            break;
        case T_FunctionScan:
            look_at_function(reinterpret_cast<const FunctionScan*>(plan), findings);
            break;
        case T_ValuesScan:
            findings.has_many_values |=
                list_length(reinterpret_cast<const ValuesScan*>(plan)->values_lists) > 1;
            break;
        default:
            break;
    }
    look_at_conditions(plan->qual, false, NIL, findings);
}

void look_at(const Plan* plan, Findings& findings) {
    if (plan == nullptr) {
        return;
    }
    switch (nodeTag(plan)) {
        case T_SeqScan:
        case T_SampleScan:
        case T_IndexScan:
        case T_IndexOnlyScan:
        case T_BitmapHeapScan:
        case T_FunctionScan:
        case T_ValuesScan:
        case T_ForeignScan:
            look_at_scan(plan, findings);
            break;
        case T_Append:
            look_at_all(reinterpret_cast<const Append*>(plan)->appendplans, findings);
            break;
        case T_MergeAppend:
            look_at_all(reinterpret_cast<const MergeAppend*>(plan)->mergeplans, findings);
            break;
        case T_SubqueryScan:
            look_at(reinterpret_cast<const SubqueryScan*>(plan)->subplan, findings);
            break;
        case T_Agg:
            findings.aggregates_all |= reinterpret_cast<const Agg*>(plan)->numCols == 0;
            break;
        default:
            break;
    }
    look_at(plan->lefttree, findings);
    look_at(plan->righttree, findings);
}

Findings findings_of(const QueryDesc* query) {
    Findings findings{query, {}};
    look_at(query->plannedstmt->planTree, findings);
    if (findings.scans == 0) {
        // min(), max() and EXISTS read their table in a plan of their own.
        findings.aggregates_all |=
            IsA(query->plannedstmt->planTree, Result) && query->plannedstmt->subplans != NIL;
        look_at_all(query->plannedstmt->subplans, findings);
    }
    return findings;
}

// ---- catalogs -----------------------------------------------------------------------------------

bool reads(const PlannedStmt* statement, Oid table) {
    for (int i = 0; i < list_length(statement->rtable); ++i) {
        const auto* const range = static_cast<RangeTblEntry*>(list_nth(statement->rtable, i));
        if (range->rtekind == RTE_RELATION && range->relid == table) {
            return true;
        }
    }
    return false;
}

/// The table that the client named: of a partition, the first ancestor in the statement.
Oid named_table(const PlannedStmt* statement, Oid table) {
    if (!OidIsValid(table) || !get_rel_relispartition(table)) {
        return table;
    }
    const List* const ancestors = get_partition_ancestors(table);
    for (int i = list_length(ancestors) - 1; i >= 0; --i) {
        if (reads(statement, list_nth_oid(ancestors, i))) {
            return list_nth_oid(ancestors, i);
        }
    }
    return table;
}

/// As it has to be written here and now; nullptr where it has been dropped.
const char* name_of(Oid table) {
    const char* const name = get_rel_name(table);
    if (name == nullptr) {
        return nullptr;
    }
    const char* const schema =
        RelationIsVisible(table) ? nullptr : get_namespace_name(get_rel_namespace(table));
    return quote_qualified_identifier(schema, name);
}

const char* column_name(Oid table, AttrNumber column) {
    const char* const name = get_attname(table, column, true);
    return name == nullptr ? nullptr : quote_identifier(name);
}

bool is_in(Oid table, const TablesOfStatement& tables) {
    for (int i = 0; i < tables.count; ++i) {
        if (tables.tables[i] == table) {
            return true;
        }
    }
    return false;
}

/// Whether a unique index has this column alone.
bool is_key(Oid table, AttrNumber column) {
    // The statement that has just run holds a lock.
    const Relation relation = table_open(table, NoLock);
    const List* const indexes = RelationGetIndexList(relation);
    bool found = false;
    for (int i = 0; i < list_length(indexes) && !found; ++i) {
        const HeapTuple tuple =
            SearchSysCache1(INDEXRELID, ObjectIdGetDatum(list_nth_oid(indexes, i)));
        if (HeapTupleIsValid(tuple)) {
            const auto* const index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
            found =
                index->indisunique && index->indnkeyatts == 1 && index->indkey.values[0] == column;
            ReleaseSysCache(tuple);
        }
    }
    table_close(relation, NoLock);
    return found;
}

/// The only column of a foreign key, by the attribute of pg_constraint that lists its columns.
AttrNumber single_column(HeapTuple tuple, int attribute, TupleDesc descriptor) {
    bool is_null = false;
    const Datum datum = heap_getattr(tuple, attribute, descriptor, &is_null);
    if (is_null) {
        return InvalidAttrNumber;
    }
    const ArrayType* const columns = DatumGetArrayTypeP(datum);
    if (ArrayGetNItems(ARR_NDIM(columns), ARR_DIMS(columns)) != 1) {
        return InvalidAttrNumber;
    }
    return *reinterpret_cast<const std::int16_t*>(ARR_DATA_PTR(columns));
}

/// A foreign key of one column between two tables.
struct ForeignKey {
    AttrNumber referencing = InvalidAttrNumber;
    AttrNumber referenced = InvalidAttrNumber;
};

/// A foreign key from one table to another in which the given column takes part, at its end or at
/// the other's.
ForeignKey foreign_key(Oid from, Oid to, AttrNumber referencing, AttrNumber referenced) {
    ForeignKey found;
    const Relation constraints = table_open(ConstraintRelationId, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(from));
    const SysScanDesc scan =
        systable_beginscan(constraints, ConstraintRelidTypidNameIndexId, true, nullptr, 1, &key);
    while (const HeapTuple tuple = systable_getnext(scan)) {
        const auto* const constraint = reinterpret_cast<Form_pg_constraint>(GETSTRUCT(tuple));
        if (constraint->contype != CONSTRAINT_FOREIGN || constraint->confrelid != to) {
            continue;
        }
        const TupleDesc descriptor = RelationGetDescr(constraints);
        const ForeignKey candidate = {single_column(tuple, Anum_pg_constraint_conkey, descriptor),
                                      single_column(tuple, Anum_pg_constraint_confkey, descriptor)};
        if (candidate.referencing != InvalidAttrNumber &&
            (candidate.referencing == referencing || candidate.referenced == referenced)) {
            found = candidate;
            break;
        }
    }
    systable_endscan(scan);
    table_close(constraints, AccessShareLock);
    return found;
}

/// `messages.campagne_id_fk = campagnes.id`, where a foreign key says how the leader's rows and
/// those of the table belong together; else nullptr.
const char* join_condition(Oid table, AttrNumber column, const char* compared,
                           const TablesOfStatement& leader) {
    for (int i = 0; i < leader.count; ++i) {
        const Oid other = leader.tables[i];
        AttrNumber others = foreign_key(table, other, column, InvalidAttrNumber).referenced;
        if (others == InvalidAttrNumber) {
            others = foreign_key(other, table, InvalidAttrNumber, column).referencing;
        }
        const char* const name = others == InvalidAttrNumber ? nullptr : name_of(other);
        const char* const attribute =
            others == InvalidAttrNumber ? nullptr : column_name(other, others);
        if (name != nullptr && attribute != nullptr) {
            return psprintf("%s = %s.%s", compared, name, attribute);
        }
    }
    return nullptr;
}

// ---- words --------------------------------------------------------------------------------------

/// What is known of the statement in the loop, in words that may be written.
struct Subject {
    const QueryDesc* query;
    Findings findings;
    Oid table;             ///< that is read or written; InvalidOid where there is none
    AttrNumber column;     ///< that is compared, of the table
    const char* name;      ///< of the table; nullptr where there is none
    const char* compared;  ///< table.column; nullptr where none is compared
};

Oid written_table(const PlannedStmt* statement) {
    if (statement->resultRelations == NIL) {
        return InvalidOid;
    }
    const Plan* const plan = statement->planTree;
    const int range =
        IsA(plan, ModifyTable)
            ? static_cast<int>(reinterpret_cast<const ModifyTable*>(plan)->nominalRelation)
            : linitial_int(statement->resultRelations);
    return rt_fetch(range, statement->rtable)->relid;
}

Subject subject_of(const QueryDesc* query) {
    Subject subject{query, findings_of(query), InvalidOid, InvalidAttrNumber, nullptr, nullptr};
    const Comparison& comparison = subject.findings.comparison;
    const char* column = nullptr;
    subject.table = named_table(query->plannedstmt, comparison.table);
    if (OidIsValid(subject.table)) {
        column = get_attname(comparison.table, comparison.column, true);
        subject.column =
            column == nullptr ? AttrNumber{InvalidAttrNumber} : get_attnum(subject.table, column);
    } else {
        const TablesOfStatement tables = tables_of(query->plannedstmt);
        subject.table = query->operation == CMD_SELECT
                            ? (tables.count > 0 ? tables.tables[0] : InvalidOid)
                            : written_table(query->plannedstmt);
    }
    subject.name = OidIsValid(subject.table) ? name_of(subject.table) : nullptr;
    if (subject.name != nullptr && column != nullptr) {
        subject.compared = psprintf("%s.%s", subject.name, quote_identifier(column));
    }
    return subject;
}

/// The names of the table's columns that the statement returns, without the one that is compared;
/// nullptr where they are too many to name, or not all of the table.
const char* returned_columns(const Subject& subject) {
    constexpr int most = 4;
    const List* const entries = subject.query->plannedstmt->planTree->targetlist;
    StringInfoData list;
    initStringInfo(&list);
    int count = 0;
    for (int i = 0; i < list_length(entries); ++i) {
        const auto* const entry = static_cast<TargetEntry*>(list_nth(entries, i));
        if (entry->resjunk ||
            (entry->resorigtbl == subject.table && entry->resorigcol == subject.column)) {
            continue;
        }
        const char* const name = entry->resorigtbl == subject.table
                                     ? column_name(subject.table, entry->resorigcol)
                                     : nullptr;
        if (name == nullptr || ++count > most) {
            return nullptr;
        }
        appendStringInfo(&list, "%s%s.%s", count == 1 ? "" : ", ", subject.name, name);
    }
    return count == 0 ? nullptr : list.data;
}

const char* advice_for_select(const Subject& subject, bool has_leader,
                              const TablesOfStatement& leader) {
    if (subject.compared == nullptr) {
        return subject.name == nullptr
                   ? "ask once for all values"
                   : psprintf("ask once for all of them: join %s, or compare with = ANY($1)",
                              subject.name);
    }
    if (subject.findings.aggregates_all) {
        return psprintf("ask once for all of them: ... FROM %s WHERE %s = ANY($1) GROUP BY %s",
                        subject.name, subject.compared, subject.compared);
    }
    if (has_leader && is_in(subject.table, leader) && is_key(subject.table, subject.column)) {
        const char* const columns = returned_columns(subject);
        return psprintf("select %s with the leader's rows at once, which are rows of %s",
                        columns != nullptr ? columns : "these columns", subject.name);
    }
    const char* const condition =
        has_leader ? join_condition(subject.table, subject.column, subject.compared, leader)
                   : nullptr;
    if (condition != nullptr) {
        return psprintf("join: JOIN %s ON %s; or ask once: WHERE %s = ANY($1)", subject.name,
                        condition, subject.compared);
    }
    return psprintf(has_leader ? "join %s by %s to the leader; or ask once: WHERE %s = ANY($1)"
                               : "ask once: SELECT ... FROM %s WHERE %s = ANY($1)",
                    subject.name, subject.compared, subject.compared);
}

const char* advice_for_insert(const Subject& subject) {
    const char* const name = subject.name != nullptr ? subject.name : "the table";
    return psprintf("one INSERT INTO %s with a row of VALUES for each, or COPY %s FROM STDIN", name,
                    name);
}

const char* advice_for_update(const Subject& subject) {
    const char* const name = subject.name != nullptr ? subject.name : "the table";
    if (subject.compared == nullptr) {
        return psprintf("one UPDATE %s SET ... FROM (VALUES ...) AS v", name);
    }
    const char* const column = quote_identifier(get_attname(subject.table, subject.column, false));
    return psprintf(
        "one UPDATE %s SET ... FROM (VALUES ...) AS v (%s, ...) WHERE %s = v.%s; or, where "
        "all get the same, WHERE %s = ANY($1)",
        name, column, subject.compared, column, subject.compared);
}

const char* advice_for_delete(const Subject& subject) {
    const char* const name = subject.name != nullptr ? subject.name : "the table";
    return subject.compared == nullptr
               ? psprintf("one DELETE FROM %s USING (VALUES ...) AS v", name)
               : psprintf("one DELETE FROM %s WHERE %s = ANY($1)", name, subject.compared);
}

const char* advice_if_same(const Subject& subject) {
    if (subject.compared != nullptr) {
        return psprintf(
            "ask once and keep the result: %s is compared with the same value each time",
            subject.compared);
    }
    return subject.name == nullptr
               ? "ask once and keep the result: it is the same statement each time"
               : psprintf("ask once and keep the result of %s: it is the same statement each time",
                          subject.name);
}

const char* advice_for(Kind kind, const Subject& subject, bool has_leader,
                       const TablesOfStatement& leader) {
    switch (kind) {
        case Kind::select:
            return advice_for_select(subject, has_leader, leader);
        case Kind::insert:
            return advice_for_insert(subject);
        case Kind::update:
            return advice_for_update(subject);
        case Kind::remove:
            return advice_for_delete(subject);
    }
    return "";
}

}  // namespace

TablesOfStatement tables_of(const PlannedStmt* statement) {
    TablesOfStatement tables{};
    for (int i = 0; i < list_length(statement->rtable) && tables.count < TablesOfStatement::most;
         ++i) {
        const auto* const range = static_cast<RangeTblEntry*>(list_nth(statement->rtable, i));
        if (range->rtekind == RTE_RELATION && range->relkind != RELKIND_VIEW &&
            !is_in(range->relid, tables)) {
            tables.tables[tables.count++] = range->relid;
        }
    }
    return tables;
}

bool does_many_at_once(const QueryDesc* query) {
    const Findings findings = findings_of(query);
    const Comparison& comparison = findings.comparison;
    const bool is_single =
        OidIsValid(comparison.table) && (comparison.in_index || !findings.has_many_in_index);
    return findings.has_many_values && !is_single;
}

void write_advice(RoundTripTexts& texts, const QueryDesc* query, bool has_leader,
                  const TablesOfStatement& leader_tables) {
    const Subject subject = subject_of(query);
    const auto write = [](RoundTripText& to, const char* advice) {
        set_round_trip_text(to, advice, false);
    };
    write(texts.advice, advice_for(texts.key.kind, subject, has_leader, leader_tables));
    write(texts.advice_if_same,
          texts.key.kind == Kind::select ? advice_if_same(subject) : texts.advice);
}

}  // namespace onetrip::postgres
