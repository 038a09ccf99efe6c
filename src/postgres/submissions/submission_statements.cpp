// The statements of load_response_events, and what must hold of the tables so that they can run.
// Knows nothing of when they run.

#include "postgres/submissions/submission_statements.hpp"

#include "postgres/submissions/event_columns.hpp"
#include "postgres/submissions/form_trees.hpp"
#include "postgres/submissions/id_columns.hpp"
#include "postgres/submissions/submission_words.hpp"

extern "C" {
#include "parser/parse_coerce.h"
}

namespace onetrip::postgres {

namespace {

// ---- the columns of an event ----

/// The columns that row_hash is made of.
constexpr const char* compared_columns[] = {"form_id", "form_name", "user_id", "user_full_name",
                                            "submission_created"};

bool is_written(const Table& table, const char* column) {
    return has_column(table, column) && !is_generated(table, column);
}

bool is_enum(const Table& table, const char* column) {
    return type_is_enum(getBaseType(type_of_column(table, column)));
}

/// The columns of an event that the table has.
const char* column_list(const Table& table) {
    StringInfoData list;
    initStringInfo(&list);
    for (const EventColumn& column : event_columns) {
        if (is_written(table, column.name)) {
            appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", column.name);
        }
    }
    return list.data;
}

/// The value of a column. A foreign key takes only NULL for a user that is not there.
const char* value_of(const Table& table, const EventColumn& column, const char* id) {
    if (column.field == field_submission_id) {
        return id;
    }
    if (column.field == field_user_id && is_referencing(table, "user_id")) {
        return "CASE WHEN r.has_user THEN r.user_id END";
    }
    return column.text;
}

/// Their values. Text becomes a value of an enum by a cast alone; elsewhere the assignment does it,
/// since a cast would cut what is too long.
const char* value_list(const Table& table, const char* id) {
    StringInfoData list;
    initStringInfo(&list);
    for (const EventColumn& column : event_columns) {
        if (is_written(table, column.name)) {
            appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", value_of(table, column, id));
            if (is_enum(table, column.name)) {
                appendStringInfo(&list, "::%s", type_name(type_of_column(table, column.name)));
            }
        }
    }
    return list.data;
}

// ---- what must hold of the tables ----

void require_event_texts(const Table& table) {
    for (const char* const column :
         {"value", "schema_path", "form_name", "user_full_name", "answer_type", "tag", "status"}) {
        if (is_written(table, column) && !is_enum(table, column)) {
            require_text(table, column);
        }
    }
}

void require_event_table(const Table& table, LoadMode mode) {
    for (const char* const column : {"submission_id", "schema_path", "value"}) {
        require_written(table, column);
    }
    require_text(table, "value");
    require_event_texts(table);
    for (const EventColumn& column : event_columns) {
        if (is_written(table, column.name)) {
            require_right(table, column.name, ACL_INSERT, "INSERT");
        }
    }
    if (mode == LoadMode::changed) {
        require_readable(table, "submission_id");
        require_right(table, nullptr, ACL_DELETE, "DELETE");
    }
}

void require_source_types(const Table& table, const Table& submissions) {
    const Word columns[] = {{"submission_id", "id"},
                            {"form_id", "form_id"},
                            {"user_id", "user_id"},
                            {"submission_created", "date_created"}};
    for (const Word& column : columns) {
        if (is_written(table, column.name)) {
            require_assignable(table, column.name, type_of_column(submissions, column.text));
        }
    }
    require_ids_of(table, "submission_id", submissions, "id");
}

/// The value of a column that is of no table of the source.
struct OwnColumn {
    const char* name;
    Oid type;
};

void require_own_types(const Table& table) {
    constexpr OwnColumn columns[] = {
        {"processed_on", TIMESTAMPTZOID}, {"ord", INT4OID}, {"idx", INT4ARRAYOID}};
    for (const OwnColumn& column : columns) {
        if (is_written(table, column.name)) {
            require_assignable(table, column.name, column.type);
        }
    }
}

/// The loader reads the hashes and the source as they are stored.
void require_ledger_types(const Table& table, const Table& submissions) {
    constexpr OwnColumn columns[] = {
        {"events", INT4OID}, {"problems", INT4OID}, {"processed_on", TIMESTAMPTZOID}};
    require_text(table, "source");
    for (const char* const column : {"responses_hash", "form_hash", "row_hash"}) {
        require_bytes(table, column);
    }
    for (const OwnColumn& column : columns) {
        require_assignable(table, column.name, column.type);
    }
    require_assignable(table, "submission_id", type_of_column(submissions, "id"));
    require_assignable(table, "form_id", type_of_column(submissions, "form_id"));
    require_ids_of(table, "submission_id", submissions, "id");
}

void require_statuses(const Tables& tables, bool has_json_documents, bool may_lack_user) {
    const char* const of_events[] = {"ok", "wrong_type", "not_in_choices"};
    const char* of_problems[7] = {"wrong_type", "not_in_choices", "unknown", "structure",
                                  "refused"};
    int count = 5;
    if (has_json_documents) {
        of_problems[count++] = "not_jsonb";
    }
    if (may_lack_user) {
        of_problems[count++] = "no_user";
    }
    if (is_written(tables.events, "status") && is_enum(tables.events, "status")) {
        require_enum_values(tables.events, "status", of_events, lengthof(of_events));
    }
    if (is_written(tables.problems, "status") && is_enum(tables.problems, "status")) {
        require_enum_values(tables.problems, "status", of_problems, count);
    }
}

void require_loads(const Table& table, LoadMode mode) {
    for (const char* const column :
         {"submission_id", "source", "form_id", "submission_created", "responses_hash", "form_hash",
          "row_hash", "events", "problems", "processed_on"}) {
        require_readable(table, column);
        require_right(table, column, ACL_INSERT, "INSERT");
    }
    if (mode == LoadMode::changed) {
        require_right(table, nullptr, ACL_DELETE, "DELETE");
    }
}

/// Mode changed looks for the rows of those that were refused before.
void require_refused_rows(const Table& problems) {
    require_readable(problems, "value");
    require_readable(problems, has_column(problems, "status") ? "status" : "schema_path");
}

/// Whether the forms say if questions of nodeType metadata are loaded.
bool has_metadata(const Table& forms) {
    return has_column(forms, "metadata") &&
           getBaseType(type_of_column(forms, "metadata")) == BOOLOID;
}

void require_sources(const Tables& tables) {
    for (const Table* const table : {&tables.forms, &tables.users, &tables.submissions}) {
        require_table(*table);
        require_readable(*table, "id");
        require_comparable(*table, "id");
    }
    require_readable(tables.forms, "name");
    require_readable(tables.forms, "schema");
    if (has_column(tables.forms, "dialect")) {
        require_readable(tables.forms, "dialect");
    }
    if (has_metadata(tables.forms)) {
        require_readable(tables.forms, "metadata");
    }
    require_readable(tables.users, "given_name");
    require_readable(tables.users, "family_name");
    for (const char* const column : {"form_id", "user_id", "responses", "date_created"}) {
        require_readable(tables.submissions, column);
    }
}

// ---- enums of what forms ask for ----

/// The tree of a form, NULL for one of an unknown dialect: it is refused later, by its name.
constexpr const char* known_document =
    "CASE WHEN {form_dialect} OPERATOR(pg_catalog.<>) ALL ({dialects}) THEN NULL"
    " ELSE {form_document} END";

[[noreturn]] void refuse_answer_type(const Table& table, const char* answer_type,
                                     const char* form) {
    const Oid type = getBaseType(type_of_column(table, "answer_type"));
    ereport(ERROR,
            (errcode(ERRCODE_DATATYPE_MISMATCH),
             errmsg("enum type %s has no value \"%s\"", format_type_be(type), answer_type),
             errdetail("Column \"answer_type\" of table %s has that type, and form \"%s\" asks "
                       "for answers of type %s.",
                       table.qualified(), form, answer_type),
             errhint("Add it with ALTER TYPE %s ADD VALUE %s.", type_name(type),
                     quote_literal_cstr(answer_type))));
    pg_unreachable();
}

/// An answer of a type that the enum does not have could be neither loaded nor left out: the load
/// would stop at it, so that it does not begin. Metadata that is not loaded may have any type.
void require_answer_types(const Table& table, Words words) {
    if (!is_written(table, "answer_type") || !is_enum(table, "answer_type")) {
        return;
    }
    words.add("enum", type_name(getBaseType(type_of_column(table, "answer_type"))));
    const char* const query = words.fill(
        "SELECT q.answer_type, f.name FROM {forms} AS f,"
        " {extension}.form_questions({known_document}) AS q"
        " WHERE q.answer_type OPERATOR(pg_catalog.<>) ALL"
        " (pg_catalog.enum_range(NULL::{enum})::pg_catalog.text[])"
        " AND (NOT q.metadata OR {form_flag}) AND {is_used} LIMIT 1");
    SPI_execute(query, true, 1);
    if (SPI_processed > 0) {
        const HeapTuple row = SPI_tuptable->vals[0];
        refuse_answer_type(table, SPI_getvalue(row, SPI_tuptable->tupdesc, 1),
                           SPI_getvalue(row, SPI_tuptable->tupdesc, 2));
    }
}

[[noreturn]] void refuse_parts(const Table& table, const char* column, const char* value,
                               const char* form) {
    const Oid type = getBaseType(type_of_column(table, column));
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                    errmsg("enum type %s has no value \"%s\"", format_type_be(type), value),
                    errdetail("Column \"%s\" of table %s has that type, and form \"%s\" is read by "
                              "items: parts of its answers have status \"part\" and answer type "
                              "\"text\".",
                              column, table.qualified(), form),
                    errhint("Add it with ALTER TYPE %s ADD VALUE %s.", type_name(type),
                            quote_literal_cstr(value))));
    pg_unreachable();
}

