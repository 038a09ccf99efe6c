#pragma once

#include "postgres/server.hpp"

namespace onetrip::postgres {

/// A query of the caller's that does nothing but read: one SELECT, VALUES, TABLE or WITH, without
/// INTO, locking clauses, parameters or data-modifying WITH. Runs with the caller's rights. Between
/// SPI_connect and SPI_finish; plain data.
class ReadingQuery {
  public:
    /// Parses and analyses. `argument` is the name of what the caller calls it. ERRORs if it is no
    /// such query.
    ReadingQuery(const char* query, const char* argument, bool may_be_parallel);

    TupleDesc columns() const { return columns_; }

    /// The types of the columns, as in "(bytea, integer)".
    const char* column_types() const;

    SPIPlanPtr plan() const { return plan_; }

    /// Streams the rows, under the snapshot of the calling statement and with transaction_read_only
    /// on for that time, so that no function in the query writes either.
    void run(DestReceiver* receiver) const;

  private:
    SPIPlanPtr plan_;
    TupleDesc columns_;
};

/// From its making to end(), transaction_read_only is on; an error ends it too.
class ReadOnlyTime {
  public:
    ReadOnlyTime();
    void end() const;

  private:
    int nest_level_;
};

}  // namespace onetrip::postgres
