#pragma once

#include <cstddef>
#include <cstdint>

#include "jsonb/jsonb.hpp"
#include "postgres/server/datums.hpp"

namespace onetrip::postgres {

/// The document of a jsonb datum that is not out of line, of any alignment.
inline jsonb::Value document_of(const varlena* datum) {
    return jsonb::Value::root(bytes_of(datum));
}

/// The beginning of a scalar's document, which is an array of one element, as convertToJsonb in
/// jsonb_util.c makes it. The scalar's data follow.
struct ScalarHead {
    std::uint32_t header;
    std::uint32_t jentry;
    std::uint32_t numeric_header;  ///< the numeric's own, if it is one
};

ScalarHead head_of_scalar(jsonb::Value scalar);

/// How many bytes of it the scalar has.
inline std::size_t size_of_head(jsonb::Value scalar) {
    return scalar.kind() == jsonb::Kind::numeric ? sizeof(ScalarHead)
                                                 : offsetof(ScalarHead, numeric_header);
}

/// The jsonb of a value in another one, palloc'ed. May ERROR.
varlena* make_jsonb(jsonb::Value value);

/// The jsonb of UTF-8 text as parse_json makes it, palloc'ed; nullptr if it makes none. Throws
/// ServerError.
const varlena* parse_or_null(std::string_view json);

/// The jsonb that the server's own input function makes, palloc'ed. May ERROR.
const varlena* jsonb_by_server(const char* json);

}  // namespace onetrip::postgres
