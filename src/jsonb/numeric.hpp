#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "jsonb/format.hpp"

namespace onetrip::jsonb {

/// A whole number of up to 64 bits, not counting its sign. Zero is never negative.
struct Integer {
    bool negative = false;
    std::uint64_t magnitude = 0;
};

/// The result of converting a numeric to a whole number.
enum class IntegerResult : std::uint8_t {
    integer,       ///< it is one
    fraction,      ///< it has digits other than 0 after the point
    too_large,     ///< a whole number whose magnitude takes more than 64 bits
    not_a_number,  ///< NaN, Infinity or -Infinity
};

/// PostgreSQL's `numeric`, read in place (src/backend/utils/adt/numeric.c: NumericChoice). The span
/// is the value after its varlena header, of any alignment; the view owns nothing.
class Numeric {
  public:
    Numeric() = default;
    explicit Numeric(std::span<const std::uint8_t> data) : data_(data) {}

    /// Sets `result` only if it returns IntegerResult::integer.
    IntegerResult to_integer(Integer& result) const {
        return to_small_integer(result) ? IntegerResult::integer : to_any_integer(result);
    }

    /// to_integer for nearly all integers, without a call: those in the short format, not negative,
    /// with every digit down to the units, and too few of them to overflow. Sets `result` only if
    /// it returns true.
    bool to_small_integer(Integer& result) const {
        const std::size_t weight = data_.size() / digit_size - 2;
        if (weight >= small_weights || header() != (format::numeric_short | weight)) {
            return false;
        }
        result = {false, digit(0)};
        for (std::size_t index = 1; index <= weight; ++index) {
            result.magnitude = result.magnitude * format::nbase + digit(index);
        }
        return true;
    }

    /// The text that numeric_out gives: every digit of the display scale, NaN, Infinity, -Infinity.
    std::string to_text() const;

    std::span<const std::uint8_t> data() const { return data_; }

  private:
    static constexpr std::size_t digit_size = sizeof(std::uint16_t);
    static constexpr std::size_t small_weights = 4;  ///< 10000^4 takes less than 64 bits

    std::uint16_t header() const { return format::load<std::uint16_t>(data_.data()); }

    /// A digit of a numeric in the short format.
    std::uint16_t digit(std::size_t index) const {
        return format::load<std::uint16_t>(data_.data() + (index + 1) * digit_size);
    }

    IntegerResult to_any_integer(Integer& result) const;

    std::span<const std::uint8_t> data_;
};

}  // namespace onetrip::jsonb
