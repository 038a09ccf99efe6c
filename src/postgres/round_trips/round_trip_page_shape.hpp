#pragma once

#include <algorithm>
#include <cstdint>

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace onetrip::postgres {

/// Which of a statement's constants and parameters say which page of a list it asks for: OFFSET,
/// and what the columns of ORDER BY are compared with, by range and the leading one among them.
struct PageShape {
    /// One query with a LIMIT has such values, and none of the statement is left out below.
    bool is_page = false;
    bool has_offset = false;
    std::uint8_t constant_count = 0;
    std::uint32_t constants = 0;   ///< a bit for each, in the order in which they are collected
    std::uint32_t parameters = 0;  ///< a bit for each, from the first
    Oid table = InvalidOid;        ///< that is read in pages; InvalidOid if it is not known

    /// The same for so many values, the last of which are the constants.
    std::uint32_t values(unsigned count) const {
        return parameters | (constants << (count - std::min<unsigned>(count, constant_count)));
    }
};

/// Finds it in the analysed tree.
PageShape page_shape_of(Query* query);

}  // namespace onetrip::postgres
