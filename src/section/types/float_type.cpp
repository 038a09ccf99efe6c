// float: a number of IEEE 754, as PostgreSQL has them. It knows no column's type: a real column is
// the number that it prints.

#include <bit>
#include <cmath>
#include <limits>

#include "base/bits.hpp"
#include "base/float_text.hpp"
#include "base/words.hpp"
#include "section/types/all_types.hpp"
#include "section/types/decoded_text.hpp"

namespace onetrip::section {

namespace {

template <typename Float>
struct BitsOf;
template <>
struct BitsOf<float> {
    using Type = std::uint32_t;
};
template <>
struct BitsOf<double> {
    using Type = std::uint64_t;
};

template <typename Float>
Float of_bits(std::uint64_t bits) {
    return std::bit_cast<Float>(static_cast<typename BitsOf<Float>::Type>(bits));
}

template <typename Float>
std::uint64_t bits_of(Float number) {
    return std::bit_cast<typename BitsOf<Float>::Type>(number);
}

/// The decimal number, or the word, that a value is in a JSON row: that of a column is the same, so
/// that a row and its JSON are written alike.
std::string decimal_text(const Value& value) {
    switch (value.kind) {
        case Value::Kind::float_4:
            return print_float(static_cast<float>(value.real));
        case Value::Kind::float_8:
            return print_float(value.real);
        case Value::Kind::integer:
            return std::to_string(value.integer);
        case Value::Kind::numeric:
            return jsonb::Numeric(
                       {reinterpret_cast<const std::uint8_t*>(value.bytes.data), value.bytes.size})
                .to_text();
        default:
            break;
    }
    if (value.is_json_string()) {
        return std::string(value.json.string());
    }
    if (value.kind == Value::Kind::json && value.from_json_row &&
        value.json.kind() == jsonb::Kind::numeric) {
        return value.json.numeric().to_text();
    }
    refuse_kind(value, "a number");
}

template <typename Float>
std::uint64_t bits_of_value(const Value& value, std::uint32_t width) {
    Float number = 0;
    const std::string text = decimal_text(value);
    switch (parse_float(text, number)) {
        case FloatText::valid:
            return bits_of(number);
        case FloatText::malformed:
            throw BadValue{ErrorKind::invalid_value, describe(value),
                           "is neither a number nor \"Infinity\", \"-Infinity\" or \"NaN\""};
        case FloatText::out_of_range:
            throw BadValue{ErrorKind::out_of_range, cut_short(text),
                           "is too large or too small for " + std::to_string(width) + " bits"};
    }
    __builtin_unreachable();
}

/// Bits that are not a number of a JSON row: -0, which JSONB does not have, and all NaNs but one.
template <typename Float>
bool is_number_or_word(std::uint64_t bits) {
    const auto number = of_bits<Float>(bits);
    if (std::isnan(number)) {
        return bits == bits_of(std::numeric_limits<Float>::quiet_NaN());
    }
    return number != 0 || !std::signbit(number);
}

class FloatType final : public BitsType {
  public:
    using BitsType::BitsType;

    std::uint64_t to_bits(const Value& value, std::uint32_t width) const override {
        if (value.kind == Value::Kind::json && value.from_json_row &&
            value.json.kind() == jsonb::Kind::object) {
            return bits_of_hex_object(value, width);
        }
        return width == 32 ? bits_of_value<float>(value, width)
                           : bits_of_value<double>(value, width);
    }

    void append_json(std::uint64_t bits, std::uint32_t width,
                     jsonb::JsonbBuilder& json) const override {
        const bool has_value =
            width == 32 ? is_number_or_word<float>(bits) : is_number_or_word<double>(bits);
        if (!has_value) {
            json.open_object();
            json.key("hex");
            json.string(print_hex(bits, width).substr(2));
            json.close();
            return;
        }
        const std::string text = print(bits, width);
        const bool is_number = text.back() >= '0' && text.back() <= '9';
        if (is_number) {
            json.number(text);
        } else {
            json.string(text);
        }
    }

    std::string print(std::uint64_t bits, std::uint32_t width) const override {
        return width == 32 ? print_float(of_bits<float>(bits)) : print_float(of_bits<double>(bits));
    }

  private:
    static std::uint64_t bits_of_hex_object(const Value& value, std::uint32_t width) {
        const std::vector<std::uint8_t> bytes = bytes_of_hex_object(value, "a number");
        if (bytes.size() * 8 != width) {
            throw BadValue{
                ErrorKind::invalid_value, describe(value),
                "takes " + count(bytes.size(), "byte") + ", not " + std::to_string(width / 8)};
        }
        std::uint64_t bits = 0;
        for (const std::uint8_t byte : bytes) {
            bits = bits << 8 | byte;
        }
        return bits;
    }
};

constinit const FloatType float_object("float", {false, 32, 64, 32, true}, SourceRule::column_only);

}  // namespace

const BitsType& float_type = float_object;

}  // namespace onetrip::section
