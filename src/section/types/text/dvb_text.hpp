#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.hpp"
#include "jsonb/jsonb_builder.hpp"
#include "section/types/text/text_table.hpp"
#include "section/value.hpp"

namespace onetrip::section {

/// The form as which a text of EN 300 468, annex A, is read: the first of these forms that is
/// written as the same bytes again.
struct DecodedText {
    enum class Form : std::uint8_t {
        string,         ///< "…"
        with_selector,  ///< {"text": "…", "selector": "05"}
        with_bytes,     ///< {"text": "…", "hex": "…"}
        bytes,          ///< {"hex": "…"}: there is no text
    };

    Form form = Form::bytes;
    std::string text;
    std::size_t selector_size = 0;  ///< how many of the bytes select the table
};

/// Whether a text is of characters 0x20 to 0x7E alone, and those are bytes of the table. That holds
/// for most texts, and they have no other form.
bool is_ascii_as_it_is(std::string_view text, TextTable table);

/// The string that bytes are read as if their text lies in them as it is: such ASCII, or UTF-8 with
/// its selector in a layout that names no table. nullopt for all others, strings among them.
/// `table` and `holds` as below.
std::optional<std::string_view> text_as_it_is(std::span<const std::uint8_t> bytes, TextTable table,
                                              HoldsText holds);

/// Reads a text. `table` is that of bytes without a selector; none stands for a layout that names
/// no table: these bytes are ISO/IEC 6937, and strings are written as ASCII or UTF-8. Texts that
/// `holds` does not take are bytes.
DecodedText decode_dvb_text(std::span<const std::uint8_t> bytes, TextTable table, HoldsText holds);

/// Appends the JSON value of a text that has been read from `bytes`.
void append_dvb_text(const DecodedText& decoded, std::span<const std::uint8_t> bytes,
                     jsonb::JsonbBuilder& json);

/// The same for display, as JSON text.
std::string print_dvb_text(const DecodedText& decoded, std::span<const std::uint8_t> bytes);

/// The bytes of a text: of a column, or of a JSON row in any of the forms. `table` as above. Throws
/// BadValue.
std::vector<std::uint8_t> encode_dvb_text(const Value& value, TextTable table);

/// The text that a JSON value of any of the forms has: a view into the value; nullopt for one of
/// bytes alone. Throws BadValue for values of no form. It is not checked whether bytes and text
/// agree.
std::optional<std::string_view> dvb_text_of(jsonb::Value value);

}  // namespace onetrip::section
