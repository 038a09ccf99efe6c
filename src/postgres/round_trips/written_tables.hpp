#pragma once

#include "postgres/server/server.hpp"
#include "roundtrip/statement.hpp"

namespace onetrip::postgres {

/// The tables that the last writes of a session wrote, and when.
class WrittenTables {
  public:
    void note(Oid table, roundtrip::Microseconds end) {
        for (Write& write : writes_) {
            if (write.table == table) {
                write.end = end;
                return;
            }
        }
        writes_[next_++ % most] = {table, end};
    }

    /// The first table that has been written since then, and that is wanted; else InvalidOid.
    template <typename IsWanted>
    Oid first_since(roundtrip::Microseconds begin, IsWanted&& is_wanted) const {
        for (const Write& write : writes_) {
            if (OidIsValid(write.table) && write.end >= begin && is_wanted(write.table)) {
                return write.table;
            }
        }
        return InvalidOid;
    }

  private:
    static constexpr unsigned most = 8;

    struct Write {
        Oid table = InvalidOid;
        roundtrip::Microseconds end = 0;
    };

    Write writes_[most];
    unsigned next_ = 0;
};

}  // namespace onetrip::postgres
