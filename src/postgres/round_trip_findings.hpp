#pragma once

#include "postgres/walls.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace onetrip::postgres {

/// A column that is compared with a single value, and where.
struct Comparison {
    Oid table = InvalidOid;  ///< what the plan reads: maybe a partition
    AttrNumber column = InvalidAttrNumber;
    bool in_index = false;
};

/// What a plan does, as far as advice needs it.
struct Findings {
    const QueryDesc* query;
    Comparison comparison;
    bool has_many_values = false;  ///< an array, VALUES, or a function over an array
    bool has_many_in_index = false;
    bool aggregates_all = false;  ///< into one row
    int scans = 0;
};

Findings findings_of(const QueryDesc* query);

/// Whether the statement asks for many things at once already: by an array, a list of VALUES, or
/// IN (…), rather than by a single value.
bool does_many_at_once(const QueryDesc* query);

}  // namespace onetrip::postgres
