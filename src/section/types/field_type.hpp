#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_writer.hpp"
#include "base/interrupt.hpp"
#include "base/utf8.hpp"
#include "jsonb/jsonb_builder.hpp"
#include "section/language/layout.hpp"
#include "section/types/bad_value.hpp"
#include "section/value.hpp"

namespace onetrip::section {

/// The widths that a type allows.
struct WidthRule {
    bool variable;           ///< `*`
    std::uint32_t smallest;  ///< in bits; 0 if no fixed width is allowed
    std::uint32_t largest;   ///< in bits
    std::uint32_t multiple_of;
    bool ends_alone = false;  ///< no fixed width but the smallest and the largest

    bool allows(std::optional<std::uint32_t> width) const;
    std::string describe() const;
};

/// The sources that a type takes in addition to a column.
enum class SourceRule : std::uint8_t {
    column_only,  ///< no other
    constant,     ///< and constants
    computed,     ///< and constants, lengths, offsets, part numbers
    none,         ///< no source at all: the field computes itself
};

/// Takes the faults that a type finds in the bytes of a field.
class FaultsOfBytes {
  public:
    /// `byte` is counted from the field's begin; `problem` is a clause of ASCII without full stop.
    virtual void add(std::size_t byte, std::string problem) = 0;

  protected:
    ~FaultsOfBytes() = default;
};

/// Takes the lines by which dissect_section shows the content of a field.
class InnerLines {
  public:
    /// `name` is put after the field's; `from` and `to` are bytes from the field's begin.
    virtual void add(const std::string& name, std::size_t from, std::size_t to,
                     std::string value) = 0;

  protected:
    ~InnerLines() = default;
};

/// The items of a value that may be spread over sections.
class Items {
  public:
    virtual ~Items() = default;

    virtual bool at_end() const = 0;

    /// Appends the next item and moves past it if all of it fits; else the writer overflows and the
    /// walk does not move. Throws BadValue.
    virtual void write_next(ByteWriter& writer) = 0;

    /// The next item as a message names it: `of the item with tag 5`.
    virtual std::string describe_next() const = 0;

    /// Back to the first item.
    virtual void restart() = 0;
};

/// The sound content of one of several fields that share a source.
struct CodedField {
    std::span<const std::uint8_t> bytes;  ///< of a BytesType
    const Field* field;
    std::uint64_t bits;  ///< of a BitsType
};

/// The way to write most values of a type without a call to it.
enum class Shortcut : std::uint8_t {
    none,
    plain_integer,  ///< an integer within range is its own bits, and booleans are 1 and 0
    ascii,          ///< ASCII text is its own bytes, padded with spaces
};

/// A type of the layout language: how a field is written, judged and read. If judge finds no fault,
/// append_json reads the field, and its value is written as the same bits. A type is stateless, and
/// one object serves all its fields.
class FieldType {
  public:
    enum class Coding : std::uint8_t {
        bits,   ///< at most 64 bits: a BitsType
        bytes,  ///< whole bytes: a BytesType
    };

    constexpr FieldType(std::string_view name, Coding coding, WidthRule widths, SourceRule sources)
        : name_(name), coding_(coding), widths_(widths), sources_(sources) {}
    FieldType(const FieldType&) = delete;
    FieldType& operator=(const FieldType&) = delete;

    std::string_view name() const { return name_; }
    Coding coding() const { return coding_; }
    const WidthRule& widths() const { return widths_; }
    SourceRule sources() const { return sources_; }

    /// Whether a field of it stands on a byte boundary, though its width is fixed.
    virtual bool begins_a_byte() const { return false; }

    /// Whether its name is followed by the widths of tags and lengths, (T,L).
    virtual bool takes_tlv_format() const { return false; }

    /// Whether NULL is a value of its own, which decoding gives back.
    virtual bool takes_null() const { return false; }

    /// Whether its name may be followed by the character table of its text, (TABLE).
    virtual bool takes_text_table() const { return false; }

    /// Whether it fills the last byte up with bits that say nothing: it has no value.
    virtual bool fills_to_byte() const { return false; }

    /// Whether a value is made of items that can be spread over sections.
    virtual bool can_be_split() const { return false; }

    virtual Shortcut shortcut() const { return Shortcut::none; }

  protected:
    ~FieldType() = default;

  private:
    std::string_view name_;
    Coding coding_;
    WidthRule widths_;
    SourceRule sources_;
};

/// A type whose value is a pattern of up to 64 bits.
class BitsType : public FieldType {
  public:
    constexpr BitsType(std::string_view name, WidthRule widths, SourceRule sources)
        : FieldType(name, Coding::bits, widths, sources) {}

