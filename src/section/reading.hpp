#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "section/plan.hpp"

namespace onetrip::section {

/// The reading of bytes that contradict themselves: the ones to believe.
struct Trust {
    std::size_t end;  ///< of the section, in bytes
    bool in_end;      ///< rather than in a length or an offset
};

/// The place of a field, in bits from the section's begin.
struct Placed {
    std::size_t bit;
    std::size_t width;
};

/// A section, and where each field of a plan lies in it: placed once, for all readers. Bytes are
/// never trusted: a field may lie after them.
class Reading {
  public:
    /// `plan` must outlive the reading.
    explicit Reading(const Plan& plan);

    /// Places all fields; nothing is judged. Takes no more than plan.fields and parts.
    void place(std::span<const std::uint8_t> section, Trust trust);

    /// The end of the section by length(); its real end if the layout has no length().
    std::size_t declared_end() const;

    const Plan& plan() const { return plan_; }
    std::span<const std::uint8_t> section() const { return section_; }
    Trust trust() const { return trust_; }

    Placed at(FieldId id) const { return placed_[id]; }
    bool is_whole(FieldId id) const {
        return placed_[id].bit + placed_[id].width <= section_.size() * 8;
    }

    /// The bits of a field that is whole and has at most 64 of them.
    std::uint64_t bits_of(FieldId id) const;

    /// The bytes of a field that is whole. `aligned` holds them if it does not begin on a byte
    /// boundary.
    std::span<const std::uint8_t> bytes_of(FieldId id, std::vector<std::uint8_t>& aligned) const;

    /// The place, in whole bytes from the section's begin.
    std::size_t offset_of(Place place) const { return place.bytes() + part_bytes_[place.parts]; }

  private:
    /// The sum of the lengths of some parts that stand in a row.
    struct LengthsBetween {
        std::uint32_t first = 0;
        std::uint32_t end = 0;
        std::uint64_t sum = 0;
    };

    void place_field(FieldId id);
    std::size_t size_of(const PartEnd& end, std::size_t begin);
    std::size_t less_gap(std::uint64_t whole, const Gap& gap);
    std::uint64_t lengths_between(const Gap& gap);
    std::uint64_t load_measure(FieldId id) const;

    const Plan& plan_;
    std::vector<const Part*> parts_;
    std::span<const std::uint8_t> section_;
    Trust trust_{};
    std::vector<Placed> placed_;           ///< by FieldId
    std::vector<std::size_t> part_bytes_;  ///< of the first n parts together
    LengthsBetween between_;
};

}  // namespace onetrip::section
