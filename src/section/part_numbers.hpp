#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "section/language/layout.hpp"
#include "section/value.hpp"

namespace onetrip::section {

/// The part numbers that the sections of a row get.
struct PartNumbers {
    std::uint64_t part = 0;
    std::uint64_t last = 0;
    std::uint64_t parts = 1;
    std::uint64_t last_of_segment = 0;

    /// The numbers of the first of so many parts.
    static PartNumbers first_of(std::uint64_t parts) { return {0, parts - 1, parts, parts - 1}; }

    /// The one that a field's source names. Throws BadValue if it does not fit.
    std::uint64_t of(const Field& field) const;
};

/// Writes a part number over what a section has in its place.
void store_part_number(std::uint8_t* at, unsigned bit, std::uint32_t width, std::uint64_t number);

/// The part numbers of one section, which must go together: parts count from 0 to the last one's
/// number. One judge for both directions, so that nothing is written that would be refused when it
/// is read.
class PartNumbersJudge {
  public:
    /// `has_gaps`: with `split by`, numbers have gaps, and parts() has no rules.
    explicit PartNumbersJudge(bool has_gaps = false) : has_gaps_(has_gaps) {}

    /// The fault in the number of a part field, compared with those seen before: a phrase that
    /// begins with the number's meaning. Empty if none exists.
    std::string judge(const Field& field, std::uint64_t number);

    /// The number that a row sets. Throws BadValue if it contradicts those seen before.
    std::uint64_t take(const Field& field, const Value& value);

    void clear() { seen_ = {}; }

  private:
    /// The number that the first field of a kind has.
    struct Seen {
        const Field* field = nullptr;
        std::uint64_t number = 0;
    };

    static bool meet(const Seen& a, const Seen& b, const Field& field);
    std::string judge_kinds(const Field& field) const;
    std::string behind_the_last() const;

    bool has_gaps_;
    std::array<Seen, 3> seen_;  ///< of part(), last_part(), parts()
};

}  // namespace onetrip::section
