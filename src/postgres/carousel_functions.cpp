// encode_carousel and its family: the functions that read the carousel's tables.

#include "postgres/carousel.hpp"
#include "postgres/section_buffer.hpp"
#include "section/transport_packets.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(encode_carousel);
ONETRIP_SQL_FUNCTION(carousel_sections);
ONETRIP_SQL_FUNCTION(carousel_problems);
ONETRIP_SQL_FUNCTION(carousel_stats);

namespace {

/// A chunk of this size on has memory of its own, which grows without being copied.
constexpr std::size_t first_buffer = std::size_t{64} * 1024;

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
        campagne_id_ = bigint_id(message.campagne_id);
        message_id_ = bigint_id(message.message_id);
        part_ = 0;
        encode_message(compiled_, message, *this);
    }

  private:
    std::uint8_t* begin_section(std::size_t /*size*/) override {
        return reinterpret_cast<std::uint8_t*>(VARDATA(room_));
    }

    void end_section(std::size_t size) override {
        SET_VARSIZE(room_, VARHDRSZ + size);
        Datum values[] = {campagne_id_.value, message_id_.value, Int32GetDatum(part_++),
                          PointerGetDatum(room_)};
        bool nulls[] = {campagne_id_.isnull, message_id_.isnull, false, false};
        call_server([&] {
            CHECK_FOR_INTERRUPTS();
            tuplestore_putvalues(rows_->setResult, rows_->setDesc, values, nulls);
        });
    }

    CompiledLayout* compiled_;
    ReturnSetInfo* rows_;
    bytea* room_;
    std::int32_t part_ = 0;
    NullableDatum campagne_id_{};
    NullableDatum message_id_{};
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
        const NullableDatum campagne_id = bigint_id(message.campagne_id);
        const NullableDatum message_id = bigint_id(message.message_id);
        CaughtError error;
        if (try_encode_message(compiled_, message, no_sink_, error)) {
            return;
        }
        Datum values[] = {campagne_id.value, message_id.value, CStringGetTextDatum(error.field),
                          CStringGetTextDatum(utf8_to_server(error.detail))};
        bool nulls[] = {campagne_id.isnull, message_id.isnull, false, false};
        tuplestore_putvalues(rows_->setResult, rows_->setDesc, values, nulls);
    }

  private:
    CompiledLayout* compiled_;
    ReturnSetInfo* rows_;
    NoSink no_sink_;
};

/// Counts transport packets, and keeps nothing of them.
class PacketCount final : public section::PacketSink {
  public:
    void put_packet(std::span<const std::uint8_t, section::packet_size> /*packet*/) override {
        ++count_;
    }

    std::int64_t count() const { return count_; }

  private:
    std::int64_t count_ = 0;
};

/// carousel_stats: what the carousel would take, without keeping it.
class StatsJob final : public MessageJob, private section::SectionSink {
  public:
    StatsJob(CompiledLayout* compiled, std::uint8_t* room, MemoryContext memory)
        : compiled_(compiled), room_(room), memory_(memory), packetizer_(any_pid, 0, packets_) {}

    void take(const Message& message) override {
        count_campagne(message);
        ++messages_;
        encode_message(compiled_, message, *this);
    }

    /// Fills the row's values; a NULL bitrate leaves the cycle NULL. So do sections that transport
    /// packets cannot carry, which have no number of packets either.
    void finish(Datum* values, bool* nulls, std::optional<std::int64_t> bitrate);

  private:
    /// The number of packets is the same for every PID.
    static constexpr std::uint16_t any_pid = 0x20;

    void count_campagne(const Message& message);

    std::uint8_t* begin_section(std::size_t /*size*/) override { return room_; }

    void end_section(std::size_t size) override {
        ++sections_;
        bytes_ += static_cast<std::int64_t>(size);
        largest_section_ = Max(largest_section_, static_cast<std::int32_t>(size));
        if (can_be_carried_) {
            can_be_carried_ = try_packetize({room_, size});
        }
    }

