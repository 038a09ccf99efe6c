// Parses the elements in braces: fields, labels, lists, objects, if and optional.

#include "section/language/layout_parsing.hpp"

namespace onetrip::section {

namespace {

constexpr std::uint32_t most_items = Layout::largest_section * 8;

class BlockParser {
  public:
    BlockParser(TokenReader& reader, const TypeNames& types, int depth)
        : reader_(reader), types_(types), depth_(depth) {}

    Block parse(const std::string& expected);

  private:
    Element parse_element();
    std::unique_ptr<Block> parse_inner();
    Choice parse_choice(TextPosition at);
    Arm parse_arm(TextPosition at);
    bool take_else();
    List parse_list(const Token& name);
    void parse_list_braces(List& list);
    Split parse_split(const List& list);

    TokenReader& reader_;
    const TypeNames& types_;
    int depth_;  ///< of the braces whose elements are parsed
};

bool has_braces(const Element& element) {
    const auto* const list = std::get_if<List>(&element);
    return list != nullptr
               ? list->block != nullptr
               : !std::holds_alternative<Field>(element) && !std::holds_alternative<Label>(element);
}

Block BlockParser::parse(const std::string& expected) {
    if (reader_.current().is_symbol('{') && depth_ > deepest_braces) {
        reader_.refuse_current("braces more than " + std::to_string(deepest_braces) + " deep",
                               "fewer braces in one another");
    }
    reader_.take_symbol("{", expected);
    Block block;
    // The next element begins on a line of its own.
    for (reader_.pass_line_ends(); !reader_.current().is_symbol('}'); reader_.pass_line_ends()) {
        reader_.count_element();
        block.elements.push_back(parse_element());
        const bool is_cut_after_braces =
            reader_.current().kind == Token::Kind::text_end && has_braces(block.elements.back());
        if (reader_.current().kind != Token::Kind::line_end && !reader_.current().is_symbol('}') &&
            !is_cut_after_braces) {
            reader_.refuse_unexpected("end of line");
        }
    }
    block.end_at = reader_.take().at;
    return block;
}

std::unique_ptr<Block> BlockParser::parse_inner() {
    reader_.moves_to_braces();
    return std::make_unique<Block>(BlockParser(reader_, types_, depth_ + 1).parse("\"{\""));
}

Element BlockParser::parse_element() {
    const std::string expected = "a field, a label or \"}\"";
    if (reader_.current().is_name("if")) {
        const Token word = reader_.take();
        const Token::Kind next = reader_.current().kind;
        if (!reader_.current().is_symbol('(') && next != Token::Kind::name) {
            refuse_layout(word.at, "reserved word " + word.describe(), word.describe(), expected);
        }
        return parse_choice(word.at);
    }
    const Token name = reader_.take_name(expected);
    if (reader_.current().is_symbol(':')) {
        reader_.take();
        return Label{std::string(name.text), name.at};
    }
    if (reader_.current().is_symbol('[')) {
        return parse_list(name);
    }
    if (!reader_.moves_to_braces()) {
        return parse_field(reader_, types_, name);
    }
    std::unique_ptr<Block> inner = parse_inner();
    if (name.text == "optional") {
        return Optional{std::move(inner), name.at};
    }
    return Object{std::string(name.text), std::move(inner), name.at};
}

// ---- if ---------------------------------------------------------------------------------------

Choice BlockParser::parse_choice(TextPosition at) {
    Choice choice;
    choice.at = at;
    choice.arms.push_back(parse_arm(at));
    while (take_else()) {
        reader_.pass_line_ends();
        if (!reader_.current().is_name("if")) {
            choice.otherwise = parse_inner();
            break;
        }
        reader_.count_element();
        const Token word = reader_.take();
        choice.arms.push_back(parse_arm(word.at));
    }
    return choice;
}

Arm BlockParser::parse_arm(TextPosition at) {
    Arm arm;
    arm.at = at;
    arm.condition = parse_condition(reader_);
    arm.block = parse_inner();
    return arm;
}

/// `else` stands on the line of the brace before it.
bool BlockParser::take_else() {
    const bool found = reader_.current().is_name("else");
    if (found) {
        reader_.take();
    }
    return found;
}

// ---- lists ------------------------------------------------------------------------------------

List BlockParser::parse_list(const Token& name) {
    List list;
    list.name = name.text;
    list.at = name.at;
    list.source = list.name;
    reader_.take();
    if (!reader_.current().is_symbol(']')) {
        list.count = reader_.take_decimal("number of items of", 1, most_items);
    }
    reader_.take_symbol("]", "\"]\"");
    list.source_at = reader_.current().at;
    const bool has_braces = reader_.current().is_name("split") ||
                            reader_.current().is_symbol('=') || reader_.moves_to_braces();
    if (has_braces) {
        parse_list_braces(list);
    } else {
        list.value = parse_list_value(reader_, types_, name);
        list.source = list.value->source.name;
        list.source_at = list.value->source_at;
    }
    return list;
}

void BlockParser::parse_list_braces(List& list) {
    if (reader_.current().is_name("split")) {
        list.split = parse_split(list);
        list.source_at = reader_.current().at;
    }
    if (reader_.current().is_symbol('=')) {
        reader_.take();
        list.source_at = reader_.current().at;
        list.source = take_list_source(reader_).text;
    }
    list.block = parse_inner();
}

Split BlockParser::parse_split(const List& list) {
    if (list.count) {
        reader_.refuse_current("a list of a fixed number of items cannot be split", "\"{\"");
    }
    Split split;
    split.at = reader_.take().at;
    if (!reader_.current().is_symbol('(')) {
        return split;
    }
    reader_.take();
    split.sections = reader_.take_decimal("number of sections of", 1, most_items);
    reader_.take_symbol(")", "\")\"");
    if (!reader_.current().is_name("by")) {
        reader_.refuse_unexpected("\"by\" and a key of the items");
    }
    reader_.take();
    split.key = reader_.take_name("a key of the items").text;
    return split;
}

}  // namespace

Block parse_braces(TokenReader& reader, const TypeNames& types, int depth,
                   const std::string& expected) {
    return BlockParser(reader, types, depth).parse(expected);
}

}  // namespace onetrip::section
