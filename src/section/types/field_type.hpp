#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/byte_writer.hpp"
#include "base/utf8.hpp"
#include "section/language/layout.hpp"
#include "section/types/bad_value.hpp"
#include "section/value.hpp"

namespace onetrip::section {

/// The widths that a type allows.
struct WidthRule {
    bool variable;           ///< `*`
    std::uint32_t smallest;  ///< in bits; 0 where no fixed width is allowed
    std::uint32_t largest;   ///< in bits
    std::uint32_t multiple_of;

    bool allows(std::optional<std::uint32_t> width) const;
    std::string describe() const;
};

/// The sources that a type takes besides a column.
enum class SourceRule : std::uint8_t {
    column_only,  ///< no other
    constant,     ///< and constants
    computed,     ///< and constants, lengths, offsets, part numbers
    none,         ///< no source at all: the field computes itself
};

/// Takes what a type finds wrong with the bytes of a field.
class FaultsOfBytes {
  public:
    /// `byte` is counted from the field's begin; `problem` is a clause of ASCII without full stop.
    virtual void add(std::size_t byte, std::string problem) = 0;

  protected:
    ~FaultsOfBytes() = default;
};

/// A type of the layout language: how a field is written, judged and read. What judge finds no
/// fault with, append_json reads, and the value that it gives is written as the same bits. A type
/// is stateless, and one object serves all its fields.
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

    /// The largest number that `width` bits say; what a constant must not exceed.
    virtual std::uint64_t largest(std::uint32_t width) const;

    /// The bits of a number from 0 to largest(width).
    virtual std::uint64_t number_to_bits(std::uint64_t number, std::uint32_t width) const;

    /// What is wrong with bits that no value is written as: a clause of ASCII without full stop.
    /// Empty where nothing is.
    virtual std::string judge(std::uint64_t bits, std::uint32_t width) const;

    /// Appends the value that these bits, which are sound, stand for, as a JSON row has it.
    virtual void append_json(std::uint64_t bits, std::uint32_t width, std::string& json) const;

    /// The value for eyes, in ASCII; of any bits.
    virtual std::string print(std::uint64_t bits, std::uint32_t width) const;

  protected:
    ~BitsType() = default;
};

/// A type whose value is a string of bytes, of a fixed width or as long as the value needs.
class BytesType : public FieldType {
  public:
    constexpr BytesType(std::string_view name, WidthRule widths)
        : FieldType(name, Coding::bytes, widths, SourceRule::column_only) {}

    /// Appends the bytes of `value`: exactly field.width / 8 where the width is fixed (and there is
    /// room for them), else as many as fit. Throws BadValue.
    virtual void write(const Value& value, const Field& field, ByteWriter& writer) const = 0;

    /// Reports what is wrong with bytes that no value is written as. Most types write any bytes.
    virtual void judge(std::span<const std::uint8_t> bytes, const Field& field,
                       FaultsOfBytes& faults) const;

    /// Appends the value that these bytes, which are sound, stand for, as a JSON row has it.
    virtual void append_json(std::span<const std::uint8_t> bytes, const Field& field,
                             HoldsText holds, std::string& json) const = 0;

    /// The value for eyes, in UTF-8; of any bytes.
    virtual std::string print(std::span<const std::uint8_t> bytes, const Field& field,
                              HoldsText holds) const;

  protected:
    ~BytesType() = default;
};

/// The type of this name; nullptr where there is none.
const FieldType* find_field_type(std::string_view name);

/// The names of all types, for messages: "uimsbf, tcimsbf, …".
std::string field_type_names();

// The types, each defined in the file that is named after what it writes.
extern const BitsType& uimsbf;  // integer_types.cpp
extern const BitsType& tcimsbf;
extern const BitsType& bslbf;
extern const BitsType& bcd;
extern const BitsType& rpchof;  // a checksum: the encoder computes it
extern const BitsType& utc;     // time_types.cpp
extern const BitsType& duration;
extern const BytesType& char_type;  // text_types.cpp
extern const BytesType& text_type;
extern const BytesType& dvbtext;
extern const BytesType& bytes_type;
extern const BytesType& tlv;  // tlv.cpp

/// Bits as `0x0f`, with as many digits as the width has.
std::string print_hex(std::uint64_t bits, std::uint32_t width);

/// The complaint of a type about a kind of value that it does not take.
[[noreturn]] void refuse_kind(const Value& value, std::string_view takes);

/// Throws BadValue where the value is NULL or absent.
void refuse_null(const Value& value);

}  // namespace onetrip::section
