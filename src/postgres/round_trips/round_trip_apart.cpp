// Keeps errors of the watch itself from the client whose statement it looks at.

#include "postgres/round_trips/round_trip_apart.hpp"

namespace onetrip::postgres {

void report_own_error(ErrorData* error) {
    static bool has_reported = false;
    if (error->sqlerrcode == ERRCODE_QUERY_CANCELED) {
        ReThrowError(error);
    }
    if (!has_reported) {
        has_reported = true;
        ereport(LOG, (errcode(error->sqlerrcode),
                      errmsg("round trips: a statement could not be described: %s", error->message),
                      errhidestmt(true)));
    }
    FreeErrorData(error);
}

}  // namespace onetrip::postgres
