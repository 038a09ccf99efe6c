#pragma once

#include <memory>

#include "base/interrupt.hpp"
#include "section/tables/plan.hpp"

namespace onetrip::section::tables {

class SharedLibrary;

/// Compiles a layout of any kind. Throws Error (syntax_error) with
/// line and column for a layout that could not be encoded or decoded (tables.md, 2.8), and what
/// `interrupt` throws.
/// The library's definitions are shared through `library`, if there is one and the layout has no
/// items of its own that they could hold.
std::shared_ptr<const TablePlan> compile_tables(const Layout& layout, Interrupt interrupt,
                                                SharedLibrary* library);

/// Whether the layout has definitions with a set.
bool has_own_items(const Layout& layout);

/// Whether a row may say NULL for the element, which is then written all the same: a time, but not
/// a list of times.
bool is_null_a_value(const Node& node);

// ---- the steps, each a file of its own --------------------------------------------------------

/// The use of a unit: a section and an item of a tlv know where they end, a type does not.
enum class UnitKind : std::uint8_t { section, item, type };

/// Returns the compiled type that a unit refers to by name. Throws if it contains itself.
class TypeUnits {
  public:
    virtual const Unit& type(const std::string& name, TextPosition at) = 0;

    /// The definitions of that set.
    virtual const SetOfItems* set(const std::string& name, TextPosition at) = 0;

  protected:
    ~TypeUnits() = default;
};

/// Compiles units, and notes how deep the types are nested that they name.
class UnitCompiler : public TypeUnits {
  protected:
    ~UnitCompiler() = default;

    /// `head` says what texts and times mean.
    void compile_unit(Unit& unit, const std::string& name, const Block& block, UnitKind kind,
                      const Layout& head, Ticker& ticker);

    /// It is to be called for each type that the open unit names.
    const Unit& name_type(const Unit& type);

    [[noreturn]] static void refuse_unknown_set(const std::string& name, TextPosition at);

  private:
    std::uint32_t deepest_ = 0;  ///< of the types that the open unit has named
};

/// Makes blocks, scopes, nodes and conditions, with every name resolved (builder.cpp).
void build_unit(Unit& unit, const Block& block, UnitKind kind, const Layout& layout,
                TypeUnits& types, Ticker& ticker);

/// Notes how many bits `align` fills if that is known at entry, and Unit::ends (alignment.cpp).
void fill_alignment(Unit& unit, UnitKind kind, Ticker& ticker);

/// Decides where every element ends and how much it takes; refuses what a reader could not find
/// (bounds.cpp).
void bound_unit(Unit& unit, UnitKind kind, Ticker& ticker);

/// Refuses what is off a byte boundary (alignment.cpp).
void align_unit(const Unit& unit, UnitKind kind, Ticker& ticker);

}  // namespace onetrip::section::tables
