// The settings onetrip.watch*: names, descriptions, limits, and who may set them.
//
// Nothing here knows what they are used for.

#include "postgres/round_trips/round_trip_settings.hpp"

#include <climits>

#include "postgres/server/server.hpp"
#include "roundtrip/detector.hpp"

extern "C" {
#include "utils/guc.h"
}

namespace onetrip::postgres {

RoundTripSettings round_trip_settings;

void define_round_trip_settings() {
    RoundTripSettings& settings = round_trip_settings;
    DefineCustomBoolVariable("onetrip.watch",
                             "Watches for clients that run a statement again and again.", nullptr,
                             &settings.watch, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("onetrip.watch_repeats",
                            "Sets how many repeats within an episode make a loop.", nullptr,
                            &settings.repeats, 10, 2, roundtrip::Detector::most_statements,
                            PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable(
        "onetrip.watch_gap",
        "Sets the longest pause within an episode outside of a transaction block.", nullptr,
        &settings.gap, 1000, 1, INT_MAX / 2, PGC_SUSET, GUC_UNIT_MS, nullptr, nullptr, nullptr);
    // A loop takes 4.5 kB.
    constexpr int most = 250'000;
    DefineCustomIntVariable("onetrip.watch_max", "Number of loops of statements remembered.",
                            "The least recently seen makes room.", &settings.max, 1000, 10, most,
                            PGC_POSTMASTER, 0, nullptr, nullptr, nullptr);
    DefineCustomBoolVariable("onetrip.watch_values",
                             "Finds the leader of a loop by the values in results.",
                             "If off, the order of the statements is all that is known.",
                             &settings.values, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomStringVariable("onetrip.watch_tags",
                               "Sets the keys of tags in comments that are kept of a loop.",
                               "If empty, comments are not read.", &settings.tags,
                               "application,controller,action,route,job,framework,file,line",
                               PGC_SUSET, GUC_LIST_INPUT, nullptr, nullptr, nullptr);
    DefineCustomBoolVariable("onetrip.watch_fold_schemas",
                             "Takes tables of the same name in different schemas for one.",
                             "For schemas of tenants.", &settings.fold_schemas, false,
                             PGC_POSTMASTER, 0, nullptr, nullptr, nullptr);
    MarkGUCPrefixReserved("onetrip");
}

}  // namespace onetrip::postgres
