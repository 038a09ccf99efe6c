#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace onetrip {

inline std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

/// The seed of the random tests: ONETRIP_SEED, else always the same, so that a failure repeats.
inline std::uint64_t seed() {
    return from_environment("ONETRIP_SEED", 13'818);
}

class Randomness {
  public:
    explicit Randomness(std::uint64_t seed) : engine_(seed) {}

    /// 0 to limit - 1.
    std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
    std::int64_t between(std::int64_t from, std::int64_t to) {
        return from + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(to - from) + 1));
    }
    bool one_in(std::uint64_t cases) { return below(cases) == 0; }
    std::uint64_t bits(unsigned width) { return engine_() >> (64 - width); }

    template <typename Element>
    const Element& pick(const std::vector<Element>& elements) {
        return elements[below(elements.size())];
    }

  private:
    std::mt19937_64 engine_;
};

}  // namespace onetrip
