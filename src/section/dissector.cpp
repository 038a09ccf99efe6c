#include <algorithm>
#include <functional>

#include "base/bits.hpp"
#include "base/octets.hpp"
#include "section/decoder.hpp"
#include "section/types/tlv_reader.hpp"

// dissect: the part of the decoder that reads for eyes.

namespace onetrip::section {

namespace {

std::string hex_of(std::span<const std::uint8_t> bytes) {
    std::string digits = "0x";
    append_hex(bytes, digits);
    return bytes.empty() ? std::string() : digits;
}

/// Flags and other short fields bit by bit, as the standards' tables show them.
std::string print_raw(std::uint64_t bits, std::uint32_t width) {
    if (width % 4 == 0 || width > 16) {
        return print_hex(bits, width);
    }
    std::string digits = "0b";
    for (std::uint32_t left = width; left > 0; --left) {
        digits += bits >> (left - 1) & 1 ? '1' : '0';
    }
    return digits;
}

/// Whether the bits are right or wrong, whatever the row.
bool is_computed(const Field& field) {
    return field.source.kind != Source::Kind::column && !field.source.is_part();
}

}  // namespace

const std::vector<DissectedField>& Decoder::dissect(std::span<const std::uint8_t> section) {
    check(section);
    lines_.clear();
    if (section.size() > largest_read) {
        lines_.push_back({"(too long)", 0, 0, section.size() * 8, "",
                          "(wrong: " + faults_.front().problem + ")"});
        return lines_;
    }
    sort_faults_by_field();
    for (const Step& step : steps_) {
        dissect_step(step);
        if (!is_whole(step)) {
            return lines_;
        }
    }
    if (const std::size_t end = offset_of(layout_.block.end); end < section.size()) {
        lines_.push_back(
            {"(left over)", end, 0, (section.size() - end) * 8, hex_of(section.subspan(end)), ""});
    }
    return lines_;
}

void Decoder::dissect_step(const Step& step) {
    const std::size_t bit = bit_of(step);
    const std::size_t room = section_.size() * 8;
    DissectedField line{step.field->name, std::min(bit, room) / 8, 0, width_of(step), {}, {}};
    line.bit = static_cast<std::uint32_t>(bit % 8);
    std::vector<std::uint8_t> aligned;
    std::span<const std::uint8_t> bytes;
    if (!is_whole(step)) {
        line.width = bit < room ? room - bit : 0;
        bytes = section_.subspan(line.byte);
        line.raw = step.bytes == &tlv ? std::string() : hex_of(bytes);
    } else if (step.bits != nullptr) {
        line.raw = print_raw(bits_of(step), *step.field->width);
        line.value =
            step.bits == &rpchof ? line.raw : step.bits->print(bits_of(step), *step.field->width);
    } else {
        bytes = bytes_of(step, aligned);
        line.raw = step.bytes == &tlv ? std::string() : hex_of(bytes);
        line.value = step.bytes->print(bytes, *step.field, holds_);
    }
    if (const std::string problems = problems_of(step); !problems.empty()) {
        line.value += (line.value.empty() ? "(" : " (") + problems + ")";
    }
    lines_.push_back(std::move(line));
    if (step.bytes == &tlv) {
        dissect_items(step, bytes);
    }
}

void Decoder::dissect_items(const Step& step, std::span<const std::uint8_t> bytes) {
    const std::size_t begin = bit_of(step) / 8;
    TlvItem item;
    for (TlvReader reader(bytes, step.field->tlv); reader.next(item);) {
        const std::string name = step.field->name + "[" + std::to_string(item.index) + "].";
        const auto add = [&](const char* part, std::size_t from, std::size_t to,
                             std::string value) {
            lines_.push_back({name + part, begin + from, 0, (to - from) * 8,
                              hex_of(bytes.subspan(from, to - from)), std::move(value)});
        };
        if (item.length_at > item.tag_at) {
            add("tag", item.tag_at, item.length_at, std::to_string(item.tag));
        }
        if (item.value_at > item.length_at) {
            add("length", item.length_at, item.value_at, std::to_string(item.length));
        }
        add("value", item.value_at, item.value_at + item.value.size(),
            print_item_value(item.value, holds_));
    }
}

/// In the order of the layout, in which the fields lie in memory too.
void Decoder::sort_faults_by_field() {
    faults_by_field_.clear();
    for (const Fault& fault : faults_) {
        faults_by_field_.push_back(&fault);
    }
    std::stable_sort(
        faults_by_field_.begin(), faults_by_field_.end(),
        [](const Fault* a, const Fault* b) { return std::less<>()(a->field, b->field); });
    next_fault_ = 0;
}

/// What is wrong, or that what could be wrong is right. To be asked for each step in turn.
std::string Decoder::problems_of(const Step& step) {
    std::string problems;
    for (; next_fault_ < faults_by_field_.size() &&
           faults_by_field_[next_fault_]->field == step.field;
         ++next_fault_) {
        problems += problems.empty() ? "wrong: " : "; ";
        problems += faults_by_field_[next_fault_]->problem;
    }
    if (problems.empty() && is_computed(*step.field)) {
        problems = "ok";
    }
    return problems;
}

}  // namespace onetrip::section
