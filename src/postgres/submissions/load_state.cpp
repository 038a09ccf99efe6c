// The submissions of a batch: what is hashed and compared. Knows nothing of statements and
// transactions.

#include "postgres/submissions/load_state.hpp"

#include "postgres/server/argument_bytes.hpp"
#include "postgres/server/json_documents.hpp"
#include "postgres/submissions/form_trees.hpp"

namespace onetrip::postgres {

namespace {

// ---- forms ----

/// The bytes of the column as they came: a form out of line is recognised by its TOAST pointer. One
/// that is not there is like one that is NULL. The dialect is put before them, if there is one.
std::string_view bytes_of_form(const Submission& submission) {
    const std::string_view schema =
        submission.schema.isnull ? std::string_view() : argument_bytes(submission.schema.value);
    if (submission.dialect.isnull) {
        return schema;
    }
    const std::string_view dialect =
        characters_of(PG_DETOAST_DATUM_PACKED(submission.dialect.value));
    auto* const bytes = static_cast<char*>(palloc(dialect.size() + 1 + schema.size()));
    std::memcpy(bytes, dialect.data(), dialect.size());
    bytes[dialect.size()] = '\0';
    std::memcpy(bytes + dialect.size() + 1, schema.data(), schema.size());
    return {bytes, dialect.size() + 1 + schema.size()};
}

void free_bytes(std::string_view bytes, const Submission& submission) {
    if (!submission.dialect.isnull) {
        pfree(const_cast<char*>(bytes.data()));
    }
}

/// The key by which a form is known: its bytes, or their hash if there are many.
std::string_view key_of(std::string_view bytes, std::uint8_t (&hash)[hash_size]) {
    if (bytes.size() <= hash_size) {
        return bytes;
    }
    hash_bytes_of(bytes.data(), bytes.size(), hash);
    return {reinterpret_cast<const char*>(hash), hash_size};
}

/// The form's tree. JSON null in the place of json that jsonb cannot hold: a form without
/// questions.
const varlena* form_document(const LoadState& state, const Submission& submission) {
    const varlena* document = document_or_null(submission.schema, state.statements->has_json_forms);
    if (document == nullptr) {
        document = document_or_null({Datum{0}, true}, false);
    }
    return submission.dialect.isnull
               ? document
               : tree_of_form(document, DatumGetTextPP(submission.dialect.value));
}

LoadedForm* find_form(LoadState& state, const Submission& submission, std::string_view bytes) {
    if (LoadedForm* const found = call_cpp([&] { return state.forms->find_recent(bytes); })) {
        return found;
    }
    std::uint8_t room[hash_size];
    const std::string_view key = key_of(bytes, room);
    if (LoadedForm* const found = call_cpp([&] { return state.forms->find(key); })) {
        return found;
    }
    std::uint8_t hash[hash_size];
    hash_document(form_document(state, submission), hash);
    return call_cpp([&] { return state.forms->add(key, hash); });
}

LoadedForm* form_of(LoadState& state, const Submission& submission) {
    const std::string_view bytes = bytes_of_form(submission);
    LoadedForm* const form = find_form(state, submission, bytes);
    free_bytes(bytes, submission);
    return form;
}

CompiledForm* compiled_form_of(LoadState& state, LoadedForm* form, const Submission& submission) {
    if (form->compiled == nullptr) {
        const jsonb::Value document = document_of(form_document(state, submission));
        const std::string_view bytes = bytes_of_form(submission);
        call_cpp([&] { state.forms->compile(*form, document, bytes); });
        free_bytes(bytes, submission);
    }
    return form->compiled.get();
}

// ---- row_hash ----

void append_value(StringInfo to, NullableDatum value, const ValueType& type) {
    if (value.isnull) {
        appendStringInfoChar(to, 'n');
        return;
    }
    const char* bytes = reinterpret_cast<const char*>(&value.value);
    int size = sizeof(Datum);
    if (!type.is_by_value && type.length == -1) {
        const std::string_view data = characters_of(PG_DETOAST_DATUM_PACKED(value.value));
        bytes = data.data();
        size = static_cast<int>(data.size());
    } else if (!type.is_by_value) {
        bytes = static_cast<const char*>(DatumGetPointer(value.value));
        size = type.length > 0 ? type.length : static_cast<int>(std::strlen(bytes));
    }
    appendStringInfo(to, "%d ", size);
    appendBinaryStringInfo(to, bytes, size);
}

/// A foreign key makes NULL of the id of a user that does not exist, in the table that has the key.
void append_user_id(StringInfo to, const Submission& submission, const LoadStatements& statements) {
    append_value(to, submission.user_id, statements.user_id);
    if (submission.has_user || submission.user_id.isnull) {
        return;
    }
    if (statements.target.user_must_exist) {
        appendStringInfoChar(to, 'e');
    }
    if (statements.target.problems_user_must_exist) {
        appendStringInfoChar(to, 'p');
    }
}

/// Hashes the columns of form and user that are written, as they are stored: no setting of the
/// session changes that. `problem` is in the hash since a problem may take the place of another.
void hash_row(const LoadState& state, Submission& submission) {
    constexpr ValueType text_type = {TEXTOID, -1, false};
    const LoadStatements& statements = *state.statements;
    const TargetFacts& target = statements.target;
    StringInfoData row;
    initStringInfo(&row);
    appendStringInfoString(&row, target.columns);
    if (target.writes_form_id) {
        append_value(&row, submission.form_id, statements.form_id);
    }
    if (target.writes_form_name) {
        append_value(&row, submission.form_name, text_type);
    }
    if (target.writes_user_id) {
        append_user_id(&row, submission, statements);
    }
    if (target.writes_full_name) {
        append_value(&row, submission.full_name, text_type);
    }
    if (target.writes_created) {
        append_value(&row, submission.created, statements.created);
    }
    const char with_form = submission.has_metadata ? 'm' : 'f';
    appendStringInfo(&row, "%c%c%s", submission.has_form ? with_form : '-',
                     submission.has_user ? 'u' : '-', status_of(submission.problem));
    hash_bytes_of(row.data, static_cast<std::size_t>(row.len), submission.row_hash);
    pfree(row.data);
}

bool lacks_user(const TargetFacts& target, const Submission& submission) {
    const bool has_id =
        !submission.user_id.isnull && (submission.has_user || !target.user_must_exist);
    return (target.demands_user_id && !has_id) ||
           (target.demands_full_name && submission.full_name.isnull);
}

/// Hashes a submission and finds what is wrong with it. Its document, with its form, or nullptr if
/// it has a problem.
const varlena* examine(LoadState& state, Submission& submission, LoadedForm*& form) {
    const varlena* const document = judge_submission(state, submission);
    if (document != nullptr) {
        hash_document(document, submission.responses_hash);
        form = form_of(state, submission);
        std::memcpy(submission.form_hash, form->hash, hash_size);
    }
    hash_row(state, submission);
    submission.is_examined = true;
    return document;
}

/// A hash of the ledger's, or none, which is like none.
bool is_same(NullableDatum loaded, const std::uint8_t (&hash)[hash_size], bool has_hash) {
    if (loaded.isnull || !has_hash) {
        return loaded.isnull && !has_hash;
    }
    const std::span<const std::uint8_t> bytes = bytes_of(DatumGetByteaPP(loaded.value));
    return bytes.size() == hash_size && std::memcmp(bytes.data(), hash, hash_size) == 0;
}

/// The document of a submission, which has been hashed then; nullptr if it has a problem.
const varlena* document_for_events(LoadState& state, Submission& submission, LoadedForm*& form) {
    if (!submission.is_examined) {
        return examine(state, submission, form);
    }
    if (submission.problem != Problem::none) {
        return nullptr;
    }
    form = form_of(state, submission);
    return submission.document != nullptr
               ? submission.document
               : document_or_null(submission.responses, state.statements->has_json_documents);
}

}  // namespace

const char* status_of(Problem problem) {
    switch (problem) {
        case Problem::none:
            return "";
        case Problem::not_jsonb:
            return "not_jsonb";
        case Problem::no_user:
            return "no_user";
        case Problem::refused:
            return "refused";
    }
    return "";
}

const varlena* judge_submission(const LoadState& state, Submission& submission) {
    const LoadStatements& statements = *state.statements;
    const varlena* const document =
        document_or_null(submission.responses, statements.has_json_documents);
    submission.problem = Problem::none;
    if (document == nullptr) {
        submission.problem = Problem::not_jsonb;
    } else if (lacks_user(statements.target, submission)) {
        submission.problem = Problem::no_user;
    }
    return submission.problem == Problem::none ? document : nullptr;
}

const varlena* examine_submission(LoadState& state, Submission& submission) {
    LoadedForm* form = nullptr;
    return examine(state, submission, form);
}

void keep_document(LoadState& state, Submission& submission, const varlena* document) {
    constexpr std::size_t most_bytes = std::size_t{32} << 20;
    const std::size_t size = VARSIZE_ANY(document);
    if (!state.statements->has_json_documents || submission.document != nullptr ||
        state.kept + size > most_bytes) {
        return;
    }
    void* const copy = MemoryContextAlloc(state.memory, size);
    std::memcpy(copy, document, size);
    submission.document = static_cast<const varlena*>(copy);
    state.kept += size;
}

ReadySubmission make_ready(LoadState& state, Submission& submission) {
    LoadedForm* form = nullptr;
    const varlena* const document = document_for_events(state, submission, form);
    if (document == nullptr) {
        return {nullptr, nullptr};
    }
    return {document, compiled_form_of(state, form, submission)};
}

bool differs_from_loaded(const Submission& submission) {
    const bool is_flat = submission.problem == Problem::none;
    return !is_same(submission.loaded_row_hash, submission.row_hash, true) ||
           !is_same(submission.loaded_responses_hash, submission.responses_hash, is_flat) ||
           !is_same(submission.loaded_form_hash, submission.form_hash, is_flat);
}

bool are_examined_types(const LoadStatements& statements, const Oid* types) {
    const Oid document = statements.has_json_documents ? JSONOID : JSONBOID;
    const Oid form = statements.has_json_forms ? JSONOID : JSONBOID;
    const Oid expected[examined_count] = {statements.form_id.oid,
                                          statements.user_id.oid,
                                          statements.created.oid,
                                          document,
                                          BOOLOID,
                                          TEXTOID,
                                          form,
                                          BOOLOID,
                                          TEXTOID,
                                          BYTEAOID,
                                          BYTEAOID,
                                          BYTEAOID,
                                          TEXTOID};
    for (int i = 0; i < examined_count; ++i) {
        if (types[i] != expected[i] && getBaseType(types[i]) != expected[i]) {
            return false;
        }
    }
    return true;
}

void take_examined(Submission& submission, const NullableDatum* values) {
    submission.form_id = values[0];
    submission.user_id = values[1];
    submission.created = values[2];
    submission.responses = values[3];
    submission.has_form = !values[4].isnull;
    submission.has_metadata = submission.has_form && DatumGetBool(values[4].value);
    submission.form_name = values[5];
    submission.schema = values[6];
    submission.has_user = !values[7].isnull && DatumGetBool(values[7].value);
    submission.full_name = values[8];
    submission.loaded_responses_hash = values[9];
    submission.loaded_form_hash = values[10];
    submission.loaded_row_hash = values[11];
    submission.dialect = values[12];
}

}  // namespace onetrip::postgres
