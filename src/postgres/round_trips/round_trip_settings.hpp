#pragma once

namespace onetrip::postgres {

/// The settings of the watch, as the server sets them. They exist if the library was loaded when
/// the server started; elsewhere they keep their defaults.
struct RoundTripSettings {
    bool watch = true;
    int repeats = 10;
    int gap = 1000;  ///< ms
    int max = 1000;
    bool values = true;
    char* tags = nullptr;  ///< the keys of tags that are kept; defined with the others
    bool fold_schemas = false;
    /// The key of the tag that says which request a statement belongs to.
    char* request = nullptr;
    bool has_request = false;  ///< it is not empty
    int action = 0;            ///< a WatchAction
    bool ignore = false;
    int log_wait = -1;  ///< ms
    int heavy_rows = 10'000;
    int heavy_kb = 16 * 1024;
    double heavy_cost = 100'000;
};

extern RoundTripSettings round_trip_settings;

/// Makes the settings known to the server. It is called while shared_preload_libraries are loaded.
void define_round_trip_settings();

}  // namespace onetrip::postgres
