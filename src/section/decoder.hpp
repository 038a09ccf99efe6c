#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "section/language/layout.hpp"
#include "section/part_numbers.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section {

/// One way in which a section breaks its layout.
struct Fault {
    const Field* field;   ///< for bytes that are left over the last one
    std::size_t byte;     ///< from the section's begin
    std::string problem;  ///< a clause without full stop, in ASCII
};

/// A line of what a protocol analyser shows.
struct DissectedField {
    std::string name;  ///< a field, or a part of one: `storables[0].tag`
    std::size_t byte;  ///< from the section's begin
    std::uint32_t bit;
    std::size_t width;  ///< in bits
    std::string raw;    ///< empty where the lines behind it show the bytes
    std::string value;  ///< UTF-8
};

/// Reads sections as a layout says: the encoder's way back, over the same compiled layout. Bytes
/// are never trusted. A section is sound, with no fault, exactly where it can be decoded, and then
/// the encoder makes the same bytes of what was decoded.
class Decoder {
  public:
    /// `layout` must outlive the decoder.
    explicit Decoder(const Layout& layout, HoldsText holds = nullptr);

    /// The largest section that a section_length of 12 bits can say. A longer one is wrong as a
    /// whole, and is not read: that bounds the work on bytes of any kind.
    static constexpr std::size_t largest_read = 3 + 0xFFF;

    /// Every fault of a section, in the order of their bytes; valid until the next call.
    const std::vector<Fault>& check(std::span<const std::uint8_t> section);

    /// Appends a JSON row: a key for every source, and one for every part field. Throws FieldError
    /// for the first fault.
    void decode(std::span<const std::uint8_t> section, std::string& json);

    /// The section line by line, faults shown where they are; valid until the next call.
    const std::vector<DissectedField>& dissect(std::span<const std::uint8_t> section);

    /// Whether length() stands where all sections of ISO/IEC 13818-1 have their section_length, so
    /// that concatenated sections can be told apart.
    bool has_section_length() const { return has_section_length_; }

    /// The bits in front of section_length that are the same in every section of the layout.
    struct Header {
        std::uint16_t mask = 0;
        std::uint16_t bits = 0;
    };
    Header header() const { return header_; }

  private:
    /// A field, and what of it every section has alike.
    struct Step {
        const Field* field;
        const BitsType* bits;    ///< either this …
        const BytesType* bytes;  ///< … or this
        std::uint64_t constant;  ///< as bits
    };

    /// What says how long a field of width `*` is (see refuse_undecodable in layout_resolver.cpp):
    /// the distance to a place behind it, less what lies between.
    struct Bound {
        std::uint64_t fixed_between = 0;  ///< in bytes
        std::size_t first_between = 0;    ///< in variables_: `*` fields that have a length …
        std::size_t end_between = 0;      ///< … up to this one
    };

    struct Variable {
        std::size_t step;
        std::optional<std::size_t> length;  ///< the step that has its length
        std::optional<std::size_t> offset;  ///< the step that has the next label's offset
        Bound to_label;
        std::optional<Bound> to_end;
    };

    /// The first step that says a field's length or a label's offset, by that name: no field and
    /// label of a layout have one.
    using Measures = std::unordered_map<std::string_view, std::size_t>;

    /// The fields that one key of a JSON row gives their value.
    struct Key {
        std::string name;
        std::vector<std::size_t> steps;

        /// The first field of each type (and T and L of a tlv). What is written from one value is
        /// alike in all fields of a type, so that no other can say more about the value.
        std::vector<std::size_t> candidates;
    };

    /// The sum of the lengths of some `*` fields that stand in a row.
    struct LengthsBetween {
        std::size_t first = 0;
        std::size_t end = 0;
        std::uint64_t sum = 0;
    };

    /// How bytes that contradict themselves are read: which of them to believe.
    struct Reading {
        std::size_t end;  ///< of the section, in bytes
        bool trust_end;   ///< rather than a length or an offset
    };

