#pragma once

#include <string_view>

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// The numeric that numeric_in makes of the text, palloc'ed; nullptr if it makes none. It is to be
/// called in call_cpp.
varlena* make_numeric(std::string_view characters);

// The datum of a text for a function that returns it; it is NULL if the text is not of the
// type.

Datum date_datum(FunctionCallInfo fcinfo, std::string_view characters);

/// `zone` is for a text that names none.
Datum datetime_datum(FunctionCallInfo fcinfo, std::string_view characters, const text* zone);
Datum time_datum(FunctionCallInfo fcinfo, std::string_view characters);

}  // namespace onetrip::postgres
