#include "postgres/export_target.hpp"

#include "postgres/server.hpp"

namespace onetrip::postgres {

void raise_system_error(const char* action, const char* object) {
    const int error = errno;
    ereport(ERROR, (errcode_for_file_access(),
                    errmsg("could not %s \"%s\": %s", action, object, strerror(error))));
    pg_unreachable();
}

}  // namespace onetrip::postgres
