// Decides how much an error of a load may say: never an answer. Knows nothing of batches.

#include "postgres/submissions/load_batch.hpp"

#include <algorithm>
#include <iterator>

namespace onetrip::postgres {

namespace {

template <std::size_t count>
bool is_of_class(int sqlstate, const int (&classes)[count]) {
    return std::any_of(std::begin(classes), std::end(classes), [sqlstate](int known) {
        return ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_TO_CATEGORY(known);
    });
}

/// Classes and codes whose messages in the server's own code are of names, sizes and processes.
/// All others may quote a value: bad data does (22), and so does the input function of any type,
/// with whatever SQLSTATE it likes (tsquery: 42601).
bool is_safe_class(int sqlstate) {
    constexpr int classes[] = {
        MAKE_SQLSTATE('2', '3', '0', '0', '0'), MAKE_SQLSTATE('2', '5', '0', '0', '0'),
        MAKE_SQLSTATE('4', '0', '0', '0', '0'), MAKE_SQLSTATE('4', '4', '0', '0', '0'),
        MAKE_SQLSTATE('5', '3', '0', '0', '0'), MAKE_SQLSTATE('5', '4', '0', '0', '0'),
        MAKE_SQLSTATE('5', '5', '0', '0', '0'), MAKE_SQLSTATE('5', '7', '0', '0', '0')};
    return is_of_class(sqlstate, classes) || sqlstate == ERRCODE_STRING_DATA_RIGHT_TRUNCATION;
}

bool is_of(const ErrorData* error, const char* file) {
    return error->filename != nullptr && std::strcmp(error->filename, file) == 0;
}

bool is_raised_by(const ErrorData* error, const char* function) {
    return error->funcname != nullptr && std::strcmp(error->funcname, function) == 0;
}

/// A node of Citus, or a server of postgres_fdw, that does not answer.
bool is_of_connection(const ErrorData* error) {
    return ERRCODE_TO_CATEGORY(error->sqlerrcode) == MAKE_SQLSTATE('0', '8', '0', '0', '0') &&
           (is_of(error, "connection.c") || is_raised_by(error, "ReportConnectionError"));
}

/// Whether an error is a missing right or a foreign server that does not answer, raised by the
/// server's own code. Elsewhere, both errors quote what a function was given: pg_read_file its
/// path, dblink the name of a connection, and a constraint may give them the answer.
bool is_of_safe_origin(const ErrorData* error) {
    if (error->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE) {
        return is_of(error, "aclchk.c") || is_of(error, "rls.c") || is_of(error, "execMain.c");
    }
    return is_of_connection(error);
}

/// Skips the line that Citus puts before the statement if the error is a node's.
const char* after_node(const char* context) {
    constexpr const char* of_node = "while executing command on ";
    const char* const end = std::strchr(context, '\n');
    return end != nullptr && std::strncmp(context, of_node, std::strlen(of_node)) == 0 ? end + 1
                                                                                       : context;
}

/// Whether the context has no more than the one line that SPI adds for a statement of ours:
/// functions add theirs, in whatever language messages are, here or on a node.
bool is_of_our_statement(const ErrorData* error) {
    if (error->context == nullptr) {
        return true;
    }
    const char* const context = after_node(error->context);
    return std::strchr(context, '\n') == nullptr && std::strstr(context, statement_mark) != nullptr;
}

const char* what_was_loaded(const Load& load, const char* submission) {
    if (load.is_searching) {
        return psprintf("schema %s", load.request.schemas.app);
    }
    return submission != nullptr ? psprintf("submission %s", submission)
                                 : psprintf("batch %lld of submissions",
                                            static_cast<long long>(load.totals.batches) + 1);
}

/// Whether the message has no answer in it.
bool is_safe(const ErrorData* error) {
    return (is_safe_class(error->sqlerrcode) || is_of_safe_origin(error)) &&
           is_of_our_statement(error);
}

/// Raises the error of a load that is one transaction: an error that keeps one answer out keeps all
/// out.
[[noreturn]] void raise_rollback(const Load& load, const ErrorData* error, bool is_shown) {
    const char* const app = load.request.schemas.app;
    ereport(ERROR,
            (errcode(error->sqlerrcode),
             is_shown ? errmsg_internal("%s", error->message)
                      : errmsg("could not load schema %s on its nodes", app),
             is_shown ? 0
                      : errdetail("The server's message of SQLSTATE %s is not shown, since it may "
                                  "quote an answer.",
                                  unpack_sql_state(error->sqlerrcode)),
             errhint("Tables that Citus distributes are loaded as a whole or not at all, and "
                     "nothing was loaded. If this is about an answer, form_name and since narrow "
                     "down in which submission it is: correct it, or what does not take it."),
             errcontext("loading schema %s", app)));
    pg_unreachable();
}

}  // namespace

bool is_refusal(int sqlstate) {
    constexpr int others[] = {
        MAKE_SQLSTATE('0', '8', '0', '0', '0'), MAKE_SQLSTATE('2', '5', '0', '0', '0'),
        MAKE_SQLSTATE('4', '0', '0', '0', '0'), MAKE_SQLSTATE('5', '3', '0', '0', '0'),
        MAKE_SQLSTATE('5', '5', '0', '0', '0'), MAKE_SQLSTATE('5', '7', '0', '0', '0'),
        MAKE_SQLSTATE('5', '8', '0', '0', '0'), MAKE_SQLSTATE('X', 'X', '0', '0', '0')};
    return !is_of_class(sqlstate, others) && sqlstate != ERRCODE_INSUFFICIENT_PRIVILEGE &&
           sqlstate != ERRCODE_STATEMENT_TOO_COMPLEX;
}

void raise_load_error(const Load& load, const ErrorData* error, const char* submission) {
    const char* const what = what_was_loaded(load, submission);
    if (is_of(error, "load_errors.cpp")) {
        ereport(ERROR, (errcode(error->sqlerrcode), errmsg_internal("%s", error->message),
                        error->detail != nullptr ? errdetail_internal("%s", error->detail) : 0,
                        error->hint != nullptr ? errhint("%s", error->hint) : 0,
                        errcontext("loading %s", what)));
    }
    const bool is_shown = is_safe(error);
    if (load.statements.place == LoadPlace::shards && is_refusal(error->sqlerrcode)) {
        raise_rollback(load, error, is_shown);
    }
    if (is_shown) {
        ereport(ERROR, (errcode(error->sqlerrcode), errmsg_internal("%s", error->message),
                        errcontext("loading %s", what)));
    }
    ereport(ERROR, (errcode(error->sqlerrcode), errmsg("could not load %s", what),
                    errdetail("The server's message of SQLSTATE %s is not shown, since it may "
                              "quote an answer.",
                              unpack_sql_state(error->sqlerrcode))));
    pg_unreachable();
}

void refuse_dialect(const char* dialect, const char* form) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("unrecognized dialect of a form: \"%s\"", dialect),
                    errdetail("It is that of form \"%s\".", form),
                    errhint("Valid values are NULL and the dialects of form_from. Use form_name => "
                            "to load only another form.")));
    pg_unreachable();
}

void refuse_altered_columns() {
    ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                    errmsg("the type of a column has changed while submissions were loaded"),
                    errhint("Another call continues where this one stopped.")));
    pg_unreachable();
}

}  // namespace onetrip::postgres
