// Judges the fields that a reading has placed: it finds check_sections' faults, for which
// decode_section refuses a section. It decodes only to compare fields of one source.

#include "section/judge.hpp"

#include <algorithm>

#include "base/words.hpp"
#include "section/problems.hpp"
#include "section/shared_value.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section {

namespace {

/// Puts the faults of a field's bytes where the section's are.
class SectionFaults final : public FaultsOfBytes {
  public:
    SectionFaults(const Field& field, std::size_t begin, std::vector<Fault>& faults)
        : field_(field), begin_(begin), faults_(faults) {}

    void add(std::size_t byte, std::string problem) override {
        faults_.push_back({&field_, begin_ + byte, std::move(problem)});
    }

  private:
    const Field& field_;
    std::size_t begin_;
    std::vector<Fault>& faults_;
};

}  // namespace

std::size_t count_faults(const std::vector<Fault>& faults) {
    return static_cast<std::size_t>(std::count_if(
        faults.begin(), faults.end(), [](const Fault& fault) { return !fault.is_note; }));
}

std::vector<Fault>& Judge::judge(const Reading& reading) {
    reading_ = &reading;
    faults_.clear();
    is_faulty_.assign(plan_.fields.size(), false);
    part_numbers_.clear();
    checksum_ = RunningChecksum(reading.section());
    judge_fields();
    judge_end();
    for (const std::uint32_t key : plan_.root.shared_keys) {
        judge_key(plan_.root.keys[key]);
    }
    return faults_;
}

std::vector<Fault>& Judge::judge_too_long(std::size_t size) {
    faults_.clear();
    judge_size(size);
    return faults_;
}

void Judge::judge_fields() {
    for (FieldId id = 0; id < plan_.fields.size(); ++id) {
        if (!reading_->is_whole(id)) {
            const std::size_t size = reading_->section().size();
            const bool is_begun = reading_->at(id).bit < size * 8;
            add_fault(id, cut_problem("the section ends", size, is_begun));
            return;
        }
        judge_field(id);
    }
}

void Judge::add_fault(FieldId id, std::string problem) {
    const std::size_t byte = std::min(reading_->at(id).bit / 8, reading_->section().size());
    faults_.push_back({&plan_.fields[id], byte, std::move(problem)});
    is_faulty_[id] = true;
}

void Judge::judge_field(FieldId id) {
    if (plan_.fields[id].type->coding() == FieldType::Coding::bytes) {
        judge_bytes(id);
    } else {
        judge_bits(id, reading_->bits_of(id));
    }
}

void Judge::judge_bytes(FieldId id) {
    const Field& field = plan_.fields[id];
    SectionFaults faults(field, reading_->at(id).bit / 8, faults_);
    std::vector<std::uint8_t> aligned;
    const std::size_t before = faults_.size();
    static_cast<const BytesType*>(field.type)
        ->judge(reading_->bytes_of(id, aligned), field, faults);
    if (faults_.size() > before) {
        is_faulty_[id] = true;
    }
}

void Judge::judge_bits(FieldId id, std::uint64_t bits) {
    const Field& field = plan_.fields[id];
    std::string problem;
    switch (field.source.kind) {
        case Source::Kind::constant:
            judge_constant(id, bits);
            break;
        case Source::Kind::length_of_rest:
        case Source::Kind::length_of_field:
        case Source::Kind::offset_of_label:
            judge_measure(id, bits);
            break;
        case Source::Kind::checksum:
            judge_checksum(id, bits);
            break;
        // Part numbers count from 0 to the last part's, and all of a section must say so.
        case Source::Kind::part:
        case Source::Kind::last_part:
        case Source::Kind::parts:
            problem = part_numbers_.judge(field, bits);
            if (!problem.empty()) {
                add_fault(id, "found " + problem);
            }
            break;
        case Source::Kind::column:
            problem = static_cast<const BitsType*>(field.type)->judge(bits, *field.width);
            if (!problem.empty()) {
                add_fault(id, std::move(problem));
            }
            break;
        // Only tables have these sources, and they have no plan of this kind.
        case Source::Kind::last_part_of:
        case Source::Kind::count_of:
        case Source::Kind::present:
            __builtin_unreachable();
    }
}

