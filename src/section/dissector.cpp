// Shows what a reading has placed, for eyes. It judges nothing: faults are given to it.

#include "section/dissector.hpp"

#include <algorithm>
#include <functional>

#include "base/octets.hpp"
#include "section/types/field_type.hpp"

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

/// Puts the lines of what stands in a field after the field's own.
class FieldLines final : public InnerLines {
  public:
    FieldLines(const Field& field, std::size_t begin, std::span<const std::uint8_t> bytes,
               std::vector<DissectedField>& lines)
        : field_(field), begin_(begin), bytes_(bytes), lines_(lines) {}

    void add(const std::string& name, std::size_t from, std::size_t to,
             std::string value) override {
        lines_.push_back({field_.name + name, begin_ + from, 0, (to - from) * 8,
                          hex_of(bytes_.subspan(from, to - from)), std::move(value)});
    }

  private:
    const Field& field_;
    std::size_t begin_;
    std::span<const std::uint8_t> bytes_;
    std::vector<DissectedField>& lines_;
};

}  // namespace

/// The faults in the order of the layout, in which the fields lie in memory too.
Dissector::Dissector(const Reading& reading, const std::vector<Fault>& faults, HoldsText holds)
    : reading_(reading), holds_(holds) {
    for (const Fault& fault : faults) {
        faults_.push_back(&fault);
    }
    std::stable_sort(faults_.begin(), faults_.end(), [](const Fault* a, const Fault* b) {
        return std::less<>()(a->field, b->field);
    });
}

void Dissector::append_lines(std::vector<DissectedField>& lines) {
    lines_ = &lines;
    next_fault_ = 0;
    const Plan& plan = reading_.plan();
    for (FieldId id = 0; id < plan.fields.size(); ++id) {
        if (!reading_.is_whole(id)) {
            add_cut_field(id);
            return;
        }
        add_field(id);
    }
    const std::span<const std::uint8_t> section = reading_.section();
    if (const std::size_t end = reading_.offset_of(plan.root.end); end < section.size()) {
        lines.push_back(
            {"(left over)", end, 0, (section.size() - end) * 8, hex_of(section.subspan(end)), ""});
    }
}

void Dissector::add_field(FieldId id) {
    const Field& field = reading_.plan().fields[id];
    const auto [bit, width] = reading_.at(id);
    DissectedField line{field.name, bit / 8, static_cast<std::uint32_t>(bit % 8), width, {}, {}};
    if (field.type->coding() == FieldType::Coding::bits) {
        const auto& type = static_cast<const BitsType&>(*field.type);
        line.raw = print_raw(reading_.bits_of(id), *field.width);
        line.value = type.print(reading_.bits_of(id), *field.width);
        add_line(field, std::move(line));
        return;
    }
    const auto& type = static_cast<const BytesType&>(*field.type);
    std::vector<std::uint8_t> aligned;
    const std::span<const std::uint8_t> bytes = reading_.bytes_of(id, aligned);
    line.raw = type.has_inner_lines() ? std::string() : hex_of(bytes);
    line.value = type.print(bytes, field, holds_);
    add_line(field, std::move(line));
    FieldLines inner(field, bit / 8, bytes, *lines_);
    type.dissect(bytes, field, holds_, inner);
}

/// The field within which the section ends, or before which.
void Dissector::add_cut_field(FieldId id) {
    const Field& field = reading_.plan().fields[id];
    const std::size_t bit = reading_.at(id).bit;
    const std::size_t room = reading_.section().size() * 8;
    DissectedField line{field.name,
                        std::min(bit, room) / 8,
                        static_cast<std::uint32_t>(bit % 8),
                        bit < room ? room - bit : 0,
                        {},
                        {}};
    const std::span<const std::uint8_t> bytes = reading_.section().subspan(line.byte);
    if (field.type->coding() == FieldType::Coding::bits) {
        line.raw = hex_of(bytes);
        add_line(field, std::move(line));
        return;
    }
    const auto& type = static_cast<const BytesType&>(*field.type);
    line.raw = type.has_inner_lines() ? std::string() : hex_of(bytes);
    add_line(field, std::move(line));
    FieldLines inner(field, bit / 8, bytes, *lines_);
    type.dissect(bytes, field, holds_, inner);
}

void Dissector::add_line(const Field& field, DissectedField line) {
    if (const std::string problems = problems_of(field); !problems.empty()) {
        line.value += (line.value.empty() ? "(" : " (") + problems + ")";
    }
    lines_->push_back(std::move(line));
}

/// What is wrong, or that what could be wrong is right. To be asked for each field in turn.
std::string Dissector::problems_of(const Field& field) {
    std::string problems;
    for (; next_fault_ < faults_.size() && faults_[next_fault_]->field == &field; ++next_fault_) {
        problems += problems.empty() ? "wrong: " : "; ";
        problems += faults_[next_fault_]->problem;
    }
    if (problems.empty() && is_computed(field)) {
        problems = "ok";
    }
    return problems;
}

DissectedField dissect_too_long(std::size_t size, const Fault& fault) {
    return {"(too long)", 0, 0, size * 8, "", "(wrong: " + fault.problem + ")"};
}

}  // namespace onetrip::section
