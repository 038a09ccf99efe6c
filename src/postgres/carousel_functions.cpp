// encode_carousel and its family: the functions that read the carousel's tables.

#include "postgres/carousel.hpp"
#include "postgres/section_buffer.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(encode_carousel);

namespace {

/// Sections are gathered from this size on; a page-aligned chunk grows without being copied.
constexpr std::size_t first_buffer = 64 * 1024;

void refuse_null(FunctionCallInfo fcinfo, int argument, const char* name) {
    if (PG_ARGISNULL(argument)) {
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                        errmsg("argument \"%s\" must not be null", name)));
    }
}

/// The arguments that all job functions share; none of them may be NULL.
CarouselRequest request_of(FunctionCallInfo fcinfo, int layout_argument) {
    refuse_null(fcinfo, 0, "zone");
    refuse_null(fcinfo, 1, "on_date");
    refuse_null(fcinfo, layout_argument, "layout");
    return {PG_GETARG_TEXT_PP(0), PG_GETARG_DATEADT(1),
            layout_of_call(fcinfo->flinfo, PG_GETARG_DATUM(layout_argument))};
}

}  // namespace

extern "C" {

Datum encode_carousel(PG_FUNCTION_ARGS) {
    const CarouselRequest request = request_of(fcinfo, 2);
    SectionBuffer sections(CurrentMemoryContext, first_buffer);
    encode_messages(request, sections);
    PG_RETURN_BYTEA_P(sections.finish());
}

}  // extern "C"

}  // namespace onetrip::postgres