/// The name of a form with submissions that is read by items; nullptr if none exists.
const char* find_form_of_items(const Words& words) {
    SPI_execute(words.fill("SELECT COALESCE(f.name::pg_catalog.text, '') FROM {forms} AS f"
                           " WHERE ({known_document}) OPERATOR(pg_catalog.->>) 'reading'"
                           " OPERATOR(pg_catalog.=) 'items' AND {is_used} LIMIT 1"),
                true, 1);
    return SPI_processed > 0 ? SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1)
                             : nullptr;
}

/// Parts of answers are events that no question of the form asks for. Any question of such a form
/// may have some, whatever its own type.
void require_values_of_parts(const Table& events, const Words& words) {
    const Word values[] = {{"status", "part"}, {"answer_type", "text"}};
    for (const Word& value : values) {
        if (!is_written(events, value.name) || !is_enum(events, value.name) ||
            has_enum_value(events, value.name, value.text)) {
            continue;
        }
        const char* const form = find_form_of_items(words);
        if (form != nullptr) {
            refuse_parts(events, value.name, value.text, form);
        }
    }
}

// ---- comparisons and look-ups ----

/// A row of the table by its key. Rows are looked up one by one: a planner that compares the cost
/// of a scan would scan the whole for each batch until the table is large. Without a key, it has
/// the choice.
const char* look_up(const Table& table, const char* key, const char* alias, const char* columns,
                    const char* condition) {
    if (!has_key(table, key)) {
        return psprintf(" LEFT JOIN %s AS %s ON %s", table.qualified(), alias, condition);
    }
    return psprintf(" LEFT JOIN LATERAL (SELECT %s FROM %s AS %s WHERE %s OFFSET 0) AS %s ON true",
                    columns, table.qualified(), alias, condition, alias);
}

