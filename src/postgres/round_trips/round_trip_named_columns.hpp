#pragma once

#include <cstdint>

#include "postgres/round_trips/column_of_table.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

/// The columns that a client compares, as it names them. The planner compares others too: those of
/// the tables under a view, and those that are equal.
namespace onetrip::postgres {

/// The columns that a query compares with given values, and what stands between them and the plan.
struct NamedColumns {
    static constexpr int most = 6;

    std::uint8_t count = 0;
    bool are_all = true;          ///< there was room for them
    bool has_outer_join = false;  ///< of two columns that are equal, one may lack
    bool has_views = false;       ///< the plan reads tables that the client did not name
    std::uint8_t computed = 0;    ///< those whose value is computed from what is given, as bits
    ColumnOfTable columns[most];  ///< of tables and views

    void add(const ColumnOfTable& column, bool is_direct);
    bool is_computed(const ColumnOfTable& column) const;
};

/// Finds the named columns in the analysed tree, those of its subqueries among them.
NamedColumns named_columns_of(Query* query);

/// The table's column that a view's is, through all views; the column itself if it is a table's.
/// Not known if it is computed. May ERROR and needs a transaction; it waits for no lock.
ColumnOfTable column_under_views(ColumnOfTable named);

}  // namespace onetrip::postgres
