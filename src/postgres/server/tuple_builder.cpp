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

TupleBuilder::TupleBuilder(MemoryContext memory, TupleDesc descriptor) : capacity_(first_capacity) {
    row_ = static_cast<char*>(
        call_server([&] { return MemoryContextAllocZero(memory, first_capacity); }));
    auto* const header = reinterpret_cast<HeapTupleHeader>(row_);
    HeapTupleHeaderSetTypeId(header, descriptor->tdtypeid);
    HeapTupleHeaderSetTypMod(header, descriptor->tdtypmod);
    HeapTupleHeaderSetNatts(header, descriptor->natts);
    ItemPointerSetInvalid(&header->t_ctid);
    header->t_hoff = data_offset;
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
        header->t_bits[0] = static_cast<std::uint8_t>(~nulls_);
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
