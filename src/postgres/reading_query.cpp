// Queries that callers hand over as text, to be read from. What their rows mean is not known here.

#include "postgres/reading_query.hpp"

extern "C" {
#include "parser/parse_node.h"
#include "utils/guc.h"
#include "utils/plancache.h"
}

namespace onetrip::postgres {

namespace {

/// Raises the error that the text is no query to read from, for a reason.
[[noreturn]] void refuse_query(const char* argument, const char* reason) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("argument \"%s\" is not a query to read from", argument),
                    errdetail_internal("%s", reason),
                    errhint("Give exactly one SELECT, VALUES, TABLE or WITH statement that "
                            "changes and locks nothing.")));
    pg_unreachable();
}

Node* refuse_parameter(ParseState* state, ParamRef* parameter) {
    const auto* const argument = static_cast<const char*>(state->p_ref_hook_state);
    refuse_query(argument, psprintf(_("It has a parameter, $%d."), parameter->number));
}

void set_up_parser(ParseState* state, void* argument) {
    state->p_paramref_hook = refuse_parameter;
    state->p_ref_hook_state = argument;
}

/// Whether a query, or one within it, locks rows or modifies tables.
bool locks_or_modifies(Node* node, void* context) {
    if (node == nullptr) {
        return false;
    }
    if (IsA(node, Query)) {
        auto* const query = reinterpret_cast<Query*>(node);
        return query->hasForUpdate || query->rowMarks != NIL || query->hasModifyingCTE ||
               query->commandType != CMD_SELECT || walk_query(query, locks_or_modifies, context);
    }
    return walk_expression(node, locks_or_modifies, context);
}

void check_statements(const char* argument, List* statements) {
    if (list_length(statements) != 1) {
        refuse_query(argument, statements == NIL
                                   ? _("It has no statement.")
                                   : psprintf(_("It has %d statements."), list_length(statements)));
    }
    const auto* const source = static_cast<CachedPlanSource*>(linitial(statements));
    if (list_length(source->query_list) != 1 || source->resultDesc == nullptr) {
        refuse_query(argument, _("It is another kind of statement."));
    }
    auto* const query = static_cast<Query*>(linitial(source->query_list));
    if (query->commandType != CMD_SELECT) {
        refuse_query(argument, _("It is another kind of statement."));
    }
    if (locks_or_modifies(reinterpret_cast<Node*>(query), nullptr)) {
        refuse_query(argument, _("It has a locking clause, or a WITH that modifies data."));
    }
}

}  // namespace

ReadingQuery::ReadingQuery(const char* query, const char* argument, bool may_be_parallel) {
    SPIPrepareOptions options{};
    options.parserSetup = set_up_parser;
    options.parserSetupArg = const_cast<char*>(argument);
    options.parseMode = RAW_PARSE_DEFAULT;
    options.cursorOptions = may_be_parallel ? CURSOR_OPT_PARALLEL_OK : 0;
    plan_ = SPI_prepare_extended(query, &options);
    if (plan_ == nullptr) {
        elog(ERROR, "could not prepare a query: %s", SPI_result_code_string(SPI_result));
    }
    List* const statements = SPI_plan_get_plan_sources(plan_);
    check_statements(argument, statements);
    columns_ = static_cast<CachedPlanSource*>(linitial(statements))->resultDesc;
}

const char* ReadingQuery::column_types() const {
    StringInfoData list;
    initStringInfo(&list);
    for (int i = 0; i < columns_->natts; ++i) {
        appendStringInfo(&list, "%s%s", i == 0 ? "(" : ", ",
                         format_type_be(TupleDescAttr(columns_, i)->atttypid));
    }
    appendStringInfoString(&list, columns_->natts == 0 ? "()" : ")");
    return list.data;
}

void ReadingQuery::run(DestReceiver* receiver) const {
    SPIExecuteOptions options{};
    options.read_only = true;
    options.dest = receiver;
    const ReadOnlyTime read_only;
    const int result = SPI_execute_plan_extended(plan_, &options);
    read_only.end();
    if (result != SPI_OK_SELECT) {
        elog(ERROR, "could not run a query: %s", SPI_result_code_string(result));
    }
}

ReadOnlyTime::ReadOnlyTime() : nest_level_(NewGUCNestLevel()) {
    set_config_option("transaction_read_only", "on", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
                      true, 0, false);
}

void ReadOnlyTime::end() const {
    AtEOXact_GUC(true, nest_level_);
}

}  // namespace onetrip::postgres
