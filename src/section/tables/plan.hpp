#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "section/language/layout.hpp"

/// Layouts with lists, objects, conditions and descriptors (tables.md): where things lie is known
/// only with a row or with bytes. Flat layouts have the plan of section/plan.hpp, whose writer is a
/// loop over an image.
namespace onetrip::section {
class BitsType;
}

namespace onetrip::section::tables {

/// Indices into what a Unit holds.
using BlockId = std::uint32_t;
using ScopeId = std::uint32_t;
using ConditionId = std::uint32_t;

/// Index into Scope::names.
using NameId = std::uint32_t;

/// Index into Scope::keys; of the section's own braces also the index of a value of the row.
using KeyId = std::uint32_t;

inline constexpr std::uint32_t none = ~std::uint32_t{0};

struct Unit;
struct SetOfItems;

/// Where a condition finds a field: the braces, counted outwards, and the name there.
struct Operand {
    std::uint32_t levels = 0;
    NameId name = none;
};

/// A comparison, or several joined.
struct TestedCondition {
    Condition::Kind kind = Condition::Kind::comparison;
    std::vector<ConditionId> operands;  ///< of those that are joined

    // A comparison:
    Operand field;
    std::optional<std::uint64_t> mask;
    Condition::Operator comparison = Condition::Operator::equal;
    std::uint64_t constant = 0;
};

/// The way in which a reader finds the end of an element without a width.
enum class EndsBy : std::uint8_t {
    itself,  ///< its elements, or the number of its items
    length,  ///< the length() of its name, which has been read
    offset,  ///< the offset() of the next label, which has been read
    rest,    ///< the end of its braces, less what is after it
};

struct PlannedArm {
    ConditionId condition;
    BlockId block;
};

/// An element, compiled.
struct Node {
    enum class Kind : std::uint8_t {
        bits,      ///< a field of at most 64 bits
        bytes,     ///< a field of whole bytes, of a fixed width or as long as it is
        tlv,       ///< a tlv field
        align,     ///< fills up to the byte
        values,    ///< a list of plain values
        list,      ///< a list of objects
        object,    ///< an object, or a field whose type is a definition
        choice,    ///< if
        optional,  ///< optional
        label,
    };

    Kind kind = Kind::bits;
    EndsBy ends = EndsBy::itself;
    bool is_counted = false;   ///< the count() of its name has been read, and says how many items
    bool is_nullable = false;  ///< an object with a length() before it: NULL takes no bytes
    TextPosition at;
    const Field* field = nullptr;  ///< what messages and types ask for; nullptr of choice, optional
    std::uint32_t position = 0;    ///< among the elements of its braces, in the order of the text
    NameId name = none;
    KeyId key = none;                    ///< none: the element takes no value of the row
    std::uint32_t count = 0;             ///< N of `name[N]`; 0 without
    std::uint64_t constant = 0;          ///< bits, of a constant or a default
    std::optional<std::uint64_t> fixed;  ///< bits that it takes, if always as many
    std::uint64_t item_bits = 0;         ///< of a list whose items all take as many; 0 of others

