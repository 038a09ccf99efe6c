// Conditions: comparisons joined by && and ||.

#include <iterator>

#include "section/language/layout_parsing.hpp"

namespace onetrip::section {

namespace {

/// Parentheses in parentheses, those of the `if` counted.
constexpr int deepest_parentheses = 16;

class ConditionParser {
  public:
    explicit ConditionParser(TokenReader& reader) : reader_(reader) {}

    /// Parses a condition from "(" to ")", which may be several lines.
    Condition parse_parentheses();

  private:
    Condition parse_joined(Condition::Kind kind);
    Condition parse_operand(Condition::Kind kind);
    Condition parse_comparison();
    Condition::Operator take_operator();

    TokenReader& reader_;
    int depth_ = 0;
};

Condition ConditionParser::parse_parentheses() {
    if (depth_ == deepest_parentheses) {
        reader_.refuse_current(
            "parentheses more than " + std::to_string(deepest_parentheses) + " deep", "a field");
    }
    ++depth_;
    reader_.take_symbol("(", "\"(\"");
    reader_.pass_line_ends();
    Condition condition = parse_joined(Condition::Kind::any_of);
    reader_.take_symbol(")", "\"&&\", \"||\" or \")\"");
    --depth_;
    return condition;
}

/// Operands of || and, in them, of &&. Parentheses that change nothing leave no trace.
Condition ConditionParser::parse_joined(Condition::Kind kind) {
    Condition joined;
    joined.kind = kind;
    joined.at = reader_.current().at;
    const std::string_view symbol = kind == Condition::Kind::any_of ? "||" : "&&";
    while (true) {
        Condition operand = parse_operand(kind);
        reader_.pass_line_ends();
        if (operand.kind == kind) {
            std::move(operand.operands.begin(), operand.operands.end(),
                      std::back_inserter(joined.operands));
        } else {
            joined.operands.push_back(std::move(operand));
        }
        if (!reader_.current().is_symbol(symbol)) {
            break;
        }
        reader_.take();
        reader_.pass_line_ends();
    }
    if (joined.operands.size() == 1) {
        Condition alone = std::move(joined.operands.front());
        return alone;
    }
    return joined;
}

Condition ConditionParser::parse_operand(Condition::Kind kind) {
    if (kind == Condition::Kind::any_of) {
        return parse_joined(Condition::Kind::all_of);
    }
    return reader_.current().is_symbol('(') ? parse_parentheses() : parse_comparison();
}

Condition ConditionParser::parse_comparison() {
    constexpr std::uint64_t any = ~std::uint64_t{0};
    reader_.count_element();
    Condition comparison;
    comparison.at = reader_.current().at;
    comparison.field = reader_.take_name("a field or \"(\"").text;
    reader_.pass_line_ends();
    if (reader_.current().is_symbol('&')) {
        reader_.take();
        reader_.pass_line_ends();
        comparison.mask = reader_.take_constant(any, "mask of more than 64 bits");
        reader_.pass_line_ends();
    }
    comparison.comparison = take_operator();
    reader_.pass_line_ends();
    comparison.constant = reader_.take_constant(any, "constant of more than 64 bits");
    return comparison;
}

Condition::Operator ConditionParser::take_operator() {
    using Operator = Condition::Operator;
    static constexpr std::pair<std::string_view, Operator> operators[] = {
        {"==", Operator::equal},  {"!=", Operator::not_equal},
        {"<", Operator::less},    {"<=", Operator::less_or_equal},
        {">", Operator::greater}, {">=", Operator::greater_or_equal},
    };
    for (const auto& [symbol, comparison] : operators) {
        if (reader_.current().is_symbol(symbol)) {
            reader_.take();
            return comparison;
        }
    }
    reader_.refuse_unexpected("==, !=, <, <=, > or >=");
}

}  // namespace

Condition parse_condition(TokenReader& reader) {
    return ConditionParser(reader).parse_parentheses();
}

}  // namespace onetrip::section
