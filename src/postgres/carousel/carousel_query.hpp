#pragma once

#include "postgres/carousel/carousel_zone.hpp"
#include "postgres/sections/layout_cache.hpp"

namespace onetrip::postgres {

/// A statement that reads messages, and its parameters. Plain data, palloc'ed.
struct CarouselQuery {
    /// `SELECT campagne_id, message_id, a column for each slot of the layout …`, ordered by both
    /// ids. A slot that no record fills has NULL.
    const char* text;
    ParamListInfo parameters;
};

/// The messages that are on air in the zone on a day. ERRORs, with a HINT, if the tables lack a
/// column of the layout or the caller may not read it.
CarouselQuery carousel_query(const CarouselTables& tables, const CarouselZone& zone,
                             const section::Plan& plan, DateADT day);

/// The messages that are on air on one of two days and not on the other, with a third column:
/// whether it is the second. ERRORs as above.
CarouselQuery changes_query(const CarouselTables& tables, const CarouselZone& zone,
                            const section::Plan& plan, DateADT from, DateADT to);

}  // namespace onetrip::postgres
