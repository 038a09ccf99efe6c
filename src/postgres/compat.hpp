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

namespace onetrip::postgres {

#if PG_VERSION_NUM >= 160000

/// Where an input function leaves a soft error (pg_input_is_valid); nullptr where it must raise.
inline Node* soft_error_context(FunctionCallInfo fcinfo) {
    return fcinfo->context;
}

inline bool takes_soft_errors(Node* context) {
    return context != nullptr && IsA(context, ErrorSaveContext);
}

#else

inline Node* soft_error_context(FunctionCallInfo /*fcinfo*/) {
    return nullptr;
}

inline bool takes_soft_errors(Node* /*context*/) {
    return false;
}

#endif

}  // namespace onetrip::postgres
