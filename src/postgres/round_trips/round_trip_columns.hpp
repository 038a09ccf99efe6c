#pragma once

#include "postgres/server/rows.hpp"
#include "roundtrip/statement.hpp"

/// Helpers for the rows of all views of the watch.
namespace onetrip::postgres {

/// ERRORs, and says what to set, if the library was not loaded when the server started.
void check_preloaded();

const char* name_of(roundtrip::Kind kind);

/// A text of any database in the encoding of this one.
Datum text_datum(const char* text, int encoding);

}  // namespace onetrip::postgres
