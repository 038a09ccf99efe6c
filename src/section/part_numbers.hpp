#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "section/language/layout.hpp"

namespace onetrip::section {

/// The part numbers of one section, which must go together: parts count from 0 to the last one's
/// number. One judge for both directions, so that nothing is written that would be refused when it
/// is read.
class PartNumbersJudge {
  public:
    /// What is wrong with the number of a part field, compared with those seen before: a phrase
    /// that begins with the number's meaning. Empty if nothing is.
    std::string judge(const Field& field, std::uint64_t number);

    void clear() { seen_ = {}; }

  private:
    /// The number that the first field of a kind has.
    struct Seen {
        const Field* field = nullptr;
        std::uint64_t number = 0;
    };

    static bool meet(const Seen& a, const Seen& b, const Field& field);
    std::string judge_kinds(const Field& field) const;

    std::array<Seen, 3> seen_;  ///< of part(), last_part(), parts()
};

}  // namespace onetrip::section
