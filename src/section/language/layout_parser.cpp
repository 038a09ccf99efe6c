#include <charconv>

#include "base/bits.hpp"
#include "section/language/layout.hpp"
#include "section/language/layout_lexer.hpp"
#include "section/types/field_type.hpp"
#include "section/value.hpp"

namespace onetrip::section {

namespace {

constexpr std::size_t longest_name = 63;  // NAMEDATALEN - 1: a field may be a column's name

/// More than any section has bits, and labels between them: refused early, since what a layout
/// takes in memory is many times its text.
constexpr std::size_t most_elements = 200'000;

/// Words that the language will need: groups and conditions.
bool is_reserved(std::string_view word) {
    return word == "if" || word == "else";
}

/// Recursive descent over the grammar of chapter 2. It checks what one field says by itself; what
/// fields say of each other is the compiler's.
class Parser {
  public:
    Parser(std::string_view text, Interrupt interrupt) : lexer_(text, interrupt) {}

    Layout parse() {
        Layout layout;
        pass_line_ends();
        layout.name = take_name("a layout's name").text;
        pass_line_ends();
        if (lexer_.current().is_symbol('(')) {
            layout.max_bytes = parse_max();
            pass_line_ends();
        }
        take_symbol('{', layout.max_bytes == Layout::largest_section ? "\"{\" or \"(max BYTES)\""
                                                                     : "\"{\"");
        layout.block = parse_block();
        pass_line_ends();
        if (lexer_.current().kind != Token::Kind::text_end) {
            refuse_current("text after the closing brace", "end of text");
        }
        return layout;
    }

  private:
    [[noreturn]] void refuse_current(const std::string& problem, const std::string& expected) {
        refuse_layout(lexer_.current().at, problem, lexer_.current().describe(), expected);
    }

    /// The usual refusal: the token is not one that can stand here.
    [[noreturn]] void refuse_unexpected(const std::string& expected) {
        refuse_current("unexpected " + lexer_.current().describe(), expected);
    }

    void pass_line_ends() {
        while (lexer_.current().kind == Token::Kind::line_end) {
            lexer_.take();
        }
    }

    void take_symbol(char symbol, const std::string& expected) {
        if (!lexer_.current().is_symbol(symbol)) {
            refuse_unexpected(expected);
        }
        lexer_.take();
    }

    Token take_name(const std::string& what) {
        const Token& token = lexer_.current();
        if (token.kind != Token::Kind::name) {
            refuse_unexpected(what);
        }
        if (token.text.size() > longest_name) {
            refuse_current("name of more than 63 characters", "a shorter name");
        }
        if (is_reserved(token.text)) {
            refuse_current("reserved word " + token.describe(), what);
        }
        return lexer_.take();
    }

    std::uint32_t parse_max();
    Block parse_block();
    Element parse_element();
    Field parse_field(const Token& name);
    void parse_width(Field& field);
    void parse_type(Field& field);
    void parse_tlv_format(Field& field);
    Token take_tlv_parameter(const std::string& expected);
    TextTable parse_text_table();
    void parse_source(Field& field);
    void parse_constant(Field& field);
    void parse_function(Field& field, const Token& name);
    void refuse_source(const Field& field, SourceRule needed, const std::string& found);

