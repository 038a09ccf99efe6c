// Rows as heap_form_tuple makes them, without Datums in between. Knows no column by its meaning.

#include "postgres/server/tuple_builder.hpp"

extern "C" {
#include "storage/itemptr.h"
}

namespace onetrip::postgres {

namespace {

constexpr std::size_t first_capacity = 1024;

/// Padding and a header of four bytes.
constexpr std::size_t longest_head = sizeof(std::int32_t) + sizeof(std::int32_t);

}  // namespace

TupleBuilder::TupleBuilder(MemoryContext memory, TupleDesc descriptor)
    : data_offset_(MAXALIGN(SizeofHeapTupleHeader + BITMAPLEN(descriptor->natts))),
      capacity_(first_capacity),
      size_(data_offset_) {
    row_ = static_cast<char*>(
        call_server([&] { return MemoryContextAllocZero(memory, first_capacity); }));
    auto* const header = reinterpret_cast<HeapTupleHeader>(row_);
    HeapTupleHeaderSetTypeId(header, descriptor->tdtypeid);
    HeapTupleHeaderSetTypMod(header, descriptor->tdtypmod);
    HeapTupleHeaderSetNatts(header, descriptor->natts);
    ItemPointerSetInvalid(&header->t_ctid);
    header->t_hoff = static_cast<std::uint8_t>(data_offset_);
}

// A value is stored as by fill_val in heaptuple.c: with a short header and at any address if it is
// short, else aligned after padding that must be zero.
void TupleBuilder::put_varlena(std::string_view first, std::string_view second) {
    const std::size_t length = first.size() + second.size();
    char* at = reserve(length + longest_head);
    char* const before = at;
    if (length + VARHDRSZ_SHORT <= VARATT_SHORT_MAX) {
        SET_VARSIZE_SHORT(at, length + VARHDRSZ_SHORT);
        at += VARHDRSZ_SHORT;
    } else {
        const std::size_t padding = INTALIGN(size_) - size_;
        std::memset(at, 0, padding);
        at += padding;
        SET_VARSIZE(at, length + VARHDRSZ);
        at += VARHDRSZ;
    }
    copy(at, first);
    copy(at + first.size(), second);
    size_ += static_cast<std::size_t>(at - before) + length;
    ++column_;
}

HeapTupleHeader TupleBuilder::finish() {
    auto* const header = reinterpret_cast<HeapTupleHeader>(row_);
    header->t_infomask = HEAP_HASVARWIDTH;
    if (nulls_ != 0) {
        header->t_infomask |= HEAP_HASNULL;
        const unsigned present = ~nulls_;
        for (unsigned byte = 0; byte * BITS_PER_BYTE < column_; ++byte) {
            header->t_bits[byte] = static_cast<std::uint8_t>(present >> (byte * BITS_PER_BYTE));
        }
    }
    HeapTupleHeaderSetDatumLength(header, size_);
    return header;
}

void TupleBuilder::grow(std::size_t size) {
    const std::size_t needed = size_ + size;
    const std::size_t doubled = Min(2 * capacity_, MaxAllocSize);
    const std::size_t capacity = Max(needed, doubled);
    row_ = static_cast<char*>(call_server([&] { return repalloc(row_, capacity); }));
    capacity_ = capacity;
}

}  // namespace onetrip::postgres
