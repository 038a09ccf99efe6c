#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jsonb/jsonb.hpp"
#include "submission/trail.hpp"

namespace onetrip::submission {

/// The scalars below an object in the order of the document, without recursion. The way to each is
/// added to a trail, and the keys on the way to a schema path.
class LeafWalk {
  public:
    /// Whether a member of the object itself is passed over.
    using Passes = bool (*)(std::string_view key, std::string_view passed);

    LeafWalk(Trail& trail, std::string& path) : trail_(trail), path_(path) {}
    LeafWalk(const LeafWalk&) = delete;
    LeafWalk& operator=(const LeafWalk&) = delete;

    /// The trail and the path lead to the object.
    void begin(jsonb::Object object, Passes passes, std::string_view passed);
    void clear() { levels_.clear(); }

    bool is_open() const { return !levels_.empty(); }

    /// Sets the next scalar. False if nothing is set: at the end, or after one step of the walk.
    bool next(jsonb::Value& scalar);

  private:
    struct Level {
        jsonb::Object::Iterator member;
        jsonb::Object::Iterator members_end;
        jsonb::Array::Iterator element;
        jsonb::Array::Iterator elements_end;
        std::uint32_t index = 0;
        std::uint32_t path_size = 0;
        Trail::Mark mark;
        bool is_object = true;
    };

    bool take(jsonb::Value value, jsonb::Value& scalar);
    Level& add_level();

    Trail& trail_;
    std::string& path_;
    std::vector<Level> levels_;
    Passes passes_ = nullptr;
    std::string_view passed_;
};

}  // namespace onetrip::submission
