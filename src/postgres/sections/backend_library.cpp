// The library's part of a backend.

#include "postgres/sections/backend_library.hpp"

#include "postgres/server/walls.hpp"
#include "section/library/standards.hpp"

namespace onetrip::postgres {

std::string_view BackendLibrary::layout(std::string_view name, std::string_view standard) {
    std::pair<std::string, std::string> key(name, standard);
    const auto known = layouts_.find(key);
    if (known != layouts_.end()) {
        return known->second;
    }
    std::string text = section::standard_layout(name, standard);
    return layouts_.emplace(std::move(key), std::move(text)).first->second;
}

BackendLibrary* backend_library() {
    static BackendLibrary* library = nullptr;
    if (library == nullptr) {
        const MemoryContext memory = make_memory_context(TopMemoryContext, "onetrip library");
        library = make_in_context<BackendLibrary>(memory);
    }
    return library;
}

}  // namespace onetrip::postgres
