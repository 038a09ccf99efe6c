#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_writer.hpp"
#include "base/interrupt.hpp"
#include "section/language/layout.hpp"
#include "section/types/field_type.hpp"
#include "section/value.hpp"

namespace onetrip::section {

/// The most bytes that such a length can say.
std::size_t largest_length(TlvFormat::Length form);

/// How many bytes a length takes in front of so many bytes: a BER one takes its shortest form.
unsigned size_of_length(TlvFormat::Length form, std::size_t length);

/// Writes a length of `size` bytes, which is size_of_length of it.
void store_length(TlvFormat::Length form, std::uint8_t* at, unsigned size, std::size_t length);

/// An item: one of an array, which has its tag within, or one of an object, whose key was its tag.
struct JsonItem {
    jsonb::Value value;
    std::optional<std::uint64_t> tag;
};

/// Writes one item with all that is nested in it. Throws BadValue.
void write_item(const JsonItem& item, TlvFormat format, ByteWriter& writer);

/// The items of one array or object in the order in which they are sent: those of an array as they
/// stand, those of an object by tag.
class TlvCursor {
  public:
    /// No items.
    TlvCursor() = default;

    /// Throws BadValue if the container is neither an array nor an object of tags.
    TlvCursor(jsonb::Value container, TlvFormat format);

    bool at_end() const { return next_ == count_; }
    JsonItem current() const;
    void advance();
    void restart();

  private:
    void open_object(jsonb::Object object, TlvFormat format);

    jsonb::Array array_;
    jsonb::Array::Iterator position_;
    std::vector<JsonItem> by_tag_;
    bool is_object_ = false;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
};

/// Walks the items of a `tlv` value (sections.md, chapter 3) and writes them one by one.
class TlvItems final : public Items {
  public:
    /// `value` is json, json_text, or NULL (no items); it must outlive the walk. Throws BadValue.
    TlvItems(const Value& value, TlvFormat format);
    TlvItems(const TlvItems&) = delete;
    TlvItems& operator=(const TlvItems&) = delete;

    bool at_end() const override { return items_.at_end(); }
    void write_next(ByteWriter& writer) override;
    std::string describe_next() const override;
    void restart() override { items_.restart(); }

  private:
    void open(const Value& value);

    TlvFormat format_;
    std::vector<std::uint8_t> document_;  ///< the parsed json_text
    TlvCursor items_;
};

}  // namespace onetrip::section
