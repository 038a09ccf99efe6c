// The SQL functions encode_carousel and its family, which read the carousel's tables. Knows nothing
// of the statements that read them.

#include "postgres/carousel/carousel.hpp"
#include "postgres/carousel/carousel_cycle.hpp"
#include "postgres/sections/section_buffer.hpp"
#include "postgres/server/datums.hpp"
#include "postgres/server/rows.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(encode_carousel);
ONETRIP_SQL_FUNCTION(carousel_sections);
ONETRIP_SQL_FUNCTION(carousel_problems);
ONETRIP_SQL_FUNCTION(carousel_stats);

namespace {

/// The columns of carousel_stats; the last one is the form.
constexpr int stats_columns = 8;
constexpr int form_column = 7;

/// Chunks from this size on have memory of their own, which grows without being copied.
constexpr std::size_t first_sections_buffer = std::size_t{64} * 1024;

/// encode_carousel: all sections, one after the other.
class EncodeJob final : public MessageJob {
  public:
    EncodeJob(CompiledLayout* compiled, SectionBuffer& sections)
        : compiled_(compiled), sections_(sections) {}

    void take(const Message& message) override { encode_message(compiled_, message, sections_); }

    Encoded takes() const override { return Encoded::blocks; }
    void take_encoded(const EncodedMessages& messages) override {
        call_cpp([&] { sections_.append(messages.sections); });
    }

  private:
    CompiledLayout* compiled_;
    SectionBuffer& sections_;
};

/// carousel_sections: a row for each section, kept in a tuplestore, which goes to disk past
/// work_mem.
class SectionRowsJob final : public MessageJob, private section::SectionSink {
  public:
    /// `room` is a bytea of the layout's largest section.
    SectionRowsJob(CompiledLayout* compiled, Rows rows, bytea* room)
        : compiled_(compiled), rows_(rows), room_(room) {}

    void take(const Message& message) override {
        campagne_id_ = bigint_id(message.campagne_id);
        message_id_ = bigint_id(message.message_id);
        part_ = 0;
        encode_message(compiled_, message, *this);
    }

    Encoded takes() const override {
        return compiled_->plan.has_section_length ? Encoded::messages : Encoded::nothing;
    }

    void take_encoded(const EncodedMessages& messages) override {
        campagne_id_ = bigint_id(messages.campagne_id);
        message_id_ = bigint_id(messages.message_id);
        part_ = 0;
        for_each_section(messages.sections, [this](std::span<const std::uint8_t> section) {
            rows_.put({campagne_id_, message_id_, present(Int32GetDatum(part_++)),
                       present(PointerGetDatum(make_varlena(section)))});
        });
    }

  private:
    std::uint8_t* begin_section(std::size_t /*size*/) override {
        return reinterpret_cast<std::uint8_t*>(VARDATA(room_));
    }

    void end_section(std::size_t size) override {
        SET_VARSIZE(room_, VARHDRSZ + size);
        call_server([&] {
            CHECK_FOR_INTERRUPTS();
            rows_.put({campagne_id_, message_id_, present(Int32GetDatum(part_++)),
                       present(PointerGetDatum(room_))});
        });
    }

    CompiledLayout* compiled_;
    Rows rows_;
    bytea* room_;
    std::int32_t part_ = 0;
    NullableDatum campagne_id_{};
    NullableDatum message_id_{};
};

/// carousel_problems: a row for each message that cannot be encoded.
class ProblemRowsJob final : public MessageJob {
  public:
    ProblemRowsJob(CompiledLayout* compiled, Rows rows, std::uint8_t* room)
        : compiled_(compiled), rows_(rows), no_sink_(room) {}

    void take(const Message& message) override {
        // An id that a row cannot show is an error of a message without problems too.
        bigint_id(message.campagne_id);
        bigint_id(message.message_id);
        CaughtError error;
        if (!try_encode_message(compiled_, message, no_sink_, error)) {
            take_problem(message, error);
        }
    }

    Encoded takes() const override { return Encoded::problems; }
    void take_problem(const Message& message, CaughtError& error) override {
        rows_.put({bigint_id(message.campagne_id), bigint_id(message.message_id),
                   present(CStringGetTextDatum(error.field)),
                   present(CStringGetTextDatum(utf8_to_server(error.detail)))});
    }

  private:
    CompiledLayout* compiled_;
    Rows rows_;
    NoSink no_sink_;
};

/// carousel_stats: the size and time of the carousel, without keeping its sections.
class StatsJob final : public MessageJob, private section::SectionSink {
  public:
    StatsJob(CompiledLayout* compiled, std::uint8_t* room, MemoryContext memory)
        : compiled_(compiled), room_(room), memory_(memory) {}

    void take(const Message& message) override {
        count_campagne(message.campagne_id);
        ++messages_;
        encode_message(compiled_, message, *this);
    }

    Encoded takes() const override {
        return compiled_->plan.has_section_length ? Encoded::blocks : Encoded::nothing;
    }

