// Finds the definition of a tlv's item, by its tag or by its name (tables.md, 2.3).

#include "section/tables/item_sets.hpp"

#include <algorithm>

#include "section/tables/library_units.hpp"

namespace onetrip::section::tables {

bool ItemsBefore::meet(const std::vector<After>& conditions) const {
    if (conditions.empty()) {
        return true;
    }
    return std::any_of(conditions.begin(), conditions.end(), [&](const After& after) {
        const auto last = std::find_if(items_.rbegin(), items_.rend(),
                                       [&](const Item& item) { return item.tag == after.tag; });
        return last != items_.rend() && last->value.size() >= after.bytes.size() &&
               std::equal(after.bytes.begin(), after.bytes.end(), last->value.begin());
    });
}

namespace {

using Definitions = SetOfItems::Definitions;

/// The first of the definitions that the item matches.
const ItemDefinition* matching(const Definitions& definitions, std::span<const std::uint8_t> value,
                               const ItemsBefore& before, const SetOfItems* hiding) {
    for (const ItemDefinition* const item : definitions) {
        const bool has_extension =
            !item->extension || (!value.empty() && value.front() == *item->extension);
        const bool is_hidden = hiding != nullptr && hiding->by_name.contains(item->name);
        if (has_extension && !is_hidden && before.meet(item->after)) {
            return item;
        }
    }
    return nullptr;
}

const ItemDefinition* definition_in(const SetOfItems& set, std::uint64_t tag,
                                    std::span<const std::uint8_t> value, const ItemsBefore& before,
                                    const SetOfItems* hiding) {
    const auto found = set.by_tag.find(tag);
    return found == set.by_tag.end() ? nullptr : matching(found->second, value, before, hiding);
}

/// The definitions of a name in the set itself, else in the library's.
const Definitions* definitions_in(const SetOfItems& set, const std::string& name) {
    for (const SetOfItems* searched = &set; searched != nullptr; searched = searched->library) {
        const auto found = searched->by_name.find(name);
        if (found != searched->by_name.end()) {
            return &found->second;
        }
    }
    return nullptr;
}

}  // namespace

ItemDefinition::ItemDefinition(const Definition& definition)
    : name(definition.name), tag(definition.tag.number), after(definition.after) {
    if (definition.extension) {
        extension = static_cast<std::uint8_t>(definition.extension->number);
    }
}

const Unit& unit_of(const ItemDefinition& item) {
    return item.unit != nullptr ? *item.unit : item.library->unit_of(item);
}

void add_to_set(SetOfItems& set, const ItemDefinition& item) {
    set.by_name[item.name].push_back(&item);
    set.by_tag[item.tag].push_back(&item);
}

void order_by_scope(SetOfItems& set) {
    const auto rank = [](const ItemDefinition* item) {
        return (item->after.empty() ? 2 : 0) + (item->extension ? 0 : 1);
    };
    for (auto& [tag, definitions] : set.by_tag) {
        std::stable_sort(
            definitions.begin(), definitions.end(),
            [&](const ItemDefinition* a, const ItemDefinition* b) { return rank(a) < rank(b); });
    }
}

const ItemDefinition* definition_of(const std::vector<const SetOfItems*>& sets, std::uint64_t tag,
                                    std::span<const std::uint8_t> value,
                                    const ItemsBefore& before) {
    for (const SetOfItems* const set : sets) {
        const ItemDefinition* found = definition_in(*set, tag, value, before, nullptr);
        if (found == nullptr && set->library != nullptr) {
            found = definition_in(*set->library, tag, value, before, set);
        }
        if (found != nullptr) {
            return found;
        }
    }
    return nullptr;
}

const ItemDefinition* definition_named(const std::vector<const SetOfItems*>& sets,
                                       const std::string& name, const ItemsBefore& before) {
    const ItemDefinition* first = nullptr;
    for (const SetOfItems* const set : sets) {
        const Definitions* const named = definitions_in(*set, name);
        if (named == nullptr) {
            continue;
        }
        const auto found =
            std::find_if(named->begin(), named->end(),
                         [&](const ItemDefinition* item) { return before.meet(item->after); });
        if (found != named->end()) {
            return *found;
        }
        first = first == nullptr ? named->front() : first;
    }
    return first;
}

}  // namespace onetrip::section::tables
