// The shared tables of heavy results and heavy plans, and the key of their rows.
//
// It does not know which statements are heavy.

#include "postgres/round_trips/heavy_memory.hpp"

#include "postgres/round_trips/round_trip_owner.hpp"
#include "postgres/round_trips/round_trip_settings.hpp"

extern "C" {
#include "common/hashfn.h"
}

namespace onetrip::postgres {

SharedRows<HeavyResult> heavy_results;
SharedRows<HeavyPlan> heavy_plans;

Size size_of_heavy_rows() {
    const int most = round_trip_settings.max;
    return add_size(SharedRows<HeavyResult>::size(most), SharedRows<HeavyPlan>::size(most));
}

void start_heavy_rows(LWLockPadded* locks) {
    const int most = round_trip_settings.max;
    heavy_results.start_up("onetrip heavy results", most, &locks[0].lock);
    heavy_plans.start_up("onetrip heavy plans", most, &locks[1].lock);
}

void forget_heavy_rows() {
    const auto all = [](const auto& /*row*/) { return true; };
    heavy_results.forget(all);
    heavy_plans.forget(all);
}

void forget_heavy_rows(roundtrip::QueryId id) {
    const auto is_meant = [id](const auto& row) { return row.key.query == id; };
    heavy_results.forget(is_meant);
    heavy_plans.forget(is_meant);
}

HeavyKey heavy_key(roundtrip::QueryId id, char (&name)[NAMEDATALEN]) {
    copy_application_name(name);
    return {MyDatabaseId, GetUserId(), id,
            hash_bytes_extended(reinterpret_cast<const unsigned char*>(name),
                                static_cast<int>(std::strlen(name)), 0)};
}

}  // namespace onetrip::postgres