    void take_encoded(const EncodedMessages& messages) override {
        count_campagne(messages.campagne_id);
        messages_ += messages.messages;
        for_each_section(messages.sections, [this](std::span<const std::uint8_t> section) {
            call_cpp([&] { count_section(section); });
        });
    }

    /// Fills the row's values; a NULL bitrate leaves the cycle NULL. So do sections that transport
    /// packets cannot carry, which have no number of packets either.
    void finish(Datum* values, bool* nulls, std::optional<std::int64_t> bitrate);

  private:
    void count_campagne(const Message::Id& id);

    std::uint8_t* begin_section(std::size_t /*size*/) override { return room_; }

    void end_section(std::size_t size) override { count_section({room_, size}); }

    void count_section(std::span<const std::uint8_t> section) {
        ++sections_;
        bytes_ += static_cast<std::int64_t>(section.size());
        largest_section_ = Max(largest_section_, static_cast<std::int32_t>(section.size()));
        cycle_.add(section);
    }

    CompiledLayout* compiled_;
    std::uint8_t* room_;
    MemoryContext memory_;
    Cycle cycle_;
    Datum last_campagne_ = 0;  ///< in memory_
    std::int64_t campagnes_ = 0;
    std::int64_t messages_ = 0;
    std::int64_t sections_ = 0;
    std::int64_t bytes_ = 0;
    std::int32_t largest_section_ = 0;
};

/// Messages come by campaign, so that a campaign is new if its id differs from the last one's. The
/// id is never NULL: the join compares it.
void StatsJob::count_campagne(const Message::Id& id) {
    std::int16_t length = 0;
    bool by_value = false;
    get_typlenbyval(id.type, &length, &by_value);
    if (campagnes_ > 0 && datumIsEqual(last_campagne_, id.datum, by_value, length)) {
        return;
    }
    const MemoryContext caller = MemoryContextSwitchTo(memory_);
    if (campagnes_ > 0 && !by_value) {
        pfree(DatumGetPointer(last_campagne_));
    }
    last_campagne_ = datumCopy(id.datum, by_value, length);
    MemoryContextSwitchTo(caller);
    ++campagnes_;
}

void StatsJob::finish(Datum* values, bool* nulls, std::optional<std::int64_t> bitrate) {
    cycle_.finish();
    values[0] = Int64GetDatum(campagnes_);
    values[1] = Int64GetDatum(messages_);
    values[2] = Int64GetDatum(sections_);
    values[3] = Int64GetDatum(bytes_);
    values[4] = Int64GetDatum(cycle_.packets());
    values[5] = Int32GetDatum(largest_section_);
    nulls[4] = !cycle_.can_be_carried();
    nulls[6] = !cycle_.can_be_carried() || !bitrate;
    if (!nulls[6]) {
        values[6] = interval_of_seconds(cycle_.seconds(*bitrate));
    }
}

}  // namespace

extern "C" {

Datum encode_carousel(PG_FUNCTION_ARGS) {
    const CarouselRequest request = carousel_request(fcinfo, 2);
    SectionBuffer sections(CurrentMemoryContext, first_sections_buffer);
    EncodeJob job(request.compiled, sections);
    for_each_message(request, job);
    PG_RETURN_BYTEA_P(sections.as_bytea());
}

Datum carousel_sections(PG_FUNCTION_ARGS) {
    const CarouselRequest request = carousel_request(fcinfo, 2);
    SectionRowsJob job(request.compiled, Rows(fcinfo),
                       static_cast<bytea*>(palloc(VARHDRSZ + request.compiled->plan.max_bytes)));
    for_each_message(request, job);
    return Datum{0};
}

Datum carousel_problems(PG_FUNCTION_ARGS) {
    const CarouselRequest request = carousel_request(fcinfo, 2);
    ProblemRowsJob job(request.compiled, Rows(fcinfo),
                       static_cast<std::uint8_t*>(palloc(request.compiled->plan.max_bytes)));
    for_each_message(request, job);
    return Datum{0};
}

Datum carousel_stats(PG_FUNCTION_ARGS) {
    constexpr int bitrate_argument = 2;
    const CarouselRequest request = carousel_request(fcinfo, 3);
    const std::optional<std::int64_t> bitrate = bitrate_argument_of(fcinfo, bitrate_argument);
    TupleDesc descriptor = nullptr;
    get_call_result_type(fcinfo, nullptr, &descriptor);
    StatsJob job(request.compiled,
                 static_cast<std::uint8_t*>(palloc(request.compiled->plan.max_bytes)),
                 CurrentMemoryContext);
    const CarouselForm form = for_each_message(request, job);
    Datum values[stats_columns] = {};
    bool nulls[stats_columns] = {};
    job.finish(values, nulls, bitrate);
    values[form_column] = CStringGetTextDatum(form == CarouselForm::sections ? "sections" : "rows");
    // A function that an older script made has no column for the form.
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

}  // extern "C"

}  // namespace onetrip::postgres
