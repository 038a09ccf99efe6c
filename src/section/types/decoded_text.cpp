// Tests whether decoded bytes are text, and hands back text and other bytes. Knows no type of
// field.

#include "section/types/decoded_text.hpp"

#include "base/octets.hpp"
#include "base/printable_ascii.hpp"
#include "base/utf8.hpp"

namespace onetrip::section {

namespace {

bool is_control(char32_t character) {
    return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

}  // namespace

bool is_text(std::string_view bytes, Controls controls, HoldsText holds) {
    std::string_view rest = bytes.substr(printable_ascii_size(bytes));
    if (rest.empty()) {
        return true;
    }
    while (!rest.empty()) {
        const Utf8Character character = first_character(rest);
        if (!character.valid || character.code_point == 0 ||
            (controls == Controls::refused && is_control(character.code_point))) {
            return false;
        }
        rest.remove_prefix(character.size);
        rest.remove_prefix(printable_ascii_size(rest));
    }
    return holds == nullptr || holds(bytes);
}

void append_json_string(std::string_view text, std::string& json) {
    json += '"';
    for (const char character : text) {
        if (character == '"' || character == '\\') {
            json += '\\';
            json += character;
        } else if (static_cast<unsigned char>(character) < 0x20) {
            const auto byte = static_cast<std::uint8_t>(character);
            json += "\\u00";
            append_hex({&byte, 1}, json);
        } else {
            json += character;
        }
    }
    json += '"';
}

std::vector<std::uint8_t> bytes_of_hex_object(const Value& value, std::string_view otherwise) {
    const jsonb::Object object = value.json.object();
    const auto hex = object.find("hex");
    if (object.size() == 1 && hex && hex->kind() == jsonb::Kind::string) {
        if (auto bytes = bytes_of_hex(hex->string())) {
            return *std::move(bytes);
        }
    }
    throw BadValue{ErrorKind::invalid_value, describe(value),
                   "is neither " + std::string(otherwise) +
                       " nor an object with key \"hex\" and pairs of hexadecimal digits"};
}

void append_hex_object(std::span<const std::uint8_t> bytes, jsonb::JsonbBuilder& json) {
    std::string digits;
    append_hex(bytes, digits);
    json.open_object();
    json.key("hex");
    json.string(digits);
    json.close();
}

void append_text_or_hex(std::optional<std::string_view> text, std::span<const std::uint8_t> bytes,
                        HoldsText holds, jsonb::JsonbBuilder& json) {
    if (text && is_text(*text, Controls::taken, holds)) {
        json.string(*text);
    } else {
        append_hex_object(bytes, json);
    }
}

std::string print_text_or_hex(std::optional<std::string_view> text,
                              std::span<const std::uint8_t> bytes, HoldsText holds) {
    std::string json;
    if (text && is_text(*text, Controls::taken, holds)) {
        append_json_string(*text, json);
        return json;
    }
    json = "{\"hex\":\"";
    append_hex(bytes, json);
    return json + "\"}";
}

}  // namespace onetrip::section
