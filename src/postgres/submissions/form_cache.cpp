// The compiled forms of a call site, found again by their arguments. Knows nothing of submissions.

#include "postgres/submissions/form_cache.hpp"

#include "postgres/server/argument_bytes.hpp"
#include "postgres/server/json_documents.hpp"

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

FormCache::Entry::Entry(std::string_view argument, jsonb::Value form)
    : argument(argument), compiled(form, check_for_interrupts) {}

/// The last few are compared, which costs less than to hash them.
FormCache::Entries::iterator FormCache::find_entry(std::string_view argument) {
    int left = 4;
    for (auto entry = entries_.begin(); entry != entries_.end() && left-- > 0; ++entry) {
        if (entry->argument == argument) {
            return entry;
        }
    }
    const auto found = by_argument_.find(argument);
    return found == by_argument_.end() ? entries_.end() : found->second;
}

CompiledForm* FormCache::find(std::string_view argument) {
    const auto found = find_entry(argument);
    if (found == entries_.end()) {
        return nullptr;
    }
    if (found != entries_.begin()) {
        count(entries_.front());
        entries_.splice(entries_.begin(), entries_, found);
    }
    return &entries_.front().compiled;
}

CompiledForm* FormCache::add(std::string_view argument, jsonb::Value form) {
    if (!entries_.empty()) {
        count(entries_.front());
    }
    Entries added;
    added.emplace_back(argument, form);
    by_argument_.emplace(added.front().argument, added.begin());
    entries_.splice(entries_.begin(), added);
    count(entries_.front());
    while (bytes_ > most_bytes && entries_.size() > 1) {
        forget_oldest();
    }
    return &entries_.front().compiled;
}

/// Counts what an entry takes now: it grows while it is used, as columns of its nodes are written.
void FormCache::count(Entry& entry) {
    constexpr std::size_t bookkeeping = 100;  // of the list and of the hash table
    const std::size_t size =
        sizeof entry + entry.argument.capacity() + entry.compiled.size() + bookkeeping;
    bytes_ += size - entry.counted;
    entry.counted = size;
}

void FormCache::forget_oldest() {
    bytes_ -= entries_.back().counted;
    by_argument_.erase(entries_.back().argument);
    entries_.pop_back();
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

}  // namespace onetrip::postgres
