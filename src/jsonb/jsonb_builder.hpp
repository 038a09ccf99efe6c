#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "jsonb/format.hpp"

namespace onetrip::jsonb {

/// Writes a JSONB document value by value, with no tree in between: the bytes of convertToJsonb in
/// jsonb_util.c. The calls come in the order of JSONB: an object is opened, then all of its keys
/// come as JSONB sorts them (shorter ones first, then bytewise), each once, then their values in
/// the same order, then it is closed. Closing a container moves what is in it, so that this is for
/// documents of little depth; JsonTreeBuilder takes members in any order and any depth. Strings are
/// UTF-8. It keeps its memory from one document to the next.
class JsonbBuilder {
  public:
    /// Forgets the document.
    void clear();

    void open_object() { open(format::jb_fobject); }
    void open_array() { open(format::jb_farray); }

    /// Ends the innermost container. Throws JsonError if it is larger than JSONB can hold.
    void close();

    /// Appends the next key of the innermost object.
    void key(std::string_view name) { string(name); }

    void null() { entries_.push_back(format::jentry_isnull); }
    void boolean(bool value) {
        entries_.push_back(value ? format::jentry_isbool_true : format::jentry_isbool_false);
    }
    void string(std::string_view text) {
        append(text.data(), text.size());
        add(format::jentry_isstring, text.size());
    }
    void integer(bool negative, std::uint64_t magnitude);

    /// A JSON number that fits a numeric.
    void number(std::string_view digits);

    /// The document: one value, of which every container has been closed. Valid until the next
    /// call of another function.
    std::span<const std::uint8_t> finish();

  private:
    /// A container that is not closed. Its header and JEntries are put before its data when it is.
    struct Frame {
        std::size_t base;   ///< where its bytes begin, padding included
        std::size_t first;  ///< its first in entries_
        std::uint32_t kind;
    };

    void open(std::uint32_t kind) {
        frames_.push_back({size_, entries_.size(), kind});
        pad_to_int();
    }
    void put_entries(std::size_t begin, std::size_t first, std::uint32_t header);
    [[noreturn]] void refuse() const;
    void grow(std::size_t size);

    void make_room(std::size_t size) {
        if (out_.size() - size_ < size) {
            grow(size);
        }
    }
    /// Appends the JEntry of the child whose data are the last `size` bytes.
    void add(std::uint32_t type, std::size_t size) {
        if (size > format::jentry_offlenmask) {
            refuse();
        }
        entries_.push_back(type | static_cast<std::uint32_t>(size));
    }
    void append(const void* bytes, std::size_t size) {
        make_room(size);
        if (size > 0) {
            std::memcpy(out_.data() + size_, bytes, size);
            size_ += size;
        }
    }
    void put(std::size_t at, std::uint32_t number) {
        std::memcpy(out_.data() + at, &number, sizeof number);
    }

    /// The padding is zeros.
    void pad_to_int() {
        make_room(sizeof(std::uint32_t));
        put(size_, 0);
        size_ = (size_ + 3) & ~std::size_t{3};
    }

    std::vector<std::uint8_t> out_;  ///< the document so far is its first size_ bytes
    std::size_t size_ = 0;
    std::vector<std::uint32_t> entries_;  ///< of the children of every open container: type, size
    std::vector<Frame> frames_;           ///< the innermost last
    std::vector<std::uint8_t> numeric_;
};

}  // namespace onetrip::jsonb
