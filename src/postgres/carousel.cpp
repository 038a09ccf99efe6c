#include "postgres/carousel.hpp"

#include "postgres/column_reader.hpp"

extern "C" {
#include "nodes/params.h"
#include "tcop/dest.h"
}

namespace onetrip::postgres {

namespace {

using section::Value;

/// How many columns stand before those of the slots: campagne id and message id.
constexpr int leading_columns = 2;

/// Takes the rows of the messages query one by one, from the executor's hands.
struct MessageReceiver {
    DestReceiver receiver;  // first: the executor knows nothing but this
    MessageJob* job;
    const std::vector<section::Slot>* slots;
    MemoryContext row_context;            ///< reset for each row
    ErrorContextCallback* outer_context;  ///< what the caller's errors would show as context
    ColumnReader* readers;                ///< one a slot
    Value* values;                        ///< one a slot
    Oid id_types[leading_columns];
};

MessageReceiver* receiver_of(DestReceiver* self) {
    return reinterpret_cast<MessageReceiver*>(self);
}

void start_up(DestReceiver* self, int /*operation*/, TupleDesc descriptor) {
    MessageReceiver* const receiver = receiver_of(self);
    for (int i = 0; i < leading_columns; ++i) {
        receiver->id_types[i] = TupleDescAttr(descriptor, i)->atttypid;
    }
    for (int i = leading_columns; i < descriptor->natts; ++i) {
        receiver->readers[i - leading_columns] =
            column_reader(TupleDescAttr(descriptor, i)->atttypid, LocalTimes::in_session_timezone);
    }
}

void shut_down(DestReceiver* /*self*/) {}

void read_values(MessageReceiver* receiver, TupleTableSlot* row) {
    const std::vector<section::Slot>& slots = *receiver->slots;
    for (std::size_t slot = 0; slot < slots.size(); ++slot) {
        const std::size_t column = slot + leading_columns;
        Value& value = receiver->values[slot];
        value = Value();
        if (slots[slot].names_part) {
            value.kind = Value::Kind::absent;
        } else if (!row->tts_isnull[column]) {
            value = read_column(receiver->readers[slot], row->tts_values[column]);
        }
    }
}

bool receive(TupleTableSlot* row, DestReceiver* self) {
    MessageReceiver* const receiver = receiver_of(self);
    CHECK_FOR_INTERRUPTS();
    // Our errors are about the message, not about the statement that fetched it.
    ErrorContextCallback* const statement_context = error_context_stack;
    error_context_stack = receiver->outer_context;
    const MemoryContext caller = MemoryContextSwitchTo(receiver->row_context);
    slot_getallattrs(row);
    read_values(receiver, row);
    receiver->job->take({{row->tts_values[0], row->tts_isnull[0], receiver->id_types[0]},
                         {row->tts_values[1], row->tts_isnull[1], receiver->id_types[1]},
                         {receiver->values, receiver->slots->size()}});
    MemoryContextReset(receiver->row_context);
    MemoryContextSwitchTo(caller);
    error_context_stack = statement_context;
    return true;
}

MessageReceiver make_receiver(CompiledLayout* compiled, MessageJob& job) {
    const std::size_t slots = compiled->layout.slots.size();
    MessageReceiver receiver{};
    receiver.receiver.receiveSlot = receive;
    receiver.receiver.rStartup = start_up;
    receiver.receiver.rShutdown = shut_down;
    receiver.receiver.rDestroy = shut_down;
    // SPI takes DestNone for a query whose rows nobody wants, and DestSPI for its own.
    receiver.receiver.mydest = DestTuplestore;
    receiver.job = &job;
    receiver.slots = &compiled->layout.slots;
    receiver.row_context = make_memory_context(CurrentMemoryContext, "onetrip message");
    receiver.outer_context = error_context_stack;
    receiver.readers = static_cast<ColumnReader*>(palloc(slots * sizeof(ColumnReader)));
    receiver.values = static_cast<Value*>(palloc(slots * sizeof(Value)));
    return receiver;
}

const char* print_id(const Message::Id& id) {
    if (id.is_null) {
        return "NULL";
    }
    Oid output = InvalidOid;
    bool is_varlena = false;
    getTypeOutputInfo(id.type, &output, &is_varlena);
    return OidOutputFunctionCall(output, id.datum);
}

/// Says in an error's detail which message it is about.
void add_message_ids(CaughtError& error, const Message& message) {
    prepend_detail(error, psprintf("The message has campagne_id %s and message_id %s. ",
                                   print_id(message.campagne_id), print_id(message.message_id)));
}

constexpr int zones_shown = 20;

/// `"AFRIQUE", "EUROPE"`, from the rows that SPI has just fetched.
const char* list_zones() {
    StringInfoData list;
    initStringInfo(&list);
    for (std::uint64_t i = 0; i < SPI_processed; ++i) {
        if (i == zones_shown) {
            appendStringInfoString(&list, ", ...");
            break;
        }
        const char* const zone = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
        appendStringInfo(&list, "%s\"%s\"", i == 0 ? "" : ", ", zone);
    }
    return list.data;
}

[[noreturn]] void refuse_zone(const CarouselQuery& query, text* zone) {
    SPI_execute(query.zones, true, zones_shown + 1);
    const char* const zones = list_zones();
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("unknown zone \"%s\"", text_to_cstring(zone)),
                    SPI_processed > 0 ? errdetail("The known zones are %s.", zones)
                                      : errdetail("There is no zone yet."),
                    errhint("Zones are compared exactly; they are the rows of table %s.",
                            query.zones_table)));
    pg_unreachable();
}

