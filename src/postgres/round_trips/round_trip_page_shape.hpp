#pragma once

#include <cstdint>

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace onetrip::postgres {

/// Numbers the constants of a tree in the order of the server's walk. The constants of an array
/// have one number: from 18 on, query identifiers leave out how many there are.
class ConstantNumber {
  public:
    int value() const { return value_; }

    /// The walk has passed a constant.
    void pass() { value_ += is_in_array_ ? 0 : 1; }

    /// Walks over the elements of an ArrayExpr, each of which has this number.
    void walk_array(Node* array, TreeWalker walker, void* context) {
        const bool was_in_array = is_in_array_;
        is_in_array_ = true;
        walk_expression(array, walker, context);
        is_in_array_ = was_in_array;
        pass();
    }

  private:
    int value_ = 0;
    bool is_in_array_ = false;
};

/// The constants and parameters of a statement that say which page of a list it asks for: OFFSET,
/// and the values that the expressions of ORDER BY are compared with, by range and the leading one
/// among them.
struct PageShape {
    /// The most constants, and parameters, that are looked at: if a statement has more, its page is
    /// not known.
    static constexpr int most_values = 64;

    bool is_page = false;  ///< one query with a LIMIT has such values
    bool has_offset = false;
    std::uint64_t constants = 0;   ///< a bit for each, by ConstantNumber
    std::uint64_t parameters = 0;  ///< a bit for each, from the first
    Oid table = InvalidOid;        ///< that is read in pages; InvalidOid if it is not known

    bool has_constant(int place) const {
        return place < most_values && ((constants >> place) & 1U) != 0;
    }
    bool has_parameter(int place) const {
        return place < most_values && ((parameters >> place) & 1U) != 0;
    }
};

/// Finds the page shape in the analysed tree.
PageShape page_shape_of(Query* query);

}  // namespace onetrip::postgres