// ---- the search ----

constexpr const char* joined =
    " LEFT JOIN {loads} AS l ON {l=r} LEFT JOIN {forms} AS f ON {r=f}"
    " LEFT JOIN {users} AS u ON {r=u}";

/// The columns of a submission, its form, its user and its row in the ledger that
/// examine_submission takes. An id is there if it IS DISTINCT FROM NULL: IS NOT NULL asks the
/// fields of a composite one.
constexpr const char* examined =
    "r.form_id, r.user_id, r.date_created, r.responses, {form_flag},"
    " f.name::pg_catalog.text, f.schema, u.id IS DISTINCT FROM NULL, {full_name},"
    " l.responses_hash, l.form_hash, l.row_hash, {form_dialect}";

constexpr const char* is_of_source =
    "(l.source IS NULL OR l.source OPERATOR(pg_catalog.=) {source})";

constexpr const char* is_refused =
    "(l.responses_hash IS NULL AND l.form_hash IS NULL AND l.row_hash IS NULL"
    " AND l.source IS NOT NULL)";

constexpr const char* new_candidates =
    "SELECT r.id, 0 FROM {submissions} AS r WHERE NOT EXISTS ("
    "SELECT FROM {loads} AS l WHERE {l=r}){new_filter} ORDER BY 1";

/// CASE keeps the order: nothing is hashed that has not been loaded.
constexpr const char* changed_candidates =
    "SELECT r.id, CASE WHEN {is_refused} THEN 2 ELSE 0 END FROM {submissions} AS r{joined}{kept}"
    " WHERE CASE WHEN l.submission_id IS NOT DISTINCT FROM NULL THEN true WHEN NOT {is_of_source} "
    "THEN false"
    " ELSE {extension}.load_change({examined}){or_kept} END{changed_filter}"
    " UNION ALL SELECT g.id, 1 FROM {gone_rows} ORDER BY 2, 1";

constexpr const char* is_form_of_name = "f.name::pg_catalog.text OPERATOR(pg_catalog.=) $1";

/// The conditions of form_name and since on the submissions (r) and on the ledger (l).
struct Filters {
    const char* submissions;
    const char* ledger;
};

