#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "jsonb/format.hpp"

namespace onetrip::submission {

/// The way from the root of a document to where a walk is: keys of objects and indexes of arrays.
/// It keeps them as PostgreSQL's text[] and int[] keep their elements (src/include/utils/array.h),
/// so that a row's arrays are copies of it and not made anew.
class Trail {
  public:
    /// How far the way goes at a container; what comes after is given up by rewind.
    struct Mark {
        std::uint32_t key_bytes = 0;
        std::uint32_t keys = 0;
        std::uint32_t indexes = 0;
    };

    Mark mark() const { return mark_; }

    void rewind(Mark mark) { mark_ = mark; }

    void push_key(std::string_view key) {
        namespace format = jsonb::format;
        const auto size = static_cast<std::uint32_t>(format::varhdrsz + key.size());
        const std::uint32_t aligned = format::int_align(size);
        if (key_bytes_.size() - mark_.key_bytes < aligned) {
            grow(aligned);
        }
        std::uint8_t* const at = key_bytes_.data() + mark_.key_bytes;
        const std::uint32_t header = format::varsize_4b(size);
        std::memset(at + aligned - sizeof header, 0, sizeof header);  // the padding
        std::memcpy(at, &header, sizeof header);
        if (!key.empty()) {
            std::memcpy(at + sizeof header, key.data(), key.size());
        }
        mark_.key_bytes += aligned;
        ++mark_.keys;
    }

    /// An index is an element of both arrays: `document #> keys` wants it as text.
    void push_index(std::uint32_t index) {
        push_array_key(index);
        push_bare_index(index);
    }

    /// The two halves of that, for the case that not every array has an index, and not every index
    /// is of one.
    void push_array_key(std::uint32_t index);
    void push_bare_index(std::uint32_t index) {
        if (indexes_.size() == mark_.indexes) {
            indexes_.push_back(0);
        }
        indexes_[mark_.indexes++] = static_cast<std::int32_t>(index);
    }

    /// Indexes without the keys that they stand among.
    void set_indexes(std::span<const std::int32_t> indexes) {
        indexes_.assign(indexes.begin(), indexes.end());
        mark_ = {0, 0, static_cast<std::uint32_t>(indexes.size())};
    }

    /// The elements of keys, each a text with a varlena header of four bytes and padded to four.
    std::span<const std::uint8_t> key_bytes() const { return {key_bytes_.data(), mark_.key_bytes}; }
    std::uint32_t key_count() const { return mark_.keys; }
    std::span<const std::int32_t> indexes() const { return {indexes_.data(), mark_.indexes}; }

  private:
    void grow(std::size_t size);

    // Both have been as long as they are: how far they count is said by the mark.
    std::vector<std::uint8_t> key_bytes_;
    std::vector<std::int32_t> indexes_;
    Mark mark_;
};

}  // namespace onetrip::submission
