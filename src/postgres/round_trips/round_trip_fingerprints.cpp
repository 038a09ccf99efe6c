// Makes fingerprints of statements: a copy of the analysed tree is folded, and the server's own
// jumble makes an identifier of the copy.
//
// It knows trees, but not the use of fingerprints.

#include "postgres/round_trips/round_trip_fingerprints.hpp"

#include "postgres/round_trips/expressions.hpp"
#include "postgres/round_trips/round_trip_settings.hpp"
#include "postgres/server/list_range.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
}

namespace onetrip::postgres {

namespace {

// ---- folding ------------------------------------------------------------------------------------

/// A number of the kind that the jumble takes for an object's.
Oid number_of(const char* name) {
    return hash_bytes(reinterpret_cast<const unsigned char*>(name),
                      static_cast<int>(std::strlen(name))) |
           1U;
}

Node* some_value(Oid type) {
    return reinterpret_cast<Node*>(makeNullConst(type, -1, InvalidOid));
}

/// `expression operator value`, whatever the value and its type.
Node* folded_operation(Node* expression, Oid operation, Oid type) {
    const char* const name = get_opname(operation);
    auto* const folded = makeNode(OpExpr);
    folded->opno = name == nullptr ? operation : number_of(name);
    folded->args = list_make2(expression, some_value(type));
    return reinterpret_cast<Node*>(folded);
}

/// The expression that an operation compares with a given value; nullptr if it does not.
Node* compared_with_given(const OpExpr* operation) {
    if (list_length(operation->args) != 2) {
        return nullptr;
    }
    auto* const left = static_cast<Node*>(linitial(operation->args));
    auto* const right = static_cast<Node*>(lsecond(operation->args));
    if (is_given(right)) {
        return is_given(left) ? nullptr : left;
    }
    return is_given(left) ? right : nullptr;
}

/// The elements of a list that an operation compares with, as IN makes it; NIL if it does not. A
/// list of varchar is made one of text.
List* elements_of(const ScalarArrayOpExpr* operation) {
    auto* list = static_cast<Node*>(lsecond(operation->args));
    if (IsA(list, ArrayCoerceExpr)) {
        list = reinterpret_cast<Node*>(reinterpret_cast<ArrayCoerceExpr*>(list)->arg);
    }
    return IsA(list, ArrayExpr) ? reinterpret_cast<ArrayExpr*>(list)->elements : NIL;
}

/// The expression that an operation compares with a list of given values; nullptr if it does not.
Node* compared_with_list(const ScalarArrayOpExpr* operation) {
    List* const elements = elements_of(operation);
    return elements != NIL && is_given(reinterpret_cast<Node*>(elements))
               ? static_cast<Node*>(linitial(operation->args))
               : nullptr;
}

const char* folded_name(Oid relation) {
    const char* const name = get_rel_name(relation);
    if (name == nullptr) {
        return "";
    }
    const Oid schema = get_rel_namespace(relation);
    if (isAnyTempNamespace(schema)) {
        return psprintf("pg_temp.%s", name);
    }
    if (round_trip_settings.fold_schemas && relation >= FirstNormalObjectId) {
        return name;
    }
    const char* const schema_name = get_namespace_name(schema);
    return psprintf("%s.%s", schema_name == nullptr ? "" : schema_name, name);
}

/// The jumble takes a relation's OID up to 17, and its name from 18 on.
void fold_range(RangeTblEntry* range) {
    if (range->rtekind == RTE_RELATION) {
        const char* const name = folded_name(range->relid);
        range->relid = number_of(name);
        range->eref = makeAlias(name, NIL);
    } else if (range->rtekind == RTE_VALUES && range->values_lists != NIL) {
        range->values_lists = list_make1(linitial(range->values_lists));
    }
}

Node* fold(Node* node, void* context);

Query* fold_query(Query* query, void* context) {
    Query* const folded = mutate_query(query, fold, context);
    for (RangeTblEntry* range : each<RangeTblEntry>(folded->rtable)) {
        fold_range(range);
    }
    return folded;
}

/// A temporary function is made anew for each of its calls by some libraries.
Node* fold_function(FuncExpr* call, void* context) {
    auto* const folded = reinterpret_cast<FuncExpr*>(
        mutate_expression(reinterpret_cast<Node*>(call), fold, context));
    if (isAnyTempNamespace(get_func_namespace(call->funcid))) {
        folded->funcid = number_of(get_func_name(call->funcid));
    }
    return reinterpret_cast<Node*>(folded);
}

/// A folded copy of the node; the context is set to true if a list was folded.
Node* fold(Node* node, void* context) {
    if (node == nullptr) {
        return nullptr;
    }
    if (IsA(node, Query)) {
        return reinterpret_cast<Node*>(fold_query(reinterpret_cast<Query*>(node), context));
    }
    if (IsA(node, Param) && reinterpret_cast<Param*>(node)->paramkind == PARAM_EXTERN) {
        return some_value(reinterpret_cast<Param*>(node)->paramtype);
    }
    if (IsA(node, FuncExpr)) {
        return fold_function(reinterpret_cast<FuncExpr*>(node), context);
    }
    Node* compared = nullptr;
    Oid operation = InvalidOid;
    if (IsA(node, OpExpr)) {
        compared = compared_with_given(reinterpret_cast<OpExpr*>(node));
        operation = reinterpret_cast<OpExpr*>(node)->opno;
    } else if (IsA(node, ScalarArrayOpExpr)) {
        compared = compared_with_list(reinterpret_cast<ScalarArrayOpExpr*>(node));
        operation = reinterpret_cast<ScalarArrayOpExpr*>(node)->opno;
        *static_cast<bool*>(context) |=
            compared != nullptr &&
            list_length(elements_of(reinterpret_cast<ScalarArrayOpExpr*>(node))) > 1;
    }
    return compared == nullptr
               ? mutate_expression(node, fold, context)
               : folded_operation(fold(compared, context), operation, exprType(compared));
}

}  // namespace

const Fingerprints::Entry& Fingerprints::make(Query* query, const char* text) {
    const MemoryContext memory = make_memory_context(CurrentMemoryContext, "onetrip fingerprint");
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    const PageShape page = page_shape_of(query);
    bool has_list = false;
    Query* const folded = fold_query(query, &has_list);
    folded->queryId = 0;
    identify_query(folded, text);
    const auto fingerprint = static_cast<roundtrip::QueryId>(folded->queryId);
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
    // Nothing raises an error from here on.
    const auto id = static_cast<roundtrip::QueryId>(query->queryId);
    Entry& entry = entries_[set_of(id) + next_way_++ % ways];
    entry = {id, fingerprint, page, query_shape_of(query), has_list};
    return entry;
}

}  // namespace onetrip::postgres
