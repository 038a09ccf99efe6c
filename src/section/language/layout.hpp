#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/interrupt.hpp"
#include "section/types/text/text_table.hpp"

namespace onetrip::section {

class FieldType;

/// A place in a layout's text: both counted from 1, the column in characters.
struct TextPosition {
    int line = 1;
    int column = 1;
};

/// A number as it is written: the spelling is kept.
struct Constant {
    std::uint64_t number = 0;
    std::string spelling;
    TextPosition at;
};

/// Where the bits of a field come from (sections.md, chapter 2, and tables.md, chapter 2).
struct Source {
    enum class Kind : std::uint8_t {
        column,           ///< `name`: a column or JSON key
        constant,         ///< `constant`, written as `name`
        length_of_rest,   ///< length(): to the end of the innermost braces
        length_of_field,  ///< length(name): of a field, a list or an object of the same braces
        offset_of_label,  ///< offset(name)
        part,             ///< part()
        last_part,        ///< last_part()
        parts,            ///< parts()
        last_part_of,     ///< last_part(name): of the segment, with `split(n) by name`
        count_of,         ///< count(name): of a list of the same braces
        present,          ///< present(name)
        checksum,         ///< a rpchof field has none
    };

    Kind kind = Kind::column;
    std::string name;
    std::uint64_t constant = 0;

    /// The number that is added to a length or a count: `length(x) - 4`.
    std::int32_t plus = 0;

    bool is_measure() const {
        return kind == Kind::length_of_rest || kind == Kind::length_of_field ||
               kind == Kind::offset_of_label;
    }
    bool is_part() const {
        return kind == Kind::part || kind == Kind::last_part || kind == Kind::parts ||
               kind == Kind::last_part_of;
    }
};

/// How tag and length of a TLV item are written: tlv(T,L).
struct TlvFormat {
    enum class Length : std::uint8_t { bits_8, bits_16, ber };

    std::uint8_t tag_bytes = 1;
    Length length = Length::bits_8;

    bool operator==(const TlvFormat&) const = default;
};

/// How the items of a list or a tlv are spread over sections: `split`, or `split(8) by segment`.
struct Split {
    std::uint32_t sections = 1;  ///< at most, of one segment
    std::string key;             ///< of the items; empty without `by`
    TextPosition at;
};

struct Field {
    std::string name;
    std::optional<std::uint32_t> width;  ///< in bits; nullopt is `*`
    const FieldType* type = nullptr;     ///< nullptr for the name of a definition
    std::string definition;              ///< a definition without a set, whose elements it has
    TlvFormat tlv;
    std::vector<std::string> sets;      ///< of a tlv: where its items' definitions are looked for
    std::vector<TextPosition> sets_at;  ///< their places in the text
    TextTable text = TextTable::none;   ///< of dvbtext(TABLE)
    TextTable default_text = TextTable::none;  ///< of a dvbtext without: what the layout says
    bool split = false;
    Source source;
    std::optional<Constant> default_value;  ///< an absent key or NULL is written as this

    /// The table of texts without a selector; none if neither field nor layout says one.
    TextTable text_table() const { return text == TextTable::none ? default_text : text; }

    TextPosition at;         ///< of the name in the text
    TextPosition width_at;   ///< of the width
    TextPosition type_at;    ///< of the type
    TextPosition source_at;  ///< of the source, or of what stands in its place
};

struct Label {
    std::string name;
    TextPosition at;
};

struct Block;

/// A comparison of an integer field with a constant, or several joined by && and ||.
struct Condition {
    enum class Kind : std::uint8_t { comparison, all_of, any_of };
    enum class Operator : std::uint8_t {
        equal,
        not_equal,
        less,
        less_or_equal,
        greater,
        greater_or_equal,
    };

    Kind kind = Kind::comparison;

    // A comparison:
    std::string field;
    std::optional<Constant> mask;  ///< `field & mask`
    Operator comparison = Operator::equal;
    Constant constant;
    TextPosition at;  ///< of the field's name

