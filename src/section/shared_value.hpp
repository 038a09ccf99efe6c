#pragma once

#include <optional>
#include <vector>

#include "base/utf8.hpp"
#include "jsonb/json_tree_builder.hpp"
#include "section/reading.hpp"
#include "section/value.hpp"

namespace onetrip::section {

/// What can be decoded to the value that all fields of one key were written from.
struct CommonValue {
    enum class From : std::uint8_t {
        field,  ///< what `field` is decoded to
        bytes,  ///< its bytes, as {"hex": "…"}
        items,  ///< the items that fields of type tlv share
    };

    From from;
    FieldId field;
};

/// Looks for the one value of fields that share a source. All fields of the key are whole and have
/// no fault of their own.
class SharedValue {
  public:
    /// `reading` must outlive it.
    SharedValue(const Reading& reading, HoldsText holds) : reading_(reading), holds_(holds) {}

    /// nullopt if the fields were not written from one value. Types keep more or less of a value
    /// (char drops spaces at the end, utc the fraction of a second), so that one field may say what
    /// the others were given, and another may not.
    std::optional<CommonValue> find(const Key& key);

    /// Appends that value.
    void append(const Key& key, CommonValue value, jsonb::JsonTreeBuilder& tree);

    /// The index, among the key's fields, of the first that is not written from what the key's
    /// first field is decoded to; their number if all are.
    std::size_t first_other(const Key& key);

  private:
    bool all_equal(const Key& key) const;
    bool is_common(const Key& key, CommonValue value);
    std::size_t first_other_than(const Key& key, const std::vector<std::uint8_t>& document);
    bool writes_same(FieldId id, const Value& value);
    bool append_items(const Key& key, jsonb::JsonTreeBuilder& tree) const;

    const Reading& reading_;
    HoldsText holds_;
    jsonb::JsonTreeBuilder tree_;
    std::vector<std::uint8_t> written_;
};

/// Appends what a field that is whole and sound is decoded to.
void append_field(const Reading& reading, FieldId id, HoldsText holds,
                  jsonb::JsonTreeBuilder& tree);

}  // namespace onetrip::section
