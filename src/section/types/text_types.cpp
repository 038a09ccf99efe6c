// The types whose bytes are text, and the type of plain bytes. Their tables of characters are in
// text/. They know no column and no place in a section.

#include <vector>

#include "base/invisible.hpp"
#include "base/octets.hpp"
#include "base/utf8.hpp"
#include "section/types/all_types.hpp"
#include "section/types/decoded_text.hpp"
#include "section/types/text/dvb_text.hpp"
#include "section/types/text/text_codec.hpp"

namespace onetrip::section {

namespace {

/// The text of a column or of a JSON row; nullopt if it is the object {"hex": "…"} of a JSON row,
/// as which decoding writes bytes that are not such text.
std::optional<std::string_view> text_of(const Value& value) {
    if (value.kind == Value::Kind::text) {
        return value.view();
    }
    if (value.is_json_string()) {
        return value.json.string();
    }
    if (value.kind == Value::Kind::json && value.from_json_row &&
        value.json.kind() == jsonb::Kind::object) {
        return std::nullopt;
    }
    refuse_kind(value, "text");
}

bool is_text_value(const Value& value) {
    return value.kind == Value::Kind::text || value.is_json_string();
}

/// A hint if the text would fit without the spaces at its end: columns of type char(n) have them.
std::string hint_at_padding(std::string_view text, std::size_t size_without_spaces,
                            std::size_t fitting) {
    return text.ends_with(' ') && size_without_spaces <= fitting
               ? "It ends in spaces, as values of type char(n) do: take them off by rtrim(column)."
               : std::string();
}

std::string_view without_spaces(std::string_view text) {
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

/// Bytes of a fixed width must fill it.
void append_exactly(const Value& value, std::string_view bytes, const Field& field,
                    ByteWriter& writer) {
    if (field.width && bytes.size() != *field.width / 8) {
        const std::size_t size = *field.width / 8;
        const bool is_padded = bytes.size() > size && is_text_value(value);
        throw BadValue{ErrorKind::invalid_value, describe(value),
                       "takes " + count(bytes.size(), "byte") + ", not " + std::to_string(size),
                       is_padded ? hint_at_padding(bytes, without_spaces(bytes).size(), size) : ""};
    }
    writer.append(bytes);
}

/// Text of ISO 8859-1; a fixed width is padded with spaces.
class CharType final : public BytesType {
  public:
    using BytesType::BytesType;

    void write(const Value& value, const Field& field, ByteWriter& writer) const override {
        const auto text = text_of(value);
        if (!text) {
            append_exactly(value, as_text(bytes_of_hex_object(value, "text")), field, writer);
            return;
        }
        const std::size_t size = field.width ? *field.width / 8 : text->size();
        std::size_t written = 0;
        for (std::string_view rest = *text; !rest.empty(); ++written) {
            const auto lead = static_cast<unsigned char>(rest.front());
            const Utf8Character character =
                lead < 0x80 ? Utf8Character{lead, 1, true} : first_character(rest);
            refuse_outside_latin_1(value, character);
            if (written == size) {
                refuse_too_long(value, *text, size);
            }
            writer.append_byte(static_cast<std::uint8_t>(character.code_point));
            rest.remove_prefix(character.size);
        }
        for (; field.width && written < size; ++written) {
            writer.append_byte(' ');
        }
    }

    void append_json(std::span<const std::uint8_t> bytes, const Field& field, HoldsText holds,
                     jsonb::JsonbBuilder& json) const override {
        append_text_or_hex(text_of_latin_1(bytes, field), bytes, holds, json);
    }

    std::string print(std::span<const std::uint8_t> bytes, const Field& field,
                      HoldsText holds) const override {
        return print_text_or_hex(text_of_latin_1(bytes, field), bytes, holds);
    }

    Shortcut shortcut() const override { return Shortcut::ascii; }

  private:
    /// Spaces at the end of a fixed width are padding, and come back as such.
    static std::string text_of_latin_1(std::span<const std::uint8_t> bytes, const Field& field) {
        while (field.width && !bytes.empty() && bytes.back() == ' ') {
            bytes = bytes.first(bytes.size() - 1);
        }
        std::string text;
        for (const std::uint8_t byte : bytes) {
            if (byte < 0x80) {
                text += static_cast<char>(byte);
            } else {
                text += static_cast<char>(0xC0 | byte >> 6);
                text += static_cast<char>(0x80 | (byte & 0x3F));
            }
        }
        return text;
    }

    static std::size_t count_characters(std::string_view text) {
        std::size_t count = 0;
        for (; !text.empty(); ++count) {
            text.remove_prefix(first_character(text).size);
        }
        return count;
    }

    static void refuse_outside_latin_1(const Value& value, const Utf8Character& character) {
        if (!character.valid || character.code_point > 0xFF) {
            throw BadValue{ErrorKind::invalid_value, describe(value),
                           "has a character that ISO 8859-1 does not have"};
        }
    }

    [[noreturn]] static void refuse_too_long(const Value& value, std::string_view text,
                                             std::size_t size) {
        throw BadValue{ErrorKind::invalid_value, describe(value),
                       "has " + count(count_characters(text), "character") + ", more than " +
                           std::to_string(size),
                       hint_at_padding(text, count_characters(without_spaces(text)), size)};
    }
};

/// UTF-8 as it is.
class TextType final : public BytesType {
  public:
    using BytesType::BytesType;

    void write(const Value& value, const Field& field, ByteWriter& writer) const override {
        if (const auto text = text_of(value)) {
            append_exactly(value, *text, field, writer);
        } else {
            append_exactly(value, as_text(bytes_of_hex_object(value, "text")), field, writer);
        }
    }

    void append_json(std::span<const std::uint8_t> bytes, const Field& /*field*/, HoldsText holds,
                     jsonb::JsonbBuilder& json) const override {
        append_text_or_hex(as_text(bytes), bytes, holds, json);
    }

    std::string print(std::span<const std::uint8_t> bytes, const Field& /*field*/,
                      HoldsText holds) const override {
        return print_text_or_hex(as_text(bytes), bytes, holds);
    }
};

/// Text whose first bytes may select a table of characters (EN 300 468, annex A).
class DvbTextType final : public BytesType {
  public:
    using BytesType::BytesType;

    bool takes_text_table() const override { return true; }

    void write(const Value& value, const Field& field, ByteWriter& writer) const override {
        const TextTable table = field.text_table();
        if (value.kind == Value::Kind::text && is_ascii_as_it_is(value.view(), table)) {
            writer.append(value.view());
        } else {
            writer.append(as_text(encode_dvb_text(value, table)));
        }
    }

    void append_json(std::span<const std::uint8_t> bytes, const Field& field, HoldsText holds,
                     jsonb::JsonbBuilder& json) const override {
        const TextTable table = field.text_table();
        if (const auto text = text_as_it_is(bytes, table, holds)) {
            json.string(*text);
        } else {
            append_dvb_text(decode_dvb_text(bytes, table, holds), bytes, json);
        }
    }

    std::string print(std::span<const std::uint8_t> bytes, const Field& field,
                      HoldsText holds) const override {
        return print_dvb_text(decode_dvb_text(bytes, field.text_table(), holds), bytes);
    }
};

/// UTF-16, big-endian; a fixed width is padded with U+0000.
class Utf16Type final : public BytesType {
  public:
    using BytesType::BytesType;

    void write(const Value& value, const Field& field, ByteWriter& writer) const override {
        const auto text = text_of(value);
        if (!text) {
            append_exactly(value, as_text(bytes_of_hex_object(value, "text")), field, writer);
            return;
        }
        std::vector<std::uint8_t> units;
        if (const auto missing = encode_utf_16(*text, units)) {
            throw BadValue{ErrorKind::invalid_value, describe(value),
                           "has the character " + name_of_character(missing->character) +
                               " at position " + std::to_string(missing->position) +
                               ", which cannot be sent"};
        }
        if (field.width && units.size() > *field.width / 8) {
            refuse_too_long(value, *text, units.size(), *field.width / 8);
        }
        units.resize(field.width ? *field.width / 8 : units.size());
        writer.append(as_text(units));
    }

    void append_json(std::span<const std::uint8_t> bytes, const Field& field, HoldsText holds,
                     jsonb::JsonbBuilder& json) const override {
        append_text_or_hex(text_of_units(bytes, field), bytes, holds, json);
    }

    std::string print(std::span<const std::uint8_t> bytes, const Field& field,
                      HoldsText holds) const override {
        return print_text_or_hex(text_of_units(bytes, field), bytes, holds);
    }

  private:
    /// The text of bytes; nullopt if they are not text, for instance because of a U+0000 that is
    /// not padding.
    static std::optional<std::string> text_of_units(std::span<const std::uint8_t> bytes,
                                                    const Field& field) {
        while (field.width && bytes.size() > 1 && bytes[bytes.size() - 1] == 0 &&
               bytes[bytes.size() - 2] == 0) {
            bytes = bytes.first(bytes.size() - 2);
        }
        return decode_utf_16(bytes);
    }

    [[noreturn]] static void refuse_too_long(const Value& value, std::string_view text,
                                             std::size_t needed, std::size_t size) {
        throw BadValue{
            ErrorKind::invalid_value, describe(value),
            "takes " + count(needed, "byte") + ", more than " + std::to_string(size),
            hint_at_padding(text, needed - 2 * (text.size() - without_spaces(text).size()), size)};
    }
};

/// Bytes as they are; a JSON row writes them as hexadecimal digits.
class OctetsType final : public BytesType {
  public:
    using BytesType::BytesType;

    void write(const Value& value, const Field& field, ByteWriter& writer) const override {
        if (value.kind == Value::Kind::bytes) {
            append_exactly(value, value.view(), field, writer);
            return;
        }
        if (!value.is_json_string()) {
            refuse_kind(value, "bytea");
        }
        std::string_view digits = value.json.string();
        if (digits.starts_with("\\x")) {
            digits.remove_prefix(2);
        }
        const auto bytes = bytes_of_hex(digits);
        if (!bytes) {
            throw BadValue{ErrorKind::invalid_value, describe(value),
                           "is not made of pairs of hexadecimal digits"};
        }
        append_exactly(value, as_text(*bytes), field, writer);
    }

    void append_json(std::span<const std::uint8_t> bytes, const Field& /*field*/,
                     HoldsText /*holds*/, jsonb::JsonbBuilder& json) const override {
        std::string digits;
        append_hex(bytes, digits);
        json.string(digits);
    }

    std::string print(std::span<const std::uint8_t> bytes, const Field& /*field*/,
                      HoldsText /*holds*/) const override {
        std::string digits = "\\x";
        append_hex(bytes, digits);
        return digits;
    }
};

constexpr std::uint32_t largest_width = Layout::largest_section * 8;

constinit const CharType char_object("char", {true, 8, largest_width, 8});
constinit const TextType text_object("text", {true, 8, largest_width, 8});
constinit const DvbTextType dvbtext_object("dvbtext", {true, 0, 0, 8});
constinit const Utf16Type utf16_object("utf16", {true, 16, largest_width, 16});
constinit const OctetsType octets_object("bytes", {true, 8, largest_width, 8});

}  // namespace

const BytesType& char_type = char_object;
const BytesType& text_type = text_object;
const BytesType& dvbtext = dvbtext_object;
const BytesType& utf16 = utf16_object;
const BytesType& bytes_type = octets_object;

}  // namespace onetrip::section
