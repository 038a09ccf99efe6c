#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jsonb/jsonb.hpp"

namespace onetrip::jsonb {

/// The text that jsonb_out gives, piece by piece: no text as long as the document is ever made.
/// Iterative: any depth.
class JsonPrinter {
  public:
    explicit JsonPrinter(Value document) : document_(document) {}

    /// The next piece, good until the next call; empty at the end.
    std::string_view next();

  private:
    /// An open container, and the number of its next child.
    struct Frame {
        Object::Iterator member;
        Object::Iterator members_end;
        Array::Iterator element;
        Array::Iterator elements_end;
        bool is_object;
        bool is_first;
    };

    void put(Value value);
    void put_scalar(Value value);
    void open(Value container);
    void step();
    void put_string(std::string_view text);

    Value document_;
    bool has_begun_ = false;
    std::vector<Frame> frames_;
    std::string piece_;
};

}  // namespace onetrip::jsonb
