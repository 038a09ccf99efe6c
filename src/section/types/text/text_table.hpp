#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace onetrip::section {

/// The tables of characters that texts are written in: those of EN 300 468, annex A, and the 8-unit
/// code of ARIB STD-B24.
enum class TextTable : std::uint8_t {
    none,      ///< of a field: no table is given
    iso_6937,  ///< with the euro sign: EN 300 468, figure A.1
    iso_8859_1,
    iso_8859_2,
    iso_8859_3,
    iso_8859_4,
    iso_8859_5,
    iso_8859_6,
    iso_8859_7,
    iso_8859_8,
    iso_8859_9,
    iso_8859_10,
    iso_8859_11,
    iso_8859_13,
    iso_8859_14,
    iso_8859_15,
    arib,       ///< STD-B24, volume 1, part 2, 7.1
    utf_16,     ///< table 0x11: big-endian
    ks_x_1001,  ///< table 0x12: EUC-KR
    gb_2312,    ///< table 0x13: EUC-CN
    big5,       ///< table 0x14
    utf_8,      ///< table 0x15
};

/// The table that a layout names so: `6937`, `8859-1` to `8859-15`, `arib`; nullopt for others.
std::optional<TextTable> text_table_of(std::string_view name);

/// The name of a table, in a layout and in messages; empty for `none`.
std::string_view name_of(TextTable table);

/// The names that a layout may use, for messages.
std::string_view text_table_names();

}  // namespace onetrip::section