const char* is_of_form(Words words, const char* alias, const Equality& equality) {
    words.add("alias", alias);
    words.add("left", equality.left_cast);
    words.add("equals", equality.operation);
    words.add("right", equality.right_cast);
    return words.fill(
        "{alias}.form_id{left} {equals} ANY (SELECT f.id{right} FROM {forms} AS f"
        " WHERE {is_form_of_name})");
}

/// The dates that `since` is compared with, of a submission (r) and of its row in the ledger (l).
struct Dates {
    const char* submissions;
    const char* ledger;
};

Dates dates_of(const Tables& tables, LoadPlace place) {
    const Dates dates{"r.date_created", "l.submission_created"};
    return place == LoadPlace::here
               ? dates
               : Dates{with_zone(tables.submissions, "date_created", dates.submissions),
                       with_zone(tables.loads, "submission_created", dates.ledger)};
}

Filters filters_of(const LoadRequest& request, const Words& words, const Tables& tables,
                   LoadPlace place) {
    StringInfoData submissions_filter;
    StringInfoData ledger_filter;
    initStringInfo(&submissions_filter);
    initStringInfo(&ledger_filter);
    if (request.form_name != nullptr) {
        const Equality of_form =
            require_equality(tables.submissions, "form_id", tables.forms, "id");
        const Equality of_ledger = require_equality(tables.loads, "form_id", tables.forms, "id");
        require_ids_of(tables.loads, "form_id", tables.submissions, "form_id");
        appendStringInfoString(&submissions_filter, is_of_form(words, "r", of_form));
        appendStringInfoString(&ledger_filter, is_of_form(words, "l", of_ledger));
    }
    if (request.has_since) {
        const char* const and_word = submissions_filter.len == 0 ? "" : " AND ";
        const Dates dates = dates_of(tables, place);
        appendStringInfo(&submissions_filter, "%s%s OPERATOR(pg_catalog.>=) $2", and_word,
                         dates.submissions);
        appendStringInfo(&ledger_filter, "%s%s OPERATOR(pg_catalog.>=) $2", and_word, dates.ledger);
    }
    return {submissions_filter.data, ledger_filter.data};
}

void add_filters(Words& words, const Filters& filters) {
    const bool is_filtered = filters.submissions[0] != '\0';
    words.add("new_filter", is_filtered ? psprintf(" AND (%s)", filters.submissions) : "");
    words.add(
        "changed_filter",
        is_filtered ? psprintf(" AND ((%s) OR (%s))", filters.submissions, filters.ledger) : "");
    words.add("ledger_filter", is_filtered ? psprintf(" AND (%s)", filters.ledger) : "");
}

/// NULL dates are not at or after any; a column of another kind has no such order.
void require_dates(const Table& submissions) {
    const Oid type = getBaseType(type_of_column(submissions, "date_created"));
    if (type != TIMESTAMPTZOID && type != TIMESTAMPOID && type != DATEOID) {
        ereport(
            ERROR,
            (errcode(ERRCODE_DATATYPE_MISMATCH),
             errmsg("argument \"since\" needs a date in column \"date_created\" of table %s",
                    submissions.qualified()),
             errdetail("It has the type %s.", format_type_be(type)),
             errhint("Leave \"since\" out, or change the column to timestamptz, timestamp or date "
                     "with ALTER TABLE.")));
    }
}

Dialects dialects_of(const LoadRequest& request, const Words& words, const Table& forms) {
    if (!has_column(forms, "dialect")) {
        return {nullptr, nullptr};
    }
    const char* const any = psprintf(
        "SELECT f.name::pg_catalog.text, f.dialect::pg_catalog.text FROM {forms} AS f"
        " WHERE f.dialect::pg_catalog.text OPERATOR(pg_catalog.<>) ALL ({dialects})%s",
        request.form_name == nullptr ? "" : " AND {is_form_of_name}");
    return {words.fill(psprintf("%s LIMIT 1", any)),
            words.fill(psprintf("%s AND {is_used} LIMIT 1", any))};
}

