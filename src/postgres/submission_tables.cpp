#include "postgres/submission_tables.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "nodes/makefuncs.h"
#include "storage/lockdefs.h"
#include "utils/fmgrprotos.h"
#include "utils/rls.h"
}

namespace onetrip::postgres {

namespace {

// ---- SQL with names in it ----

/// What stands for `{name}` in a pattern.
struct Word {
    const char* name;
    const char* text;
};

/// Words are looked up by a linear search: a pattern has few, and is filled once a call.
class Words {
  public:
    void add(const char* name, const char* text) {
        Assert(size_ < lengthof(words_));
        words_[size_++] = {name, text};
    }

    /// The pattern with every `{name}` that is a word replaced; other braces stay. palloc'ed.
    const char* fill(const char* pattern) const {
        StringInfoData filled;
        initStringInfo(&filled);
        while (*pattern != '\0') {
            const Word* const word = *pattern == '{' ? word_at(pattern + 1) : nullptr;
            if (word == nullptr) {
                appendStringInfoChar(&filled, *pattern++);
            } else {
                appendStringInfoString(&filled, word->text);
                pattern += std::strlen(word->name) + 2;
            }
        }
        return filled.data;
    }

  private:
    const Word* word_at(const char* name) const {
        for (std::size_t i = 0; i < size_; ++i) {
            const std::size_t length = std::strlen(words_[i].name);
            if (std::strncmp(name, words_[i].name, length) == 0 && name[length] == '}') {
                return &words_[i];
            }
        }
        return nullptr;
    }

    Word words_[32];
    std::size_t size_ = 0;
};

// ---- tables and columns ----

struct Table {
    const char* schema;
    const char* name;
    Oid relation;  ///< InvalidOid where there is none

    bool exists() const { return OidIsValid(relation); }
    const char* qualified() const { return quote_qualified_identifier(schema, name); }
};

struct Tables {
    Table forms;
    Table users;
    Table submissions;
    Table events;
    Table problems;
    Table loads;
};

/// Locked as the statements will lock it: what is looked up of the table until then stays true,
/// whatever DDL was under way.
Table find_table(const char* schema, const char* name) {
    require_schema(schema);
    RangeVar* const wanted = makeRangeVar(pstrdup(schema), pstrdup(name), -1);
    return {schema, name, RangeVarGetRelid(wanted, AccessShareLock, true)};
}

Tables find_tables(const SubmissionSchemas& schemas) {
    return {find_table(schemas.app, "form_schemas"),
            find_table(schemas.app, "users"),
            find_table(schemas.app, "form_responses"),
            find_table(schemas.dwh, "response_events"),
            find_table(schemas.dwh, "response_event_problems"),
            find_table(schemas.dwh, "submission_loads")};
}

void require_table(const Table& table) {
    if (!table.exists()) {
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_TABLE),
                 errmsg("table \"%s\" does not exist in schema \"%s\"", table.name, table.schema),
                 errhint("Make all tables with create_submission_tables.")));
    }
}

AttrNumber require_column(const Table& table, const char* column) {
    const AttrNumber number = get_attnum(table.relation, column);
    if (number <= 0) {
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_COLUMN),
                 errmsg("column \"%s\" of table %s does not exist", column, table.qualified()),
                 errdetail("Submissions cannot be loaded without it."),
                 errhint("Tables made by create_submission_tables have all columns.")));
    }
    return number;
}

Oid type_of_column(const Table& table, const char* column) {
    return get_atttype(table.relation, require_column(table, column));
}

const char* type_name(Oid type) {
    return format_type_extended(type, -1, FORMAT_TYPE_FORCE_QUALIFY);
}

/// What the catalog says of a column that is there.
FormData_pg_attribute attribute_of(const Table& table, const char* column) {
    const HeapTuple tuple = SearchSysCacheAttName(table.relation, column);
    const FormData_pg_attribute attribute = *reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
    ReleaseSysCache(tuple);
    return attribute;
}

bool has_column(const Table& table, const char* column) {
    return get_attnum(table.relation, column) > 0;
}

bool demands_value(const Table& table, const char* column) {
    return has_column(table, column) && attribute_of(table, column).attnotnull;
}

// ---- what may be refused ----

const char* current_user() {
    return quote_identifier(GetUserNameFromId(GetUserId(), false));
}

