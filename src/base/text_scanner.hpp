#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace onetrip {

/// Reads a text from left to right.
class TextScanner {
  public:
    explicit TextScanner(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }

    bool skip(std::string_view expected) {
        if (!rest_.starts_with(expected)) {
            return false;
        }
        rest_.remove_prefix(expected.size());
        return true;
    }

    bool skip_one_of(std::string_view characters) {
        if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    /// Whether a digit is next.
    bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }

    /// Digits, as many as there are; false if they are fewer than `least` or more than `most`.
    bool number(std::size_t least, std::size_t most, std::int64_t& number) {
        std::size_t digits = rest_.find_first_not_of("0123456789");
        digits = digits == std::string_view::npos ? rest_.size() : digits;
        if (digits < least || digits > most) {
            return false;
        }
        std::from_chars(rest_.data(), rest_.data() + digits, number);
        rest_.remove_prefix(digits);
        return true;
    }

    /// The digits of a fraction, in parts of `unit`, which is a power of ten; further digits are
    /// dropped. False if there is no digit.
    bool fraction(std::int64_t unit, std::int64_t& parts) {
        const std::size_t before = rest_.size();
        parts = 0;
        for (; at_digit(); rest_.remove_prefix(1)) {
            unit /= 10;
            parts += unit * (rest_.front() - '0');
        }
        return rest_.size() < before;
    }

  private:
    std::string_view rest_;
};

}  // namespace onetrip
