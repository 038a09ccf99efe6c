#pragma once

#include "postgres/round_trips/round_trip_settings.hpp"
#include "roundtrip/statement.hpp"

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
}

/// Statements whose plans are dear by themselves.
namespace onetrip::postgres {

class HeavyPlans {
  public:
    constexpr HeavyPlans() = default;

    static bool is_heavy(const PlannedStmt* planned) {
        return round_trip_settings.heavy_cost >= 0 && planned->queryId != 0 &&
               planned->commandType != CMD_UTILITY &&
               planned->planTree->total_cost > round_trip_settings.heavy_cost;
    }

    /// Adds a heavy plan, which took so long to make, to the view heavy_plans.
    void planned(const Query* query, const PlannedStmt* planned, const char* text,
                 roundtrip::Microseconds time);

    /// The statement of a query identifier has run: adds its time, if its last plan in this session
    /// was heavy.
    void ended(roundtrip::QueryId id, const roundtrip::Statement& statement) {
        if (count_ > 0) {
            add_execution(id, statement);
        }
    }

    /// Whether no plan of this session was heavy.
    bool is_empty() const { return count_ == 0; }

  private:
    static constexpr int most = 32;

    void add_execution(roundtrip::QueryId id, const roundtrip::Statement& statement);
    void remember(roundtrip::QueryId id);

    int count_ = 0;
    int next_ = 0;  ///< the place of the next one
    roundtrip::QueryId ids_[most] = {};
};

}  // namespace onetrip::postgres
