#include "jsonb/json_lexer.hpp"

#include <cstdio>
#include <optional>

#include "base/invisible.hpp"
#include "jsonb/json_parser.hpp"

namespace onetrip::jsonb {

namespace {

/// Error phrases quote no more than this of a token.
constexpr std::size_t longest_quote = 32;

bool is_digit(std::uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

bool is_word(std::uint8_t byte) {
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte == '_' || byte == '+' || byte == '-' || byte == '.';
}

std::size_t expected_length(std::uint8_t lead) {
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return 0;
    }
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/// The length of the character that begins the text, 0 if there is none: pg_utf8_islegal in
/// src/common/wchar.c, which refuses overlong forms, surrogates and what is above U+10FFFF.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
    const std::size_t length = text.empty() ? 0 : expected_length(byte(0));
    if (length < 2 || length > text.size()) {
        return length > text.size() ? 0 : length;
    }

    const std::uint8_t lowest = byte(0) == 0xE0 ? 0xA0 : byte(0) == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t highest = byte(0) == 0xED ? 0x9F : byte(0) == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < lowest || byte(1) > highest) {
        return 0;
    }
    for (std::size_t index = 2; index < length; ++index) {
        if (byte(index) < 0x80 || byte(index) > 0xBF) {
            return 0;
        }
    }
    return length;
}

void append_utf8(std::vector<std::uint8_t>& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<std::uint8_t>(byte)); };
    if (code < 0x80) {
        put(code);
        return;
    }
    if (code < 0x800) {
        put(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            put(0xE0 | code >> 12);
        } else {
            put(0xF0 | code >> 18);
            put(0x80 | (code >> 12 & 0x3F));
        }
        put(0x80 | (code >> 6 & 0x3F));
    }
    put(0x80 | (code & 0x3F));
}

bool is_high_surrogate(std::uint32_t code) {
    return code >= 0xD800 && code <= 0xDBFF;
}
bool is_low_surrogate(std::uint32_t code) {
    return code >= 0xDC00 && code <= 0xDFFF;
}

int hexadecimal(std::uint8_t byte) {
    if (is_digit(byte)) {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + 10;
    }
    if (byte >= 'A' && byte <= 'F') {
        return byte - 'A' + 10;
    }
    return -1;
}

/// The character that a two-character escape stands for, 0 for none.
char escaped_character(char letter) {
    switch (letter) {
        case '"':
        case '\\':
        case '/':
            return letter;
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        default:
            return 0;
    }
}

std::string in_hexadecimal(const char* format, unsigned number) {
    char text[16];
    std::snprintf(text, sizeof text, format, number);
    return text;
}

/// The character of two or more bytes that begins the text, if a reader would not see it.
std::optional<char32_t> invisible_character(std::string_view text) {
    const std::size_t length = utf8_length(text);
    if (length < 2) {
        return std::nullopt;
    }
    char32_t character = static_cast<std::uint8_t>(text.front()) & (0x7FU >> length);
    for (const char byte : text.substr(1, length - 1)) {
        character = character << 6 | (static_cast<std::uint8_t>(byte) & 0x3FU);
    }
    return is_invisible(character) ? std::optional(character) : std::nullopt;
}

/// A character for an error phrase, which must be valid UTF-8 itself.
std::string quote_character(std::string_view text) {
    const auto byte = static_cast<std::uint8_t>(text.front());
    if (byte < 0x20 || byte == 0x7F) {
        return in_hexadecimal("byte 0x%02x", byte);
    }
    if (const std::optional<char32_t> character = invisible_character(text)) {
        return name_of_character(*character);
    }
    return '"' + std::string(text.substr(0, utf8_length(text))) + '"';
}

}  // namespace

void JsonLexer::fail(const std::string& phrase, std::size_t position) {
    throw JsonError(phrase + " at byte " + std::to_string(position));
}

std::string_view JsonLexer::word_at(std::size_t position) const {
    std::size_t end = position;
    while (end < text_.size() && is_word(byte(end))) {
        ++end;
    }
    return text_.substr(position, end - position);
}

void JsonLexer::unexpected() {
    peek();
    if (position_ == text_.size()) {
        fail("unexpected end of text", position_);
    }
    if (text_[position_] == '"') {
        fail("unexpected string", position_);
    }
    if (const std::string_view word = word_at(position_); !word.empty()) {
        fail("unexpected \"" + std::string(word.substr(0, longest_quote)) + '"', position_);
    }
    if (utf8_length(text_.substr(position_)) == 0) {
        fail("invalid UTF-8", position_);
    }
    fail("unexpected " + quote_character(text_.substr(position_)), position_);
}

