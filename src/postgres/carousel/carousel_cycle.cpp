// Counts the packets and the time of a carousel's cycle. Knows nothing of tables.

#include "postgres/carousel/carousel_cycle.hpp"

#include "base/error.hpp"

extern "C" {
#include "utils/fmgrprotos.h"
}

namespace onetrip::postgres {

void Cycle::add(std::span<const std::uint8_t> section) {
    if (!can_be_carried_) {
        return;
    }
    try {
        packetizer_.add(section);
    } catch (const Error&) {
        can_be_carried_ = false;
    }
}

double Cycle::seconds(std::int64_t bitrate) const {
    constexpr double bits_a_packet = transport::packet_size * 8;
    return static_cast<double>(packets_) * bits_a_packet / static_cast<double>(bitrate);
}

std::optional<std::int64_t> bitrate_argument_of(FunctionCallInfo fcinfo, int argument) {
    if (PG_ARGISNULL(argument)) {
        return std::nullopt;
    }
    const std::int64_t bitrate = PG_GETARG_INT64(argument);
    if (bitrate <= 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("bitrate must be greater than zero")));
    }
    return bitrate;
}

Datum interval_of_seconds(double seconds) {
    return DirectFunctionCall7(make_interval, Int32GetDatum(0), Int32GetDatum(0), Int32GetDatum(0),
                               Int32GetDatum(0), Int32GetDatum(0), Int32GetDatum(0),
                               Float8GetDatum(seconds));
}

}  // namespace onetrip::postgres
