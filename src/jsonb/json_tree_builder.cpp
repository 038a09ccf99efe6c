// Builds the tree that write_jsonb writes, from values. It knows no JSON text and no layout.

#include "jsonb/json_tree_builder.hpp"

#include "jsonb/numeric_parser.hpp"

namespace onetrip::jsonb {

void JsonTreeBuilder::clear() {
    tree_.nodes.clear();
    tree_.decoded.clear();
    open_.clear();
}

void JsonTreeBuilder::close() {
    tree_.nodes[open_.back()].next = static_cast<std::uint32_t>(tree_.nodes.size());
    open_.pop_back();
}

void JsonTreeBuilder::string(std::string_view text) {
    const std::size_t position = tree_.decoded.size();
    tree_.decoded.insert(tree_.decoded.end(), text.begin(), text.end());
    set_bytes(add_node(Kind::string), position);
}

void JsonTreeBuilder::integer(bool negative, std::uint64_t magnitude) {
    const std::size_t position = tree_.decoded.size();
    append_numeric(negative, magnitude, tree_.decoded);
    set_bytes(add_node(Kind::numeric), position);
}

void JsonTreeBuilder::number(std::string_view digits) {
    const std::size_t position = tree_.decoded.size();
    append_numeric(digits, tree_.decoded);
    set_bytes(add_node(Kind::numeric), position);
}

void JsonTreeBuilder::open(Kind kind) {
    open_.push_back(static_cast<std::uint32_t>(tree_.nodes.size()));
    add_node(kind);
}

Node& JsonTreeBuilder::add_node(Kind kind) {
    Node& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.next = static_cast<std::uint32_t>(tree_.nodes.size());
    return node;
}

void JsonTreeBuilder::set_bytes(Node& node, std::size_t position) {
    node.decoded = true;
    node.position = static_cast<std::uint32_t>(position);
    node.size = static_cast<std::uint32_t>(tree_.decoded.size() - position);
}

}  // namespace onetrip::jsonb