char JsonLexer::peek() {
    while (position_ < text_.size()) {
        const char byte = text_[position_];
        if (byte != ' ' && byte != '\n' && byte != '\t' && byte != '\r') {
            return byte;
        }
        ++position_;
    }
    return '\0';
}

bool JsonLexer::take(char byte) {
    if (peek() != byte) {
        return false;
    }
    ++position_;
    return true;
}

void JsonLexer::expect_end() {
    peek();
    if (position_ < text_.size()) {
        unexpected();
    }
}

void JsonLexer::keyword(std::string_view word) {
    if (word_at(position_) != word) {
        unexpected();
    }
    position_ += word.size();
}

bool JsonLexer::digits() {
    const std::size_t start = position_;
    while (is_digit(byte(position_))) {
        ++position_;
    }
    return position_ > start;
}

std::string_view JsonLexer::number() {
    const std::size_t start = position_;
    position_ += byte(position_) == '-';
    const bool leading_zero = byte(position_) == '0';
    const std::size_t whole = position_;
    bool valid = digits() && (!leading_zero || position_ == whole + 1);
    if (valid && byte(position_) == '.') {
        ++position_;
        valid = digits();
    }
    if (valid && (byte(position_) == 'e' || byte(position_) == 'E')) {
        ++position_;
        position_ += byte(position_) == '+' || byte(position_) == '-';
        valid = digits();
    }
    if (!valid || is_word(byte(position_))) {
        const std::string word(word_at(start).substr(0, longest_quote));
        fail("invalid number \"" + word + '"', start);
    }
    return text_.substr(start, position_ - start);
}

/// Up to the closing quote or a backslash.
void JsonLexer::skip_plain(std::size_t string_start) {
    while (position_ < text_.size()) {
        const auto byte = static_cast<std::uint8_t>(text_[position_]);
        if (byte == '"' || byte == '\\') {
            return;
        }
        if (byte < 0x20) {
            fail("control character " + in_hexadecimal("0x%02x", byte) + " in a string", position_);
        }
        const std::size_t length = byte < 0x80 ? 1 : utf8_length(text_.substr(position_, 4));
        if (length == 0) {
            fail("invalid UTF-8", position_);
        }
        position_ += length;
    }
    fail("unterminated string", string_start);
}

std::string_view JsonLexer::string(std::vector<std::uint8_t>& decoded, bool& escaped) {
    const std::size_t quote = position_++;
    std::size_t plain = position_;
    skip_plain(quote);
    escaped = text_[position_] == '\\';
    if (!escaped) {
        return text_.substr(plain, position_++ - plain);
    }

    for (;;) {
        decoded.insert(decoded.end(), text_.data() + plain, text_.data() + position_);
        if (text_[position_] == '"') {
            break;
        }
        unescape(decoded);
        plain = position_;
        skip_plain(quote);
    }
    ++position_;
    return {};
}

void JsonLexer::unescape(std::vector<std::uint8_t>& decoded) {
    const std::size_t start = position_;
    const std::size_t letter = start + 1;
    if (letter == text_.size()) {
        fail("unterminated string", start);
    }
    if (text_[letter] == 'u') {
        unescape_unicode(decoded);
        return;
    }
    const char character = escaped_character(text_[letter]);
    if (character == 0) {
        const bool printable = byte(letter) >= 0x20 && byte(letter) < 0x7F;
        fail(printable ? "invalid escape \"\\" + std::string(1, text_[letter]) + '"'
                       : std::string("invalid escape"),
             start);
    }
    decoded.push_back(static_cast<std::uint8_t>(character));
    position_ += 2;
}

/// \uXXXX, or two of them that are a surrogate pair. Text has no place for U+0000.
void JsonLexer::unescape_unicode(std::vector<std::uint8_t>& decoded) {
    const std::size_t start = position_;
    std::uint32_t code = code_unit();
    if (code == 0) {
        fail("\\u0000 cannot be converted to text", start);
    }
    if (is_low_surrogate(code)) {
        fail("low surrogate without a high surrogate before it", start);
    }
    if (is_high_surrogate(code)) {
        const bool escape = byte(position_) == '\\' && byte(position_ + 1) == 'u';
        const std::uint32_t low = escape ? code_unit() : 0;
        if (!is_low_surrogate(low)) {
            fail("high surrogate without a low surrogate behind it", start);
        }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(decoded, code);
}

std::uint32_t JsonLexer::code_unit() {
    std::uint32_t code = 0;
    for (std::size_t index = 2; index < 6; ++index) {
        const int digit = hexadecimal(byte(position_ + index));
        if (digit < 0) {
            fail("\"\\u\" without four hexadecimal digits", position_);
        }
        code = code << 4 | static_cast<std::uint32_t>(digit);
    }
    position_ += 6;
    return code;
}

}  // namespace onetrip::jsonb
