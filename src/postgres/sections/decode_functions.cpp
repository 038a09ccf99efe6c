// The SQL functions decode_section, dissect_section, check_sections and split_sections. Knows
// nothing of how sections are read.

#include <vector>

#include "jsonb/json_tree_builder.hpp"
#include "jsonb/jsonb_writer.hpp"
#include "postgres/sections/layout_cache.hpp"
#include "postgres/server/datums.hpp"
#include "postgres/server/interrupts.hpp"
#include "section/section_walk.hpp"
#include "transport/section_header.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(decode_section);
ONETRIP_SQL_FUNCTION(dissect_section);
ONETRIP_SQL_FUNCTION(check_sections);
ONETRIP_SQL_FUNCTION(split_sections);

namespace {

using section::DissectedField;
using section::Fault;
using section::SectionWalk;

/// A document with its strings in the database's encoding. texts_of_database has already excluded
/// texts that the encoding cannot hold.
std::vector<std::uint8_t> in_database_encoding(std::span<const std::uint8_t> document) {
    jsonb::JsonTreeBuilder tree;
    tree.copy(jsonb::Value::root(document));
    jsonb::JsonTree converted = tree.tree();
    for (jsonb::Node& node : converted.nodes) {
        if (node.kind != jsonb::Kind::string) {
            continue;
        }
        const std::string_view from = tree.tree().bytes(node);
        const auto size = static_cast<int>(from.size());
        const char* const to =
            call_server([&] { return pg_any_to_server(from.data(), size, PG_UTF8); });
        if (to != from.data()) {
            node.position = static_cast<std::uint32_t>(converted.decoded.size());
            node.size = static_cast<std::uint32_t>(std::strlen(to));
            converted.decoded.insert(converted.decoded.end(), to, to + node.size);
        }
    }
    return jsonb::write_jsonb(converted);
}

/// The datum of a document, palloc'ed.
Datum to_jsonb(std::span<const std::uint8_t> document) {
    std::vector<std::uint8_t> converted;
    if (GetDatabaseEncoding() != PG_UTF8) {
        converted = in_database_encoding(document);
        document = converted;
    }
    const std::uint8_t* const from = document.data();
    const std::size_t size = document.size();
    return call_server([&] {
        auto* const jsonb = static_cast<varlena*>(palloc(VARHDRSZ + size));
        SET_VARSIZE(jsonb, VARHDRSZ + size);
        std::memcpy(VARDATA(jsonb), from, size);
        return PointerGetDatum(jsonb);
    });
}

ReturnSetInfo* begin_rows(FunctionCallInfo fcinfo) {
    InitMaterializedSRF(fcinfo, 0);
    return reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
}

/// Texts are UTF-8; those that the database's encoding cannot hold have already been excluded.
Datum text_datum(const char* text, std::size_t size) {
    const char* const converted = pg_any_to_server(text, static_cast<int>(size), PG_UTF8);
    return CStringGetTextDatum(converted);
}

template <std::size_t columns>
void put_row(ReturnSetInfo* rows, Datum (&values)[columns], bool (&nulls)[columns]) {
    tuplestore_putvalues(rows->setResult, rows->setDesc, values, nulls);
}

void put_dissected(ReturnSetInfo* rows, const DissectedField& line) {
    call_server([&] {
        Datum values[] = {text_datum(line.name.data(), line.name.size()),
                          Int32GetDatum(static_cast<int32>(line.byte)),
                          Int32GetDatum(static_cast<int32>(line.bit)),
                          Int32GetDatum(static_cast<int32>(line.width)),
                          text_datum(line.raw.data(), line.raw.size()),
                          text_datum(line.value.data(), line.value.size())};
        bool nulls[] = {false, false, false, false, line.raw.empty(), line.value.empty()};
        put_row(rows, values, nulls);
    });
}

void put_fault(ReturnSetInfo* rows, const SectionWalk& walk, const Fault& fault) {
    call_server([&] {
        Datum values[] = {Int64GetDatum(static_cast<int64>(walk.ordinal())),
                          Int64GetDatum(static_cast<int64>(walk.begin() + fault.byte)),
                          CStringGetTextDatum(fault.name().c_str()),
                          CStringGetTextDatum(fault.problem.c_str())};
        bool nulls[] = {false, false, false, false};
        put_row(rows, values, nulls);
        // The rows may be very many.
        pfree(DatumGetPointer(values[2]));
        pfree(DatumGetPointer(values[3]));
    });
}

void put_section(ReturnSetInfo* rows, std::int64_t ordinal, std::int64_t offset,
                 std::span<const std::uint8_t> section, bytea* room) {
    SET_VARSIZE(room, VARHDRSZ + section.size());
    std::memcpy(VARDATA(room), section.data(), section.size());
    Datum values[] = {Int64GetDatum(ordinal), Int64GetDatum(offset), PointerGetDatum(room)};
    bool nulls[] = {false, false, false};
    put_row(rows, values, nulls);
}

[[noreturn]] void refuse_cut_tail(std::size_t offset, std::size_t left, std::size_t size) {
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
             errmsg("the section at byte %zu is cut off", offset),
             size == 0 ? errdetail("%zu of at least 3 bytes are left.", left)
                       : errdetail("It takes %zu bytes by its section_length, but %zu are left.",
                                   size, left)));
    pg_unreachable();
}

}  // namespace

