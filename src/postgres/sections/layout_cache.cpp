// Keeps the compiled layouts of a call site, so that one is compiled once and not for each row.

#include "postgres/sections/layout_cache.hpp"

#include "base/argument_cache.hpp"
#include "postgres/server/argument_bytes.hpp"
#include "postgres/server/interrupts.hpp"

namespace onetrip::postgres {

namespace {

/// The compiled layouts of one call site.
struct LayoutCache {
    /// `memory` holds the cache, and has no children but the layouts' bindings.
    explicit LayoutCache(MemoryContext memory) : memory(memory) {}

    MemoryContext memory;
    /// A query over a table of layouts has few.
    ArgumentCache<CompiledLayout> layouts{64};
};

LayoutCache* cache_of_call(FmgrInfo* call_site) {
    if (call_site->fn_extra == nullptr) {
        const MemoryContext memory = make_memory_context(call_site->fn_mcxt, "onetrip layouts");
        call_site->fn_extra = make_in_context<LayoutCache>(memory, memory);
    }
    return static_cast<LayoutCache*>(call_site->fn_extra);
}

/// A binding's memory is the server's, and goes with its layout.
void make_room(ArgumentCache<CompiledLayout>& layouts) {
    if (layouts.is_full()) {
        MemoryContextDelete(layouts.oldest().binding_memory);
        layouts.forget_oldest();
    }
}

}  // namespace

CompiledLayout* layout_of_call(FmgrInfo* call_site, Datum argument) {
    LayoutCache* const cache = cache_of_call(call_site);
    ArgumentCache<CompiledLayout>& layouts = cache->layouts;
    const std::string_view bytes = argument_bytes(argument);
    if (CompiledLayout* const found = call_cpp([&] { return layouts.find(bytes); })) {
        return found;
    }
    const auto* const stored = reinterpret_cast<StoredLayout*>(PG_DETOAST_DATUM(argument));
    const std::string_view text = text_of_layout(stored);
    make_room(layouts);
    const MemoryContext binding_memory = make_memory_context(cache->memory, "onetrip row binding");
    BackendLibrary* const library = backend_library();
    return call_cpp(
        [&] { return layouts.add(bytes, text, *library, binding_memory, check_for_interrupts); });
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
