// Fields: width, type, source and default.

#include <algorithm>
#include <charconv>

#include "base/bits.hpp"
#include "section/language/layout_parsing.hpp"
#include "section/types/field_type.hpp"
#include "section/value.hpp"

namespace onetrip::section {

namespace {

/// Sets are searched one after the other: more than a table has any use for.
constexpr std::size_t most_sets = 16;

/// The most that a length or count can differ from the measure: less than a section has bytes.
constexpr std::uint32_t largest_plus = Layout::largest_section;

class FieldParser {
  public:
    FieldParser(TokenReader& reader, const TypeNames& types, const Token& name)
        : reader_(reader), types_(types) {
        field_.name = name.text;
        field_.at = name.at;
        field_.source.name = field_.name;
    }

    Field parse();
    Field parse_list_value();

  private:
    void parse_width(const std::string& expected);
    void parse_type();
    void find_type(const Token& token);
    void refuse_width(const std::string& expected) const;
    void parse_tlv_format();
    Token take_tlv_parameter(const std::string& expected);
    void parse_sets();
    void parse_table_of_text();
    void parse_split();
    void parse_source();
    void parse_align_source();
    void parse_constant();
    void parse_function(const Token& name);
    void parse_plus();
    void parse_default();

    /// nullptr for a definition.
    const FieldType* type() const { return field_.type; }
    std::string type_name() const {
        return type() == nullptr ? field_.definition : std::string(type()->name());
    }
    SourceRule rule() const {
        return type() == nullptr ? SourceRule::column_only : type()->sources();
    }
    bool is_integer() const {
        return (rule() == SourceRule::constant || rule() == SourceRule::computed) &&
               type()->coding() == FieldType::Coding::bits;
    }
    std::uint64_t largest() const {
        return static_cast<const BitsType*>(type())->largest(*field_.width);
    }
    void refuse_source(SourceRule needed, const std::string& found) const;