extern "C" {

Datum decode_section(PG_FUNCTION_ARGS) {
    CompiledLayout* const compiled = layout_of_call(fcinfo->flinfo, PG_GETARG_DATUM(0));
    const std::span<const std::uint8_t> section = bytes_of(PG_GETARG_BYTEA_PP(1));
    return call_cpp([&] { return to_jsonb(compiled->decoder.decode(section)); });
}

Datum dissect_section(PG_FUNCTION_ARGS) {
    CompiledLayout* const compiled = layout_of_call(fcinfo->flinfo, PG_GETARG_DATUM(0));
    const std::span<const std::uint8_t> section = bytes_of(PG_GETARG_BYTEA_PP(1));
    ReturnSetInfo* const rows = begin_rows(fcinfo);
    call_cpp([&] {
        for (const DissectedField& line : compiled->decoder.dissect(section)) {
            check_for_interrupts();
            put_dissected(rows, line);
        }
    });
    return Datum{0};
}

Datum check_sections(PG_FUNCTION_ARGS) {
    CompiledLayout* const compiled = layout_of_call(fcinfo->flinfo, PG_GETARG_DATUM(0));
    const std::span<const std::uint8_t> sections = bytes_of(PG_GETARG_BYTEA_PP(1));
    ReturnSetInfo* const rows = begin_rows(fcinfo);
    call_cpp([&] {
        for (SectionWalk walk(compiled->decoder, sections, check_for_interrupts); walk.next();) {
            for (const Fault& fault : walk.faults()) {
                check_for_interrupts();
                put_fault(rows, walk, fault);
            }
        }
    });
    return Datum{0};
}

Datum split_sections(PG_FUNCTION_ARGS) {
    const std::span<const std::uint8_t> sections = bytes_of(PG_GETARG_BYTEA_PP(0));
    ReturnSetInfo* const rows = begin_rows(fcinfo);
    auto* const room = static_cast<bytea*>(palloc(VARHDRSZ + section::largest_read));
    std::int64_t ordinal = 0;
    for (std::size_t begin = 0; begin < sections.size();) {
        CHECK_FOR_INTERRUPTS();
        const std::span<const std::uint8_t> rest = sections.subspan(begin);
        const std::size_t size = transport::size_of_section(rest).value_or(0);
        if (size == 0 || size > rest.size()) {
            refuse_cut_tail(begin, rest.size(), size);
        }
        put_section(rows, ++ordinal, static_cast<std::int64_t>(begin), rest.first(size), room);
        begin += size;
    }
    return Datum{0};
}

}  // extern "C"

}  // namespace onetrip::postgres
