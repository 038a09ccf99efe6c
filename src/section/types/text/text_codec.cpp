// Reads and writes text in the tables of EN 300 468, annex A. It knows no selectors and no JSON.

#include "section/types/text/text_codec.hpp"

#include <algorithm>

#include "base/printable_ascii.hpp"
#include "base/utf8.hpp"
#include "base/utf8_writer.hpp"
#include "section/types/text/character_tables.hpp"
#include "section/types/text/characters.hpp"

namespace onetrip::section {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint8_t line_end = 0x8A;     ///< table A.1: CR/LF
constexpr char32_t control_codes = 0xE000;  ///< as table 0x11 has them: U+E000 + code
constexpr char32_t line_end_code = control_codes + line_end;

bool is_control(std::uint8_t byte) {
    return byte < 0x20 || (byte >= 0x80 && byte < 0xA0);
}

char32_t character_of_control(std::uint8_t byte) {
    return byte == line_end ? U'\n' : control_codes + byte;
}

/// The code of U+E000 to U+E01F, U+E080 to U+E09F and of the line feed.
std::optional<std::uint8_t> control_of(char32_t character) {
    if (character == U'\n') {
        return line_end;
    }
    if (character < control_codes || character > control_codes + 0x9F ||
        character == line_end_code) {
        return std::nullopt;
    }
    const auto byte = static_cast<std::uint8_t>(character - control_codes);
    return is_control(byte) ? std::optional(byte) : std::nullopt;
}

// ---- one byte a character ----------------------------------------------------------------------

/// The character of a byte that is not a mark; 0 if none exists.
char32_t character_of_byte(const char16_t* upper, std::uint8_t byte) {
    if (byte >= 0xA0) {
        return upper[byte - 0xA0] == CodeTable::unassigned ? 0 : upper[byte - 0xA0];
    }
    return is_control(byte) ? character_of_control(byte) : byte;
}

std::optional<std::uint8_t> byte_of(const char16_t* upper, char32_t character) {
    if (character >= 0x20 && character < 0x80) {
        return static_cast<std::uint8_t>(character);
    }
    if (const auto control = control_of(character)) {
        return control;
    }
    const char16_t* const end = upper + 96;
    const char16_t* const found = std::find(upper, end, character);
    if (found == end || character == CodeTable::unassigned) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(0xA0 + (found - upper));
}

bool decode_8859(const char16_t* upper, Bytes bytes, std::string& text) {
    for (const std::uint8_t byte : bytes) {
        const char32_t character = character_of_byte(upper, byte);
        if (character == 0) {
            return false;
        }
        append_character(text, character);
    }
    return true;
}

std::optional<MissingCharacter> encode_8859(const char16_t* upper, std::string_view text,
                                            std::vector<std::uint8_t>& bytes) {
    for (Characters characters(text); !characters.at_end(); characters.advance()) {
        const auto byte = byte_of(upper, characters.current());
        if (!byte) {
            return characters.missing();
        }
        bytes.push_back(*byte);
    }
    return std::nullopt;
}

// ---- ISO/IEC 6937 ------------------------------------------------------------------------------

/// Whether a byte is a letter that a mark may stand before.
bool takes_mark(std::uint8_t byte) {
    return (byte >= 0x20 && byte < 0x7F) || byte >= 0xA0;
}

bool decode_6937(const char16_t* upper, Bytes bytes, std::string& text) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const Mark* const mark = mark_of_byte(bytes[i]);
        if (mark != nullptr && (++i == bytes.size() || !takes_mark(bytes[i]))) {
            return false;
        }
        const char32_t character = character_of_byte(upper, bytes[i]);
        if (character == 0) {
            return false;  // also a second mark
        }
        const Composed* const composed =
            mark == nullptr ? nullptr : composed_of(mark->byte, character);
        append_character(text, composed == nullptr ? character : composed->character);
        if (mark != nullptr && composed == nullptr) {
            append_character(text, mark->character);
        }
    }
    return true;
}

