// The text of a statement as the view shows it: its part of the client's string, with its constants
// replaced as the server's lexer finds them, cut at 1 kB.
//
// It knows lexemes and no grammar, and nothing of loops.

#include "postgres/round_trips/round_trip_text.hpp"

#include "postgres/server/interrupts.hpp"
#include "postgres/server/walls.hpp"
#include "roundtrip/lexable_prefix.hpp"

extern "C" {
#include "common/keywords.h"
#include "nodes/plannodes.h"
#include "parser/parser.h"
#include "parser/scanner.h"
}

namespace onetrip::postgres {

namespace {

/// The codes of the lexer's tokens, which parser/scanner.h says are the same in every parser on top
/// of it.
enum Token : int {
    end_of_text = 0,
    float_constant = 260,
    string_constant = 261,
    unicode_constant = 262,
    bit_constant = 263,
    hex_constant = 264,
    integer_constant = 266,
    parameter = 267,
};

bool is_constant(int token) {
    switch (token) {
        case float_constant:
        case string_constant:
        case unicode_constant:
        case bit_constant:
        case hex_constant:
        case integer_constant:
            return true;
        default:
            return false;
    }
}

constexpr const char* space = " \t\n\r\f\v";
constexpr const char* space_or_end = " \t\n\r\f\v;";

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(space);
    const std::size_t end = text.find_last_not_of(space_or_end);
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
        return {};
    }
    return text.substr(begin, end - begin + 1);
}

/// The server's lexer over a text that it takes without an error.
class Lexer {
  public:
    Lexer(const char* text, bool is_standard)
        : scanner_(scanner_init(text, &extra_, &ScanKeywords, ScanKeywordTokens)) {
        // The statement's parse has warned already.
        disable_lexer_warnings(extra_);
        set_standard_strings(extra_, is_standard);
    }

    int next() {
        CHECK_FOR_INTERRUPTS();
        return core_yylex(&value_, &location_, scanner_);
    }

    void finish() { scanner_finish(scanner_); }

    int location() const { return location_; }
    /// The lexer puts a zero byte after the token until it reads the next.
    int end() const {
        return location_ + static_cast<int>(std::strlen(extra_.scanbuf + location_));
    }
    int number() const { return value_.ival; }
    bool is_word(const char* word) const {
        return pg_strcasecmp(extra_.scanbuf + location_, word) == 0;
    }

  private:
    core_yy_extra_type extra_{};
    core_yyscan_t scanner_;
    core_YYSTYPE value_{};
    YYLTYPE location_ = 0;
};

int highest_parameter(const char* text, bool is_standard) {
    int highest = 0;
    if (std::strchr(text, '$') == nullptr) {
        return highest;
    }
    Lexer lexer(text, is_standard);
    for (int token = lexer.next(); token != end_of_text; token = lexer.next()) {
        if (token == parameter) {
            highest = Max(highest, lexer.number());
        }
    }
    lexer.finish();
    return highest;
}

/// Where the statement itself begins: after PREPARE name (types) AS, or DECLARE name CURSOR FOR.
int begin_of_statement(const char* text, bool is_standard) {
    Lexer lexer(text, is_standard);
    lexer.next();
    const char* const last_word = lexer.is_word("prepare")   ? "as"
                                  : lexer.is_word("declare") ? "for"
                                                             : nullptr;
    int begin = 0;
    for (int depth = 0; last_word != nullptr && begin == 0;) {
        const int token = lexer.next();
        if (token == end_of_text) {
            break;
        }
        depth += token == '(' ? 1 : token == ')' ? -1 : 0;
        if (depth == 0 && lexer.is_word(last_word)) {
            begin = lexer.end();
        }
    }
    lexer.finish();
    return begin;
}

/// A statement as it is shown, as far as it will be: constants may be millions.
class NormalisedText {
  public:
    /// `list` is the end of a list of which a part may be left out; npos if none exists.
    NormalisedText(const char* text, std::size_t list, bool is_standard)
        : text_(text),
          is_standard_(is_standard),
          list_(list > PG_INT32_MAX ? PG_INT32_MAX : static_cast<int>(list)),
          number_(highest_parameter(text, is_standard)),
          copied_(begin_of_statement(text, is_standard)) {
        initStringInfo(&to_);
        copied_ += static_cast<int>(std::strspn(text_ + copied_, space));
    }

    void write() {
        Lexer lexer(text_, is_standard_);
        for (int token = lexer.next(); token != end_of_text && !is_full(); token = lexer.next()) {
            if (lexer.location() < copied_) {
                continue;
            }
            write_gap(lexer.location());
            if (lexer.location() >= list_ && list_size_ < 0) {
                list_size_ = to_.len;
            }
            copied_ = lexer.location();
            if (is_constant(token)) {
                write_number();
            } else {
                copy(lexer.end());
            }
            copied_ = lexer.end();
        }
        lexer.finish();
    }

