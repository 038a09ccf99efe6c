#pragma once

#include "postgres/layout_cache.hpp"

namespace onetrip::postgres {

/// The three tables of a carousel, as the caller's search_path finds them, and the statements that
/// read them (sections.md, chapter 5). Plain data, palloc'ed.
struct CarouselQuery {
    /// `SELECT campagne_id, message_id, a column for each slot of the layout …`, ordered by both
    /// ids; parameters: the zone (text), the date, and the days (date) that it is safe to look at,
    /// the last for valid_start and the first for valid_end. A slot that no record fills has NULL.
    const char* messages;

    /// `SELECT` of the names of all zones in order; no parameters.
    const char* zones;

    /// The table that knows the zones, qualified.
    const char* zones_table;
};

/// ERRORs where a table or column is missing or may not be read, with what to do.
CarouselQuery carousel_query(const section::Layout& layout);

}  // namespace onetrip::postgres
