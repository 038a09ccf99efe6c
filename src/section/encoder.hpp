#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/byte_writer.hpp"
#include "base/interrupt.hpp"
#include "section/part_numbers.hpp"
#include "section/plan.hpp"
#include "section/types/bad_value.hpp"
#include "section/types/field_type.hpp"
#include "section/value.hpp"

namespace onetrip::section {

namespace tables {
class Writer;
}

/// The receiver of sections. An exception from it ends the encoding; a section that was begun is
/// then void.
class SectionSink {
  public:
    /// Room for `size` bytes, which does not move until end_section. If it is called again without
    /// end_section, the section is discarded with its bytes.
    virtual std::uint8_t* begin_section(std::size_t size) = 0;

    /// The section is finished: the first `size` bytes of that room.
    virtual void end_section(std::size_t size) = 0;

  protected:
    ~SectionSink() = default;
};

/// Whether a row may become several sections.
enum class Splitting : std::uint8_t { allowed, refused };

/// Makes sections of rows: the writer over a plan. One loop over the runs of its scope: the bits
/// that no row changes are an image that is copied, and each step writes one field over it.
class Encoder {
  public:
    /// `plan` must outlive the encoder. `interrupt` is called now and then by work that can take
    /// long.
    explicit Encoder(const Plan& plan, Interrupt interrupt = never_interrupted);
    ~Encoder();

    /// Encodes a row into one section, or several if it does not fit into one and the layout has a
    /// field to split. `row` has a value for each of plan.slots. Returns the number of sections.
    /// Throws FieldError; exceptions of the sink pass through.
    std::size_t encode(std::span<const Value> row, SectionSink& sink, Splitting splitting);

  private:
    /// A step of the plan, with the limits of the values that need no conversion by the field's
    /// type.
    struct FastStep {
        Step step;
        const Field* field;
        std::uint64_t integer_limit;  ///< integers below it are their own bits
        bool takes_ascii;             ///< as many characters as it has bytes, or fewer
        std::int64_t last_instant;    ///< rows of one campaign share their times
        std::uint64_t last_bits;      ///< of last_instant
        bool has_last_instant;

        /// Whether the field is written as the eight bytes that begin with it, which is one store:
        /// if it begins a byte and so many bytes are sure to follow.
        bool by_word;
        std::uint32_t shift;       ///< of the bits within that word
        std::uint64_t bits_after;  ///< the image's bits in that word after the field
    };

    /// A run of the plan. The part after it is a field of bytes.
    struct FastRun {
        std::uint32_t begin;  ///< in bytes, parts not counted
        std::uint32_t end;
        std::vector<FastStep> steps;
        const Part* part;  ///< nullptr after the last run
        const Field* field;
        const BytesType* type;
    };

    /// The items that are still to be spread, and how many bytes of them a section takes.
    struct Share {
        Items& items;
        std::size_t room;
    };

    FastRun run_of(const Run& run) const;
    FastStep step_of(const Step& step) const;

    static bool direct_bits(const FastStep& step, const Value& value, std::uint64_t& bits);
    static void store(const FastStep& step, std::uint8_t* at, std::uint64_t bits);
    void write_converted(FastStep& step, const Value& value, std::uint8_t* at);
    static std::uint64_t converted_bits(FastStep& step, const Value& value);
    static void write_bytes(const FastStep& step, const Value& value, std::uint8_t* at);

    bool write(std::span<const Value> row, const Share* share, std::uint8_t* section);
    void write_run(FastRun& run, std::span<const Value> row, std::uint8_t* at);
    static void write_share(const Share& share, ByteWriter& writer);

    std::size_t finish(std::span<const Value> row, PartNumbers numbers, std::uint8_t* section);
    void write_part_numbers(PartNumbers numbers, std::uint8_t* section);
    void write_given_part_numbers(std::span<const Value> row, std::uint8_t* section);
    void write_part_number(const PartNumber& part, std::uint64_t number,
                           std::uint8_t* section) const;
    void write_checksums(std::uint8_t* section) const;
    std::uint64_t measure(const Measure& measure) const;
    std::uint32_t offset_of(Place place) const;
    [[noreturn]] void refuse_missing_part(std::span<const Value> row) const;

    bool has_json_text(std::span<const Value> row) const;
    std::size_t encode_parsed(std::span<const Value> row, SectionSink& sink, Splitting splitting);
    std::size_t split(std::span<const Value> row, SectionSink& sink, Splitting splitting);
    void refuse_split(std::span<const Value> row, Splitting splitting);
    std::size_t room_for_items(std::span<const Value> row);
    std::uint64_t count_parts(const Share& share);
    bool numbered_by_row(std::span<const Value> row) const;

    [[noreturn]] void raise(const BadValue& bad) const;

    const Plan& plan_;
    Interrupt interrupt_;
    std::vector<FastRun> runs_;
    std::vector<Measure> measures_;       ///< lengths and offsets that rows change
    std::vector<const Part*> documents_;  ///< parts whose type takes JSON text

    // The state of the row being encoded:
    std::vector<std::uint32_t> part_bytes_;  ///< of the first n parts together
    const Field* current_ = nullptr;         ///< the field that is at fault if one is
    SlotId current_slot_ = 0;                ///< of the part that did not fit
    std::vector<std::uint8_t> scratch_;
    PartNumbersJudge part_numbers_;

    std::unique_ptr<tables::Writer> table_;  ///< of a table, which it writes instead
};

}  // namespace onetrip::section
