// Reads a carousel's messages, and hands them one by one to a MessageJob. Knows nothing of the job.

#include "postgres/carousel/carousel.hpp"

#include "postgres/carousel/carousel_query.hpp"
#include "postgres/carousel/encoded_messages.hpp"
#include "postgres/carousel/message_ids.hpp"
#include "postgres/carousel/row_receiver.hpp"
#include "postgres/sections/column_reader.hpp"
#include "postgres/server/arguments.hpp"

extern "C" {
#include "nodes/params.h"
}

namespace onetrip::postgres {

namespace {

using section::Value;

/// A column of the type timestamp, whose times are local ones of the zone.
struct LocalTimeColumn {
    bool is_used;
    bool is_known;  ///< the last time and its instant, which all messages of a campaign share
    Timestamp last;
    TimestampTz instant;
};

/// Takes the rows of the messages query one by one, from the executor's hands.
struct MessageReceiver : RowReceiver {
    MessageJob* job;
    int leading_columns;  ///< those before the slots': the ids, and of a change which day it is
    const CarouselZone* zone;
    const section::Plan* plan;
    const std::vector<section::Slot>* slots;
    ColumnReader* readers;         ///< one a slot
    LocalTimeColumn* local_times;  ///< one a slot
    Value* values;                 ///< one a slot
    MessageIds ids;
};

void start_messages(RowReceiver* self, TupleDesc descriptor) {
    auto* const receiver = static_cast<MessageReceiver*>(self);
    start_message_ids(receiver->ids, descriptor);
    for (int i = receiver->leading_columns; i < descriptor->natts; ++i) {
        const Oid type = TupleDescAttr(descriptor, i)->atttypid;
        const int slot = i - receiver->leading_columns;
        receiver->readers[slot] = column_reader(type, LocalTimes::in_session_timezone,
                                                *receiver->plan, static_cast<std::size_t>(slot));
        receiver->local_times[slot].is_used =
            receiver->zone->time_zone != nullptr && getBaseType(type) == TIMESTAMPOID;
    }
}

Value read_local_time(MessageReceiver* receiver, LocalTimeColumn& column, Timestamp local_time) {
    if (!column.is_known || column.last != local_time) {
        column.is_known = true;
        column.last = local_time;
        column.instant = instant_of(*receiver->zone, local_time);
    }
    return Value::of_instant({column.instant});
}

void read_values(MessageReceiver* receiver, TupleTableSlot* row) {
    const std::vector<section::Slot>& slots = *receiver->slots;
    for (std::size_t slot = 0; slot < slots.size(); ++slot) {
        const std::size_t column = slot + receiver->leading_columns;
        Value& value = receiver->values[slot];
        value = Value();
        if (slots[slot].names_part) {
            value.kind = Value::Kind::absent;
        } else if (!row->tts_isnull[column] && receiver->local_times[slot].is_used) {
            value = read_local_time(receiver, receiver->local_times[slot],
                                    DatumGetTimestamp(row->tts_values[column]));
        } else if (!row->tts_isnull[column]) {
            value = read_column(receiver->readers[slot], row->tts_values[column]);
        }
    }
}

bool take_message(RowReceiver* self, TupleTableSlot* row) {
    auto* const receiver = static_cast<MessageReceiver*>(self);
    check_message_ids(receiver->ids, row);
    read_values(receiver, row);
    receiver->job->take({{row->tts_values[0], row->tts_isnull[0], receiver->ids.ids[0].type},
                         {row->tts_values[1], row->tts_isnull[1], receiver->ids.ids[1].type},
                         {receiver->values, receiver->slots->size()},
                         receiver->leading_columns > MessageIds::columns &&
                             DatumGetBool(row->tts_values[MessageIds::columns])});
    return true;
}

MessageReceiver make_receiver(CompiledLayout* compiled, const CarouselTables& tables,
                              const CarouselZone& zone, MessageJob& job) {
    const std::size_t slots = compiled->plan.slots.size();
    MessageReceiver receiver{};
    begin_rows(receiver, start_messages, take_message,
               make_memory_context(CurrentMemoryContext, "onetrip message"));
    receiver.job = &job;
    receiver.zone = &zone;
    receiver.plan = &compiled->plan;
    receiver.slots = &compiled->plan.slots;
    receiver.ids = make_message_ids(tables);
    receiver.readers = static_cast<ColumnReader*>(palloc(slots * sizeof(ColumnReader)));
    receiver.local_times = static_cast<LocalTimeColumn*>(palloc0(slots * sizeof(LocalTimeColumn)));
    receiver.values = static_cast<Value*>(palloc(slots * sizeof(Value)));
    return receiver;
}

const char* print_id(const Message::Id& id) {
    return print_for_message(id.datum, id.is_null, id.type);
}

/// Says in an error's detail which message it is about.
void add_message_ids(CaughtError& error, const Message& message) {
    prepend_detail(error, psprintf("The message has campagne_id %s and message_id %s. ",
                                   print_id(message.campagne_id), print_id(message.message_id)));
}

DateADT day_of(const CarouselZone& zone, std::optional<DateADT> day) {
    return day ? *day : today_of(zone);
}

void run(const CarouselRequest& request, const CarouselZone& zone, const CarouselQuery& query,
         MessageReceiver& receiver) {
    run_query(plan_query(query.text, query.parameters, zone.in_errors, request.may_be_parallel),
              &receiver.receiver);
    MemoryContextDelete(receiver.ids.memory);
    MemoryContextDelete(receiver.row_context);
}

}  // namespace

CarouselRequest carousel_request(FunctionCallInfo fcinfo, int layout_argument) {
    refuse_null(fcinfo, 0, "zone");
    refuse_null(fcinfo, layout_argument, "layout");
    CarouselRequest request{};
    request.zone = PG_GETARG_TEXT_PP(0);
    if (!PG_ARGISNULL(1)) {
        request.on_date = PG_GETARG_DATEADT(1);
    }
    request.layout = PG_GETARG_DATUM(layout_argument);
    request.compiled = layout_of_call(fcinfo->flinfo, request.layout);
    request.function = fcinfo->flinfo->fn_oid;
    return request;
}

CarouselForm for_each_message(const CarouselRequest& request, MessageJob& job) {
    const CarouselTables tables = find_carousel_tables();
    const CarouselZone zone = find_carousel_zone(tables, request.zone);
    const DateADT day = day_of(zone, request.on_date);
    const EncodedRun encoded = take_encoded_messages(request, tables, zone, day, job);
    if (encoded == EncodedRun::done) {
        return CarouselForm::sections;
    }
    const CarouselQuery query = carousel_query(tables, zone, request.compiled->plan, day);
    MessageReceiver receiver = make_receiver(request.compiled, tables, zone, job);
    receiver.leading_columns = MessageIds::columns;
    run(request, zone, query, receiver);
    if (encoded == EncodedRun::has_message_twice) {
        ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                        errmsg("a message was there twice, and is no longer"),
                        errdetail("Another server has answered two statements differently."),
                        errhint("Try again.")));
    }
    return CarouselForm::rows;
}

void for_each_change(const CarouselRequest& request, std::optional<DateADT> to_date,
                     MessageJob& job) {
    const CarouselTables tables = find_carousel_tables();
    const CarouselZone zone = find_carousel_zone(tables, request.zone);
    const CarouselQuery query = changes_query(tables, zone, request.compiled->plan,
                                              day_of(zone, request.on_date), day_of(zone, to_date));
    MessageReceiver receiver = make_receiver(request.compiled, tables, zone, job);
    receiver.leading_columns = MessageIds::columns + 1;
    run(request, zone, query, receiver);
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
