#pragma once

// The server's headers, as every file of this folder takes them. They define macros with the names
// of library functions (printf, gettext), so the library's headers come first: include this file
// after those of C++ and of the pure folders.

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

extern "C" {
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"
}

#include "postgres/server/compat.hpp"

/// Declares a function that SQL calls by this name; all else in the library is hidden. (From
/// PostgreSQL 16 on PG_FUNCTION_INFO_V1 exports by itself.)
#define ONETRIP_SQL_FUNCTION(name)                                       \
    extern "C" {                                                         \
    __attribute__((visibility("default"))) Datum name(PG_FUNCTION_ARGS); \
    __attribute__((visibility("default")))                               \
    const Pg_finfo_record* CppConcat(pg_finfo_, name)(void);             \
    PG_FUNCTION_INFO_V1(name);                                           \
    }                                                                    \
    static_assert(true, "takes the semicolon")

namespace onetrip::postgres {

/// AllocSetContextCreate with small sizes, without its macro: that is a statement expression, an
/// extension of the language. `name` must be a constant.
inline MemoryContext make_memory_context(MemoryContext parent, const char* name) {
    return AllocSetContextCreateInternal(parent, name, ALLOCSET_START_SMALL_SIZES);
}

}  // namespace onetrip::postgres
