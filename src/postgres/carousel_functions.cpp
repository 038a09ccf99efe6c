// encode_carousel and its family: the functions that read the carousel's tables.

#include "postgres/carousel.hpp"
#include "postgres/section_buffer.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(encode_carousel);
ONETRIP_SQL_FUNCTION(carousel_sections);
ONETRIP_SQL_FUNCTION(carousel_problems);

namespace {

/// A chunk of this size on has memory of its own, which grows without being copied.
constexpr std::size_t first_buffer = 64 * 1024;

void refuse_null(FunctionCallInfo fcinfo, int argument, const char* name) {
    if (PG_ARGISNULL(argument)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                        errmsg("argument \"%s\" must not be null", name)));
    }
}

/// The arguments that all job functions share; none of them may be NULL.
CarouselRequest request_of(FunctionCallInfo fcinfo, int layout_argument) {
    refuse_null(fcinfo, 0, "zone");
    refuse_null(fcinfo, 1, "on_date");
    refuse_null(fcinfo, layout_argument, "layout");
    return {PG_GETARG_TEXT_PP(0), PG_GETARG_DATEADT(1),
            layout_of_call(fcinfo->flinfo, PG_GETARG_DATUM(layout_argument))};
}

/// encode_carousel: all sections, one behind the other.
class EncodeJob final : public MessageJob {
  public:
    EncodeJob(CompiledLayout* compiled, section::SectionSink& sink)
        : compiled_(compiled), sink_(sink) {}

    void take(const Message& message) override { encode_message(compiled_, message, sink_); }

  private:
    CompiledLayout* compiled_;
    section::SectionSink& sink_;
};

/// carousel_sections: a row for each section, kept in a tuplestore, which goes to disk past
/// work_mem.
class SectionRowsJob final : public MessageJob, private section::SectionSink {
  public:
    /// `room` is a bytea of the layout's largest section.
    SectionRowsJob(CompiledLayout* compiled, ReturnSetInfo* rows, bytea* room)
        : compiled_(compiled), rows_(rows), room_(room) {}

    void take(const Message& message) override {
        values_[0] = Int64GetDatum(integer_id(message.campagne_id, message.id_types[0]));
        values_[1] = Int64GetDatum(integer_id(message.message_id, message.id_types[1]));
        part_ = 0;
        encode_message(compiled_, message, *this);
    }

  private:
    std::uint8_t* begin_section(std::size_t /*size*/) override {
        return reinterpret_cast<std::uint8_t*>(VARDATA(room_));
    }

    void end_section(std::size_t size) override {
        SET_VARSIZE(room_, VARHDRSZ + size);
        values_[2] = Int32GetDatum(part_++);
        values_[3] = PointerGetDatum(room_);
        call_server([&] {
            CHECK_FOR_INTERRUPTS();
            bool nulls[4] = {};
            tuplestore_putvalues(rows_->setResult, rows_->setDesc, values_, nulls);
        });
    }

    CompiledLayout* compiled_;
    ReturnSetInfo* rows_;
    bytea* room_;
    std::int32_t part_ = 0;
    Datum values_[4] = {};
};

/// Takes sections and keeps nothing of them.
class NoSink final : public section::SectionSink {
  public:
    explicit NoSink(std::uint8_t* room) : room_(room) {}

    std::uint8_t* begin_section(std::size_t /*size*/) override { return room_; }
    void end_section(std::size_t /*size*/) override {}

  private:
    std::uint8_t* room_;
};

/// carousel_problems: a row for each message that cannot be encoded.
class ProblemRowsJob final : public MessageJob {
  public:
    ProblemRowsJob(CompiledLayout* compiled, ReturnSetInfo* rows, std::uint8_t* room)
        : compiled_(compiled), rows_(rows), no_sink_(room) {}

    void take(const Message& message) override {
        CaughtError error;
        if (try_encode_message(compiled_, message, no_sink_, error)) {
            return;
        }
        Datum values[] = {Int64GetDatum(integer_id(message.campagne_id, message.id_types[0])),
                          Int64GetDatum(integer_id(message.message_id, message.id_types[1])),
                          CStringGetTextDatum(error.field),
                          CStringGetTextDatum(utf8_to_server(error.detail))};
        bool nulls[4] = {};
        tuplestore_putvalues(rows_->setResult, rows_->setDesc, values, nulls);
    }

  private:
    CompiledLayout* compiled_;
    ReturnSetInfo* rows_;
    NoSink no_sink_;
};

}  // namespace

extern "C" {

Datum encode_carousel(PG_FUNCTION_ARGS) {
    const CarouselRequest request = request_of(fcinfo, 2);
    SectionBuffer sections(CurrentMemoryContext, first_buffer);
    EncodeJob job(request.compiled, sections);
    for_each_message(request, job);
    PG_RETURN_BYTEA_P(sections.as_bytea());
}

Datum carousel_sections(PG_FUNCTION_ARGS) {
    const CarouselRequest request = request_of(fcinfo, 2);
    InitMaterializedSRF(fcinfo, 0);
    SectionRowsJob job(request.compiled, reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo),
                       static_cast<bytea*>(palloc(VARHDRSZ + request.compiled->layout.max_bytes)));
    for_each_message(request, job);
    return Datum{0};
}

Datum carousel_problems(PG_FUNCTION_ARGS) {
    const CarouselRequest request = request_of(fcinfo, 2);
    InitMaterializedSRF(fcinfo, 0);
    ProblemRowsJob job(request.compiled, reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo),
                       static_cast<std::uint8_t*>(palloc(request.compiled->layout.max_bytes)));
    for_each_message(request, job);
    return Datum{0};
}

}  // extern "C"

}  // namespace onetrip::postgres
