// Reads messages that other servers have encoded, and hands them to a MessageJob. Knows nothing of
// the job, and nothing of how the statement gets there.

#include "postgres/carousel/encoded_messages.hpp"

#include "postgres/carousel/foreign_sections.hpp"
#include "postgres/carousel/message_ids.hpp"
#include "postgres/carousel/message_problem.hpp"
#include "postgres/carousel/remote_plan.hpp"
#include "postgres/carousel/row_receiver.hpp"
#include "postgres/server/datums.hpp"
#include "postgres/server/subtransaction.hpp"

extern "C" {
#include "foreign/foreign.h"
#include "parser/parse_func.h"
}

namespace onetrip::postgres {

namespace {

/// The columns of encoded_query.
constexpr int count_column = 2;
constexpr int differ_column = 3;
constexpr int block_column = 4;
constexpr int encoded_column = 2;
constexpr int sections_after_problem = 3;

// ---- the functions ----

const char* qualified_name(const char* schema, const char* name) {
    return quote_qualified_identifier(schema, name);
}

/// False if the extension's objects are those of an older version.
bool find_functions(Oid caller, EncodingFunctions& functions) {
    char* const schema = get_namespace_name(get_func_namespace(caller));
    functions.layout_type =
        GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("section_layout"),
                        ObjectIdGetDatum(get_func_namespace(caller)));
    const Oid types[] = {functions.layout_type, OIDARRAYOID, ANYOID};
    const auto find = [&](const char* name) {
        return LookupFuncName(list_make2(makeString(schema), makeString(pstrdup(name))), 3, types,
                              true);
    };
    functions.message_sections = find("message_sections");
    functions.sections = qualified_name(schema, "message_sections");
    functions.problem = qualified_name(schema, "message_problem");
    functions.aggregate = qualified_name(schema, "section_agg");
    return OidIsValid(functions.message_sections) && OidIsValid(find("message_problem"));
}

// ---- the rows ----

struct EncodedReceiver : RowReceiver {
    MessageJob* job;
    const section::Plan* plan;
    Encoded form;
    MessageIds ids;
    bool has_message_twice;
};

void start_encoded(RowReceiver* self, TupleDesc descriptor) {
    start_message_ids(static_cast<EncodedReceiver*>(self)->ids, descriptor);
}

Message::Id id_of(const EncodedReceiver* receiver, TupleTableSlot* row, int column) {
    return {row->tts_values[column], row->tts_isnull[column], receiver->ids.ids[column].type};
}

/// Another server's answer may not be as expected, if its function is another one of the same name.
void require(TupleTableSlot* row, int column) {
    if (row->tts_isnull[column]) {
        ereport(ERROR,
                (errcode(ERRCODE_FDW_ERROR), errmsg("another server has encoded messages as null"),
                 errhint("It may have called other functions of the same names: check which schema "
                         "extension onetrip is in there.")));
    }
}

std::string_view sections_of(const EncodedReceiver* receiver, TupleTableSlot* row, int column) {
    require(row, column);
    const std::string_view sections =
        characters_of(PG_DETOAST_DATUM_PACKED(row->tts_values[column]));
    require_sections(sections, *receiver->plan);
    return sections;
}

void take_block(EncodedReceiver* receiver, TupleTableSlot* row) {
    require(row, count_column);
    receiver->job->take_encoded({id_of(receiver, row, 0),
                                 {Datum{0}, true, InvalidOid},
                                 DatumGetInt64(row->tts_values[count_column]),
                                 sections_of(receiver, row, block_column)});
}

void take_sections(EncodedReceiver* receiver, TupleTableSlot* row, int column) {
    receiver->job->take_encoded(
        {id_of(receiver, row, 0), id_of(receiver, row, 1), 1, sections_of(receiver, row, column)});
}

void take_problem(EncodedReceiver* receiver, TupleTableSlot* row) {
    CaughtError error = problem_from_array(row->tts_values[encoded_column]);
    receiver->job->take_problem({id_of(receiver, row, 0), id_of(receiver, row, 1), {}, false},
                                error);
}

void take_row(EncodedReceiver* receiver, TupleTableSlot* row) {
    switch (receiver->form) {
        case Encoded::blocks:
            take_block(receiver, row);
            return;
        case Encoded::messages:
            take_sections(receiver, row, encoded_column);
            return;
        default:
            if (!row->tts_isnull[encoded_column]) {
                take_problem(receiver, row);
            } else if (receiver->form == Encoded::messages_and_problems) {
                take_sections(receiver, row, sections_after_problem);
            }
    }
}

bool take_encoded(RowReceiver* self, TupleTableSlot* row) {
    auto* const receiver = static_cast<EncodedReceiver*>(self);
    if (receiver->form == Encoded::blocks) {
        require(row, differ_column);
    }
    receiver->has_message_twice =
        receiver->form == Encoded::blocks && !DatumGetBool(row->tts_values[differ_column]);
    if (!receiver->has_message_twice) {
        check_message_ids(receiver->ids, row);
        take_row(receiver, row);
    }
    return !receiver->has_message_twice;
}

EncodedReceiver make_receiver(const CarouselTables& tables, const section::Plan& plan, Encoded form,
                              MessageJob& job) {
    EncodedReceiver receiver{};
    begin_rows(receiver, start_encoded, take_encoded,
               make_memory_context(CurrentMemoryContext, "onetrip encoded messages"));
    receiver.job = &job;
    receiver.plan = &plan;
    receiver.form = form;
    receiver.ids = make_message_ids(tables);
    return receiver;
}

// ---- servers ----

bool lacks_functions(const ErrorData* error) {
    return error->sqlerrcode == ERRCODE_UNDEFINED_FUNCTION ||
           error->sqlerrcode == ERRCODE_UNDEFINED_OBJECT ||
           error->sqlerrcode == ERRCODE_UNDEFINED_SCHEMA;
}

/// Whether a foreign server has the functions: it is asked for next to no message. The trial runs
/// in a subtransaction, of which a parallel operation allows none.
bool has_functions(Oid server, const PlannedQuery& trial) {
    if (IsInParallelMode()) {
        return false;
    }
    DestReceiver* const nowhere = None_Receiver;
    ErrorData* const error = error_in_subtransaction([&] { run_query(trial, nowhere); });
    if (error != nullptr && !lacks_functions(error)) {
        ReThrowError(error);
    }
    if (error != nullptr) {
        ereport(NOTICE,
                (errmsg("server \"%s\" cannot encode messages: their rows are fetched",
                        GetForeignServer(server)->servername),
                 errdetail_internal("%s", error->message),
                 errhint("Install this version of extension onetrip there, in the same schema.")));
    }
    return error == nullptr;
}

/// The forms that serve a job, from the best one on.
struct Forms {
    int count;
    Encoded forms[2];
};

Forms forms_for(Encoded wanted) {
    if (wanted == Encoded::blocks) {
        return {2, {Encoded::blocks, Encoded::messages}};
    }
    return {wanted == Encoded::nothing ? 0 : 1, {wanted}};
}

/// The statement in this form, if other servers can be given it.
struct Statement {
    bool can_run;
    PlannedQuery query;
};

Statement statement_in(Encoded form, const CarouselRequest& request, const CarouselTables& tables,
                       const CarouselZone& zone, DateADT day, const EncodingFunctions& functions) {
    Statement statement{};
    if (!can_encode(tables, request.compiled->plan, form)) {
        return statement;
    }
    const auto plan = [&](bool is_trial) {
        return plan_encoding(encoded_query(tables, zone, request, day, form, functions, is_trial),
                             zone, functions, request.may_be_parallel);
    };
    statement.query = plan(false);
    const EncodingPlace place = place_of_encoding(statement.query.plan);
    statement.can_run = place.is_elsewhere &&
                        (!OidIsValid(place.server) || has_functions(place.server, plan(true)));
    return statement;
}

}  // namespace

EncodedRun take_encoded_messages(const CarouselRequest& request, const CarouselTables& tables,
                                 const CarouselZone& zone, DateADT day, MessageJob& job) {
    const Forms forms = forms_for(job.takes());
    EncodingFunctions functions{};
    if (forms.count == 0 || !is_elsewhere(tables.messages) ||
        !find_functions(request.function, functions)) {
        return EncodedRun::not_possible;
    }
    for (int i = 0; i < forms.count; ++i) {
        const Statement statement =
            statement_in(forms.forms[i], request, tables, zone, day, functions);
        if (statement.can_run) {
            EncodedReceiver receiver =
                make_receiver(tables, request.compiled->plan, forms.forms[i], job);
            run_query(statement.query, &receiver.receiver);
            MemoryContextDelete(receiver.ids.memory);
            MemoryContextDelete(receiver.row_context);
            return receiver.has_message_twice ? EncodedRun::has_message_twice : EncodedRun::done;
        }
    }
    return EncodedRun::not_possible;
}

}  // namespace onetrip::postgres