void write_search(LoadStatements& statements, const LoadRequest& request, const Words& words,
                  const Tables& tables) {
    statements.form_versions = words.fill("SELECT FROM {forms} AS f WHERE {is_form_of_name}");
    statements.form_names = words.fill(
        "SELECT n.name, pg_catalog.count(*) OVER () FROM (SELECT DISTINCT"
        " f.name::pg_catalog.text AS name FROM {forms} AS f WHERE f.name IS NOT NULL) AS n"
        " ORDER BY n.name LIMIT 20");
    statements.ledger_summary = words.fill(
        "SELECT pg_catalog.count(*) FILTER (WHERE l.source IS NULL),"
        " pg_catalog.count(*) FILTER (WHERE l.source OPERATOR(pg_catalog.<>) {source}),"
        " pg_catalog.max(l.processed_on)::pg_catalog.timestamptz FROM {loads} AS l");
    statements.take = words.fill(
        "UPDATE {loads} AS l SET source = {source} WHERE l.source IS NULL AND EXISTS ("
        "SELECT FROM {submissions} AS r WHERE {l=r})");
    statements.may_take = has_right(tables.loads.relation, "source", ACL_UPDATE);
    statements.foreign = words.fill(
        "SELECT r.id, l.source, pg_catalog.count(*) OVER () FROM {submissions} AS r JOIN {loads}"
        " AS l ON {l=r} WHERE l.source OPERATOR(pg_catalog.<>) {source}{new_filter}"
        " ORDER BY r.id LIMIT 1");
    statements.gone = words.fill(
        "SELECT l.submission_id::{id} FROM {loads} AS l WHERE l.source OPERATOR(pg_catalog.=) "
        "{source}"
        "{ledger_filter} AND NOT EXISTS (SELECT FROM {submissions} AS r WHERE {l=r})");
    statements.loaded = words.fill(
        "SELECT pg_catalog.count(*) FROM {loads} AS l"
        " WHERE l.source OPERATOR(pg_catalog.=) {source}{ledger_filter}");
    statements.candidates = words.fill(request.mode == LoadMode::only_new ? "{new_candidates}"
                                                                          : "{changed_candidates}");
    statements.dialects = dialects_of(request, words, tables.forms);
}

/// Whether an id stands in two rows, if no index keeps it from that.
Check duplicates_of(const Table& table) {
    if (has_key(table, "id") && demands_value(table, "id")) {
        return {nullptr, table.qualified()};
    }
    return {psprintf("SELECT t.id FROM %s AS t GROUP BY t.id"
                     " HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 OR"
                     " (t.id IS NOT DISTINCT FROM NULL AND %s) LIMIT 1",
                     table.qualified(),
                     std::strcmp(table.name, "form_responses") == 0 ? "true" : "false"),
            table.qualified()};
}

// ---- a batch ----

const char* fetch(Words words, const Tables& tables) {
    StringInfoData from;
    initStringInfo(&from);
    appendStringInfoString(&from, look_up(tables.submissions, "id", "r",
                                          "r.id, r.form_id, r.user_id, r.date_created, r.responses",
                                          words.fill("{r=b}")));
    appendStringInfoString(&from, look_up(tables.loads, "submission_id", "l",
                                          "l.submission_id, l.source, l.responses_hash,"
                                          " l.form_hash, l.row_hash",
                                          words.fill("{l=b}")));
    appendStringInfoString(
        &from, look_up(tables.forms, "id", "f", words.fill("f.id, f.name, f.schema{form_columns}"),
                       words.fill("{r=f}")));
    appendStringInfoString(
        &from,
        look_up(tables.users, "id", "u", "u.id, u.given_name, u.family_name", words.fill("{r=u}")));
    words.add("look_ups", from.data);
    return words.fill(
        "SELECT {examined}, b.\"position\", b.id, r.id IS DISTINCT FROM NULL,"
        " l.submission_id IS DISTINCT FROM NULL,"
        " l.source FROM {batch}{look_ups}");
}

/// Whether each row comes back as soon as the table has taken it. Citus inserts into a table that
/// it knows after it has read all rows.
bool comes_back(const Table& table) {
    return !is_redirected(table) && !placement_of(table.relation).is_of_citus;
}

/// Inserts by way of load_events, which knows what this session has read.
const char* insert(const Words& words, const Table& table, const Table& submissions) {
    return psprintf(
        "%s%s",
        insert_from(words, table, id_to_store(table, "submission_id", submissions, "id", "r.id"),
                    words.fill("{rows}, {extension}.load_events(r.\"position\") AS e")),
        comes_back(table) ? " RETURNING NULL" : "");
}

/// The words for the rows of a table, whose alias is t, by the ids of load_rows.
void add_match(Words& words, const Table& table, const IdMatch& match) {
    words.add("table", table.qualified());
    words.add("row_cast", match.row_cast);
    words.add("equals", match.operation);
    words.add("id_cast", match.id_cast);
}

/// An array has the index on its side whatever the planner thinks of its length; of arrays there is
/// none.
const char* delete_by_id(Words words, const Table& table, const Table& submissions) {
    const IdMatch match = match_ids(table, "submission_id", submissions, "id");
    const bool fits_array =
        OidIsValid(get_array_type(match.id_type)) && !OidIsValid(get_element_type(match.id_type));
    add_match(words, table, match);
    return words.fill(fits_array ? "DELETE FROM {table} AS t WHERE t.submission_id{row_cast}"
                                   " {equals} ANY (ARRAY(SELECT b.id{id_cast} FROM {batch}))"
                                 : "DELETE FROM {table} AS t WHERE t.submission_id{row_cast}"
                                   " {equals} ANY (SELECT b.id{id_cast} FROM {batch})");
}

