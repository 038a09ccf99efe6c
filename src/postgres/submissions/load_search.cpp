// Does the work before the first batch of a load: the refusals that need the data, and the search
// for candidates. Knows nothing of how they are loaded.

#include "postgres/submissions/load_search.hpp"

#include "postgres/server/subtransaction.hpp"

extern "C" {
#include "utils/portal.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"
}

namespace onetrip::postgres {

namespace {

constexpr int parameter_count = 2;

/// $1 and $2 of the search.
struct Parameters {
    Oid types[parameter_count];
    Datum values[parameter_count];
    char nulls[parameter_count + 1];
};

Parameters parameters_of(const LoadRequest& request) {
    Parameters parameters{{TEXTOID, TIMESTAMPTZOID}, {}, "  "};
    if (request.form_name == nullptr) {
        parameters.nulls[0] = 'n';
    } else {
        parameters.values[0] = CStringGetTextDatum(request.form_name);
    }
    if (request.has_since) {
        parameters.values[1] = TimestampTzGetDatum(request.since);
    } else {
        parameters.nulls[1] = 'n';
    }
    return parameters;
}

/// An error of the server is raised in other words: a view may compute something of an answer.
template <typename Body>
void run_hidden(const Load& load, Body&& body) {
    const ErrorData* const error = error_of(body);
    if (error != nullptr) {
        raise_load_error(load, error, nullptr);
    }
}

void run_search(const Load& load, const char* query, long rows) {
    run_hidden(load, [&] {
        Parameters parameters = parameters_of(load.request);
        const int result = SPI_execute_with_args(psprintf("%s %s", statement_mark, query),
                                                 parameter_count, parameters.types,
                                                 parameters.values, parameters.nulls, true, rows);
        if (result < 0) {
            elog(ERROR, "could not search: %s", SPI_result_code_string(result));
        }
    });
}

NullableDatum fetched(std::uint64_t row, int column) {
    NullableDatum value{};
    value.value =
        SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &value.isnull);
    return value;
}

const char* fetched_text(int column) {
    const char* const text = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);
    return text == nullptr ? "NULL" : text;
}

long long fetched_count(int column) {
    return static_cast<long long>(DatumGetInt64(fetched(0, column).value));
}

// ---- forms ----

const char* names_of_forms(const Load& load) {
    run_search(load, load.statements.form_names, 0);
    StringInfoData names;
    initStringInfo(&names);
    for (std::uint64_t i = 0; i < SPI_processed; ++i) {
        appendStringInfo(&names, "%s\"%s\"", i == 0 ? "" : ", ",
                         SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
    }
    const long long count = SPI_processed == 0 ? 0 : fetched_count(2);
    if (count > static_cast<long long>(SPI_processed)) {
        appendStringInfo(&names, " and %lld more", count - static_cast<long long>(SPI_processed));
    }
    return names.data;
}

void require_form(const Load& load) {
    if (load.request.form_name == nullptr) {
        return;
    }
    run_search(load, load.statements.form_versions, 1);
    if (SPI_processed > 0) {
        return;
    }
    const char* const names = names_of_forms(load);
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_OBJECT),
             errmsg("form \"%s\" does not exist in schema \"%s\"", load.request.form_name,
                    load.request.schemas.app),
             names[0] == '\0' ? errhint("There are no forms.") : errhint("Forms are %s.", names)));
}

bool finds(const Load& load, const char* query) {
    run_search(load, query, 1);
    return SPI_processed > 0;
}

/// A form in a dialect that nobody knows cannot be read.
void refuse_dialects(const Load& load) {
    const Dialects& dialects = load.statements.dialects;
    if (dialects.any != nullptr && finds(load, dialects.any) && finds(load, dialects.used)) {
        refuse_dialect(fetched_text(2), fetched_text(1));
    }
}

// ---- ids ----

void refuse_duplicates(const Load& load) {
    for (const Check& check : load.statements.duplicates) {
        if (check.query == nullptr) {
            continue;
        }
        run_search(load, check.query, 1);
        if (SPI_processed == 0) {
            continue;
        }
        if (fetched(0, 1).isnull) {
            ereport(ERROR, (errcode(ERRCODE_NOT_NULL_VIOLATION),
                            errmsg("table %s has a row whose id is null", check.table),
                            errhint("Delete the row or give it an id, and make column \"id\" the "
                                    "primary key.")));
        }
        ereport(
            ERROR,
            (errcode(ERRCODE_UNIQUE_VIOLATION),
             errmsg("table %s has id %s more than once", check.table, fetched_text(1)),
             errdetail("Each submission, form and user must have an id of its own."),
             errhint("Delete the others, or give them ids of their own, and make column \"id\" the "
                     "primary key.")));
    }
}

void refuse_foreign(const Load& load) {
    run_search(load, load.statements.foreign, 1);
    if (SPI_processed > 0) {
        const char* const app = load.request.schemas.app;
        ereport(
            ERROR,
            (errcode(ERRCODE_UNIQUE_VIOLATION),
             errmsg("%lld submissions of schema \"%s\" were loaded from schema \"%s\"",
                    fetched_count(3), app, fetched_text(2)),
             errdetail("One of them is %s.", fetched_text(1)),
             errhint("Load schemas with the same ids into different schemas. If the schema was "
                     "renamed, update column source of %s.",
                     quote_qualified_identifier(load.request.schemas.dwh, "submission_loads"))));
    }
}

