#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jsonb/jsonb.hpp"
#include "submission/form_reader.hpp"
#include "submission/trail.hpp"

namespace onetrip::submission {

/// A row of jsonb_tree, as far as the walk itself does not keep it.
struct TreeRow {
    std::int64_t ord = 0;
    std::int64_t parent_ord = 0;  ///< 0 for the root
    std::int32_t depth = 0;
    jsonb::Value value;
};

/// The name that jsonb_typeof gives.
std::string_view name_of(jsonb::Kind kind);

/// The walk over any document: every value in the order of the document, a container before what is
/// in it. Pulled row by row and used again, as SubmissionWalk is.
class DocumentTreeWalk {
  public:
    explicit DocumentTreeWalk(Interrupt interrupt) : interrupt_(interrupt) {}

    /// Begins. The bytes of the document must stay until next() has returned false. A leaf is a
    /// value with nothing in it: a scalar or an empty container.
    void begin(jsonb::Value document, bool leaves_only);

    /// The next row; nullptr if none exists. It is good until the next call.
    const TreeRow* next();

    /// The way to the last row, and its normalised path by RFC 9535.
    const Trail& trail() const { return trail_; }
    std::string_view path() const { return path_; }

  private:
    struct Frame {
        jsonb::Object::Iterator member;
        jsonb::Object::Iterator members_end;
        jsonb::Array::Iterator element;
        jsonb::Array::Iterator elements_end;
        std::int64_t ord;
        std::uint32_t index;
        std::uint32_t path_size;
        Trail::Mark mark;
        bool is_object;
    };

    bool step();
    void take_child(Frame& frame);
    void open(jsonb::Value container);

    Interrupt interrupt_;
    bool leaves_only_ = false;
    bool is_at_root_ = false;
    std::uint32_t steps_ = 0;
    TreeRow row_;
    std::int64_t count_ = 0;
    std::vector<Frame> frames_;
    Trail trail_;
    std::string path_;
};

}  // namespace onetrip::submission