/// Whether row t of the problems is that of a refused submission. Without a status, its path and a
/// value that may be an SQLSTATE tell.
const char* is_refused_row(const Table& problems) {
    return has_column(problems, "status")
               ? "t.status::pg_catalog.text OPERATOR(pg_catalog.=) 'refused'"
               : "t.schema_path::pg_catalog.text OPERATOR(pg_catalog.=) ''"
                 " AND pg_catalog.char_length(t.value::pg_catalog.text) OPERATOR(pg_catalog.=) 5";
}

/// Joins the submissions that have a row of status refused: one that the target has kept as it was
/// may be again what was loaded. Without a status other rows may look like it.
void add_kept(Words& words, const Tables& tables) {
    const Table& problems = tables.problems;
    const bool has_status = has_column(problems, "status");
    words.add("or_kept", has_status ? " OR k.submission_id IS DISTINCT FROM NULL" : "");
    if (!has_status) {
        words.add("kept", "");
        return;
    }
    const IdMatch match = match_ids(problems, "submission_id", tables.submissions, "id");
    words.add("kept", psprintf(" LEFT JOIN (SELECT DISTINCT t.submission_id FROM %s AS t WHERE %s)"
                               " AS k ON k.submission_id%s %s r.id%s",
                               problems.qualified(), is_refused_row(problems), match.row_cast,
                               match.operation, match.id_cast));
}

const char* refused_states(Words words, const Tables& tables) {
    const Table& problems = tables.problems;
    add_match(words, problems, match_ids(problems, "submission_id", tables.submissions, "id"));
    words.add("is_refused_row", is_refused_row(problems));
    return words.fill(
        "SELECT t.value::pg_catalog.text FROM {batch}, {table} AS t"
        " WHERE t.submission_id{row_cast} {equals} b.id{id_cast} AND {is_refused_row}");
}

const char* delete_refused(const Words& words, const Tables& tables) {
    const Table& problems = tables.problems;
    return psprintf("%s AND %s", delete_by_id(words, problems, tables.submissions),
                    is_refused_row(problems));
}

const char* insert_loads(const Words& words, const Tables& tables) {
    return words.fill(psprintf(
        "INSERT INTO {loads} (submission_id, source, form_id, submission_created, responses_hash,"
        " form_hash, row_hash, events, problems, processed_on) SELECT %s, r.source, r.form_id,"
        " %s, r.responses_hash, r.form_hash, r.row_hash, r.events, r.problems, r.processed_on"
        " FROM {rows}",
        id_to_store(tables.loads, "submission_id", tables.submissions, "id", "r.id"),
        date_for_ledger(tables)));
}

void write_batch(LoadStatements& statements, const Words& words, const Tables& tables) {
    statements.ids = words.fill("SELECT r.id FROM {submissions} AS r");
    statements.fetch = fetch(words, tables);
    statements.delete_events = delete_by_id(words, tables.events, tables.submissions);
    statements.delete_problems = delete_by_id(words, tables.problems, tables.submissions);
    statements.delete_loads = delete_by_id(words, tables.loads, tables.submissions);
    statements.insert_events = insert(words, tables.events, tables.submissions);
    statements.insert_problems = insert(words, tables.problems, tables.submissions);
    statements.insert_loads = insert_loads(words, tables);
    statements.refused_states = refused_states(words, tables);
    const char* const deletion = delete_refused(words, tables);
    statements.delete_refused = has_column(tables.problems, "status") ? deletion : nullptr;
    statements.delete_refused_state =
        psprintf("%s AND t.value::pg_catalog.text OPERATOR(pg_catalog.=)", deletion);
}

// ---- words ----

/// The row that load_rows gives, or its first two columns.
void add_rows(Words& words, const Tables& tables) {
    const char* const id = column_type(tables.submissions, "id");
    words.add("id", id);
    const char* const ids = psprintf("%s.load_rows() AS b (\"position\" pg_catalog.int4, id %s)",
                                     words.fill("{extension}"), id);
    words.add("batch", ids);
    words.add("gone_rows", psprintf("%s.load_rows() AS g (\"position\" pg_catalog.int4, id %s)",
                                    words.fill("{extension}"), id));
    words.add("rows",
              psprintf("%s.load_rows() AS r (\"position\" pg_catalog.int4, id %s, form_id %s,"
                       " form_name pg_catalog.text, user_id %s, user_full_name pg_catalog.text,"
                       " date_created %s, processed_on pg_catalog.timestamptz,"
                       " has_user pg_catalog.bool, source pg_catalog.text,"
                       " responses_hash pg_catalog.bytea, form_hash pg_catalog.bytea,"
                       " row_hash pg_catalog.bytea, events pg_catalog.int4,"
                       " problems pg_catalog.int4)",
                       words.fill("{extension}"), id, column_type(tables.submissions, "form_id"),
                       column_type(tables.submissions, "user_id"),
                       column_type(tables.submissions, "date_created")));
}