    // all_of and any_of: two operands or more; any_of inside all_of is written in parentheses.
    std::vector<Condition> operands;
};

/// `name[] { … }`, `name[N] { … }`: an array of objects; `name[N] width type`: one of plain values.
struct List {
    std::string name;
    std::optional<std::uint32_t> count;  ///< N
    std::optional<Split> split;
    std::string source;  ///< the key or column; the name, if nothing else is said

    /// The width, type and parameters of each value of a list. Its name is the list's.
    std::optional<Field> value;
    std::unique_ptr<Block> block;  ///< of a list of objects

    TextPosition at;
    TextPosition source_at;
};

/// `name { … }`: an object.
struct Object {
    std::string name;
    std::unique_ptr<Block> block;
    TextPosition at;
};

/// `if (…) { … }`, or `else if (…) { … }` after one.
struct Arm {
    Condition condition;
    std::unique_ptr<Block> block;
    TextPosition at;  ///< of `if`
};

/// `if (…) { … } else if (…) { … } else { … }`: a list of arms, since chains are long and nest in
/// nothing.
struct Choice {
    std::vector<Arm> arms;             ///< one at least
    std::unique_ptr<Block> otherwise;  ///< nullptr without `else`
    TextPosition at;
};

/// `optional { … }`.
struct Optional {
    std::unique_ptr<Block> block;
    TextPosition at;
};

/// An element of a block, which holds them in order.
using Element = std::variant<Field, Label, List, Object, Choice, Optional>;

struct Block {
    std::vector<Element> elements;
    TextPosition end_at;  ///< of the closing brace
};

template <typename... On>
struct Overloaded : On... {
    using On::operator()...;
};

/// The only way over the elements of a block: every kind has to be handled, or it does not compile.
template <typename... On>
void for_each(const Block& block, On... on) {
    const Overloaded<On...> handlers{on...};
    for (const Element& element : block.elements) {
        std::visit(handlers, element);
    }
}

/// `after TAG 0xHEX`: the last item of that tag before it in the same list begins with these bytes.
struct After {
    std::uint32_t tag = 0;
    std::vector<std::uint8_t> bytes;  ///< at least one
    std::string tag_spelling;
    std::string bytes_spelling;  ///< with its 0x

    bool operator==(const After& other) const { return tag == other.tag && bytes == other.bytes; }
};

/// A definition after the section's own layout in a text: a type, if it has no set, and else an
/// item of `tlv(…,set)`.
struct Definition {
    std::string name;
    std::string set;  ///< empty for a type
    Constant tag;
    std::optional<Constant> extension;  ///< the byte that the body begins with
    std::vector<After> after;           ///< one of them must hold, if there is any
    Block block;
    TextPosition at;
};

/// A layout as it was written. The plan that compile makes of it (plan.hpp) is run.
struct Layout {
    static constexpr std::uint32_t largest_section = 4096;  ///< bytes; also the default
    static constexpr std::uint32_t smallest_section = 3;

    std::string name;
    std::uint32_t max_bytes = largest_section;
    TextTable text_table = TextTable::none;   ///< what text without a selector means
    std::optional<std::int32_t> time_offset;  ///< minutes that local time is ahead of UTC
    bool uses_library = true;                 ///< false: `library none`
    Block block;
    std::vector<Definition> definitions;
};

/// Parses a layout; what its fields say of each other is checked by compile. Throws Error
/// (syntax_error) with line and column, and what `interrupt` throws.
Layout parse_layout(std::string_view text, Interrupt interrupt = never_interrupted);

/// Parses a definition of the library, which sees no types but those of the language and of the
/// library. Throws as parse_layout.
Definition parse_library_definition(std::string_view text);

/// The same without its braces: name, set, tags and scope.
Definition parse_library_head(std::string_view text);

/// The canonical text: one field a line, columns aligned. parse_layout makes the same layout of it.
std::string print_layout(const Layout& layout);

/// The source as the canonical text writes it after `=`; empty for checksum.
std::string print_source(const Source& source);

/// The type as the canonical text writes it, with T and L of a tlv.
std::string print_type(const Field& field);

/// `split`, or `split(8) by segment`.
std::string print_split(const Split& split);

}  // namespace onetrip::section