void check_zone(const CarouselQuery& query, text* zone) {
    Oid types[] = {TEXTOID};
    Datum values[] = {PointerGetDatum(zone)};
    const char* const known = psprintf(
        "SELECT 1 FROM %s AS z WHERE z.zone_diffusion::pg_catalog.text "
        "OPERATOR(pg_catalog.=) $1",
        query.zones_table);
    SPI_execute_with_args(known, 1, types, values, nullptr, true, 1);
    if (SPI_processed == 0) {
        refuse_zone(query, zone);
    }
}

/// A date so many days away, where there is one, else infinity.
DateADT add_days(DateADT date, int days) {
    const std::int64_t sum = std::int64_t{date} + days;
    if (DATE_NOT_FINITE(date) || IS_VALID_DATE(sum)) {
        return DATE_NOT_FINITE(date) ? date : static_cast<DateADT>(sum);
    }
    return days > 0 ? DATEVAL_NOEND : DATEVAL_NOBEGIN;
}

ParamListInfo parameters_of(const CarouselRequest& request) {
    const Datum values[] = {PointerGetDatum(request.zone), DateADTGetDatum(request.on_date),
                            DateADTGetDatum(add_days(request.on_date, 2)),
                            DateADTGetDatum(add_days(request.on_date, -1))};
    const ParamListInfo parameters = makeParamList(lengthof(values));
    for (std::size_t i = 0; i < lengthof(values); ++i) {
        parameters->params[i] = {values[i], false, PARAM_FLAG_CONST,
                                 i == 0 ? Oid{TEXTOID} : Oid{DATEOID}};
    }
    return parameters;
}

/// Runs the statement and hands its rows to the receiver.
int execute(const char* statement, const CarouselRequest& request, DestReceiver* receiver) {
    SPIExecuteOptions options{};
    options.params = parameters_of(request);
    options.read_only = true;
    options.dest = receiver;
    const SPIPlanPtr plan =
        SPI_prepare_params(statement, options.params->parserSetup, options.params->parserSetupArg,
                           request.may_be_parallel ? CURSOR_OPT_PARALLEL_OK : 0);
    return SPI_execute_plan_extended(plan, &options);
}

}  // namespace

void refuse_null(FunctionCallInfo fcinfo, int argument, const char* name) {
    if (PG_ARGISNULL(argument)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                        errmsg("argument \"%s\" must not be null", name)));
    }
}

CarouselRequest carousel_request(FunctionCallInfo fcinfo, int layout_argument) {
    refuse_null(fcinfo, 0, "zone");
    refuse_null(fcinfo, 1, "on_date");
    refuse_null(fcinfo, layout_argument, "layout");
    return {PG_GETARG_TEXT_PP(0), PG_GETARG_DATEADT(1),
            layout_of_call(fcinfo->flinfo, PG_GETARG_DATUM(layout_argument))};
}

void for_each_message(const CarouselRequest& request, MessageJob& job) {
    const CarouselQuery query = carousel_query(request.compiled->layout);
    MessageReceiver receiver = make_receiver(request.compiled, job);
    SPI_connect();
    check_zone(query, request.zone);
    const int result = execute(query.messages, request, &receiver.receiver);
    if (result != SPI_OK_SELECT) {
        elog(ERROR, "could not read the carousel: %s", SPI_result_code_string(result));
    }
    SPI_finish();
    MemoryContextDelete(receiver.row_context);
}

bool try_encode_message(CompiledLayout* compiled, const Message& message,
                        section::SectionSink& sink, CaughtError& error) {
    const bool encoded = try_cpp(
        error, [&] { compiled->encoder.encode(message.row, sink, section::Splitting::allowed); });
    if (!encoded && (error.is_server_error || error.field[0] == '\0')) {
        raise(error);
    }
    return encoded;
}

void encode_message(CompiledLayout* compiled, const Message& message, section::SectionSink& sink) {
    CaughtError error;
    if (!try_encode_message(compiled, message, sink, error)) {
        raise_for_message(message, error);
    }
}

void raise_for_message(const Message& message, CaughtError& error) {
    if (!error.is_server_error) {
        add_message_ids(error, message);
    }
    raise(error);
}

void warn_of_message(const Message& message, CaughtError& error) {
    add_message_ids(error, message);
    ereport(WARNING,
            (errcode(error.sqlstate), errmsg("message left out: %s", utf8_to_server(error.message)),
             errdetail_internal("%s", utf8_to_server(error.detail)),
             error.hint[0] != '\0' ? errhint("%s", utf8_to_server(error.hint)) : 0));
}

NullableDatum bigint_id(const Message::Id& id) {
    switch (getBaseType(id.type)) {
        case INT2OID:
            return {Int64GetDatum(DatumGetInt16(id.datum)), id.is_null};
        case INT4OID:
            return {Int64GetDatum(DatumGetInt32(id.datum)), id.is_null};
        case INT8OID:
            return {id.datum, id.is_null};
        default:
            ereport(ERROR,
                    (errcode(ERRCODE_DATATYPE_MISMATCH),
                     errmsg("ids of campaigns and messages must be integers"),
                     errdetail("An id has the type %s.", format_type_be(id.type)),
                     errhint("Use encode_carousel or an export, which take ids of any type.")));
    }
    pg_unreachable();
}

}  // namespace onetrip::postgres
