#pragma once

#include <cstdint>
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

/// Where the bits of a field come from (sections.md, chapter 2).
struct Source {
    enum class Kind : std::uint8_t {
        column,           ///< `name`: a column or JSON key
        constant,         ///< `constant`, written as `name`
        length_of_rest,   ///< length()
        length_of_field,  ///< length(name)
        offset_of_label,  ///< offset(name)
        part,             ///< part()
        last_part,        ///< last_part()
        parts,            ///< parts()
        checksum,         ///< a rpchof field has none
    };

    Kind kind = Kind::column;
    std::string name;
    std::uint64_t constant = 0;

    bool is_measure() const {
        return kind == Kind::length_of_rest || kind == Kind::length_of_field ||
               kind == Kind::offset_of_label;
    }
    bool is_part() const {
        return kind == Kind::part || kind == Kind::last_part || kind == Kind::parts;
    }
};

/// How tag and length of a TLV item are written: tlv(T,L).
struct TlvFormat {
    enum class Length : std::uint8_t { bits_8, bits_16, ber };

    std::uint8_t tag_bytes = 1;
    Length length = Length::bits_8;

    bool operator==(const TlvFormat&) const = default;
};

struct Field {
    std::string name;
    std::optional<std::uint32_t> width;  ///< in bits; nullopt is `*`
    const FieldType* type = nullptr;
    TlvFormat tlv;
    TextTable text = TextTable::none;          ///< of dvbtext(TABLE)
    TextTable default_text = TextTable::none;  ///< of a dvbtext without: what the layout says
    bool split = false;
    Source source;

    /// The table of texts without a selector; none if neither field nor layout says one.
    TextTable text_table() const { return text == TextTable::none ? default_text : text; }

    TextPosition at;         ///< of the name in the text
    TextPosition width_at;   ///< of the width
    TextPosition source_at;  ///< of the source, or of what stands in its place
};

struct Label {
    std::string name;
    TextPosition at;
};

/// What a block holds, in order. Groups over JSON arrays and conditions will be further kinds,
/// with blocks of their own.
using Element = std::variant<Field, Label>;

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

/// A layout as it was written. What is run is the plan that compile makes of it (plan.hpp).
struct Layout {
    static constexpr std::uint32_t largest_section = 4096;  ///< bytes; also the default
    static constexpr std::uint32_t smallest_section = 3;

    std::string name;
    std::uint32_t max_bytes = largest_section;
    Block block;
};

/// Parses a layout; what its fields say of each other is checked by compile. Throws Error
/// (syntax_error) with line and column, and what `interrupt` throws.
Layout parse_layout(std::string_view text, Interrupt interrupt = never_interrupted);

/// The canonical text: one field a line, columns aligned. parse_layout makes the same layout of it.
std::string print_layout(const Layout& layout);

/// The source as the canonical text writes it behind `=`; empty for checksum.
std::string print_source(const Source& source);

/// The type as the canonical text writes it, with T and L of a tlv.
std::string print_type(const Field& field);

}  // namespace onetrip::section
