// Looks at the parts of expressions: casts, and values that the client gave.
//
// It knows expressions, but not the use of them.

#include "postgres/round_trips/expressions.hpp"

#include <cstring>

extern "C" {
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
}

namespace onetrip::postgres {

namespace {

/// Ends the walk at a node that is neither a constant, a parameter, a cast nor an operation.
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

/// The walk over an expression for columns and queries that it reads.
bool find_read(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    switch (nodeTag(node)) {
        case T_Var:
        case T_Aggref:
        case T_GroupingFunc:
        case T_WindowFunc:
        case T_SubLink:
            return true;
        default:
            return walk_expression(node, find_read, context);
    }
}

}  // namespace

bool reads_rows(Node* expression) {
    return find_read(expression, nullptr);
}

bool is_cast(const FuncExpr* call) {
    return call->funcformat == COERCE_IMPLICIT_CAST || call->funcformat == COERCE_EXPLICIT_CAST;
}

const Node* without_relabels(const Node* node) {
    while (IsA(node, RelabelType)) {
        node = reinterpret_cast<const Node*>(reinterpret_cast<const RelabelType*>(node)->arg);
    }
    return node;
}

bool is_equality(Oid operation) {
    const char* const name = get_opname(operation);
    return name != nullptr && std::strcmp(name, "=") == 0;
}

Node* without_relabels(Node* node) {
    return const_cast<Node*>(without_relabels(const_cast<const Node*>(node)));
}

Node* without_casts(Node* node) {
    for (;;) {
        node = without_relabels(node);
        if (IsA(node, CollateExpr)) {
            node = reinterpret_cast<Node*>(reinterpret_cast<CollateExpr*>(node)->arg);
        } else if (IsA(node, CoerceViaIO)) {
            node = reinterpret_cast<Node*>(reinterpret_cast<CoerceViaIO*>(node)->arg);
        } else if (IsA(node, FuncExpr) && is_cast(reinterpret_cast<FuncExpr*>(node))) {
            node = static_cast<Node*>(linitial(reinterpret_cast<FuncExpr*>(node)->args));
        } else {
            return node;
        }
    }
}

bool is_given(Node* node) {
    return !has_other_than_given(node, nullptr);
}

}  // namespace onetrip::postgres
