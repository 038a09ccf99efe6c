#pragma once

#include "jsonb/jsonb.hpp"
#include "postgres/server/tuple_builder.hpp"
#include "submission/trail.hpp"

namespace onetrip::postgres {

/// Puts a text[] of the keys, and an int[] of the indexes, of a trail.
void put_keys(TupleBuilder& builder, const submission::Trail& trail);
void put_indexes(TupleBuilder& builder, const submission::Trail& trail);

/// Puts a part of a document as a jsonb of its own.
void put_jsonb(TupleBuilder& builder, jsonb::Value value);

}  // namespace onetrip::postgres
