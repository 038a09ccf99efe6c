// The settings onetrip.watch*: names, descriptions, limits, and who may set them.
//
// Nothing here knows their use.

#include "postgres/round_trips/round_trip_settings.hpp"

#include <cfloat>
#include <climits>

#include "postgres/round_trips/round_trip_action.hpp"
#include "postgres/server/server.hpp"
#include "roundtrip/detector.hpp"
#include "roundtrip/tags.hpp"

extern "C" {
#include "utils/guc.h"
}

namespace onetrip::postgres {

RoundTripSettings round_trip_settings;

namespace {

constexpr config_enum_entry actions[] = {
    {"none", static_cast<int>(WatchAction::none), false},
    {"notice", static_cast<int>(WatchAction::notice), false},
    {"warning", static_cast<int>(WatchAction::warning), false},
    {"error", static_cast<int>(WatchAction::error), false},
    {nullptr, 0, false},
};

bool check_request(char** value, void** /*extra*/, GucSource /*source*/) {
    if (**value == '\0' || roundtrip::is_tag_key(*value)) {
        return true;
    }
    GUC_check_errdetail("The key of a tag consists of letters, digits, \"_\", \"-\" and \".\".");
    GUC_check_errhint("Name one key, as traceparent or request_id.");
    return false;
}

void assign_request(const char* value, void* /*extra*/) {
    round_trip_settings.has_request = value != nullptr && *value != '\0';
}

/// Defines the settings of tags, which show the part of an application that sends a statement.
void define_settings_of_tags() {
    RoundTripSettings& settings = round_trip_settings;
    DefineCustomStringVariable("onetrip.watch_tags",
                               "Sets the keys of tags in comments that are kept of a loop.",
                               "If empty, comments are not read.", &settings.tags,
                               "application,controller,action,route,job,framework,file,line",
                               PGC_SUSET, GUC_LIST_INPUT, nullptr, nullptr, nullptr);
    DefineCustomStringVariable(
        "onetrip.watch_request",
        "Sets the key of the tag that says which request a statement belongs to.",
        "The statements of a request are one episode, in whatever sessions they run. If empty, an "
        "episode is one session's.",
        &settings.request, "", PGC_SUSET, 0, check_request, assign_request, nullptr);
}

/// Defines the settings that anybody may set.
void define_settings_of_clients() {
    RoundTripSettings& settings = round_trip_settings;
    DefineCustomEnumVariable(
        "onetrip.watch_action", "Sets what a statement raises that is about to make a loop.",
        "A loop is answered once an episode, before the execution that makes it one.",
        &settings.action, static_cast<int>(WatchAction::none), actions, PGC_USERSET, 0, nullptr,
        nullptr, nullptr);
    DefineCustomBoolVariable("onetrip.watch_ignore",
                             "Passes over the statements that run while it is on.",
                             "A comment /* onetrip:ignore */ does the same for one statement.",
                             &settings.ignore, false, PGC_USERSET, 0, nullptr, nullptr, nullptr);
}

/// Defines the limits from which on episodes are logged, and results and plans are heavy.
void define_limits() {
    RoundTripSettings& settings = round_trip_settings;
    DefineCustomIntVariable(
        "onetrip.watch_log_wait", "Logs an episode that waited longer than this in loops.",
        "At most one line a loop and minute. -1 turns this off.", &settings.log_wait, -1, -1,
        INT_MAX / 2, PGC_SUSET, GUC_UNIT_MS, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("onetrip.heavy_rows",
                            "Sets from how many rows on a result that a client fetches in one "
                            "piece is heavy.",
                            "-1 turns this off.", &settings.heavy_rows, settings.heavy_rows, -1,
                            INT_MAX, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("onetrip.heavy_bytes",
                            "Sets from which size on a result that a client fetches in one piece "
                            "is heavy.",
                            "-1 turns this off.", &settings.heavy_kb, settings.heavy_kb, -1,
                            INT_MAX, PGC_SUSET, GUC_UNIT_KB, nullptr, nullptr, nullptr);
    DefineCustomRealVariable("onetrip.heavy_cost", "Sets from which total cost on a plan is heavy.",
                             "-1 turns this off.", &settings.heavy_cost, settings.heavy_cost, -1,
                             DBL_MAX, PGC_SUSET, 0, nullptr, nullptr, nullptr);
}

}  // namespace

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
    DefineCustomBoolVariable("onetrip.watch_fold_schemas",
                             "Takes tables of the same name in different schemas for one.",
                             "For schemas of tenants.", &settings.fold_schemas, false,
                             PGC_POSTMASTER, 0, nullptr, nullptr, nullptr);
    define_settings_of_tags();
    define_settings_of_clients();
    define_limits();
    MarkGUCPrefixReserved("onetrip");
}

}  // namespace onetrip::postgres
