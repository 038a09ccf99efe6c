#pragma once

#include <string_view>
#include <unordered_set>

#include "section/language/layout.hpp"
#include "section/language/layout_lexer.hpp"

// The parts of the parser: recursive descent over the grammar of sections.md and tables.md. It
// checks what an element says by itself; what elements say of one another is the compiler's.

namespace onetrip::section {

/// More than any section has bits, and labels between them: refused early, since what a layout
/// takes in memory is many times its text.
constexpr std::size_t most_elements = 200'000;

/// Braces in braces, the layout's or definition's own counted.
constexpr int deepest_braces = 16;

/// The tokens of a text, and the refusals that all parts of the parser have in common.
class TokenReader {
  public:
    TokenReader(std::string_view text, Interrupt interrupt) : lexer_(text, interrupt) {}

    const Token& current() const { return lexer_.current(); }
    Token take() { return lexer_.take(); }

    [[noreturn]] void refuse_current(const std::string& problem, const std::string& expected) const;

    /// The usual refusal: the token is not one that can stand here.
    [[noreturn]] void refuse_unexpected(const std::string& expected) const;

    void pass_line_ends();

    /// Whether "{" comes next, here or on a line after this one. Line ends are passed only then.
    bool moves_to_braces();

    void take_symbol(std::string_view symbol, const std::string& expected);
    Token take_name(const std::string& what);

    /// `17`, `0x11` or `0b10001`; the spelling is kept.
    Constant take_constant(std::uint64_t largest, const std::string& problem_if_larger);

    /// Decimal digits; `what` is what they count: "number of items".
    std::uint32_t take_decimal(const std::string& what, std::uint32_t from, std::uint32_t to);

    /// Counts what the text is made of, up to most_elements.
    void count_element();

  private:
    LayoutLexer lexer_;
    std::size_t elements_ = 0;
};

/// The names that are types because a definition has them. They are found before the text is
/// parsed, so that a name that is not a type is refused where it stands.
class TypeNames {
  public:
    /// The type names of a text without definitions of its own.
    TypeNames() = default;

    /// Throws if a text with definitions is too long.
    TypeNames(std::string_view text, Interrupt interrupt);

    bool is_own(std::string_view name) const { return own_.contains(name); }
    bool is_of_library(std::string_view name) const;

    /// Takes the library's types or not, as the head of the layout says.
    void use_library(bool uses) { uses_library_ = uses; }

  private:
    std::unordered_set<std::string_view> own_;
    bool uses_library_ = true;
};

// ---- layout_fields.cpp ------------------------------------------------------------------------

/// Parses a field after its name.
Field parse_field(TokenReader& reader, const TypeNames& types, const Token& name);

/// Parses a list of plain values after its brackets.
Field parse_list_value(TokenReader& reader, const TypeNames& types, const Token& name);

/// The column of a list, after "=".
Token take_list_source(TokenReader& reader);

// ---- layout_conditions.cpp --------------------------------------------------------------------

/// Parses a condition from "(" to ")".
Condition parse_condition(TokenReader& reader);

// ---- layout_blocks.cpp ------------------------------------------------------------------------

/// Parses braces from "{" to "}"; `depth` is that of these braces, from 1.
Block parse_braces(TokenReader& reader, const TypeNames& types, int depth,
                   const std::string& expected);

// ---- layout_heads.cpp -------------------------------------------------------------------------

/// Parses the head after a layout's name, from "(" to ")".
void parse_layout_head(TokenReader& reader, Layout& layout);

/// Parses the head after a definition's name, from "(" to ")".
void parse_definition_head(TokenReader& reader, Definition& definition);

/// The table in `text TABLE` and dvbtext(TABLE).
TextTable take_text_table(TokenReader& reader);

/// The name of a set of definitions.
Token take_set(TokenReader& reader);

/// Refuses two definitions of one name, or of one tag and scope, in a set.
void refuse_duplicate_definitions(const std::vector<Definition>& definitions);

}  // namespace onetrip::section
