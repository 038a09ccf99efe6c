// export_carousel_to_file, export_carousel_to_program, export_carousel_to_large_object.

#include <chrono>

#include "postgres/export_job.hpp"
#include "postgres/file_target.hpp"
#include "postgres/large_object_target.hpp"
#include "postgres/program_target.hpp"
#include "postgres/transport_functions.hpp"

extern "C" {
#include "catalog/pg_authid.h"
#include "commands/progress.h"
#include "tcop/utility.h"
#include "utils/backend_progress.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(export_carousel_to_file);
ONETRIP_SQL_FUNCTION(export_carousel_to_program);
ONETRIP_SQL_FUNCTION(export_carousel_to_large_object);

namespace {

/// As COPY asks (DoCopy, copy.c): whoever may execute the function need not be trusted with the
/// server's files and programs.
void require_role(Oid role, const char* place) {
    if (!has_privs_of_role(GetUserId(), role)) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("permission denied to export to %s", place),
                        errdetail("Only roles with privileges of the \"%s\" role may export to %s.",
                                  GetUserNameFromId(role, false), place),
                        errhint("Anyone can use export_carousel_to_large_object.")));
    }
}

OnError on_error_of(FunctionCallInfo fcinfo, int argument) {
    refuse_null(fcinfo, argument, "on_error");
    const char* const word = text_to_cstring(PG_GETARG_TEXT_PP(argument));
    if (std::strcmp(word, "fail") == 0) {
        return OnError::fail;
    }
    if (std::strcmp(word, "skip") != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("unrecognized value for argument \"on_error\": \"%s\"", word),
                        errhint("Valid values are \"fail\" and \"skip\".")));
    }
    return OnError::skip;
}

/// The arguments pid and on_error, which stand side by side.
ExportOptions options_of(FunctionCallInfo fcinfo, int pid_argument) {
    ExportOptions options{std::nullopt, on_error_of(fcinfo, pid_argument + 1)};
    if (!PG_ARGISNULL(pid_argument)) {
        options.pid = pid_of(PG_GETARG_INT32(pid_argument));
    }
    return options;
}

const char* text_argument(FunctionCallInfo fcinfo, int argument, const char* name) {
    refuse_null(fcinfo, argument, name);
    return text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

struct Result {
    ExportCounts counts;
    std::chrono::microseconds elapsed;
};

/// An error on the way ends the command in pg_stat_progress_copy as well (AbortTransaction,
/// xact.c).
Result run(const CarouselRequest& request, const ExportOptions& options, ExportTarget& target,
           int64 progress_type, MemoryContext memory) {
    const auto begin = std::chrono::steady_clock::now();
    pgstat_progress_start_command(PROGRESS_COMMAND_COPY, InvalidOid);
    pgstat_progress_update_param(PROGRESS_COPY_COMMAND, PROGRESS_COPY_COMMAND_TO);
    pgstat_progress_update_param(PROGRESS_COPY_TYPE, progress_type);
    ExportJob job(request.compiled, options, target, memory);
    for_each_message(request, job);
    const ExportCounts counts = job.finish();
    pgstat_progress_end_command();
    return {counts, std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::steady_clock::now() - begin)};
}

Datum interval_of(std::chrono::microseconds elapsed) {
    auto* const interval = static_cast<Interval*>(palloc0(sizeof(Interval)));
    interval->time = elapsed.count();
    return IntervalPGetDatum(interval);
}

/// The result row; its last column only where the function has one.
Datum row_of(FunctionCallInfo fcinfo, const Result& result, Datum large_object = 0) {
    TupleDesc descriptor = nullptr;
    get_call_result_type(fcinfo, nullptr, &descriptor);
    Datum values[] = {Int64GetDatum(result.counts.messages), Int64GetDatum(result.counts.sections),
                      Int64GetDatum(result.counts.bytes),    Int64GetDatum(result.counts.skipped),
                      interval_of(result.elapsed),           large_object};
    bool nulls[lengthof(values)] = {};
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

MemoryContext make_export_memory() {
    return make_memory_context(CurrentMemoryContext, "onetrip export");
}

}  // namespace

extern "C" {

Datum export_carousel_to_file(PG_FUNCTION_ARGS) {
    require_role(ROLE_PG_WRITE_SERVER_FILES, "a file");
    const CarouselRequest request = carousel_request(fcinfo, 5);
    const ExportOptions options = options_of(fcinfo, 3);
    const MemoryContext memory = make_export_memory();
    FileTarget target(text_argument(fcinfo, 2, "path"), memory);
    const Result result = run(request, options, target, PROGRESS_COPY_TYPE_FILE, memory);
    return row_of(fcinfo, result);
}

Datum export_carousel_to_program(PG_FUNCTION_ARGS) {
    require_role(ROLE_PG_EXECUTE_SERVER_PROGRAM, "a program");
    const CarouselRequest request = carousel_request(fcinfo, 5);
    const ExportOptions options = options_of(fcinfo, 3);
    const MemoryContext memory = make_export_memory();
    ProgramTarget target(text_argument(fcinfo, 2, "command"), memory);
    const Result result = run(request, options, target, PROGRESS_COPY_TYPE_PROGRAM, memory);
    return row_of(fcinfo, result);
}

Datum export_carousel_to_large_object(PG_FUNCTION_ARGS) {
    PreventCommandIfReadOnly("export_carousel_to_large_object()");
    CarouselRequest request = carousel_request(fcinfo, 4);
    // The rows of a large object are written while the statement runs.
    request.may_be_parallel = false;
    const ExportOptions options = options_of(fcinfo, 2);
    LargeObjectTarget target;
    const Result result =
        run(request, options, target, PROGRESS_COPY_TYPE_CALLBACK, make_export_memory());
    return row_of(fcinfo, result, target.oid());
}

}  // extern "C"

}  // namespace onetrip::postgres
