// JSONB read in place: offsets and look-ups of keys. Knows nothing of JSON text.

#include "jsonb/jsonb.hpp"

#include <cstring>

namespace onetrip::jsonb {

namespace {

/// lengthCompareJsonbString in jsonb_util.c, for keys of one length.
int compare_bytes(const std::uint8_t* data, std::string_view key) {
    return key.empty() ? 0 : std::memcmp(data, key.data(), key.size());
}

}  // namespace

Value Value::root(std::span<const std::uint8_t> jsonb) {
    std::uint32_t header;
    if (jsonb.size() < sizeof header) {
        return {};
    }
    header = format::load<std::uint32_t>(jsonb.data());
    // A scalar is stored as an array of one element, since a JEntry needs a container.
    if (header & format::jb_fscalar) {
        return Children(jsonb.data() + sizeof header, 1).value(0);
    }
    return Children::container(jsonb.data(), static_cast<std::uint32_t>(jsonb.size()));
}

/// Less than, equal to or greater than 0, if the key at `index` sorts before, with or after `key`.
/// The order is by length first, so most probes read one JEntry, but no bytes.
int Object::compare(std::uint32_t index, std::string_view key) const {
    const std::uint32_t entry = children_.entry(index);
    const bool length_known = !(entry & format::jentry_has_off);
    const std::uint32_t field = entry & format::jentry_offlenmask;
    if (length_known && field != key.size()) {
        return field < key.size() ? -1 : 1;
    }

    const std::uint32_t start = children_.start(index);
    const std::uint32_t size = Children::end(entry, start) - start;
    if (size != key.size()) {
        return size < key.size() ? -1 : 1;
    }
    return compare_bytes(children_.data() + start, key);
}

std::optional<Value> Object::find(std::string_view key) const {
    std::uint32_t low = 0;
    std::uint32_t high = size_;
    while (low < high) {
        const std::uint32_t middle = low + (high - low) / 2;
        const int difference = compare(middle, key);
        if (difference == 0) {
            return children_.value(size_ + middle);
        }
        if (difference < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return std::nullopt;
}

}  // namespace onetrip::jsonb
