#pragma once

#include "postgres/sections/section_buffer.hpp"

extern "C" {
#include "utils/expandeddatum.h"
}

namespace onetrip::postgres {

/// A bytea in expanded form (utils/expandeddatum.h): a state that an aggregate changes in place.
/// A flat bytea would be copied by the executor each time it moved, and so take quadratic time.
struct ExpandedSections {
    ExpandedObjectHeader header;  // first: the server knows nothing but this
    SectionBuffer sections;
};

/// Whether the datum is such an object, and one that may be changed.
bool is_expanded_sections(Datum datum);

/// The expanded form of a bytea: the object itself if the datum is one that may be changed, else a
/// copy in a child of `context`. ERRORs.
ExpandedSections* expand_sections(Datum datum, MemoryContext context);

}  // namespace onetrip::postgres
