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

// ---- the watch over round trips -----------------------------------------------------------------

extern "C" {
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif

#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "tcop/tcopprot.h"
}

namespace onetrip::postgres {

/// What the server's walkers call for each node; true ends the walk.
using TreeWalker = bool (*)(Node* node, void* context);
using PlanStateWalker = bool (*)(PlanState* state, void* context);

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
inline bool walk_plan_states(PlanState* state, PlanStateWalker walker, void* context) {
    return planstate_tree_walker(state, walker, context);
}
#else
template <typename Walker>
bool (*without_prototype(Walker walker))() {
    return reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(walker));
}
inline bool walk_query(Query* query, TreeWalker walker, void* context) {
    return query_tree_walker(query, without_prototype(walker), context, 0);
}
inline bool walk_expression(Node* node, TreeWalker walker, void* context) {
    return expression_tree_walker(node, without_prototype(walker), context);
}
inline bool walk_plan_states(PlanState* state, PlanStateWalker walker, void* context) {
    return planstate_tree_walker(state, without_prototype(walker), context);
}
#endif

// A query is run once from its beginning to its end with a count of 0, else in several steps; from
// 18 on the executor tells by itself.
inline void run_executor(QueryDesc* query, uint64 count) {
#if PG_VERSION_NUM >= 180000
    ExecutorRun(query, ForwardScanDirection, count);
#else
    ExecutorRun(query, ForwardScanDirection, count, count == 0);
#endif
}

// The planner takes what EXPLAIN asks for from 19 on.
template <typename Planner>
PlannedStmt* plan_one_query_by(Planner plan, Query* query, const char* text, int options,
                               ParamListInfo parameters) {
    if constexpr (std::is_invocable_v<Planner, Query*, const char*, int, ParamListInfo>) {
        return plan(query, text, options, parameters);
    } else {
        return plan(query, text, options, parameters, nullptr);
    }
}
inline PlannedStmt* plan_one_query(Query* query, const char* text, int options,
                                   ParamListInfo parameters) {
    return plan_one_query_by(pg_plan_query, query, text, options, parameters);
}

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
