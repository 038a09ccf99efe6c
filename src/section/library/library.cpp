// The texts of the library: texts.inc is made of the layouts in this folder when the extension is
// built (scripts/lib/library.awk). Nothing here parses them.

#include "section/library/library.hpp"

#include <algorithm>
#include <iterator>

namespace onetrip::section {

namespace {

#include "section/library/texts.inc"

}  // namespace

std::span<const LibraryDefinition> library_definitions() {
    return definitions;
}

std::span<const LibraryDefinition> library_set(std::string_view set) {
    const auto is_of_set = [&](const LibraryDefinition& definition) {
        return definition.set == set;
    };
    const auto* const begin =
        std::find_if(std::begin(definitions), std::end(definitions), is_of_set);
    const auto* const end = std::find_if_not(begin, std::end(definitions), is_of_set);
    return {begin, end};
}

const LibraryDefinition* library_type(std::string_view name) {
    const std::span<const LibraryDefinition> types = library_set("");
    const auto found = std::find_if(types.begin(), types.end(), [&](const LibraryDefinition& type) {
        return type.name == name;
    });
    return found == types.end() ? nullptr : &*found;
}

bool is_library_type(std::string_view name) {
    return library_type(name) != nullptr;
}

std::span<const LibraryTable> library_tables() {
    return tables;
}

}  // namespace onetrip::section
