// Reads a text of EN 300 468 as one of its forms, and writes each form as bytes (tables.md, 2.5).
// Knows nothing of the tables' content, which text_codec knows.

#include "section/types/text/dvb_text.hpp"

#include <algorithm>

#include "base/invisible.hpp"
#include "base/octets.hpp"
#include "base/printable_ascii.hpp"
#include "section/types/decoded_text.hpp"
#include "section/types/field_type.hpp"
#include "section/types/text/text_codec.hpp"

namespace onetrip::section {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint8_t select_utf8 = 0x15;
constexpr std::uint8_t select_8859 = 0x10;       ///< followed by two bytes, the number of the part
constexpr std::uint8_t encoding_type_id = 0x1F;  ///< followed by one that only receivers know

/// The table of bytes without a selector.
TextTable reading_table(TextTable table) {
    return table == TextTable::none ? TextTable::iso_6937 : table;
}

std::optional<TextTable> table_of_part(std::uint8_t part) {
    return part == 0 ? std::nullopt : text_table_of("8859-" + std::to_string(part));
}

/// Table A.3 of EN 300 468; nullopt for bytes that are reserved.
std::optional<TextTable> table_of_selector(std::uint8_t selector) {
    switch (selector) {
        case 0x11:
            return TextTable::utf_16;
        case 0x12:
            return TextTable::ks_x_1001;
        case 0x13:
            return TextTable::gb_2312;
        case 0x14:
            return TextTable::big5;
        case select_utf8:
            return TextTable::utf_8;
        default:
            return selector >= 0x01 && selector <= 0x0B
                       ? table_of_part(static_cast<std::uint8_t>(selector + 4))
                       : std::nullopt;
    }
}

/// Whether a first byte selects a table. In the 8-unit code of STD-B24, the bytes that EN 300 468
/// does not need for its tables, and those that shift, move or clear there, belong to the code.
bool is_selector(std::uint8_t byte, TextTable table) {
    if (table == TextTable::arib) {
        return (byte >= 0x01 && byte <= 0x07) || (byte >= 0x10 && byte <= 0x15);
    }
    return byte < 0x20;
}

/// The selector of a text's table.
struct Selection {
    std::optional<TextTable> table;  ///< nullopt if none is known
    std::size_t size;                ///< of the selector
};

Selection selection_of(Bytes bytes, TextTable table) {
    if (bytes.empty() || !is_selector(bytes.front(), table)) {
        return {reading_table(table), 0};
    }
    if (bytes.front() != select_8859) {
        return {table_of_selector(bytes.front()), 1};
    }
    if (bytes.size() < 3 || bytes[1] != 0) {
        return {std::nullopt, std::min<std::size_t>(bytes.size(), 3)};
    }
    return {table_of_part(bytes[2]), 3};
}

/// Whether a first byte would be taken for a selector.
bool begins_as_selector(Bytes bytes, TextTable table) {
    return !bytes.empty() && is_selector(bytes.front(), table);
}

/// How a plain string is written: without a selector if the table has it, else in UTF-8. No string
/// without a table has more than ASCII.
void append_string(std::string_view text, TextTable table, std::vector<std::uint8_t>& bytes) {
    if (is_ascii_as_it_is(text, table)) {
        bytes.insert(bytes.end(), text.begin(), text.end());
        return;
    }
    if (table != TextTable::none && !encode_text(table, text, bytes) &&
        !begins_as_selector(bytes, table)) {
        return;
    }
    bytes.assign(1, select_utf8);
    bytes.insert(bytes.end(), text.begin(), text.end());
}

/// Whether every text of a table has one form there, so that it need not be tried.
bool has_one_form(TextTable table) {
    return table == TextTable::utf_8 ||
           (table >= TextTable::iso_8859_1 && table <= TextTable::iso_8859_15);
}

/// Whether text that was read from bytes of a table is written as the same.
bool comes_back(TextTable table, std::string_view text, Bytes bytes) {
    if (has_one_form(table)) {
        return true;
    }
    std::vector<std::uint8_t> again;
    return !encode_text(table, text, again) &&
           std::equal(again.begin(), again.end(), bytes.begin(), bytes.end());
}

/// Whether a string is written as 0x15 and UTF-8.
bool needs_utf_8(std::string_view text, TextTable table) {
    if (table == TextTable::none) {
        return !is_printable_ascii(text);
    }
    std::vector<std::uint8_t> bytes;
    return encode_text(table, text, bytes) || begins_as_selector(bytes, table);
}

/// The form of a text that has been read from bytes.
DecodedText::Form form_of(std::string_view text, Bytes bytes, const Selection& selection,
                          TextTable table) {
    using Form = DecodedText::Form;
    if (!comes_back(*selection.table, text, bytes.subspan(selection.size))) {
        return Form::with_bytes;
    }
    const bool is_string = selection.size == 0
                               ? table != TextTable::none || is_printable_ascii(text)
                               : bytes.front() == select_utf8 && needs_utf_8(text, table);
    return is_string ? Form::string : Form::with_selector;
}

// ---- writing -----------------------------------------------------------------------------------

[[noreturn]] void refuse(const Value& value, std::string complaint, std::string hint = {}) {
    throw BadValue{ErrorKind::invalid_value, describe(value), std::move(complaint),
                   std::move(hint)};
}

/// The members of an object that stands for a text.
struct TextObject {
    std::optional<std::string_view> text;
    std::optional<std::string_view> selector;
    std::optional<std::string_view> hex;
};

constexpr const char* forms_of_objects =
    R"(A text is a string, {"text": "...", "selector": "05"}, {"text": "...", "hex": "..."} or {"hex": "..."}.)";

TextObject read_members(const Value& value, jsonb::Object object) {
    TextObject members;
    for (const jsonb::Member member : object) {
        std::optional<std::string_view>* const known = member.key == "text" ? &members.text
                                                       : member.key == "selector"
                                                           ? &members.selector
                                                       : member.key == "hex" ? &members.hex
                                                                             : nullptr;
        if (known == nullptr) {
            refuse(value, "has the key " + in_quotes(member.key) + ", which no text has",
                   forms_of_objects);
        }
        if (member.value.kind() != jsonb::Kind::string) {
            refuse(value, "has " + std::string(describe_kind(member.value.kind())) + " as " +
                              in_quotes(member.key) + ", not a string");
        }
        *known = member.value.string();
    }
    return members;
}

TextObject text_object(const Value& value, jsonb::Object object) {
    const TextObject members = read_members(value, object);
    const bool has_one_of_both = members.selector.has_value() != members.hex.has_value();
    if (!has_one_of_both || (members.selector && !members.text)) {
        refuse(value, "is an object that is not text", forms_of_objects);
    }
    return members;
}

std::vector<std::uint8_t> bytes_of_member(const Value& value, const char* key,
                                          std::string_view digits) {
    auto bytes = bytes_of_hex(digits);
    if (!bytes) {
        refuse(value, "has " + in_quotes(digits) + " as \"" + key +
                          "\", which is not made of pairs of hexadecimal digits");
    }
    return *std::move(bytes);
}

TextTable table_of_selector(const Value& value, Bytes selector, std::string_view digits,
                            TextTable table) {
    const Selection selection = selection_of(selector, table);
    if (!selector.empty() && selector.front() == encoding_type_id && selection.size == 1) {
        refuse(value,
               "has the selector " + in_quotes(digits) +
                   ", an encoding_type_id, whose tables only receivers know",
               R"(Give the bytes: {"hex": "..."}.)");
    }
    if (!selection.table || selection.size != selector.size()) {
        refuse(value, "has the selector " + in_quotes(digits) + ", which selects no table",
               "Selectors are 01 to 07, 09 to 0b, 10 and two bytes, 11 to 15, and none, \"\".");
    }
    return *selection.table;
}

std::vector<std::uint8_t> encode_with_selector(const Value& value, const TextObject& object,
                                               TextTable table) {
    std::vector<std::uint8_t> bytes = bytes_of_member(value, "selector", *object.selector);
    const TextTable selected = table_of_selector(value, bytes, *object.selector, table);
    std::vector<std::uint8_t> text;
    if (const auto missing = encode_text(selected, *object.text, text)) {
        refuse(value, "has the character " + name_of_character(missing->character) +
                          " at position " + std::to_string(missing->position) +
                          ", which the table " + std::string(name_of(selected)) + " does not have");
    }
    if (bytes.empty() && begins_as_selector(text, table)) {
        refuse(value, "begins with the control code " + name_of_character(0xE000U + text.front()) +
                          ", which would select another table");
    }
    bytes.insert(bytes.end(), text.begin(), text.end());
    return bytes;
}

std::vector<std::uint8_t> encode_object(const Value& value, TextTable table) {
    const TextObject object = text_object(value, value.json.object());
    if (object.selector) {
        return encode_with_selector(value, object, table);
    }
    std::vector<std::uint8_t> bytes = bytes_of_member(value, "hex", *object.hex);
    if (!object.text) {
        return bytes;
    }
    const DecodedText decoded = decode_dvb_text(bytes, table, nullptr);
    if (decoded.form == DecodedText::Form::bytes) {
        refuse(value, "has bytes as \"hex\" that are not text, in addition to the text " +
                          in_quotes(*object.text));
    }
    if (decoded.text != *object.text) {
        refuse(value,
               "has the text " + in_quotes(*object.text) + ", but its bytes are " +
                   in_quotes(decoded.text),
               "Change one of them and leave the other out: the text as a string, or the bytes as "
               R"({"hex": "..."}.)");
    }
    return bytes;
}

std::string hex_of(Bytes bytes) {
    std::string digits;
    append_hex(bytes, digits);
    return digits;
}

}  // namespace

