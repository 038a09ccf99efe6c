#pragma once

#include <span>
#include <string_view>

/// The library of the standards' tables and descriptors (tables.md, 2.4): texts that are compiled
/// into the extension. They are constants; what is made of them belongs to who makes it.
namespace onetrip::section {

/// A definition: an item of a set, or a type.
struct LibraryDefinition {
    std::string_view set;  ///< empty for a type
    std::string_view name;
    std::string_view text;  ///< canonical
};

/// A table. Words in a list are separated by spaces.
struct LibraryTable {
    std::string_view name;
    std::string_view title;
    std::string_view clause;     ///< of the standard
    std::string_view standards;  ///< list: dvb, isdb, atsc
    std::string_view table_ids;  ///< list of numbers and ranges; empty if no table_id means it
    bool has_long_header;        ///< section_syntax_indicator is 1 …
    bool takes_any_header;       ///< … or either
    std::string_view text;       ///< canonical, with the sets of the standard that comes first
};

/// All definitions, by set, and in a set in the order of its file; the types come last.
std::span<const LibraryDefinition> library_definitions();

/// The definitions of a set; empty if the library has no such set.
std::span<const LibraryDefinition> library_set(std::string_view set);

/// nullptr if the library has no such type.
const LibraryDefinition* library_type(std::string_view name);

/// Whether the library has a definition without a set of this name, which is a type.
bool is_library_type(std::string_view name);

std::span<const LibraryTable> library_tables();

}  // namespace onetrip::section