/// `column` is NULL where the right cannot be had for a column.
void require_right(const Table& table, const char* column, AclMode mode, const char* right) {
    const Oid user = GetUserId();
    if (pg_class_aclcheck(table.relation, user, mode) == ACLCHECK_OK ||
        (column != nullptr &&
         pg_attribute_aclcheck(table.relation, get_attnum(table.relation, column), user, mode) ==
             ACLCHECK_OK)) {
        return;
    }
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("permission denied for table %s", table.name),
                    errhint("Grant it with GRANT %s ON %s TO %s.", right, table.qualified(),
                            current_user())));
}

void require_readable(const Table& table, const char* column) {
    require_column(table, column);
    require_right(table, column, ACL_SELECT, "SELECT");
}

/// Rows that a policy hides would look like submissions that are gone, or were never loaded.
void refuse_row_security(const Table& table) {
    if (check_enable_rls(table.relation, InvalidOid, true) == RLS_ENABLED) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("row-level security may hide rows of table %s", table.qualified()),
                        errdetail("What cannot be seen would count as missing or as not loaded."),
                        errhint("Load as the owner of the table or as a role with BYPASSRLS.")));
    }
}

[[noreturn]] void refuse_type(const Table& table, const char* column, const char* wanted) {
    ereport(ERROR,
            (errcode(ERRCODE_DATATYPE_MISMATCH),
             errmsg("column \"%s\" of table %s must have the type %s", column, table.qualified(),
                    wanted),
             errdetail("It has the type %s.", format_type_be(type_of_column(table, column)))));
    pg_unreachable();
}

/// Whether a column of documents is json, which must be converted, and not jsonb.
bool is_json(const Table& table, const char* column) {
    const Oid type = getBaseType(type_of_column(table, column));
    if (type != JSONBOID && type != JSONOID) {
        refuse_type(table, column, "jsonb or json");
    }
    return type == JSONOID;
}

/// An answer that its column does not take must not be shown by the error of a conversion, so that
/// there is none.
void require_text(const Table& table, const char* column) {
    char category = '\0';
    bool is_preferred = false;
    get_type_category_preferred(type_of_column(table, column), &category, &is_preferred);
    if (category != TYPCATEGORY_STRING) {
        refuse_type(table, column, "text");
    }
}

// ---- the columns of an event ----

/// r is the submission with its form and user, e the event.
constexpr Word event_columns[] = {
    {"form_id", "r.form_id"},
    {"form_name", "r.form_name"},
    {"user_id", "r.user_id"},
    {"user_full_name", "r.user_full_name"},
    {"submission_id", "r.id"},
    {"submission_created", "r.date_created"},
    {"processed_on", "pg_catalog.now()"},
    {"schema_path", "e.schema_path"},
    {"idx", "e.idx"},
    {"value", "e.value"},
    {"answer_type", "e.answer_type"},
    {"tag", "e.tag"},
    {"ord", "e.ord"},
    {"status", "e.status"},
};

bool is_written(const Table& table, const Word& column) {
    return has_column(table, column.name) && attribute_of(table, column.name).attgenerated == '\0';
}

/// The columns of an event that the table has.
const char* column_list(const Table& table) {
    StringInfoData list;
    initStringInfo(&list);
    for (const Word& column : event_columns) {
        if (is_written(table, column)) {
            appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", column.name);
        }
    }
    return list.data;
}

/// Their values. Text becomes a value of an enum by a cast alone; elsewhere the assignment does it,
/// since a cast would cut what is too long.
const char* value_list(const Table& table) {
    StringInfoData list;
    initStringInfo(&list);
    for (const Word& column : event_columns) {
        if (is_written(table, column)) {
            const Oid type = type_of_column(table, column.name);
            appendStringInfo(&list, "%s%s", list.len == 0 ? "" : ", ", column.text);
            if (type_is_enum(getBaseType(type))) {
                appendStringInfo(&list, "::%s", type_name(type));
            }
        }
    }
    return list.data;
}

void require_event_table(const Table& table, LoadMode mode) {
    for (const char* const column : {"submission_id", "schema_path", "value"}) {
        require_column(table, column);
    }
    require_text(table, "value");
    refuse_row_security(table);
    for (const Word& column : event_columns) {
        if (is_written(table, column)) {
            require_right(table, column.name, ACL_INSERT, "INSERT");
        }
    }
    if (mode == LoadMode::changed) {
        require_readable(table, "submission_id");
        require_right(table, nullptr, ACL_DELETE, "DELETE");
    }
}