    // ---- compiling
    void add_step(const Field& field);
    void add_key(const Field& field, std::size_t step);
    bool is_new_candidate(const Key& key, const Field& field) const;
    void add_variables();
    void add_bounds(const Measures& measures);
    Bound bound_up_to(std::size_t variable, Position end) const;
    Measures first_measures() const;
    static std::optional<std::size_t> measure_before(std::size_t step, std::string_view name,
                                                     const Measures& measures);
    void find_header();

    // ---- reading
    void read(Reading reading);
    void place();
    std::size_t size_of(const Variable& variable, std::size_t begin);
    std::size_t distance(std::uint64_t whole, const Bound& bound);
    std::uint64_t lengths_between(const Bound& bound);
    std::uint64_t load_measure(std::size_t step) const;
    std::uint64_t declared_end() const;

    std::size_t offset_of(Position position) const {
        return position.fixed_bytes() + variable_bytes_[position.variable_fields];
    }
    std::size_t bit_of(const Step& step) const {
        return std::size_t{step.field->begin.fixed_bits} +
               variable_bytes_[step.field->begin.variable_fields] * 8;
    }
    std::size_t index_of(const Step& step) const {
        return static_cast<std::size_t>(&step - steps_.data());
    }
    std::size_t width_of(const Step& step) const;
    bool is_whole(const Step& step) const;
    std::uint64_t bits_of(const Step& step) const;
    std::span<const std::uint8_t> bytes_of(const Step& step,
                                           std::vector<std::uint8_t>& aligned) const;

    // ---- judging
    void judge(const Step& step);
    void judge_bits(const Step& step, std::uint64_t bits);
    void judge_bytes(const Step& step);
    void judge_constant(const Step& step, std::uint64_t bits);
    void judge_measure(const Step& step, std::uint64_t bits);
    std::size_t measure(const Field& field) const;
    void judge_checksum(const Step& step, std::uint64_t bits);
    std::uint32_t checksum_up_to(std::size_t end);
    void judge_part(const Step& step, std::uint64_t bits);
    void judge_end();
    void judge_size();
    void judge_key(const Key& key);
    void add_disagreement(const Key& key);
    bool all_equal(const Key& key) const;
    std::optional<std::string> common_value(const Key& key) const;
    std::optional<std::string> common_bytes(const Key& key) const;
    std::optional<std::string> common_items(const Key& key) const;
    std::size_t first_other(const Key& key, const std::string& json) const;
    bool writes_same(const Step& step, const Value& value,
                     std::vector<std::uint8_t>& scratch) const;
    void add_fault(const Step& step, std::string problem);

    // ---- telling
    void append_json(const Step& step, std::string& json) const;
    void dissect_step(const Step& step);
    void dissect_items(const Step& step, std::span<const std::uint8_t> bytes);
    void sort_faults_by_field();
    std::string problems_of(const Step& step);
    [[noreturn]] void raise(const Fault& fault) const;

    const Layout& layout_;
    HoldsText holds_;
    std::vector<Step> steps_;  ///< in order; a layout has one at least
    std::vector<Variable> variables_;
    std::vector<Key> keys_;
    std::vector<std::size_t> key_of_slot_;       ///< index into keys_, or no_key
    std::optional<std::size_t> length_of_rest_;  ///< the first length() that no `*` field precedes
    bool has_section_length_ = false;
    Header header_;

    // Of the section being read:
    std::span<const std::uint8_t> section_;
    Reading reading_{};
    std::vector<std::size_t> variable_bytes_;  ///< of the first n fields of width `*` together
    LengthsBetween between_;
    std::vector<Fault> faults_;
    std::vector<bool> is_faulty_;  ///< by step
    PartNumbersJudge part_numbers_;
    std::uint32_t checksum_ = 0;                 ///< of the bytes …
    std::size_t checksum_end_ = 0;               ///< … up to here, 0 before the first
    std::vector<const Fault*> faults_by_field_;  ///< for dissect
    std::size_t next_fault_ = 0;                 ///< among those
    std::vector<DissectedField> lines_;
};

}  // namespace onetrip::section
