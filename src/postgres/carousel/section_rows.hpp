#pragma once

#include <optional>

#include "postgres/carousel/export_output.hpp"

namespace onetrip::postgres {

/// The request of an export of a query's sections.
struct SectionQuery {
    const char* text;
    std::optional<std::uint16_t> pid;  ///< given: of all rows; the query then has one column
    bool loop;                         ///< of packets
    std::int64_t at_least;             ///< rows that are written
    /// The rows may come from parallel workers. They must not if the target is in the database.
    bool may_be_parallel = true;
};

/// Exports the sections of a query's rows in their order: bare ones, or packets if a PID is given
/// or each row has one. `sha256` is set. ERRORs.
ExportCounts export_section_rows(const SectionQuery& request, ExportTarget& target,
                                 MemoryContext memory, bytea*& sha256);

}  // namespace onetrip::postgres
