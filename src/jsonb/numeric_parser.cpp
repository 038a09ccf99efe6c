// JSON numbers as the server's numerics, digit for digit. Knows nothing of JSON's other values.

#include "jsonb/numeric_parser.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "jsonb/format.hpp"

namespace onetrip::jsonb {

namespace {

/// set_var_from_str in numeric.c refuses exponents from here on, for a zero as well.
constexpr std::int64_t exponent_limit = std::numeric_limits<std::int32_t>::max() / 2;

/// A number taken apart: the decimals of `whole` and `fraction` in a row, times 10^exponent.
struct Decimal {
    bool negative = false;
    std::string_view whole;
    std::string_view fraction;
    std::int64_t exponent = 0;

    std::int64_t size() const { return static_cast<std::int64_t>(whole.size() + fraction.size()); }
    int digit(std::int64_t index) const {
        const auto at = static_cast<std::size_t>(index);
        return (at < whole.size() ? whole[at] : fraction[at - whole.size()]) - '0';
    }
};

/// The bytes that make_result in numeric.c stores, with the decimals first to last standing for the
/// digits of base 10000. No decimals, and so no digits, for zero.
struct NumericDigits {
    bool negative = false;
    std::int64_t weight = 0;
    std::int64_t dscale = 0;
    std::int64_t first = 0;
    std::int64_t last = -1;
    std::int64_t padding = 0;  // zeros in front of `first` that fill up its digit of base 10000
};

/// Like strtol, a value beyond the limit stays there; it is refused all the same.
std::int64_t parse_exponent(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) {
        text.remove_prefix(1);
    }
    std::int64_t exponent = 0;
    for (const char digit : text) {
        exponent = std::min(exponent * 10 + (digit - '0'), exponent_limit);
    }
    return negative ? -exponent : exponent;
}

Decimal split(std::string_view number) {
    Decimal decimal;
    decimal.negative = number.starts_with('-');
    number.remove_prefix(decimal.negative);
    const std::size_t exponent = std::min(number.find_first_of("eE"), number.size());
    if (exponent < number.size()) {
        decimal.exponent = parse_exponent(number.substr(exponent + 1));
    }
    number = number.substr(0, exponent);
    const std::size_t point = std::min(number.find('.'), number.size());
    decimal.whole = number.substr(0, point);
    if (point < number.size()) {
        decimal.fraction = number.substr(point + 1);
    }
    return decimal;
}

/// set_var_from_str and strip_var in numeric.c. Zero keeps its scale and loses its sign.
NumericDigits set_var(const Decimal& decimal) {
    NumericDigits var;
    const auto scale = static_cast<std::int64_t>(decimal.fraction.size());
    var.dscale = std::max<std::int64_t>(0, scale - decimal.exponent);

    while (var.first < decimal.size() && decimal.digit(var.first) == 0) {
        ++var.first;
    }
    if (var.first == decimal.size()) {
        var.first = 0;
        return var;
    }
    var.last = decimal.size() - 1;
    while (decimal.digit(var.last) == 0) {
        --var.last;
    }

    // The power of ten of the first decimal, divided by four and rounded down.
    const std::int64_t power =
        static_cast<std::int64_t>(decimal.whole.size()) - 1 - var.first + decimal.exponent;
    var.weight = (power >= 0 ? power : power - (format::dec_digits - 1)) / format::dec_digits;
    var.padding = format::dec_digits - 1 - (power - var.weight * format::dec_digits);
    var.negative = decimal.negative;
    return var;
}

template <typename Number>
void append(std::vector<std::uint8_t>& out, Number number) {
    const std::size_t end = out.size();
    out.resize(end + sizeof number);
    std::memcpy(out.data() + end, &number, sizeof number);
}

std::uint16_t short_header_of(const NumericDigits& var) {
    return static_cast<std::uint16_t>(
        format::numeric_short | (var.negative ? format::numeric_short_sign_mask : 0) |
        var.dscale << format::numeric_short_dscale_shift |
        (var.weight < 0 ? format::numeric_short_weight_sign_mask : 0) |
        (var.weight & format::numeric_short_weight_mask));
}

void append_long_header(std::vector<std::uint8_t>& out, const NumericDigits& var) {
    append(out, static_cast<std::uint16_t>((var.negative ? format::numeric_neg : 0) | var.dscale));
    append(out, static_cast<std::int16_t>(var.weight));
}

void append_digits(std::vector<std::uint8_t>& out, const NumericDigits& var,
                   const Decimal& decimal) {
    std::int64_t left = format::dec_digits - var.padding;
    for (std::int64_t index = var.first; index <= var.last; left = format::dec_digits) {
        int group = 0;
        for (; left > 0; --left, ++index) {
            group = group * 10 + (index <= var.last ? decimal.digit(index) : 0);
        }
        append(out, static_cast<std::int16_t>(group));
    }
}

bool can_be_short(const NumericDigits& var) {
    return var.dscale <= format::numeric_short_dscale_max &&
           var.weight <= format::numeric_short_weight_max &&
           var.weight >= format::numeric_short_weight_min;
}

bool overflows(const NumericDigits& var) {
    return var.dscale > format::numeric_dscale_mask ||
           var.weight > std::numeric_limits<std::int16_t>::max() ||
           var.weight < std::numeric_limits<std::int16_t>::min();
}

/// The numeric that the decimal stands for; nullopt if numeric cannot hold it.
std::optional<NumericDigits> numeric_of(const Decimal& decimal) {
    if (decimal.exponent >= exponent_limit || decimal.exponent <= -exponent_limit) {
        return std::nullopt;
    }
    const NumericDigits var = set_var(decimal);
    return overflows(var) ? std::nullopt : std::optional(var);
}

}  // namespace

