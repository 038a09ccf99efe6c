#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "jsonb/jsonb.hpp"

namespace onetrip::jsonb {

/// One value or key. Nodes lie in the order of the JSON text: the children of a container follow
/// it, and `next` is the node after the last of them. A member is its key, then its value.
struct Node {
    std::uint32_t next = 0;
    std::uint32_t position = 0;  ///< of a string's or a numeric's bytes
    std::uint32_t size = 0;      ///< of those bytes; the count of a container's elements or members
    Kind kind = Kind::null;
    bool boolean = false;
    bool decoded = false;  ///< whether the bytes lie in JsonTree::decoded, not in the text itself
};

/// A JSON text taken apart. A tree of its own, since JSONB wants the keys of an object sorted and
/// in front of its values, and bytes once written should not move: that keeps deep texts linear.
struct JsonTree {
    std::string_view text;
    std::vector<Node> nodes;
    std::vector<std::uint8_t> decoded;  ///< strings that had escapes, and numerics

    std::string_view bytes(const Node& node) const {
        const char* from =
            node.decoded ? reinterpret_cast<const char*>(decoded.data()) : text.data();
        return {from + node.position, node.size};
    }
};

}  // namespace onetrip::jsonb
