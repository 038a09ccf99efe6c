#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "jsonb/jsonb.hpp"

namespace onetrip::submission::dialects {

/// The arrays that a translator is in the middle of, one inside the other. A translator keeps them
/// instead of calling itself, since a form may be nested as deep as it likes.
class OpenArrays {
  public:
    struct Element {
        jsonb::Value value;
        std::uint32_t node;  ///< the node that the array was opened for
    };

    void open(jsonb::Array array, std::uint32_t node) {
        if (array.size() > 0) {
            levels_.push_back({array.begin(), array.end(), node});
        }
    }

    /// The elements in the order of the text: those of an array that is opened now come before the
    /// rest of the array that is open already. nullopt after the last.
    std::optional<Element> next() {
        while (!levels_.empty()) {
            Level& level = levels_.back();
            if (level.next != level.end) {
                const Element element = {*level.next, level.node};
                ++level.next;
                return element;
            }
            levels_.pop_back();
        }
        return std::nullopt;
    }

  private:
    struct Level {
        jsonb::Array::Iterator next;
        jsonb::Array::Iterator end;
        std::uint32_t node;
    };

    std::vector<Level> levels_;
};

}  // namespace onetrip::submission::dialects
