// Finds how much of a text of SQL the server's lexer takes without an error, if it is a part of a
// statement, or the settings of literals have changed since it was parsed. Finds its comments too.
//
// It knows quotes and comments alone: no keyword, no grammar, and nothing of the server's lexer.

#include "roundtrip/lexable_prefix.hpp"

#include <algorithm>
#include <array>

namespace onetrip::roundtrip {

namespace {

constexpr std::size_t unclosed = std::string_view::npos;

/// Words between two calls of interrupt.
constexpr std::size_t words_between = 4096;

constexpr bool is_letter(char c) {
    // Bytes beyond ASCII are letters to the server.
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/// The bytes that a word may have: a table, since they are asked for each letter of each text.
constexpr std::array<bool, 256> word_bytes = [] {
    std::array<bool, 256> found{};
    for (std::size_t byte = 0; byte < found.size(); ++byte) {
        const char c = static_cast<char>(byte);
        found[byte] = is_letter(c) || is_digit(c) || c == '$' || c == '.';
    }
    return found;
}();

bool is_word(char c) {
    return word_bytes[static_cast<unsigned char>(c)];
}

/// Each of these returns the position after what begins at `at`, or `unclosed`.
class Scan {
  public:
    Scan(std::string_view text, LiteralRules rules) : text_(text), rules_(rules) {}

    std::size_t token(std::size_t at) const {
        switch (text_[at]) {
            case '\'':
                return plain(at);
            case '"':
                return quoted(at, '"', false);
            case '-':
                return starts(at, "--") ? end_of_line(at) : at + 1;
            case '/':
                return starts(at, "/*") ? comment(at) : at + 1;
            case '$':
                return dollar(at);
            default:
                return is_word(text_[at]) ? word(at) : at + 1;
        }
    }

  private:
    bool starts(std::size_t at, std::string_view what) const {
        return text_.substr(at, what.size()) == what;
    }

    std::size_t end_of_line(std::size_t at) const {
        const std::size_t end = text_.find_first_of("\r\n", at);
        return end == unclosed ? text_.size() : end;
    }

    /// A doubled quote is a letter of the literal; one after a backslash is not allowed
    /// everywhere.
    std::size_t quoted(std::size_t at, char quote, bool has_escapes) const {
        for (std::size_t i = at + 1; i < text_.size(); ++i) {
            const bool is_escape = has_escapes && text_[i] == '\\';
            if (is_escape && !rules_.takes_escaped_quotes && text_.substr(i + 1, 1) == "'") {
                return unclosed;
            }
            if (is_escape || text_.substr(i, 2) == std::string_view(quote == '"' ? "\"\"" : "''")) {
                ++i;
            } else if (text_[i] == quote) {
                return i + 1;
            }
        }
        return unclosed;
    }

    /// A literal without a prefix.
    std::size_t plain(std::size_t at) const {
        const std::size_t end = quoted(at, '\'', !rules_.standard_conforming);
        const bool is_clear = !rules_.is_either || end == quoted(at, '\'', true);
        return is_clear ? end : unclosed;
    }

    /// E'…' has escapes whatever the setting, and so has each '…' that goes on with it on another
    /// line.
    std::size_t escaped(std::size_t at) const {
        std::size_t end = quoted(at, '\'', true);
        while (end != unclosed) {
            const std::size_t next = next_part(end);
            if (next == unclosed) {
                return end;
            }
            end = quoted(next, '\'', true);
        }
        return unclosed;
    }

    /// Where a literal that ends at `at` goes on: after blanks and line comments with an end of
    /// line among them; `unclosed` if it does not.
    std::size_t next_part(std::size_t at) const {
        bool has_line_end = false;
        while (at < text_.size() && text_[at] != '\'') {
            const bool is_comment = starts(at, "--");
            if (!is_comment && !is_blank(text_[at])) {
                return unclosed;
            }
            has_line_end |= text_[at] == '\n' || text_[at] == '\r';
            at = is_comment ? end_of_line(at) : at + 1;
        }
        return at < text_.size() && has_line_end ? at : unclosed;
    }

    std::size_t comment(std::size_t at) const {
        std::size_t depth = 0;
        while (at < text_.size()) {
            // Most letters need no look at the one after them.
            const bool is_plain = text_[at] != '/' && text_[at] != '*';
            if (!is_plain && starts(at, "/*")) {
                ++depth;
                at += 2;
            } else if (!is_plain && starts(at, "*/")) {
                at += 2;
                if (--depth == 0) {
                    return at;
                }
            } else {
                ++at;
            }
        }
        return unclosed;
    }

    /// $tag$ … $tag$, or a parameter.
    std::size_t dollar(std::size_t at) const {
        std::size_t end = at + 1;
        while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) {
            ++end;
        }
        const bool is_tag =
            end < text_.size() && text_[end] == '$' && (end == at + 1 || !is_digit(text_[at + 1]));
        if (!is_tag) {
            return end;
        }
        const std::string_view tag = text_.substr(at, end + 1 - at);
        const std::size_t close = text_.find(tag, end + 1);
        return close == unclosed ? unclosed : close + tag.size();
    }

    /// A word, a number, or the beginning of a literal: U&'…' is an error unless literals are the
    /// standard's.
    std::size_t word(std::size_t at) const {
        const char c = text_[at];
        if ((c == 'e' || c == 'E') && starts(at + 1, "'")) {
            return escaped(at + 1);
        }
        if ((c == 'u' || c == 'U') && starts(at + 1, "&'") && !rules_.standard_conforming) {
            return unclosed;
        }
        std::size_t end = at;
        while (end < text_.size() && is_word(text_[end])) {
            ++end;
        }
        return end;
    }

    std::string_view text_;
    LiteralRules rules_;
};

bool is_keyword(std::string_view word, std::string_view keyword) {
    return word.size() == keyword.size() &&
           std::equal(word.begin(), word.end(), keyword.begin(),
                      [](char a, char b) { return (a | 0x20) == b; });
}

bool ends_word(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == '(' || c == ')';
}

bool has_words(std::string_view comment, std::string_view words) {
    constexpr std::string_view between = " \t\r\n\f\v*/-,;";
    for (std::size_t at = comment.find(words); at != std::string_view::npos;
         at = comment.find(words, at + 1)) {
        const std::string_view after = comment.substr(at + words.size(), 1);
        if (between.find(comment[at - 1]) != std::string_view::npos &&
            (after.empty() || between.find(after) != std::string_view::npos)) {
            return true;
        }
    }
    return false;
}

}  // namespace

namespace {

/// The most bytes that are looked at before a statement.
constexpr std::size_t most_before = 4096;

/// Whether a statement may end within what looks like a comment, whose beginning is then a
/// literal's last line: after a quote, by a semicolon that has only blanks and comments after it.
bool may_end_statement(std::string_view comment) {
    std::size_t at = comment.find_first_of("'\"$*");
    while (at != unclosed && (at = comment.find(';', at)) != unclosed) {
        ++at;
        const std::size_t next = comment.find_first_not_of(" \t\n\r\f\v", at);
        const std::string_view rest = next == unclosed ? "" : comment.substr(next, 2);
        if (rest.empty() || rest == "--" || rest == "/*") {
            return true;
        }
    }
    return false;
}

/// Where the comment begins whose closing delimiter ends the text; npos if none exists. Comments
/// may be nested.
std::size_t begin_of_closed(std::string_view text) {
    int open = 1;
    for (std::size_t at = text.size() - 2; at >= 2;) {
        const std::string_view delimiter = text.substr(at - 2, 2);
        const bool opens = delimiter == "/*";
        const bool closes = delimiter == "*/";
        open += closes ? 1 : opens ? -1 : 0;
        if (open == 0) {
            return at - 2;
        }
        at -= opens || closes ? 2 : 1;
    }
    return unclosed;
}

/// Where the comment begins that is the whole last line of the text; npos if none exists.
std::size_t begin_of_line_comment(std::string_view text) {
    const std::size_t line_end = text.find_last_of("\r\n");
    std::size_t at = line_end == unclosed ? 0 : line_end + 1;
    while (at < text.size() && is_blank(text[at])) {
        ++at;
    }
    const std::string_view line = text.substr(at);
    return line.substr(0, 2) == "--" && !may_end_statement(line) ? at : unclosed;
}

/// Whether a closed comment that ends with its line may be the end of a line comment, after a
/// literal in which it seems to begin.
bool may_end_line_comment(std::string_view comment) {
    const std::size_t line_end = comment.find_last_of("\r\n");
    const std::string_view line = line_end == unclosed ? comment : comment.substr(line_end);
    return line.find("--") != unclosed && may_end_statement(comment.substr(2));
}

/// Where the last comment of the text begins, if only blanks are after it; npos if none exists.
std::size_t begin_of_last_comment(std::string_view text) {
    std::size_t end = text.size();
    while (end > 0 && is_blank(text[end - 1])) {
        --end;
    }
    const std::string_view rest = text.substr(0, end);
    const bool may_be_closed = rest.size() >= 4 && rest.substr(end - 2) == "*/";
    const std::size_t begin = may_be_closed ? begin_of_closed(rest) : unclosed;
    if (text.substr(end).find_first_of("\r\n") == unclosed) {
        return begin;
    }
    return begin == unclosed || may_end_line_comment(rest.substr(begin))
               ? begin_of_line_comment(rest)
               : begin;
}

}  // namespace

std::size_t begin_with_comments(std::string_view text, std::size_t begin) noexcept {
    const std::size_t from = begin - std::min(begin, most_before);
    const std::string_view before = text.substr(from, begin - from);
    std::size_t found = before.size();
    for (std::size_t at = found; at != unclosed; at = begin_of_last_comment(before.substr(0, at))) {
        found = at;
    }
    return from + found;
}

bool has_ignore_comment(std::string_view text, LiteralRules rules) {
    const Scan scan(text, rules);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = scan.token(at);
        if (end == unclosed) {
            return false;
        }
        const std::string_view token = text.substr(at, end - at);
        if ((token.substr(0, 2) == "/*" || token.substr(0, 2) == "--") &&
            has_words(token, ignore_words)) {
            return true;
        }
        at = end;
    }
    return false;
}

