#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace onetrip::jsonb {

/// The size of the JSON number that begins the text (RFC 8259's grammar), as far as that goes; 0 if
/// none does, or one that breaks off.
std::size_t number_size(std::string_view text);

/// Appends the numeric that numeric_in makes of a JSON number, with its varlena header of four
/// bytes. Returns false if numeric_in says "value overflows numeric format"; `out` is then as it
/// was. The text must be a number by RFC 8259's grammar.
bool append_numeric(std::string_view number, std::vector<std::uint8_t>& out);

/// Whether numeric_in takes a JSON number, without making the numeric: at most 131,072 digits
/// before the point, 16,383 after it as they are written, and an exponent within its limit.
bool fits_numeric(std::string_view number);

/// The most that write_integer writes.
inline constexpr std::size_t most_integer_bytes = 16;

/// Writes the same for an integer to `to`, and returns the number of its bytes.
std::size_t write_integer(bool negative, std::uint64_t magnitude, std::uint8_t* to);

/// Appends it.
void append_numeric(bool negative, std::uint64_t magnitude, std::vector<std::uint8_t>& out);

}  // namespace onetrip::jsonb