/// Whether there are submissions of form f. Nodes can be asked no question for each form.
constexpr const char* is_used_here = "EXISTS (SELECT FROM {submissions} AS r WHERE {r=f})";
const char* is_used_on_shards(Words words, const Equality& equality) {
    words.add("left", equality.left_cast);
    words.add("equals", equality.operation);
    words.add("right", equality.right_cast);
    return words.fill(
        "f.id{right} {equals} ANY (SELECT DISTINCT r.form_id{left} FROM {submissions} AS r)");
}

void add_comparisons(Words& words, const Tables& tables) {
    const Table& submissions = tables.submissions;
    const Equality ids = require_equality(submissions, "id", submissions, "id");
    const Equality loads = require_equality(submissions, "id", tables.loads, "submission_id");
    words.add("r=b", compare(ids, "r.id", "b.id"));
    words.add("l=b", compare(loads, "b.id", "l.submission_id"));
    words.add("l=r", compare(loads, "r.id", "l.submission_id"));
    words.add("r=f", compare(require_equality(submissions, "form_id", tables.forms, "id"),
                             "r.form_id", "f.id"));
    words.add("r=u", compare(require_equality(submissions, "user_id", tables.users, "id"),
                             "r.user_id", "u.id"));
}

/// The tree of a form, a jsonb of any JSON; JSON null if jsonb cannot hold it.
const char* form_document(const char* extension, const Table& forms) {
    const char* const document = is_json(forms, "schema")
                                     ? psprintf(
                                           "coalesce(%s.jsonb_or_null(f.schema::"
                                           "pg_catalog.json), 'null'::pg_catalog.jsonb)",
                                           extension)
                                     : "f.schema::pg_catalog.jsonb";
    return has_column(forms, "dialect")
               ? psprintf(
                     "CASE WHEN f.dialect IS NULL THEN %s ELSE %s.form_from(%s,"
                     " f.dialect::pg_catalog.text) END",
                     document, extension, document)
               : document;
}

/// The columns of forms that not all tables of forms have.
void add_form_columns(Words& words, const Table& forms) {
    const bool has_dialect = has_column(forms, "dialect");
    words.add("form_columns", psprintf("%s%s", has_metadata(forms) ? ", f.metadata" : "",
                                       has_dialect ? ", f.dialect" : ""));
    words.add("form_dialect", has_dialect ? "f.dialect::pg_catalog.text" : "NULL::pg_catalog.text");
    words.add("form_flag", has_metadata(forms)
                               ? "CASE WHEN f.id IS DISTINCT FROM NULL THEN f.metadata IS TRUE END"
                               : "CASE WHEN f.id IS DISTINCT FROM NULL THEN false END");
}

Words words_of(const LoadRequest& request, const Tables& tables, LoadPlace place,
               const char* extension) {
    Words words;
    words.add("extension", quote_identifier(extension));
    words.add("source", psprintf("%s::pg_catalog.text COLLATE pg_catalog.\"C\"",
                                 quote_literal_cstr(request.schemas.app)));
    words.add("forms", tables.forms.qualified());
    words.add("users", tables.users.qualified());
    words.add("submissions", tables.submissions.qualified());
    words.add("problems", tables.problems.qualified());
    words.add("loads", tables.loads.qualified());
    words.add("full_name",
              "CASE WHEN u.given_name IS NOT NULL OR u.family_name IS NOT NULL"
              " THEN pg_catalog.concat_ws(' ', u.given_name, u.family_name) END");
    words.add("dialects", psprintf("'%s'::pg_catalog.text[]", list_dialects()));
    words.add("form_document", form_document(quote_identifier(extension), tables.forms));
    words.add("is_form_of_name", is_form_of_name);
    words.add("is_refused", is_refused);
    words.add("is_of_source", words.fill(is_of_source));
    add_form_columns(words, tables.forms);
    words.add("known_document", words.fill(known_document));
    words.add("examined", words.fill(examined));
    add_rows(words, tables);
    add_comparisons(words, tables);
    add_kept(words, tables);
    words.add("joined", words.fill(joined));
    words.add("is_used",
              place == LoadPlace::here
                  ? words.fill(is_used_here)
                  : is_used_on_shards(words, require_equality(tables.submissions, "form_id",
                                                              tables.forms, "id")));
    if (request.has_since) {
        require_dates(tables.submissions);
    }
    add_filters(words, filters_of(request, words, tables, place));
    words.add("new_candidates", words.fill(new_candidates));
    words.add("changed_candidates", words.fill(changed_candidates));
    return words;
}

