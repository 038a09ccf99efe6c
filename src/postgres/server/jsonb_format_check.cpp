// Compares the format of JSONB in src/jsonb/ with the server's own headers. Knows no other part of
// src/jsonb/.

#include "jsonb/format.hpp"
#include "postgres/server/server.hpp"

namespace onetrip::jsonb::format {

static_assert(jentry_offlenmask == JENTRY_OFFLENMASK);
static_assert(jentry_typemask == JENTRY_TYPEMASK);
static_assert(jentry_has_off == JENTRY_HAS_OFF);
static_assert(jentry_isstring == JENTRY_ISSTRING);
static_assert(jentry_isnumeric == JENTRY_ISNUMERIC);
static_assert(jentry_isbool_false == JENTRY_ISBOOL_FALSE);
static_assert(jentry_isbool_true == JENTRY_ISBOOL_TRUE);
static_assert(jentry_isnull == JENTRY_ISNULL);
static_assert(jentry_iscontainer == JENTRY_ISCONTAINER);
static_assert(jb_offset_stride == JB_OFFSET_STRIDE);
static_assert(jb_cmask == JB_CMASK);
static_assert(jb_fscalar == JB_FSCALAR);
static_assert(jb_fobject == JB_FOBJECT);
static_assert(jb_farray == JB_FARRAY);
static_assert(varhdrsz == VARHDRSZ);
static_assert(offsetof(Jsonb, root) == varhdrsz);
static_assert(offsetof(JsonbContainer, children) == sizeof(uint32));
static_assert(int_align(5) == INTALIGN(5));

}  // namespace onetrip::jsonb::format
