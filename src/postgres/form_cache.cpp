#include "postgres/form_cache.hpp"

#include "postgres/argument_bytes.hpp"

namespace onetrip::postgres {

namespace {

CompiledForm* form_of_argument(FormCache& cache, Datum argument) {
    const std::string_view bytes = argument_bytes(argument);
    if (CompiledForm* const found = call_cpp([&] { return cache.find(bytes); })) {
        return found;
    }
    const jsonb::Value form = document_of(PG_DETOAST_DATUM_PACKED(argument));
    return call_cpp([&] { return cache.add(bytes, form); });
}

}  // namespace

CompiledForm* FormCache::find(std::string_view argument) {
    if (last_ != nullptr && last_argument_ == argument) {
        return last_;
    }
    const auto found = forms_.find(argument);
    if (found == forms_.end()) {
        return nullptr;
    }
    last_argument_ = found->first;
    last_ = found->second.get();
    return last_;
}

CompiledForm* FormCache::add(std::string_view argument, jsonb::Value form) {
    auto compiled = std::make_unique<CompiledForm>(form, check_for_interrupts);
    if (bytes_ > most_bytes) {
        last_ = nullptr;
        forms_.clear();
        bytes_ = 0;
    }
    // What is written for the nodes later is about as much again.
    bytes_ += argument.size() + 2 * compiled->form.size();
    const auto added = forms_.emplace(std::string(argument), std::move(compiled)).first;
    last_argument_ = added->first;
    last_ = added->second.get();
    return last_;
}

CompiledForm* form_of_call(FunctionCallInfo fcinfo, int index, FormCache& cache) {
    if (cache.constant() != nullptr) {
        return cache.constant();
    }
    CompiledForm* const form = form_of_argument(cache, fcinfo->args[index].value);
    if (get_fn_expr_arg_stable(fcinfo->flinfo, index)) {
        cache.set_constant(form);
    }
    return form;
}

jsonb::Value document_of(const varlena* datum) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(VARDATA_ANY(datum));
    return jsonb::Value::root({bytes, VARSIZE_ANY_EXHDR(datum)});
}

void check_for_interrupts() {
    if (INTERRUPTS_PENDING_CONDITION()) {
        call_server([] { CHECK_FOR_INTERRUPTS(); });
    }
}

}  // namespace onetrip::postgres
