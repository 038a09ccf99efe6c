// Members of foreign forms by the JSON type that they should have, and the texts in them. Knows no
// dialect.

#include "submission/dialects/members.hpp"

#include <array>
#include <cstdint>

namespace onetrip::submission::dialects {

namespace {

std::optional<Value> of_kind(Object object, std::string_view key, Kind kind) {
    const std::optional<Value> value = object.find(key);
    return value && value->kind() == kind ? value : std::nullopt;
}

/// White space of Unicode beyond ASCII.
constexpr std::array<std::string_view, 19> wide_spaces = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

bool is_ascii_space(char character) {
    return character == ' ' || (character >= '\t' && character <= '\r') ||
           (character >= '\x1C' && character <= '\x1F');
}

/// The size of the white space that ends the text.
std::size_t last_space_size(std::string_view text) {
    if (text.empty() || is_ascii_space(text.back())) {
        return text.empty() ? 0 : 1;
    }
    for (const std::string_view space : wide_spaces) {
        if (text.ends_with(space)) {
            return space.size();
        }
    }
    return 0;
}

}  // namespace

Object object_of(Value value) {
    return value.kind() == Kind::object ? value.object() : Object();
}

std::optional<Value> member(Object object, std::string_view key) {
    const std::optional<Value> value = object.find(key);
    return value && value->kind() != Kind::null ? value : std::nullopt;
}

std::optional<Value> string_value(Object object, std::string_view key) {
    return of_kind(object, key, Kind::string);
}

std::optional<Value> scalar(Object object, std::string_view key) {
    const std::optional<Value> value = object.find(key);
    return value && is_scalar(*value) ? value : std::nullopt;
}

std::optional<Array> array(Object object, std::string_view key) {
    const std::optional<Value> value = of_kind(object, key, Kind::array);
    return value ? std::optional(value->array()) : std::nullopt;
}

Object object(Object object, std::string_view key) {
    const std::optional<Value> value = of_kind(object, key, Kind::object);
    return value ? value->object() : Object();
}

Array elements(Object object, std::string_view key) {
    return array(object, key).value_or(Array());
}

std::optional<std::string_view> text(Object object, std::string_view key) {
    const std::optional<Value> value = string_value(object, key);
    return value ? std::optional(value->string()) : std::nullopt;
}

std::optional<std::string_view> filled_text(Object object, std::string_view key) {
    const std::optional<std::string_view> found = text(object, key);
    return found && !found->empty() ? found : std::nullopt;
}

bool is_true(Object object, std::string_view key) {
    const std::optional<Value> value = of_kind(object, key, Kind::boolean);
    return value && value->boolean();
}

bool has_text(Object object, std::string_view key, std::string_view expected) {
    return text(object, key) == expected;
}

std::string text_of(Value scalar) {
    switch (scalar.kind()) {
        case Kind::string:
            return std::string(scalar.string());
        case Kind::numeric:
            return scalar.numeric().to_text();
        default:
            return scalar.boolean() ? "true" : "false";
    }
}

bool is_filled(Value string_or_number) {
    if (string_or_number.kind() == Kind::string) {
        return !string_or_number.string().empty();
    }
    jsonb::Integer integer;
    const bool is_zero =
        string_or_number.numeric().to_integer(integer) == jsonb::IntegerResult::integer &&
        integer.magnitude == 0;
    return !is_zero;
}

std::size_t space_size(std::string_view text, std::size_t at) {
    if (is_ascii_space(text[at])) {
        return 1;
    }
    if (static_cast<unsigned char>(text[at]) < 0x80) {
        return 0;
    }
    for (const std::string_view space : wide_spaces) {
        if (text.substr(at).starts_with(space)) {
            return space.size();
        }
    }
    return 0;
}

std::string_view without_leading_space(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = space_size(text, 0);
        if (size == 0) {
            break;
        }
        text.remove_prefix(size);
    }
    return text;
}

std::string_view trimmed(std::string_view text) {
    text = without_leading_space(text);
    while (const std::size_t size = last_space_size(text)) {
        text.remove_suffix(size);
    }
    return text;
}

std::string with_single_spaces(std::string_view text) {
    text = trimmed(text);
    std::string result;
    bool in_space = false;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = space_size(text, at);
        if (size > 0) {
            in_space = true;
            at += size;
            continue;
        }
        if (in_space) {
            result += ' ';
            in_space = false;
        }
        result += text[at++];
    }
    return result;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& character : result) {
        if (character >= 'A' && character <= 'Z') {
            character = static_cast<char>(character - 'A' + 'a');
        }
    }
    return result;
}

}  // namespace onetrip::submission::dialects