std::size_t number_size(std::string_view text) {
    std::size_t at = 0;
    const auto take = [&](char one, char other) {
        const bool takes = at < text.size() && (text[at] == one || text[at] == other);
        at += takes;
        return takes;
    };
    const auto take_digits = [&] {
        const std::size_t start = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
            ++at;
        }
        return at - start;
    };
    take('-', '-');
    const bool leading_zero = at < text.size() && text[at] == '0';
    const std::size_t whole = take_digits();
    if (whole == 0 || (leading_zero && whole > 1) || (take('.', '.') && take_digits() == 0)) {
        return 0;
    }
    if (take('e', 'E')) {
        take('+', '-');
        return take_digits() == 0 ? 0 : at;
    }
    return at;
}

bool fits_numeric(std::string_view number) {
    // Without an exponent, few characters are few digits.
    constexpr std::size_t surely_few = format::numeric_dscale_mask;
    if (number.size() <= surely_few && number.find_first_of("eE") == std::string_view::npos) {
        return true;
    }
    return numeric_of(split(number)).has_value();
}

bool append_numeric(std::string_view number, std::vector<std::uint8_t>& out) {
    const Decimal decimal = split(number);
    const std::optional<NumericDigits> found = numeric_of(decimal);
    if (!found) {
        return false;
    }
    const NumericDigits& var = *found;

    const std::size_t start = out.size();
    append(out, std::uint32_t{0});
    if (can_be_short(var)) {
        append(out, short_header_of(var));
    } else {
        append_long_header(out, var);
    }
    append_digits(out, var, decimal);
    const std::uint32_t header = format::varsize_4b(static_cast<std::uint32_t>(out.size() - start));
    std::memcpy(out.data() + start, &header, sizeof header);
    return true;
}

/// Digits of base 10000 without the zeros at the end, as make_result in numeric.c strips them.
std::size_t write_integer(bool negative, std::uint64_t magnitude, std::uint8_t* to) {
    constexpr std::size_t most_digits = 5;  // of 2^64 - 1
    std::int16_t digits[most_digits];
    std::size_t count = 0;
    for (std::uint64_t rest = magnitude; rest != 0; rest /= format::nbase) {
        digits[count++] = static_cast<std::int16_t>(rest % format::nbase);
    }
    std::size_t stripped = 0;
    while (stripped < count && digits[stripped] == 0) {
        ++stripped;
    }
    NumericDigits var;
    var.negative = negative && count > 0;
    var.weight = count == 0 ? 0 : static_cast<std::int64_t>(count) - 1;
    const std::size_t size =
        format::varhdrsz + sizeof(std::uint16_t) + (count - stripped) * sizeof(std::int16_t);
    const std::uint32_t header = format::varsize_4b(static_cast<std::uint32_t>(size));
    const std::uint16_t short_header = short_header_of(var);
    static_assert(most_integer_bytes == sizeof header + sizeof short_header + sizeof digits);
    std::memcpy(to, &header, sizeof header);
    std::memcpy(to + sizeof header, &short_header, sizeof short_header);
    to += sizeof header + sizeof short_header;
    for (std::size_t digit = count; digit > stripped; --digit, to += sizeof digits[0]) {
        std::memcpy(to, &digits[digit - 1], sizeof digits[0]);
    }
    return size;
}

void append_numeric(bool negative, std::uint64_t magnitude, std::vector<std::uint8_t>& out) {
    std::uint8_t bytes[most_integer_bytes];
    out.insert(out.end(), bytes, bytes + write_integer(negative, magnitude, bytes));
}

}  // namespace onetrip::jsonb