    /// Whether the text is longer than is shown. After a list, only the text after it counts.
    bool is_full() const { return !is_in_list() && has_most(); }

    std::string_view view() const { return {to_.data, static_cast<std::size_t>(to_.len)}; }

    /// The statement up to the end of its list, and the rest; all of it if it has no list.
    std::string_view head() const {
        return list_size_ < 0 ? view() : view().substr(0, static_cast<std::size_t>(list_size_));
    }
    std::string_view tail() const { return view().substr(head().size()); }

  private:
    /// Writes the gap between two tokens: blanks, and comments, of which no more than a blank is
    /// left.
    void write_gap(int end) {
        const std::string_view gap(text_ + copied_, static_cast<std::size_t>(end - copied_));
        const bool has_comment = gap.find_first_not_of(space) != std::string_view::npos;
        if (!has_comment) {
            copy(end);
        } else if (to_.len > 0 && !has_most()) {
            appendStringInfoChar(&to_, ' ');
        }
    }

    bool is_in_list() const { return list_size_ < 0 && list_ < PG_INT32_MAX; }
    bool has_most() const {
        return to_.len - Max(list_size_, 0) >= static_cast<int>(round_trip_text_room);
    }

    void write_number() {
        ++number_;
        if (!has_most()) {
            appendStringInfo(&to_, "$%d", number_);
        }
    }

    void copy(int end) {
        if (!has_most()) {
            appendBinaryStringInfo(&to_, text_ + copied_,
                                   Min(end - copied_, static_cast<int>(round_trip_text_room)));
        }
    }

    const char* text_;
    bool is_standard_;    ///< how it is read
    int list_;            ///< where it ends in the text
    int list_size_ = -1;  ///< of what is written, up to there
    int number_;          ///< of the last parameter
    int copied_;          ///< of the text, so far
    StringInfoData to_{};
};

/// `…`, or three dots if the encoding does not have it.
const char* ellipsis() {
    const char* const converted = utf8_to_server("\xE2\x80\xA6");
    return std::strcmp(converted, "?") == 0 ? "..." : converted;
}

/// The room for a list in front of what follows it: an eighth of all at least.
std::size_t room_of_list(std::string_view tail) {
    constexpr std::size_t least = round_trip_text_room / 8;
    constexpr std::size_t gap = 8;
    const std::size_t others = tail.size() + gap;
    return others + least < round_trip_text_room ? round_trip_text_room - others : least;
}

/// Copies as much of a list as there is room for, up to the end of an item, and what follows it.
void set_text_with_gap(RoundTripText& to, std::string_view head, std::string_view tail,
                       bool is_cut) {
    const std::size_t room = room_of_list(tail);
    const auto clipped = static_cast<std::size_t>(pg_mbcliplen(
        head.data(), static_cast<int>(head.size()), static_cast<int>(Min(room, head.size()))));
    const std::size_t comma = head.substr(0, clipped).rfind(',');
    StringInfoData text;
    initStringInfo(&text);
    appendBinaryStringInfo(&text, head.data(),
                           static_cast<int>(comma == std::string_view::npos ? clipped : comma + 1));
    appendStringInfo(&text, " %s ", ellipsis());
    appendBinaryStringInfo(&text, tail.data(), static_cast<int>(tail.size()));
    set_round_trip_text(to, {text.data, static_cast<std::size_t>(text.len)}, is_cut);
}

/// Where a statement begins with the comments before it, which are a part of it. From 18 on, its
/// location is after them.
const char* begin_at(const char* text, int location) {
    if (location <= 0) {
        return text;
    }
    const auto first = static_cast<std::size_t>(location);
    return text + roundtrip::begin_with_comments({text, first}, first);
}

/// The text may be that of thousands of statements: it is not gone over for each of them.
std::string_view part_of(const char* text, int location, int length) {
    const char* const rest = text + Max(location, 0);
    const std::size_t size =
        length > 0 ? strnlen(rest, static_cast<std::size_t>(length)) : std::strlen(rest);
    const char* const begin = begin_at(text, location);
    return {begin, static_cast<std::size_t>(rest + size - begin)};
}

/// The settings of standard_conforming_strings that texts of this session were parsed under.
struct SeenLiterals {
    bool standard;
    bool escaped;
};
SeenLiterals seen_literals = {};

/// Whether the string of a statement may have a backslash. Those of several, which were all parsed
/// before the first of them ran, are not gone over for each.
bool may_have_backslash(std::string_view statement) {
    const char* const end = statement.data() + statement.size();
    const bool is_last = end[0] == '\0' || (end[0] == ';' && end[1] == '\0');
    return !is_last || statement.find('\\') != std::string_view::npos;
}

}  // namespace

std::string_view text_of(const Query* statement, const char* text) {
    return part_of(text, statement->stmt_location, statement->stmt_len);
}