bool is_ascii_as_it_is(std::string_view text, TextTable table) {
    return table != TextTable::arib && is_printable_ascii(text);
}

std::optional<std::string_view> text_as_it_is(std::span<const std::uint8_t> bytes, TextTable table,
                                              HoldsText holds) {
    if (is_ascii_as_it_is(as_text(bytes), table)) {
        return as_text(bytes);
    }
    if (table != TextTable::none || bytes.front() != select_utf8) {
        return std::nullopt;
    }
    const std::string_view text = as_text(bytes.subspan(1));
    return !is_printable_ascii(text) && is_text(text, Controls::taken, holds) ? std::optional(text)
                                                                              : std::nullopt;
}

DecodedText decode_dvb_text(std::span<const std::uint8_t> bytes, TextTable table, HoldsText holds) {
    using Form = DecodedText::Form;
    if (const auto text = text_as_it_is(bytes, table, holds)) {
        return {Form::string, std::string(*text), bytes.size() - text->size()};
    }
    const Selection selection = selection_of(bytes, table);
    if (!selection.table) {
        return {};
    }
    auto text = decode_text(*selection.table, bytes.subspan(selection.size));
    if (!text || (holds != nullptr && !holds(*text))) {
        return {};
    }
    const Form form = form_of(*text, bytes, selection, table);
    return {form, *std::move(text), selection.size};
}

