#pragma once

#include "postgres/carousel/carousel_query.hpp"

namespace onetrip::postgres {

enum class EncodedRun : std::uint8_t {
    done,
    not_possible,       ///< the job must take rows
    has_message_twice,  ///< the job must fail: the rows say of which message
};

/// Hands the messages that are on air to the job, encoded by the servers that have their rows.
/// ERRORs.
EncodedRun take_encoded_messages(const CarouselRequest& request, const CarouselTables& tables,
                                 const CarouselZone& zone, DateADT day, MessageJob& job);

}  // namespace onetrip::postgres
