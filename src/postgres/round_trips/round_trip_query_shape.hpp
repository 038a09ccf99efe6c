#pragma once

#include <cstdint>

#include "postgres/round_trips/round_trip_named_columns.hpp"
#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace onetrip::postgres {

/// The relations that a query names, and its use of them, before the server rewrites and plans it.
struct QueryShape {
    /// Its rows are rows of the tables that it names, so that a join can be written into it.
    bool is_plain = false;
    bool is_limited = false;      ///< by LIMIT or OFFSET
    Oid view = InvalidOid;        ///< that it writes, or reads and nothing else
    Oid written = InvalidOid;     ///< the table or view that it writes; rules may write another
    bool is_of_function = false;  ///< it reads what a function returns, and nothing else
    bool is_composed = false;     ///< its row is made of subqueries, or of what is asked of one
    bool has_having = false;      ///< its only row, an aggregate, may lack (HAVING)
    bool inserts_given = false;   ///< an INSERT of nothing but values that are given
    bool inserts_query = false;   ///< an INSERT of what a SELECT reads, or says under a condition
    AttrNumber first_inserted = InvalidAttrNumber;  ///< the first column that an INSERT gives
    std::int16_t inserted = 0;                      ///< how many it gives
    /// The conditions of the query whose rows are asked for, those of its joins among them; of more
    /// than there is room for, the most.
    std::uint8_t conditions = 0;
    /// The parameters in its LIMIT and OFFSET, as bits from the first: they are numbers of rows,
    /// not values. Those after the 64th are not known.
    std::uint64_t limits = 0;
    NamedColumns named;  ///< that it compares with given values
};

/// Finds the query shape in the analysed tree.
QueryShape query_shape_of(Query* query);

}  // namespace onetrip::postgres
