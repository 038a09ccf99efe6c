#pragma once

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// How large the rows of a result are, by its first ones: the uncompressed sizes of their columns
/// as stored. Nothing is detoasted.
class RowSizes {
  public:
    static constexpr std::int64_t most_rows = 256;

    struct Widest {
        int column;    ///< in the row, from 0
        double share;  ///< of the bytes, up to 1
    };

    /// A result begins, of which nothing is known yet.
    void forget() { rows_ = 0; }

    /// The first row is here.
    void begin(TupleDesc columns);

    bool is_full() const { return rows_ >= most_rows; }
    void add(TupleTableSlot* row);

    /// Of so many rows, by the mean of those that were added.
    double bytes(std::uint64_t rows) const {
        return rows_ == 0 ? 0
                          : static_cast<double>(rows) *
                                (static_cast<double>(fixed_) +
                                 static_cast<double>(variable_) / static_cast<double>(rows_));
    }
    bool is_known() const { return rows_ > 0; }
    Widest widest(TupleDesc columns) const;

  private:
    /// Columns of variable length: those after so many count in the whole alone.
    static constexpr int most_columns = 64;

    std::int64_t rows_ = 0;
    std::uint64_t fixed_ = 0;     ///< bytes in each row
    std::uint64_t variable_ = 0;  ///< bytes in all of them
    int count_ = 0;
    int last_ = 0;  ///< the last column of variable length
    bool has_more_ = false;
    int numbers_[most_columns] = {};
    std::uint64_t sums_[most_columns] = {};
};

}  // namespace onetrip::postgres
