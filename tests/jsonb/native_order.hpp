#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "bytes.hpp"
#include "jsonb/format.hpp"

/// The tests write documents and numerics down as a little-endian machine stores them, and so do
/// the vectors that a server made. These functions turn them into what this machine stores.
namespace onetrip::jsonb::test {

constexpr bool is_little_endian = std::endian::native == std::endian::little;

/// A numeric without its varlena header: 16-bit words.
inline Bytes native_numeric(Bytes numeric) {
    for (std::size_t at = 0; !is_little_endian && at + 1 < numeric.size(); at += 2)
        std::swap(numeric[at], numeric[at + 1]);
    return numeric;
}

/// Turns a document's bytes around in place, each word after it has been read.
class DocumentInOrder {
  public:
    explicit DocumentInOrder(Bytes& bytes) : bytes_(bytes) {}

    void turn_container(std::uint32_t begin) {
        const std::uint32_t header = turned_word(begin);
        const std::uint32_t count = header & format::jb_cmask;
        const std::uint32_t entries = (header & format::jb_fobject) != 0 ? 2 * count : count;
        const std::uint32_t data = begin + 4 + 4 * entries;
        std::uint32_t end = 0;
        for (std::uint32_t index = 0; index < entries; ++index) {
            const std::uint32_t entry = turned_word(begin + 4 + 4 * index);
            const std::uint32_t size = entry & format::jentry_offlenmask;
            const std::uint32_t child = format::int_align(data + end);
            end = (entry & format::jentry_has_off) != 0 ? size : end + size;
            turn_child(entry & format::jentry_typemask, child, data + end);
        }
    }

  private:
    void turn_child(std::uint32_t type, std::uint32_t begin, std::uint32_t end) {
        if (type == format::jentry_iscontainer) {
            turn_container(begin);
        } else if (type == format::jentry_isnumeric) {
            const std::uint32_t size = format::varsize_4b(turned_word(begin) >> 2);
            std::memcpy(&bytes_[begin], &size, sizeof size);
            for (std::uint32_t at = begin + 4; at < end; at += 2)
                std::swap(bytes_[at], bytes_[at + 1]);
        }
    }

    /// The word there, which is in this machine's order afterwards.
    std::uint32_t turned_word(std::uint32_t at) {
        std::reverse(&bytes_[at], &bytes_[at] + 4);
        return format::load<std::uint32_t>(&bytes_[at]);
    }

    Bytes& bytes_;
};

inline Bytes native_document(Bytes document) {
    if (!is_little_endian)
        DocumentInOrder(document).turn_container(0);
    return document;
}

}  // namespace onetrip::jsonb::test
