// Places the fields of a plan in the bytes of a section. It neither judges nor decodes them.

#include "section/reading.hpp"

#include <algorithm>

#include "base/bits.hpp"

namespace onetrip::section {

namespace {

/// Sizes that damaged bytes claim are cut here, far beyond any section, so that sums stay small.
constexpr std::uint64_t far = std::uint64_t{1} << 32;

std::uint64_t without(std::uint64_t whole, std::uint64_t part) {
    return part > whole ? 0 : whole - part;
}

}  // namespace

Reading::Reading(const Plan& plan)
    : plan_(plan), placed_(plan.fields.size()), part_bytes_(plan.root.end.parts + 1) {
    for (const Run& run : plan.root.runs) {
        if (run.part) {
            parts_.push_back(&*run.part);
        }
    }
}

void Reading::place(std::span<const std::uint8_t> section, Trust trust) {
    section_ = section;
    trust_ = trust;
    between_ = {};
    FieldId id = 0;
    for (std::size_t part = 0; part < parts_.size(); ++part) {
        for (; id <= parts_[part]->field; ++id) {
            place_field(id);
        }
        Placed& placed = placed_[parts_[part]->field];
        const std::size_t size = size_of(parts_[part]->end, placed.bit / 8);
        placed.width = size * 8;
        part_bytes_[part + 1] = part_bytes_[part] + size;
    }
    for (; id < plan_.fields.size(); ++id) {
        place_field(id);
    }
}

inline void Reading::place_field(FieldId id) {
    const Place begin = plan_.root.fields[id].begin;
    placed_[id] = {begin.bits + part_bytes_[begin.parts] * 8, plan_.fields[id].width.value_or(0)};
}

std::size_t Reading::size_of(const PartEnd& end, std::size_t begin) {
    const bool is_measured = end.length || end.offset;
    if (end.to_end && (trust_.in_end || !is_measured)) {
        return less_gap(without(trust_.end, begin), *end.to_end);
    }
    if (end.length) {
        return static_cast<std::size_t>(load_measure(*end.length));
    }
    return less_gap(without(load_measure(*end.offset), begin), end.to_label);
}

std::size_t Reading::less_gap(std::uint64_t whole, const Gap& gap) {
    return static_cast<std::size_t>(without(without(whole, gap.fixed_bytes), lengths_between(gap)));
}

/// Adds up the lengths of the parts in a gap. If the last sum was of the same parts and the one
/// before them, the sum is the last one less that part: so a row of parts up to the end is added up
/// once.
std::uint64_t Reading::lengths_between(const Gap& gap) {
    if (between_.end == gap.end_part && between_.first + 1 == gap.first_part &&
        gap.first_part <= gap.end_part) {
        between_.sum -= load_measure(*parts_[between_.first]->end.length);
        between_.first = gap.first_part;
        return between_.sum;
    }
    between_ = {gap.first_part, gap.end_part, 0};
    for (std::uint32_t part = gap.first_part; part < gap.end_part; ++part) {
        between_.sum += load_measure(*parts_[part]->end.length);
    }
    return between_.sum;
}

std::uint64_t Reading::load_measure(FieldId id) const {
    return is_whole(id) ? std::min(bits_of(id), far) : 0;
}

std::size_t Reading::declared_end() const {
    if (!plan_.length_of_rest || !is_whole(*plan_.length_of_rest)) {
        return section_.size();
    }
    const FieldId id = *plan_.length_of_rest;
    const std::uint32_t measure = *plan_.root.fields[id].measure;
    return static_cast<std::size_t>(load_measure(id)) + plan_.root.measures[measure].from.bytes();
}

std::uint64_t Reading::bits_of(FieldId id) const {
    const auto [bit, width] = placed_[id];
    return load_bits_within(section_, bit, static_cast<unsigned>(width));
}

std::span<const std::uint8_t> Reading::bytes_of(FieldId id,
                                                std::vector<std::uint8_t>& aligned) const {
    const auto [bit, width] = placed_[id];
    if (bit % 8 == 0) {
        return section_.subspan(bit / 8, width / 8);
    }
    aligned.resize(width / 8);
    for (std::size_t i = 0; i < aligned.size(); ++i) {
        aligned[i] = static_cast<std::uint8_t>(load_bits(section_.data(), bit + 8 * i, 8));
    }
    return aligned;
}

}  // namespace onetrip::section
