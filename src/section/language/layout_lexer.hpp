#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/interrupt.hpp"
#include "section/language/layout.hpp"

namespace onetrip::section {

struct Token {
    enum class Kind : std::uint8_t {
        name,      ///< [A-Za-z_][A-Za-z0-9_]*
        number,    ///< begins with a digit
        symbol,    ///< one of { } ( ) [ ] , : = * + - & | ! < >, or == != <= >= && ||
        other,     ///< a character that the language does not use
        line_end,  ///< a newline or `;`
        text_end,
    };

    Kind kind = Kind::text_end;
    std::string_view text;
    TextPosition at;

    bool is_symbol(char symbol) const { return is_symbol(std::string_view(&symbol, 1)); }
    bool is_symbol(std::string_view symbol) const { return kind == Kind::symbol && text == symbol; }
    bool is_name(std::string_view name) const { return kind == Kind::name && text == name; }

    /// The words for a token that a message says was found: the token quoted, or "end of line". A
    /// character that nobody would see is named.
    std::string describe() const;
};

/// Cuts a layout's text (UTF-8) into tokens. Comments and blanks are passed over, and a byte order
/// mark at the beginning; line ends not.
class LayoutLexer {
  public:
    LayoutLexer(std::string_view text, Interrupt interrupt);

    const Token& current() const { return current_; }

    /// Returns the current token and moves to the next.
    Token take();

  private:
    void advance();
    void pass_blanks_and_comment();
    Token::Kind kind_of_next() const;
    std::size_t size_of_next(Token::Kind kind) const;

    std::string_view rest_;
    Ticker ticker_;
    TextPosition at_;
    Token current_;
};

/// Throws the error of a layout that is wrong: message with line and column, detail with what was
/// found and what was expected (both complete "Found …" and "expected …").
[[noreturn]] void refuse_layout(TextPosition at, const std::string& problem,
                                const std::string& found, const std::string& expected);

}  // namespace onetrip::section
