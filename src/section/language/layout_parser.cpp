// A text: a layout, and the definitions after it; and what all parts of the parser have in common.

#include <algorithm>
#include <charconv>
#include <utility>

#include "section/language/layout_parsing.hpp"
#include "section/library/library.hpp"
#include "section/value.hpp"

namespace onetrip::section {

namespace {

constexpr std::size_t longest_name = 63;  // NAMEDATALEN - 1: a field may be a column's name

/// The longest text with definitions. The limit holds for the canonical text too, so that it can be
/// entered again.
constexpr std::size_t longest_text = 1U << 20;

/// Words of the language that name nothing.
bool is_reserved(std::string_view word) {
    return word == "if" || word == "else";
}

[[noreturn]] void refuse_long_text(TextPosition at, std::size_t bytes, const char* which) {
    refuse_layout(at, "text with definitions of more than 1 MB",
                  std::to_string(bytes) + " bytes" + which,
                  "at most " + std::to_string(longest_text));
}

class TextParser {
  public:
    TextParser(std::string_view text, TypeNames types, Interrupt interrupt)
        : reader_(text, interrupt), types_(std::move(types)) {}

    Layout parse() {
        Layout layout;
        reader_.pass_line_ends();
        layout.name = reader_.take_name("a layout's name").text;
        reader_.pass_line_ends();
        if (reader_.current().is_symbol('(')) {
            parse_layout_head(reader_, layout);
            types_.use_library(layout.uses_library);
            reader_.pass_line_ends();
        }
        const bool says_max = layout.max_bytes != Layout::largest_section;
        layout.block =
            parse_braces(reader_, types_, 1, says_max ? "\"{\"" : "\"{\" or \"(max BYTES)\"");
        refuse_without_fields(layout.block);
        for (reader_.pass_line_ends(); reader_.current().kind != Token::Kind::text_end;
             reader_.pass_line_ends()) {
            layout.definitions.push_back(parse_definition());
        }
        refuse_duplicate_definitions(layout.definitions);
        return layout;
    }

    Definition parse_definition() {
        Definition definition = parse_head();
        reader_.moves_to_braces();
        definition.block = parse_braces(reader_, types_, 1, "\"{\"");
        return definition;
    }

    /// Parses the head of a definition, before its braces.
    Definition parse_head() {
        const Token name = reader_.current();
        if (name.kind != Token::Kind::name) {
            reader_.refuse_current("text after the closing brace", "end of text");
        }
        reader_.take_name("a definition");
        Definition definition;
        definition.name = name.text;
        definition.at = name.at;
        if (reader_.current().is_symbol('(')) {
            parse_definition_head(reader_, definition);
        } else if (!begins_definition()) {
            refuse_layout(name.at, "text after the closing brace", name.describe(), "end of text");
        }
        return definition;
    }

  private:
    static void refuse_without_fields(const Block& block) {
        const bool has_field = std::any_of(
            block.elements.begin(), block.elements.end(),
            [](const Element& element) { return !std::holds_alternative<Label>(element); });
        if (!has_field) {
            refuse_layout(block.end_at, "layout without fields", "\"}\"", "a field");
        }
    }

    /// Whether there is a brace and anything in it: a brace at the end of the text begins nothing.
    bool begins_definition() const {
        TokenReader ahead = reader_;
        if (!ahead.moves_to_braces()) {
            return false;
        }
        ahead.take();
        ahead.pass_line_ends();
        return ahead.current().kind != Token::Kind::text_end;
    }

