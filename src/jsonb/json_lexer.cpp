// The tokens of JSON text. Knows nothing of the grammar that joins them.

#include "jsonb/json_lexer.hpp"

#include "base/invisible.hpp"
#include "base/octets.hpp"
#include "base/utf8.hpp"
#include "base/utf8_writer.hpp"
#include "jsonb/json_parser.hpp"
#include "jsonb/numeric_parser.hpp"

namespace onetrip::jsonb {

namespace {

/// Error phrases quote no more than this of a token.
constexpr std::size_t longest_quote = 32;

bool is_word(std::uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '+' || byte == '-' || byte == '.';
}

/// The length of the character that begins the text, 0 if none exists.
std::size_t utf8_length(std::string_view text) {
    const Utf8Character character = text.empty() ? Utf8Character{} : first_character(text);
    return character.valid ? character.size : 0;
}

bool is_high_surrogate(std::uint32_t code) {
    return code >= 0xD800 && code <= 0xDBFF;
}
bool is_low_surrogate(std::uint32_t code) {
    return code >= 0xDC00 && code <= 0xDFFF;
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

std::string in_hexadecimal(std::uint8_t byte) {
    std::string text = "0x";
    append_hex({&byte, 1}, text);
    return text;
}

/// A character for an error phrase, which must be valid UTF-8 itself.
std::string quote_character(std::string_view text) {
    const auto byte = static_cast<std::uint8_t>(text.front());
    if (byte < 0x20 || byte == 0x7F) {
        return "byte " + in_hexadecimal(byte);
    }
    const Utf8Character character = first_character(text);
    if (character.size > 1 && is_invisible(character.code_point)) {
        return name_of_character(character.code_point);
    }
    return '"' + std::string(text.substr(0, character.size)) + '"';
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

std::string_view JsonLexer::number() {
    const std::size_t start = position_;
    const std::size_t size = number_size(text_.substr(start));
    position_ += size;
    if (size == 0 || is_word(byte(position_))) {
        const std::string word(word_at(start).substr(0, longest_quote));
        fail("invalid number \"" + word + '"', start);
    }
    return text_.substr(start, size);
}

/// Takes characters up to the closing quote or a backslash.
void JsonLexer::skip_plain(std::size_t string_start) {
    while (position_ < text_.size()) {
        const auto byte = static_cast<std::uint8_t>(text_[position_]);
        if (byte == '"' || byte == '\\') {
            return;
        }
        if (byte < 0x20) {
            fail("control character " + in_hexadecimal(byte) + " in a string", position_);
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
            fail("high surrogate without a low surrogate after it", start);
        }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_character(decoded, code);
}

std::uint32_t JsonLexer::code_unit() {
    std::uint32_t code = 0;
    for (std::size_t index = 2; index < 6; ++index) {
        const int digit = hex_digit(static_cast<char>(byte(position_ + index)));
        if (digit < 0) {
            fail("\"\\u\" without four hexadecimal digits", position_);
        }
        code = code << 4 | static_cast<std::uint32_t>(digit);
    }
    position_ += 6;
    return code;
}

}  // namespace onetrip::jsonb
