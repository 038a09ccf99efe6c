// The keys and indexes on the way to a value. Knows nothing of forms.

#include "submission/trail.hpp"

#include <charconv>

namespace onetrip::submission {

void Trail::grow(std::size_t size) {
    key_bytes_.resize(2 * (key_bytes_.size() + size));
}

void Trail::push_array_key(std::uint32_t index) {
    char digits[10];
    const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), index);
    push_key({digits, static_cast<std::size_t>(end - digits)});
}

}  // namespace onetrip::submission