std::size_t lexable_prefix(std::string_view text, bool is_cut, LiteralRules rules,
                           Interrupt interrupt) {
    const Scan scan(text, rules);
    std::size_t safe = 0;
    std::size_t at = 0;
    for (std::size_t words = 1; at < text.size(); ++words) {
        if (words % words_between == 0) {
            interrupt();
        }
        const std::size_t end = scan.token(at);
        if (end == unclosed) {
            return safe;
        }
        at = end;
        // Numbers, operators and prefixes of literals may go on in what is missing.
        if (ends_word(text[at - 1])) {
            safe = at;
        }
    }
    return is_cut ? safe : text.size();
}

std::size_t end_of_list(std::string_view text, LiteralRules rules) {
    constexpr std::size_t most = 65'536;
    text = text.substr(0, most);
    const Scan scan(text, rules);
    std::size_t depth = 0;
    bool is_in_list = false;
    std::string_view before;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = scan.token(at);
        if (end == unclosed) {
            break;
        }
        const std::string_view token = text.substr(at, end - at);
        depth += token == "(" ? 1 : token == ")" && depth > 0 ? -1 : 0;
        if (is_letter(token.front())) {
            const bool is_operand = is_keyword(before, "distinct");
            if (depth == 0 && is_in_list &&
                ((is_keyword(token, "from") && !is_operand) || is_keyword(token, "where"))) {
                return at;
            }
            is_in_list |= depth == 0 && (is_keyword(token, "select") || is_keyword(token, "set"));
            before = token;
        }
        at = end;
    }
    return std::string_view::npos;
}

EdgeComments edge_comments(std::string_view text, LiteralRules rules, Interrupt interrupt) {
    constexpr std::size_t delimiter = 2;
    const Scan scan(text, rules);
    EdgeComments found;
    std::size_t at = 0;
    for (std::size_t words = 1; at < text.size(); ++words) {
        if (words % words_between == 0) {
            interrupt();
        }
        const std::size_t end = scan.token(at);
        if (end == unclosed) {
            break;
        }
        if (text[at] == '/' && end - at > delimiter) {
            found.last = text.substr(at + delimiter, end - at - 2 * delimiter);
            found.first = found.first.data() == nullptr ? found.last : found.first;
        }
        at = end;
    }
    return found;
}

}  // namespace onetrip::roundtrip