    /// False where the bytes are no section by their section_length.
    bool try_packetize(std::span<const std::uint8_t> section) {
        try {
            packetizer_.add(section);
            return true;
        } catch (const section::Error&) {
            return false;
        }
    }

    CompiledLayout* compiled_;
    std::uint8_t* room_;
    MemoryContext memory_;
    PacketCount packets_;
    section::Packetizer packetizer_;
    bool can_be_carried_ = true;
    Datum last_campagne_ = 0;  ///< in memory_
    std::int64_t campagnes_ = 0;
    std::int64_t messages_ = 0;
    std::int64_t sections_ = 0;
    std::int64_t bytes_ = 0;
    std::int32_t largest_section_ = 0;
};

/// Messages come by campaign, so that a campaign is new where its id is not the last one's. The id
/// is never NULL: the join compares it.
void StatsJob::count_campagne(const Message& message) {
    const Message::Id& id = message.campagne_id;
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
    packetizer_.finish();
    constexpr double bits_a_packet = section::packet_size * 8;
    values[0] = Int64GetDatum(campagnes_);
    values[1] = Int64GetDatum(messages_);
    values[2] = Int64GetDatum(sections_);
    values[3] = Int64GetDatum(bytes_);
    values[4] = Int64GetDatum(packets_.count());
    values[5] = Int32GetDatum(largest_section_);
    nulls[4] = !can_be_carried_;
    nulls[6] = !can_be_carried_ || !bitrate;
    if (!nulls[6]) {
        const double seconds =
            static_cast<double>(packets_.count()) * bits_a_packet / static_cast<double>(*bitrate);
        values[6] = DirectFunctionCall7(make_interval, Int32GetDatum(0), Int32GetDatum(0),
                                        Int32GetDatum(0), Int32GetDatum(0), Int32GetDatum(0),
                                        Int32GetDatum(0), Float8GetDatum(seconds));
    }
}

}  // namespace

extern "C" {

Datum encode_carousel(PG_FUNCTION_ARGS) {
    const CarouselRequest request = carousel_request(fcinfo, 2);
    SectionBuffer sections(CurrentMemoryContext, first_buffer);
    EncodeJob job(request.compiled, sections);
    for_each_message(request, job);
    PG_RETURN_BYTEA_P(sections.as_bytea());
}

Datum carousel_sections(PG_FUNCTION_ARGS) {
    const CarouselRequest request = carousel_request(fcinfo, 2);
    InitMaterializedSRF(fcinfo, 0);
    SectionRowsJob job(request.compiled, reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo),
                       static_cast<bytea*>(palloc(VARHDRSZ + request.compiled->layout.max_bytes)));
    for_each_message(request, job);
    return Datum{0};
}

Datum carousel_problems(PG_FUNCTION_ARGS) {
    const CarouselRequest request = carousel_request(fcinfo, 2);
    InitMaterializedSRF(fcinfo, 0);
    ProblemRowsJob job(request.compiled, reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo),
                       static_cast<std::uint8_t*>(palloc(request.compiled->layout.max_bytes)));
    for_each_message(request, job);
    return Datum{0};
}

Datum carousel_stats(PG_FUNCTION_ARGS) {
    constexpr int bitrate_argument = 2;
    const CarouselRequest request = carousel_request(fcinfo, 3);
    std::optional<std::int64_t> bitrate;
    if (!PG_ARGISNULL(bitrate_argument)) {
        bitrate = PG_GETARG_INT64(bitrate_argument);
        if (*bitrate <= 0) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("bitrate must be greater than zero")));
        }
    }
    TupleDesc descriptor = nullptr;
    get_call_result_type(fcinfo, nullptr, &descriptor);
    StatsJob job(request.compiled,
                 static_cast<std::uint8_t*>(palloc(request.compiled->layout.max_bytes)),
                 CurrentMemoryContext);
    for_each_message(request, job);
    Datum values[7] = {};
    bool nulls[7] = {};
    job.finish(values, nulls, bitrate);
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

}  // extern "C"

}  // namespace onetrip::postgres
