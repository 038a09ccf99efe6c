// The names of the tables of characters, as layouts and messages write them.

#include "section/types/text/text_table.hpp"

namespace onetrip::section {

namespace {

struct NamedTable {
    TextTable table;
    std::string_view name;
    bool in_layouts;  ///< whether a layout may name it; the others are selected by a text's bytes
};

constexpr NamedTable tables[] = {
    {TextTable::none, "", false},
    {TextTable::iso_6937, "6937", true},
    {TextTable::iso_8859_1, "8859-1", true},
    {TextTable::iso_8859_2, "8859-2", true},
    {TextTable::iso_8859_3, "8859-3", true},
    {TextTable::iso_8859_4, "8859-4", true},
    {TextTable::iso_8859_5, "8859-5", true},
    {TextTable::iso_8859_6, "8859-6", true},
    {TextTable::iso_8859_7, "8859-7", true},
    {TextTable::iso_8859_8, "8859-8", true},
    {TextTable::iso_8859_9, "8859-9", true},
    {TextTable::iso_8859_10, "8859-10", true},
    {TextTable::iso_8859_11, "8859-11", true},
    {TextTable::iso_8859_13, "8859-13", true},
    {TextTable::iso_8859_14, "8859-14", true},
    {TextTable::iso_8859_15, "8859-15", true},
    {TextTable::arib, "arib", true},
    {TextTable::utf_16, "UTF-16", false},
    {TextTable::ks_x_1001, "KS X 1001", false},
    {TextTable::gb_2312, "GB 2312", false},
    {TextTable::big5, "Big5", false},
    {TextTable::utf_8, "UTF-8", false},
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
