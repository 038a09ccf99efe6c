#pragma once

#include "postgres/submissions/load_documents.hpp"
#include "postgres/submissions/submission_statements.hpp"

namespace onetrip::postgres {

/// Why a submission cannot be flattened, or was not taken: the status of its one row of problems.
enum class Problem : std::uint8_t { none, not_jsonb, no_user, refused };

/// The word of a problem as the tables have it; empty for none.
const char* status_of(Problem problem);

/// A submission with its form, its user and its row in the ledger, as the statement `fetch` has
/// them. Values by reference point into the rows that SPI fetched.
struct Submission {
    Datum id;
    NullableDatum form_id;
    NullableDatum user_id;
    NullableDatum created;
    NullableDatum responses;
    const varlena* document;  ///< of json, as jsonb, if it has been kept; else nullptr
    bool has_form;
    bool has_metadata;  ///< answers to questions of nodeType metadata are written
    NullableDatum form_name;
    NullableDatum schema;
    bool has_user;
    NullableDatum full_name;
    NullableDatum loaded_responses_hash;
    NullableDatum loaded_form_hash;
    NullableDatum loaded_row_hash;
    NullableDatum dialect;  ///< of the form

    bool is_present;  ///< in the source
    bool is_loaded;   ///< in the ledger
    bool is_of_other_source;
    bool is_refused;  ///< by what the ledger says
    bool is_gone;     ///< was gone when the load began

    // ---- what the loader finds ----

    bool is_examined;
    Problem problem;
    const char* problem_value;  ///< a refused one's SQLSTATE
    std::int32_t problem_ord;   ///< of its row: 0, or below if a row that stays has it
    std::uint8_t responses_hash[hash_size];
    std::uint8_t form_hash[hash_size];
    std::uint8_t row_hash[hash_size];
    std::int32_t found_events;    ///< rows for response_events
    std::int32_t found_problems;  ///< rows for response_event_problems
    std::int32_t events;          ///< rows that response_events has taken
    std::int32_t problems;
};

class LoadedEvents;

enum class Stage { events, problems };

/// Counts a row that the table of the stage has taken.
inline void count_stored(Submission& submission, Stage stage) {
    ++(stage == Stage::events ? submission.events : submission.problems);
}

/// The state that the functions load_rows, load_events and load_change work on: SQL can hand them
/// no pointer. It is there while a statement of the loader's runs.
struct LoadState {
    const LoadStatements* statements;
    const char* source;
    LoadedForms* forms;
    SPITupleTable* fetched;  ///< what the submissions point into; SPI keeps it until it is freed
    Submission* submissions;
    int submission_count;
    const int* selected;  ///< positions, those that load_rows gives
    int selected_count;
    Stage stage;
    Submission* begun;     ///< whose rows are under way
    MemoryContext memory;  ///< of the part of a batch that is under way
    std::size_t kept;      ///< bytes of documents in it
    LoadedEvents* events;  ///< for rows that no statement inserts
    TimestampTz processed_on;
    std::int64_t searched;  ///< how many submissions load_change has seen
    TimestampTz search_began;
};

/// Makes the state known to those functions until `forget_load_state`. An error takes the memory of
/// the state, and with it this.
void use_load_state(LoadState* state);
void forget_load_state();

/// Finds what is wrong with a submission. Its document, nullptr if it has a problem.
const varlena* judge_submission(const LoadState& state, Submission& submission);

/// The same, and hashes it.
const varlena* examine_submission(LoadState& state, Submission& submission);

/// Keeps a document, if it was json and there is room: it is not parsed again for what comes of it.
void keep_document(LoadState& state, Submission& submission, const varlena* document);

/// The document of a submission with its form; nullptr if it has a problem.
struct ReadySubmission {
    const varlena* document;
    CompiledForm* form;
};

/// Examines a submission unless that has been done.
ReadySubmission make_ready(LoadState& state, Submission& submission);

/// Whether an examined submission is another than the ledger has.
bool differs_from_loaded(const Submission& submission);

inline constexpr int examined_count = 13;

/// Whether what `examined` selects has these types: those of the tables when the load began. Others
/// would be read as what they are not.
bool are_examined_types(const LoadStatements& statements, const Oid* types);

/// Fills what `examined` in submission_statements.cpp selects, from `first` on.
void take_examined(Submission& submission, const NullableDatum* values);

}  // namespace onetrip::postgres
