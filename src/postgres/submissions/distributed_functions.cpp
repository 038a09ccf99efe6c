// load_hashes and load_answers: what load_response_events has computed on the nodes of Citus that
// have the submissions, by the same code as on one server. All that they know comes by their
// arguments.

#include "postgres/server/datums.hpp"
#include "postgres/submissions/load_batch.hpp"
#include "postgres/submissions/loaded_events.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(load_hashes);
ONETRIP_SQL_FUNCTION(load_answers);

namespace {

/// The arguments of both, in the order of `arguments` in distributed_statements.cpp.
enum Argument {
    argument_form_id,
    argument_user_id,
    argument_date_created,
    argument_responses,
    argument_form_flag,
    argument_form_name,
    argument_schema,
    argument_has_user,
    argument_full_name,
    argument_dialect,
    argument_target,
    argument_are_problems  ///< of load_answers alone
};

/// The parts of a load's LoadState, for a call site on another node.
struct NodeLoad {
    LoadStatements statements;
    LoadState state;
    std::string_view target;      ///< the text of statements.target
    MemoryContext target_memory;  ///< of both
};

// ---- the call site ----

ValueType value_type_of(FunctionCallInfo fcinfo, Argument argument) {
    ValueType type{};
    type.oid = get_fn_expr_argtype(fcinfo->flinfo, argument);
    get_typlenbyval(type.oid, &type.length, &type.is_by_value);
    return type;
}

bool is_json_argument(FunctionCallInfo fcinfo, Argument argument) {
    const Oid type = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, argument));
    if (type != JSONBOID && type != JSONOID) {
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("responses and schema must have the type jsonb or json"),
                        errdetail("The type is %s.", format_type_be(type)),
                        errhint("CALL load_response_events: it has this function called.")));
    }
    return type == JSONOID;
}

MemoryContext make_target_memory(MemoryContext parent) {
    return make_memory_context(parent, "onetrip load target");
}

/// The types of a call site's arguments stay what they are.
NodeLoad* make_node_load(FunctionCallInfo fcinfo, MemoryContext memory) {
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    auto* const load = static_cast<NodeLoad*>(palloc0(sizeof(NodeLoad)));
    LoadStatements& statements = load->statements;
    statements.form_id = value_type_of(fcinfo, argument_form_id);
    statements.user_id = value_type_of(fcinfo, argument_user_id);
    statements.created = value_type_of(fcinfo, argument_date_created);
    statements.has_json_documents = is_json_argument(fcinfo, argument_responses);
    statements.has_json_forms = is_json_argument(fcinfo, argument_schema);
    statements.target = facts_of({});
    load->state.statements = &statements;
    load->state.forms = make_in_context<LoadedForms>(memory);
    load->target_memory = make_target_memory(memory);
    MemoryContextSwitchTo(caller);
    return load;
}

/// The submission that a call is about. The values are the call's.
Submission submission_of(FunctionCallInfo fcinfo) {
    const NullableDatum* const values = fcinfo->args;
    const NullableDatum none{Datum{0}, true};
    const NullableDatum examined[examined_count] = {values[argument_form_id],
                                                    values[argument_user_id],
                                                    values[argument_date_created],
                                                    values[argument_responses],
                                                    values[argument_form_flag],
                                                    values[argument_form_name],
                                                    values[argument_schema],
                                                    values[argument_has_user],
                                                    values[argument_full_name],
                                                    none,
                                                    none,
                                                    none,
                                                    values[argument_dialect]};
    Submission submission{};
    take_examined(submission, examined);
    return submission;
}

/// A call site of a load's statement has one target, which is read once. That of an expression of
/// PL/pgSQL is kept while its variables change, so the text itself is compared.
void read_target(NodeLoad& load, FunctionCallInfo fcinfo) {
    const std::string_view target = PG_ARGISNULL(argument_target)
                                        ? std::string_view{}
                                        : characters_of(PG_GETARG_TEXT_PP(argument_target));
    if (target == load.target) {
        return;
    }
    const MemoryContext memory = make_target_memory(MemoryContextGetParent(load.target_memory));
    const MemoryContext caller = MemoryContextSwitchTo(memory);
    const std::string_view copy{pnstrdup(target.data(), target.size()), target.size()};
    load.statements.target = facts_of(copy);
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(load.target_memory);
    load.target = copy;
    load.target_memory = memory;
}