void require_loads(const Table& table, LoadMode mode) {
    refuse_row_security(table);
    for (const char* const column :
         {"submission_id", "responses_hash", "form_hash", "events", "problems", "processed_on"}) {
        require_readable(table, column);
        require_right(table, column, ACL_INSERT, "INSERT");
    }
    if (mode == LoadMode::changed) {
        require_right(table, nullptr, ACL_DELETE, "DELETE");
    }
}

void require_sources(const Tables& tables) {
    for (const Table* const table : {&tables.forms, &tables.users, &tables.submissions}) {
        require_table(*table);
        refuse_row_security(*table);
        require_readable(*table, "id");
    }
    require_readable(tables.forms, "name");
    require_readable(tables.forms, "schema");
    require_readable(tables.users, "given_name");
    require_readable(tables.users, "family_name");
    for (const char* const column : {"form_id", "user_id", "responses", "date_created"}) {
        require_readable(tables.submissions, column);
    }
}

// ---- the statements ----

/// A jsonb of any JSON, NULL where jsonb cannot hold it: \u0000 is one such text.
const char* document_of(const char* extension, const char* column, bool is_json) {
    return is_json ? psprintf("%s.jsonb_or_null(%s::pg_catalog.json)", quote_identifier(extension),
                              column)
                   : column;
}

/// Why a submission cannot be flattened or may not be loaded; NULL where it can.
const char* problem_of(const Tables& tables, bool is_json) {
    StringInfoData cases;
    initStringInfo(&cases);
    if (is_json) {
        appendStringInfoString(
            &cases, " WHEN r.responses IS NOT NULL AND {document} IS NULL THEN 'not_jsonb'");
    }
    if (demands_value(tables.events, "user_id")) {
        appendStringInfoString(&cases, " WHEN r.user_id IS NULL THEN 'no_user'");
    }
    if (demands_value(tables.events, "user_full_name")) {
        appendStringInfoString(&cases, " WHEN {full_name} IS NULL THEN 'no_user'");
    }
    return cases.len == 0 ? "NULL::pg_catalog.text" : psprintf("CASE%s END", cases.data);
}

/// sha256 of the text of a jsonb, in the database's encoding: no conversion that could fail.
const char* hash_of(const char* document) {
    return psprintf(
        "pg_catalog.sha256(pg_catalog.convert_to(coalesce(%s, 'null'::pg_catalog.jsonb)"
        "::pg_catalog.text, pg_catalog.getdatabaseencoding()))",
        document);
}

/// Of a form that is not there, as of one that is JSON null: it knows no question.
constexpr const char* hash_of_null = "pg_catalog.sha256('null')";

/// The submissions of a source with what is known of them; {source} joins r and l.
constexpr const char* compared =
    "WITH form AS MATERIALIZED ("
    "SELECT f.id, {form_hash} AS hash FROM {forms} AS f{used_forms}) "
    "SELECT s.id, s.is_present, s.is_loaded, s.problem, s.responses_hash, s.form_hash FROM ("
    "SELECT {id} AS id, r.id IS NOT NULL AS is_present, l.submission_id IS NOT NULL AS is_loaded,"
    " l.responses_hash AS loaded_responses, l.form_hash AS loaded_form, p.problem,"
    " CASE WHEN p.problem IS NULL THEN {document_hash} END AS responses_hash,"
    " CASE WHEN p.problem IS NULL THEN coalesce(f.hash, {null_hash}) END AS form_hash"
    " FROM {source}"
    " LEFT JOIN form AS f ON f.id {=} r.form_id"
    " LEFT JOIN {users} AS u ON u.id {=} r.user_id"
    " CROSS JOIN LATERAL (SELECT {problem} AS problem) AS p{of_interest} OFFSET 0) AS s"
    " WHERE {condition}";

