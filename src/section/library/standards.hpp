#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "section/library/library.hpp"

/// The tables of the library as one of the standards has them: which tables, which sets of
/// descriptors, and what texts and times mean.
namespace onetrip::section {

/// `dvb`, `isdb`, `atsc`.
std::span<const std::string_view> standard_names();

/// The tables of a standard, by name. Throws Error for a standard that there is not.
std::vector<const LibraryTable*> tables_of_standard(std::string_view standard);

/// The layout of a table, canonical. Throws Error for a name that the standard does not have.
std::string standard_layout(std::string_view name, std::string_view standard);

/// The table_ids that mean a table, ascending.
std::vector<int> table_ids_of(const LibraryTable& table);

/// The name of the table that a section is one of; empty if the library has none for it. Throws
/// Error for a standard that there is not.
std::string_view identify_section(std::span<const std::uint8_t> section, std::string_view standard);

/// The definitions of a set, or the types with `types`. Throws Error for a set that there is not.
std::span<const LibraryDefinition> definitions_of_set(std::string_view set);

}  // namespace onetrip::section
