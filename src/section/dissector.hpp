#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "section/judge.hpp"
#include "section/reading.hpp"

namespace onetrip::section {

/// A line as a protocol analyser shows it.
struct DissectedField {
    std::string name;  ///< a field, or a part of one: `storables[0].tag`
    std::size_t byte;  ///< from the section's begin
    std::uint32_t bit;
    std::size_t width;  ///< in bits
    std::string raw;    ///< empty if the lines after it show the bytes
    std::string value;  ///< UTF-8
};

/// `0x` and digits; empty for no bytes.
std::string hex_of(std::span<const std::uint8_t> bytes);

/// Flags and other short fields bit by bit, as the standards' tables show them.
std::string print_raw(std::uint64_t bits, std::uint32_t width);

/// Appends the line of a field that is whole, and the lines of its content. `remark` is put after
/// the value.
void append_field_lines(const CodedField& coded, const std::string& name, std::size_t bit,
                        const std::string& remark, HoldsText holds,
                        std::vector<DissectedField>& lines);

/// The remark of a field's line: its faults, or that a value that could be wrong is right.
std::string remark_of(const Field& field, const std::string& problems);

/// Shows a section line by line, with the faults at their fields.
class Dissector {
  public:
    /// All must outlive the dissector; `faults` are those of the reading.
    Dissector(const Reading& reading, const std::vector<Fault>& faults, HoldsText holds);

    /// Appends a line for each field, and for bytes that are left over after the last.
    void append_lines(std::vector<DissectedField>& lines);

  private:
    void add_field(FieldId id);
    void add_cut_field(FieldId id);
    void add_line(const Field& field, DissectedField line);
    std::string remark_of_next(const Field& field);

    const Reading& reading_;
    HoldsText holds_;
    std::vector<const Fault*> faults_;  ///< by field
    std::size_t next_fault_ = 0;
    std::vector<DissectedField>* lines_ = nullptr;
};

/// The one line of a section that is too long to be read.
DissectedField dissect_too_long(std::size_t size, const Fault& fault);

}  // namespace onetrip::section
