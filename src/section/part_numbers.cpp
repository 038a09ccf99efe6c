// The rules for part(), last_part() and parts(); it knows neither rows nor sections.

#include "section/part_numbers.hpp"

namespace onetrip::section {

/// Whether both kinds have a number, and `field` is the later of them.
bool PartNumbersJudge::meet(const Seen& a, const Seen& b, const Field& field) {
    return a.field != nullptr && b.field != nullptr && (a.field == &field || b.field == &field);
}

std::string PartNumbersJudge::judge(const Field& field, std::uint64_t number) {
    Seen& seen = seen_[static_cast<std::size_t>(field.source.kind) -
                       static_cast<std::size_t>(Source::Kind::part)];
    if (seen.field != nullptr) {
        return seen.number == number ? std::string()
                                     : std::to_string(number) + ", but " + seen.field->name +
                                           " has " + std::to_string(seen.number);
    }
    seen = {&field, number};
    return judge_kinds(field);
}

std::string PartNumbersJudge::judge_kinds(const Field& field) const {
    const auto& [part, last, parts] = seen_;
    if (parts.field == &field && parts.number == 0) {
        return "0, but there is at least one part";
    }
    if (meet(part, parts, field) && parts.number > 0 && part.number >= parts.number) {
        return "part " + std::to_string(part.number) + " of " + std::to_string(parts.number) +
               ", but parts count from 0";
    }
    if (meet(part, last, field) && part.number > last.number) {
        return "part " + std::to_string(part.number) + " behind the last, which is " +
               std::to_string(last.number);
    }
    if (meet(last, parts, field) && parts.number > 0 && last.number != parts.number - 1) {
        return std::to_string(last.number) + " as the last of " + std::to_string(parts.number) +
               " parts, but parts count from 0";
    }
    return {};
}

}  // namespace onetrip::section
