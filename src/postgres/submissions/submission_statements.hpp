#pragma once

#include "postgres/submissions/distributed_statements.hpp"
#include "postgres/submissions/distributed_tables.hpp"
#include "postgres/submissions/id_columns.hpp"
#include "postgres/submissions/submission_relations.hpp"
#include "postgres/submissions/submission_words.hpp"
#include "postgres/submissions/target_facts.hpp"

namespace onetrip::postgres {

enum class Removals { guarded, none, all };

/// The arguments of load_response_events.
struct LoadRequest {
    SubmissionSchemas schemas;
    LoadMode mode;
    int batch_size;
    const char* form_name;  ///< NULL: of all forms
    bool has_since;
    TimestampTz since;
    Removals removals;
};

/// A type, as far as its values are copied.
struct ValueType {
    Oid oid;
    std::int16_t length;
    bool is_by_value;
};

/// A query, and whether there is anything to ask.
struct Check {
    const char* query;  ///< nullptr if the catalog has the answer
    const char* table;
};

/// Queries of the name and dialect of a form that cannot be read; nullptr if forms have no dialect.
struct Dialects {
    const char* any;
    const char* used;  ///< that has submissions, which costs more to find
};

/// The statements that load_response_events runs (submissions.md, chapter 3). Plain data,
/// palloc'ed. Everything in the statements is qualified, operators included: the caller's
/// search_path means nothing. The loader's own data come into them by its function load_rows, so
/// that no type is left out: an array cannot be an element of an array.
struct LoadStatements {
    LoadPlace place;
    Table events;
    Table problems;
    ValueType id;       ///< of form_responses
    ValueType form_id;  ///< likewise
    ValueType user_id;
    ValueType created;
    bool has_json_documents;
    bool has_json_forms;

    // ---- what the target demands and has ----

    bool events_come_back;  ///< each row that a statement inserts, if the table has taken it
    bool problems_come_back;
    TargetFacts target;

    // ---- before the first batch; $1 is the name of the form, $2 the date ----

    const char* form_versions;  ///< `SELECT` a row for each form of that name
    const char* form_names;     ///< `SELECT name` of the first forms, and how many there are
    Dialects dialects;
    const char* ledger_summary;  ///< without source, of other sources, last processed_on
    const char* take;            ///< gives rows without a source the name of this one
    bool may_take;
    const char* foreign;  ///< `SELECT id, source, count` of a submission of another source
    Check duplicates[3];  ///< `SELECT id` of one that is there twice, or NULL
    const char* gone;     ///< `SELECT submission_id` that the source does not show
    const char* loaded;   ///< how many the ledger has of what may be gone
    /// `SELECT id, kind`: what has to be loaded or replaced, and what load_rows has, which is gone.
    const char* candidates;

    // ---- of a batch ----

    const char* ids;  ///< `SELECT id`, of which the type alone is of interest
    /// Fetches the columns that examine_submission takes (load_state.hpp) of the submissions that
    /// load_rows names.
    const char* fetch;
    const char* delete_events;
    const char* delete_problems;
    const char* delete_loads;
    const char* insert_events;
    const char* insert_problems;
    const char* insert_loads;
    // ---- rows of status refused, of the submissions that load_rows names ----

    const char* refused_states;        ///< `SELECT` their SQLSTATEs
    const char* delete_refused;        ///< nullptr if other rows may look like them
    const char* delete_refused_state;  ///< those of one, whose literal follows

    DistributedStatements distributed;  ///< in the place of batches, on the nodes of Citus
};

/// The comparison of two expressions, of the columns that the equality is of.
const char* compare(const Equality& equality, const char* left, const char* right);

/// `INSERT` of events: `source` has r, the submission as load_rows gives it, and e, an event; `id`
/// is what is written as its id.
const char* insert_from(Words words, const Table& table, const char* id, const char* source);

/// The value of r for the ledger's submission_created; NULL for a date that is of another kind.
const char* date_for_ledger(const Tables& tables);

/// ERRORs if a schema, table or column is missing, of a type that cannot be, or may not be read or
/// written, with what to do. `extension` is the schema of the extension's functions.
LoadStatements load_statements(const LoadRequest& request, const char* extension);

}  // namespace onetrip::postgres
