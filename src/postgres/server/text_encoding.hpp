#pragma once

#include "base/utf8.hpp"
#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// The start of a text, converted.
struct ConvertedText {
    const char* text;  ///< palloc'ed, with a null byte at its end
    std::size_t size;
    int taken;  ///< how many bytes of the source it is made of: all, unless one did not convert
};

/// Converts by a conversion procedure between two encodings, up to the first character that does
/// not convert. May ERROR for want of memory.
ConvertedText convert_start(Oid conversion, int from_encoding, int to_encoding,
                            std::string_view text);

/// Which UTF-8 texts the database's encoding holds, and gives back as they were; nullptr, all of
/// them, in a UTF-8 database. Throws ServerError.
HoldsText texts_of_database();

}  // namespace onetrip::postgres
