// Builds the tree that write_jsonb writes, from values. It knows no JSON text and no layout.

#include "jsonb/json_tree_builder.hpp"

#include <cstring>

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
    // The characters are copied in one piece, as bytes of one type.
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    tree_.decoded.insert(tree_.decoded.end(), bytes, bytes + text.size());
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

namespace {

/// A container that is being copied, and which of its children comes next.
struct Copied {
    explicit Copied(Value container) : is_object(container.kind() == Kind::object) {
        if (is_object) {
            member = container.object().begin();
            members_end = container.object().end();
        } else {
            element = container.array().begin();
            elements_end = container.array().end();
        }
    }

    bool is_at_end() const { return is_object ? member == members_end : element == elements_end; }

    Object::Iterator member;
    Object::Iterator members_end;
    Array::Iterator element;
    Array::Iterator elements_end;
    bool is_object;
};

bool is_container(Value value) {
    return value.kind() == Kind::object || value.kind() == Kind::array;
}

}  // namespace

void JsonTreeBuilder::copy(Value value) {
    std::vector<Copied> copied;
    const auto begin = [&](Value child) {
        if (is_container(child)) {
            open(child.kind());
            copied.emplace_back(child);
        } else {
            copy_scalar(child);
        }
    };
    begin(value);
    while (!copied.empty()) {
        Copied& container = copied.back();
        if (container.is_at_end()) {
            close();
            copied.pop_back();
        } else if (container.is_object) {
            const Member member = *container.member++;
            key(member.key);
            begin(member.value);
        } else {
            begin(*container.element++);
        }
    }
}

void JsonTreeBuilder::copy_scalar(Value value) {
    switch (value.kind()) {
        case Kind::string:
            string(value.string());
            break;
        case Kind::numeric:
            numeric(value.numeric());
            break;
        case Kind::boolean:
            boolean(value.boolean());
            break;
        default:
            null();
    }
}

/// The bytes of a numeric, after a varlena header of four bytes.
void JsonTreeBuilder::numeric(Numeric value) {
    const std::size_t position = tree_.decoded.size();
    const std::uint32_t header =
        format::varsize_4b(static_cast<std::uint32_t>(value.data().size() + format::varhdrsz));
    tree_.decoded.resize(position + sizeof header);
    std::memcpy(tree_.decoded.data() + position, &header, sizeof header);
    tree_.decoded.insert(tree_.decoded.end(), value.data().begin(), value.data().end());
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
