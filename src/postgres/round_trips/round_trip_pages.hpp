#pragma once

#include "postgres/server/server.hpp"
#include "roundtrip/statement.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace onetrip::postgres {

/// The lists that a session has lately read page by page.
class PagedLists {
  public:
    /// Finds out whether a statement that has just run, or is about to, asks for the page after the
    /// one before. Its origin is known then: a result that held its values did not lead to it.
    /// `values` is a hash of all values that it runs with, and `others` of those that do not say
    /// which page it asks for; `query` has a plan that has been started.
    void look_at(roundtrip::Statement& statement, bool has_offset, std::uint64_t values,
                 std::uint64_t others, const QueryDesc* query);

  private:
    struct Page {
        roundtrip::QueryId id = 0;
        std::uint64_t values = 0;  ///< all of them
        std::uint64_t others = 0;  ///< without those that say which page
        std::uint64_t limit = 0;
        bool is_full = false;
    };

    static constexpr std::size_t places = 16;
    Page pages_[places];
};

}  // namespace onetrip::postgres
