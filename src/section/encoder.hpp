#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/byte_writer.hpp"
#include "base/interrupt.hpp"
#include "section/language/layout.hpp"
#include "section/part_numbers.hpp"
#include "section/types/bad_value.hpp"
#include "section/types/tlv.hpp"
#include "section/value.hpp"

namespace onetrip::section {

/// Where sections go. What it throws ends the encoding; a section that was begun is then void.
class SectionSink {
  public:
    /// Room for `size` bytes, which stays where it is until end_section. Called again without one
    /// where the section is not to be: what was written is void.
    virtual std::uint8_t* begin_section(std::size_t size) = 0;

    /// The section is finished: the first `size` bytes of that room.
    virtual void end_section(std::size_t size) = 0;

  protected:
    ~SectionSink() = default;
};

/// Whether a row may become several sections.
enum class Splitting : std::uint8_t { allowed, refused };

/// Makes sections of rows, as a layout says. One loop over the compiled layout: the bits that no
/// row changes are an image that is copied, and each step writes one field over it.
class Encoder {
  public:
    /// `layout` must outlive the encoder. `interrupt` is called now and then by what takes long: a
    /// row of very many items, or of long JSON text.
    explicit Encoder(const Layout& layout, Interrupt interrupt = never_interrupted);

    /// Encodes a row into one section, or several where it does not fit into one and the layout
    /// has a field to split. `row` has a value for each of layout.slots. Returns the number of
    /// sections. Throws FieldError and what the sink throws.
    std::size_t encode(std::span<const Value> row, SectionSink& sink, Splitting splitting);

  private:
    /// A field that a row fills, at a place that is fixed within its run.
    struct Step {
        const Field* field;
        std::size_t slot;
        std::uint32_t byte;   ///< from the section's begin, `*` fields not counted
        std::uint32_t bit;    ///< within that byte, 0 the most significant
        std::uint32_t width;  ///< in bits

        // What most values are needs no conversion by the field's type:
        std::uint64_t integer_limit;  ///< integers below it are their own bits
        bool takes_ascii;             ///< as many characters as it has bytes, or fewer
        std::int64_t last_instant;    ///< rows of one campaign share their times
        std::uint64_t last_bits;      ///< of last_instant
        bool has_last_instant;

        /// Whether the field is written as the eight bytes that begin with it, which is one store:
        /// where it begins a byte and so many bytes are sure to follow.
        bool by_word;
        std::uint32_t shift;   ///< of the bits within that word
        std::uint64_t behind;  ///< what the image has in that word behind the field
    };

    /// Fixed fields that stand in a row, and the field of width `*` behind them.
    struct Run {
        std::uint32_t begin;  ///< in bytes, `*` fields not counted
        std::uint32_t end;
        std::vector<Step> steps;
        const Field* variable;  ///< nullptr behind the last run
    };

    struct PartNumbers {
        std::uint64_t part = 0;
        std::uint64_t parts = 1;
    };

    void add_field(const Field& field);
    void add_constant(const Field& field, std::uint64_t number);
    static Step step_of(const Field& field);
    void add_words();
    static bool direct_bits(const Step& step, const Value& value, std::uint64_t& bits);
    void write_converted(Step& step, const Value& value, std::uint8_t* at);
    static std::uint64_t converted_bits(Step& step, const Value& value);
    static void store(const Step& step, std::uint8_t* at, std::uint64_t bits);

    /// The items that are still to be spread, and how many bytes of them a section takes.
    struct Share {
        TlvItems& items;
        std::size_t room;
    };

    bool write(std::span<const Value> row, const Share* share, std::uint8_t* section);
    void write_run(Run& run, std::span<const Value> row, std::uint8_t* at);
    static void write_bytes(const Step& step, const Value& value, std::uint8_t* at);
    static void write_share(const Share& share, ByteWriter& writer);
    std::size_t finish(std::span<const Value> row, PartNumbers numbers, std::uint8_t* section);
    void write_part_numbers(PartNumbers numbers, std::uint8_t* section);
    void write_given_part_numbers(std::span<const Value> row, std::uint8_t* section);
    void write_part_number(const Field& field, std::uint64_t number, std::uint8_t* section) const;
    void write_checksums(std::uint8_t* section) const;
    std::uint64_t measure(const Field& field) const;
    static std::uint64_t part_number(const Field& field, PartNumbers numbers);
    [[noreturn]] void refuse_missing_part(std::span<const Value> row) const;
    std::uint8_t* place_of(const Field& field, std::uint8_t* section) const;
    std::uint32_t offset_of(Position position) const;

    bool has_json_text(std::span<const Value> row) const;
    std::size_t encode_parsed(std::span<const Value> row, SectionSink& sink, Splitting splitting);
    std::size_t split(std::span<const Value> row, SectionSink& sink, Splitting splitting);
    void refuse_split(std::span<const Value> row, Splitting splitting);
    std::size_t room_for_items(std::span<const Value> row);
    std::uint64_t count_parts(const Share& share);
    bool numbered_by_row(std::span<const Value> row) const;

    [[noreturn]] void raise(const BadValue& bad) const;

    const Layout& layout_;
    Interrupt interrupt_;
    std::vector<std::uint8_t> image_;
    std::vector<Run> runs_;
    std::vector<const Field*> measures_;   ///< lengths and offsets that rows change
    std::vector<const Field*> parts_;      ///< part numbers; the image has those of a whole row
    std::vector<const Field*> checksums_;  ///< in order: each covers those before it
    std::vector<const Field*> items_;      ///< of type tlv
    const Field* split_ = nullptr;
    const Field* repeats_split_ = nullptr;  ///< a field that has the same source as split_

    // Of the row being encoded:
    std::vector<std::uint32_t> variable_bytes_;  ///< of the first n fields of width `*` together
    const Field* current_ = nullptr;             ///< the field that is at fault if one is
    std::vector<std::uint8_t> scratch_;
    PartNumbersJudge part_numbers_;
};

}  // namespace onetrip::section