constexpr const char* is_new = " WHERE r.id IS NOT NULL AND l.submission_id IS NULL";
/// NULL is the hash of what has a problem, and like itself.
constexpr const char* is_changed =
    "CASE WHEN NOT s.is_present OR NOT s.is_loaded THEN true ELSE NOT ("
    "coalesce(s.loaded_responses {=} s.responses_hash,"
    " s.loaded_responses IS NULL AND s.responses_hash IS NULL)"
    " AND coalesce(s.loaded_form {=} s.form_hash,"
    " s.loaded_form IS NULL AND s.form_hash IS NULL)) END"
    " AND (s.is_present OR s.is_loaded)";

constexpr const char* new_candidates =
    "SELECT r.id FROM {submissions} AS r WHERE NOT EXISTS ("
    "SELECT FROM {loads} AS l WHERE l.submission_id {=} r.id)";

constexpr const char* all_submissions =
    "{submissions} AS r FULL JOIN {loads} AS l ON l.submission_id {=} r.id";
constexpr const char* ids_of_batch =
    "ROWS FROM (pg_catalog.unnest($1)) WITH ORDINALITY AS b (batch_id, position)";

constexpr const char* submissions_of_batch =
    "(SELECT b.batch_id, r.id, r.form_id, r.user_id, r.responses FROM {batch}"
    " LEFT JOIN {looked_up_submission} ORDER BY b.position OFFSET 0) AS r"
    " LEFT JOIN {looked_up_load}";
constexpr const char* forms_of_batch =
    " WHERE f.id {=} ANY (SELECT r.form_id FROM {batch} JOIN {looked_up_submission})";

/// Looked up one by one by their keys: a planner that compares the cost of a scan would scan the
/// whole for each batch until the tables are large. Without a key it has the choice.
constexpr const char* submission_by_key =
    "LATERAL (SELECT r.id, r.form_id, r.user_id, r.date_created, r.responses"
    " FROM {submissions} AS r WHERE r.id {=} b.batch_id OFFSET 0) AS r ON true";
constexpr const char* submission_by_join = "{submissions} AS r ON r.id {=} b.batch_id";
constexpr const char* load_by_key =
    "LATERAL (SELECT l.submission_id, l.responses_hash, l.form_hash"
    " FROM {loads} AS l WHERE l.submission_id {=} r.batch_id OFFSET 0) AS l ON true";
constexpr const char* load_by_join = "{loads} AS l ON l.submission_id {=} r.batch_id";

/// In the order of the ids, so that a key that begins with them grows at one place, where it is
/// cheapest. A submission is joined and named once, before its events are made of it: OFFSET keeps
/// it apart.
constexpr const char* joined_submissions =
    "(SELECT b.*, f.name AS form_name, {full_name} AS user_full_name,"
    " coalesce(f.schema, {null}) AS form"
    " FROM (SELECT b.*, r.id, r.form_id, r.user_id, r.date_created, r.responses FROM {batch}"
    " JOIN {looked_up_submission} ORDER BY b.position OFFSET 0) AS b"
    " LEFT JOIN {form_table} AS f ON f.id {=} b.form_id"
    " LEFT JOIN {users} AS u ON u.id {=} b.user_id OFFSET 0) AS r";
constexpr const char* unloadable_of_batch =
    "ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) WITH ORDINALITY"
    " AS b (batch_id, problem, position)";
constexpr const char* flattened =
    "{extension}.flatten_submission(coalesce({document}, {null})::pg_catalog.jsonb,"
    " r.form::pg_catalog.jsonb, '{unknown,structure}'::pg_catalog.text[]) AS e";

const char* insert_events(Words words, const Table& table) {
    words.add("batch", ids_of_batch);
    words.add("joined", words.fill(joined_submissions));
    words.add("flattened", words.fill(flattened));
    words.add("columns", column_list(table));
    words.add("values", value_list(table));
    return words.fill(
        "{with_forms}INSERT INTO {events} ({columns}) SELECT {values} FROM {joined}, {flattened}"
        " WHERE {extension}.count_event(r.position, e.status)");
}

const char* insert_problems(Words words, const Table& table) {
    words.add("batch", ids_of_batch);
    words.add("joined", words.fill(joined_submissions));
    words.add("flattened", words.fill(flattened));
    words.add("columns", column_list(table));
    words.add("values", value_list(table));
    return words.fill(
        "{with_forms}INSERT INTO {problems} ({columns}) SELECT {values} FROM {joined}, {flattened}"
        " WHERE e.status OPERATOR(pg_catalog.<>) 'ok'");
}

