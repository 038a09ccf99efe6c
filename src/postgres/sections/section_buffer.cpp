// Sections gathered in one bytea that grows in place. Knows nothing of their content.

#include "postgres/sections/section_buffer.hpp"

namespace onetrip::postgres {

SectionBuffer::SectionBuffer(MemoryContext context, std::size_t first_size)
    : data_(static_cast<std::uint8_t*>(MemoryContextAlloc(context, VARHDRSZ + first_size))),
      capacity_(VARHDRSZ + first_size) {}

/// The next size: it doubles, so that the cost of growth is linear, but never goes far past the
/// limit of a bytea.
void SectionBuffer::grow(std::size_t needed) {
    if (needed > largest_room) {
        overflow();
    }
    const std::size_t capacity = Min(Max(needed, 2 * capacity_), largest_room);
    data_ = call_server([&] { return static_cast<std::uint8_t*>(repalloc_huge(data_, capacity)); });
    capacity_ = capacity;
}

void SectionBuffer::overflow() {
    throw ByteaOverflow();
}

void SectionBuffer::append(std::string_view sections) {
    std::memcpy(begin_section(sections.size()), sections.data(), sections.size());
    end_section(sections.size());
}

void SectionBuffer::drop_front(std::size_t size) {
    used_ -= size;
    std::memmove(data_ + VARHDRSZ, data_ + VARHDRSZ + size, used_ - VARHDRSZ);
}

bytea* SectionBuffer::as_bytea() {
    auto* const result = reinterpret_cast<bytea*>(data_);
    SET_VARSIZE(result, used_);
    return result;
}

ByteaOverflow::ByteaOverflow()
    : Error(ErrorKind::too_large, "the sections take more than the 1 GB that a bytea holds",
            "A bytea holds at most " + std::to_string(SectionBuffer::largest_bytea - VARHDRSZ) +
                " bytes.",
            "Export the carousel with export_carousel_to_file, export_carousel_to_program or "
            "export_carousel_to_large_object, or read it row by row with carousel_sections.") {}

}  // namespace onetrip::postgres
