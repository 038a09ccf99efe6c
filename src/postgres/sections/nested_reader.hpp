#pragma once

#include "postgres/server/walls.hpp"
#include "section/tables/plan.hpp"

namespace onetrip::postgres {

/// How a column of an array or composite type becomes the JSON that lists and objects are written
/// from. Plain data in one memory context.
struct NestedReader;

/// The reader for a column of the type, whose value is written by the braces of `key`; nullptr for
/// a type that is neither an array nor composite. Attributes that the braces do not name are left
/// out, as columns of a row are. Its memory is palloc'ed in the current context.
const NestedReader* nested_reader(Oid type, const section::tables::ScopeKey& key);

/// Whether every object that it makes is of a composite value, rather than of a JSON document
/// within one: a key that is not there is then an attribute that a type does not have.
bool makes_composites(const NestedReader* reader, const section::tables::ScopeKey& key);

/// The value as JSON text in the database's encoding, palloc'ed.
StringInfo read_nested(const NestedReader* reader, Datum datum);

}  // namespace onetrip::postgres
