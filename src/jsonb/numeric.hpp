#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "jsonb/format.hpp"

namespace onetrip::jsonb {

/// A whole number of up to 64 bits besides its sign. Zero is never negative.
struct Integer {
    bool negative = false;
    std::uint64_t magnitude = 0;
};

/// What a numeric is when it is asked for a whole number.
enum class IntegerResult : std::uint8_t {
    integer,       ///< it is one
    fraction,      ///< it has digits other than 0 behind the point
    too_large,     ///< a whole number whose magnitude takes more than 64 bits
    not_a_number,  ///< NaN, Infinity or -Infinity
};

/// PostgreSQL's `numeric`, read where it lies (src/backend/utils/adt/numeric.c: NumericChoice).
/// The span is the value behind its varlena header, of any alignment; the view owns nothing.
class Numeric {
  public:
    Numeric() = default;
    explicit Numeric(std::span<const std::uint8_t> data) : data_(data) {}

    /// Sets `result` only where it returns IntegerResult::integer.
    IntegerResult to_integer(Integer& result) const {
        // 1 to 9999: the short format's plain header and one digit. What tags and most counts are.
        if (data_.size() == 2 * sizeof(std::uint16_t) &&
            format::load<std::uint16_t>(data_.data()) == format::numeric_short) {
            result = {false, format::load<std::uint16_t>(data_.data() + sizeof(std::uint16_t))};
            return IntegerResult::integer;
        }
        return to_any_integer(result);
    }

    /// The text that numeric_out gives: every digit of the display scale, NaN, Infinity, -Infinity.
    std::string to_text() const;

    std::span<const std::uint8_t> data() const { return data_; }

  private:
    IntegerResult to_any_integer(Integer& result) const;

    std::span<const std::uint8_t> data_;
};

}  // namespace onetrip::jsonb
