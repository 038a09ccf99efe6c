#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace onetrip {

/// A number as PostgreSQL's float4out and float8out print it (extra_float_digits = 1): the fewest
/// digits that are read as the same number, `1e+20`, `1e-05`, `Infinity`, `-Infinity`, `NaN`.
std::string print_float(float number);
std::string print_float(double number);

enum class FloatText : std::uint8_t { valid, malformed, out_of_range };

/// Reads the number that is nearest to a decimal one of RFC 8259's grammar, or `Infinity`,
/// `-Infinity` or `NaN`. A number that is too large, or that would vanish, is out of range, as for
/// PostgreSQL. Sets `number` only if the text is valid.
FloatText parse_float(std::string_view text, float& number);
FloatText parse_float(std::string_view text, double& number);

}  // namespace onetrip
