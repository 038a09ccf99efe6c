#pragma once

#include "postgres/submissions/submission_relations.hpp"

namespace onetrip::postgres {

/// Makes all six tables. ERRORs if one is there, or a schema is not.
void create_submission_tables(const SubmissionSchemas& schemas);

/// Makes response_event_problems and submission_loads if they are missing, whose ids have the types
/// of form_responses, and adds the columns that a ledger of an older version lacks. The caller
/// holds the lock that keeps other loaders away.
void create_missing_load_tables(const SubmissionSchemas& schemas);

}  // namespace onetrip::postgres