/// A letter and the mark after it change places, unless Unicode has both as one character: that is
/// then how the text would come back.
std::optional<MissingCharacter> encode_6937(const char16_t* upper, std::string_view text,
                                            std::vector<std::uint8_t>& bytes) {
    bool has_base = false;  // whether the last byte is a letter without a mark
    for (Characters characters(text); !characters.at_end(); characters.advance()) {
        const char32_t character = characters.current();
        if (const auto byte = byte_of(upper, character)) {
            bytes.push_back(*byte);
            has_base = takes_mark(*byte);
            continue;
        }
        const Mark* const mark = has_base ? mark_of_character(character) : nullptr;
        const Composed* const composed = composed_of(character);
        has_base = false;
        if (composed != nullptr) {
            bytes.push_back(composed->mark);
            bytes.push_back(*byte_of(upper, composed->base));
        } else if (mark != nullptr &&
                   composed_of(mark->byte, character_of_byte(upper, bytes.back())) == nullptr) {
            bytes.insert(bytes.end() - 1, mark->byte);
        } else {
            return characters.missing();
        }
    }
    return std::nullopt;
}

// ---- two bytes a character ---------------------------------------------------------------------

/// The difference between the tables of two bytes. ASCII is one byte in each.
struct TwoBytes {
    const CodeTable& table;
    bool is_big5;

    std::uint32_t row_size() const { return is_big5 ? 157 : 94; }

    /// The cell of a second byte in its row; none if it is not such a byte.
    std::optional<std::uint32_t> cell_of(std::uint8_t byte) const {
        if (byte >= 0xA1 && byte < 0xFF) {
            return byte - (is_big5 ? 0xA1U - 63U : 0xA1U);
        }
        return is_big5 && byte >= 0x40 && byte < 0x7F ? std::optional(byte - 0x40U) : std::nullopt;
    }

    std::uint8_t byte_of_cell(std::uint32_t cell) const {
        if (!is_big5) {
            return static_cast<std::uint8_t>(0xA1 + cell);
        }
        return static_cast<std::uint8_t>(cell < 63 ? 0x40 + cell : 0xA1 + cell - 63);
    }

    /// The character of two bytes, of which the first is from A1 on; 0 if none exists. Row E0
    /// holds the control codes, in cells that no table uses.
    char32_t character(std::uint8_t first, std::uint8_t second) const {
        if (first == 0xE0 && second >= 0x80 && second < 0xA0) {
            return character_of_control(second);
        }
        const auto cell = cell_of(second);
        return cell ? table.character((first - 0xA1U) * row_size() + *cell) : 0;
    }
};

TwoBytes two_bytes(TextTable table) {
    switch (table) {
        case TextTable::ks_x_1001:
            return {ks_x_1001_table(), false};
        case TextTable::gb_2312:
            return {gb_2312_table(), false};
        default:
            return {big5_table(), true};
    }
}

bool decode_two_bytes(const TwoBytes& table, Bytes bytes, std::string& text) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::uint8_t byte = bytes[i];
        char32_t character = 0;
        if (byte < 0x80 || is_control(byte)) {
            character = is_control(byte) ? character_of_control(byte) : byte;
        } else if (byte > 0xA0 && i + 1 < bytes.size()) {
            character = table.character(byte, bytes[++i]);
        }
        if (character == 0) {
            return false;
        }
        append_character(text, character);
    }
    return true;
}

/// The codes below 0x20 are one byte, as ASCII is; those from 0x80 on two.
void append_control(std::uint8_t control, std::vector<std::uint8_t>& bytes) {
    if (control >= 0x80) {
        bytes.push_back(0xE0);
    }
    bytes.push_back(control);
}

std::optional<MissingCharacter> encode_two_bytes(const TwoBytes& table, std::string_view text,
                                                 std::vector<std::uint8_t>& bytes) {
    for (Characters characters(text); !characters.at_end(); characters.advance()) {
        const char32_t character = characters.current();
        if (character >= 0x20 && character < 0x80) {
            bytes.push_back(static_cast<std::uint8_t>(character));
        } else if (const auto control = control_of(character)) {
            append_control(*control, bytes);
        } else if (const auto code = table.table.code(character)) {
            bytes.push_back(static_cast<std::uint8_t>(0xA1 + *code / table.row_size()));
            bytes.push_back(table.byte_of_cell(*code % table.row_size()));
        } else {
            return characters.missing();
        }
    }
    return std::nullopt;
}

// ---- Unicode -----------------------------------------------------------------------------------

bool decode_utf_8(Bytes bytes, std::string& text) {
    std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    text = rest;
    for (rest.remove_prefix(printable_ascii_size(rest)); !rest.empty();) {
        const Utf8Character character = first_character(rest);
        if (!character.valid || character.code_point == 0) {
            return false;
        }
        rest.remove_prefix(character.size);
        rest.remove_prefix(printable_ascii_size(rest));
    }
    return true;
}

