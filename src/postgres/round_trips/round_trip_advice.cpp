// Writes in one line what to write instead of a loop: lists of rules, tried in order.
//
// A rule is a function that returns what it says, or nullptr if it does not apply; the last one of
// a list always applies. The rules see a Subject, in words that may be written: they look at
// neither plans (round_trip_findings.cpp) nor catalogs (round_trip_catalog.cpp) themselves.

#include "postgres/round_trips/round_trip_advice.hpp"

#include <algorithm>
#include <span>

#include "postgres/round_trips/missing_index.hpp"
#include "postgres/round_trips/round_trip_text.hpp"
#include "postgres/server/list_range.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "parser/parsetree.h"
}

namespace onetrip::postgres {

namespace {

// ---- what is spoken of --------------------------------------------------------------------------

/// A column of the leader that a foreign key binds to the one that is compared.
struct Binding {
    Oid table = InvalidOid;        ///< InvalidOid if none exists
    const char* column = nullptr;  ///< table.column; nullptr if none exists
    int place = -1;  ///< among the leader's columns; -1 if it is not known which held the values
    bool refers = false;  ///< it refers to the one that is compared, in all rows
};

/// The statement in the loop, in words that may be written.
struct Subject {
    const PlannedStmt* statement;
    const Findings* findings;
    LeaderOfLoop leader;
    CmdType operation;      ///< of its modification; CMD_SELECT if it only reads
    Oid table;              ///< that is read or written, or the view; else InvalidOid
    AttrNumber column;      ///< that is compared, of the table
    const char* name;       ///< of the table; nullptr if none exists
    const char* compared;   ///< table.column; nullptr if none is compared
    Binding binding;        ///< of the leader's column
    const char* joined;     ///< that column, if a join can be written into the leader
    const char* further;    ///< what follows a condition that is not the statement's only one
    const char* among_all;  ///< the condition for the values of all runs, with those that follow
};

Oid table_of(const PlannedStmt* statement, const Findings& findings) {
    if (findings.shape.is_of_function) {
        return InvalidOid;
    }
    if (OidIsValid(findings.shape.view)) {
        return findings.shape.view;
    }
    if (OidIsValid(findings.shape.written)) {
        return findings.shape.written;
    }
    if (findings.modification != nullptr) {
        return rt_fetch(findings.modification->nominalRelation, statement->rtable)->relid;
    }
    if (const Oid written = written_table(statement); OidIsValid(written)) {
        return written;
    }
    if (findings.comparison().named.is_known()) {
        return findings.comparison().named.table;
    }
    // The plan's tables may be those of a view.
    if (findings.shape.named.has_views) {
        return InvalidOid;
    }
    if (findings.comparison().is_known()) {
        return named_table(statement, findings.comparison().table);
    }
    const TablesOfStatement tables =
        findings.shape.named.has_outer_join ? TablesOfStatement{} : tables_of(statement);
    return tables.count > 0 ? tables.tables[0] : InvalidOid;
}

/// A node of another extension may stand for the one that inserts, updates or deletes (Citus puts
/// a CustomScan there): the statement's own command says that it writes all the same.
CmdType operation_of(const PlannedStmt* statement, const Findings& findings) {
    return findings.modification != nullptr ? findings.modification->operation
                                            : statement->commandType;
}

/// The column that is compared; InvalidAttrNumber if it is another table's. If another extension's
/// node hides the one that writes, the column may be of any table.
AttrNumber compared_column(const Subject& subject) {
    const Comparison& comparison = subject.findings->comparison();
    if (!comparison.is_known()) {
        return InvalidAttrNumber;
    }
    if (comparison.named.table == subject.table) {
        return comparison.named.column;
    }
    // A partition may have the table's columns in another order.
    const char* const name = named_table(subject.statement, comparison.table) == subject.table
                                 ? get_attname(comparison.table, comparison.column, true)
                                 : nullptr;
    return name == nullptr ? AttrNumber{InvalidAttrNumber} : get_attnum(subject.table, name);
}

/// The columns that are left, as bits, if several held the values, which are mostly small numbers:
/// a key is asked for by a column that refers to it, and such a column by the key.
std::uint8_t likely_columns(const LeaderOfLoop& leader, const Comparison& compared) {
    const ColumnsOfLeader& columns = leader.columns;
    const bool is_clear = columns.result == nullptr || (columns.found & (columns.found - 1)) == 0;
    if (is_clear || columns.is_handed_on || !compared.is_known() ||
        leader.tables.contains(compared.table)) {
        return columns.found;
    }
    const bool asks_for_key = is_key(compared.table, compared.column);
    std::uint8_t likely = 0;
    for (int i = 0; i < columns.result->count; ++i) {
        const ColumnOfTable& origin = columns.result->origins[i];
        const bool is_likely =
            columns.has(i) && is_key(origin.table, origin.column) != asks_for_key;
        likely |= static_cast<std::uint8_t>((is_likely ? 1U : 0U) << i);
    }
    return likely != 0 ? likely : columns.found;
}

const char* qualified_name_of(const ColumnOfTable& column) {
    return column.is_known() ? qualified_name(column.table, column.column) : nullptr;
}

/// Whether the client names a view, not the table of the column that the plan compares.
bool is_of_view(const Subject& subject) {
    return get_rel_relkind(subject.table) == RELKIND_VIEW;
}

/// Looks for a foreign key between the column that is compared and one of the leader's that held
/// the values. If these are not known, any of the leader's tables may have it.
Binding binding_of(const Subject& subject) {
    const ColumnsOfLeader& columns = subject.leader.columns;
    if (subject.compared == nullptr || !subject.leader.exists || columns.is_handed_on) {
        return {};
    }
    // A view has no foreign keys, but its tables have.
    const Comparison& comparison = subject.findings->comparison();
    const ColumnOfTable compared = is_of_view(subject)
                                       ? ColumnOfTable{comparison.table, comparison.column}
                                       : ColumnOfTable{subject.table, subject.column};
    if (columns.result == nullptr || columns.found == 0) {
        const ColumnOfTable bound =
            column_bound_to(compared.table, compared.column, subject.leader.tables);
        return {bound.table, qualified_name_of(bound)};
    }
    for (int i = 0; i < columns.result->count; ++i) {
        const ColumnOfTable& origin = columns.result->origins[i];
        if (!columns.has(i) || !origin.is_known()) {
            continue;
        }
        const Reference of_leader =
            reference_to(origin.table, origin.column, compared.table, compared.column);
        if (of_leader.exists ||
            reference_to(compared.table, compared.column, origin.table, origin.column).exists) {
            return {origin.table, qualified_name_of(origin), i, of_leader.is_valid};
        }
    }
    return {};
}

/// Whether a join can be written into the leader: its rows are those of its tables, their number
/// does not change what it returns of them, and no table would be there twice under one name.
bool can_join_leader(const Subject& subject) {
    const LeaderOfLoop& leader = subject.leader;
    return leader.shape.is_plain && !leader.tables.contains(subject.table) &&
           !reads(subject.statement, subject.binding.table) &&
           (!leader.shape.is_limited || is_key(subject.table, subject.column));
}

/// The condition for a list of values. An array of arrays is one array.
const char* any_of(const Subject& subject) {
    const bool is_array = OidIsValid(get_element_type(get_atttype(subject.table, subject.column)));
    return psprintf("%s %s", subject.compared, is_array ? "IN (VALUES ...)" : "= ANY($1)");
}

/// The values of several columns belong together: by a list for each, rows of others would be among
/// them. No list has a value for each of the other conditions too.
const char* among_all(const Subject& subject) {
    const Findings& findings = *subject.findings;
    if (subject.compared == nullptr || findings.varies_otherwise) {
        return nullptr;
    }
    const bool has_others = findings.shape.conditions > 2;
    return findings.has_several_changing && !findings.is_of_list()
               ? psprintf("(%s, ...) IN (VALUES ...)%s", subject.compared,
                          has_others ? subject.further : "")
               : psprintf("%s%s", any_of(subject), subject.further);
}

/// The subject of a statement. If that writes, the subject is the table that is written, and the
/// column of it that is compared: one table may be there twice.
Subject subject_of(const PlannedStmt* statement, const Findings& findings,
                   const LeaderOfLoop& leader) {
    Subject subject{};
    subject.statement = statement;
    subject.findings = &findings;
    subject.leader = leader;
    subject.operation = operation_of(statement, findings);
    subject.table = table_of(statement, findings);
    subject.name = OidIsValid(subject.table) ? name_of_table(subject.table) : nullptr;
    // A column that is compared with the same value in each run is not one to ask all of them by.
    if (subject.name != nullptr && !findings.is_same_each_time()) {
        subject.column = compared_column(subject);
        subject.compared = subject.column == InvalidAttrNumber
                               ? nullptr
                               : qualified_name(subject.table, subject.column);
    }
    subject.binding = binding_of(subject);
    if (subject.binding.place >= 0) {
        subject.leader.columns.found = static_cast<std::uint8_t>(1U << subject.binding.place);
    } else if (subject.binding.column == nullptr) {
        subject.leader.columns.found = likely_columns(leader, findings.comparison());
    }
    subject.joined = can_join_leader(subject) ? subject.binding.column : nullptr;
    subject.further = findings.has_further_conditions ? " AND ..." : "";
    subject.among_all = among_all(subject);
    return subject;
}

/// The column that is compared, as a list of VALUES names it.
const char* name_in_values(const Subject& subject) {
    return quote_identifier(get_attname(subject.table, subject.column, false));
}

/// The name of a list of VALUES next to the table.
const char* name_of_values(const Subject& subject) {
    return std::strcmp(subject.name, "v") == 0 ? "given" : "v";
}

/// The names of the table's columns that the statement returns, without the one that is compared;
/// nullptr if they are too many to name, or not all of the table.
const char* returned_columns(const Subject& subject) {
    constexpr int most = 4;
    StringInfoData list;
    initStringInfo(&list);
    int count = 0;
    for (const TargetEntry* entry : each<TargetEntry>(subject.statement->planTree->targetlist)) {
        const bool is_of_table = entry->resorigtbl == subject.table;
        if (entry->resjunk || (is_of_table && entry->resorigcol == subject.column)) {
            continue;
        }
        const char* const name =
            is_of_table ? name_of_column(subject.table, entry->resorigcol) : nullptr;
        if (name == nullptr || ++count > most) {
            return nullptr;
        }
        appendStringInfo(&list, "%s%s.%s", count == 1 ? "" : ", ", subject.name, name);
    }
    return count == 0 ? nullptr : list.data;
}

// ---- rules for reads ----------------------------------------------------------------------------

using Rule = const char* (*)(const Subject& subject);

const char* read_of_list(const char* list) {
    return psprintf(
        "read %s in larger pages (LIMIT), or by a cursor: DECLARE c CURSOR FOR ...; "
        "FETCH 1000 FROM c",
        list);
}

/// Whether the leader's column that held the values is the one that is compared.
bool is_same_column(const Subject& subject) {
    const ColumnOfTable origin = subject.leader.origin();
    return origin.is_known() && origin == ColumnOfTable{subject.table, subject.column};
}

/// A sequence gives as many numbers as are asked for.
const char* read_of_sequence(const Subject& subject) {
    const Oid sequence = subject.findings->sequence;
    const char* const name = OidIsValid(sequence) ? name_of_table(sequence) : nullptr;
    return name != nullptr ? psprintf(
                                 "take a block of numbers at once: SELECT nextval(%s) FROM "
                                 "generate_series(1, $1)",
                                 quote_literal_cstr(name))
                           : nullptr;
}

/// A statement that skips locked rows asks a queue for work.
const char* read_of_queue(const Subject& subject) {
    return subject.findings->skips_locked && subject.name != nullptr
               ? psprintf(
                     "it polls %s: take several rows at once (LIMIT n ... SKIP LOCKED), and wait "
                     "for NOTIFY if there are none",
                     subject.name)
               : nullptr;
}

const char* read_without_table(const Subject& subject) {
    return subject.name == nullptr ? "ask once for all values" : nullptr;
}

/// The leader's row says that there is such a value: it is the same column, or refers to it.
bool is_known_to_exist(const Subject& subject) {
    return subject.binding.refers || (subject.leader.shape.is_plain && is_same_column(subject));
}

/// The statement selects only the column that it compares with the leader's value, and locks
/// nothing.
const char* read_of_known_value(const Subject& subject) {
    if (subject.leader.own_column() == nullptr || subject.leader.is_itself ||
        subject.compared == nullptr || subject.findings->locks_rows ||
        subject.findings->has_further_conditions || !is_known_to_exist(subject) ||
        !reads_alone(subject.statement, subject.table)) {
        return nullptr;
    }
    for (const TargetEntry* entry : each<TargetEntry>(subject.statement->planTree->targetlist)) {
        const bool is_compared =
            entry->resorigtbl == subject.table && entry->resorigcol == subject.column;
        if (!entry->resjunk && !is_compared) {
            return nullptr;
        }
    }
    return psprintf("the value is there already: %s is the leader's %s", subject.compared,
                    quote_identifier(subject.leader.own_column()));
}

/// The column by which the leader's rows are to be joined, as rows of that name; nullptr if it is
/// not known, or if the table has the name.
const char* column_of_leader(const Subject& subject) {
    return subject.leader.exists && std::strcmp(subject.name, "leader") != 0
               ? subject.leader.named_column()
               : nullptr;
}

/// The leader's column that has the value which is compared; nullptr if that is not known.
const char* value_of_leader(const Subject& subject) {
    if (subject.joined != nullptr) {
        return subject.joined;
    }
    const char* const column = column_of_leader(subject);
    return column != nullptr ? psprintf("leader.%s", quote_identifier(column)) : nullptr;
}

/// Whether there is only one row for each value: the column is a key, and no other table is read,
/// which might have more rows of it.
bool is_one_row(const Subject& subject) {
    return subject.compared != nullptr && is_key(subject.table, subject.column) &&
           reads_alone(subject.statement, subject.table);
}

/// The statement has a LIMIT, and no comparison.
const char* read_of_some_rows(const Subject& subject) {
    if (subject.compared != nullptr || subject.leader.is_itself ||
        subject.findings->aggregates_all || !IsA(subject.statement->planTree, Limit)) {
        return nullptr;
    }
    return psprintf(
        "ask once: FROM unnest($1) AS v JOIN LATERAL (SELECT ... FROM %s ... LIMIT ...) AS t ON "
        "true",
        subject.name);
}

/// The values of all runs as rows of a FROM, and the one that is compared.
struct GivenRows {
    const char* list;
    const char* value;
};

GivenRows given_rows(const Subject& subject) {
    const Findings& findings = *subject.findings;
    const char* const values = name_of_values(subject);
    if (!findings.has_several_changing && !findings.varies_otherwise) {
        return {psprintf("unnest($1) AS %s", values), values};
    }
    const char* const column = name_in_values(subject);
    return {psprintf("(VALUES ...) AS %s (%s, ...)", values, column),
            psprintf("%s.%s", values, column)};
}

/// The statement reads only some rows of each value (LIMIT), the rows of several arms (UNION), or a
/// result of all of them together (DISTINCT, GROUP BY, windows): a join or a list would give
/// others.
const char* read_for_each(const Subject& subject) {
    const Findings& findings = *subject.findings;
    const bool is_of_list = findings.is_of_list();
    const bool is_limited = findings.is_limited && (is_of_list || !is_one_row(subject));
    const bool is_one_of_all = findings.aggregates_all || findings.is_of_existence;
    const bool is_part = findings.is_part || (is_of_list && findings.aggregates_all) ||
                         (is_one_of_all && findings.varies_otherwise);
    if (subject.compared == nullptr || subject.leader.is_itself || (!is_limited && !is_part)) {
        return nullptr;
    }
    const bool has_values = is_of_list && subject.leader.exists && findings.most_values > 1;
    const char* const value = has_values ? "ANY(...)" : value_of_leader(subject);
    const char* const begin = is_part ? "join the whole query of each:" : "join some rows of each:";
    const GivenRows given = given_rows(subject);
    return psprintf("%s JOIN LATERAL (SELECT ... FROM %s WHERE %s = %s%s%s) AS t ON true",
                    value != nullptr ? begin : psprintf("ask once: FROM %s", given.list),
                    subject.name, subject.compared, value != nullptr ? value : given.value,
                    findings.has_further_conditions ? subject.further : " ...",
                    findings.is_limited ? " LIMIT ..." : "");
}

/// The statement reads row by row, by a value of the last one: pages of one row.
const char* read_row_by_row(const Subject& subject) {
    return subject.leader.is_itself && subject.compared == nullptr &&
                   IsA(subject.statement->planTree, Limit)
               ? read_of_list(subject.name)
               : nullptr;
}

const char* read_without_comparison(const Subject& subject) {
    return subject.compared == nullptr
               ? psprintf("ask once for all of them: join %s to unnest($1)", subject.name)
               : nullptr;
}

/// The columns that are compared with values of their own.
const char* all_compared(const Subject& subject) {
    return subject.findings->has_several_changing && !subject.findings->is_of_list()
               ? psprintf("%s, ...", subject.compared)
               : subject.compared;
}

const char* read_of_aggregates(const Subject& subject) {
    return subject.findings->aggregates_all
               ? psprintf(
                     "ask once for all of them: ... FROM %s WHERE %s GROUP BY %s "
                     "(values without rows are missing there)",
                     subject.name, subject.among_all, all_compared(subject))
               : nullptr;
}

/// The statement asks whether rows exist (EXISTS).
const char* read_of_existence(const Subject& subject) {
    return subject.findings->is_of_existence
               ? psprintf("ask once which of them there are: SELECT DISTINCT %s FROM %s WHERE %s",
                          all_compared(subject), subject.name, subject.among_all)
               : nullptr;
}

const char* read(const Subject& subject) {
    if (subject.among_all != nullptr) {
        return psprintf("ask once: SELECT ... FROM %s WHERE %s", subject.name, subject.among_all);
    }
    const GivenRows given = given_rows(subject);
    return psprintf("ask once: SELECT ... FROM %s JOIN %s ON %s = %s%s", given.list, subject.name,
                    subject.compared, given.value, subject.further);
}

/// What else can be done than to join.
const char* or_read(const Subject& subject) {
    return subject.among_all != nullptr ? psprintf("; or ask once: WHERE %s", subject.among_all)
                                        : "";
}

/// The leader writes: a statement that it is a part of (WITH) does not see its rows.
const char* read_of_written_rows(const Subject& subject) {
    if (!OidIsValid(subject.leader.shape.written)) {
        return nullptr;
    }
    const bool are_same = subject.leader.shape.written == subject.table &&
                          is_same_column(subject) && is_one_row(subject);
    const char* const columns = returned_columns(subject);
    return are_same ? psprintf("let RETURNING give %s with the rows of %s that are written",
                               columns != nullptr ? columns : "these columns", subject.name)
                    : read(subject);
}

/// The rows of the leader have the columns already.
const char* read_of_leaders_rows(const Subject& subject) {
    if (!subject.leader.exists || subject.leader.columns.is_handed_on ||
        !subject.leader.shape.is_plain || subject.findings->locks_rows ||
        subject.findings->has_further_conditions || !is_same_column(subject) ||
        !is_key(subject.table, subject.column) || !reads_alone(subject.statement, subject.table)) {
        return nullptr;
    }
    const char* const columns = returned_columns(subject);
    return psprintf("select %s with the leader's rows at once, which are rows of %s",
                    columns != nullptr ? columns : "these columns", subject.name);
}

/// A value has a row even if the table has none for it.
const char* join_of(const Subject& subject) {
    return subject.findings->is_of_value ? "LEFT JOIN" : "JOIN";
}

/// Further columns that are compared with the leader's are among the conditions of a join.
const char* further_of_join(const Subject& subject) {
    return subject.findings->has_several_changing ? " AND ..." : subject.further;
}

/// A foreign key says how the leader's rows and those of the table belong together.
const char* read_by_foreign_key(const Subject& subject) {
    return subject.joined != nullptr ? psprintf("join: %s %s ON %s = %s%s%s", join_of(subject),
                                                subject.name, subject.compared, subject.joined,
                                                further_of_join(subject), or_read(subject))
                                     : nullptr;
}

/// The leader's own column says the same if no foreign key does.
const char* read_by_leaders_column(const Subject& subject, const char* column) {
    return psprintf("join to the leader: %s %s ON %s = leader.%s%s%s", join_of(subject),
                    subject.name, subject.compared, quote_identifier(column),
                    further_of_join(subject), or_read(subject));
}

const char* read_down_a_tree(const Subject& subject) {
    return subject.leader.is_itself
               ? psprintf("ask once for the whole tree: WITH RECURSIVE ... JOIN %s ON %s = ...",
                          subject.name, subject.compared)
               : nullptr;
}

const char* read_under_leader(const Subject& subject) {
    if (subject.leader.columns.is_handed_on) {
        return nullptr;
    }
    if (const char* const column = column_of_leader(subject)) {
        return read_by_leaders_column(subject, column);
    }
    return subject.leader.exists ? psprintf("join %s by %s to the leader%s", subject.name,
                                            subject.compared, or_read(subject))
                                 : nullptr;
}

constexpr Rule rules_for_reads[] = {
    read_of_sequence,     read_of_queue,       read_without_table, read_of_known_value,
    read_of_some_rows,    read_for_each,       read_row_by_row,    read_without_comparison,
    read_down_a_tree,     read_of_existence,   read_of_aggregates, read_of_written_rows,
    read_of_leaders_rows, read_by_foreign_key, read_under_leader,  read,
};

// ---- rules for reads that are the same each time ------------------------------------------------

const char* same_and_locking(const Subject& subject) {
    return subject.findings->locks_rows && subject.name != nullptr
               ? psprintf("it polls %s: lock all rows that are needed at once, or wait for NOTIFY",
                          subject.name)
               : nullptr;
}

const char* same_and_volatile(const Subject& subject) {
    return subject.findings->is_volatile ? "ask once for all values" : nullptr;
}

/// The writes in between may change what it reads.
const char* same_and_written(const Subject& subject) {
    const Oid written = subject.findings->written_between;
    const char* const name = OidIsValid(written) ? name_of_table(written) : nullptr;
    return name != nullptr
               ? psprintf(
                     "the session writes %s in between: let RETURNING give what is read, or read "
                     "and write in one statement",
                     name)
               : nullptr;
}

const char* same_value(const Subject& subject) {
    return subject.compared != nullptr
               ? psprintf(
                     "ask once and keep the result: %s is compared with the same value each "
                     "time",
                     subject.compared)
               : nullptr;
}

const char* same_without_table(const Subject& subject) {
    if (subject.name != nullptr) {
        return nullptr;
    }
    return tables_of(subject.statement).count > 0
               ? "ask once and keep the result: it is the same statement each time"
               : "it reads no table: send it with the statement that needs it, or not at all";
}

const char* same_of_table(const Subject& subject) {
    return psprintf("ask once and keep the result of %s: it is the same statement each time",
                    subject.name);
}

constexpr Rule rules_for_same_reads[] = {
    read_of_sequence, read_of_queue, same_and_locking,   same_and_volatile,
    same_and_written, same_value,    same_without_table, same_of_table,
};

// ---- pages --------------------------------------------------------------------------------------

const char* read_in_pages(const Subject& subject) {
    const Oid table = subject.findings->paged_table;
    const char* const name = OidIsValid(table) ? name_of_table(table) : nullptr;
    return read_of_list(name != nullptr ? name : "it");
}

// ---- rules for writes ---------------------------------------------------------------------------

const char* write_without_table(const Subject& subject) {
    return subject.name == nullptr ? "one statement for all rows" : nullptr;
}

const char* insert_of_query(const Subject& subject) {
    const bool has_query = subject.findings->scans > 0 || subject.findings->shape.inserts_query;
    return subject.operation == CMD_INSERT && has_query
               ? psprintf("one INSERT INTO %s SELECT ... for all of them", subject.name)
               : nullptr;
}

/// The list of columns that COPY needs if the others have defaults.
const char* columns_to_copy(const Subject& subject) {
    const QueryShape& shape = subject.findings->shape;
    const char* const first = name_of_column(subject.table, shape.first_inserted);
    if (first == nullptr || shape.inserted >= columns_of_copy(subject.table)) {
        return "";
    }
    return psprintf(" (%s%s)", first, shape.inserted > 1 ? ", ..." : "");
}

/// COPY has neither RETURNING nor ON CONFLICT; without the node it is not known whether the
/// statement has.
const char* insert_like_copy(const Subject& subject) {
    const ModifyTable* const modification = subject.findings->modification;
    return subject.operation == CMD_INSERT && modification != nullptr &&
                   modification->onConflictAction == ONCONFLICT_NONE &&
                   modification->returningLists == NIL && subject.findings->shape.inserts_given &&
                   takes_copy(subject.table)
               ? psprintf(
                     "one INSERT INTO %s with a row of VALUES for each, or COPY %s%s FROM STDIN",
                     subject.name, subject.name, columns_to_copy(subject))
               : nullptr;
}

/// An UPDATE, or ON CONFLICT DO UPDATE, writes a row once.
constexpr const char* adding_up = ", which updates each row once: add up what is for the same one";

const char* insert(const Subject& subject) {
    const ModifyTable* const modification = subject.findings->modification;
    const bool updates =
        modification != nullptr && modification->onConflictAction == ONCONFLICT_UPDATE;
    return subject.operation == CMD_INSERT
               ? psprintf("one INSERT INTO %s with a row of VALUES for each%s%s", subject.name,
                          updates ? " key" : "", subject.findings->adds_to_row ? adding_up : "")
               : nullptr;
}

const char* delete_without_comparison(const Subject& subject) {
    return subject.operation == CMD_DELETE && subject.compared == nullptr
               ? psprintf("one DELETE FROM %s USING (VALUES ...) AS %s WHERE ...", subject.name,
                          name_of_values(subject))
               : nullptr;
}

const char* delete_by_column(const Subject& subject) {
    return subject.operation == CMD_DELETE && !subject.findings->has_further_conditions
               ? psprintf("one DELETE FROM %s WHERE %s", subject.name, any_of(subject))
               : nullptr;
}

const char* delete_by_column_and_more(const Subject& subject) {
    if (subject.operation != CMD_DELETE) {
        return nullptr;
    }
    const char* const column = name_in_values(subject);
    const char* const values = name_of_values(subject);
    return psprintf(
        "one DELETE FROM %s USING (VALUES ...) AS %s (%s, ...) WHERE %s = %s.%s AND ...",
        subject.name, values, column, subject.compared, values, column);
}

const char* merge(const Subject& subject) {
    return subject.operation == CMD_MERGE
               ? psprintf("one MERGE INTO %s USING (VALUES ...) AS %s ON ...", subject.name,
                          name_of_values(subject))
               : nullptr;
}

/// The value that is written last remains, or the sum of all.
const char* update_of_same_row(const Subject& subject) {
    return subject.findings->is_same_each_time() && subject.findings->comparison().is_known()
               ? psprintf("update %s once, with what all of them come to", subject.name)
               : nullptr;
}

const char* update_without_comparison(const Subject& subject) {
    return subject.compared == nullptr
               ? psprintf("one UPDATE %s SET ... FROM (VALUES ...) AS %s WHERE ...", subject.name,
                          name_of_values(subject))
               : nullptr;
}

const char* update_by_column(const Subject& subject) {
    const char* const column = name_in_values(subject);
    const char* further = subject.further;
    if (subject.findings->adds_to_row) {
        further = psprintf("%s%s", subject.further, adding_up);
    } else if (!subject.findings->has_further_conditions) {
        further = psprintf("; or, where all get the same, WHERE %s", any_of(subject));
    }
    const char* const values = name_of_values(subject);
    return psprintf("one UPDATE %s SET ... FROM (VALUES ...) AS %s (%s, ...) WHERE %s = %s.%s%s",
                    subject.name, values, column, subject.compared, values, column, further);
}

constexpr Rule rules_for_writes[] = {
    write_without_table,       insert_of_query,           insert_like_copy,          insert,
    delete_without_comparison, delete_by_column,          delete_by_column_and_more, merge,
    update_of_same_row,        update_without_comparison, update_by_column,
};

/// Whether a write reads, besides the rows that it writes, the table that they are in.
bool reads_written_table(const Subject& subject) {
    const PlannedStmt* const statement = subject.statement;
    const ModifyTable* const modification = subject.findings->modification;
    if (modification == nullptr) {
        return false;
    }
    const Oid written = rt_fetch(modification->nominalRelation, statement->rtable)->relid;
    int place = 0;
    for (const RangeTblEntry* range : each<RangeTblEntry>(statement->rtable)) {
        ++place;
        if (range->rtekind == RTE_RELATION && range->relid == written && range->inFromCl &&
            !list_member_int(modification->resultRelations, place)) {
            return true;
        }
    }
    return false;
}

/// Whether an UPDATE sets the column that says which rows are written.
bool sets_compared_column(const Subject& subject) {
    const ModifyTable* const modification = subject.findings->modification;
    return subject.operation == CMD_UPDATE && modification != nullptr &&
           modification->updateColnosLists != NIL && subject.compared != nullptr &&
           subject.findings->comparison().is_changing > 0 &&
           list_member_int(static_cast<List*>(linitial(modification->updateColnosLists)),
                           subject.findings->comparison().column);
}

/// One statement does not see the rows that it writes, while each run sees those of the runs
/// before.
const char* with_own_reads(const Subject& subject, const char* advice) {
    return reads_written_table(subject) || sets_compared_column(subject)
               ? psprintf("if none reads what another of them wrote: %s", advice)
               : advice;
}

const char* first_of(std::span<const Rule> rules, const Subject& subject) {
    for (const Rule rule : rules) {
        if (const char* const advice = rule(subject)) {
            return advice;
        }
    }
    return "";
}

/// One statement for all is slow too if the column that is compared has no index.
const char* with_missing_index(const Subject& subject, const char* advice) {
    const Comparison& comparison = subject.findings->comparison();
    if (subject.compared == nullptr) {
        return advice;
    }
    // The planner has found that the statement's rows are in the index which it takes.
    AskedRows asked{comparison.in_index};
    if (is_of_view(subject) || subject.table == comparison.table) {
        asked.conditions = comparison.conditions;
        asked.range = comparison.range;
    }
    const char* const missing = is_of_view(subject)
                                    ? missing_index(comparison.table, comparison.column, asked)
                                    : missing_index(subject.table, subject.column, asked);
    return missing == nullptr ? advice : psprintf("%s; %s", advice, missing);
}

}  // namespace

int LeaderOfLoop::place() const {
    for (int i = 0; columns.result != nullptr && i < columns.result->count; ++i) {
        if (columns.has(i)) {
            return i;
        }
    }
    return -1;
}

const char* LeaderOfLoop::column() const {
    return place() < 0 ? nullptr : NameStr(columns.result->names[place()]);
}

ColumnOfTable LeaderOfLoop::origin() const {
    return columns.is_handed_on || place() < 0 ? ColumnOfTable{} : columns.result->origins[place()];
}

const char* LeaderOfLoop::named_column() const {
    const char* const column = own_column();
    int count = 0;
    for (int i = 0; column != nullptr && i < columns.result->count; ++i) {
        count += std::strcmp(NameStr(columns.result->names[i]), column) == 0 ? 1 : 0;
    }
    return count == 1 ? column : nullptr;
}

void write_advice(RoundTripTexts& texts, const QueryDesc* query, const Findings& findings,
                  const LeaderOfLoop& leader) {
    const Subject subject = subject_of(query->plannedstmt, findings, leader);
    const char* const column = subject.leader.column();
    strlcpy(texts.leader_column, column != nullptr ? column : "", sizeof texts.leader_column);
    if (texts.key.kind == roundtrip::Kind::page) {
        const char* const pages = read_in_pages(subject);
        set_round_trip_text(texts.advice, pages, false);
        set_round_trip_text(texts.advice_if_same, pages, false);
        return;
    }
    const bool is_read = subject.operation == CMD_SELECT;
    const char* const advice = is_read
                                   ? first_of(rules_for_reads, subject)
                                   : with_own_reads(subject, first_of(rules_for_writes, subject));
    set_round_trip_text(texts.advice, with_missing_index(subject, advice), false);
    set_round_trip_text(
        texts.advice_if_same,
        with_missing_index(subject, is_read ? first_of(rules_for_same_reads, subject) : advice),
        false);
}

}  // namespace onetrip::postgres
