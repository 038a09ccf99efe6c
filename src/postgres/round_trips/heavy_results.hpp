#pragma once

#include "postgres/round_trips/round_trip_settings.hpp"
#include "postgres/round_trips/row_sizes.hpp"

extern "C" {
#include "executor/execdesc.h"
}

/// Results that a client fetches in one piece and that are large.
namespace onetrip::postgres {

/// Whether so many rows, or their bytes, are more than the settings say.
inline bool is_heavy_result(std::uint64_t rows, const RowSizes& sizes) {
    const RoundTripSettings& settings = round_trip_settings;
    return (settings.heavy_rows >= 0 && rows > static_cast<std::uint64_t>(settings.heavy_rows)) ||
           (settings.heavy_kb >= 0 && sizes.is_known() &&
            sizes.are_over(rows, std::int64_t{settings.heavy_kb} * 1024));
}

/// Adds an execution to the view heavy_results.
void store_heavy_result(const QueryDesc* query, const RowSizes& sizes);

}  // namespace onetrip::postgres