void append_dvb_text(const DecodedText& decoded, std::span<const std::uint8_t> bytes,
                     jsonb::JsonbBuilder& json) {
    using Form = DecodedText::Form;
    if (decoded.form == Form::string) {
        json.string(decoded.text);
        return;
    }
    if (decoded.form == Form::bytes) {
        append_hex_object(bytes, json);
        return;
    }
    json.open_object();
    if (decoded.form == Form::with_selector) {
        json.key("text");
        json.key("selector");
        json.string(decoded.text);
        json.string(hex_of(bytes.first(decoded.selector_size)));
    } else {
        json.key("hex");
        json.key("text");
        json.string(hex_of(bytes));
        json.string(decoded.text);
    }
    json.close();
}

std::string print_dvb_text(const DecodedText& decoded, std::span<const std::uint8_t> bytes) {
    using Form = DecodedText::Form;
    std::string text;
    if (decoded.form != Form::bytes) {
        append_json_string(decoded.text, text);
    }
    switch (decoded.form) {
        case Form::string:
            return text;
        case Form::with_selector:
            return R"({"text":)" + text + R"(,"selector":")" +
                   hex_of(bytes.first(decoded.selector_size)) + "\"}";
        case Form::with_bytes:
            return R"({"text":)" + text + R"(,"hex":")" + hex_of(bytes) + "\"}";
        case Form::bytes:
            return R"({"hex":")" + hex_of(bytes) + "\"}";
    }
    __builtin_unreachable();
}

std::vector<std::uint8_t> encode_dvb_text(const Value& value, TextTable table) {
    const bool is_object = value.kind == Value::Kind::json && value.from_json_row &&
                           value.json.kind() == jsonb::Kind::object;
    if (is_object) {
        return encode_object(value, table);
    }
    if (value.kind != Value::Kind::text && !value.is_json_string()) {
        refuse_kind(value, "text");
    }
    std::vector<std::uint8_t> bytes;
    append_string(value.kind == Value::Kind::text ? value.view() : value.json.string(), table,
                  bytes);
    return bytes;
}

std::optional<std::string_view> dvb_text_of(jsonb::Value value) {
    if (value.kind() == jsonb::Kind::string) {
        return value.string();
    }
    const Value described = Value::of_json(value, true);
    if (value.kind() != jsonb::Kind::object) {
        refuse(described, "is neither a string nor an object that stands for a text",
               forms_of_objects);
    }
    return text_object(described, value.object()).text;
}

}  // namespace onetrip::section
