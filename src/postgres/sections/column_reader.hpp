#pragma once

#include "postgres/sections/nested_reader.hpp"
#include "postgres/server/walls.hpp"
#include "section/plan.hpp"
#include "section/value.hpp"

namespace onetrip::postgres {

/// How a column of one SQL type becomes a section::Value. Plain data.
struct ColumnReader {
    section::Value (*read)(const ColumnReader& reader, Datum datum);
    const char* type_name;       ///< for messages
    FmgrInfo* output;            ///< the type's output function, if it reads the value
    const NestedReader* nested;  ///< of an array or composite value that a list or object takes
    bool makes_composites;       ///< see nested_reader.hpp
};

/// The meaning of a timestamp without time zone.
enum class LocalTimes : std::uint8_t {
    refused,              ///< it is not an instant
    in_session_timezone,  ///< an instant, as a cast to timestamptz takes it
};

/// The reader for a column that feeds a slot of the plan; its memory is palloc'ed in the current
/// context.
ColumnReader column_reader(Oid type, LocalTimes local_times, const section::Plan& plan,
                           std::size_t slot);

/// The value of a datum that is not NULL. It points into the datum, or into a copy palloc'ed in the
/// current context, so it lives as long as both. May ERROR: to be called with no C++ object alive.
inline section::Value read_column(const ColumnReader& reader, Datum datum) {
    return reader.read(reader, datum);
}

/// A jsonb datum as a Value (json, or json_text in a database that is not UTF-8), for use in a
/// JSON row or a column.
section::Value read_jsonb(Datum datum, bool is_row);

/// A text datum that holds JSON as a Value: json_text, in UTF-8 and not parsed yet.
section::Value read_json_text(Datum datum);

}  // namespace onetrip::postgres