    /// The bits of `value`, in the low `width` ones. Throws BadValue.
    virtual std::uint64_t to_bits(const Value& value, std::uint32_t width) const = 0;

    /// The largest number that `width` bits hold, which a constant must not exceed.
    virtual std::uint64_t largest(std::uint32_t width) const;

    /// The bits of a number from 0 to largest(width).
    virtual std::uint64_t number_to_bits(std::uint64_t number, std::uint32_t width) const;

    /// The same type for a field that holds local time, so many minutes ahead of UTC; nullptr for a
    /// type that knows no time of day.
    virtual std::shared_ptr<const BitsType> at_offset(std::int32_t minutes) const;

    /// The number that a condition compares; of an integer type.
    virtual jsonb::Integer number_of(std::uint64_t bits, std::uint32_t width) const;

    /// The fault of bits as which no value is written: a clause of ASCII without full stop. Empty
    /// if none exists.
    virtual std::string judge(std::uint64_t bits, std::uint32_t width) const;

    /// Appends the value that these bits, which are sound, stand for, as a JSON row has it.
    virtual void append_json(std::uint64_t bits, std::uint32_t width,
                             jsonb::JsonbBuilder& json) const;

    /// The value for display, in ASCII; takes any bits.
    virtual std::string print(std::uint64_t bits, std::uint32_t width) const;

    /// The same of a constant that the layout writes in decimal digits.
    virtual std::string print_constant(std::uint64_t bits, std::uint32_t width) const;

  protected:
    ~BitsType() = default;
};

/// A type whose value is a string of bytes, of a fixed width or as long as the value needs.
class BytesType : public FieldType {
  public:
    constexpr BytesType(std::string_view name, WidthRule widths,
                        SourceRule sources = SourceRule::column_only)
        : FieldType(name, Coding::bytes, widths, sources) {}

    /// Appends the bytes of `value`: exactly field.width / 8 if the width is fixed (and there is
    /// room for them), else as many as fit. Throws BadValue.
    virtual void write(const Value& value, const Field& field, ByteWriter& writer) const = 0;

    /// Reports the faults of bytes as which no value is written. Most types write any bytes.
    virtual void judge(std::span<const std::uint8_t> bytes, const Field& field,
                       FaultsOfBytes& faults) const;

    /// Appends the value that these bytes, which are sound, stand for, as a JSON row has it.
    virtual void append_json(std::span<const std::uint8_t> bytes, const Field& field,
                             HoldsText holds, jsonb::JsonbBuilder& json) const = 0;

    /// The value for display, in UTF-8; takes any bytes.
    virtual std::string print(std::span<const std::uint8_t> bytes, const Field& field,
                              HoldsText holds) const = 0;

    /// Whether the field's bytes are shown by lines of their own.
    virtual bool has_inner_lines() const { return false; }
    virtual void dissect(std::span<const std::uint8_t> bytes, const Field& field, HoldsText holds,
                         InnerLines& lines) const;

    /// Whether a value may be JSON text, which is parsed before it is written.
    virtual bool takes_json_text() const { return false; }

    /// The items of `value`, which must outlive them; for a type that can be split. Throws
    /// BadValue.
    virtual std::unique_ptr<Items> items_of(const Value& value, const Field& field) const;

    /// Appends the items that all of these fields were written from; for a type that can be split.
    /// False, with `json` void, if there are none.
    virtual bool append_common_items(const std::vector<CodedField>& fields, HoldsText holds,
                                     jsonb::JsonbBuilder& json) const;

  protected:
    ~BytesType() = default;
};

/// The type of this name; nullptr if none exists.
const FieldType* find_field_type(std::string_view name);

/// The names of all types, for messages: "uimsbf, tcimsbf, …".
std::string field_type_names();

/// The JSONB of a value that is JSON text. A key that occurs twice in one object is refused: of two
/// items with one tag, one would vanish without a word. Throws BadValue.
std::vector<std::uint8_t> parse_json_text(const Value& value, Interrupt interrupt);

/// Bits as `0x0f`, with as many digits as the width has.
std::string print_hex(std::uint64_t bits, std::uint32_t width);

/// An integer from 0 to `largest`. Throws BadValue.
std::uint64_t unsigned_number(const Value& value, std::uint64_t largest);

/// The complaint of a type about a kind of value that it does not take.
[[noreturn]] void refuse_kind(const Value& value, std::string_view takes);

/// Throws BadValue if the value is NULL or absent.
void refuse_null(const Value& value);

}  // namespace onetrip::section
