// The names of the tables of characters, as layouts and messages write them. Knows nothing of the
// tables' content.

#include "section/types/text/text_table.hpp"

namespace onetrip::section {

namespace {

struct NamedTable {
    std::string_view name;
    TextTable table;
    bool in_layouts;  ///< whether a layout may name it; the others are selected by a text's bytes
};

constexpr NamedTable tables[] = {
    {"", TextTable::none, false},
    {"6937", TextTable::iso_6937, true},
    {"8859-1", TextTable::iso_8859_1, true},
    {"8859-2", TextTable::iso_8859_2, true},
    {"8859-3", TextTable::iso_8859_3, true},
    {"8859-4", TextTable::iso_8859_4, true},
    {"8859-5", TextTable::iso_8859_5, true},
    {"8859-6", TextTable::iso_8859_6, true},
    {"8859-7", TextTable::iso_8859_7, true},
    {"8859-8", TextTable::iso_8859_8, true},
    {"8859-9", TextTable::iso_8859_9, true},
    {"8859-10", TextTable::iso_8859_10, true},
    {"8859-11", TextTable::iso_8859_11, true},
    {"8859-13", TextTable::iso_8859_13, true},
    {"8859-14", TextTable::iso_8859_14, true},
    {"8859-15", TextTable::iso_8859_15, true},
    {"arib", TextTable::arib, true},
    {"UTF-16", TextTable::utf_16, false},
    {"KS X 1001", TextTable::ks_x_1001, false},
    {"GB 2312", TextTable::gb_2312, false},
    {"Big5", TextTable::big5, false},
    {"UTF-8", TextTable::utf_8, false},
};

}  // namespace

std::optional<TextTable> text_table_of(std::string_view name) {
    for (const NamedTable& named : tables) {
        if (named.in_layouts && named.name == name) {
            return named.table;
        }
    }
    return std::nullopt;
}

std::string_view name_of(TextTable table) {
    return tables[static_cast<std::size_t>(table)].name;
}

std::string_view text_table_names() {
    return "6937, 8859-1 to 8859-15 or arib";
}

}  // namespace onetrip::section
