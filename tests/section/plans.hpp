#pragma once

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "jsonb/json_parser.hpp"
#include "jsonb/jsonb.hpp"
#include "section/decoder.hpp"
#include "section/language/layout.hpp"
#include "section/plan.hpp"
#include "section/types/decoded_text.hpp"

namespace onetrip::section::test {

inline Plan plan_of(std::string_view text, Interrupt interrupt = never_interrupted) {
    return compile(parse_layout(text, interrupt), interrupt);
}

/// A value as JSON text, without blanks.
inline std::string json_text(jsonb::Value value) {
    std::string text;
    switch (value.kind()) {
        case jsonb::Kind::null:
            return "null";
        case jsonb::Kind::boolean:
            return value.boolean() ? "true" : "false";
        case jsonb::Kind::string:
            append_json_string(value.string(), text);
            return text;
        case jsonb::Kind::numeric:
            return value.numeric().to_text();
        case jsonb::Kind::array:
            for (const jsonb::Value element : value.array()) {
                text += (text.empty() ? "" : ",") + json_text(element);
            }
            return "[" + text + "]";
        case jsonb::Kind::object:
            for (const jsonb::Member member : value.object()) {
                text += text.empty() ? "" : ",";
                append_json_string(member.key, text);
                text += ":" + json_text(member.value);
            }
            return "{" + text + "}";
    }
    __builtin_unreachable();
}

inline std::string json_text(std::span<const std::uint8_t> document) {
    return json_text(jsonb::Value::root(document));
}

/// The JSON row of a section, its keys in the layout's order; of a table in that of JSONB. The
/// document is what the parser makes of its text.
inline std::string json_row(Decoder& decoder, std::span<const std::uint8_t> section) {
    const std::span<const std::uint8_t> document = decoder.decode(section);
    const std::string whole = json_text(document);
    const std::vector<std::uint8_t> parsed = jsonb::parse_json(whole);
    if (!std::equal(parsed.begin(), parsed.end(), document.begin(), document.end())) {
        throw std::logic_error("not the JSONB of its text: " + whole);
    }
    if (decoder.plan().table != nullptr) {
        return whole;
    }
    const jsonb::Object row = jsonb::Value::root(document).object();
    std::string text;
    for (const Key& key : decoder.plan().root.keys) {
        text += text.empty() ? "\"" : ",\"";
        text += key.name + "\":" + json_text(row.find(key.name).value());
    }
    return "{" + text + "}";
}

}  // namespace onetrip::section::test
