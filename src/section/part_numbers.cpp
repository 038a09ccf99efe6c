// The rules for part(), last_part() and parts(); it knows neither rows nor sections.

#include "section/part_numbers.hpp"

#include "base/bits.hpp"
#include "section/types/bad_value.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section {

std::uint64_t PartNumbers::of(const Field& field) const {
    const std::uint64_t number = field.source.kind == Source::Kind::part           ? part
                                 : field.source.kind == Source::Kind::last_part    ? last
                                 : field.source.kind == Source::Kind::last_part_of ? last_of_segment
                                                                                   : parts;
    if (number > largest_unsigned(*field.width)) {
        refuse_computed(field, static_cast<std::int64_t>(number),
                        "Make the field wider, the section larger, or the row shorter.");
    }
    return number;
}

void store_part_number(std::uint8_t* at, unsigned bit, std::uint32_t width, std::uint64_t number) {
    clear_bits(at, bit, width);
    store_bits(at, bit, width, number);
}

/// Whether both kinds have a number, and `field` is the later of them.
bool PartNumbersJudge::meet(const Seen& a, const Seen& b, const Field& field) {
    return a.field != nullptr && b.field != nullptr && (a.field == &field || b.field == &field);
}

std::uint64_t PartNumbersJudge::take(const Field& field, const Value& value) {
    const std::uint64_t number =
        static_cast<const BitsType*>(field.type)->to_bits(value, *field.width);
    const std::string problem = judge(field, number);
    if (!problem.empty()) {
        throw BadValue{ErrorKind::invalid_value, describe(value),
                       "contradicts the part numbers of the row: " + problem};
    }
    return number;
}

std::string PartNumbersJudge::judge(const Field& field, std::uint64_t number) {
    if (field.source.kind == Source::Kind::last_part_of) {
        return {};
    }
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

std::string PartNumbersJudge::behind_the_last() const {
    return "part " + std::to_string(seen_[0].number) + " after the last, which is " +
           std::to_string(seen_[1].number);
}

std::string PartNumbersJudge::judge_kinds(const Field& field) const {
    const auto& [part, last, parts] = seen_;
    const bool is_behind = meet(part, last, field) && part.number > last.number;
    if (has_gaps_) {
        return is_behind ? behind_the_last() : std::string();
    }
    if (parts.field == &field && parts.number == 0) {
        return "0, but there is at least one part";
    }
    if (meet(part, parts, field) && parts.number > 0 && part.number >= parts.number) {
        return "part " + std::to_string(part.number) + " of " + std::to_string(parts.number) +
               ", but parts count from 0";
    }
    if (is_behind) {
        return behind_the_last();
    }
    if (meet(last, parts, field) && parts.number > 0 && last.number != parts.number - 1) {
        return std::to_string(last.number) + " as the last of " + std::to_string(parts.number) +
               " parts, but parts count from 0";
    }
    return {};
}

}  // namespace onetrip::section
