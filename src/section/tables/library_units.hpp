#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "section/tables/compiler.hpp"

/// The library's definitions, compiled. A set is indexed by the heads of its definitions when a
/// layout names it, and a definition is compiled when an item first needs it.
namespace onetrip::section::tables {

/// The head of a layout, as far as it says what fields of the library mean.
using LibraryHead = std::pair<TextTable, std::optional<std::int32_t>>;

class LibraryUnits final : public UnitCompiler {
  public:
    explicit LibraryUnits(const LibraryHead& head);

    /// Sets that the definitions name are then those of a layout that has definitions of its own.
    /// `plan` must outlive this.
    void use_sets_of(const TablePlan& plan) { plan_ = &plan; }

    /// nullptr if the library has no such set.
    const SetOfItems* find_set(const std::string& name);

    /// nullptr if the library has no such type.
    const Unit* find_type(const std::string& name);

    /// The elements of an item of find_set.
    const Unit& unit_of(const ItemDefinition& item);

  private:
    const Unit& type(const std::string& name, TextPosition at) override;
    const SetOfItems* set(const std::string& name, TextPosition at) override;

    std::unique_ptr<Unit> compile(std::string_view text, UnitKind kind);
    void fill(SetOfItems& set, std::string_view name);

    Layout head_;
    const TablePlan* plan_ = nullptr;
    std::deque<ItemDefinition> items_;
    std::map<std::string, SetOfItems, std::less<>> sets_;
    std::map<std::string, std::unique_ptr<Unit>, std::less<>> types_;
};

}  // namespace onetrip::section::tables
