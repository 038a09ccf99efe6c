#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "section/tables/plan.hpp"

namespace onetrip::section::tables {

/// How deep items of a tlv are read and written in one another.
inline constexpr unsigned deepest_item = 8;

/// The items of one list so far, for definitions that hold only after another item.
class ItemsBefore {
  public:
    void clear() { items_.clear(); }
    void add(std::uint64_t tag, std::span<const std::uint8_t> value) {
        items_.push_back({tag, value});
    }

    /// Whether one of the conditions holds, or the list of them is empty.
    bool meet(const std::vector<After>& conditions) const;

  private:
    struct Item {
        std::uint64_t tag;
        std::span<const std::uint8_t> value;
    };

    std::vector<Item> items_;
};

/// The elements of an item. Those of a definition of the library are compiled at the first call.
const Unit& unit_of(const ItemDefinition& item);

/// Appends a definition, which must outlive the set.
void add_to_set(SetOfItems& set, const ItemDefinition& item);

/// Puts those first that hold only after another item, and those with an extension before those
/// that take any: the more specific one is asked first. It is to be called when all have been
/// added.
void order_by_scope(SetOfItems& set);

/// The definition that a reader decodes an item by; nullptr if none exists. `value` are the
/// item's bytes after tag and length.
const ItemDefinition* definition_of(const std::vector<const SetOfItems*>& sets, std::uint64_t tag,
                                    std::span<const std::uint8_t> value, const ItemsBefore& before);

/// The definition that a writer takes for a name: the first, in the order in which the sets are
/// searched, that may stand here; if none may, the first of that name. nullptr if no set has it.
const ItemDefinition* definition_named(const std::vector<const SetOfItems*>& sets,
                                       const std::string& name, const ItemsBefore& before);

}  // namespace onetrip::section::tables
