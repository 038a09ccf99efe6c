#pragma once

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// A column of a table or view.
struct ColumnOfTable {
    Oid table = InvalidOid;  ///< InvalidOid if it is computed, and no table's
    AttrNumber column = InvalidAttrNumber;

    bool is_known() const { return OidIsValid(table); }
    bool operator==(const ColumnOfTable&) const = default;
};

}  // namespace onetrip::postgres
