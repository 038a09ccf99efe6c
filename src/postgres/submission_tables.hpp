#pragma once

#include "postgres/server.hpp"

namespace onetrip::postgres {

/// Where the tables of submissions are: names as they are, not quoted.
struct SubmissionSchemas {
    const char* app;  ///< form_schemas, users, form_responses
    const char* dwh;  ///< response_events, response_event_problems, submission_loads
};

enum class LoadMode { only_new, changed };

/// What load_response_events runs (submissions.md, chapter 3). Plain data, palloc'ed. Everything in
/// the statements is qualified, operators included: the caller's search_path means nothing.
/// Parameter $1 is always an array of submission ids.
struct LoadStatements {
    Oid id_type;        ///< of form_responses.id
    Oid id_array_type;  ///< of an array of them

    /// `SELECT id`: what has to be loaded, replaced or removed; no parameters, in no order.
    const char* candidates;
    /// Of those ids the ones that still have to be, in the order of the ids: id, is_present,
    /// is_loaded, problem (why it cannot be flattened, or NULL), responses_hash and form_hash (NULL
    /// where there is a problem).
    const char* examine;

    const char* delete_events;
    const char* delete_problems;
    const char* delete_loads;

    /// count_event hears of every row.
    const char* insert_events;
    /// Everything that flatten_submission does not call ok.
    const char* insert_problems;
    /// One row for each submission that cannot be flattened; $2 is its problem (text[]).
    const char* insert_unloadable;
    /// $2 to $5: responses_hash, form_hash (bytea[]), events, problems (int[]).
    const char* insert_loads;
};

/// Makes all six tables. ERRORs where one is there, or a schema is not.
void create_submission_tables(const SubmissionSchemas& schemas);

/// Makes response_event_problems and submission_loads where they are missing; their ids have the
/// types of form_responses. To be called with the lock that keeps other loaders away.
void create_missing_load_tables(const SubmissionSchemas& schemas);

/// ERRORs where a schema, table or column is missing, of a type that cannot be, or may not be read
/// or written, with what to do. `extension` is the schema of the extension's functions.
LoadStatements load_statements(const SubmissionSchemas& schemas, const char* extension,
                               LoadMode mode);

/// The Oid of the schema. ERRORs where it is missing or may not be used.
Oid require_schema(const char* schema);

}  // namespace onetrip::postgres
