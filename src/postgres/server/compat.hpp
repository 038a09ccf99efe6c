#pragma once

// The differences between PostgreSQL 15, 16, 17, 18 and 19, and nothing else: the only file that
// asks for the server's version. Included by server.hpp.

#include <type_traits>

#if PG_VERSION_NUM < 150000
#error "onetrip needs PostgreSQL 15 or later"
#elif PG_VERSION_NUM >= 200000 && !defined(ONETRIP_ALLOW_NEWER_SERVER)
#error \
    "onetrip knows PostgreSQL 15 to 19, and this server is newer: try it with make ALLOW_NEWER_SERVER=1, and test"
#endif

#if SIZEOF_VOID_P < 8
#error "onetrip needs a 64-bit platform"
#endif

extern "C" {
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#include "varatt.h"
#else
#include "utils/varlena.h"
#endif
#include "utils/timestamp.h"
}

// An input function may leave its error to the caller from 16 on (nodes/miscnodes.h); before 16,
// and if the call's context takes no soft error, it is raised.
#if PG_VERSION_NUM < 160000
#define errsave(context, ...) ereport(ERROR, __VA_ARGS__)
#endif

namespace onetrip::postgres {

/// The instant of a time in the session's zone. `overflow` becomes 1 or -1 at either end of time,
/// where the cast would ERROR, and 0 elsewhere.
inline TimestampTz to_instant(Timestamp local, int& overflow) {
#if PG_VERSION_NUM >= 190000
    ErrorSaveContext error{};
    error.type = T_ErrorSaveContext;
    const TimestampTz instant = timestamp2timestamptz_safe(local, reinterpret_cast<Node*>(&error));
    overflow = !error.error_occurred ? 0 : local > 0 ? 1 : -1;
    return instant;
#else
    overflow = 0;
    return timestamp2timestamptz_opt_overflow(local, &overflow);
#endif
}

}  // namespace onetrip::postgres

// ---- rights -------------------------------------------------------------------------------------

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

// ---- waits --------------------------------------------------------------------------------------

extern "C" {
#include "utils/wait_event.h"
}

namespace onetrip::postgres {

/// The name under which pg_stat_activity shows a wait, if the server lets an extension have one:
/// from 17 on. It is asked for once a session.
inline std::uint32_t wait_event([[maybe_unused]] std::uint32_t& known,
                                [[maybe_unused]] const char* name) {
#if PG_VERSION_NUM >= 170000
    if (known == 0) {
        known = WaitEventExtensionNew(name);
    }
    return known;
#else
    return PG_WAIT_EXTENSION;
#endif
}

}  // namespace onetrip::postgres

// ---- the watch over round trips -----------------------------------------------------------------

extern "C" {
#if PG_VERSION_NUM >= 180000
#include "access/cmptype.h"
#endif
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif

#include "access/sdir.h"
#include "access/stratnum.h"
#include "executor/execdesc.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "nodes/params.h"
#include "parser/parser.h"
#include "storage/shmem.h"
#include "tcop/tcopprot.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
}

