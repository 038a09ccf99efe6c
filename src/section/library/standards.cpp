// The tables of the standards in the library: they are found by name and by table_id, and their
// texts get the sets of the standard.

#include "section/library/standards.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/error.hpp"
#include "base/words.hpp"
#include "section/language/layout.hpp"

namespace onetrip::section {

namespace {

/// How a standard differs from what the texts of the tables say.
struct Standard {
    std::string_view name;
    std::string_view sets;  ///< in the place of dvb,mpeg
    TextTable text;
    std::optional<std::int32_t> time_offset;
};

/// Texts and times of ISDB are those of ARIB STD-B10: 8-unit code, and Japan Standard Time.
constexpr Standard standards[] = {
    {"dvb", "dvb,mpeg", TextTable::none, std::nullopt},
    {"isdb", "isdb,dvb,mpeg", TextTable::arib, 9 * 60},
    {"atsc", "atsc,mpeg", TextTable::none, std::nullopt},
};

constexpr std::array<std::string_view, 3> names_of_standards = {"dvb", "isdb", "atsc"};

/// The name by which library_layouts gives the types.
constexpr std::string_view types_name = "types";

template <typename Names>
std::string joined(const Names& names) {
    std::string list;
    for (const std::string_view name : names) {
        list += (list.empty() ? "" : ", ") + std::string(name);
    }
    return list;
}

/// Calls `take` with each word of a list.
template <typename Take>
void for_each_word(std::string_view list, Take take) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(' '), list.size());
        take(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

bool has_word(std::string_view list, std::string_view word) {
    bool found = false;
    for_each_word(list, [&](std::string_view other) { found = found || other == word; });
    return found;
}

const Standard& find_standard(std::string_view name) {
    const auto* const found = std::find_if(std::begin(standards), std::end(standards),
                                           [&](const Standard& s) { return s.name == name; });
    if (found == std::end(standards)) {
        throw Error(ErrorKind::invalid_value, "unknown standard " + in_quotes(name),
                    "The library has layouts of " + joined(names_of_standards) + ".",
                    "Use one of these, or \"dvb\" for tables of ISO/IEC 13818-1.");
    }
    return *found;
}

// ---- table_ids --------------------------------------------------------------------------------

constexpr int table_id_count = 256;

int table_id_of(std::string_view text) {
    int number = 0;
    std::from_chars(text.data() + 2, text.data() + text.size(), number, 16);
    return number;
}

/// The table of each table_id, by standard.
using TablesById =
    std::array<std::array<const LibraryTable*, table_id_count>, std::size(standards)>;

TablesById find_tables_by_id() {
    TablesById by_id{};
    for (const LibraryTable& table : library_tables()) {
        const std::vector<int> ids = table_ids_of(table);
        for (std::size_t standard = 0; standard < std::size(standards); ++standard) {
            if (!has_word(table.standards, standards[standard].name)) {
                continue;
            }
            for (const int id : ids) {
                by_id[standard][static_cast<std::size_t>(id)] = &table;
            }
        }
    }
    return by_id;
}

const LibraryTable* table_of(const Standard& standard, std::uint8_t table_id) {
    static const TablesById by_id = find_tables_by_id();
    return by_id[static_cast<std::size_t>(&standard - std::begin(standards))][table_id];
}

// ---- texts ------------------------------------------------------------------------------------

/// The text with the standard's sets in the place of dvb,mpeg.
std::string with_sets(std::string_view text, std::string_view sets) {
    static constexpr std::string_view usual = ",dvb,mpeg)";
    static constexpr std::string_view of_isdb = ",isdb";
    std::string changed;
    for (std::size_t at = text.find(usual); at != std::string_view::npos; at = text.find(usual)) {
        const bool has_isdb = text.substr(0, at).ends_with(of_isdb);
        changed.append(text.substr(0, has_isdb ? at - of_isdb.size() : at));
        changed.append(",").append(sets).append(")");
        text.remove_prefix(at + usual.size());
    }
    return changed.append(text);
}

const LibraryTable* find_table(std::string_view name) {
    const std::span<const LibraryTable> tables = library_tables();
    const auto found = std::find_if(tables.begin(), tables.end(),
                                    [&](const LibraryTable& table) { return table.name == name; });
    return found == tables.end() ? nullptr : &*found;
}

[[noreturn]] void refuse_table(std::string_view name, std::string_view standard) {
    std::vector<std::string_view> names;
    for (const LibraryTable* const table : tables_of_standard(standard)) {
        names.push_back(table->name);
    }
    const LibraryTable* const other = find_table(name);
    std::string hint = "Layouts of " + std::string(standard) + ": " + joined(names) + ".";
    if (other != nullptr) {
        std::vector<std::string_view> having;
        for_each_word(other->standards, [&](std::string_view word) { having.push_back(word); });
        hint = "It is a layout of the standard " + joined(having) + ".";
    }
    throw Error(ErrorKind::invalid_value, "unknown standard layout " + in_quotes(name),
                "The standard " + in_quotes(standard) + " has no layout of that name.", hint);
}

}  // namespace

std::span<const std::string_view> standard_names() {
    return names_of_standards;
}

std::vector<const LibraryTable*> tables_of_standard(std::string_view standard) {
    find_standard(standard);
    std::vector<const LibraryTable*> found;
    for (const LibraryTable& table : library_tables()) {
        if (has_word(table.standards, standard)) {
            found.push_back(&table);
        }
    }
    return found;
}

std::string standard_layout(std::string_view name, std::string_view standard) {
    const Standard& chosen = find_standard(standard);
    const LibraryTable* const table = find_table(name);
    if (table == nullptr || !has_word(table->standards, standard)) {
        refuse_table(name, standard);
    }
    Layout layout = parse_layout(with_sets(table->text, chosen.sets));
    layout.text_table = chosen.text;
    layout.time_offset = chosen.time_offset;
    return print_layout(layout);
}

std::vector<int> table_ids_of(const LibraryTable& table) {
    std::vector<int> ids;
    for_each_word(table.table_ids, [&](std::string_view word) {
        const auto* const hyphen = std::find(word.begin(), word.end(), '-');
        const int first = table_id_of({word.begin(), hyphen});
        const int last = hyphen == word.end() ? first : table_id_of({hyphen + 1, word.end()});
        for (int id = first; id <= last; ++id) {
            ids.push_back(id);
        }
    });
    return ids;
}

/// The table of a section. The section is a private one if the standard has no table for its
/// table_id, or one with another header.
std::string_view identify_section(std::span<const std::uint8_t> section,
                                  std::string_view standard) {
    constexpr std::size_t short_header = 3;
    constexpr std::uint8_t stuffing = 0xFF;
    constexpr std::uint8_t syntax_indicator = 0x80;
    const Standard& chosen = find_standard(standard);
    if (section.size() < short_header || section[0] == stuffing) {
        return {};
    }
    const bool has_long_header = (section[1] & syntax_indicator) != 0;
    const LibraryTable* const table = table_of(chosen, section[0]);
    if (table != nullptr &&
        (table->takes_any_header || table->has_long_header == has_long_header)) {
        return table->name;
    }
    return has_long_header ? "private_long" : "private_short";
}

std::span<const LibraryDefinition> definitions_of_set(std::string_view set) {
    const std::span<const LibraryDefinition> found = library_set(set == types_name ? "" : set);
    if (set.empty() || found.empty()) {
        std::vector<std::string_view> sets;
        for (const LibraryDefinition& definition : library_definitions()) {
            const std::string_view name = definition.set.empty() ? types_name : definition.set;
            if (sets.empty() || sets.back() != name) {
                sets.push_back(name);
            }
        }
        throw Error(ErrorKind::invalid_value, "unknown set " + in_quotes(set),
                    "The library has no set of that name.", "Its sets: " + joined(sets) + ".");
    }
    return found;
}

}  // namespace onetrip::section
