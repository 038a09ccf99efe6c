#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.hpp"
#include "section/language/layout.hpp"

namespace onetrip::section {

namespace tables {
struct TablePlan;
class SharedLibrary;
}  // namespace tables

/// Index into Plan::fields.
using FieldId = std::uint32_t;

/// Index into Plan::slots.
using SlotId = std::uint32_t;

/// The place at which something begins in its scope: after so many fixed bits, and after so many
/// parts, whose sizes are known only with a row or with bytes.
struct Place {
    std::uint32_t bits = 0;
    std::uint32_t parts = 0;

    std::uint32_t bytes() const { return bits / 8; }
    bool on_byte_boundary() const { return bits % 8 == 0; }
};

/// One input of a layout: a column of the row, or a key of a JSON row.
struct Slot {
    std::string name;
    /// The name of a part(), last_part() or parts() field: a JSON row that has this key says which
    /// part it is; a record never does.
    bool names_part;
    FieldId field;                ///< the first that takes its value from this slot, for messages
    bool may_be_missing = false;  ///< a record need not have the column: it is then NULL
};

/// A field that a row fills, at a place that is fixed within its run.
struct Step {
    FieldId field;
    SlotId slot;
    std::uint32_t byte;   ///< from the scope's begin, parts not counted
    std::uint32_t bit;    ///< within that byte, 0 the most significant
    std::uint32_t width;  ///< in bits
};

/// The gap between the end of a part and a place after it: fixed bytes, and parts whose lengths
/// have been read before the part begins.
struct Gap {
    std::uint32_t fixed_bytes;
    std::uint32_t first_part;
    std::uint32_t end_part;
};

/// The sources that give the end of a part, decided once. There is at least one of the three. If
/// bytes contradict themselves, a reader may believe another one than in sound bytes.
struct PartEnd {
    std::optional<FieldId> length;  ///< a field before the part that has its length
    std::optional<FieldId> offset;  ///< a field before the part that has the next label's offset
    Gap to_label;                   ///< with `offset`
    std::optional<Gap> to_end;      ///< to the end of the scope
};

/// A field of width `*`. Lists and choices will be further kinds of parts.
struct Part {
    FieldId field;
    SlotId slot;
    PartEnd end;
};

/// Fixed fields that stand in a row, and the part after them.
struct Run {
    std::uint32_t begin;  ///< in bytes of the image
    std::uint32_t end;
    std::vector<Step> steps;
    std::optional<Part> part;  ///< none after the last run
};

/// A length or an offset, with the places from and to which it measures.
struct Measure {
    FieldId field;
    Place at;
    Place from;
    Place to;

    /// Whether the measure is the same in every row: it is then a constant of the image.
    bool is_constant() const { return from.parts == to.parts; }
};

/// A part(), last_part() or parts() field. The image has those of a row that takes one section.
struct PartNumber {
    FieldId field;
    SlotId slot;
    Place at;
};

/// A rpchof field, which covers everything before it.
struct Checksum {
    FieldId field;
    Place at;
};

/// A field as it is read.
struct FieldPlace {
    Place begin;
    std::uint64_t constant = 0;            ///< its bits, for the source `constant`
    std::optional<std::uint32_t> measure;  ///< index into Scope::measures
};

/// The fields that one key of a JSON row gives their value.
struct Key {
    std::string name;
    std::vector<FieldId> fields;
};

/// The content of one pair of braces, in three forms: an image and the runs over it for writing,
/// the fields in order for reading, and the computed fields for both.
struct Scope {
    std::vector<std::uint8_t> image;  ///< the bits that no row changes
    std::vector<Run> runs;
    std::vector<FieldPlace> fields;  ///< by FieldId
    std::vector<Measure> measures;
    std::vector<PartNumber> part_numbers;
    std::vector<Checksum> checksums;  ///< in order: each covers those before it
    Place end;
    std::vector<Key> keys;                   ///< in the layout's order
    std::vector<std::uint32_t> sorted_keys;  ///< in the order in which JSONB has them
    std::vector<std::uint32_t> shared_keys;  ///< those of several fields
};

/// The field whose items are spread over sections.
struct SplitField {
    FieldId field;
    SlotId slot;
    std::optional<FieldId> repeated_by;  ///< a field of the same source, in which they would repeat
};

/// The bits in front of section_length that are the same in every section of the layout.
struct HeaderBits {
    std::uint16_t mask = 0;
    std::uint16_t bits = 0;

    /// Whether a section that begins with these two bytes has them.
    bool are_in(std::uint8_t first, std::uint8_t second) const {
        return ((first << 4 | second >> 4) & mask) == bits;
    }
};

/// A compiled layout, which encoder and decoder run; a Layout is the form in which it was written.
/// Every name is resolved and every position known. It can be encoded and decoded, or compile would
/// have refused it.
struct Plan {
    std::string name;
    std::uint32_t max_bytes;
    std::vector<Field> fields;  ///< in order; there is one at least
    std::vector<Slot> slots;
    Scope root;
    std::optional<SplitField> split;

    std::optional<FieldId> length_of_rest;  ///< the first length() that no part precedes

    /// Whether length_of_rest is at the place of section_length in ISO/IEC 13818-1, so that the
    /// ends of concatenated sections are known.
    bool has_section_length = false;
    HeaderBits header;

    /// The table of a layout that has more than fields and labels, which is run instead of `root`.
    /// `fields` are then those of the slots alone.
    std::shared_ptr<const tables::TablePlan> table;
};

/// The one place that decides positions, constants and the ends of parts. Throws Error
/// (syntax_error) with line and column for a layout that could not be encoded or decoded
/// (sections.md, chapter 2), and what `interrupt` throws. Plans that are compiled with one
/// `library` share what they use of the library; it may be destroyed before them.
Plan compile(const Layout& layout, Interrupt interrupt = never_interrupted,
             tables::SharedLibrary* library = nullptr);

}  // namespace onetrip::section
