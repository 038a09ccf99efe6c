#pragma once

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// Rows for a plain table, put into it as COPY does: those of a page at once, with one record of
/// WAL. Its memory is of the current one. It is to be used in a subtransaction, which takes all of
/// it if there is an error. It is plain data.
class TableInsert {
  public:
    /// Whether rows come into the table as an INSERT would bring them: nothing of the table's looks
    /// at single rows but constraints and indexes. The columns are another matter.
    static bool is_possible(Relation relation);

    /// The relation is open, and locked for writing, until after `end`.
    void begin(Relation relation);

    /// The next row: all its columns are to be filled.
    TupleTableSlot* row() { return slots_[count_]; }

    /// Takes the row, and copies its values.
    void put();

    void end();

  private:
    static constexpr int most_rows = 1000;
    static constexpr std::size_t most_bytes = 65536;

    void flush();

    Relation relation_;
    EState* executor_;
    ResultRelInfo* target_;
    CommandId command_;
    bool has_constraints_;
    TupleTableSlot** slots_;
    int slot_count_;  ///< those that have been made
    int count_;
    std::size_t bytes_;
};

}  // namespace onetrip::postgres
