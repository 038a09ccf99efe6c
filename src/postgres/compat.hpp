#pragma once

// What differs between PostgreSQL 15, 16, 17 and 18, and nothing else. Included by server.hpp.

extern "C" {
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#include "varatt.h"
#else
#include "utils/varlena.h"
#endif
}

// An input function may leave its error to the caller from 16 on (nodes/miscnodes.h); before, and
// wherever the call's context takes no soft error, it is raised.
#if PG_VERSION_NUM < 160000
#define errsave(context, ...) ereport(ERROR, __VA_ARGS__)
#endif
