// The types whose bits are a number: uimsbf, bslbf, tcimsbf, bcd and rpchof. They know no column
// and no place in a section.

#include "base/bits.hpp"
#include "section/types/all_types.hpp"

namespace onetrip::section {

namespace {

using jsonb::Integer;
using jsonb::IntegerResult;

Integer from_signed(std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    return number < 0 ? Integer{true, 0 - bits} : Integer{false, bits};
}

[[noreturn]] void refuse_range(const Value& value, const std::string& from, const std::string& to) {
    throw BadValue{ErrorKind::out_of_range, describe(value), "is outside " + from + " to " + to};
}

Integer from_numeric(const Value& value, jsonb::Numeric numeric) {
    Integer integer;
    switch (numeric.to_integer(integer)) {
        case IntegerResult::integer:
            return integer;
        case IntegerResult::fraction:
            throw BadValue{ErrorKind::invalid_value, describe(value), "has a fraction",
                           "Round it in the row, for example by round(column)."};
        case IntegerResult::too_large:
            throw BadValue{ErrorKind::out_of_range, describe(value), "takes more than 64 bits"};
        case IntegerResult::not_a_number:
            throw BadValue{ErrorKind::invalid_value, describe(value), "is not an integer"};
    }
    __builtin_unreachable();
}

jsonb::Numeric numeric_of(const Value& value) {
    return jsonb::Numeric(
        {reinterpret_cast<const std::uint8_t*>(value.bytes.data), value.bytes.size});
}

/// Booleans are integers for the types of bits: uimsbf and bslbf.
enum class Booleans : std::uint8_t { taken, refused };

Integer integer_of(const Value& value, Booleans booleans) {
    const bool takes_boolean = booleans == Booleans::taken;
    if (value.kind == Value::Kind::integer) {
        return from_signed(value.integer);
    }
    if (value.kind == Value::Kind::boolean && takes_boolean) {
        return {false, value.boolean ? 1U : 0U};
    }
    if (value.kind == Value::Kind::numeric) {
        return from_numeric(value, numeric_of(value));
    }
    if (value.kind == Value::Kind::json && value.from_json_row) {
        if (value.json.kind() == jsonb::Kind::numeric) {
            return from_numeric(value, value.json.numeric());
        }
        if (value.json.kind() == jsonb::Kind::boolean && takes_boolean) {
            return {false, value.json.boolean() ? 1U : 0U};
        }
    }
    refuse_kind(value, takes_boolean ? "an integer or a boolean" : "an integer");
}

std::uint64_t unsigned_of(const Value& value, Booleans booleans, std::uint64_t largest) {
    const Integer integer = integer_of(value, booleans);
    if (integer.negative || integer.magnitude > largest) {
        refuse_range(value, "0", std::to_string(largest));
    }
    return integer.magnitude;
}

/// Unsigned integer, most significant bit first; a bit string has the same bits.
class UnsignedType final : public BitsType {
  public:
    using BitsType::BitsType;

    std::uint64_t to_bits(const Value& value, std::uint32_t width) const override {
        return unsigned_of(value, Booleans::taken, largest_unsigned(width));
    }

    Shortcut shortcut() const override { return Shortcut::plain_integer; }
};

/// Two's complement integer, most significant (sign) bit first.
class TwosComplementType final : public BitsType {
  public:
    using BitsType::BitsType;

    std::uint64_t to_bits(const Value& value, std::uint32_t width) const override {
        const Integer integer = integer_of(value, Booleans::refused);
        if (integer.magnitude > largest(width) + (integer.negative ? 1 : 0)) {
            refuse_range(value, "-" + std::to_string(largest(width) + 1),
                         std::to_string(largest(width)));
        }
        const std::uint64_t bits = integer.negative ? 0 - integer.magnitude : integer.magnitude;
        return bits & largest_unsigned(width);
    }

    std::uint64_t largest(std::uint32_t width) const override {
        return largest_unsigned(width - 1);
    }

    Integer number_of(std::uint64_t bits, std::uint32_t width) const override {
        const bool is_negative = bits > largest(width);
        return {is_negative, is_negative ? magnitude_of(bits, width) : bits};
    }

