// The view heavy_plans: the reasons why a plan is dear, as far as it and its query show them, and
// the advice.
//
// Only a plan that is heavy is looked at. The query is the one that was planned, whose conditions
// the planner has flattened and left in place.

#include "postgres/round_trips/heavy_plans.hpp"

#include <algorithm>

#include "postgres/round_trips/heavy_memory.hpp"
#include "postgres/round_trips/round_trip_apart.hpp"
#include "postgres/round_trips/round_trip_text.hpp"
#include "postgres/round_trips/seq_scan.hpp"
#include "postgres/server/list_range.hpp"

extern "C" {
#include "optimizer/cost.h"
}

namespace onetrip::postgres {

namespace {

/// The numbers from which on arms and relations are worth a word.
constexpr int many_arms = 4;
constexpr int many_relations = 8;

/// While one of these is off, costs say little.
bool plans_freely() {
    return enable_seqscan && enable_indexscan && enable_indexonlyscan && enable_bitmapscan &&
           enable_tidscan && enable_sort && enable_incremental_sort && enable_hashagg &&
           enable_nestloop && enable_material && enable_memoize && enable_mergejoin &&
           enable_hashjoin && enable_gathermerge && enable_parallel_append &&
           enable_parallel_hash && enable_partition_pruning;
}

bool count_arms(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    if (IsA(node, Query)) {
        return walk_query(reinterpret_cast<Query*>(node), count_arms, context);
    }
    if (IsA(node, BoolExpr)) {
        const auto* const expression = reinterpret_cast<const BoolExpr*>(node);
        int& most = *static_cast<int*>(context);
        most = expression->boolop == OR_EXPR ? Max(most, list_length(expression->args)) : most;
    }
    return walk_expression(node, count_arms, context);
}

int arms_of(const Query* query) {
    int most = 0;
    walk_query(const_cast<Query*>(query), count_arms, &most);
    return most;
}

/// The number of base tables, in which a partitioned one counts once.
int relations_of(const PlannedStmt* planned) {
    const Bitmapset* children = nullptr;
    for (const AppendRelInfo* child : each<AppendRelInfo>(planned->appendRelations)) {
        children =
            bms_add_member(const_cast<Bitmapset*>(children), static_cast<int>(child->child_relid));
    }
    int count = 0;
    int number = 0;
    for (const RangeTblEntry* range : each<RangeTblEntry>(planned->rtable)) {
        ++number;
        const bool is_table = range->rtekind == RTE_RELATION && range->relkind != RELKIND_VIEW;
        count += is_table && !bms_is_member(number, children) ? 1 : 0;
    }
    return count;
}

void add_advice(StringInfo advice, const char* further) {
    appendStringInfo(advice, "%s%s", advice->len == 0 ? "" : "; ", further);
}

void write_advice(HeavyPlan& plan, const char* missing) {
    StringInfoData advice;
    initStringInfo(&advice);
    if (missing != nullptr) {
        add_advice(&advice, missing);
    }
    if (plan.or_arms >= many_arms) {
        add_advice(&advice,
                   psprintf("%d branches of one OR: collect the keys first and compare with = "
                            "ANY($1), or a SELECT for each branch with UNION between them",
                            plan.or_arms));
    }
    if (plan.relations >= many_relations) {
        add_advice(&advice,
                   psprintf("%d tables in one query: split it, read the keys of the first tables "
                            "and then the others WHERE ... = ANY($1), or load only the relations "
                            "that are needed",
                            plan.relations));
    }
    if (advice.len == 0) {
        add_advice(&advice,
                   "read fewer rows: a further condition or LIMIT, or keep the result; EXPLAIN "
                   "(ANALYZE, BUFFERS) says where the time goes");
    }
    set_round_trip_text(plan.advice, advice.data, false);
}

/// Inserts a plan that is not in the table yet.
void insert_plan(const HeavyKey& key, const char* application_name, const Query* query,
                 const PlannedStmt* planned, const char* text, roundtrip::Microseconds time) {
    const MemoryContext memory = make_memory_context(CurrentMemoryContext, "onetrip heavy plan");
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    auto* const plan = static_cast<HeavyPlan*>(palloc0(sizeof(HeavyPlan)));
    plan->key = key;
    plan->first_seen = plan->last_seen = GetCurrentTimestamp();
    plan->plans = 1;
    plan->planning_time = time;
    plan->relations = relations_of(planned);
    plan->or_arms = arms_of(query);
    strlcpy(plan->application_name, application_name, sizeof plan->application_name);
    plan->encoding = GetDatabaseEncoding();
    const WastefulScan scan = wasteful_scan(planned, text);
    if (scan.text != nullptr) {
        const int size = pg_mbcliplen(scan.text, static_cast<int>(std::strlen(scan.text)),
                                      sizeof plan->seq_scan - 1);
        strlcpy(plan->seq_scan, scan.text, size + 1);
    }
    normalise_statement(plan->query, source_of(planned, text));
    write_advice(*plan, scan.index);
    heavy_plans.insert(*plan);
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(memory);
}

}  // namespace

void HeavyPlans::planned(const Query* query, const PlannedStmt* planned, const char* text,
                         roundtrip::Microseconds time) {
    if (!plans_freely() || !heavy_plans.is_there()) {
        return;
    }
    const auto id = static_cast<roundtrip::QueryId>(planned->queryId);
    char application_name[NAMEDATALEN];
    const HeavyKey key = heavy_key(id, application_name);
    const TimestampTz now = GetCurrentTimestamp();
    const bool is_known = heavy_plans.change(key, [&](HeavyPlan& plan) {
        ++plan.plans;
        plan.planning_time += time;
        plan.last_seen = now;
    });
    if (!is_known) {
        run_apart([&] { insert_plan(key, application_name, query, planned, text, time); });
    }
    remember(id);
}

void HeavyPlans::remember(roundtrip::QueryId id) {
    if (std::find(ids_, ids_ + count_, id) == ids_ + count_) {
        ids_[next_] = id;
        next_ = (next_ + 1) % most;
        count_ = Min(count_ + 1, most);
    }
}

void HeavyPlans::add_execution(roundtrip::QueryId id, const roundtrip::Statement& statement) {
    if (std::find(ids_, ids_ + count_, id) == ids_ + count_) {
        return;
    }
    char application_name[NAMEDATALEN];
    const HeavyKey key = heavy_key(id, application_name);
    const TimestampTz now = GetCurrentTimestamp();
    const int executions = statement.role == roundtrip::Statement::Role::execution ? 1 : 0;
    heavy_plans.change(key, [&](HeavyPlan& plan) {
        plan.executions += executions;
        plan.server_time += statement.busy;
        plan.last_seen = now;
    });
}

}  // namespace onetrip::postgres
