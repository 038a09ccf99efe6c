// Writes JSONB from values that come in its own order. Knows no JSON text and no layout.

#include "jsonb/jsonb_builder.hpp"

#include <algorithm>

#include "jsonb/jsonb_writer.hpp"
#include "jsonb/numeric_parser.hpp"

namespace onetrip::jsonb {

void JsonbBuilder::clear() {
    size_ = 0;
    entries_.clear();
    frames_.clear();
}

/// A JEntry needs a container, so a scalar at the root is an array of one (jsonb_in_scalar).
std::span<const std::uint8_t> JsonbBuilder::finish() {
    if (!entries_.empty()) {
        put_entries(0, 0, format::jb_farray | format::jb_fscalar | 1);
    }
    return {out_.data(), size_};
}

void JsonbBuilder::close() {
    const Frame frame = frames_.back();
    frames_.pop_back();
    const std::size_t entries = entries_.size() - frame.first;
    const std::size_t count = frame.kind == format::jb_fobject ? entries / 2 : entries;
    put_entries((frame.base + 3) & ~std::size_t{3}, frame.first,
                frame.kind | static_cast<std::uint32_t>(count));
    if (!frames_.empty()) {
        add(format::jentry_iscontainer, size_ - frame.base);
    }
}

/// Puts a header and the JEntries from `first` on before the data that begin at `begin`. The data
/// move by whole ints, so that padding stays aligned. At every 32nd the JEntry has the offset of
/// the child's end in place of its size.
void JsonbBuilder::put_entries(std::size_t begin, std::size_t first, std::uint32_t header) {
    const std::size_t gap = sizeof header + (entries_.size() - first) * sizeof(std::uint32_t);
    make_room(gap);
    std::uint8_t* const data = out_.data() + begin;
    std::memmove(data + gap, data, size_ - begin);
    size_ += gap;
    put(begin, header);
    std::size_t total = 0;
    std::size_t index = 0;
    for (const std::uint32_t entry : std::span(entries_).subspan(first)) {
        total += entry & format::jentry_offlenmask;
        begin += sizeof entry;
        put(begin, index % format::jb_offset_stride == 0
                       ? (entry & format::jentry_typemask) | format::jentry_has_off |
                             static_cast<std::uint32_t>(total)
                       : entry);
        ++index;
    }
    checked_size(total, (header & format::jb_fobject) != 0);
    entries_.resize(first);
}

void JsonbBuilder::refuse() const {
    refuse_size(!frames_.empty() && frames_.back().kind == format::jb_fobject);
}

void JsonbBuilder::integer(bool negative, std::uint64_t magnitude) {
    const std::size_t start = size_;
    pad_to_int();
    make_room(most_integer_bytes);
    size_ += write_integer(negative, magnitude, out_.data() + size_);
    add(format::jentry_isnumeric, size_ - start);
}

void JsonbBuilder::number(std::string_view digits) {
    numeric_.clear();
    append_numeric(digits, numeric_);
    const std::size_t start = size_;
    pad_to_int();
    append(numeric_.data(), numeric_.size());
    add(format::jentry_isnumeric, size_ - start);
}

void JsonbBuilder::grow(std::size_t size) {
    out_.resize(std::max(size_ + size, 2 * out_.size()));
}

}  // namespace onetrip::jsonb