// ---- load_hashes ----

struct HashCall {
    NodeLoad* load;
    TupleDesc descriptor;
    MemoryContext memory;  ///< of one call
};

HashCall* hash_call_of(FunctionCallInfo fcinfo) {
    FmgrInfo* const site = fcinfo->flinfo;
    if (site->fn_extra == nullptr) {
        const MemoryContext memory = make_memory_context(site->fn_mcxt, "onetrip load hashes");
        const MemoryContext caller = MemoryContextSwitchTo(memory);
        auto* const call = static_cast<HashCall*>(palloc0(sizeof(HashCall)));
        call->load = make_node_load(fcinfo, memory);
        call->descriptor = row_descriptor(fcinfo);
        call->memory = make_memory_context(memory, "onetrip document");
        MemoryContextSwitchTo(caller);
        site->fn_extra = call;
    }
    return static_cast<HashCall*>(site->fn_extra);
}

Datum hash_datum(const std::uint8_t (&hash)[hash_size]) {
    return PointerGetDatum(make_bytea(hash));
}

Datum hash_row_of(const HashCall& call, const Submission& submission) {
    const bool has_problem = submission.problem != Problem::none;
    Datum values[] = {hash_datum(submission.responses_hash), hash_datum(submission.form_hash),
                      hash_datum(submission.row_hash)};
    bool nulls[] = {has_problem, has_problem, false};
    return HeapTupleGetDatum(heap_form_tuple(call.descriptor, values, nulls));
}

// ---- load_answers ----

/// The rows of a submission, on the node that has it.
class NodeAnswers final : public RowSource {
  public:
    NodeAnswers(MemoryContext memory, TupleDesc descriptor)
        : RowSource(memory), events_(memory, descriptor) {}

    HeapTupleHeader next() override { return events_.next(); }

    /// Begins the rows of the call. May ERROR.
    void begin(FunctionCallInfo fcinfo);

  private:
    LoadedEvents events_;
    NodeLoad* load_ = nullptr;
    Submission submission_{};
};

/// Nothing is hashed: the ledger has the hashes already.
void NodeAnswers::begin(FunctionCallInfo fcinfo) {
    if (load_ == nullptr) {
        load_ = make_node_load(fcinfo, memory());
    }
    MemoryContextReset(call_memory());
    const MemoryContext caller = MemoryContextSwitchTo(call_memory());
    read_target(*load_, fcinfo);
    const bool are_problems =
        !PG_ARGISNULL(argument_are_problems) && PG_GETARG_BOOL(argument_are_problems);
    load_->state.stage = are_problems ? Stage::problems : Stage::events;
    submission_ = submission_of(fcinfo);
    submission_.document = judge_submission(load_->state, submission_);
    submission_.is_examined = true;
    begin_events(load_->state, events_, submission_);
    MemoryContextSwitchTo(caller);
}

}  // namespace

extern "C" {

/// The hashes that the ledger has of a submission.
Datum load_hashes(PG_FUNCTION_ARGS) {
    HashCall* const call = hash_call_of(fcinfo);
    MemoryContextReset(call->memory);
    const MemoryContext caller = MemoryContextSwitchTo(call->memory);
    read_target(*call->load, fcinfo);
    Submission submission = submission_of(fcinfo);
    examine_submission(call->load->state, submission);
    MemoryContextSwitchTo(caller);
    return hash_row_of(*call, submission);
}

/// The events or the problems of a submission.
Datum load_answers(PG_FUNCTION_ARGS) {
    auto* const source = source_of_call<NodeAnswers>(fcinfo);
    if (!source->is_returning()) {
        source->begin(fcinfo);
    }
    return return_rows(fcinfo, *source);
}

}  // extern "C"

}  // namespace onetrip::postgres
