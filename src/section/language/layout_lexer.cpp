// Takes the text of a layout apart into words, numbers and signs. Knows nothing of what they mean.

#include "section/language/layout_lexer.hpp"

#include "base/error.hpp"
#include "base/invisible.hpp"
#include "base/utf8.hpp"
#include "section/value.hpp"

namespace onetrip::section {

namespace {

bool begins_name(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_operator_of_two(std::string_view symbols) {
    return symbols == "==" || symbols == "!=" || symbols == "<=" || symbols == ">=" ||
           symbols == "&&" || symbols == "||";
}

}  // namespace

std::string Token::describe() const {
    switch (kind) {
        case Kind::line_end:
            return text == "\n" ? "end of line" : in_quotes(text);
        case Kind::text_end:
            return "end of text";
        case Kind::other: {
            const Utf8Character character = first_character(text);
            return character.valid && is_invisible(character.code_point)
                       ? name_of_character(character.code_point)
                       : in_quotes(text);
        }
        default:
            return in_quotes(text);
    }
}

LayoutLexer::LayoutLexer(std::string_view text, Interrupt interrupt)
    : rest_(text), ticker_(interrupt) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (rest_.starts_with(byte_order_mark)) {
        rest_.remove_prefix(byte_order_mark.size());
    }
    advance();
}

Token LayoutLexer::take() {
    const Token taken = current_;
    advance();
    return taken;
}

void LayoutLexer::advance() {
    ticker_.tick();
    pass_blanks_and_comment();
    current_.kind = kind_of_next();
    current_.at = at_;
    current_.text = rest_.substr(0, size_of_next(current_.kind));
    rest_.remove_prefix(current_.text.size());
    if (current_.text == "\n") {
        ++at_.line;
        at_.column = 1;
    } else {
        // Every token but a character of no use is ASCII, where bytes are characters.
        at_.column +=
            current_.kind == Token::Kind::other ? 1 : static_cast<int>(current_.text.size());
    }
}

void LayoutLexer::pass_blanks_and_comment() {
    while (!rest_.empty() &&
           (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\r')) {
        rest_.remove_prefix(1);
        ++at_.column;
    }
    if (rest_.starts_with("--")) {
        const std::size_t line_end = rest_.find('\n');
        rest_.remove_prefix(line_end == std::string_view::npos ? rest_.size() : line_end);
    }
}

Token::Kind LayoutLexer::kind_of_next() const {
    if (rest_.empty()) {
        return Token::Kind::text_end;
    }
    const char c = rest_.front();
    if (c == '\n' || c == ';') {
        return Token::Kind::line_end;
    }
    if (begins_name(c)) {
        return Token::Kind::name;
    }
    if (is_digit(c)) {
        return Token::Kind::number;
    }
    constexpr std::string_view symbols = "{}()[],:=*+-&|!<>";
    return symbols.find(c) != std::string_view::npos ? Token::Kind::symbol : Token::Kind::other;
}

std::size_t LayoutLexer::size_of_next(Token::Kind kind) const {
    switch (kind) {
        case Token::Kind::text_end:
            return 0;
        case Token::Kind::other:
            return first_character(rest_).size;
        case Token::Kind::name:
        case Token::Kind::number: {
            std::size_t size = 1;
            while (size < rest_.size() && (begins_name(rest_[size]) || is_digit(rest_[size]))) {
                ++size;
            }
            return size;
        }
        case Token::Kind::symbol:
            return is_operator_of_two(rest_.substr(0, 2)) ? 2 : 1;
        default:
            return 1;
    }
}

void refuse_layout(TextPosition at, const std::string& problem, const std::string& found,
                   const std::string& expected) {
    throw Error(ErrorKind::syntax_error,
                "invalid section layout, line " + std::to_string(at.line) + ", column " +
                    std::to_string(at.column) + ": " + problem,
                "Found " + found + "; expected " + expected + ".");
}

}  // namespace onetrip::section
