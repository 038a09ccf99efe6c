#include "postgres/round_trip_advice.hpp"

#include "postgres/round_trip_findings.hpp"
#include "postgres/round_trip_text.hpp"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/partition.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
}

namespace onetrip::postgres {

namespace {

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

/// Of a write, what is written, and of that what is compared: one table may be there twice.
Subject subject_of(const QueryDesc* query) {
    const PlannedStmt* const statement = query->plannedstmt;
    const ModifyTable* const modification = modification_of(statement);
    const List* const targets = modification != nullptr ? modification->resultRelations : NIL;
    Subject subject{query,  findings_of(query, targets), InvalidOid, InvalidAttrNumber, nullptr,
                    nullptr};
    const Comparison& comparison = subject.findings.comparison;
    if (modification != nullptr) {
        subject.table = rt_fetch(modification->nominalRelation, statement->rtable)->relid;
    } else if (OidIsValid(comparison.table)) {
        subject.table = named_table(statement, comparison.table);
    } else if (const TablesOfStatement tables = tables_of(statement); tables.count > 0) {
        subject.table = tables.tables[0];
    }
    subject.name = OidIsValid(subject.table) ? name_of(subject.table) : nullptr;
    const char* const column = OidIsValid(comparison.table)
                                   ? get_attname(comparison.table, comparison.column, true)
                                   : nullptr;
    if (subject.name != nullptr && column != nullptr) {
        subject.column = get_attnum(subject.table, column);
        subject.compared = psprintf("%s.%s", subject.name, quote_identifier(column));
    }
    return subject;
}

/// What stands behind a condition that is not the statement's only one.
const char* further_conditions(const Subject& subject) {
    return subject.findings.has_further_conditions ? " AND ..." : "";
}

/// Whether the statement reads the subject's table, once, and no other.
bool reads_it_alone(const Subject& subject) {
    const PlannedStmt* const statement = subject.query->plannedstmt;
    int times = 0;
    for (int i = 0; i < list_length(statement->rtable); ++i) {
        const auto* const range = static_cast<RangeTblEntry*>(list_nth(statement->rtable, i));
        if (range->rtekind != RTE_RELATION || range->relkind == RELKIND_VIEW) {
            continue;
        }
        times += range->relid == subject.table ? 1 : 0;
        if (named_table(statement, range->relid) != subject.table) {
            return false;
        }
    }
    return times == 1;
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

/// Of a column that is compared: one statement for all values, or for the leader's rows.
const char* advice_to_join(const Subject& subject, bool has_leader,
                           const TablesOfStatement& leader) {
    const char* const further = further_conditions(subject);
    const char* const condition =
        has_leader ? join_condition(subject.table, subject.column, subject.compared, leader)
                   : nullptr;
    if (condition != nullptr) {
        return psprintf("join: JOIN %s ON %s; or ask once: WHERE %s = ANY($1)%s", subject.name,
                        condition, subject.compared, further);
    }
    if (has_leader) {
        return psprintf("join %s by %s to the leader; or ask once: WHERE %s = ANY($1)%s",
                        subject.name, subject.compared, subject.compared, further);
    }
    return psprintf("ask once: SELECT ... FROM %s WHERE %s = ANY($1)%s", subject.name,
                    subject.compared, further);
}

const char* advice_for_select(const Subject& subject, bool has_leader,
                              const TablesOfStatement& leader) {
    if (subject.name == nullptr) {
        return "ask once for all values";
    }
    if (subject.compared == nullptr) {
        return psprintf("ask once for all of them: join %s to unnest($1)", subject.name);
    }
    if (subject.findings.aggregates_all) {
        return psprintf("ask once for all of them: ... FROM %s WHERE %s = ANY($1)%s GROUP BY %s",
                        subject.name, subject.compared, further_conditions(subject),
                        subject.compared);
    }
    if (has_leader && is_in(subject.table, leader) && is_key(subject.table, subject.column) &&
        reads_it_alone(subject)) {
        const char* const columns = returned_columns(subject);
        return psprintf("select %s with the leader's rows at once, which are rows of %s",
                        columns != nullptr ? columns : "these columns", subject.name);
    }
    return advice_to_join(subject, has_leader, leader);
}

/// COPY neither answers nor steps aside.
const char* advice_for_insert(const Subject& subject, const ModifyTable& insert) {
    if (subject.findings.scans > 0) {
        return psprintf("one INSERT INTO %s SELECT ... for all of them", subject.name);
    }
    const bool may_be_copy =
        insert.onConflictAction == ONCONFLICT_NONE && insert.returningLists == NIL;
    return may_be_copy
               ? psprintf("one INSERT INTO %s with a row of VALUES for each, or COPY %s FROM STDIN",
                          subject.name, subject.name)
               : psprintf("one INSERT INTO %s with a row of VALUES for each", subject.name);
}

/// The column that is compared, as a list of VALUES names it.
const char* compared_column(const Subject& subject) {
    return quote_identifier(get_attname(subject.table, subject.column, false));
}

const char* advice_for_update(const Subject& subject) {
    if (subject.compared == nullptr) {
        return psprintf("one UPDATE %s SET ... FROM (VALUES ...) AS v WHERE ...", subject.name);
    }
    const char* const column = compared_column(subject);
    const char* const joined =
        psprintf("one UPDATE %s SET ... FROM (VALUES ...) AS v (%s, ...) WHERE %s = v.%s%s",
                 subject.name, column, subject.compared, column, further_conditions(subject));
    return subject.findings.has_further_conditions
               ? joined
               : psprintf("%s; or, where all get the same, WHERE %s = ANY($1)", joined,
                          subject.compared);
}

const char* advice_for_delete(const Subject& subject) {
    if (subject.compared == nullptr) {
        return psprintf("one DELETE FROM %s USING (VALUES ...) AS v WHERE ...", subject.name);
    }
    if (!subject.findings.has_further_conditions) {
        return psprintf("one DELETE FROM %s WHERE %s = ANY($1)", subject.name, subject.compared);
    }
    const char* const column = compared_column(subject);
    return psprintf("one DELETE FROM %s USING (VALUES ...) AS v (%s, ...) WHERE %s = v.%s AND ...",
                    subject.name, column, subject.compared, column);
}

const char* advice_if_same(const Subject& subject) {
    if (subject.findings.is_volatile) {
        return "ask once for all values";
    }
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

const char* advice_for_write(const Subject& subject, const ModifyTable& modification) {
    if (subject.name == nullptr) {
        return "one statement for all rows";
    }
    switch (modification.operation) {
        case CMD_INSERT:
            return advice_for_insert(subject, modification);
        case CMD_DELETE:
            return advice_for_delete(subject);
        case CMD_MERGE:
            return psprintf("one MERGE INTO %s USING (VALUES ...) AS v ON ...", subject.name);
        default:
            return advice_for_update(subject);
    }
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

void write_advice(RoundTripTexts& texts, const QueryDesc* query, bool has_leader,
                  const TablesOfStatement& leader_tables) {
    const Subject subject = subject_of(query);
    const ModifyTable* const modification = modification_of(query->plannedstmt);
    const char* const advice = modification != nullptr
                                   ? advice_for_write(subject, *modification)
                                   : advice_for_select(subject, has_leader, leader_tables);
    set_round_trip_text(texts.advice, advice, false);
    set_round_trip_text(texts.advice_if_same,
                        modification != nullptr ? advice : advice_if_same(subject), false);
}

}  // namespace onetrip::postgres