    void append_json(std::uint64_t bits, std::uint32_t width,
                     jsonb::JsonbBuilder& json) const override {
        const Integer number = number_of(bits, width);
        json.integer(number.negative, number.magnitude);
    }

    std::string print(std::uint64_t bits, std::uint32_t width) const override {
        const Integer number = number_of(bits, width);
        return (number.negative ? "-" : "") + std::to_string(number.magnitude);
    }

  private:
    static std::uint64_t magnitude_of(std::uint64_t bits, std::uint32_t width) {
        return (0 - bits) & largest_unsigned(width);
    }
};

/// Binary coded decimal, a digit in every 4 bits.
class BcdType final : public BitsType {
  public:
    using BitsType::BitsType;

    std::uint64_t to_bits(const Value& value, std::uint32_t width) const override {
        return number_to_bits(unsigned_of(value, Booleans::refused, largest(width)), width);
    }

    std::uint64_t largest(std::uint32_t width) const override {
        std::uint64_t limit = 1;
        for (std::uint32_t digit = 0; digit < width / 4; ++digit) {
            limit *= 10;
        }
        return limit - 1;
    }

    std::uint64_t number_to_bits(std::uint64_t number, std::uint32_t width) const override {
        std::uint64_t bits = 0;
        for (std::uint32_t shift = 0; shift < width; shift += 4, number /= 10) {
            bits |= (number % 10) << shift;
        }
        return bits;
    }

    std::string judge(std::uint64_t bits, std::uint32_t width) const override {
        for (std::uint64_t rest = bits; rest != 0; rest >>= 4) {
            if ((rest & 15) > 9) {
                return "found " + print_hex(bits, width) + ", which has a decimal digit over 9";
            }
        }
        return {};
    }

    void append_json(std::uint64_t bits, std::uint32_t width,
                     jsonb::JsonbBuilder& json) const override {
        json.integer(false, decimal_of(bits, width));
    }

    Integer number_of(std::uint64_t bits, std::uint32_t width) const override {
        return {false, decimal_of(bits, width)};
    }

    std::string print(std::uint64_t bits, std::uint32_t width) const override {
        return std::to_string(decimal_of(bits, width));
    }

    /// The digits are printed as they are: faulty bits may not be decimal digits.
    std::string print_constant(std::uint64_t bits, std::uint32_t width) const override {
        return print_hex(bits, width);
    }

  private:
    static std::uint64_t decimal_of(std::uint64_t bits, std::uint32_t width) {
        std::uint64_t number = 0;
        for (std::uint32_t shift = width; shift > 0;) {
            shift -= 4;
            number = number * 10 + (bits >> shift & 15);
        }
        return number;
    }
};

/// CRC_32: its bits come from the section, not from a value.
class ChecksumType final : public BitsType {
  public:
    using BitsType::BitsType;

    std::uint64_t to_bits(const Value& /*value*/, std::uint32_t /*width*/) const override {
        __builtin_unreachable();
    }

    bool begins_a_byte() const override { return true; }

    std::string print(std::uint64_t bits, std::uint32_t width) const override {
        return print_hex(bits, width);
    }
};

constinit const UnsignedType uimsbf_type("uimsbf", {false, 1, 64, 1}, SourceRule::computed);
constinit const TwosComplementType tcimsbf_type("tcimsbf", {false, 2, 64, 1}, SourceRule::constant);
constinit const UnsignedType bslbf_type("bslbf", {false, 1, 64, 1}, SourceRule::computed);
constinit const BcdType bcd_type("bcd", {false, 4, 64, 4}, SourceRule::constant);
constinit const ChecksumType rpchof_type("rpchof", {false, 32, 32, 1}, SourceRule::none);

}  // namespace

std::uint64_t unsigned_number(const Value& value, std::uint64_t largest) {
    return unsigned_of(value, Booleans::refused, largest);
}

const BitsType& uimsbf = uimsbf_type;
const BitsType& tcimsbf = tcimsbf_type;
const BitsType& bslbf = bslbf_type;
const BitsType& bcd = bcd_type;
const BitsType& rpchof = rpchof_type;

}  // namespace onetrip::section
