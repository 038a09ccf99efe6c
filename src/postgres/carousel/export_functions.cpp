// The exports: of carousels and of sections that a query gives; to a file, a program or a large
// object. Knows nothing of how messages are encoded.

#include <chrono>

#include "postgres/carousel/export_job.hpp"
#include "postgres/carousel/file_target.hpp"
#include "postgres/carousel/large_object_target.hpp"
#include "postgres/carousel/program_target.hpp"
#include "postgres/carousel/section_rows.hpp"
#include "postgres/sections/transport_functions.hpp"
#include "postgres/server/arguments.hpp"
#include "postgres/server/datums.hpp"

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
ONETRIP_SQL_FUNCTION(export_sections_to_file);
ONETRIP_SQL_FUNCTION(export_sections_to_program);
ONETRIP_SQL_FUNCTION(export_sections_to_large_object);

namespace {

/// A place outside of the database, and the role that may write there.
struct Place {
    Oid role;
    const char* name;
};
constexpr Place a_file{ROLE_PG_WRITE_SERVER_FILES, "a file"};
constexpr Place a_program{ROLE_PG_EXECUTE_SERVER_PROGRAM, "a program"};

/// Asks for the role that COPY asks for (DoCopy, copy.c): a user who may execute the function need
/// not be trusted with the server's files and programs. `for_everyone` is the function that anyone
/// may use instead.
void require_role(const Place& place, const char* for_everyone) {
    if (!has_privs_of_role(GetUserId(), place.role)) {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("permission denied to export to %s", place.name),
                        errdetail("Only roles with privileges of the \"%s\" role may export to %s.",
                                  GetUserNameFromId(place.role, false), place.name),
                        errhint("Anyone can use %s.", for_everyone)));
    }
}

OnError on_error_of(FunctionCallInfo fcinfo, int argument) {
    constexpr ArgumentWord<OnError> words[] = {{"fail", OnError::fail}, {"skip", OnError::skip}};
    refuse_null(fcinfo, argument, "on_error");
    return value_of_word("on_error", characters_of(PG_GETARG_TEXT_PP(argument)), words);
}

std::optional<std::uint16_t> pid_argument(FunctionCallInfo fcinfo, int argument) {
    return PG_ARGISNULL(argument) ? std::nullopt : std::optional(pid_of(PG_GETARG_INT32(argument)));
}

const char* text_argument(FunctionCallInfo fcinfo, int argument, const char* name) {
    refuse_null(fcinfo, argument, name);
    return text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

bool loop_argument(FunctionCallInfo fcinfo, int argument) {
    refuse_null(fcinfo, argument, "loop");
    return PG_GETARG_BOOL(argument);
}

std::int64_t count_argument(FunctionCallInfo fcinfo, int argument, const char* name) {
    refuse_null(fcinfo, argument, name);
    const std::int64_t count = PG_GETARG_INT64(argument);
    if (count < 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("argument \"%s\" must not be negative", name),
                        errdetail("It is %lld.", static_cast<long long>(count))));
    }
    return count;
}

/// The arguments of a carousel's export but for the place.
struct CarouselExport {
    CarouselRequest request;
    std::optional<std::uint16_t> pid;  ///< given: transport packets and not bare sections
    OnError on_error;
    bool loop;
    ExportGuards guards;
};

/// pid is the first argument after the place; those from loop on came with 0.2.0, and functions
/// that an older script made have none.
CarouselExport carousel_export(FunctionCallInfo fcinfo, int first) {
    CarouselExport arguments{carousel_request(fcinfo, first + 2),
                             pid_argument(fcinfo, first),
                             on_error_of(fcinfo, first + 1),
                             false,
                             {0, std::nullopt}};
    if (PG_NARGS() > first + 3) {
        arguments.loop = loop_argument(fcinfo, first + 3);
        arguments.guards.at_least = count_argument(fcinfo, first + 4, "at_least");
        if (!PG_ARGISNULL(first + 5)) {
            arguments.guards.max_skipped = count_argument(fcinfo, first + 5, "max_skipped");
        }
    }
    return arguments;
}

/// The arguments of an export of a query's sections but for the place, `first` being pid.
SectionQuery section_query(FunctionCallInfo fcinfo, int first) {
    return {text_argument(fcinfo, 0, "query"), pid_argument(fcinfo, first),
            loop_argument(fcinfo, first + 1), count_argument(fcinfo, first + 2, "at_least")};
}

struct Result {
    ExportCounts counts;
    bytea* sha256;
    std::chrono::microseconds elapsed;
};

/// An error on the way ends the command in pg_stat_progress_copy as well (AbortTransaction,
/// xact.c).
template <typename Run>
Result measure(int64 progress_type, Run&& run) {
    const auto begin = std::chrono::steady_clock::now();
    pgstat_progress_start_command(PROGRESS_COMMAND_COPY, InvalidOid);
    pgstat_progress_update_param(PROGRESS_COPY_COMMAND, PROGRESS_COPY_COMMAND_TO);
    pgstat_progress_update_param(PROGRESS_COPY_TYPE, progress_type);
    Result result{};
    result.counts = run(result.sha256);
    pgstat_progress_end_command();
    result.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begin);
    return result;
}