std::optional<MissingCharacter> encode_utf_8(std::string_view text,
                                             std::vector<std::uint8_t>& bytes) {
    bytes.insert(bytes.end(), text.begin(), text.end());
    return std::nullopt;
}

enum class LineEnds : std::uint8_t { plain, as_control_codes };

/// The character of a unit. With control codes, U+0000 is one of them too, for want of another way
/// to say it.
char32_t character_of_unit(char32_t unit, LineEnds line_ends) {
    if (line_ends == LineEnds::as_control_codes) {
        return unit == line_end_code ? U'\n' : unit == 0 ? control_codes : unit;
    }
    return unit;
}

bool decode_units(Bytes bytes, LineEnds line_ends, std::string& text) {
    const auto unit_at = [&](std::size_t i) -> char32_t {
        return i + 1 < bytes.size() ? static_cast<char32_t>(bytes[i] << 8 | bytes[i + 1]) : 0;
    };
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        char32_t character = character_of_unit(unit_at(i), line_ends);
        if (character >= 0xD800 && character < 0xDC00) {
            i += 2;
            const char32_t low = unit_at(i);
            const bool is_pair = low >= 0xDC00 && low < 0xE000;
            character = is_pair ? 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00) : 0;
        } else if (character >= 0xDC00 && character < 0xE000) {
            return false;
        }
        if (character == 0) {
            return false;
        }
        append_character(text, character);
    }
    return bytes.size() % 2 == 0;
}

void append_unit(char32_t unit, std::vector<std::uint8_t>& bytes) {
    bytes.push_back(static_cast<std::uint8_t>(unit >> 8));
    bytes.push_back(static_cast<std::uint8_t>(unit));
}

std::optional<MissingCharacter> encode_units(std::string_view text, LineEnds line_ends,
                                             std::vector<std::uint8_t>& bytes) {
    const bool has_codes = line_ends == LineEnds::as_control_codes;
    for (Characters characters(text); !characters.at_end(); characters.advance()) {
        const char32_t character = characters.current();
        if (character == 0 || (has_codes && character == line_end_code)) {
            return characters.missing();
        }
        if (character > 0xFFFF) {
            append_unit(0xD800 + ((character - 0x10000) >> 10), bytes);
            append_unit(0xDC00 + ((character - 0x10000) & 0x3FF), bytes);
        } else {
            append_unit(has_codes && character == U'\n' ? line_end_code : character, bytes);
        }
    }
    return std::nullopt;
}

bool decode(TextTable table, Bytes bytes, std::string& text) {
    switch (table) {
        case TextTable::iso_6937:
            return decode_6937(upper_half(table), bytes, text);
        case TextTable::utf_16:
            return decode_units(bytes, LineEnds::as_control_codes, text);
        case TextTable::utf_8:
            return decode_utf_8(bytes, text);
        case TextTable::ks_x_1001:
        case TextTable::gb_2312:
        case TextTable::big5:
            return decode_two_bytes(two_bytes(table), bytes, text);
        default:
            return decode_8859(upper_half(table), bytes, text);
    }
}

}  // namespace

std::optional<std::string> decode_text(TextTable table, std::span<const std::uint8_t> bytes) {
    if (table == TextTable::arib) {
        return decode_arib(bytes);
    }
    std::string text;
    text.reserve(bytes.size());
    return decode(table, bytes, text) ? std::optional(std::move(text)) : std::nullopt;
}

std::optional<MissingCharacter> encode_text(TextTable table, std::string_view text,
                                            std::vector<std::uint8_t>& bytes) {
    switch (table) {
        case TextTable::arib:
            return encode_arib(text, bytes);
        case TextTable::iso_6937:
            return encode_6937(upper_half(table), text, bytes);
        case TextTable::utf_16:
            return encode_units(text, LineEnds::as_control_codes, bytes);
        case TextTable::utf_8:
            return encode_utf_8(text, bytes);
        case TextTable::ks_x_1001:
        case TextTable::gb_2312:
        case TextTable::big5:
            return encode_two_bytes(two_bytes(table), text, bytes);
        default:
            return encode_8859(upper_half(table), text, bytes);
    }
}

std::optional<std::string> decode_utf_16(std::span<const std::uint8_t> bytes) {
    std::string text;
    return decode_units(bytes, LineEnds::plain, text) ? std::optional(std::move(text))
                                                      : std::nullopt;
}

std::optional<MissingCharacter> encode_utf_16(std::string_view text,
                                              std::vector<std::uint8_t>& bytes) {
    return encode_units(text, LineEnds::plain, bytes);
}

}  // namespace onetrip::section
