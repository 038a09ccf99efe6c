// Columns of rows about documents: keys, indexes and jsonb, written as the server stores them.
// Knows no function.

#include "postgres/submissions/document_columns.hpp"

#include "postgres/server/json_documents.hpp"

extern "C" {
#include "utils/array.h"
}

namespace onetrip::postgres {

namespace {

using submission::Trail;

/// An array of one dimension as utils/array.h lays it out, after its varlena header and in front
/// of its elements.
struct ArrayHead {
    std::int32_t ndim;
    std::int32_t dataoffset;
    Oid elemtype;
    std::int32_t dimension;
    std::int32_t lower_bound;
};

static_assert(offsetof(ArrayType, ndim) - VARHDRSZ == offsetof(ArrayHead, ndim));
static_assert(offsetof(ArrayType, dataoffset) - VARHDRSZ == offsetof(ArrayHead, dataoffset));
static_assert(offsetof(ArrayType, elemtype) - VARHDRSZ == offsetof(ArrayHead, elemtype));
static_assert(ARR_OVERHEAD_NONULLS(1) - VARHDRSZ == sizeof(ArrayHead));

void put_array(TupleBuilder& builder, Oid type, std::size_t count, const void* elements,
               std::size_t size) {
    const ArrayHead head{count > 0 ? 1 : 0, 0, type, static_cast<std::int32_t>(count), 1};
    // One without elements has no dimensions.
    const std::size_t head_size = count > 0 ? sizeof head : offsetof(ArrayHead, dimension);
    builder.put_varlena({reinterpret_cast<const char*>(&head), head_size},
                        {static_cast<const char*>(elements), size});
}

std::string_view characters(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void put_scalar(TupleBuilder& builder, jsonb::Value scalar) {
    const ScalarHead head = head_of_scalar(scalar);
    builder.put_varlena({reinterpret_cast<const char*>(&head), size_of_head(scalar)},
                        characters(scalar.data()));
}

}  // namespace

void put_keys(TupleBuilder& builder, const Trail& trail) {
    put_array(builder, TEXTOID, trail.key_count(), trail.key_bytes().data(),
              trail.key_bytes().size());
}

void put_indexes(TupleBuilder& builder, const Trail& trail) {
    put_array(builder, INT4OID, trail.indexes().size(), trail.indexes().data(),
              trail.indexes().size_bytes());
}

void put_jsonb(TupleBuilder& builder, jsonb::Value value) {
    if (value.kind() == jsonb::Kind::array || value.kind() == jsonb::Kind::object) {
        builder.put_varlena(characters(value.data()), {});
    } else {
        put_scalar(builder, value);
    }
}

}  // namespace onetrip::postgres
