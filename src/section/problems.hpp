#pragma once

#include <cstdint>
#include <string>

#include "section/language/layout.hpp"

/// The phrases of both judges about bytes, those of flat layouts and those of tables: clauses of
/// ASCII without full stop.
namespace onetrip::section {

/// The fault in a constant; empty if it is the layout's.
std::string constant_problem(const Field& field, std::uint64_t bits, std::uint64_t constant);

/// The fault in a checksum; empty if it is that of the bytes before it.
std::string checksum_problem(std::uint64_t bits, std::uint32_t crc);

/// The fault of a section that ends before a field does.
std::string cut_problem(const std::string& what, std::size_t end, bool is_begun);

std::string left_over_problem(std::size_t bytes);

std::string too_long_problem(std::size_t bytes, std::uint32_t most);

}  // namespace onetrip::section
