// The state of section_agg(bytea) as an expanded object. Knows nothing of the content of sections.

#include "postgres/sections/expanded_sections.hpp"

#include "postgres/server/datums.hpp"

namespace onetrip::postgres {

namespace {

ExpandedSections* sections_of(ExpandedObjectHeader* header) {
    return reinterpret_cast<ExpandedSections*>(header);
}

Size get_flat_size(ExpandedObjectHeader* header) {
    return VARHDRSZ + sections_of(header)->sections.view().size();
}

void flatten_into(ExpandedObjectHeader* header, void* result, Size size) {
    SET_VARSIZE(result, size);
    std::memcpy(VARDATA(result), sections_of(header)->sections.view().data(), size - VARHDRSZ);
}

constexpr ExpandedObjectMethods methods = {get_flat_size, flatten_into};

}  // namespace

bool is_expanded_sections(Datum datum) {
    return VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(datum)) &&
           DatumGetEOHP(datum)->eoh_methods == &methods;
}

ExpandedSections* expand_sections(Datum datum, MemoryContext context) {
    if (is_expanded_sections(datum)) {
        return sections_of(DatumGetEOHP(datum));
    }
    const std::string_view bytes = characters_of(DatumGetByteaPP(datum));
    const MemoryContext own = make_memory_context(context, "onetrip sections");
    auto* const object =
        static_cast<ExpandedSections*>(MemoryContextAlloc(own, sizeof(ExpandedSections)));
    EOH_init_header(&object->header, &methods, own);
    const std::size_t room = Min(2 * bytes.size(), SectionBuffer::largest_bytea - VARHDRSZ);
    new (&object->sections) SectionBuffer(own, room);
    call_cpp([&] { object->sections.append(bytes); });
    return object;
}

}  // namespace onetrip::postgres