const char* insert_unloadable(Words words, const Table& table) {
    words.add("batch", unloadable_of_batch);
    words.add("joined", words.fill(joined_submissions));
    words.add("columns", column_list(table));
    words.add("values", value_list(table));
    return words.fill(
        "{with_forms}INSERT INTO {problems} ({columns}) SELECT {values} FROM {joined},"
        " LATERAL (SELECT 0 AS ord, ''::pg_catalog.text AS schema_path,"
        " '{}'::pg_catalog.int4[] AS idx, NULL::pg_catalog.text AS value,"
        " NULL::pg_catalog.text AS answer_type, NULL::pg_catalog.text AS tag,"
        " r.problem AS status) AS e");
}

const char* delete_by_id(const Table& table) {
    return psprintf(
        "DELETE FROM %s AS t WHERE t.submission_id OPERATOR(pg_catalog.=) ANY ($1::%s[])",
        table.qualified(), type_name(getBaseType(type_of_column(table, "submission_id"))));
}

const char* candidates(Words words, LoadMode mode) {
    if (mode == LoadMode::only_new) {
        return words.fill(new_candidates);
    }
    words.add("used_forms", "");
    words.add("id", "coalesce(r.id, l.submission_id)");
    words.add("source", words.fill(all_submissions));
    words.add("of_interest", "");
    words.add("condition", words.fill(is_changed));
    words.add("compared", words.fill(compared));
    return words.fill("SELECT c.id FROM ({compared}) AS c");
}

const char* examine(Words words, LoadMode mode) {
    words.add("batch", ids_of_batch);
    words.add("used_forms", words.fill(forms_of_batch));
    words.add("id", "r.batch_id");
    words.add("source", words.fill(submissions_of_batch));
    words.add("of_interest", mode == LoadMode::only_new ? is_new : "");
    words.add("condition", mode == LoadMode::only_new ? "true" : words.fill(is_changed));
    words.add("compared", words.fill(compared));
    return words.fill("{compared} ORDER BY s.id");
}

/// Whether an index finds the rows of a value of this column.
bool has_key(const Table& table, const char* column) {
    SPI_execute(psprintf("SELECT FROM pg_catalog.pg_index AS i"
                         " WHERE i.indrelid OPERATOR(pg_catalog.=) %u"
                         " AND i.indkey[0] OPERATOR(pg_catalog.=) %d"
                         " AND i.indisunique AND i.indisvalid AND i.indpred IS NULL",
                         table.relation, require_column(table, column)),
                true, 1);
    return SPI_processed > 0;
}

/// What all statements share.
Words words_of(const Tables& tables, const char* extension) {
    const bool json_documents = is_json(tables.submissions, "responses");
    const bool json_forms = is_json(tables.forms, "schema");
    const char* const document = document_of(extension, "r.responses", json_documents);
    const char* const form = document_of(extension, "f.schema", json_forms);
    Words words;
    words.add("=", "OPERATOR(pg_catalog.=)");
    words.add("null", "'null'::pg_catalog.jsonb");
    words.add("extension", quote_identifier(extension));
    words.add("forms", tables.forms.qualified());
    words.add("users", tables.users.qualified());
    words.add("submissions", tables.submissions.qualified());
    words.add("events", tables.events.qualified());
    words.add("problems", tables.problems.qualified());
    words.add("loads", tables.loads.qualified());
    words.add("full_name",
              "CASE WHEN u.given_name IS NOT NULL OR u.family_name IS NOT NULL"
              " THEN pg_catalog.concat_ws(' ', u.given_name, u.family_name) END");
    words.add("document", document);
    words.add("document_hash", hash_of(document));
    words.add("form_hash", hash_of(form));
    words.add("null_hash", hash_of_null);
    words.add("problem", words.fill(problem_of(tables, json_documents)));
    words.add(
        "looked_up_submission",
        words.fill(has_key(tables.submissions, "id") ? submission_by_key : submission_by_join));
    words.add("looked_up_load",
              words.fill(has_key(tables.loads, "submission_id") ? load_by_key : load_by_join));
    // Forms that are json are converted once a batch, not once a submission.
    words.add("form_table", json_forms ? "form" : tables.forms.qualified());
    words.add("with_forms",
              json_forms ? psprintf("WITH form AS MATERIALIZED (SELECT f.id, f.name, %s AS schema"
                                    " FROM %s AS f) ",
                                    form, tables.forms.qualified())
                         : "");
    return words;
}

