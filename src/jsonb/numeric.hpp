#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

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
    IntegerResult to_integer(Integer& result) const;

    /// The text that numeric_out gives: every digit of the display scale, NaN, Infinity, -Infinity.
    std::string to_text() const;

    std::span<const std::uint8_t> data() const { return data_; }

  private:
    std::span<const std::uint8_t> data_;
};

}  // namespace onetrip::jsonb