    /// The position of the last element that must have been read for the size of this one to be
    /// known; `none` if nothing says it. Set by bound_unit, and of no use after.
    std::uint32_t size_known_at = none;
    NameId measured = none;      ///< of length(name), count(name), present(name), offset(label)
    NameId label = none;         ///< with EndsBy::offset
    BlockId block = none;        ///< of lists of objects, objects and optional
    const Unit* unit = nullptr;  ///< of an object: the definition, or the unit of the object itself
    std::vector<PlannedArm> arms;
    BlockId otherwise = none;  ///< of a choice with else
    std::vector<KeyId> keys;   ///< of an optional: it is written if one of them has a value
    std::vector<const SetOfItems*> sets;  ///< of a tlv, in the order in which they are searched
};

/// The contents of braces: those of a section, list, object or definition, which are a scope, and
/// those of an arm or an optional, which belong to the scope around them.
struct PlannedBlock {
    std::vector<Node> nodes;
    ScopeId scope = none;
    BlockId outer = none;           ///< of an arm or an optional: the block in which it stands …
    std::uint32_t outer_index = 0;  ///< … and at which node there
};

/// The braces that objects under a key are written by.
struct InnerScope {
    const Unit* unit;
    ScopeId scope;
};

/// A key of the objects that a scope is written from.
struct ScopeKey {
    std::string name;
    const Field* field = nullptr;   ///< the first that takes its value, for messages; nullptr of
                                    ///< the key of `split by`
    bool may_be_missing = true;     ///< a record need not have it: no element outside of `if` and
                                    ///< `optional` needs it
    bool names_part = false;        ///< of a part function's field, which a record never sets
    bool is_optional = false;       ///< of elements in `optional`: an absent key is NULL
    bool is_container = false;      ///< of a list, an object, or a tlv with sets
    std::uint32_t uses = 0;         ///< elements that take its value
    std::vector<InnerScope> inner;  ///< of lists of objects and objects that take it
};

/// A key that elements of a name take their value from.
struct KeyOfName {
    KeyId key;
    std::uint32_t uses;  ///< elements of that name that take it
};

/// The braces in which names are unique and sources are keys of one object.
struct Scope {
    BlockId block = none;
    ScopeId outer = none;                              ///< the scope around it, in the same unit
    std::vector<std::string> names;                    ///< of all elements that have one
    std::vector<std::vector<KeyOfName>> keys_of_name;  ///< by NameId: each key once
    std::vector<bool> is_counted;  ///< by NameId: whether there is a count() of it
    std::vector<ScopeKey> keys;    ///< in the order of the text
    std::vector<KeyId> sorted;     ///< the keys in the order in which JSONB has them
    KeyId split_key = none;        ///< of the items of a list with `split by`: not sent
    bool needs_end = false;        ///< a reader must know from outside where it ends
    bool has_shared_keys = false;  ///< a key is the source of several elements
};

/// A part that is compiled alone: the section's own layout, or a definition, which sees nothing
/// outside.
struct Unit {
    std::string name;
    TextPosition end_at;  ///< of the closing brace
    std::deque<Field> fields;
    std::vector<std::shared_ptr<const BitsType>> local_types;  ///< of some of the fields
    std::vector<PlannedBlock> blocks;  ///< [0] is that of the unit's own braces
    std::vector<Scope> scopes;         ///< [0] likewise
    std::vector<TestedCondition> conditions;

    /// Where in a byte it may end that begins on a boundary: bit n for n bits.
    std::uint8_t ends = 1;

    std::uint64_t smallest = 0;          ///< in bits
    std::optional<std::uint64_t> fixed;  ///< in bits, if it always takes as many
    std::uint32_t depth = 1;             ///< of definitions used as types, this one included

    // Members of a section:
    const Node* split = nullptr;
    Split split_rule;

    /// Whether part numbers have gaps: with `split by`.
    bool has_gaps() const { return split != nullptr && !split_rule.key.empty(); }

    const Scope& scope_of(BlockId block) const { return scopes[blocks[block].scope]; }
};

class LibraryUnits;

/// A definition with a set, as the items of a tlv find it.
struct ItemDefinition {
    /// Takes the definition's head; the owner of the braces compiles `unit`.
    explicit ItemDefinition(const Definition& definition);

    std::string name;
    std::uint64_t tag;
    std::optional<std::uint8_t> extension;  ///< the byte that the value begins with
    std::vector<After> after;               ///< one of them must hold, if there is any

    /// Its elements: unit_of (item_sets.hpp) compiles those of the library when they are needed.
    mutable std::unique_ptr<const Unit> unit;
    LibraryUnits* library = nullptr;  ///< of a definition of the library
    std::string_view library_text;    ///< likewise
};

/// The definitions of a set: those of a text, and after them the library's.
struct SetOfItems {
    using Definitions = std::vector<const ItemDefinition*>;

    std::string name;
    std::unordered_map<std::string, Definitions> by_name;
    std::unordered_map<std::uint64_t, Definitions> by_tag;  ///< in the order in which a reader asks
    const SetOfItems* library = nullptr;  ///< those whose names this has are hidden
};

/// A layout with its definitions, compiled.
struct TablePlan {
    std::uint32_t max_bytes = 0;
    Unit root;                         ///< its name is the layout's
    std::deque<Unit> types;            ///< definitions without a set
    std::deque<ItemDefinition> items;  ///< definitions with one
    std::deque<SetOfItems> sets;
    std::shared_ptr<LibraryUnits> library;  ///< nullptr with `library none`
};

}  // namespace onetrip::section::tables