    LayoutLexer lexer_;
};

std::uint32_t Parser::parse_max() {
    lexer_.take();
    if (!lexer_.current().is_name("max")) {
        refuse_unexpected("\"max\"");
    }
    lexer_.take();
    const Token number = lexer_.current();
    const std::string expected = "a number of bytes from " +
                                 std::to_string(Layout::smallest_section) + " to " +
                                 std::to_string(Layout::largest_section);
    if (number.kind != Token::Kind::number) {
        refuse_unexpected(expected);
    }
    std::uint32_t bytes = 0;
    const char* const end = number.text.data() + number.text.size();
    const auto [stop, error] = std::from_chars(number.text.data(), end, bytes);
    if (stop != end || error != std::errc() || bytes < Layout::smallest_section ||
        bytes > Layout::largest_section) {
        refuse_current("largest section of " + cut_short(number.text) + " bytes", expected);
    }
    lexer_.take();
    take_symbol(')', "\")\"");
    return bytes;
}

Block Parser::parse_block() {
    Block block;
    bool has_field = false;
    for (pass_line_ends(); !lexer_.current().is_symbol('}'); pass_line_ends()) {
        if (block.elements.size() == most_elements) {
            refuse_current("more than " + std::to_string(most_elements) + " fields and labels",
                           "\"}\"");
        }
        block.elements.push_back(parse_element());
        has_field = has_field || std::holds_alternative<Field>(block.elements.back());
        if (lexer_.current().kind != Token::Kind::line_end && !lexer_.current().is_symbol('}')) {
            refuse_unexpected("end of line");
        }
    }
    block.end_at = lexer_.current().at;
    if (!has_field) {
        refuse_current("layout without fields", "a field");
    }
    lexer_.take();
    return block;
}

Element Parser::parse_element() {
    const Token name = take_name("a field, a label or \"}\"");
    if (lexer_.current().is_symbol(':')) {
        lexer_.take();
        return Label{std::string(name.text), name.at};
    }
    return parse_field(name);
}

Field Parser::parse_field(const Token& name) {
    Field field;
    field.name = name.text;
    field.at = name.at;
    parse_width(field);
    parse_type(field);
    if (lexer_.current().is_name("split")) {
        if (!field.type->can_be_split()) {
            refuse_current("only a tlv field can be split", "\"=\" or end of line");
        }
        field.split = true;
        lexer_.take();
    }
    field.source_at = lexer_.current().at;
    field.source.name = field.name;
    if (field.type->sources() == SourceRule::none) {
        field.source.kind = Source::Kind::checksum;
        if (lexer_.current().is_symbol('=')) {
            refuse_current(std::string(field.type->name()) + " takes no source", "end of line");
        }
    } else if (lexer_.current().is_symbol('=')) {
        lexer_.take();
        parse_source(field);
    }
    return field;
}

/// Reads the width; whether the type allows it is known only behind the type.
void Parser::parse_width(Field& field) {
    const Token& token = lexer_.current();
    field.width_at = token.at;
    if (token.is_symbol('*')) {
        lexer_.take();
        return;
    }
    std::uint32_t width = 0;
    const char* const end = token.text.data() + token.text.size();
    if (token.kind != Token::Kind::number) {
        refuse_unexpected("a width in bits, or * (or \":\" behind a label)");
    }
    const auto [stop, error] = std::from_chars(token.text.data(), end, width);
    if (stop != end || error != std::errc()) {
        refuse_current("malformed width", "a decimal number of bits, or *");
    }
    field.width = width;
    lexer_.take();
}

void Parser::parse_type(Field& field) {
    const Token token = lexer_.current();
    if (token.kind == Token::Kind::name) {
        field.type = find_field_type(token.text);
    }
    if (field.type == nullptr) {
        const std::string problem =
            token.kind == Token::Kind::name ? "unknown type " : "unexpected ";
        refuse_current(problem + token.describe(), "one of the types " + field_type_names());
    }
    lexer_.take();
    const WidthRule& widths = field.type->widths();
    if (!widths.allows(field.width)) {
        const std::string width = field.width ? std::to_string(*field.width) : "*";
        refuse_layout(field.width_at,
                      "type " + std::string(token.text) + " does not allow the width " + width,
                      quoted(width), widths.describe());
    }
    if (field.type->takes_tlv_format()) {
        parse_tlv_format(field);
    }
    if (field.type->takes_text_table() && lexer_.current().is_symbol('(')) {
        lexer_.take();
        field.text = parse_text_table();
        take_symbol(')', "\")\"");
    }
}

/// `6937`, `arib` or `8859-15`, which is a number, a hyphen and a number.
TextTable Parser::parse_text_table() {
    const Token first = lexer_.current();
    if (first.kind != Token::Kind::number && first.kind != Token::Kind::name) {
        refuse_unexpected("a table of characters: " + std::string(text_table_names()));
    }
    std::string name(lexer_.take().text);
    if (name == "8859" && lexer_.current().text == "-") {
        name += lexer_.take().text;
        name += lexer_.current().text;
        lexer_.take();
    }
    const auto table = text_table_of(name);
    if (!table) {
        refuse_layout(first.at, "unknown table of characters " + quoted(name), quoted(name),
                      std::string(text_table_names()));
    }
    return *table;
}

Token Parser::take_tlv_parameter(const std::string& expected) {
    const Token token = lexer_.current();
    if (token.kind != Token::Kind::number && token.kind != Token::Kind::name) {
        refuse_unexpected(expected);
    }
    return token;
}

void Parser::parse_tlv_format(Field& field) {
    const std::string tags = "a tag's width of 8 or 16";
    const std::string lengths = "a length's width of 8, 16 or ber";
    take_symbol('(', "\"(\" with the widths of tag and length, as in tlv(8,8)");
    const Token tag = take_tlv_parameter(tags);
    if (tag.text != "8" && tag.text != "16") {
        refuse_unexpected(tags);
    }
    field.tlv.tag_bytes = tag.text == "8" ? 1 : 2;
    lexer_.take();
    take_symbol(',', "\",\"");
    const Token length = take_tlv_parameter(lengths);
    if (length.text != "8" && length.text != "16" && length.text != "ber") {
        refuse_unexpected(lengths);
    }
    field.tlv.length = length.text == "8"    ? TlvFormat::Length::bits_8
                       : length.text == "16" ? TlvFormat::Length::bits_16
                                             : TlvFormat::Length::ber;
    lexer_.take();
    take_symbol(')', "\")\"");
}

void Parser::parse_source(Field& field) {
    field.source_at = lexer_.current().at;
    if (lexer_.current().kind == Token::Kind::number) {
        parse_constant(field);
        return;
    }
    const Token name = take_name("a column, a constant or a function");
    if (lexer_.current().is_symbol('(')) {
        parse_function(field, name);
    } else {
        field.source.name = name.text;
    }
}

void Parser::refuse_source(const Field& field, SourceRule needed, const std::string& found) {
    const SourceRule rule = field.type->sources();
    const bool taken = rule == needed || rule == SourceRule::computed;
    if (!taken) {
        const bool is_constant = needed == SourceRule::constant;
        refuse_layout(field.source_at,
                      "type " + std::string(field.type->name()) + " takes no " +
                          (is_constant ? "constant" : "computed source"),
                      found, rule == SourceRule::constant ? "a column or a constant" : "a column");
    }
}

/// `17`, `0x11` or `0b10001`; the spelling is kept.
void Parser::parse_constant(Field& field) {
    refuse_source(field, SourceRule::constant, lexer_.current().describe());
    const Token token = lexer_.current();
    std::string_view digits = token.text;
    const int base = digits.starts_with("0x") ? 16 : digits.starts_with("0b") ? 2 : 10;
    digits.remove_prefix(base == 10 ? 0 : 2);
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, field.source.constant, base);
    if (stop != end || error == std::errc::invalid_argument) {
        refuse_current("malformed number " + token.describe(),
                       "a number such as 17, 0x11 or 0b10001");
    }
    const auto& type = static_cast<const BitsType&>(*field.type);
    const std::uint64_t largest = type.largest(*field.width);
    if (error == std::errc::result_out_of_range || field.source.constant > largest) {
        refuse_current("constant too large for its field",
                       "a number from 0 to " + std::to_string(largest));
    }
    field.source.kind = Source::Kind::constant;
    field.source.name = token.text;
    lexer_.take();
}

void Parser::parse_function(Field& field, const Token& name) {
    using Kind = Source::Kind;
    struct Function {
        std::string_view name;
        Kind without_argument;
        Kind with_argument;
    };
    constexpr Kind none = Kind::column;
    static constexpr Function functions[] = {
        {"length", Kind::length_of_rest, Kind::length_of_field},
        {"offset", none, Kind::offset_of_label},
        {"part", Kind::part, none},
        {"last_part", Kind::last_part, none},
        {"parts", Kind::parts, none},
    };
    const Function* function = nullptr;
    for (const Function& candidate : functions) {
        function = candidate.name == name.text ? &candidate : function;
    }
    if (function == nullptr) {
        refuse_layout(name.at, "unknown function " + name.describe(), name.describe(),
                      "length, offset, part, last_part or parts");
    }
    refuse_source(field, SourceRule::computed, quoted(std::string(name.text) + "()"));
    lexer_.take();
    const bool has_argument = !lexer_.current().is_symbol(')');
    field.source.kind = has_argument ? function->with_argument : function->without_argument;
    if (field.source.kind == none) {
        refuse_unexpected(has_argument ? "\")\": " + std::string(name.text) + " takes no argument"
                                       : "the name of a label");
    }
    field.source.name.clear();
    if (has_argument) {
        field.source_at = lexer_.current().at;
        field.source.name = take_name("a name").text;
    }
    take_symbol(')', "\")\"");
}

}  // namespace

Layout parse_layout(std::string_view text, Interrupt interrupt) {
    return Parser(text, interrupt).parse();
}

}  // namespace onetrip::section