// ---- enums ----

[[noreturn]] void refuse_answer_type(const Table& table, Oid type, const char* answer_type,
                                     const char* form) {
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
/// would stop at it, so that it does not begin.
void require_answer_types(const Table& table, Words words) {
    const Oid type = has_column(table, "answer_type")
                         ? getBaseType(type_of_column(table, "answer_type"))
                         : InvalidOid;
    if (!type_is_enum(type)) {
        return;
    }
    words.add("enum", type_name(type));
    const char* const query = words.fill(
        "{with_forms}SELECT q.answer_type, f.name FROM {form_table} AS f,"
        " {extension}.form_questions(f.schema::pg_catalog.jsonb) AS q"
        " WHERE q.answer_type OPERATOR(pg_catalog.<>) ALL"
        " (pg_catalog.enum_range(NULL::{enum})::pg_catalog.text[])"
        " AND EXISTS (SELECT FROM {submissions} AS r WHERE r.form_id {=} f.id) LIMIT 1");
    SPI_execute(query, true, 1);
    if (SPI_processed > 0) {
        const HeapTuple row = SPI_tuptable->vals[0];
        refuse_answer_type(table, type, SPI_getvalue(row, SPI_tuptable->tupdesc, 1),
                           SPI_getvalue(row, SPI_tuptable->tupdesc, 2));
    }
}

// ---- DDL ----

constexpr const char* app_tables =
    "CREATE TABLE {app}.form_schemas ("
    " id pg_catalog.uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),"
    " name pg_catalog.text NOT NULL UNIQUE,"
    " description pg_catalog.text,"
    " schema pg_catalog.jsonb NOT NULL);"
    "CREATE TABLE {app}.users ("
    " id pg_catalog.uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),"
    " given_name pg_catalog.text,"
    " family_name pg_catalog.text);"
    "CREATE TABLE {app}.form_responses ("
    " id pg_catalog.uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),"
    " form_id pg_catalog.uuid NOT NULL REFERENCES {app}.form_schemas,"
    " user_id pg_catalog.uuid REFERENCES {app}.users,"
    " responses pg_catalog.jsonb NOT NULL,"
    " date_created pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now());"
    "CREATE INDEX ON {app}.form_responses (form_id);"
    "CREATE INDEX ON {app}.form_responses (user_id);"
    "COMMENT ON TABLE {app}.form_schemas IS 'forms: a tree of sections and questions each';"
    "COMMENT ON TABLE {app}.users IS 'who submits forms';"
    "COMMENT ON TABLE {app}.form_responses IS 'submissions of forms, a document each';";

/// {id}, {form_id}, {user_id} are types, {table} and {comment} the table's.
constexpr const char* event_table =
    "CREATE TABLE {table} ("
    " form_id {form_id},"
    " form_name pg_catalog.text,"
    " user_id {user_id},"
    " user_full_name pg_catalog.text,"
    " submission_id {id} NOT NULL,"
    " submission_created pg_catalog.timestamptz,"
    " processed_on pg_catalog.timestamptz NOT NULL,"
    " schema_path pg_catalog.text NOT NULL,"
    " idx pg_catalog.int4[] NOT NULL,"
    " value pg_catalog.text,"
    " answer_type pg_catalog.text,"
    " tag pg_catalog.text,"
    " ord pg_catalog.int4 NOT NULL,"
    " status pg_catalog.text NOT NULL,"
    " PRIMARY KEY (submission_id, ord));"
    "COMMENT ON TABLE {table} IS {comment};"
    "COMMENT ON COLUMN {table}.idx IS 'array indexes on the way to the answer, from 0';";

constexpr const char* loads_table =
    "CREATE TABLE {table} ("
    " submission_id {id} PRIMARY KEY,"
    " responses_hash pg_catalog.bytea,"
    " form_hash pg_catalog.bytea,"
    " events pg_catalog.int4 NOT NULL,"
    " problems pg_catalog.int4 NOT NULL,"
    " processed_on pg_catalog.timestamptz NOT NULL);"
    "COMMENT ON TABLE {table} IS 'what load_response_events has loaded: it looks here first';"
    "COMMENT ON COLUMN {table}.responses_hash IS"
    " 'sha256 of the jsonb text; NULL where the submission could not be loaded';";

void run_ddl(const char* statements) {
    const int result = SPI_execute(statements, false, 0);
    if (result < 0) {
        elog(ERROR, "could not make tables: %s", SPI_result_code_string(result));
    }
}

void create_table(const char* pattern, Words words, const Table& table, const char* comment) {
    words.add("table", table.qualified());
    words.add("comment", quote_literal_cstr(comment));
    run_ddl(words.fill(pattern));
}

void create_load_tables(const Words& words, const Tables& tables) {
    if (!tables.problems.exists()) {
        create_table(event_table, words, tables.problems,
                     "answers that are not what their form asks for, and why");
    }
    if (!tables.loads.exists()) {
        create_table(loads_table, words, tables.loads, "");
    }
}

}  // namespace

