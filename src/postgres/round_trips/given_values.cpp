// Tells what the client gave from what the server reads.
//
// It knows expressions, and nothing of what is done with the values.

#include "postgres/round_trips/given_values.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
}

namespace onetrip::postgres {

namespace {

/// Ends the walk at what is neither a constant, a parameter, a cast nor an operation.
bool has_other_than_given(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    switch (nodeTag(node)) {
        case T_Const:
            return false;
        case T_Param:
            return reinterpret_cast<const Param*>(node)->paramkind != PARAM_EXTERN;
        case T_FuncExpr:
            return !is_cast(reinterpret_cast<const FuncExpr*>(node)) ||
                   walk_expression(node, has_other_than_given, context);
        case T_RelabelType:
        case T_CoerceViaIO:
        case T_CoerceToDomain:
        case T_OpExpr:
        case T_List:
            return walk_expression(node, has_other_than_given, context);
        default:
            return true;
    }
}

}  // namespace

bool is_cast(const FuncExpr* call) {
    return call->funcformat == COERCE_IMPLICIT_CAST || call->funcformat == COERCE_EXPLICIT_CAST;
}

bool is_given(Node* node) {
    return !has_other_than_given(node, nullptr);
}

}  // namespace onetrip::postgres
