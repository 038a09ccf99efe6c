#pragma once

#include "postgres/submissions/loaded_forms.hpp"

namespace onetrip::postgres {

/// The jsonb of JSON text in the database's encoding, palloc'ed; nullptr if jsonb cannot hold it
/// there. Raises nothing about the text.
const varlena* parse_json_text(const text* json);

/// The document of a column that is jsonb or json, palloc'ed or where it was; nullptr for json that
/// jsonb cannot hold. NULL is JSON null.
const varlena* document_or_null(NullableDatum column, bool is_json);

/// SHA-256 of the text of a jsonb, which is never made as a whole.
void hash_document(const varlena* document, std::uint8_t (&hash)[hash_size]);

/// SHA-256 of bytes.
void hash_bytes_of(const void* bytes, std::size_t size, std::uint8_t (&hash)[hash_size]);

bytea* make_bytea(const std::uint8_t (&hash)[hash_size]);

}  // namespace onetrip::postgres
