// The compiled forms of a call site, found again by their arguments. Knows nothing of submissions.

#include "postgres/submissions/form_cache.hpp"

#include "postgres/server/argument_bytes.hpp"
#include "postgres/server/json_documents.hpp"

namespace onetrip::postgres {

namespace {

CompiledForm* form_of_argument(ArgumentCache<CompiledForm>& cache, Datum argument) {
    const std::string_view bytes = argument_bytes(argument);
    if (CompiledForm* const found = call_cpp([&] { return cache.find(bytes); })) {
        return found;
    }
    const jsonb::Value form = document_of(PG_DETOAST_DATUM_PACKED(argument));
    return call_cpp([&] { return cache.add(bytes, form, check_for_interrupts); });
}

}  // namespace

CompiledForm* form_of_call(FunctionCallInfo fcinfo, int index, FormCache& cache) {
    if (cache.constant != nullptr) {
        return cache.constant;
    }
    CompiledForm* const form = form_of_argument(cache.forms, fcinfo->args[index].value);
    if (get_fn_expr_arg_stable(fcinfo->flinfo, index)) {
        cache.constant = form;
    }
    return form;
}

}  // namespace onetrip::postgres