void refuse_ids(const Load& load, bool has_foreign) {
    refuse_duplicates(load);
    if (has_foreign) {
        refuse_foreign(load);
    }
}

/// The rows of other sources, or of none, in the ledger.
struct Ledger {
    long long unsourced;
    long long foreign;
    NullableDatum last_processed;
};

Ledger read_ledger(const Load& load) {
    run_search(load, load.statements.ledger_summary, 0);
    return {fetched_count(1), fetched_count(2), fetched(0, 3)};
}

/// Rows of 0.1 that the source shows become its own.
Ledger take_unsourced(Load& load) {
    Ledger ledger = read_ledger(load);
    if (ledger.unsourced > 0 && load.statements.may_take) {
        run_hidden(load, [&] { run_statement(load.statements.take); });
        ledger.unsourced -= static_cast<long long>(SPI_processed);
    }
    if (ledger.unsourced > 0) {
        ereport(NOTICE,
                (errmsg("%lld rows of %s have no source: they are never removed", ledger.unsourced,
                        quote_qualified_identifier(load.request.schemas.dwh, "submission_loads"))));
    }
    if (!ledger.last_processed.isnull) {
        load.last_processed = DatumGetTimestampTz(ledger.last_processed.value);
    }
    return ledger;
}

/// Everything about forms.
void begin_search(Load& load) {
    load.is_searching = true;
    load.state.search_began = load.started;
    ereport(NOTICE,
            (errmsg("search: looking for submissions in schema \"%s\"", load.request.schemas.app)));
    require_form(load);
    refuse_dialects(load);
}

// ---- what is gone ----

/// The gone ones become what load_rows gives to the query of candidates.
void find_gone(Load& load) {
    LoadState& state = load.state;
    if (load.request.mode == LoadMode::only_new || load.request.removals == Removals::none) {
        return;
    }
    run_search(load, load.statements.gone, 0);
    const auto count = static_cast<int>(SPI_processed);
    auto* const submissions = static_cast<Submission*>(palloc0(Max(count, 1) * sizeof(Submission)));
    auto* const selected = static_cast<int*>(palloc(Max(count, 1) * sizeof(int)));
    for (int i = 0; i < count; ++i) {
        submissions[i].id = fetched(i, 1).value;
        selected[i] = i;
    }
    state.submissions = submissions;
    state.submission_count = count;
    state.selected = selected;
    state.selected_count = count;
    if (count > 0) {
        run_search(load, load.statements.loaded, 0);
        refuse_removals(load, count, fetched_count(1));
    }
}

// ---- candidates ----

/// Its rows are kept, in files past work_mem, when the transaction ends, as those of a FOR loop in
/// PL/pgSQL are, and go with an error.
void open_candidates(Load& load) {
    run_hidden(load, [&] {
        Parameters parameters = parameters_of(load.request);
        load.candidates = SPI_cursor_open_with_args(
            nullptr, psprintf("%s %s", statement_mark, load.statements.candidates), parameter_count,
            parameters.types, parameters.values, parameters.nulls, true, CURSOR_OPT_NO_SCROLL);
        PinPortal(load.candidates);
    });
    const Oid type = TupleDescAttr(load.candidates->tupDesc, 0)->atttypid;
    if (getBaseType(type) != getBaseType(load.statements.id.oid)) {
        refuse_altered_columns();
    }
}

void report_candidates(const Load& load) {
    const double seconds =
        static_cast<double>(GetCurrentTimestamp() - load.started) / USECS_PER_SEC;
    if (load.request.mode == LoadMode::changed) {
        ereport(NOTICE, (errmsg("search: %lld submissions to look at, %lld loaded ones compared in "
                                "%.1f s",
                                static_cast<long long>(load.candidate_count),
                                static_cast<long long>(load.state.searched), seconds)));
    } else {
        ereport(NOTICE, (errmsg("search: %lld submissions to load, found in %.1f s",
                                static_cast<long long>(load.candidate_count), seconds)));
    }
}

/// Everything at one snapshot: what is removed is what the guard has counted. The commit runs the
/// query of candidates.
void find_candidates(Load& load, bool has_foreign) {
    PushActiveSnapshot(GetTransactionSnapshot());
    refuse_ids(load, has_foreign);
    find_gone(load);
    open_candidates(load);
    PopActiveSnapshot();
    run_hidden(load, [] { SPI_commit(); });
}

}  // namespace

void refuse_removals(const Load& load, long long gone, long long loaded) {
    constexpr long long few = 100;
    constexpr long long share = 10;
    const bool are_all = loaded > 1 && gone == loaded;
    const bool are_many = gone > few && gone * share > loaded;
    if (load.request.removals == Removals::guarded && (are_all || are_many)) {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("%lld of %lld loaded submissions are gone from schema \"%s\"", gone,
                               loaded, load.request.schemas.app),
                        errdetail("Mode \"changed\" would remove what was loaded of them."),
                        errhint("If it should not, load with removals => 'none'; if they have been "
                                "deleted, with removals => 'all'.")));
    }
}

void check_source(Load& load) {
    begin_search(load);
    const Ledger ledger = take_unsourced(load);
    refuse_ids(load, ledger.foreign > 0);
}

void search(Load& load) {
    begin_search(load);
    const Ledger ledger = take_unsourced(load);
    find_candidates(load, ledger.foreign > 0);
    load.candidate_count = tuplestore_tuple_count(load.candidates->holdStore);
    load.is_searching = false;
    report_candidates(load);
}

}  // namespace onetrip::postgres
