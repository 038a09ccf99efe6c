#pragma once

#include <span>
#include <string_view>

#include "postgres/server/walls.hpp"

namespace onetrip::postgres {

/// Writes rows as heap_form_tuple does, one after the other into the same memory, with no Datum in
/// between: what many rows have in common is copied as it was written the first time. Columns are
/// put in their order. The row types are the extension's own: at most 32 columns, each an int, a
/// bigint, a boolean or of a type that is stored as text is (variable length, typalign i, not
/// plain).
class TupleBuilder {
  public:
    /// `descriptor` is blessed; the memory for the rows comes from `memory`.
    TupleBuilder(MemoryContext memory, TupleDesc descriptor);

    void begin() {
        size_ = data_offset_;
        column_ = 0;
        nulls_ = 0;
    }

    void put_null() { nulls_ |= 1U << column_++; }
    void put_int4(std::int32_t number) { put_number(number); }
    void put_boolean(bool truth) {
        *reserve(1) = truth ? 1 : 0;
        ++size_;
        ++column_;
    }
    void put_int8(std::int64_t number) { put_number(number); }
    void put_text(std::string_view text) { put_varlena(text, {}); }

    /// A value of variable length whose bytes after the header are these two, joined.
    void put_varlena(std::string_view first, std::string_view second);

    /// Columns as bytes() had them when the row was as long, or those of which every one has a
    /// short header: they may lie anywhere. `nulls` has a bit for each that is NULL.
    void put_columns(std::string_view bytes, unsigned columns, unsigned nulls) {
        copy(reserve(bytes.size()), bytes);
        size_ += bytes.size();
        nulls_ |= nulls << column_;
        column_ += columns;
    }

    std::size_t size() const { return size_; }

    /// The row as far as it is written, from `offset` on.
    std::string_view bytes(std::size_t offset) const { return {row_ + offset, size_ - offset}; }

    /// The finished row, good until the next one begins.
    HeapTupleHeader finish();

  private:
    template <typename Number>
    void put_number(Number number) {
        char* const at = reserve(2 * sizeof number);
        const std::size_t padding = TYPEALIGN(sizeof number, size_) - size_;
        std::memset(at, 0, padding);
        std::memcpy(at + padding, &number, sizeof number);
        size_ += padding + sizeof number;
        ++column_;
    }

    static void copy(char* to, std::string_view bytes) {
        if (!bytes.empty()) {
            std::memcpy(to, bytes.data(), bytes.size());
        }
    }

    /// The place of `size` more bytes, for which there is room.
    char* reserve(std::size_t size) {
        if (capacity_ - size_ < size) {
            grow(size);
        }
        return row_ + size_;
    }

    void grow(std::size_t size);

    /// Where the columns begin: after a header that has room for their null bits.
    const std::size_t data_offset_;

    char* row_;
    std::size_t capacity_;
    std::size_t size_;
    unsigned column_ = 0;
    unsigned nulls_ = 0;
};

}  // namespace onetrip::postgres
