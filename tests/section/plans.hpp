#pragma once

#include <map>
#include <string>
#include <string_view>

#include "section/decoder.hpp"
#include "section/language/layout.hpp"
#include "section/plan.hpp"
#include "section/types/decoded_text.hpp"

namespace onetrip::section::test {

inline Plan plan_of(std::string_view text, Interrupt interrupt = never_interrupted) {
    return compile(parse_layout(text, interrupt), interrupt);
}

/// A node of a tree as JSON text.
inline std::string json_text(const jsonb::JsonTree& tree, std::uint32_t at) {
    const jsonb::Node& node = tree.nodes[at];
    const std::string_view bytes = tree.bytes(node);
    std::string text;
    switch (node.kind) {
        case jsonb::Kind::null:
            return "null";
        case jsonb::Kind::boolean:
            return node.boolean ? "true" : "false";
        case jsonb::Kind::string:
            append_json_string(bytes, text);
            return text;
        case jsonb::Kind::numeric:
            return jsonb::Numeric(
                       {reinterpret_cast<const std::uint8_t*>(bytes.data()) + 4, bytes.size() - 4})
                .to_text();
        case jsonb::Kind::array:
            for (std::uint32_t child = at + 1; child < node.next; child = tree.nodes[child].next) {
                text += (text.empty() ? "" : ",") + json_text(tree, child);
            }
            return "[" + text + "]";
        case jsonb::Kind::object:
            for (std::uint32_t key = at + 1; key < node.next; key = tree.nodes[key + 1].next) {
                text += (text.empty() ? "" : ",") + json_text(tree, key) + ":" +
                        json_text(tree, key + 1);
            }
            return "{" + text + "}";
    }
    __builtin_unreachable();
}

/// The JSON row of a section, its keys in the layout's order; of a table in that of its bytes.
inline std::string json_row(Decoder& decoder, std::span<const std::uint8_t> section) {
    const jsonb::JsonTree& tree = decoder.decode(section);
    if (decoder.plan().table != nullptr) {
        return json_text(tree, 0);
    }
    std::map<std::string, std::uint32_t> values;
    for (std::uint32_t key = 1; key < tree.nodes.front().next; key = tree.nodes[key + 1].next) {
        values[std::string(tree.bytes(tree.nodes[key]))] = key + 1;
    }
    std::string text;
    for (const Key& key : decoder.plan().root.keys) {
        text += text.empty() ? "\"" : ",\"";
        text += key.name + "\":" + json_text(tree, values.at(key.name));
    }
    return "{" + text + "}";
}

}  // namespace onetrip::section::test
