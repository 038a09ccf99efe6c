#pragma once

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// A value of a row that is not NULL, and one that is.
inline NullableDatum present(Datum value) {
    return {value, false};
}
constexpr NullableDatum absent{Datum{0}, true};

/// The rows of a function that returns all of them at once: a tuplestore, which goes to disk past
/// work_mem. Plain data.
class Rows {
  public:
    /// Begins the rows. ERRORs if the call cannot take a set.
    explicit Rows(FunctionCallInfo fcinfo, uint32 flags = 0) {
        InitMaterializedSRF(fcinfo, flags);
        result_ = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    }

    int columns() const { return result_->setDesc->natts; }

    /// Appends a copy of the row: its first columns(), if there are more. May ERROR.
    template <std::size_t size>
    void put(const NullableDatum (&row)[size]) const {
        Datum values[size];
        bool nulls[size];
        for (std::size_t column = 0; column < size; ++column) {
            values[column] = row[column].value;
            nulls[column] = row[column].isnull;
        }
        tuplestore_putvalues(result_->setResult, result_->setDesc, values, nulls);
    }

  private:
    ReturnSetInfo* result_;
};

}  // namespace onetrip::postgres
