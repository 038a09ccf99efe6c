#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "section/language/layout.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section {

/// An item within the bytes of a `tlv` field; offsets count from the field's begin.
struct TlvItem {
    std::size_t index = 0;  ///< from 0
    std::size_t tag_at = 0;
    std::size_t length_at = 0;
    std::size_t value_at = 0;
    std::uint64_t tag = 0;
    std::uint64_t length = 0;  ///< as it is written; the value may have less
    std::span<const std::uint8_t> value;
    std::string problem;  ///< a clause of ASCII; empty for a sound item
    std::size_t problem_at = 0;
};

/// Walks the items of a `tlv` field (sections.md, chapter 3). Nested items are bytes like any
/// others: nothing in them marks them as items.
class TlvReader {
  public:
    TlvReader(std::span<const std::uint8_t> bytes, TlvFormat format)
        : bytes_(bytes), format_(format) {}

    /// Whether there is no item any more; true also after one whose end is not known.
    bool at_end() const { return room() == 0; }

    /// Moves to the next item; false at the end.
    bool next(TlvItem& item);

    /// The begin of the next item, in bytes.
    std::size_t position() const { return at_; }

  private:
    std::size_t room() const { return bytes_.size() - at_; }
    bool read_tag(TlvItem& item);
    bool read_length(TlvItem& item);
    bool read_ber_length(TlvItem& item);
    bool take(std::size_t size, std::uint64_t& number);
    void read_value(TlvItem& item);
    bool refuse(TlvItem& item, std::size_t at, std::string problem);

    std::span<const std::uint8_t> bytes_;
    TlvFormat format_;
    std::size_t at_ = 0;
    std::size_t index_ = 0;
};

void judge_items(std::span<const std::uint8_t> bytes, TlvFormat format, FaultsOfBytes& faults);

/// Appends a sound item as JSON: its tag, and its bytes as text or hex.
void append_item(const TlvItem& item, HoldsText holds, jsonb::JsonbBuilder& json);

/// Appends the lines of an item, whatever is wrong with it; `name` is put before theirs.
void dissect_item(const TlvItem& item, const std::string& name, HoldsText holds, InnerLines& lines);

/// Appends the items as a JSON array; the bytes are sound.
void append_items(std::span<const std::uint8_t> bytes, TlvFormat format, HoldsText holds,
                  jsonb::JsonbBuilder& json);

/// Sound items as one of several fields has them.
struct CodedItems {
    std::span<const std::uint8_t> bytes;
    TlvFormat format;
};

/// Appends the items that all of these fields were written from, nested ones as such if their bytes
/// differ. False, with `json` void, if there are none.
bool append_common_items(const std::vector<CodedItems>& fields, HoldsText holds,
                         jsonb::JsonbBuilder& json);

/// `3 items, 25 bytes`.
std::string print_items(std::span<const std::uint8_t> bytes, TlvFormat format);

/// Shows tag, length and value of each item, whatever is wrong with it.
void dissect_items(std::span<const std::uint8_t> bytes, TlvFormat format, HoldsText holds,
                   InnerLines& lines);

}  // namespace onetrip::section
