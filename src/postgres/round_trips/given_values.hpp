#pragma once

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/primnodes.h"
}

/// What a client gives a statement: constants and parameters, in the analysed tree.
namespace onetrip::postgres {

bool is_cast(const FuncExpr* call);

/// Whether an expression is made of nothing but constants, parameters, casts and operations.
bool is_given(Node* node);

}  // namespace onetrip::postgres
