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
    void forget() {
        rows_ = 0;
        count_ = 0;
    }

    /// The first row is here.
    void begin(TupleDesc columns);

    /// Whether a row's own size is of interest: those of columns of fixed length are known.
    bool wants_row() const { return count_ > 0 && rows_ < most_rows; }
    void add(TupleTableSlot* row);

    /// The bytes of so many rows, by the mean of those that were added.
    double bytes(std::uint64_t rows) const {
        return rows_ == 0 ? 0
                          : static_cast<double>(rows) *
                                (static_cast<double>(fixed_) +
                                 static_cast<double>(variable_) / static_cast<double>(rows_));
    }
    bool is_known() const { return rows_ > 0; }

    /// Whether so many rows are more than so many bytes. Most results have been added whole.
    bool are_over(std::uint64_t rows, std::int64_t limit) const {
        return rows == static_cast<std::uint64_t>(rows_)
                   ? fixed_ * rows + variable_ > static_cast<std::uint64_t>(limit)
                   : bytes(rows) > static_cast<double>(limit);
    }
    Widest widest(TupleDesc columns) const;

  private:
    /// The number of columns of variable length that count by themselves; further ones count in the
    /// whole alone.
    static constexpr int most_columns = 64;

    std::int64_t rows_ = 0;       ///< that were looked at; 1 if all are alike
    std::uint64_t fixed_ = 0;     ///< bytes in each row
    std::uint64_t variable_ = 0;  ///< bytes in all of them
    int count_ = 0;
    int last_ = 0;  ///< the last column of variable length
    bool has_more_ = false;
    int numbers_[most_columns] = {};
    std::uint64_t sums_[most_columns] = {};
};

inline void RowSizes::begin(TupleDesc columns) {
    fixed_ = variable_ = 0;
    count_ = last_ = 0;
    has_more_ = false;
    const int width = columns == nullptr ? 0 : columns->natts;
    for (int i = 0; i < width; ++i) {
        const int length = TupleDescAttr(columns, i)->attlen;
        if (length > 0) {
            fixed_ += static_cast<std::uint64_t>(length);
        } else if (length == -1 && count_ < most_columns) {
            numbers_[count_] = last_ = i;
            sums_[count_++] = 0;
        } else {
            has_more_ = true;
        }
    }
    rows_ = count_ > 0 ? 0 : 1;
}

}  // namespace onetrip::postgres
