#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "section/part_numbers.hpp"
#include "section/reading.hpp"
#include "section/running_checksum.hpp"
#include "section/shared_value.hpp"
#include "transport/section_header.hpp"

namespace onetrip::section {

/// One way in which a section breaks its layout.
struct Fault {
    const Field* field;     ///< for bytes that are left over the last one
    std::size_t byte;       ///< from the section's begin
    std::string problem;    ///< a clause without full stop, in ASCII
    std::string path = {};  ///< of a field in inner braces; empty for the field's own name
    bool is_note = false;   ///< worth a look, and no reason not to decode the section

    const std::string& name() const { return path.empty() ? field->name : path; }
};

/// The number of faults that are not notes.
std::size_t count_faults(const std::vector<Fault>& faults);

/// The largest section that a section_length of 12 bits can give. A longer one is wrong as a whole,
/// and is not read: that bounds the work on bytes of any kind.
inline constexpr std::size_t largest_read = transport::largest_said_section;

/// Finds the faults of a section that was placed. It keeps its memory from one to the next.
class Judge {
  public:
    /// `plan` must outlive the judge.
    Judge(const Plan& plan, HoldsText holds) : plan_(plan), shared_(holds) {}

    /// Every fault, by field and then by source; valid until the next call.
    std::vector<Fault>& judge(const Reading& reading);

    /// The fault of a section of more than largest_read bytes, which no reading has placed.
    std::vector<Fault>& judge_too_long(std::size_t size);

  private:
    void judge_fields();
    void judge_field(FieldId id);
    void judge_bytes(FieldId id);
    void judge_bits(FieldId id, std::uint64_t bits);
    void judge_constant(FieldId id, std::uint64_t bits);
    void judge_measure(FieldId id, std::uint64_t bits);
    std::size_t measure(FieldId id) const;
    void judge_checksum(FieldId id, std::uint64_t bits);
    void judge_end();
    void judge_size(std::size_t size);
    void judge_key(const Key& key);
    bool can_be_compared(const Key& key) const;
    void add_fault(FieldId id, std::string problem);

    const Plan& plan_;
    SharedValue shared_;
    const Reading* reading_ = nullptr;
    std::vector<Fault> faults_;
    std::vector<bool> is_faulty_;  ///< by FieldId
    PartNumbersJudge part_numbers_;
    RunningChecksum checksum_;
};

}  // namespace onetrip::section
