#pragma once

#include <charconv>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "jsonb/jsonb.hpp"

namespace onetrip::fuzz {

/// A document as a list of its values, a container before what is in it: a plain model to compare
/// walks with.
class Document {
  public:
    struct Entry {
        jsonb::Value value;
        std::size_t parent;
        std::size_t next;            ///< after the last value in it
        std::size_t scalars_before;  ///< in the order of the document
    };

    explicit Document(jsonb::Value root) {
        entries_.push_back({root, 0, 0, 0});
        add_children(0);
        count_scalars();
    }

    const std::vector<Entry>& entries() const { return entries_; }
    std::size_t scalars() const { return scalars_; }

    /// Where the scalars in an entry end, counted as scalars_before is.
    std::size_t scalars_end(const Entry& entry) const {
        return entry.next == entries_.size() ? scalars_ : entries_[entry.next].scalars_before;
    }

    /// The entry that the keys lead to, as `document #> keys`; nullptr where there is none.
    const Entry* find(const std::vector<std::string>& keys) const {
        std::size_t at = 0;
        for (const std::string& key : keys) {
            const auto child = child_of(at, key);
            if (!child) {
                return nullptr;
            }
            at = *child;
        }
        return &entries_[at];
    }

    static bool is_container(jsonb::Value value) {
        return value.kind() == jsonb::Kind::array || value.kind() == jsonb::Kind::object;
    }

  private:
    /// Depth is bounded by the size of the input.
    void add_children(std::size_t parent) {
        const jsonb::Value value = entries_[parent].value;
        if (value.kind() == jsonb::Kind::array) {
            for (const jsonb::Value element : value.array()) {
                add(element, parent);
            }
        } else if (value.kind() == jsonb::Kind::object) {
            for (const jsonb::Member member : value.object()) {
                add(member.value, parent);
            }
        }
        entries_[parent].next = entries_.size();
    }

    void add(jsonb::Value value, std::size_t parent) {
        entries_.push_back({value, parent, 0, 0});
        add_children(entries_.size() - 1);
    }

    void count_scalars() {
        for (Entry& entry : entries_) {
            entry.scalars_before = scalars_;
            scalars_ += is_container(entry.value) ? 0 : 1;
        }
    }

    std::optional<std::size_t> nth_child(std::size_t parent, std::size_t index) const {
        std::size_t at = parent + 1;
        while (at < entries_[parent].next && index-- > 0) {
            at = entries_[at].next;
        }
        return at < entries_[parent].next ? std::optional(at) : std::nullopt;
    }

    std::optional<std::size_t> child_of(std::size_t parent, const std::string& key) const {
        const jsonb::Value value = entries_[parent].value;
        if (value.kind() == jsonb::Kind::array) {
            std::size_t index = 0;
            const char* const end = key.data() + key.size();
            const auto read = std::from_chars(key.data(), end, index);
            return read.ec == std::errc() && read.ptr == end ? nth_child(parent, index)
                                                             : std::nullopt;
        }
        if (value.kind() == jsonb::Kind::object) {
            std::size_t index = 0;
            for (const jsonb::Member member : value.object()) {
                if (member.key == key) {
                    return nth_child(parent, index);
                }
                ++index;
            }
        }
        return std::nullopt;
    }

    std::vector<Entry> entries_;
    std::size_t scalars_ = 0;
};

/// Whether two views are the same value of one document.
inline bool same_value(jsonb::Value left, jsonb::Value right) {
    return left.kind() == right.kind() && left.data().data() == right.data().data() &&
           left.data().size() == right.data().size() &&
           (left.kind() != jsonb::Kind::boolean || left.boolean() == right.boolean());
}

}  // namespace onetrip::fuzz
