#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/utf8.hpp"
#include "jsonb/jsonb_builder.hpp"
#include "section/reading.hpp"
#include "section/types/field_type.hpp"
#include "section/value.hpp"

namespace onetrip::section {

/// The source from which the value of all fields of one key can be decoded.
struct CommonValue {
    enum class From : std::uint8_t {
        field,  ///< the decoded value of `field`
        bytes,  ///< its bytes, as {"hex": "…"}
        items,  ///< the items that fields of type tlv share
    };

    From from;
    std::size_t field;  ///< index among the fields that share the source
};

/// Looks for the one value of fields that share a source. It keeps its memory from one look to the
/// next.
class SharedValue {
  public:
    using Fields = std::vector<CodedField>;

    explicit SharedValue(HoldsText holds) : holds_(holds) {}

    /// nullopt if the fields were not written from one value. Types keep more or less of a value
    /// (char drops spaces at the end, utc the fraction of a second), so that one field may show the
    /// value that all were given, and another may not.
    std::optional<CommonValue> find(const Fields& fields);

    /// Appends that value.
    void append(const Fields& fields, CommonValue value, jsonb::JsonbBuilder& json) const;

    /// The index of the first field that is not written from the decoded value of the first one;
    /// their number if all are.
    std::size_t first_other(const Fields& fields);

  private:
    static bool all_equal(const Fields& fields);
    static std::vector<std::size_t> candidates_of(const Fields& fields);
    bool is_common(const Fields& fields, CommonValue value);
    std::size_t first_other_than(const Fields& fields, std::span<const std::uint8_t> document);
    bool writes_same(const CodedField& coded, const Value& value);
    bool append_items(const Fields& fields, jsonb::JsonbBuilder& json) const;

    HoldsText holds_;
    jsonb::JsonbBuilder json_;
    std::vector<std::uint8_t> written_;
};

/// Appends the decoded value of a field's sound bits or bytes.
void append_coded(const CodedField& coded, HoldsText holds, jsonb::JsonbBuilder& json);

/// The contents of the fields of one key of a flat layout; all fields are whole.
class KeyFields {
  public:
    KeyFields(const Reading& reading, const Key& key);

    const std::vector<CodedField>& view() const { return fields_; }

  private:
    std::vector<std::vector<std::uint8_t>> aligned_;
    std::vector<CodedField> fields_;
};

/// Appends the decoded value of a field that is whole and sound.
void append_field(const Reading& reading, FieldId id, HoldsText holds, jsonb::JsonbBuilder& json);

}  // namespace onetrip::section
