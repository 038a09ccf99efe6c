// Shows the fields that a reading has placed, line by line. It judges nothing: its caller passes
// the faults.

#include "section/dissector.hpp"

#include <algorithm>
#include <functional>

#include "base/octets.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section {

std::string hex_of(std::span<const std::uint8_t> bytes) {
    std::string digits = "0x";
    append_hex(bytes, digits);
    return bytes.empty() ? std::string() : digits;
}

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

namespace {

/// Whether the bits are right or wrong, whatever the row.
bool is_computed(const Field& field) {
    return field.source.kind != Source::Kind::column && !field.source.is_part();
}

std::string with_remark(std::string value, const std::string& remark) {
    if (!remark.empty()) {
        value += (value.empty() ? "(" : " (") + remark + ")";
    }
    return value;
}

/// Puts the lines of a field's content after the field's own.
class FieldLines final : public InnerLines {
  public:
    FieldLines(const std::string& name, std::size_t begin, std::span<const std::uint8_t> bytes,
               std::vector<DissectedField>& lines)
        : name_(name), begin_(begin), bytes_(bytes), lines_(lines) {}

    void add(const std::string& name, std::size_t from, std::size_t to,
             std::string value) override {
        lines_.push_back({name_ + name, begin_ + from, 0, (to - from) * 8,
                          hex_of(bytes_.subspan(from, to - from)), std::move(value)});
    }

  private:
    const std::string& name_;
    std::size_t begin_;
    std::span<const std::uint8_t> bytes_;
    std::vector<DissectedField>& lines_;
};

}  // namespace

std::string remark_of(const Field& field, const std::string& problems) {
    if (!problems.empty()) {
        return "wrong: " + problems;
    }
    return is_computed(field) ? "ok" : "";
}

void append_field_lines(const CodedField& coded, const std::string& name, std::size_t bit,
                        const std::string& remark, HoldsText holds,
                        std::vector<DissectedField>& lines) {
    const Field& field = *coded.field;
    DissectedField line{name, bit / 8, static_cast<std::uint32_t>(bit % 8), 0, {}, {}};
    if (field.type->coding() == FieldType::Coding::bits) {
        const auto& type = static_cast<const BitsType&>(*field.type);
        line.width = *field.width;
        line.raw = print_raw(coded.bits, *field.width);
        line.value = with_remark(type.print(coded.bits, *field.width), remark);
        lines.push_back(std::move(line));
        return;
    }
    const auto& type = static_cast<const BytesType&>(*field.type);
    line.width = coded.bytes.size() * 8;
    line.raw = type.has_inner_lines() ? std::string() : hex_of(coded.bytes);
    line.value = with_remark(type.print(coded.bytes, field, holds), remark);
    lines.push_back(std::move(line));
    FieldLines inner(name, bit / 8, coded.bytes, lines);
    type.dissect(coded.bytes, field, holds, inner);
}

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
    const std::string remark = remark_of_next(field);
    std::vector<std::uint8_t> aligned;
    const CodedField coded = field.type->coding() == FieldType::Coding::bits
                                 ? CodedField{{}, &field, reading_.bits_of(id)}
                                 : CodedField{reading_.bytes_of(id, aligned), &field, 0};
    append_field_lines(coded, field.name, reading_.at(id).bit, remark, holds_, *lines_);
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
    FieldLines inner(field.name, bit / 8, bytes, *lines_);
    type.dissect(bytes, field, holds_, inner);
}

void Dissector::add_line(const Field& field, DissectedField line) {
    line.value = with_remark(std::move(line.value), remark_of_next(field));
    lines_->push_back(std::move(line));
}

/// The remark on a field; to be called for each field in turn.
std::string Dissector::remark_of_next(const Field& field) {
    std::string problems;
    for (; next_fault_ < faults_.size() && faults_[next_fault_]->field == &field; ++next_fault_) {
        problems += problems.empty() ? "" : "; ";
        problems += faults_[next_fault_]->problem;
    }
    return remark_of(field, problems);
}

DissectedField dissect_too_long(std::size_t size, const Fault& fault) {
    return {"(too long)", 0, 0, size * 8, "", "(wrong: " + fault.problem + ")"};
}

}  // namespace onetrip::section
