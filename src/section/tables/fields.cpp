// Lists the elements of a table with their places, as far as no row moves them.

#include "section/tables/fields.hpp"

namespace onetrip::section::tables {

namespace {

/// A position in bits from the begin of the section, as long as it is known.
using Position = std::optional<std::uint64_t>;

class Walk {
  public:
    Walk(const TablePlan& plan, FieldLines& lines) : plan_(plan), lines_(lines) {}

    void list() { list_block(plan_.root, 0, "", 0); }

  private:
    void list_block(const Unit& unit, BlockId block, const std::string& braces, Position position);
    void list_node(const Unit& unit, const Node& node, const std::string& braces,
                   Position position);
    void list_inner(const Unit& unit, const Node& node, const std::string& path, Position position);
    void add(const Node& node, const std::string& path, Position position);
    std::string type_of(const Node& node) const;
    Position after(const Node& node, Position position) const;

    const TablePlan& plan_;
    FieldLines& lines_;
};

/// `braces` is what paths begin with in it: empty, or with its dot.
void Walk::list_block(const Unit& unit, BlockId block, const std::string& braces,
                      Position position) {
    for (const Node& node : unit.blocks[block].nodes) {
        list_node(unit, node, braces, position);
        position = after(node, position);
    }
}

void Walk::list_node(const Unit& unit, const Node& node, const std::string& braces,
                     Position position) {
    switch (node.kind) {
        case Node::Kind::label:
            break;
        case Node::Kind::choice:
            for (const PlannedArm& arm : node.arms) {
                list_block(unit, arm.block, braces, position);
            }
            if (node.otherwise != none) {
                list_block(unit, node.otherwise, braces, position);
            }
            break;
        case Node::Kind::optional:
            list_block(unit, node.block, braces, position);
            break;
        default:
            list_inner(unit, node, braces + node.field->name, position);
    }
}

/// An element that has a line, and what stands in its braces.
void Walk::list_inner(const Unit& unit, const Node& node, const std::string& path,
                      Position position) {
    switch (node.kind) {
        case Node::Kind::values:
            add(node, path + "[]", position);
            break;
        case Node::Kind::list:
            add(node, path, position);
            list_block(unit, node.block, path + "[].", std::nullopt);
            break;
        case Node::Kind::object:
            add(node, path, position);
            if (node.unit != nullptr) {
                list_block(*node.unit, 0, path + ".", position);
            } else {
                list_block(unit, node.block, path + ".", position);
            }
            break;
        default:
            add(node, path, position);
    }
}

void Walk::add(const Node& node, const std::string& path, Position position) {
    const Field& field = *node.field;
    std::string source = print_source(field.source);
    if (field.default_value) {
        source += " default " + field.default_value->spelling;
    }
    lines_.add({path, position, field.width, type_of(node), std::move(source)});
}

std::string Walk::type_of(const Node& node) const {
    const bool is_braces = node.field->type == nullptr && node.field->definition.empty();
    std::string type = !is_braces                      ? print_type(*node.field)
                       : node.kind == Node::Kind::list ? "list"
                                                       : "object";
    if (&node == plan_.root.split) {
        type += " " + print_split(plan_.root.split_rule);
    }
    return type;
}

/// Where the next element begins. No section has bits after the largest.
Position Walk::after(const Node& node, Position position) const {
    if (!position) {
        return position;
    }
    if (node.kind == Node::Kind::label) {
        return position;
    }
    if (node.kind == Node::Kind::align) {
        return (*position + 7) / 8 * 8;
    }
    const std::uint64_t largest = plan_.max_bytes * std::uint64_t{8};
    if (!node.fixed || *node.fixed > largest || *position + *node.fixed > largest) {
        return std::nullopt;
    }
    return *position + *node.fixed;
}

}  // namespace

void list_fields(const TablePlan& plan, FieldLines& lines) {
    Walk(plan, lines).list();
}

}  // namespace onetrip::section::tables
