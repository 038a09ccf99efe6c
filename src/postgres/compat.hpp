#pragma once

// What differs between PostgreSQL 15, 16, 17 and 18, and nothing else. Included by server.hpp.

#include <type_traits>

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

// ---- rights --------------------------------------------------------------------------------------

extern "C" {
#include "catalog/pg_class.h"
#include "utils/acl.h"
}

namespace onetrip::postgres {

inline bool is_owner_of(Oid relation, Oid role) {
#if PG_VERSION_NUM >= 160000
    return object_ownercheck(RelationRelationId, relation, role);
#else
    return pg_class_ownercheck(relation, role);
#endif
}

}  // namespace onetrip::postgres

// ---- the watch over round trips -----------------------------------------------------------------

extern "C" {
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif

#include "nodes/nodeFuncs.h"
}

namespace onetrip::postgres {

/// What the server's walkers call for each node; true ends the walk.
using TreeWalker = bool (*)(Node* node, void* context);

/// Older versions ask for the text with the tree; which, the function tells by itself.
template <typename Jumble>
void identify_query_by(Jumble jumble, Query* query, [[maybe_unused]] const char* text) {
    if constexpr (std::is_invocable_v<Jumble, Query*>) {
        jumble(query);
    } else {
        jumble(query, text);
    }
}
inline void identify_query(Query* query, const char* text) {
    identify_query_by(JumbleQuery, query, text);
}

// The walkers take a function without a prototype before 16.
#if PG_VERSION_NUM >= 160000
inline bool walk_query(Query* query, TreeWalker walker, void* context) {
    return query_tree_walker(query, walker, context, 0);
}
inline bool walk_expression(Node* node, TreeWalker walker, void* context) {
    return expression_tree_walker(node, walker, context);
}
#else
inline bool (*without_prototype(TreeWalker walker))() {
    return reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(walker));
}
inline bool walk_query(Query* query, TreeWalker walker, void* context) {
    return query_tree_walker(query, without_prototype(walker), context, 0);
}
inline bool walk_expression(Node* node, TreeWalker walker, void* context) {
    return expression_tree_walker(node, without_prototype(walker), context);
}
#endif

// ExecutorRun tells no more whether the query runs once from 18 on.
#if PG_VERSION_NUM >= 180000
#define ONETRIP_RUN_PARAMETERS QueryDesc *query, ScanDirection direction, uint64 count
#define ONETRIP_RUN_ARGUMENTS query, direction, count
#else
#define ONETRIP_RUN_PARAMETERS \
    QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once
#define ONETRIP_RUN_ARGUMENTS query, direction, count, execute_once
#endif

}  // namespace onetrip::postgres
