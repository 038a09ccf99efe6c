#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace onetrip::jsonb {

/// The tokens of a JSON text, as json_lex in src/common/jsonapi.c takes them. Any other text raises
/// a JsonError that names the byte, counted from 0.
class JsonLexer {
  public:
    explicit JsonLexer(std::string_view text) : text_(text) {}

    /// The next byte that is not white space, not yet taken; '\0' at the end of the text.
    char peek();

    /// Takes `byte` if it is the next one that is not white space.
    bool take(char byte);

    void expect_end();

    /// Takes a string whose opening quote is the next byte. Returns the bytes between the quotes if
    /// these are the string, else appends the string to `decoded` and sets `escaped`.
    std::string_view string(std::vector<std::uint8_t>& decoded, bool& escaped);

    /// Takes a number that begins with the next byte.
    std::string_view number();

    /// Takes `word` or fails.
    void keyword(std::string_view word);

    std::size_t position() const { return position_; }

    /// Throws `unexpected "…" at byte N` for the token that comes next.
    [[noreturn]] void unexpected();

    /// Throws `phrase at byte N`.
    [[noreturn]] static void fail(const std::string& phrase, std::size_t position);

  private:
    void skip_plain(std::size_t string_start);
    void unescape(std::vector<std::uint8_t>& decoded);
    void unescape_unicode(std::vector<std::uint8_t>& decoded);
    std::uint32_t code_unit();
    std::string_view word_at(std::size_t position) const;
    std::uint8_t byte(std::size_t position) const {
        return position < text_.size() ? static_cast<std::uint8_t>(text_[position]) : 0;
    }

    std::string_view text_;
    std::size_t position_ = 0;
};

}  // namespace onetrip::jsonb
