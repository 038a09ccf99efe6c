// Finds the definition of a tlv's item, by its tag or by its name (tables.md, 2.3).

#include "section/tables/item_sets.hpp"

#include <algorithm>

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

const ItemDefinition* definition_of(const std::vector<const SetOfItems*>& sets, std::uint64_t tag,
                                    std::span<const std::uint8_t> value,
                                    const ItemsBefore& before) {
    for (const SetOfItems* const set : sets) {
        const auto found = set->by_tag.find(tag);
        if (found == set->by_tag.end()) {
            continue;
        }
        for (const ItemDefinition* const item : found->second) {
            const bool has_extension =
                !item->extension || (!value.empty() && value.front() == *item->extension);
            if (has_extension && before.meet(item->after)) {
                return item;
            }
        }
    }
    return nullptr;
}

std::vector<const ItemDefinition*> definitions_named(const std::vector<const SetOfItems*>& sets,
                                                     std::string_view name) {
    std::vector<const ItemDefinition*> named;
    for (const SetOfItems* const set : sets) {
        const auto found = set->by_name.find(std::string(name));
        if (found != set->by_name.end()) {
            named.insert(named.end(), found->second.begin(), found->second.end());
        }
    }
    return named;
}

}  // namespace onetrip::section::tables
