// carousel_changes: the messages on air on one day and not on another. Knows nothing of the
// carousel's tables.

#include "postgres/carousel/carousel.hpp"
#include "postgres/server/rows.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(carousel_changes);

namespace {

/// A row for each section of a message that is added or gone.
class ChangeRowsJob final : public MessageJob, private section::SectionSink {
  public:
    /// `room` is a bytea of the layout's largest section.
    ChangeRowsJob(CompiledLayout* compiled, Rows rows, bytea* room)
        : compiled_(compiled),
          rows_(rows),
          room_(room),
          added_(cstring_to_text("added")),
          gone_(cstring_to_text("gone")) {}

    void take(const Message& message) override {
        campagne_id_ = bigint_id(message.campagne_id);
        message_id_ = bigint_id(message.message_id);
        change_ = message.is_added ? added_ : gone_;
        part_ = 0;
        encode_message(compiled_, message, *this);
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
                       present(PointerGetDatum(change_)), present(PointerGetDatum(room_))});
        });
    }

    CompiledLayout* compiled_;
    Rows rows_;
    bytea* room_;
    text* added_;
    text* gone_;
    text* change_ = nullptr;
    std::int32_t part_ = 0;
    NullableDatum campagne_id_{};
    NullableDatum message_id_{};
};

}  // namespace

extern "C" {

Datum carousel_changes(PG_FUNCTION_ARGS) {
    constexpr int to_argument = 2;
    const CarouselRequest request = carousel_request(fcinfo, 3);
    std::optional<DateADT> to_date;
    if (!PG_ARGISNULL(to_argument)) {
        to_date = PG_GETARG_DATEADT(to_argument);
    }
    ChangeRowsJob job(request.compiled, Rows(fcinfo),
                      static_cast<bytea*>(palloc(VARHDRSZ + request.compiled->plan.max_bytes)));
    for_each_change(request, to_date, job);
    return Datum{0};
}

}  // extern "C"

}  // namespace onetrip::postgres
