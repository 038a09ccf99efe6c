#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>

#include "section/types/text/text_table.hpp"

namespace onetrip::section {

/// Which character each code of a table stands for, and the codes by their characters. Codes are
/// counted from 0 without gaps.
struct CodeTable {
    const char16_t* characters;
    std::uint32_t codes;
    const std::uint16_t* by_character;  ///< of several codes for one character the first alone
    std::uint32_t assigned;
    const char32_t* wide;  ///< characters beyond U+FFFF, for which first_wide and up stand; or null

    static constexpr char16_t unassigned = 0xFFFD;
    static constexpr char16_t first_wide = 0xF000;

    /// 0 for a code that stands for none.
    char32_t character(std::uint32_t code) const {
        const char16_t character = code < codes ? characters[code] : unassigned;
        if (character == unassigned) {
            return 0;
        }
        const bool is_wide = wide != nullptr && character >= first_wide && character < 0xF900;
        return is_wide ? wide[character - first_wide] : character;
    }

    std::optional<std::uint32_t> code(char32_t wanted) const {
        const std::uint16_t* const end = by_character + assigned;
        const std::uint16_t* const found = std::lower_bound(
            by_character, end, wanted,
            [&](std::uint16_t code, char32_t sought) { return character(code) < sought; });
        if (found == end || character(*found) != wanted) {
            return std::nullopt;
        }
        return *found;
    }
};

/// KS X 1001 and GB 2312: rows of 94 codes, from bytes A1 A1 on.
const CodeTable& ks_x_1001_table();
const CodeTable& gb_2312_table();

/// Rows of 157 codes, from bytes A1 40 on; the second bytes are 40 to 7E and A1 to FE.
const CodeTable& big5_table();

/// The kanji set of STD-B24 and its additional symbols: rows of 94 codes, from 21 21 on.
const CodeTable& arib_kanji_table();

/// The characters of the bytes A0 to FF of ISO/IEC 8859-n or 6937; CodeTable::unassigned if a byte
/// stands for none.
const char16_t* upper_half(TextTable table);

/// A byte of ISO/IEC 6937 before the letter that has this mark, which Unicode has after it.
struct Mark {
    std::uint8_t byte;
    char16_t character;
};

/// A letter with a mark that Unicode has as one character.
struct Composed {
    std::uint8_t mark;  ///< its byte
    char16_t base;
    char16_t character;
};

/// The mark of a byte, or of a character; nullptr if it is not one.
const Mark* mark_of_byte(std::uint8_t byte);
const Mark* mark_of_character(char32_t character);

/// nullptr if Unicode has no such character.
const Composed* composed_of(std::uint8_t mark, char32_t base);
const Composed* composed_of(char32_t character);

}  // namespace onetrip::section
