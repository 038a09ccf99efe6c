#pragma once

#include <string_view>

#include "base/utf8.hpp"
#include "section/types/text/text_codec.hpp"

namespace onetrip::section {

/// The characters of a text one by one, and the one that cannot be written.
class Characters {
  public:
    explicit Characters(std::string_view text) : rest_(text) { read(); }

    bool at_end() const { return character_.size == 0; }

    /// The next character; 0 for bytes that are not UTF-8, and at the end.
    char32_t current() const { return character_.valid ? character_.code_point : 0; }

    void advance() {
        rest_.remove_prefix(character_.size);
        ++position_;
        read();
    }

    MissingCharacter missing() const { return {character_.code_point, position_}; }

  private:
    void read() {
        if (rest_.empty()) {
            character_ = {0, 0, false};
        } else if (static_cast<unsigned char>(rest_.front()) < 0x80) {
            character_ = {static_cast<unsigned char>(rest_.front()), 1, true};
        } else {
            character_ = first_character(rest_);
        }
    }

    std::string_view rest_;
    std::size_t position_ = 1;
    Utf8Character character_{0, 0, false};
};

}  // namespace onetrip::section
