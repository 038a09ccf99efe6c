// The SQL functions encode_section and its family, layout_fields and crc32_mpeg2. Knows nothing of
// how fields are written.

#include <vector>

#include "base/error.hpp"
#include "postgres/sections/layout_cache.hpp"
#include "postgres/sections/row_binding.hpp"
#include "postgres/sections/section_buffer.hpp"
#include "section/tables/fields.hpp"
#include "transport/crc32_mpeg2.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(encode_section_record);
ONETRIP_SQL_FUNCTION(encode_section_jsonb);
ONETRIP_SQL_FUNCTION(encode_section_text);
ONETRIP_SQL_FUNCTION(encode_sections_record);
ONETRIP_SQL_FUNCTION(encode_sections_jsonb);
ONETRIP_SQL_FUNCTION(encode_sections_text);
ONETRIP_SQL_FUNCTION(layout_fields);
ONETRIP_SQL_FUNCTION(onetrip_crc32_mpeg2);

namespace {

using section::Splitting;
using section::Value;
using section::tables::FieldLine;

/// Puts each section into a set of rows, which the server moves to disk past work_mem.
class RowSink final : public section::SectionSink {
  public:
    /// `room` is a bytea of the layout's largest section.
    RowSink(ReturnSetInfo* rows, bytea* room) : rows_(rows), room_(room) {}

    std::uint8_t* begin_section(std::size_t /*size*/) override {
        return reinterpret_cast<std::uint8_t*>(VARDATA(room_));
    }

    void end_section(std::size_t size) override {
        call_server([&] {
            CHECK_FOR_INTERRUPTS();
            SET_VARSIZE(room_, VARHDRSZ + size);
            Datum section = PointerGetDatum(room_);
            bool is_null = false;
            tuplestore_putvalues(rows_->setResult, rows_->setDesc, &section, &is_null);
        });
    }

  private:
    ReturnSetInfo* rows_;
    bytea* room_;
};

void encode_record(CompiledLayout* compiled, FunctionCallInfo fcinfo, section::SectionSink& sink,
                   Splitting splitting) {
    const std::span<const Value> row = read_record(compiled, PG_GETARG_HEAPTUPLEHEADER(1));
    call_cpp([&] { compiled->encoder.encode(row, sink, splitting); });
}

void encode_json_row(CompiledLayout* compiled, const Value& row, section::SectionSink& sink,
                     Splitting splitting) {
    call_cpp([&] {
        std::vector<std::uint8_t> document;
        std::vector<Value> values;
        compiled->encoder.encode(read_json_row(compiled->plan, row, document, values), sink,
                                 splitting);
    });
}

void encode_jsonb(CompiledLayout* compiled, FunctionCallInfo fcinfo, section::SectionSink& sink,
                  Splitting splitting) {
    encode_json_row(compiled, read_jsonb(PG_GETARG_DATUM(1), true), sink, splitting);
}

void encode_text(CompiledLayout* compiled, FunctionCallInfo fcinfo, section::SectionSink& sink,
                 Splitting splitting) {
    encode_json_row(compiled, read_json_text(PG_GETARG_DATUM(1)), sink, splitting);
}

using EncodeRow = void (*)(CompiledLayout*, FunctionCallInfo, section::SectionSink&, Splitting);

Datum one_section(FunctionCallInfo fcinfo, EncodeRow encode_row) {
    CompiledLayout* const compiled = layout_of_call(fcinfo->flinfo, PG_GETARG_DATUM(0));
    SectionBuffer section(CurrentMemoryContext, compiled->plan.max_bytes);
    encode_row(compiled, fcinfo, section, Splitting::refused);
    return PointerGetDatum(section.as_bytea());
}

Datum all_sections(FunctionCallInfo fcinfo, EncodeRow encode_row) {
    CompiledLayout* const compiled = layout_of_call(fcinfo->flinfo, PG_GETARG_DATUM(0));
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto* const rows = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    RowSink sink(rows, static_cast<bytea*>(palloc(VARHDRSZ + compiled->plan.max_bytes)));
    encode_row(compiled, fcinfo, sink, Splitting::allowed);
    return Datum{0};
}

/// A row of layout_fields. Names and sources are ASCII.
void put_field(ReturnSetInfo* rows, std::int32_t ordinal, const FieldLine& line) {
    call_server([&] {
        CHECK_FOR_INTERRUPTS();
        Datum values[] = {Int32GetDatum(ordinal),
                          CStringGetTextDatum(line.path.c_str()),
                          Int32GetDatum(static_cast<int32>(line.bit_offset.value_or(0))),
                          Int32GetDatum(static_cast<int32>(line.width.value_or(0))),
                          CStringGetTextDatum(line.type.c_str()),
                          CStringGetTextDatum(line.source.c_str())};
        bool nulls[] = {false, false, !line.bit_offset, !line.width, false, line.source.empty()};
        tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
        // The rows may be very many.
        for (const int text : {1, 4, 5}) {
            pfree(DatumGetPointer(values[text]));
        }
    });
}

class FieldRows final : public section::tables::FieldLines {
  public:
    explicit FieldRows(ReturnSetInfo* rows) : rows_(rows) {}

