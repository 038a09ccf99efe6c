// Errors of the operating system, as all targets of exports report them. Knows no target.

#include "postgres/carousel/export_target.hpp"

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

namespace {

/// The server's own SQLSTATE (errcode_for_file_access, elog.c), and others in place of its internal
/// errors, which here come from a caller's argument.
int set_error_code(int error) {
    switch (error) {
        case ENAMETOOLONG:
        case ELOOP:
            return errcode(ERRCODE_INVALID_NAME);
        case EFBIG:
        case EDQUOT:
            return errcode(ERRCODE_DISK_FULL);
        case EAGAIN:
            return errcode(ERRCODE_INSUFFICIENT_RESOURCES);
        case ENOMEM:
            return errcode(ERRCODE_OUT_OF_MEMORY);
        default:
            return errcode_for_file_access();
    }
}

}  // namespace

void raise_system_error(const char* action, const char* object) {
    const int error = errno;
    ereport(ERROR, (set_error_code(error),
                    errmsg("could not %s \"%s\": %s", action, object, strerror(error))));
    pg_unreachable();
}

}  // namespace onetrip::postgres
