#pragma once

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/primnodes.h"
}

/// What a client gives a statement: constants and parameters, in the analysed tree.
namespace onetrip::postgres {

/// Whether an expression is made of nothing but constants, parameters, casts and operations.
bool is_given(Node* node);

/// The expression that an operation of two sides compares with a value, of which `is_value` says
/// whether a side is one; nullptr if none or both of them are.
Node* compared_with(bool (*is_value)(Node*), const OpExpr* operation);

}  // namespace onetrip::postgres
