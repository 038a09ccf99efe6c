// The keys and indexes on the way to a value. Knows nothing of forms.

#include "submission/trail.hpp"

#include <charconv>

namespace onetrip::submission {

void Trail::push_key(std::string_view key) {
    namespace format = jsonb::format;
    const auto size = static_cast<std::uint32_t>(format::varhdrsz + key.size());
    const std::size_t start = key_bytes_.size();
    key_bytes_.resize(start + format::int_align(size));
    const std::uint32_t header = format::varsize_4b(size);
    std::memcpy(key_bytes_.data() + start, &header, sizeof header);
    if (!key.empty()) {
        std::memcpy(key_bytes_.data() + start + sizeof header, key.data(), key.size());
    }
    mark_.key_bytes = static_cast<std::uint32_t>(key_bytes_.size());
    ++mark_.keys;
}

void Trail::push_array_key(std::uint32_t index) {
    char digits[10];
    const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), index);
    push_key({digits, static_cast<std::size_t>(end - digits)});
}

}  // namespace onetrip::submission
