// Numbers of floating point as PostgreSQL prints them. If a shorter number is read back as the same
// one only because of rounding to even, std::to_chars takes it, and PostgreSQL takes one more
// digit.

#include "base/float_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace onetrip {

namespace {

/// `-1.25e+03` taken apart: digits without point, and the exponent of the first.
struct Decimal {
    bool is_negative = false;
    std::string digits;
    int exponent = 0;
};

Decimal decimal_of(std::string_view scientific) {
    Decimal decimal;
    const std::size_t mark = scientific.find('e');
    for (const char c : scientific.substr(0, mark)) {
        decimal.is_negative = decimal.is_negative || c == '-';
        if (c >= '0' && c <= '9') {
            decimal.digits += c;
        }
    }
    decimal.exponent = std::atoi(std::string(scientific.substr(mark + 1)).c_str());
    decimal.digits.erase(decimal.digits.find_last_not_of('0') + 1);
    return decimal;
}

template <typename Float>
std::string printed(Float number, int digits) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*e", digits - 1, static_cast<double>(number));
    return text.data();
}

/// Whether decimal digits are exactly half way between a number and one of its neighbours.
template <typename Float>
bool is_half_way(Float number, const std::string& scientific) {
    const long double value = std::strtold(scientific.c_str(), nullptr);
    for (const Float limit :
         {-std::numeric_limits<Float>::infinity(), std::numeric_limits<Float>::infinity()}) {
        const Float neighbour = std::nextafter(number, limit);
        const long double middle =
            (static_cast<long double>(number) + static_cast<long double>(neighbour)) / 2;
        if (std::isinf(neighbour) || value != middle) {
            continue;
        }
        // The middle as it is, to its last digit, of which there are at most 1,100 or so.
        std::array<char, 2048> exact{};
        std::snprintf(exact.data(), exact.size(), "%.1500Le", middle);
        const Decimal other = decimal_of(exact.data());
        const Decimal mine = decimal_of(scientific);
        if (other.digits == mine.digits && other.exponent == mine.exponent) {
            return true;
        }
    }
    return false;
}

template <typename Float>
Decimal shortest(Float number) {
    std::array<char, 64> text{};
    const auto result = std::to_chars(text.data(), text.data() + text.size(), number,
                                      std::chars_format::scientific);
    std::string scientific(text.data(), result.ptr);
    Decimal decimal = decimal_of(scientific);
    for (auto digits = static_cast<int>(decimal.digits.size()); is_half_way(number, scientific);) {
        scientific = printed(number, ++digits);
        decimal = decimal_of(scientific);
    }
    return decimal;
}

std::string print_scientific(const Decimal& decimal) {
    std::string text = decimal.digits.substr(0, 1);
    if (decimal.digits.size() > 1) {
        text += "." + decimal.digits.substr(1);
    }
    const int size = std::abs(decimal.exponent);
    text += decimal.exponent < 0 ? "e-" : "e+";
    text += size < 10 ? "0" : "";
    return text + std::to_string(size);
}

std::string print_fixed(const Decimal& decimal) {
    std::string text = decimal.digits;
    if (decimal.exponent < 0) {
        return "0." + std::string(static_cast<std::size_t>(-decimal.exponent - 1), '0') + text;
    }
    const auto before_point = static_cast<std::size_t>(decimal.exponent) + 1;
    if (text.size() <= before_point) {
        return text + std::string(before_point - text.size(), '0');
    }
    return text.insert(before_point, ".");
}

/// `largest_fixed`: from that exponent of ten on numbers are printed with it (f2s.c, d2s.c).
template <typename Float>
std::string print(Float number, int largest_fixed) {
    if (std::isnan(number)) {
        return "NaN";
    }
    if (std::isinf(number)) {
        return number < 0 ? "-Infinity" : "Infinity";
    }
    if (number == 0) {
        return std::signbit(number) ? "-0" : "0";
    }
    const Decimal decimal = shortest(number);
    const bool is_fixed = decimal.exponent >= -4 && decimal.exponent < largest_fixed;
    return (decimal.is_negative ? "-" : "") +
           (is_fixed ? print_fixed(decimal) : print_scientific(decimal));
}

template <typename Float>
FloatText parse(std::string_view text, Float& number) {
    using Limits = std::numeric_limits<Float>;
    if (text == "NaN") {
        number = Limits::quiet_NaN();
        return FloatText::valid;
    }
    if (text == "Infinity" || text == "-Infinity") {
        number = text.front() == '-' ? -Limits::infinity() : Limits::infinity();
        return FloatText::valid;
    }
    if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) {
        return FloatText::malformed;
    }
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (stop != end || error == std::errc::invalid_argument) {
        return FloatText::malformed;
    }
    const std::string_view digits = text.substr(0, text.find_first_of("eE"));
    const bool vanishes =
        number == 0 && digits.find_first_of("123456789") != std::string_view::npos;
    const bool is_out = error != std::errc() || std::isinf(number) || vanishes;
    return is_out ? FloatText::out_of_range : FloatText::valid;
}

}  // namespace

std::string print_float(float number) {
    return print(number, 6);
}

std::string print_float(double number) {
    return print(number, 15);
}

FloatText parse_float(std::string_view text, float& number) {
    return parse(text, number);
}

FloatText parse_float(std::string_view text, double& number) {
    return parse(text, number);
}

}  // namespace onetrip
