#pragma once

#include "postgres/carousel/carousel_query.hpp"

namespace onetrip::postgres {

/// Whether the table's rows are on other servers: it is a foreign table, or distributed by Citus.
bool is_elsewhere(const CarouselTable& table);

/// Plans a statement that encodes messages, so that postgres_fdw sends it as a whole if it can.
PlannedQuery plan_encoding(const CarouselQuery& query, const CarouselZone& zone,
                           const EncodingFunctions& functions, bool may_be_parallel);

/// The place where a planned statement encodes messages.
struct EncodingPlace {
    bool is_elsewhere;  ///< by nodes of another extension, which send the statement on
    Oid server;         ///< the one foreign server that is asked; InvalidOid for those of Citus
};
EncodingPlace place_of_encoding(const PlannedStmt* statement);

}  // namespace onetrip::postgres
