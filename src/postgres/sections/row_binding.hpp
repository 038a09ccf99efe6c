#pragma once

#include "postgres/sections/column_reader.hpp"
#include "postgres/sections/layout_cache.hpp"

namespace onetrip::postgres {

/// Which columns of a row type feed the slots of a layout. Plain data in one memory context.
struct RowBinding {
    struct Column {
        int attribute;  ///< index into the tuple's values; -1 for a slot that no record fills
        ColumnReader reader;
    };

    std::uint64_t row_type;  ///< typcache's tupDesc identifier: it changes when the type does
    TupleDesc descriptor;
    Datum* datums;
    bool* nulls;
    Column* columns;         ///< one a slot
    section::Value* values;  ///< one a slot
    std::size_t count;
};

/// The values of a record for each slot of the layout, valid as long as the record and the current
/// context. The columns are looked up once for a row type. ERRORs (42703) if one is missing.
std::span<const section::Value> read_record(CompiledLayout* compiled, HeapTupleHeader record);

/// The values of a JSON row. `scratch` holds the document if it had to be parsed. Parsing refuses a
/// key that occurs twice, which jsonb never has. Throws Error if it is not an object, and
/// jsonb::JsonError if it is not JSON.
std::span<const section::Value> read_json_row(const section::Plan& plan, const section::Value& row,
                                              std::vector<std::uint8_t>& scratch,
                                              std::vector<section::Value>& values);

}  // namespace onetrip::postgres
