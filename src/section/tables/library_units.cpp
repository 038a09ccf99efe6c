// Compiles definitions of the library as items and layouts need them.

#include "section/tables/library_units.hpp"

#include "section/language/layout_lexer.hpp"
#include "section/library/library.hpp"
#include "section/tables/item_sets.hpp"

namespace onetrip::section::tables {

LibraryUnits::LibraryUnits(const LibraryHead& head) {
    head_.text_table = head.first;
    head_.time_offset = head.second;
}

const SetOfItems* LibraryUnits::find_set(const std::string& name) {
    const auto known = sets_.find(name);
    if (known != sets_.end()) {
        return &known->second;
    }
    if (name.empty() || library_set(name).empty()) {
        return nullptr;
    }
    SetOfItems set;
    set.name = name;
    fill(set, name);
    return &sets_.emplace(name, std::move(set)).first->second;
}

void LibraryUnits::fill(SetOfItems& set, std::string_view name) {
    for (const LibraryDefinition& definition : library_set(name)) {
        ItemDefinition& item = items_.emplace_back(parse_library_head(definition.text));
        item.library = this;
        item.library_text = definition.text;
        add_to_set(set, item);
    }
    order_by_scope(set);
}

const Unit* LibraryUnits::find_type(const std::string& name) {
    const auto known = types_.find(name);
    if (known != types_.end()) {
        return known->second.get();
    }
    const LibraryDefinition* const definition = library_type(name);
    if (definition == nullptr) {
        return nullptr;
    }
    std::unique_ptr<Unit> unit = compile(definition->text, UnitKind::type);
    return types_.emplace(name, std::move(unit)).first->second.get();
}

const Unit& LibraryUnits::unit_of(const ItemDefinition& item) {
    if (item.unit == nullptr) {
        item.unit = compile(item.library_text, UnitKind::item);
    }
    return *item.unit;
}

std::unique_ptr<Unit> LibraryUnits::compile(std::string_view text, UnitKind kind) {
    Ticker ticker(never_interrupted);
    const Definition definition = parse_library_definition(text);
    auto unit = std::make_unique<Unit>();
    compile_unit(*unit, definition.name, definition.block, kind, head_, ticker);
    return unit;
}

/// The unit of a name that the parser has found to be a type of the library.
const Unit& LibraryUnits::type(const std::string& name, TextPosition /*at*/) {
    return name_type(*find_type(name));
}

const SetOfItems* LibraryUnits::set(const std::string& name, TextPosition at) {
    if (plan_ != nullptr) {
        for (const SetOfItems& set : plan_->sets) {
            if (set.name == name) {
                return &set;
            }
        }
    }
    const SetOfItems* const found = find_set(name);
    if (found == nullptr) {
        refuse_unknown_set(name, at);
    }
    return found;
}

}  // namespace onetrip::section::tables