namespace onetrip::postgres {

/// The function that the server's walkers call for each node; true ends the walk.
using TreeWalker = bool (*)(Node* node, void* context);
using TreeMutator = Node* (*)(Node* node, void* context);
using PlanStateWalker = bool (*)(PlanState* state, void* context);

/// Calls JumbleQuery, which takes the text as well in older versions; its type shows whether it
/// does.
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
inline Query* mutate_query(Query* query, TreeMutator mutator, void* context) {
    return query_tree_mutator(query, mutator, context, 0);
}
inline Node* mutate_expression(Node* node, TreeMutator mutator, void* context) {
    return expression_tree_mutator(node, mutator, context);
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
inline Node* (*mutator_without_prototype(TreeMutator mutator))() {
    return reinterpret_cast<Node* (*)()>(reinterpret_cast<void (*)()>(mutator));
}
inline Query* mutate_query(Query* query, TreeMutator mutator, void* context) {
    return query_tree_mutator(query, mutator_without_prototype(mutator), context, 0);
}
inline Node* mutate_expression(Node* node, TreeMutator mutator, void* context) {
    return expression_tree_mutator(node, mutator_without_prototype(mutator), context);
}
#endif

/// Whether a join gives rows for which there are none on its outer side, or gives nothing of those:
/// a condition on that side says less than one on the join.
constexpr bool is_optional_outer(JoinType type) {
#if PG_VERSION_NUM >= 180000
    if (type == JOIN_RIGHT_SEMI) {
        return true;
    }
#endif
#if PG_VERSION_NUM >= 160000
    if (type == JOIN_RIGHT_ANTI) {
        return true;
    }
#endif
    return type == JOIN_RIGHT || type == JOIN_FULL;
}

/// The same of its inner side.
constexpr bool is_optional_inner(JoinType type) {
    return type == JOIN_LEFT || type == JOIN_FULL || type == JOIN_SEMI || type == JOIN_ANTI;
}

// These are of libpq/libpq.h, which includes headers of Kerberos that need not be there.
extern "C" {
#if PG_VERSION_NUM >= 170000
ssize_t pq_buffer_remaining_data(void);
#else
bool pq_buffer_has_data(void);
#endif
}

/// Whether the receive buffer has more than the Sync that ends what the client sends. Before 17,
/// the server does not say how much lies there: it is known only after a simple query, which no
/// Sync ends.
inline bool has_received_more(bool is_simple) {
#if PG_VERSION_NUM >= 170000
    constexpr ssize_t sync = 5;
    return pq_buffer_remaining_data() > (is_simple ? 0 : sync);
#else
    return is_simple && pq_buffer_has_data();
#endif
}

// A query is run once from its beginning to its end with a count of 0, else in several steps; from
// 18 on the executor decides by itself.
inline void run_executor(QueryDesc* query, uint64 count) {
#if PG_VERSION_NUM >= 180000
    ExecutorRun(query, ForwardScanDirection, count);
#else
    ExecutorRun(query, ForwardScanDirection, count, count == 0);
#endif
}

// From 19 on, the planner takes the state of EXPLAIN.
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

// The jumble as hooks get it; from 19 on they may only read it.
#if PG_VERSION_NUM >= 190000
using HookJumble = const JumbleState;
#else
using HookJumble = JumbleState;
#endif

/// How many constants with a place in its text a statement may have: the jumble knows the places.
/// From 18 on, it has those of parameters too, and only the ends of a list. Without a jumble, the
/// number is not known.
inline int most_constants(const HookJumble* jumble) {
    const int places = jumble == nullptr ? INT_MAX : jumble->clocations_count;
#if PG_VERSION_NUM >= 180000
    return places == 0 ? 0 : INT_MAX;
#else
    return places;
#endif
}

// The planner also learns from 19 on for which EXPLAIN it works.
#if PG_VERSION_NUM >= 190000
#define ONETRIP_PLANNER_PARAMETERS \
    Query *query, const char *text, int options, ParamListInfo parameters, ExplainState *explain
#define ONETRIP_PLANNER_ARGUMENTS query, text, options, parameters, explain
#else
#define ONETRIP_PLANNER_PARAMETERS \
    Query *query, const char *text, int options, ParamListInfo parameters
#define ONETRIP_PLANNER_ARGUMENTS query, text, options, parameters
#endif

/// Enters the row into all indexes of a table, which are open. The list returned names the indexes
/// whose deferred constraints are to be checked later.
template <typename Insert>
List* insert_index_tuples_by(Insert insert, ResultRelInfo* target, TupleTableSlot* row,
                             EState* executor) {
    if constexpr (std::is_invocable_v<Insert, ResultRelInfo*, EState*, uint32, TupleTableSlot*,
                                      List*, bool*>) {
        return insert(target, executor, 0, row, nullptr, nullptr);
    } else if constexpr (std::is_invocable_v<Insert, ResultRelInfo*, TupleTableSlot*, EState*, bool,
                                             bool, bool*, List*, bool>) {
        return insert(target, row, executor, false, false, nullptr, nullptr, false);
    } else {
        return insert(target, row, executor, false, false, nullptr, nullptr);
    }
}
inline List* insert_index_tuples(ResultRelInfo* target, TupleTableSlot* row, EState* executor) {
    return insert_index_tuples_by(ExecInsertIndexTuples, target, row, executor);
}

/// A hash table in shared memory that has room for so many entries. It has them all from the start.
inline HTAB* init_shared_hash(const char* name, int entries, HASHCTL& control, int flags) {
#if PG_VERSION_NUM >= 190000
    return ShmemInitHash(name, entries, &control, flags);
#else
    return ShmemInitHash(name, entries, entries, &control, flags);
#endif
}

/// Whether a backslash in '…' is one like any other: always, from 19 on.
inline bool has_standard_strings() {
#if PG_VERSION_NUM >= 190000
    return true;
#else
    return standard_conforming_strings;
#endif
}

/// Lets the lexer not warn of backslashes in '…', as it does before 19.
template <typename LexerExtra>
void disable_lexer_warnings([[maybe_unused]] LexerExtra& extra) {
    if constexpr (requires { extra.escape_string_warning; }) {
        extra.escape_string_warning = false;
    }
}

/// Has the lexer read '…' as the standard does, or with escapes: it can do the latter before 19.
template <typename LexerExtra>
void set_standard_strings([[maybe_unused]] LexerExtra& extra, [[maybe_unused]] bool is_standard) {
    if constexpr (requires { extra.standard_conforming_strings; }) {
        extra.standard_conforming_strings = is_standard;
    }
}

/// The strategy of a comparison in a B-tree; 0 if it has none. From 18 on, the server names the
/// comparison, by the same numbers.
inline int btree_strategy_of(Oid operation) {
#if PG_VERSION_NUM >= 180000
    static_assert(static_cast<int>(COMPARE_LT) == BTLessStrategyNumber &&
                  static_cast<int>(COMPARE_EQ) == BTEqualStrategyNumber &&
                  static_cast<int>(COMPARE_GT) == BTGreaterStrategyNumber);
    const List* const meanings = get_op_index_interpretation(operation);
    return meanings == NIL
               ? 0
               : static_cast<int>(static_cast<OpIndexInterpretation*>(linitial(meanings))->cmptype);
#else
    const List* const meanings = get_op_btree_interpretation(operation);
    return meanings == NIL ? 0
                           : static_cast<int>(
                                 static_cast<OpBtreeInterpretation*>(linitial(meanings))->strategy);
#endif
}

// From 18 on, ExecutorRun no longer says whether the query runs once.
#if PG_VERSION_NUM >= 180000
#define ONETRIP_RUN_PARAMETERS QueryDesc *query, ScanDirection direction, uint64 count
#define ONETRIP_RUN_ARGUMENTS query, direction, count
#else
#define ONETRIP_RUN_PARAMETERS \
    QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once
#define ONETRIP_RUN_ARGUMENTS query, direction, count, execute_once
#endif

}  // namespace onetrip::postgres
