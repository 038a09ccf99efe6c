#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "section/judge.hpp"
#include "section/part_numbers.hpp"
#include "section/running_checksum.hpp"
#include "section/shared_value.hpp"
#include "section/tables/reading.hpp"

namespace onetrip::section::tables {

/// Finds what is wrong with a section that was placed, and which items of a tlv are not what their
/// definitions say: those become raw in the reading, and a note.
class Judge {
  public:
    Judge(const TablePlan& plan, HoldsText holds)
        : plan_(plan), shared_(holds), part_numbers_(plan.root.has_gaps()) {}

    /// Every fault and note, in the order of their bytes; valid until the next call.
    std::vector<Fault>& judge(Reading& reading);

  private:
    void judge_entries(EntryId from, EntryId to, std::vector<Fault>& faults);
    void judge_leaf(EntryId id, std::vector<Fault>& faults);
    void judge_bits(EntryId id, std::vector<Fault>& faults);
    void judge_computed(EntryId id, std::uint64_t bits, std::vector<Fault>& faults);
    void judge_align(EntryId id, std::vector<Fault>& faults);
    void judge_bytes(EntryId id, std::vector<Fault>& faults);
    void judge_constant(EntryId id, std::uint64_t bits, std::vector<Fault>& faults);
    void judge_checksum(EntryId id, std::uint64_t bits, std::vector<Fault>& faults);
    void judge_part(EntryId id, std::uint64_t bits, std::vector<Fault>& faults);
    void judge_item(EntryId id, std::vector<Fault>& faults);
    void judge_shared(const Scope& scope, EntryId from, EntryId to, std::vector<Fault>& faults);
    void judge_size();
    void add(EntryId id, std::string problem, std::vector<Fault>& faults) const;

    const TablePlan& plan_;
    SharedValue shared_;
    Reading* reading_ = nullptr;
    std::vector<Fault> faults_;
    std::vector<Fault> notes_;
    PartNumbersJudge part_numbers_;
    RunningChecksum checksum_;
};

}  // namespace onetrip::section::tables
