#pragma once

#include "postgres/carousel_query.hpp"
#include "section/encoder.hpp"

namespace onetrip::postgres {

/// What a job function was asked for.
struct CarouselRequest {
    text* zone;
    DateADT on_date;
    CompiledLayout* compiled;
};

/// Encodes every message that is on air, in the order of (campagne id, message id), into `sink`.
/// The rows stream through: nothing is collected. Reads with the caller's rights, under the
/// snapshot of the calling statement. ERRORs, for a bad value with the message's ids.
void encode_messages(const CarouselRequest& request, section::SectionSink& sink);

}  // namespace onetrip::postgres
