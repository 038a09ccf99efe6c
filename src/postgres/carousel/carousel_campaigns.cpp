// carousel_campaigns: the share of each campaign in the cycle. Knows nothing of the carousel's
// tables.

#include <algorithm>

#include "postgres/carousel/carousel.hpp"
#include "postgres/carousel/carousel_cycle.hpp"
#include "postgres/server/rows.hpp"

extern "C" {
#include "utils/fmgrprotos.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(carousel_campaigns);

namespace {

/// The part of the cycle that one campaign takes.
struct Campaign {
    std::int64_t id;
    std::int64_t messages;
    std::int64_t sections;
    std::int64_t bytes;
};

/// Counts by campaign, in palloc memory: a campaign is known by its id alone.
class CampaignsJob final : public MessageJob, private section::SectionSink {
  public:
    /// `room` is that of the layout's largest section.
    CampaignsJob(CompiledLayout* compiled, std::uint8_t* room, MemoryContext memory)
        : compiled_(compiled),
          room_(room),
          campaigns_(static_cast<Campaign*>(
              MemoryContextAlloc(memory, first_capacity * sizeof(Campaign)))) {}

    /// Messages come by campaign, and each campaign once.
    void take(const Message& message) override {
        count_messages(message.campagne_id, 1);
        encode_message(compiled_, message, *this);
    }

    Encoded takes() const override {
        return compiled_->plan.has_section_length ? Encoded::blocks : Encoded::nothing;
    }

    void take_encoded(const EncodedMessages& messages) override {
        count_messages(messages.campagne_id, messages.messages);
        for_each_section(messages.sections, [this](std::span<const std::uint8_t> section) {
            call_cpp([&] { count_section(section); });
        });
    }

    void finish() {
        cycle_.finish();
        std::sort(campaigns_, campaigns_ + count_, [](const Campaign& one, const Campaign& other) {
            return one.bytes != other.bytes ? one.bytes > other.bytes : one.id < other.id;
        });
    }

    std::span<const Campaign> campaigns() const { return {campaigns_, count_}; }
    std::int64_t bytes() const { return bytes_; }
    const Cycle& cycle() const { return cycle_; }

  private:
    static constexpr std::size_t first_capacity = 256;

    void count_messages(const Message::Id& campagne_id, std::int64_t messages) {
        const std::int64_t id = DatumGetInt64(bigint_id(campagne_id).value);
        if (count_ == 0 || campaigns_[count_ - 1].id != id) {
            add_campaign(id);
        }
        campaigns_[count_ - 1].messages += messages;
    }

    void add_campaign(std::int64_t id) {
        if (count_ == capacity_) {
            capacity_ *= 2;
            campaigns_ =
                static_cast<Campaign*>(repalloc_huge(campaigns_, capacity_ * sizeof(Campaign)));
        }
        campaigns_[count_++] = {id, 0, 0, 0};
    }

    std::uint8_t* begin_section(std::size_t /*size*/) override { return room_; }

    void end_section(std::size_t size) override { count_section({room_, size}); }

    void count_section(std::span<const std::uint8_t> section) {
        Campaign& campaign = campaigns_[count_ - 1];
        ++campaign.sections;
        campaign.bytes += static_cast<std::int64_t>(section.size());
        bytes_ += static_cast<std::int64_t>(section.size());
        cycle_.add(section);
    }

    CompiledLayout* compiled_;
    std::uint8_t* room_;
    Campaign* campaigns_;
    std::size_t capacity_ = first_capacity;
    std::size_t count_ = 0;
    std::int64_t bytes_ = 0;
    Cycle cycle_;
};

Datum numeric_of(std::int64_t number) {
    return DirectFunctionCall1(int8_numeric, Int64GetDatum(number));
}

/// part / whole with six digits after the point.
Datum share_of(std::int64_t part, std::int64_t whole) {
    constexpr int digits = 6;
    const Datum share = DirectFunctionCall2(numeric_div, numeric_of(part), numeric_of(whole));
    return DirectFunctionCall2(numeric_round, share, Int32GetDatum(digits));
}

void put_campaigns(const CampaignsJob& job, const Rows& rows, std::optional<std::int64_t> bitrate) {
    const bool has_airtime = bitrate && job.cycle().can_be_carried();
    const double cycle = has_airtime ? job.cycle().seconds(*bitrate) : 0;
    const auto bytes = static_cast<double>(job.bytes());
    for (const Campaign& campaign : job.campaigns()) {
        CHECK_FOR_INTERRUPTS();
        // A campaign of a layout without fields has no bytes, and so no share of the bytes.
        const bool has_bytes = job.bytes() > 0;
        const auto airtime = [&] {
            return interval_of_seconds(cycle * static_cast<double>(campaign.bytes) / bytes);
        };
        rows.put({present(Int64GetDatum(campaign.id)), present(Int64GetDatum(campaign.messages)),
                  present(Int64GetDatum(campaign.sections)), present(Int64GetDatum(campaign.bytes)),
                  has_airtime && has_bytes ? present(airtime()) : absent,
                  has_bytes ? present(share_of(campaign.bytes, job.bytes())) : absent});
    }
}

}  // namespace

extern "C" {

Datum carousel_campaigns(PG_FUNCTION_ARGS) {
    constexpr int bitrate_argument = 2;
    const CarouselRequest request = carousel_request(fcinfo, 3);
    const std::optional<std::int64_t> bitrate = bitrate_argument_of(fcinfo, bitrate_argument);
    const Rows rows(fcinfo);
    CampaignsJob job(request.compiled,
                     static_cast<std::uint8_t*>(palloc(request.compiled->plan.max_bytes)),
                     CurrentMemoryContext);
    for_each_message(request, job);
    job.finish();
    put_campaigns(job, rows, bitrate);
    return Datum{0};
}

}  // extern "C"

}  // namespace onetrip::postgres
