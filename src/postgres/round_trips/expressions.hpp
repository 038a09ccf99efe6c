#pragma once

#include "postgres/server/server.hpp"

extern "C" {
#include "nodes/primnodes.h"
}

/// Predicates on the parts of expressions in the server's trees.
namespace onetrip::postgres {

bool is_cast(const FuncExpr* call);

/// Whether an operator is an equality, as far as its name says so.
bool is_equality(Oid operation);

/// An expression without casts of its own that change no bit of its value.
Node* without_relabels(Node* node);
const Node* without_relabels(const Node* node);

/// An expression without casts of its own, and without COLLATE.
Node* without_casts(Node* node);

/// Whether an expression of the analysed tree has only parts that a client gives: constants,
/// parameters, casts and operations of such.
bool is_given(Node* node);

/// Whether an expression reads columns, or rows of another query.
bool reads_rows(Node* expression);

}  // namespace onetrip::postgres
