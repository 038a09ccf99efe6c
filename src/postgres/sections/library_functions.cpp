// The library in SQL: standard_layout, standard_layouts, library_layouts, with_library,
// identify_section.

#include "postgres/sections/backend_library.hpp"
#include "postgres/sections/layout_cache.hpp"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/rows.hpp"
#include "section/library/inlining.hpp"
#include "section/library/standards.hpp"

extern "C" {
#include "utils/array.h"
}

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(standard_layout);
ONETRIP_SQL_FUNCTION(list_standard_layouts);
ONETRIP_SQL_FUNCTION(library_layouts);
ONETRIP_SQL_FUNCTION(with_library);
ONETRIP_SQL_FUNCTION(identify_section);

namespace {

/// An argument's text in UTF-8, as plain data.
std::string_view name_argument(FunctionCallInfo fcinfo, int argument) {
    const text* const value = PG_GETARG_TEXT_PP(argument);
    const auto size = static_cast<int>(VARSIZE_ANY_EXHDR(value));
    const char* const utf8 = pg_server_to_any(VARDATA_ANY(value), size, PG_UTF8);
    if (utf8 == VARDATA_ANY(value)) {
        return {utf8, static_cast<std::size_t>(size)};
    }
    return {utf8, std::strlen(utf8)};
}

/// The library's texts are ASCII.
Datum text_datum(std::string_view text) {
    return PointerGetDatum(cstring_to_text_with_len(text.data(), static_cast<int>(text.size())));
}

Datum table_ids_datum(const section::LibraryTable& table) {
    constexpr int most = 256;
    Datum ids[most];
    const int count = call_cpp([&] {
        int number = 0;
        for (const int id : section::table_ids_of(table)) {
            ids[number++] = Int32GetDatum(id);
        }
        return number;
    });
    return PointerGetDatum(construct_array(ids, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/// A constant of the library that has a name, as plain data.
struct TableList {
    const section::LibraryTable* tables[256];
    std::size_t count;
};

TableList tables_of(std::string_view standard) {
    return call_cpp([&] {
        TableList list{};
        for (const section::LibraryTable* const table : section::tables_of_standard(standard)) {
            list.tables[list.count++] = table;
        }
        return list;
    });
}

/// Text in memory of the caller's context.
std::string_view inlined(std::string_view text) {
    return call_cpp([&] {
        section::Layout layout = section::parse_layout(text, check_for_interrupts);
        inline_library(layout);
        const std::string printed = section::print_layout(layout);
        // A text that could not be entered is not made either.
        section::compile(section::parse_layout(printed, check_for_interrupts),
                         check_for_interrupts);
        const char* const from = printed.data();
        const std::size_t size = printed.size();
        return call_server([&]() -> std::string_view {
            auto* const data = static_cast<char*>(palloc(size));
            std::memcpy(data, from, size);
            return {data, size};
        });
    });
}

}  // namespace

extern "C" {

Datum standard_layout(PG_FUNCTION_ARGS) {
    const std::string_view name = name_argument(fcinfo, 0);
    const std::string_view standard = name_argument(fcinfo, 1);
    BackendLibrary* const library = backend_library();
    const std::string_view text = call_cpp([&] { return library->layout(name, standard); });
    PG_RETURN_POINTER(store_layout(text.data(), text.size()));
}

Datum list_standard_layouts(PG_FUNCTION_ARGS) {
    const Rows rows(fcinfo);
    for (const std::string_view standard : section::standard_names()) {
        const TableList list = tables_of(standard);
        for (std::size_t i = 0; i < list.count; ++i) {
            const section::LibraryTable& table = *list.tables[i];
            rows.put({present(text_datum(table.name)), present(text_datum(standard)),
                      present(table_ids_datum(table)), present(text_datum(table.title)),
                      present(text_datum(table.clause))});
        }
    }
    return Datum{0};
}

Datum library_layouts(PG_FUNCTION_ARGS) {
    const std::string_view set = name_argument(fcinfo, 0);
    const auto definitions = call_cpp([&] { return section::definitions_of_set(set); });
    const Rows rows(fcinfo);
    for (const section::LibraryDefinition& definition : definitions) {
        rows.put({present(text_datum(definition.name)), present(text_datum(definition.text))});
    }
    return Datum{0};
}

Datum with_library(PG_FUNCTION_ARGS) {
    const auto* const stored =
        reinterpret_cast<StoredLayout*>(PG_DETOAST_DATUM(PG_GETARG_DATUM(0)));
    const std::string_view text = inlined(text_of_layout(stored));
    PG_RETURN_POINTER(store_layout(text.data(), text.size()));
}

Datum identify_section(PG_FUNCTION_ARGS) {
    // The header says it all: no more is fetched of a section that is out of line.
    constexpr int header_size = 3;
    const bytea* const header = PG_GETARG_BYTEA_P_SLICE(0, 0, header_size);
    const std::string_view standard = name_argument(fcinfo, 1);
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(VARDATA_ANY(header));
    const std::size_t size = VARSIZE_ANY_EXHDR(header);
    const std::string_view name = call_cpp([&] {
        return section::identify_section({bytes, size}, standard);
    });
    if (name.empty()) {
        PG_RETURN_NULL();
    }
    PG_RETURN_DATUM(text_datum(name));
}

}  // extern "C"

}  // namespace onetrip::postgres
