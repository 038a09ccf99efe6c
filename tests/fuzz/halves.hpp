#pragma once

#include <cstring>

#include "fuzz.hpp"
#include "jsonb/bytes.hpp"

// For targets of two arguments: a text, a zero byte, and the second. To be included once a target.

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace onetrip::fuzz {

/// Each in a heap block of its own that ends with it, so that a read past the end is seen.
struct Halves {
    explicit Halves(std::span<const std::uint8_t> input, std::size_t first_size)
        : first(input.first(first_size)),
          second(input.subspan(std::min(first_size + 1, input.size()))) {}

    jsonb::test::OddCopy first;
    jsonb::test::OddCopy second;
};

inline std::size_t size_of_first(std::span<const std::uint8_t> input) {
    const void* const zero = input.empty() ? nullptr : std::memchr(input.data(), 0, input.size());
    return zero == nullptr ? input.size() : static_cast<const std::uint8_t*>(zero) - input.data();
}

inline Halves halves_of(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> input(data, size);
    return Halves(input, size_of_first(input));
}

}  // namespace onetrip::fuzz

/// Mostly changes one of the halves and leaves the other, so that a good layout or form is tried
/// with many rows, and the other way round.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
    const std::size_t first = onetrip::fuzz::size_of_first({data, size});
    if (first == size || first + 1 == most || seed % 4 == 0) {
        return LLVMFuzzerMutate(data, size, most);
    }
    if (seed % 4 != 1) {
        std::uint8_t* const second = data + first + 1;
        return first + 1 + LLVMFuzzerMutate(second, size - first - 1, most - first - 1);
    }
    const std::vector<std::uint8_t> rest(data + first, data + size);
    if (rest.size() == most) {
        return size;
    }
    const std::size_t changed = LLVMFuzzerMutate(data, first, most - rest.size());
    std::memcpy(data + changed, rest.data(), rest.size());
    return changed + rest.size();
}
