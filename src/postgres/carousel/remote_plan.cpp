// Plans of statements that encode messages where their rows are: on the servers of postgres_fdw or
// Citus. Knows nothing of the statements' text.

#include "postgres/carousel/remote_plan.hpp"

#include <string_view>

#include "postgres/server/relations.hpp"

extern "C" {
#include "foreign/fdwapi.h"
#include "nodes/extensible.h"
#include "nodes/pathnodes.h"
#include "optimizer/planner.h"
}

namespace onetrip::postgres {

namespace {

// ---- the choice of postgres_fdw ----

create_upper_paths_hook_type next_upper_paths = nullptr;
bool is_hooked = false;

/// The function message_sections of the statement that was planned last.
Oid encoding_function = InvalidOid;

bool encodes(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    const auto* const call = reinterpret_cast<FuncExpr*>(node);
    return (IsA(node, FuncExpr) && call->funcid == encoding_function) ||
           walk_expression(node, encodes, context);
}

/// The planner's estimates of foreign tables that nobody has analyzed may prefer to fetch all rows
/// and to group them here. A statement that encodes is made to be sent: if postgres_fdw can send
/// it, no other way is considered.
void prefer_foreign_groups(PlannerInfo* root, UpperRelationKind stage, RelOptInfo* input,
                           RelOptInfo* output, void* extra) {
    if (next_upper_paths != nullptr) {
        next_upper_paths(root, stage, input, output, extra);
    }
    const FdwRoutine* const routine = output->fdwroutine;
    if (stage != UPPERREL_GROUP_AGG || routine == nullptr ||
        routine->GetForeignUpperPaths == nullptr ||
        !encodes(reinterpret_cast<Node*>(root->processed_tlist), nullptr)) {
        return;
    }
    List* const local_paths = output->pathlist;
    output->pathlist = NIL;
    output->fdw_private = nullptr;  // postgres_fdw answers once
    routine->GetForeignUpperPaths(root, stage, input, output, extra);
    if (output->pathlist == NIL) {
        output->pathlist = local_paths;
    }
}

void hook_planner() {
    if (!is_hooked) {
        next_upper_paths = create_upper_paths_hook;
        create_upper_paths_hook = prefer_foreign_groups;
        is_hooked = true;
    }
}

// ---- what a plan does ----

bool has_aggregate(Node* node, void* context) {
    return node != nullptr && (IsA(node, Aggref) || walk_expression(node, has_aggregate, context));
}

/// A foreign scan of all tables together, whose server groups their rows.
bool groups_elsewhere(const Plan* plan) {
    const auto* const scan = reinterpret_cast<const ForeignScan*>(plan);
    return scan->scan.scanrelid == 0 &&
           has_aggregate(reinterpret_cast<Node*>(scan->fdw_scan_tlist), nullptr);
}

bool is_of_citus(const Plan* plan) {
    const std::string_view name = reinterpret_cast<const CustomScan*>(plan)->methods->CustomName;
    return name.starts_with("Citus");
}

bool only_orders(const Plan* plan) {
    return (IsA(plan, Sort) || IsA(plan, IncrementalSort) || IsA(plan, Result)) &&
           plan->lefttree != nullptr &&
           !encodes(reinterpret_cast<Node*>(plan->targetlist), nullptr);
}

}  // namespace

bool is_elsewhere(const CarouselTable& table) {
    return get_rel_relkind(table.relation) == RELKIND_FOREIGN_TABLE ||
           is_distributed(table.relation);
}

PlannedQuery plan_encoding(const CarouselQuery& query, const CarouselZone& zone,
                           const EncodingFunctions& functions, bool may_be_parallel) {
    hook_planner();
    encoding_function = functions.message_sections;
    return plan_query(query.text, query.parameters, zone.in_errors, may_be_parallel);
}

EncodingPlace place_of_encoding(const PlannedStmt* statement) {
    const Plan* plan = statement->planTree;
    while (only_orders(plan)) {
        plan = plan->lefttree;
    }
    if (IsA(plan, ForeignScan) && groups_elsewhere(plan)) {
        return {true, reinterpret_cast<const ForeignScan*>(plan)->fs_server};
    }
    return {IsA(plan, CustomScan) && is_of_citus(plan), InvalidOid};
}

}  // namespace onetrip::postgres
