#pragma once

#include "postgres/round_trips/round_trip_page_shape.hpp"
#include "postgres/round_trips/round_trip_query_shape.hpp"
#include "postgres/server/walls.hpp"
#include "roundtrip/statement.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace onetrip::postgres {

/// The fingerprints by which statements are distinguished: the server's query identifier, folded. A
/// list of constants or parameters counts as one constant whatever its length, and a parameter as a
/// constant. A relation counts by its name, in a temporary schema as if there were only one such
/// schema.
///
/// A fingerprint is made once for each query identifier, when a statement is analysed. If it was
/// not analysed, or has made room since, the query identifier itself counts.
class Fingerprints {
  public:
    struct Entry {
        roundtrip::QueryId query_id = 0;
        roundtrip::QueryId fingerprint = 0;
        PageShape page;
        QueryShape shape;
        bool has_list = false;  ///< of several constants or parameters that count as one
    };

    /// The entry of a statement; nullptr if it is not known.
    const Entry* find(roundtrip::QueryId id) const {
        const Entry* const set = entries_ + set_of(id);
        for (const Entry* entry = set; entry < set + ways; ++entry) {
            if (entry->query_id == id) {
                return entry;
            }
        }
        return nullptr;
    }

    /// A statement has been analysed. The reference is valid until the next call.
    const Entry& look_at(Query* query, const char* text) {
        const Entry* const known = find(static_cast<roundtrip::QueryId>(query->queryId));
        return known != nullptr ? *known : make(query, text);
    }

    roundtrip::QueryId of(roundtrip::QueryId query_id) const {
        const Entry* const entry = find(query_id);
        return entry == nullptr ? query_id : entry->fingerprint;
    }

  private:
    static constexpr std::size_t ways = 4;
    static constexpr std::size_t sets = 64;

    static std::size_t set_of(roundtrip::QueryId id) { return id % sets * ways; }

    const Entry& make(Query* query, const char* text);

    std::uint8_t next_way_ = 0;
    Entry entries_[sets * ways];
};

}  // namespace onetrip::postgres
