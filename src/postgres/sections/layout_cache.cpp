#include "postgres/sections/layout_cache.hpp"

#include "postgres/server/argument_bytes.hpp"
#include "postgres/server/interrupts.hpp"

namespace onetrip::postgres {

CompiledLayout* LayoutCache::find(std::string_view argument) {
    if (last_argument_ != nullptr && *last_argument_ == argument) {
        return last_;
    }
    const auto found = layouts_.find(std::string(argument));
    if (found == layouts_.end()) {
        return nullptr;
    }
    last_argument_ = &found->first;
    last_ = found->second.get();
    return last_;
}

CompiledLayout* LayoutCache::add(std::string_view argument, std::string_view text,
                                 BackendLibrary& library, MemoryContext binding_memory) {
    auto compiled = std::make_unique<CompiledLayout>(text, library, check_for_interrupts);
    compiled->binding_memory = binding_memory;
    const auto added = layouts_.emplace(std::string(argument), std::move(compiled)).first;
    last_argument_ = &added->first;
    last_ = added->second.get();
    return last_;
}

void LayoutCache::clear() noexcept {
    last_argument_ = nullptr;
    layouts_.clear();
}

CompiledLayout* layout_of_call(FmgrInfo* call_site, Datum argument) {
    if (call_site->fn_extra == nullptr) {
        const MemoryContext memory = make_memory_context(call_site->fn_mcxt, "onetrip layouts");
        call_site->fn_extra = make_in_context<LayoutCache>(memory, memory);
    }
    auto* const cache = static_cast<LayoutCache*>(call_site->fn_extra);
    const std::string_view bytes = argument_bytes(argument);
    if (CompiledLayout* const found = call_cpp([&] { return cache->find(bytes); })) {
        return found;
    }
    const auto* const stored = reinterpret_cast<StoredLayout*>(PG_DETOAST_DATUM(argument));
    const std::string_view text = text_of_layout(stored);
    if (cache->is_full()) {
        cache->clear();
        MemoryContextDeleteChildren(cache->memory());
    }
    const MemoryContext binding_memory =
        make_memory_context(cache->memory(), "onetrip row binding");
    BackendLibrary* const library = backend_library();
    return call_cpp([&] { return cache->add(bytes, text, *library, binding_memory); });
}

std::string_view text_of_layout(const StoredLayout* stored) {
    const std::size_t size = VARSIZE(stored);
    if (size <= StoredLayout::text_offset || stored->version != StoredLayout::current_version) {
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("stored section layout is damaged"),
                        errhint("It may have been written by a later version of onetrip.")));
    }
    return {stored->text(), size - StoredLayout::text_offset};
}

StoredLayout* store_layout(const char* text, std::size_t size) {
    const std::size_t total = StoredLayout::text_offset + size;
    auto* const stored = static_cast<StoredLayout*>(palloc(total));
    SET_VARSIZE(stored, total);
    stored->version = StoredLayout::current_version;
    std::memcpy(stored->text(), text, size);
    return stored;
}

}  // namespace onetrip::postgres