void Judge::judge_constant(FieldId id, std::uint64_t bits) {
    std::string problem = constant_problem(plan_.fields[id], bits, plan_.root.fields[id].constant);
    if (!problem.empty()) {
        add_fault(id, std::move(problem));
    }
}

/// The bytes that length() counts end with the section's, except for bytes that are left over if
/// length() is believed and the fields end there: they are a fault of their own.
std::size_t Judge::measure(FieldId id) const {
    const Measure& measure = plan_.root.measures[*plan_.root.fields[id].measure];
    const std::size_t size = reading_->section().size();
    std::size_t end = reading_->offset_of(measure.to);
    if (plan_.fields[id].source.kind == Source::Kind::length_of_rest) {
        end = end == reading_->trust().end ? std::min(end, size) : size;
    }
    const std::size_t begin = reading_->offset_of(measure.from);
    return end > begin ? end - begin : 0;
}

void Judge::judge_measure(FieldId id, std::uint64_t bits) {
    const std::size_t bytes = measure(id);
    if (bits == bytes) {
        return;
    }
    const Source& source = plan_.fields[id].source;
    const std::string found = "found " + std::to_string(bits) + ", but ";
    if (source.kind == Source::Kind::length_of_rest) {
        add_fault(id, found + count(bytes, "byte") + (bytes == 1 ? " follows" : " follow"));
    } else if (source.kind == Source::Kind::length_of_field) {
        add_fault(id, found + source.name + " takes " + count(bytes, "byte"));
    } else {
        add_fault(id, found + source.name + " begins at byte " + std::to_string(bytes));
    }
}

void Judge::judge_checksum(FieldId id, std::uint64_t bits) {
    std::string problem = checksum_problem(bits, checksum_.up_to(reading_->at(id).bit / 8));
    if (!problem.empty()) {
        add_fault(id, std::move(problem));
    }
}

void Judge::judge_end() {
    const std::size_t size = reading_->section().size();
    if (const std::size_t end = reading_->offset_of(plan_.root.end); end < size) {
        faults_.push_back({&plan_.fields.back(), end, left_over_problem(size - end)});
    }
    judge_size(size);
}

void Judge::judge_size(std::size_t size) {
    if (size > plan_.max_bytes) {
        faults_.push_back(
            {&plan_.fields.back(), plan_.max_bytes, too_long_problem(size, plan_.max_bytes)});
    }
}

/// Fields that are cut off or have a fault of their own are not compared.
bool Judge::can_be_compared(const Key& key) const {
    return std::all_of(key.fields.begin(), key.fields.end(),
                       [&](FieldId id) { return !is_faulty_[id] && reading_->is_whole(id); });
}

/// Fields of one source must have been written from one value. If they were not, the fault is at
/// the first that is not written from the decoded value of the key's first field.
void Judge::judge_key(const Key& key) {
    if (!can_be_compared(key)) {
        return;
    }
    const KeyFields fields(*reading_, key);
    if (shared_.find(fields.view())) {
        return;
    }
    const FieldId first = key.fields.front();
    const FieldId other =
        key.fields[std::min(shared_.first_other(fields.view()), key.fields.size() - 1)];
    const Field& field = plan_.fields[other];
    const std::string source = plan_.fields[first].name + ", which has the same source";
    const auto print = [&](FieldId id) {
        const auto& type = static_cast<const BitsType&>(*plan_.fields[id].type);
        return type.print(reading_->bits_of(id), *plan_.fields[id].width);
    };
    const bool have_bits = plan_.fields[first].type->coding() == FieldType::Coding::bits &&
                           field.type->coding() == FieldType::Coding::bits;
    add_fault(other, have_bits
                         ? "found " + print(other) + ", but " + source + ", has " + print(first)
                         : "differs from " + source);
}

}  // namespace onetrip::section
