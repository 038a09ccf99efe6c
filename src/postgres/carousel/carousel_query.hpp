#pragma once

#include "postgres/carousel/carousel.hpp"
#include "postgres/carousel/carousel_zone.hpp"

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

/// The functions by which a statement encodes messages: their qualified names, which are the same
/// on every server.
struct EncodingFunctions {
    Oid message_sections;
    Oid layout_type;
    const char* sections;
    const char* problem;
    const char* aggregate;
};

/// Whether messages of this layout can be encoded by the statement, in this form. A call takes a
/// hundred arguments at most, a time without a time zone means what the zone says, and blocks are
/// made by the ranges of integer ids.
bool can_encode(const CarouselTables& tables, const section::Plan& plan, Encoded form);

/// The messages that are on air, encoded: campaign and message id and, as the form says, the
/// sections or what message_problem gives, or both; ordered by both ids. Blocks have the campaign's
/// id, the range of the message's, the number of messages, whether their ids differ, and the
/// sections. There are hardly any messages if `is_trial`. ERRORs as above.
CarouselQuery encoded_query(const CarouselTables& tables, const CarouselZone& zone,
                            const CarouselRequest& request, DateADT day, Encoded form,
                            const EncodingFunctions& functions, bool is_trial);

/// The messages that are on air on one of two days and not on the other, with a third column:
/// whether it is the second. ERRORs as above.
CarouselQuery changes_query(const CarouselTables& tables, const CarouselZone& zone,
                            const section::Plan& plan, DateADT from, DateADT to);

}  // namespace onetrip::postgres
