#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "jsonb/jsonb_builder.hpp"
#include "section/dissector.hpp"
#include "section/judge.hpp"
#include "section/plan.hpp"
#include "section/reading.hpp"

namespace onetrip::section {

namespace tables {
class Decoder;
}

/// Reads sections as a plan says: the encoder's way back. Bytes are never trusted. A section is
/// sound, with no fault, exactly if it can be decoded, and then the encoder makes the same bytes
/// from the decoded row.
class Decoder {
  public:
    /// `plan` must outlive the decoder.
    explicit Decoder(const Plan& plan, HoldsText holds = nullptr,
                     Interrupt interrupt = never_interrupted);
    ~Decoder();

    /// Every fault of a section, and every note, in the order of their bytes; valid until the next
    /// call.
    const std::vector<Fault>& check(std::span<const std::uint8_t> section);

    /// The JSON row of a section: a key for every source, and one for every part field. Throws
    /// FieldError for the first fault. A JSONB document, valid until the next call.
    std::span<const std::uint8_t> decode(std::span<const std::uint8_t> section);

    /// The section line by line, faults shown at their fields; valid until the next call.
    const std::vector<DissectedField>& dissect(std::span<const std::uint8_t> section);

    const Plan& plan() const { return plan_; }

  private:
    void read(std::span<const std::uint8_t> section, Trust trust);
    void read_best(std::span<const std::uint8_t> section);
    [[noreturn]] void raise(const Fault& fault) const;

    const Plan& plan_;
    HoldsText holds_;
    Reading reading_;
    Judge judge_;
    std::vector<Fault>* faults_ = nullptr;  ///< the judge's
    jsonb::JsonbBuilder row_;
    std::vector<DissectedField> lines_;
    std::unique_ptr<tables::Decoder> table_;  ///< for a table, which it reads instead
};

}  // namespace onetrip::section
