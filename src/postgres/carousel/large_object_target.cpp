// An export to a new large object. Knows nothing of the content.

#include "postgres/carousel/large_object_target.hpp"

extern "C" {
#include "libpq/be-fsstubs.h"
#include "libpq/libpq-fs.h"
}

namespace onetrip::postgres {

// The functions of SQL rather than those of inv_api.c: only they have the end of the transaction
// close what these open (lo_cleanup_needed, be-fsstubs.c).

LargeObjectTarget::LargeObjectTarget()
    : oid_(DirectFunctionCall1(be_lo_create, ObjectIdGetDatum(InvalidOid))),
      descriptor_(DatumGetInt32(DirectFunctionCall2(be_lo_open, oid_, Int32GetDatum(INV_WRITE)))) {}

void LargeObjectTarget::write(std::span<const std::uint8_t> bytes) {
    lo_write(descriptor_, reinterpret_cast<const char*>(bytes.data()),
             static_cast<int>(bytes.size()));
}

void LargeObjectTarget::finish() {
    DirectFunctionCall1(be_lo_close, Int32GetDatum(descriptor_));
}

}  // namespace onetrip::postgres