    TokenReader& reader_;
    const TypeNames& types_;
    Field field_;
};

Field FieldParser::parse() {
    parse_width("a width in bits, or * (or \":\" after a label)");
    parse_type();
    parse_split();
    field_.source_at = reader_.current().at;
    if (rule() == SourceRule::none) {
        field_.source.kind = Source::Kind::checksum;
        if (reader_.current().is_symbol('=')) {
            reader_.refuse_current(type_name() + " takes no source", "end of line");
        }
    } else if (type() != nullptr && type()->fills_to_byte()) {
        parse_align_source();
    } else if (reader_.current().is_symbol('=')) {
        reader_.take();
        parse_source();
    }
    parse_default();
    return std::move(field_);
}

Field FieldParser::parse_list_value() {
    if (reader_.current().is_symbol('*')) {
        reader_.refuse_current("a list of *", "a width in bits, or \"{\" and a field of width *");
    }
    parse_width("a width in bits, or \"{\"");
    parse_type();
    if (rule() == SourceRule::none) {
        refuse_layout(field_.type_at, "a list of " + type_name(), in_quotes(type_name()),
                      "a type that has a value");
    }
    if (reader_.current().is_name("split")) {
        reader_.refuse_current("a list of plain values cannot be split", "\"=\" or end of line");
    }
    field_.source_at = reader_.current().at;
    if (reader_.current().is_symbol('=')) {
        reader_.take();
        field_.source_at = reader_.current().at;
        field_.source.name = take_list_source(reader_).text;
    }
    return std::move(field_);
}

// ---- width and type ---------------------------------------------------------------------------

/// Reads the width; whether the type allows it is known only after the type.
void FieldParser::parse_width(const std::string& expected) {
    const Token& token = reader_.current();
    field_.width_at = token.at;
    if (token.is_symbol('*')) {
        reader_.take();
        return;
    }
    std::uint32_t width = 0;
    const char* const end = token.text.data() + token.text.size();
    if (token.kind != Token::Kind::number) {
        reader_.refuse_unexpected(expected);
    }
    const auto [stop, error] = std::from_chars(token.text.data(), end, width);
    if (stop != end || error != std::errc()) {
        reader_.refuse_current("malformed width", "a decimal number of bits, or *");
    }
    field_.width = width;
    reader_.take();
}

void FieldParser::parse_type() {
    const Token token = reader_.current();
    field_.type_at = token.at;
    if (token.kind == Token::Kind::name) {
        find_type(token);
    }
    if (type() == nullptr && field_.definition.empty()) {
        const std::string problem =
            token.kind == Token::Kind::name ? "unknown type " : "unexpected ";
        reader_.refuse_current(problem + token.describe(),
                               "one of the types " + field_type_names());
    }
    reader_.take();
    if (type() == nullptr) {
        if (field_.width) {
            refuse_width("*");
        }
        return;
    }
    if (!type()->widths().allows(field_.width)) {
        refuse_width(type()->widths().describe());
    }
    if (type()->takes_tlv_format()) {
        parse_tlv_format();
    } else if (type()->takes_text_table() && reader_.current().is_symbol('(')) {
        parse_table_of_text();
    }
}

/// A text's own definition wins over a type of the language, and that over one of the library.
void FieldParser::find_type(const Token& token) {
    if (types_.is_own(token.text)) {
        field_.definition = token.text;
        return;
    }
    field_.type = find_field_type(token.text);
    if (field_.type == nullptr && types_.is_of_library(token.text)) {
        field_.definition = token.text;
    }
}

void FieldParser::refuse_width(const std::string& expected) const {
    const std::string width = field_.width ? std::to_string(*field_.width) : "*";
    refuse_layout(field_.width_at, "type " + type_name() + " does not allow the width " + width,
                  in_quotes(width), expected);
}

Token FieldParser::take_tlv_parameter(const std::string& expected) {
    const Token token = reader_.current();
    if (token.kind != Token::Kind::number && token.kind != Token::Kind::name) {
        reader_.refuse_unexpected(expected);
    }
    return token;
}

void FieldParser::parse_tlv_format() {
    const std::string tags = "a tag's width of 8 or 16";
    const std::string lengths = "a length's width of 8, 16 or ber";
    reader_.take_symbol("(", "\"(\" with the widths of tag and length, as in tlv(8,8)");
    const Token tag = take_tlv_parameter(tags);
    if (tag.text != "8" && tag.text != "16") {
        reader_.refuse_unexpected(tags);
    }
    field_.tlv.tag_bytes = tag.text == "8" ? 1 : 2;
    reader_.take();
    reader_.take_symbol(",", "\",\"");
    const Token length = take_tlv_parameter(lengths);
    if (length.text != "8" && length.text != "16" && length.text != "ber") {
        reader_.refuse_unexpected(lengths);
    }
    field_.tlv.length = length.text == "8"    ? TlvFormat::Length::bits_8
                        : length.text == "16" ? TlvFormat::Length::bits_16
                                              : TlvFormat::Length::ber;
    reader_.take();
    parse_sets();
    reader_.take_symbol(")", "\")\"");
}

void FieldParser::parse_sets() {
    while (reader_.current().is_symbol(',')) {
        const Token comma = reader_.take();
        if (reader_.current().kind != Token::Kind::name) {
            refuse_layout(comma.at, "unexpected " + comma.describe(), comma.describe(), "\")\"");
        }
        if (field_.sets.size() == most_sets) {
            reader_.refuse_current("more than " + std::to_string(most_sets) + " sets", "\")\"");
        }
        const Token set = take_set(reader_);
        if (std::find(field_.sets.begin(), field_.sets.end(), set.text) != field_.sets.end()) {
            refuse_layout(set.at, "set " + set.describe() + " twice", set.describe(),
                          "a set that has not been named before");
        }
        field_.sets.emplace_back(set.text);
        field_.sets_at.push_back(set.at);
    }
}

void FieldParser::parse_table_of_text() {
    reader_.take();
    field_.text = take_text_table(reader_);
    reader_.take_symbol(")", "\")\"");
}

void FieldParser::parse_split() {
    if (!reader_.current().is_name("split")) {
        return;
    }
    if (type() == nullptr || !type()->can_be_split()) {
        reader_.refuse_current("only a tlv field can be split", "\"=\" or end of line");
    }
    field_.split = true;
    reader_.take();
}

// ---- sources ----------------------------------------------------------------------------------

void FieldParser::parse_source() {
    field_.source_at = reader_.current().at;
    if (reader_.current().kind == Token::Kind::number) {
        parse_constant();
        return;
    }
    const Token name = reader_.take_name("a column, a constant or a function");
    if (reader_.current().is_symbol('(')) {
        parse_function(name);
    } else {
        field_.source.name = name.text;
    }
}

void FieldParser::refuse_source(SourceRule needed, const std::string& found) const {
    const bool taken = rule() == needed || rule() == SourceRule::computed;
    if (!taken) {
        const bool is_constant = needed == SourceRule::constant;
        refuse_layout(
            field_.source_at,
            "type " + type_name() + " takes no " + (is_constant ? "constant" : "computed source"),
            found, rule() == SourceRule::constant ? "a column or a constant" : "a column");
    }
}

void FieldParser::parse_constant() {
    refuse_source(SourceRule::constant, reader_.current().describe());
    const Constant constant = reader_.take_constant(largest(), "constant too large for its field");
    field_.source.kind = Source::Kind::constant;
    field_.source.name = constant.spelling;
    field_.source.constant = constant.number;
}

/// The bit that is repeated up to the byte boundary.
void FieldParser::parse_align_source() {
    reader_.take_symbol("=", "\"= 0\" or \"= 1\"");
    field_.source_at = reader_.current().at;
    if (reader_.current().kind != Token::Kind::number) {
        reader_.refuse_unexpected("0 or 1");
    }
    const Constant bit = reader_.take_constant(1, "constant too large for a bit");
    field_.source.kind = Source::Kind::constant;
    field_.source.name = bit.spelling;
    field_.source.constant = bit.number;
}

struct Function {
    std::string_view name;
    std::optional<Source::Kind> without_argument;
    std::optional<Source::Kind> with_argument;
    const char* argument;
};

const Function* find_function(std::string_view name) {
    using Kind = Source::Kind;
    static constexpr Function functions[] = {
        {"length", Kind::length_of_rest, Kind::length_of_field, "a name"},
        {"count", std::nullopt, Kind::count_of, "the name of a list"},
        {"present", std::nullopt, Kind::present, "a name"},
        {"offset", std::nullopt, Kind::offset_of_label, "the name of a label"},
        {"part", Kind::part, std::nullopt, ""},
        {"last_part", Kind::last_part, Kind::last_part_of, "a name"},
        {"parts", Kind::parts, std::nullopt, ""},
    };
    const auto* const found =
        std::find_if(std::begin(functions), std::end(functions),
                     [&](const Function& function) { return function.name == name; });
    return found == std::end(functions) ? nullptr : found;
}

void FieldParser::parse_function(const Token& name) {
    const Function* const function = find_function(name.text);
    if (function == nullptr) {
        refuse_layout(name.at, "unknown function " + name.describe(), name.describe(),
                      "length, count, present, offset, part, last_part or parts");
    }
    refuse_source(SourceRule::computed, in_quotes(std::string(name.text) + "()"));
    reader_.take();
    const bool has_argument = !reader_.current().is_symbol(')');
    const auto kind = has_argument ? function->with_argument : function->without_argument;
    if (!kind) {
        reader_.refuse_unexpected(has_argument
                                      ? "\")\": " + std::string(name.text) + " takes no argument"
                                      : function->argument);
    }
    field_.source.kind = *kind;
    field_.source.name.clear();
    if (has_argument) {
        field_.source_at = reader_.current().at;
        field_.source.name = reader_.take_name("a name").text;
    }
    reader_.take_symbol(")", "\")\"");
    parse_plus();
}

/// `+ n` or `- n` after the length or the count of an element.
void FieldParser::parse_plus() {
    using Kind = Source::Kind;
    const Kind kind = field_.source.kind;
    const bool is_minus = reader_.current().is_symbol('-');
    if ((!is_minus && !reader_.current().is_symbol('+')) ||
        (kind != Kind::length_of_field && kind != Kind::count_of)) {
        return;
    }
    reader_.take();
    const auto number =
        static_cast<std::int32_t>(reader_.take_decimal("number to add of", 0, largest_plus));
    field_.source.plus = is_minus ? -number : number;
}

/// `default c`, of an integer that comes from a row.
void FieldParser::parse_default() {
    if (!reader_.current().is_name("default")) {
        return;
    }
    if (!is_integer()) {
        reader_.refuse_current("type " + type_name() + " takes no default", "end of line");
    }
    if (field_.source.kind != Source::Kind::column) {
        reader_.refuse_current("a field that no column fills takes no default", "end of line");
    }
    reader_.take();
    field_.default_value = reader_.take_constant(largest(), "default too large for its field");
}

}  // namespace

Field parse_field(TokenReader& reader, const TypeNames& types, const Token& name) {
    return FieldParser(reader, types, name).parse();
}

Field parse_list_value(TokenReader& reader, const TypeNames& types, const Token& name) {
    return FieldParser(reader, types, name).parse_list_value();
}

Token take_list_source(TokenReader& reader) {
    const Token source = reader.take_name("a column");
    if (reader.current().is_symbol('(')) {
        refuse_layout(source.at, "a list takes no computed source",
                      in_quotes(std::string(source.text) + "()"), "a column");
    }
    return source;
}

}  // namespace onetrip::section
