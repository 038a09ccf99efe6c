/* A library to load into a session: a node of its own stands for the one that inserts, updates or deletes, as on a
 * coordinator of Citus, whose plans show nothing of what is done on the shards. With EXPOSED it shows what is below it.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "fmgr.h"
#include "nodes/extensible.h"
#include "nodes/plannodes.h"
#include "optimizer/planner.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

static planner_hook_type next_planner;

typedef struct HidingState {
    CustomScanState custom;
    PlanState* hidden;
} HidingState;

static void begin(CustomScanState* node, EState* estate, int flags) {
    const CustomScan* scan = (CustomScan*)node->ss.ps.plan;

    ((HidingState*)node)->hidden = ExecInitNode(linitial(scan->custom_plans), estate, flags);
#ifdef EXPOSED
    node->custom_ps = list_make1(((HidingState*)node)->hidden); /* where walks over the plan find it */
#endif
}

static TupleTableSlot* execute(CustomScanState* node) {
    return ExecProcNode(((HidingState*)node)->hidden);
}

static void end(CustomScanState* node) {
    ExecEndNode(((HidingState*)node)->hidden);
}

static void rescan(CustomScanState* node) {
    ExecReScan(((HidingState*)node)->hidden);
}

static const CustomExecMethods exec_methods = {
    .CustomName = "Hiding", .BeginCustomScan = begin, .ExecCustomScan = execute, .EndCustomScan = end, .ReScanCustomScan = rescan};

static Node* create_state(CustomScan* scan) {
    HidingState* state = palloc0(sizeof(HidingState));

    NodeSetTag(state, T_CustomScanState);
    state->custom.methods = &exec_methods;
    return (Node*)state;
}

static const CustomScanMethods scan_methods = {"Hiding", create_state};

static PlannedStmt* hide(PlannedStmt* planned) {
    CustomScan* scan;

    if (!IsA(planned->planTree, ModifyTable) || planned->hasReturning)
        return planned;
    scan = makeNode(CustomScan);
    scan->methods = &scan_methods;
    scan->custom_plans = list_make1(planned->planTree);
    planned->planTree = &scan->scan.plan;
    return planned;
}

#if PG_VERSION_NUM >= 190000
#define PARAMETERS Query *query, const char *text, int options, ParamListInfo parameters, ExplainState *explain
#define ARGUMENTS query, text, options, parameters, explain
#else
#define PARAMETERS Query *query, const char *text, int options, ParamListInfo parameters
#define ARGUMENTS query, text, options, parameters
#endif

static PlannedStmt* plan(PARAMETERS) {
    return hide(next_planner != NULL ? next_planner(ARGUMENTS) : standard_planner(ARGUMENTS));
}

void _PG_init(void) {
    next_planner = planner_hook;
    planner_hook = plan;
}
