#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace onetrip::fuzz {

/// An input as decisions: each takes a byte or two of it. Once it is used up, every decision is the
/// first, so that what is made of it ends.
class Choices {
  public:
    explicit Choices(std::span<const std::uint8_t> input) : input_(input) {}

    bool is_empty() const { return at_ >= input_.size(); }

    /// 0 to n - 1.
    std::uint64_t below(std::uint64_t n) {
        std::uint64_t number = 0;
        for (std::uint64_t reach = 1; reach < n && !is_empty(); reach <<= 8) {
            number = number << 8 | input_[at_++];
            if (reach > n >> 8) {
                break;
            }
        }
        return number % n;
    }

    /// No once the input is used up.
    bool one_in(std::uint64_t n) { return below(n) == n - 1; }

    std::uint64_t word(unsigned bytes = 8) {
        std::uint64_t bits = 0;
        for (; bytes > 0; --bytes) {
            bits = bits << 8 | (is_empty() ? 0 : input_[at_++]);
        }
        return bits;
    }

    template <typename Item>
    const Item& of(const std::vector<Item>& items) {
        return items[below(items.size())];
    }

  private:
    std::span<const std::uint8_t> input_;
    std::size_t at_ = 0;
};

/// Prints what was made of an input, if ONETRIP_SHOW is set: to look at one that breaks something.
inline void show(const std::string& made) {
    if (std::getenv("ONETRIP_SHOW") != nullptr) {
        std::fprintf(stderr, "%s\n", made.c_str());
    }
}

}  // namespace onetrip::fuzz
