#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "jsonb/json_tree.hpp"

namespace onetrip::jsonb {

/// Makes a tree value by value, with no JSON text in between. Strings are UTF-8 and are copied. The
/// calls come in the order of a JSON text: an object is opened, then a key and a value alternate,
/// then it is closed. It keeps its memory from one tree to the next.
class JsonTreeBuilder {
  public:
    /// Forgets the tree.
    void clear();

    void open_object() { open(Kind::object); }
    void open_array() { open(Kind::array); }
    void close();

    /// Appends the key of the next member of the innermost object.
    void key(std::string_view name) { string(name); }

    void null() { add_node(Kind::null); }
    void boolean(bool value) { add_node(Kind::boolean).boolean = value; }
    void string(std::string_view text);
    void integer(bool negative, std::uint64_t magnitude);

    /// A JSON number that fits a numeric.
    void number(std::string_view digits);

    /// A value of another document, with all that is in it. Iterative: any depth.
    void copy(Value value);

    /// The finished tree, valid until the next call.
    const JsonTree& tree() const { return tree_; }

  private:
    void open(Kind kind);
    void copy_scalar(Value value);
    void numeric(Numeric value);
    Node& add_node(Kind kind);
    void set_bytes(Node& node, std::size_t position);

    JsonTree tree_;
    std::vector<std::uint32_t> open_;  ///< the containers that are not closed, innermost last
};

}  // namespace onetrip::jsonb