    /// Definitions that stand in one another more than once multiply their fields.
    void add(const FieldLine& line) override {
        if (ordinal_ == most) {
            throw Error(ErrorKind::too_large,
                        "the layout has more than " + std::to_string(most) + " fields",
                        "Its definitions stand in one another, and are listed wherever they do.",
                        "List the fields of the definitions one by one.");
        }
        put_field(rows_, ++ordinal_, line);
    }

  private:
    static constexpr std::int32_t most = 1'000'000;

    ReturnSetInfo* rows_;
    std::int32_t ordinal_ = 0;
};

void list_flat_fields(const section::Plan& plan, FieldRows& rows) {
    for (section::FieldId id = 0; id < plan.fields.size(); ++id) {
        const section::Field& field = plan.fields[id];
        const section::Place begin = plan.root.fields[id].begin;
        FieldLine line;
        line.path = field.name;
        if (begin.parts == 0) {
            line.bit_offset = begin.bits;
        }
        line.width = field.width;
        line.type = print_type(field) + (field.split ? " split" : "");
        line.source = print_source(field.source);
        rows.add(line);
    }
}

}  // namespace

extern "C" {

Datum encode_section_record(PG_FUNCTION_ARGS) {
    return one_section(fcinfo, encode_record);
}

Datum encode_section_jsonb(PG_FUNCTION_ARGS) {
    return one_section(fcinfo, encode_jsonb);
}

Datum encode_section_text(PG_FUNCTION_ARGS) {
    return one_section(fcinfo, encode_text);
}

Datum encode_sections_record(PG_FUNCTION_ARGS) {
    return all_sections(fcinfo, encode_record);
}

Datum encode_sections_jsonb(PG_FUNCTION_ARGS) {
    return all_sections(fcinfo, encode_jsonb);
}

Datum encode_sections_text(PG_FUNCTION_ARGS) {
    return all_sections(fcinfo, encode_text);
}

Datum layout_fields(PG_FUNCTION_ARGS) {
    CompiledLayout* const compiled = layout_of_call(fcinfo->flinfo, PG_GETARG_DATUM(0));
    InitMaterializedSRF(fcinfo, 0);
    auto* const rows = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    call_cpp([&] {
        FieldRows lines(rows);
        if (compiled->plan.table != nullptr) {
            list_fields(*compiled->plan.table, lines);
        } else {
            list_flat_fields(compiled->plan, lines);
        }
    });
    return Datum{0};
}

Datum onetrip_crc32_mpeg2(PG_FUNCTION_ARGS) {
    const bytea* const data = PG_GETARG_BYTEA_PP(0);
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(VARDATA_ANY(data));
    PG_RETURN_INT64(transport::crc32_mpeg2({bytes, VARSIZE_ANY_EXHDR(data)}));
}

}  // extern "C"

}  // namespace onetrip::postgres