void look_at_literals(std::string_view statement) {
    bool& seen = has_standard_strings() ? seen_literals.standard : seen_literals.escaped;
    seen = seen || may_have_backslash(statement);
}

/// The rules follow the current backslash_quote, which may differ from that of the statement's
/// parse.
roundtrip::LiteralRules literal_rules() {
    const bool is_safe = backslash_quote == BACKSLASH_QUOTE_SAFE_ENCODING &&
                         !PG_ENCODING_IS_CLIENT_ONLY(pg_get_client_encoding());
    return {seen_literals.standard || !seen_literals.escaped,
            backslash_quote == BACKSLASH_QUOTE_ON || is_safe,
            seen_literals.standard && seen_literals.escaped};
}

roundtrip::LiteralRules comment_rules() {
    roundtrip::LiteralRules rules = literal_rules();
    rules.takes_escaped_quotes = true;
    return rules;
}

StatementSource source_of(const PlannedStmt* statement, const char* text) {
    return {trimmed(part_of(text, statement->stmt_location, statement->stmt_len)), false};
}

StatementSource source_of(const Query* statement, const char* text) {
    return {trimmed(text_of(statement, text)), false};
}

void locate_query_of_cursor(Query* statement) {
    const auto* const cursor = reinterpret_cast<const DeclareCursorStmt*>(statement->utilityStmt);
    if (cursor == nullptr || !IsA(cursor, DeclareCursorStmt)) {
        return;
    }
    Query* const query = castNode(Query, cursor->query);
    if (query->stmt_len == 0) {
        query->stmt_location = statement->stmt_location;
        query->stmt_len = statement->stmt_len;
    }
}

bool names_ignore(std::string_view statement) {
    // Most texts have no colon, which is found out by far faster.
    return statement.find(':') != std::string_view::npos &&
           memmem(statement.data(), statement.size(), roundtrip::ignore_words,
                  std::strlen(roundtrip::ignore_words)) != nullptr;
}

bool has_ignore_comment(StatementSource source) {
    // Most statements of such a session have none.
    return names_ignore(source.text) && call_cpp([source, rules = literal_rules()] {
               return roundtrip::has_ignore_comment(source.text, rules);
           });
}

void set_round_trip_text(RoundTripText& to, std::string_view text, bool is_cut) {
    if (!is_cut && text.size() < sizeof to) {
        text.copy(to, text.size());
        to[text.size()] = '\0';
        return;
    }
    const char* const end = ellipsis();
    const auto room = static_cast<int>(sizeof to - 1 - std::strlen(end));
    const int size = pg_mbcliplen(text.data(), static_cast<int>(text.size()), room);
    text.copy(to, size);
    strlcpy(to + size, end, sizeof to - size);
}

void StatementEdges::set(StatementSource source) {
    std::string_view rest = source.text;
    list = 0;
    if (rest.size() > room) {
        const roundtrip::LiteralRules rules = literal_rules();
        const std::size_t end = call_cpp([&] { return roundtrip::end_of_list(rest, rules); });
        if (end != std::string_view::npos && end > room / 2) {
            const std::string_view head = rest.substr(0, room / 2 - 1);
            list = call_cpp([&] { return roundtrip::lexable_prefix(head, true, rules); });
            head.copy(text, list);
            text[list++] = ' ';
            rest.remove_prefix(end);
        }
    }
    const std::size_t taken = rest.copy(text + list, room - list);
    size = list + taken;
    is_cut = source.is_cut || taken < rest.size();
}

void normalise_statement(RoundTripText& to, StatementSource source) {
    const roundtrip::LiteralRules rules = literal_rules();
    const std::size_t size = call_cpp([&] {
        return roundtrip::lexable_prefix(source.text, source.is_cut, rules, check_for_interrupts);
    });
    const bool is_cut = source.is_cut || size < source.text.size();
    const std::string_view text = source.text.substr(0, size);
    const bool is_list_cut = source.list != 0 && source.list < size;
    NormalisedText normalised(
        pnstrdup(text.data(), size),
        is_list_cut ? source.list : call_cpp([&] { return roundtrip::end_of_list(text, rules); }),
        rules.standard_conforming);
    normalised.write();
    const std::string_view head = normalised.head();
    const std::string_view tail =
        normalised.is_full() ? normalised.tail() : trimmed(normalised.tail());
    const bool is_too_long = head.size() + tail.size() >= sizeof to;
    if (!tail.empty() && (is_list_cut || (is_too_long && head.size() > room_of_list(tail)))) {
        set_text_with_gap(to, head, tail, is_cut);
        return;
    }
    // A text that is full is cut by its room.
    set_round_trip_text(to, normalised.is_full() ? normalised.view() : trimmed(normalised.view()),
                        is_cut);
}

}  // namespace onetrip::postgres
