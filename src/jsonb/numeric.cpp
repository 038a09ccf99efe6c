// The server's numeric, read in place. Knows nothing of JSON.

#include "jsonb/numeric.hpp"

#include <algorithm>

#include "jsonb/format.hpp"

namespace onetrip::jsonb {

namespace {

/// The highest power of 10000 that a 64-bit magnitude reaches: 2^64 is about 1.8 * 10^19.
constexpr int highest_integer_weight = 4;

/// numeric.c's NumericVar: the value is the sum of digit[i] * 10000^(weight - i).
struct NumericVar {
    const std::uint8_t* digits;
    std::int64_t ndigits;
    std::int64_t weight;
    std::int64_t dscale;
    bool negative;

    /// The digit at a place; zero before the first and after the last digit that is stored.
    unsigned digit(std::int64_t index) const {
        if (index < 0 || index >= ndigits) {
            return 0;
        }
        return format::load<std::uint16_t>(digits + index * 2);
    }
};

std::uint16_t header_of(std::span<const std::uint8_t> data) {
    return format::load<std::uint16_t>(data.data());
}

bool is_short(std::uint16_t header) {
    return (header & format::numeric_sign_mask) == format::numeric_short;
}

/// NaN and the infinities have a header and nothing else. Bytes too few for any numeric, such as
/// those of Numeric(), count as NaN.
bool is_special(std::span<const std::uint8_t> data) {
    if (data.size() < sizeof(std::uint16_t)) {
        return true;
    }
    const std::uint16_t header = header_of(data);
    if ((header & format::numeric_sign_mask) == format::numeric_special) {
        return true;
    }
    return !is_short(header) && data.size() < 2 * sizeof(std::uint16_t);
}

NumericVar init_short(std::span<const std::uint8_t> data, std::uint16_t header) {
    // The weight is a number of seven bits in two's complement.
    const int weight = (header & format::numeric_short_weight_mask) -
                       (header & format::numeric_short_weight_sign_mask);
    return {
        .digits = data.data() + 2,
        .ndigits = static_cast<std::int64_t>(data.size() / 2 - 1),
        .weight = weight,
        .dscale =
            (header & format::numeric_short_dscale_mask) >> format::numeric_short_dscale_shift,
        .negative = (header & format::numeric_short_sign_mask) != 0,
    };
}

/// init_var_from_num in numeric.c. Not for the special values.
NumericVar init_var_from_num(std::span<const std::uint8_t> data) {
    const std::uint16_t header = header_of(data);
    if (is_short(header)) {
        return init_short(data, header);
    }
    return {
        .digits = data.data() + 4,
        .ndigits = static_cast<std::int64_t>(data.size() / 2 - 2),
        .weight = format::load<std::int16_t>(data.data() + 2),
        .dscale = header & format::numeric_dscale_mask,
        .negative = (header & format::numeric_sign_mask) == format::numeric_neg,
    };
}

/// The digits down to the units. Bounded work: a weight above the highest is refused at once.
IntegerResult whole_part(const NumericVar& var, std::int64_t first, std::uint64_t& magnitude) {
    if (var.weight - first > highest_integer_weight) {
        return IntegerResult::too_large;
    }
    magnitude = 0;
    for (std::int64_t index = first; index <= var.weight; ++index) {
        if (__builtin_mul_overflow(magnitude, std::uint64_t{format::nbase}, &magnitude) ||
            __builtin_add_overflow(magnitude, var.digit(index), &magnitude)) {
            return IntegerResult::too_large;
        }
    }
    return IntegerResult::integer;
}

/// The integers below 10^16 in the short format, which are nearly all there are: their digits all
/// stand before the point and cannot overflow. Returns false for any other numeric.
bool small_integer(std::span<const std::uint8_t> data, Integer& result) {
    if (data.size() < sizeof(std::uint16_t)) {
        return false;
    }
    const std::uint16_t header = header_of(data);
    // The weight's sign bit makes a negative weight a great one.
    const std::size_t weight =
        header & (format::numeric_short_weight_sign_mask | format::numeric_short_weight_mask);
    const std::size_t ndigits = data.size() / 2 - 1;
    if (!is_short(header) || weight >= highest_integer_weight || ndigits > weight + 1) {
        return false;
    }
    std::uint64_t magnitude = 0;
    for (std::size_t index = 0; index < ndigits; ++index) {
        magnitude =
            magnitude * format::nbase + format::load<std::uint16_t>(data.data() + 2 + index * 2);
    }
    for (std::size_t index = ndigits; index <= weight; ++index) {
        magnitude *= format::nbase;
    }
    const bool negative = (header & format::numeric_short_sign_mask) != 0 && magnitude != 0;
    result = {.negative = negative, .magnitude = magnitude};
    return true;
}

/// The leading `count` decimals of a digit of base 10000.
void append_group(std::string& text, unsigned group, std::int64_t count) {
    char decimals[format::dec_digits];
    for (int index = format::dec_digits; index-- > 0; group /= 10) {
        decimals[index] = static_cast<char>('0' + group % 10);
    }
    text.append(decimals, static_cast<std::size_t>(count));
}

void append_whole(std::string& text, const NumericVar& var) {
    if (var.weight < 0) {
        text += '0';
        return;
    }
    text += std::to_string(var.digit(0));
    for (std::int64_t index = 1; index <= var.weight; ++index) {
        append_group(text, var.digit(index), format::dec_digits);
    }
}

void append_fraction(std::string& text, const NumericVar& var) {
    if (var.dscale == 0) {
        return;
    }
    text += '.';
    std::int64_t index = var.weight + 1;
    for (std::int64_t left = var.dscale; left > 0; left -= format::dec_digits, ++index) {
        const std::int64_t decimals = std::min<std::int64_t>(left, format::dec_digits);
        append_group(text, var.digit(index), decimals);
    }
}

std::string special_text(std::span<const std::uint8_t> data) {
    const std::uint16_t header = data.size() < sizeof(header) ? 0 : header_of(data);
    switch (header & format::numeric_ext_sign_mask) {
        case format::numeric_pinf:
            return "Infinity";
        case format::numeric_ninf:
            return "-Infinity";
        default:
            return "NaN";
    }
}

}  // namespace

IntegerResult Numeric::to_any_integer(Integer& result) const {
    if (small_integer(data_, result)) {
        return IntegerResult::integer;
    }
    if (is_special(data_)) {
        return IntegerResult::not_a_number;
    }
    const NumericVar var = init_var_from_num(data_);

    const std::int64_t whole = std::clamp<std::int64_t>(var.weight + 1, 0, var.ndigits);
    for (std::int64_t index = whole; index < var.ndigits; ++index) {
        if (var.digit(index) != 0) {
            return IntegerResult::fraction;
        }
    }
    std::int64_t first = 0;
    while (first < whole && var.digit(first) == 0) {
        ++first;
    }
    if (first == whole) {
        result = {};
        return IntegerResult::integer;
    }
    std::uint64_t magnitude;
    const IntegerResult outcome = whole_part(var, first, magnitude);
    if (outcome == IntegerResult::integer) {
        result = {.negative = var.negative, .magnitude = magnitude};
    }
    return outcome;
}

// get_str_from_var in numeric.c
std::string Numeric::to_text() const {
    if (is_special(data_)) {
        return special_text(data_);
    }
    const NumericVar var = init_var_from_num(data_);
    std::string text;
    if (var.negative) {
        text += '-';
    }
    append_whole(text, var);
    append_fraction(text, var);
    return text;
}

}  // namespace onetrip::jsonb
