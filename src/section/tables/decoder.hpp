#pragma once

#include <span>
#include <vector>

#include "section/tables/dissector.hpp"
#include "section/tables/judge.hpp"
#include "section/tables/reading.hpp"
#include "section/tables/teller.hpp"

namespace onetrip::section::tables {

/// Reads sections of a table: the writer's way back.
class Decoder {
  public:
    Decoder(const TablePlan& plan, HoldsText holds, Interrupt interrupt)
        : reading_(plan, interrupt),
          judge_(plan, holds),
          teller_(plan, reading_, holds),
          holds_(holds) {}

    /// Faults and notes; valid until the next call.
    std::vector<Fault>& check(std::span<const std::uint8_t> section) {
        reading_.place(section);
        return judge_.judge(reading_);
    }

    /// Appends the JSON of the section that was checked, if it has no fault.
    void tell(jsonb::JsonbBuilder& json) { teller_.tell(json); }

    void dissect(const std::vector<Fault>& faults, std::vector<DissectedField>& lines) const {
        tables::dissect(reading_, faults, holds_, lines);
    }

  private:
    Reading reading_;
    Judge judge_;
    Teller teller_;
    HoldsText holds_;
};

}  // namespace onetrip::section::tables
