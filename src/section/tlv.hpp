#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "section/byte_writer.hpp"
#include "section/layout.hpp"
#include "section/value.hpp"

namespace onetrip::section {

/// Walks the items of a `tlv` value (sections.md, chapter 3) in the order in which they are sent,
/// and writes them one by one: those of an array as they stand, those of an object by tag.
class TlvItems {
  public:
    /// `value` is json, json_text, or NULL (no items); it must outlive the walk. Throws BadValue.
    TlvItems(const Value& value, TlvFormat format);
    TlvItems(const TlvItems&) = delete;
    TlvItems& operator=(const TlvItems&) = delete;

    bool at_end() const { return next_ == count_; }

    /// Appends the next item and moves behind it, where all of it fits; else the writer overflows
    /// and the walk stays where it is. Throws BadValue.
    void write_next(ByteWriter& writer);

    /// The next item as a message names it: `item with tag 5`.
    std::string describe_next() const;

    /// Back to the first item.
    void restart();

  private:
    struct TaggedValue {
        std::uint64_t tag;
        jsonb::Value value;
    };

    void open(const Value& value);
    void open_object(jsonb::Object object);

    TlvFormat format_;
    std::vector<std::uint8_t> document_;  ///< what json_text was parsed to
    jsonb::Array array_;
    std::optional<jsonb::Array::Iterator> position_;
    std::vector<TaggedValue> by_tag_;
    bool is_object_ = false;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
};

}  // namespace onetrip::section
