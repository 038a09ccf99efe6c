#pragma once

#include "jsonb/jsonb.hpp"
#include "postgres/server/datums.hpp"

namespace onetrip::postgres {

/// The document of a jsonb datum that is not out of line, of any alignment.
inline jsonb::Value document_of(const varlena* datum) {
    return jsonb::Value::root(bytes_of(datum));
}

/// The jsonb of UTF-8 text as parse_json makes it, palloc'ed; nullptr if it makes none. Throws
/// ServerError.
const varlena* parse_or_null(std::string_view json);

/// The jsonb that the server's own input function makes, palloc'ed. May ERROR.
const varlena* jsonb_by_server(const char* json);

}  // namespace onetrip::postgres
