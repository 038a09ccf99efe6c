#pragma once

#include <cstdint>

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace onetrip::postgres {

/// Which of a statement's constants and parameters say which page of a list it asks for: OFFSET,
/// and what the expressions of ORDER BY are compared with, by range and the leading one among them.
struct PageShape {
    /// Of a statement with more constants than this, or more parameters, it is not known.
    static constexpr int most_values = 64;

    bool is_page = false;  ///< one query with a LIMIT has such values
    bool has_offset = false;
    /// A bit for each, in the order in which they are collected. Those of an array are one: from 18
    /// on, query identifiers leave out how many there are.
    std::uint64_t constants = 0;
    std::uint64_t parameters = 0;  ///< a bit for each, from the first
    Oid table = InvalidOid;        ///< that is read in pages; InvalidOid if it is not known

    bool has_constant(int place) const {
        return place < most_values && ((constants >> place) & 1U) != 0;
    }
    bool has_parameter(int place) const {
        return place < most_values && ((parameters >> place) & 1U) != 0;
    }
};

/// Finds it in the analysed tree.
PageShape page_shape_of(Query* query);

}  // namespace onetrip::postgres
