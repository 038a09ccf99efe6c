// Exports the sections that a query returns, row by row. Knows nothing of carousels.

#include "postgres/carousel/section_rows.hpp"

#include "postgres/carousel/row_receiver.hpp"
#include "postgres/server/datums.hpp"
#include "postgres/server/read_only_query.hpp"
#include "section/section_walk.hpp"
#include "transport/section_header.hpp"

namespace onetrip::postgres {

namespace {

using Bytes = std::span<const std::uint8_t>;

struct SectionsReceiver : RowReceiver {
    ExportOutput* output;
    std::optional<std::uint16_t> pid;
    std::int64_t row;  ///< from 1, NULL rows included
};

long long number_of(const SectionsReceiver& receiver) {
    return static_cast<long long>(receiver.row);
}

[[noreturn]] void refuse_sections(const SectionsReceiver& receiver, const char* detail) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("row %lld of the query has no whole sections", number_of(receiver)),
                    errdetail_internal("%s", detail),
                    errhint("Each value is one section or several, by their section_length.")));
    pg_unreachable();
}

/// Puts the sections of a row into the output.
void split(const SectionsReceiver& receiver, Bytes bytes) {
    if (bytes.empty()) {
        refuse_sections(receiver, _("It is empty."));
    }
    const std::size_t total = bytes.size();
    while (!bytes.empty()) {
        const std::size_t size = transport::size_of_section(bytes).value_or(0);
        if (size == 0 || size > bytes.size()) {
            refuse_sections(receiver, psprintf(_("The section at byte offset %zu is cut off."),
                                               total - bytes.size()));
        }
        ExportOutput* const output = receiver.output;
        const Bytes section = bytes.first(size);
        call_cpp([output, section] {
            std::memcpy(output->begin_section(section.size()), section.data(), section.size());
            output->end_section(section.size());
        });
        bytes = bytes.subspan(size);
        CHECK_FOR_INTERRUPTS();
    }
}

std::uint16_t pid_of_row(const SectionsReceiver& receiver, const TupleTableSlot* row) {
    if (receiver.pid || row->tts_tupleDescriptor->natts == 1) {
        return receiver.pid.value_or(0);
    }
    if (row->tts_isnull[1]) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("row %lld of the query has no PID", number_of(receiver)),
                        errdetail("The second column is null.")));
    }
    const int32 pid = DatumGetInt32(row->tts_values[1]);
    if (pid < 0 || pid > transport::largest_pid) {
        ereport(
            ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
             errmsg("PID %d of row %lld of the query is out of range", pid, number_of(receiver)),
             errdetail("Sections are carried on PIDs from 0 to %d.", transport::largest_pid)));
    }
    return static_cast<std::uint16_t>(pid);
}

void export_row(const SectionsReceiver& receiver, const TupleTableSlot* row) {
    if (row->tts_isnull[0]) {
        return;
    }
    const std::uint16_t pid = pid_of_row(receiver, row);
    split(receiver, bytes_of(PG_DETOAST_DATUM_PACKED(row->tts_values[0])));
    CaughtError error;
    if (!receiver.output->keep_unit(pid, error)) {
        refuse_sections(receiver, utf8_to_server(error.detail));
    }
}

void start_sections(RowReceiver* /*self*/, TupleDesc /*columns*/) {}

bool take_sections(RowReceiver* self, TupleTableSlot* row) {
    auto* const receiver = static_cast<SectionsReceiver*>(self);
    ++receiver->row;
    export_row(*receiver, row);
    return true;
}

SectionsReceiver make_receiver(ExportOutput& output, std::optional<std::uint16_t> pid) {
    SectionsReceiver receiver{};
    begin_rows(receiver, start_sections, take_sections,
               make_memory_context(CurrentMemoryContext, "onetrip row of sections"));
    receiver.output = &output;
    receiver.pid = pid;
    return receiver;
}

bool has_type(TupleDesc columns, int column, Oid type) {
    return getBaseType(TupleDescAttr(columns, column)->atttypid) == type;
}

/// Whether each row has a PID.
bool has_pids(TupleDesc columns, bool pid_is_given) {
    const bool fits = columns->natts >= 1 && columns->natts <= 2 &&
                      has_type(columns, 0, BYTEAOID) &&
                      (columns->natts == 1 || has_type(columns, 1, INT4OID));
    if (!fits) {
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("a query of sections must give a bytea, or a bytea and an integer"),
                        errdetail("It gives %s.", print_column_types(columns)),
                        errhint("The bytea is one section or several, the integer their PID.")));
    }
    if (columns->natts == 2 && pid_is_given) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("argument \"pid\" is given, and the query gives a PID for each row too"),
                 errhint("Leave out one of them.")));
    }
    return columns->natts == 2;
}

void check_rows(std::int64_t rows, std::int64_t at_least) {
    if (rows < at_least) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg_plural("the query has %lld row of sections, fewer than the %lld "
                               "asked for",
                               "the query has %lld rows of sections, fewer than the %lld "
                               "asked for",
                               static_cast<unsigned long>(rows), static_cast<long long>(rows),
                               static_cast<long long>(at_least)),
                 errhint("If it may have so few, say so by the argument \"at_least\"; 0 "
                         "allows none.")));
    }
}

}  // namespace

ExportCounts export_section_rows(const SectionQuery& request, ExportTarget& target,
                                 MemoryContext memory, bytea*& sha256) {
    using Form = ExportOutput::Form;
    const bool was_read_only = begin_read_only();
    const PlannedQuery query = plan_read_only_query(request.text, "query", request.may_be_parallel);
    const bool makes_packets =
        has_pids(columns_of_query(query), request.pid.has_value()) || request.pid;
    const Form form = !makes_packets ? Form::sections
                      : request.loop ? Form::packets_in_loop
                                     : Form::packets;
    ExportOutput output(form, target, memory);
    SectionsReceiver receiver = make_receiver(output, request.pid);
    run_query(query, &receiver.receiver);
    end_read_only(was_read_only);
    check_rows(output.counts().units, request.at_least);
    const ExportCounts counts = output.finish();
    sha256 = output.sha256();
    return counts;
}

}  // namespace onetrip::postgres