// ---- what the target has ----

ValueType value_type(const Table& table, const char* column) {
    ValueType type{};
    type.oid = type_of_column(table, column);
    get_typlenbyval(type.oid, &type.length, &type.is_by_value);
    return type;
}

/// The compared columns by table and name, so that a column which is added later makes a
/// difference.
const char* names_of_compared(const Tables& tables) {
    StringInfoData names;
    initStringInfo(&names);
    for (const Table* const table : {&tables.events, &tables.problems}) {
        for (const char* const column : compared_columns) {
            if (is_written(*table, column)) {
                appendStringInfo(&names, "%s,", column);
            }
        }
        appendStringInfoChar(&names, ';');
    }
    return names.data;
}

TargetFacts target_of(const Tables& tables) {
    TargetFacts facts{};
    facts.demands_user_id = demands_value(tables.events, "user_id");
    facts.user_must_exist = is_referencing(tables.events, "user_id");
    facts.problems_user_must_exist = is_referencing(tables.problems, "user_id");
    facts.demands_full_name = demands_value(tables.events, "user_full_name");
    facts.columns = names_of_compared(tables);
    note_written(facts);
    return facts;
}

void describe_target(LoadStatements& statements, const Tables& tables) {
    statements.events = tables.events;
    statements.problems = tables.problems;
    statements.id = value_type(tables.submissions, "id");
    statements.form_id = value_type(tables.submissions, "form_id");
    statements.user_id = value_type(tables.submissions, "user_id");
    statements.created = value_type(tables.submissions, "date_created");
    statements.has_json_documents = is_json(tables.submissions, "responses");
    statements.has_json_forms = is_json(tables.forms, "schema");
    statements.events_come_back = comes_back(tables.events);
    statements.problems_come_back = comes_back(tables.problems);
    statements.target = target_of(tables);
}

}  // namespace

const char* compare(const Equality& equality, const char* left, const char* right) {
    return psprintf("%s%s %s %s%s", left, equality.left_cast, equality.operation, right,
                    equality.right_cast);
}

const char* insert_from(Words words, const Table& table, const char* id, const char* source) {
    words.add("table", table.qualified());
    words.add("columns", column_list(table));
    words.add("values", value_list(table, id));
    words.add("source_of_events", source);
    return words.fill("INSERT INTO {table} ({columns}) SELECT {values} FROM {source_of_events}");
}

const char* date_for_ledger(const Tables& tables) {
    Oid from = type_of_column(tables.submissions, "date_created");
    Oid to = type_of_column(tables.loads, "submission_created");
    return can_coerce_type(1, &from, &to, COERCION_ASSIGNMENT) ? "r.date_created" : "NULL";
}

LoadStatements load_statements(const LoadRequest& request, const char* extension) {
    const Tables tables = find_tables(request.schemas);
    const LoadPlace place = place_of(tables);
    require_sources(tables);
    require_table(tables.events);
    require_event_table(tables.events, request.mode);
    require_event_table(tables.problems, request.mode);
    require_loads(tables.loads, request.mode);
    LoadStatements statements{};
    statements.place = place;
    describe_target(statements, tables);
    for (const Table* const table : {&tables.events, &tables.problems}) {
        require_source_types(*table, tables.submissions);
        require_own_types(*table);
    }
    require_ledger_types(tables.loads, tables.submissions);
    if (request.mode == LoadMode::changed) {
        require_refused_rows(tables.problems);
    }
    if (place == LoadPlace::shards) {
        require_right(tables.loads, nullptr, ACL_UPDATE, "UPDATE");
    }
    require_statuses(tables, statements.has_json_documents,
                     statements.target.demands_user_id || statements.target.demands_full_name);
    const Words words = words_of(request, tables, place, extension);
    require_answer_types(tables.events, words);
    require_answer_types(tables.problems, words);
    require_values_of_parts(tables.events, words);
    const Table* const sources[] = {&tables.submissions, &tables.forms, &tables.users};
    for (int i = 0; i < static_cast<int>(lengthof(sources)); ++i) {
        statements.duplicates[i] = duplicates_of(*sources[i]);
    }
    write_search(statements, request, words, tables);
    if (place == LoadPlace::shards) {
        statements.distributed = distributed_statements(words, tables, text_of(statements.target));
    } else {
        write_batch(statements, words, tables);
    }
    return statements;
}

}  // namespace onetrip::postgres