Oid require_schema(const char* schema) {
    const Oid oid = get_namespace_oid(schema, true);
    if (!OidIsValid(oid)) {
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_SCHEMA), errmsg("schema \"%s\" does not exist", schema),
                 errhint("Make it with CREATE SCHEMA %s.", quote_identifier(schema))));
    }
    const Datum may_use = DirectFunctionCall2(has_schema_privilege_id, ObjectIdGetDatum(oid),
                                              CStringGetTextDatum("USAGE"));
    if (!DatumGetBool(may_use)) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("permission denied for schema %s", schema),
                        errhint("Grant it with GRANT USAGE ON SCHEMA %s TO %s.",
                                quote_identifier(schema), current_user())));
    }
    return oid;
}

void create_submission_tables(const SubmissionSchemas& schemas) {
    Tables tables = find_tables(schemas);
    // What is there is told by the server's own error, also for these two.
    tables.problems.relation = InvalidOid;
    tables.loads.relation = InvalidOid;
    Words words;
    words.add("app", quote_identifier(schemas.app));
    words.add("id", "pg_catalog.uuid");
    words.add("form_id", "pg_catalog.uuid");
    words.add("user_id", "pg_catalog.uuid");
    run_ddl(words.fill(app_tables));
    create_table(event_table, words, tables.events,
                 "answers of submissions, a row each, for analysis");
    create_load_tables(words, tables);
}

void create_missing_load_tables(const SubmissionSchemas& schemas) {
    const Tables tables = find_tables(schemas);
    require_table(tables.submissions);
    Words words;
    words.add("id", type_name(type_of_column(tables.submissions, "id")));
    words.add("form_id", type_name(type_of_column(tables.submissions, "form_id")));
    words.add("user_id", type_name(type_of_column(tables.submissions, "user_id")));
    create_load_tables(words, tables);
}

LoadStatements load_statements(const SubmissionSchemas& schemas, const char* extension,
                               LoadMode mode) {
    const Tables tables = find_tables(schemas);
    require_sources(tables);
    require_table(tables.events);
    require_event_table(tables.events, mode);
    require_event_table(tables.problems, mode);
    require_loads(tables.loads, mode);
    const Words words = words_of(tables, extension);
    require_answer_types(tables.events, words);
    require_answer_types(tables.problems, words);
    LoadStatements statements{};
    statements.id_type = type_of_column(tables.submissions, "id");
    statements.id_array_type = get_array_type(statements.id_type);
    statements.candidates = candidates(words, mode);
    statements.examine = examine(words, mode);
    statements.delete_events = delete_by_id(tables.events);
    statements.delete_problems = delete_by_id(tables.problems);
    statements.delete_loads = delete_by_id(tables.loads);
    statements.insert_events = insert_events(words, tables.events);
    statements.insert_problems = insert_problems(words, tables.problems);
    statements.insert_unloadable = insert_unloadable(words, tables.problems);
    statements.insert_loads = psprintf(
        "INSERT INTO %s (submission_id, responses_hash, form_hash, events, problems, processed_on)"
        " SELECT b.id, b.responses, b.form, b.events, b.problems, pg_catalog.now()"
        " FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3),"
        " pg_catalog.unnest($4), pg_catalog.unnest($5))"
        " AS b (id, responses, form, events, problems)",
        tables.loads.qualified());
    return statements;
}

}  // namespace onetrip::postgres
