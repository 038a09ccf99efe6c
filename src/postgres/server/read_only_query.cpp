// The check of a query that a caller wrote, and the time for which it may write nothing. Knows
// nothing of the use of its rows.

#include "postgres/server/read_only_query.hpp"

extern "C" {
#include "access/xact.h"
#include "parser/analyze.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
}

namespace onetrip::postgres {

namespace {

constexpr const char* what_is_wanted =
    "Write exactly one SELECT, VALUES, TABLE or WITH that only reads.";

/// The state of the hooks of the analysis.
struct Check {
    const char* argument;
};

[[noreturn]] void refuse_statement(const char* argument, const char* tag) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("argument \"%s\" must be a query", argument),
                    errdetail("It is the statement %s.", tag), errhint("%s", what_is_wanted)));
    pg_unreachable();
}

[[noreturn]] void refuse_clause(const char* argument, const char* clause) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("argument \"%s\" must be a query that only reads", argument),
                    errdetail("It has %s.", clause), errhint("%s", what_is_wanted)));
    pg_unreachable();
}

Node* refuse_parameter(ParseState* state, ParamRef* parameter) {
    const auto* const check = static_cast<const Check*>(state->p_ref_hook_state);
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("argument \"%s\" must be a query without parameters", check->argument),
                    errdetail("It has the parameter $%d.", parameter->number),
                    errhint("Write the value into the query, as format('%%L', value) writes it.")));
    pg_unreachable();
}

void set_up_parser(ParseState* state, void* check) {
    state->p_paramref_hook = refuse_parameter;
    state->p_ref_hook_state = check;
}

/// Whether a SELECT of a UNION has an INTO: the grammar hangs it on the leftmost one.
bool has_into(const SelectStmt* select) {
    while (select->op != SETOP_NONE) {
        select = select->larg;
    }
    return select->intoClause != nullptr;
}

/// Looks through a query and all that it holds.
bool refuse_writes(Node* node, void* argument) {
    if (node == nullptr) {
        return false;
    }
    if (!IsA(node, Query)) {
        return walk_expression(node, refuse_writes, argument);
    }
    auto* const query = castNode(Query, node);
    const char* const name = static_cast<const Check*>(argument)->argument;
    if (query->commandType != CMD_SELECT || query->utilityStmt != nullptr) {
        refuse_clause(name, psprintf("%s in WITH", GetCommandTagName(CreateCommandTag(node))));
    }
    if (query->rowMarks != NIL) {
        refuse_clause(name, "a locking clause, such as FOR UPDATE");
    }
    return walk_query(query, refuse_writes, argument);
}

RawStmt* parse(const char* text, const char* argument) {
    List* const statements = pg_parse_query(text);
    if (list_length(statements) != 1) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("argument \"%s\" must be exactly one query", argument),
                 statements == NIL ? errdetail("It has no statement.")
                                   : errdetail("It has %d statements.", list_length(statements)),
                 errhint("%s", what_is_wanted)));
    }
    auto* const raw = linitial_node(RawStmt, statements);
    if (!IsA(raw->stmt, SelectStmt)) {
        refuse_statement(argument, GetCommandTagName(CreateCommandTag(raw->stmt)));
    }
    if (has_into(castNode(SelectStmt, raw->stmt))) {
        refuse_clause(argument, "INTO");
    }
    return raw;
}

}  // namespace

PlannedQuery plan_read_only_query(const char* text, const char* argument, bool may_be_parallel) {
    const QueryInErrors in_errors = {true, nullptr};
    QueryErrorContext errors;
    push_query_errors(errors, text, in_errors);
    RawStmt* const raw = parse(text, argument);
    Check check = {argument};
    Query* const query = parse_analyze_withcb(raw, text, set_up_parser, &check, nullptr);
    // The check is made before the rules add the queries of views, which may have locking clauses.
    refuse_writes(reinterpret_cast<Node*>(query), &check);
    PlannedStmt* const plan = plan_analyzed_query(query, text, nullptr, may_be_parallel);
    pop_query_errors(errors);
    return {text, plan, nullptr, in_errors};
}

bool begin_read_only() {
    const bool was_read_only = XactReadOnly;
    XactReadOnly = true;
    return was_read_only;
}

void end_read_only(bool was_read_only) {
    XactReadOnly = was_read_only;
}

}  // namespace onetrip::postgres
