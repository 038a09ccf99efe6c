#pragma once

#include "postgres/server/walls.hpp"
#include "section/encoder.hpp"

namespace onetrip::postgres {

/// Gathers sections, one after the other, into one bytea of palloc memory that grows in place:
/// repalloc of a large chunk is realloc, which moves pages and not bytes. It has no destructor: its
/// memory goes with the context.
class SectionBuffer final : public section::SectionSink {
  public:
    /// The most that a bytea holds, its header included (utils/memutils.h).
    static constexpr std::size_t largest_bytea = MaxAllocSize;

    /// Takes `first_size` bytes from `context`, in which it stays. ERRORs.
    SectionBuffer(MemoryContext context, std::size_t first_size);

    std::uint8_t* begin_section(std::size_t size) override {
        if (size > capacity_ - used_) {
            grow(used_ + size);
        }
        return data_ + used_;
    }

    /// Throws ByteaOverflow.
    void end_section(std::size_t size) override {
        if (size > largest_bytea - used_) {
            overflow();
        }
        used_ += size;
    }

    /// Appends finished sections. Throws ByteaOverflow.
    void append(std::string_view sections);

    /// Removes all bytes after the first `size`.
    void truncate(std::size_t size) { used_ = VARHDRSZ + size; }

    /// Drops the first `size` bytes; the others move up.
    void drop_front(std::size_t size);

    /// The sections so far.
    std::string_view view() const {
        return {reinterpret_cast<const char*>(data_) + VARHDRSZ, used_ - VARHDRSZ};
    }

    /// The buffer's own memory as a bytea of the sections so far; valid until more are added.
    bytea* as_bytea();

  private:
    /// The last section is begun with room for the largest there is, of which it may take less.
    static constexpr std::size_t largest_room = largest_bytea + section::Layout::largest_section;

    void grow(std::size_t needed);
    [[noreturn]] static void overflow();

    std::uint8_t* data_;
    std::size_t used_ = VARHDRSZ;
    std::size_t capacity_;
};

/// The exception of a SectionBuffer whose sections take more than a bytea holds.
class ByteaOverflow : public Error {
  public:
    ByteaOverflow();
};

}  // namespace onetrip::postgres
