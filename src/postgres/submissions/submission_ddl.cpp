// The tables that onetrip makes of submissions and their events. Knows nothing of what is loaded.

#include "postgres/submissions/submission_ddl.hpp"

#include "postgres/submissions/distributed_tables.hpp"
#include "postgres/submissions/id_columns.hpp"
#include "postgres/submissions/submission_words.hpp"

namespace onetrip::postgres {

namespace {

constexpr const char* app_tables =
    "CREATE TABLE {app}.form_schemas ("
    " id pg_catalog.uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),"
    " name pg_catalog.text NOT NULL,"
    " version pg_catalog.text NOT NULL DEFAULT '',"
    " description pg_catalog.text,"
    " schema pg_catalog.jsonb NOT NULL,"
    " dialect pg_catalog.text,"
    " metadata pg_catalog.bool NOT NULL DEFAULT false,"
    " UNIQUE (name, version));"
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
    "COMMENT ON COLUMN {app}.form_schemas.dialect IS"
    " 'the form system that the schema is written for; NULL: as onetrip reads it';"
    "COMMENT ON COLUMN {app}.form_schemas.metadata IS"
    " 'whether answers to questions of nodeType metadata are loaded';"
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
    " source pg_catalog.text,"
    " form_id {form_id},"
    " submission_created pg_catalog.timestamptz,"
    " responses_hash pg_catalog.bytea,"
    " form_hash pg_catalog.bytea,"
    " row_hash pg_catalog.bytea,"
    " events pg_catalog.int4 NOT NULL,"
    " problems pg_catalog.int4 NOT NULL,"
    " processed_on pg_catalog.timestamptz NOT NULL);"
    "COMMENT ON TABLE {table} IS 'what load_response_events has loaded: it looks here first';"
    "COMMENT ON COLUMN {table}.source IS 'the schema that the submission was loaded from';"
    "COMMENT ON COLUMN {table}.responses_hash IS"
    " 'sha256 of the jsonb text; NULL if the submission could not be loaded';"
    "COMMENT ON COLUMN {table}.row_hash IS"
    " 'hash of what else was written of form and user; NULL: to be loaded again by mode changed';";

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

// ---- a ledger of 0.1 ----

/// `ALTER TABLE … ADD COLUMN …` of what the ledger lacks; nullptr if it lacks nothing.
const char* missing_columns(const Table& loads, const char* form_id_type) {
    const Word columns[] = {{"source", "pg_catalog.text"},
                            {"form_id", form_id_type},
                            {"submission_created", "pg_catalog.timestamptz"},
                            {"row_hash", "pg_catalog.bytea"}};
    StringInfoData statement;
    initStringInfo(&statement);
    for (const Word& column : columns) {
        if (!has_column(loads, column.name)) {
            appendStringInfo(&statement, "%s ADD COLUMN %s %s", statement.len == 0 ? "" : ",",
                             column.name, column.text);
        }
    }
    return statement.len == 0 ? nullptr
                              : psprintf("ALTER TABLE %s%s", loads.qualified(), statement.data);
}

void add_missing_columns(const Table& loads, const char* form_id_type) {
    const char* const statement = missing_columns(loads, form_id_type);
    if (statement == nullptr) {
        return;
    }
    if (!is_owner_of(loads.relation, GetUserId())) {
        ereport(ERROR,
                (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                 errmsg("must be owner of table %s to add columns to it", loads.name),
                 errdetail("It was made by an older version, and lacks columns that this one "
                           "writes."),
                 errhint("Its owner can add them with %s;", statement)));
    }
    run_ddl(statement);
}

/// `before` has the tables as they were before some were made.
void distribute_made(const SubmissionSchemas& schemas, const Tables& before) {
    const Tables tables = find_tables(schemas);
    if (!before.problems.exists()) {
        distribute_like(tables, tables.problems);
    }
    if (!before.loads.exists()) {
        distribute_like(tables, tables.loads);
    }
}

}  // namespace

void create_submission_tables(const SubmissionSchemas& schemas) {
    Tables tables = find_tables(schemas);
    // The server's own error says what is there already, also for these two.
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
    const LoadPlace place = place_of(tables);
    require_comparable(tables.submissions, "id");
    Words words;
    words.add("id", column_type(tables.submissions, "id"));
    const char* const form_id_type = column_type(tables.submissions, "form_id");
    words.add("form_id", form_id_type);
    words.add("user_id", column_type(tables.submissions, "user_id"));
    if (!tables.problems.exists() || !tables.loads.exists()) {
        require_schema(schemas.dwh, {"CREATE"});
    }
    create_load_tables(words, tables);
    if (place == LoadPlace::shards) {
        distribute_made(schemas, tables);
    }
    if (tables.loads.exists()) {
        add_missing_columns(tables.loads, form_id_type);
    }
}

}  // namespace onetrip::postgres
