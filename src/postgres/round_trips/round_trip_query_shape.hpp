#pragma once

#include <cstdint>

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace onetrip::postgres {

/// The relations that a query names in its FROM, and its use of them, before the server rewrites
/// and plans it.
struct QueryShape {
    /// Its rows are rows of the tables that it names, so that a join can be written into it.
    bool is_plain = false;
    bool is_limited = false;      ///< by LIMIT or OFFSET
    Oid view = InvalidOid;        ///< that it reads, and nothing else
    bool is_of_function = false;  ///< it reads what a function returns, and nothing else
    /// The parameters in its LIMIT and OFFSET, as bits from the first: they are numbers of rows,
    /// not values. Those after the 64th are not known.
    std::uint64_t limits = 0;
};

/// Finds the query shape in the analysed tree.
QueryShape query_shape_of(Query* query);

}  // namespace onetrip::postgres