    TokenReader reader_;
    TypeNames types_;
};

}  // namespace

// ---- the tokens -------------------------------------------------------------------------------

void TokenReader::refuse_current(const std::string& problem, const std::string& expected) const {
    refuse_layout(current().at, problem, current().describe(), expected);
}

void TokenReader::refuse_unexpected(const std::string& expected) const {
    refuse_current("unexpected " + current().describe(), expected);
}

void TokenReader::pass_line_ends() {
    while (current().kind == Token::Kind::line_end) {
        take();
    }
}

bool TokenReader::moves_to_braces() {
    const LayoutLexer before = lexer_;
    pass_line_ends();
    const bool found = current().is_symbol('{');
    if (!found) {
        lexer_ = before;
    }
    return found;
}

void TokenReader::take_symbol(std::string_view symbol, const std::string& expected) {
    if (!current().is_symbol(symbol)) {
        refuse_unexpected(expected);
    }
    take();
}

Token TokenReader::take_name(const std::string& what) {
    const Token& token = current();
    if (token.kind != Token::Kind::name) {
        refuse_unexpected(what);
    }
    if (token.text.size() > longest_name) {
        refuse_current("name of more than 63 characters", "a shorter name");
    }
    if (is_reserved(token.text)) {
        refuse_current("reserved word " + token.describe(), what);
    }
    return take();
}

Constant TokenReader::take_constant(std::uint64_t largest, const std::string& problem_if_larger) {
    const Token token = current();
    const std::string expected = "a number from 0 to " + std::to_string(largest);
    if (token.kind != Token::Kind::number) {
        refuse_unexpected(expected);
    }
    std::string_view digits = token.text;
    const int base = digits.starts_with("0x") ? 16 : digits.starts_with("0b") ? 2 : 10;
    digits.remove_prefix(base == 10 ? 0 : 2);
    std::uint64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number, base);
    if (stop != end || error == std::errc::invalid_argument) {
        refuse_current("malformed number " + token.describe(),
                       "a number such as 17, 0x11 or 0b10001");
    }
    if (error == std::errc::result_out_of_range || number > largest) {
        refuse_current(problem_if_larger, expected);
    }
    take();
    return {number, std::string(token.text), token.at};
}

std::uint32_t TokenReader::take_decimal(const std::string& what, std::uint32_t from,
                                        std::uint32_t to) {
    const Token token = current();
    const std::string expected =
        "a number from " + std::to_string(from) + " to " + std::to_string(to);
    if (token.kind != Token::Kind::number) {
        refuse_unexpected(expected);
    }
    std::uint32_t number = 0;
    const char* const end = token.text.data() + token.text.size();
    const auto [stop, error] = std::from_chars(token.text.data(), end, number);
    if (stop != end || error != std::errc() || number < from || number > to) {
        refuse_current(what + " " + cut_short(token.text), expected);
    }
    take();
    return number;
}

void TokenReader::count_element() {
    if (elements_++ == most_elements) {
        refuse_current("more than " + std::to_string(most_elements) + " fields and labels",
                       "\"}\"");
    }
}

// ---- the names of definitions -----------------------------------------------------------------

TypeNames::TypeNames(std::string_view text, Interrupt interrupt) {
    LayoutLexer lexer(text, interrupt);
    std::size_t depth = 0;
    bool after_layout = false;
    Token before;  // but for line ends
    for (Token token = lexer.take(); token.kind != Token::Kind::text_end; token = lexer.take()) {
        const bool opens = token.is_symbol('{');
        if (opens && depth == 0 && after_layout) {
            if (text.size() > longest_text) {
                refuse_long_text(before.at, text.size(), "");
            }
            if (before.kind == Token::Kind::name) {
                own_.insert(before.text);
            }
        }
        depth += opens ? 1 : 0;
        if (token.is_symbol('}') && depth > 0) {
            --depth;
            after_layout = after_layout || depth == 0;
        }
        before = token.kind == Token::Kind::line_end ? before : token;
    }
}

bool TypeNames::is_of_library(std::string_view name) const {
    return uses_library_ && is_library_type(name);
}

Layout parse_layout(std::string_view text, Interrupt interrupt) {
    Layout layout = TextParser(text, TypeNames(text, interrupt), interrupt).parse();
    if (!layout.definitions.empty()) {
        const std::size_t bytes = print_layout(layout).size();
        if (bytes > longest_text) {
            refuse_long_text(layout.definitions.front().at, bytes, " of canonical text");
        }
    }
    return layout;
}

Definition parse_library_definition(std::string_view text) {
    return TextParser(text, TypeNames(), never_interrupted).parse_definition();
}

Definition parse_library_head(std::string_view text) {
    return TextParser(text, TypeNames(), never_interrupted).parse_head();
}

}  // namespace onetrip::section