Result run(const CarouselExport& arguments, ExportTarget& target, int64 progress_type,
           MemoryContext memory) {
    using Form = ExportOutput::Form;
    const Form form = !arguments.pid   ? Form::sections
                      : arguments.loop ? Form::packets_in_loop
                                       : Form::packets;
    return measure(progress_type, [&](bytea*& sha256) {
        ExportOutput output(form, target, memory);
        ExportJob job(arguments.request.compiled, arguments.pid.value_or(0), arguments.on_error,
                      arguments.guards, output);
        for_each_message(arguments.request, job);
        const ExportCounts counts = job.finish();
        sha256 = output.sha256();
        return counts;
    });
}

Result run(const SectionQuery& query, ExportTarget& target, int64 progress_type,
           MemoryContext memory) {
    return measure(progress_type, [&](bytea*& sha256) {
        return export_section_rows(query, target, memory, sha256);
    });
}

Datum interval_of(std::chrono::microseconds elapsed) {
    auto* const interval = static_cast<::Interval*>(palloc0(sizeof(::Interval)));
    interval->time = elapsed.count();
    return IntervalPGetDatum(interval);
}

/// The columns of a result row, one after the other.
class ResultRow {
  public:
    void add(Datum value) { values_[count_++] = value; }
    void add(std::int64_t count) { add(Int64GetDatum(count)); }

    /// The columns that all have at the end.
    void add_end(const Result& result, std::optional<Datum> large_object) {
        add(interval_of(result.elapsed));
        if (large_object) {
            add(*large_object);
        }
        add(PointerGetDatum(result.sha256));
    }

    /// A function that an older script made has no sha256.
    Datum finish(FunctionCallInfo fcinfo) {
        TupleDesc descriptor = nullptr;
        get_call_result_type(fcinfo, nullptr, &descriptor);
        bool nulls[most_columns] = {};
        return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values_, nulls));
    }

  private:
    static constexpr int most_columns = 7;
    Datum values_[most_columns] = {};
    int count_ = 0;
};

Datum carousel_row(FunctionCallInfo fcinfo, const Result& result,
                   std::optional<Datum> large_object = std::nullopt) {
    ResultRow row;
    for (const std::int64_t count : {result.counts.units, result.counts.sections,
                                     result.counts.bytes, result.counts.skipped}) {
        row.add(count);
    }
    row.add_end(result, large_object);
    return row.finish(fcinfo);
}

Datum sections_row(FunctionCallInfo fcinfo, const Result& result,
                   std::optional<Datum> large_object = std::nullopt) {
    ResultRow row;
    for (const std::int64_t count :
         {result.counts.units, result.counts.sections, result.counts.bytes}) {
        row.add(count);
    }
    row.add_end(result, large_object);
    return row.finish(fcinfo);
}

MemoryContext make_export_memory() {
    return make_memory_context(CurrentMemoryContext, "onetrip export");
}

constexpr const char* carousel_for_everyone = "export_carousel_to_large_object";
constexpr const char* sections_for_everyone = "export_sections_to_large_object";

}  // namespace

extern "C" {

Datum export_carousel_to_file(PG_FUNCTION_ARGS) {
    require_role(a_file, carousel_for_everyone);
    const CarouselExport arguments = carousel_export(fcinfo, 3);
    const MemoryContext memory = make_export_memory();
    FileTarget target(text_argument(fcinfo, 2, "path"), memory);
    return carousel_row(fcinfo, run(arguments, target, PROGRESS_COPY_TYPE_FILE, memory));
}

Datum export_carousel_to_program(PG_FUNCTION_ARGS) {
    require_role(a_program, carousel_for_everyone);
    const CarouselExport arguments = carousel_export(fcinfo, 3);
    const MemoryContext memory = make_export_memory();
    ProgramTarget target(text_argument(fcinfo, 2, "command"), memory);
    return carousel_row(fcinfo, run(arguments, target, PROGRESS_COPY_TYPE_PROGRAM, memory));
}

Datum export_carousel_to_large_object(PG_FUNCTION_ARGS) {
    PreventCommandIfReadOnly("export_carousel_to_large_object()");
    CarouselExport arguments = carousel_export(fcinfo, 2);
    // The rows of a large object are written while the statement runs.
    arguments.request.may_be_parallel = false;
    LargeObjectTarget target;
    return carousel_row(fcinfo,
                        run(arguments, target, PROGRESS_COPY_TYPE_CALLBACK, make_export_memory()),
                        target.oid());
}

Datum export_sections_to_file(PG_FUNCTION_ARGS) {
    require_role(a_file, sections_for_everyone);
    const SectionQuery query = section_query(fcinfo, 2);
    const MemoryContext memory = make_export_memory();
    FileTarget target(text_argument(fcinfo, 1, "path"), memory);
    return sections_row(fcinfo, run(query, target, PROGRESS_COPY_TYPE_FILE, memory));
}

Datum export_sections_to_program(PG_FUNCTION_ARGS) {
    require_role(a_program, sections_for_everyone);
    const SectionQuery query = section_query(fcinfo, 2);
    const MemoryContext memory = make_export_memory();
    ProgramTarget target(text_argument(fcinfo, 1, "command"), memory);
    return sections_row(fcinfo, run(query, target, PROGRESS_COPY_TYPE_PROGRAM, memory));
}

Datum export_sections_to_large_object(PG_FUNCTION_ARGS) {
    PreventCommandIfReadOnly("export_sections_to_large_object()");
    SectionQuery query = section_query(fcinfo, 1);
    query.may_be_parallel = false;
    LargeObjectTarget target;
    return sections_row(fcinfo,
                        run(query, target, PROGRESS_COPY_TYPE_CALLBACK, make_export_memory()),
                        target.oid());
}

}  // extern "C"

}  // namespace onetrip::postgres
