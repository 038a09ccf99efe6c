// Judges what a reading of a table has placed. It decodes nothing but to compare fields of one
// source.

#include "section/tables/judge.hpp"

#include <algorithm>

#include "base/words.hpp"
#include "section/problems.hpp"
#include "section/tables/scope_values.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::tables {

namespace {

/// Puts the faults of a field's bytes where the section's are.
class EntryFaults final : public FaultsOfBytes {
  public:
    EntryFaults(const Fault& fault, std::vector<Fault>& faults) : fault_(fault), faults_(faults) {}

    void add(std::size_t byte, std::string problem) override {
        faults_.push_back(fault_);
        faults_.back().byte += byte;
        faults_.back().problem = std::move(problem);
    }

  private:
    const Fault& fault_;
    std::vector<Fault>& faults_;
};

}  // namespace

std::vector<Fault>& Judge::judge(Reading& reading) {
    reading_ = &reading;
    faults_.clear();
    notes_.clear();
    part_numbers_.clear();
    checksum_ = RunningChecksum(reading.section());
    const auto end = static_cast<EntryId>(reading.entries().size());
    judge_entries(0, end, faults_);
    judge_shared(plan_.root.scopes.front(), 0, end, faults_);
    judge_size();
    for (Fault& note : notes_) {
        faults_.push_back(std::move(note));
    }
    std::stable_sort(faults_.begin(), faults_.end(),
                     [](const Fault& a, const Fault& b) { return a.byte < b.byte; });
    return faults_;
}

void Judge::add(EntryId id, std::string problem, std::vector<Fault>& faults) const {
    const Entry& entry = reading_->entries()[id];
    faults.push_back(
        {entry.node->field, entry.bit / 8, std::move(problem), reading_->path_of(id), false});
}

void Judge::judge_size() {
    const std::span<const std::uint8_t> section = reading_->section();
    const Field* const last = plan_.root.blocks.front().nodes.back().field;
    if (const auto& broken = reading_->broken()) {
        const Entry& entry = reading_->entries()[broken->entry];
        faults_.push_back({entry.node->field, broken->bit / 8, broken->problem,
                           reading_->path_of(broken->entry), false});
    } else if (const std::size_t end = (reading_->end() + 7) / 8; end < section.size()) {
        faults_.push_back({last, end, left_over_problem(section.size() - end),
                           last == nullptr ? plan_.root.name : last->name, false});
    }
    if (section.size() > plan_.max_bytes) {
        faults_.push_back({last, plan_.max_bytes, too_long_problem(section.size(), plan_.max_bytes),
                           last == nullptr ? plan_.root.name : last->name, false});
    }
}

void Judge::judge_entries(EntryId from, EntryId to, std::vector<Fault>& faults) {
    for (EntryId id = from; id < to;) {
        const Entry& entry = reading_->entries()[id];
        const EntryId next = std::min(entry.next, to);
        switch (entry.kind) {
            case Entry::Kind::field:
                judge_leaf(id, faults);
                break;
            case Entry::Kind::tlv_item:
                judge_item(id, faults);
                break;
            case Entry::Kind::list:
            case Entry::Kind::tlv:
                judge_entries(id + 1, next, faults);
                break;
            case Entry::Kind::list_item:
            case Entry::Kind::object:
                judge_entries(id + 1, next, faults);
                judge_shared(*entry.scope, id + 1, next, faults);
                break;
            case Entry::Kind::null_object:
                break;
        }
        id = next;
    }
}

void Judge::judge_leaf(EntryId id, std::vector<Fault>& faults) {
    if (reading_->broken() && reading_->broken()->entry == id) {
        return;
    }
    const Node& node = *reading_->entries()[id].node;
    if (node.kind == Node::Kind::align) {
        judge_align(id, faults);
    } else if (node.field->type->coding() == FieldType::Coding::bits) {
        judge_bits(id, faults);
    } else {
        judge_bytes(id, faults);
    }
}

void Judge::judge_align(EntryId id, std::vector<Fault>& faults) {
    const Entry& entry = reading_->entries()[id];
    if (entry.width == 0) {
        return;
    }
    const std::uint64_t bits = reading_->bits_of(entry);
    if (bits != (entry.node->constant != 0 ? largest_unsigned(entry.width) : 0)) {
        add(id,
            "found " + print_hex(bits, entry.width) + ", where all bits are " +
                std::to_string(entry.node->constant),
            faults);
    }
}

void Judge::judge_bytes(EntryId id, std::vector<Fault>& faults) {
    const Entry& entry = reading_->entries()[id];
    const Field& field = *entry.node->field;
    const std::size_t before = faults.size();
    const Fault here{&field, entry.bit / 8, {}, {}, false};
    EntryFaults found(here, faults);
    std::vector<std::uint8_t> aligned;
    static_cast<const BytesType*>(field.type)
        ->judge(reading_->bytes_of(entry, aligned), field, found);
    for (std::size_t i = before; i < faults.size(); ++i) {
        faults[i].path = reading_->path_of(id);
    }
}

void Judge::judge_bits(EntryId id, std::vector<Fault>& faults) {
    const Entry& entry = reading_->entries()[id];
    const Field& field = *entry.node->field;
    const std::uint64_t bits = reading_->bits_of(entry);
    switch (field.source.kind) {
        case Source::Kind::constant:
            judge_constant(id, bits, faults);
            break;
        case Source::Kind::length_of_rest:
        case Source::Kind::length_of_field:
        case Source::Kind::offset_of_label:
        case Source::Kind::count_of:
        case Source::Kind::present:
            judge_computed(id, bits, faults);
            break;
        case Source::Kind::checksum:
            judge_checksum(id, bits, faults);
            break;
        case Source::Kind::part:
        case Source::Kind::last_part:
        case Source::Kind::parts:
        case Source::Kind::last_part_of:
            judge_part(id, bits, faults);
            break;
        case Source::Kind::column: {
            std::string problem =
                static_cast<const BitsType*>(field.type)->judge(bits, *field.width);
            if (!problem.empty()) {
                add(id, std::move(problem), faults);
            }
            break;
        }
    }
}

void Judge::judge_constant(EntryId id, std::uint64_t bits, std::vector<Fault>& faults) {
    const Node& node = *reading_->entries()[id].node;
    std::string problem = constant_problem(*node.field, bits, node.constant);
    if (!problem.empty()) {
        add(id, std::move(problem), faults);
    }
}

/// Judges a computed field. After a break, the ends of the braces around it are not known, and
/// nothing is judged by them.
void Judge::judge_computed(EntryId id, std::uint64_t bits, std::vector<Fault>& faults) {
    const Entry& entry = reading_->entries()[id];
    if (reading_->broken()) {
        return;
    }
    if (entry.expected < 0 || bits != static_cast<std::uint64_t>(entry.expected)) {
        add(id,
            "found " + std::to_string(bits) + ", but " + print_source(entry.node->field->source) +
                " is " + std::to_string(entry.expected),
            faults);
    }
}

void Judge::judge_checksum(EntryId id, std::uint64_t bits, std::vector<Fault>& faults) {
    const Entry& entry = reading_->entries()[id];
    std::string problem = checksum_problem(bits, checksum_.up_to(entry.bit / 8));
    if (!problem.empty()) {
        add(id, std::move(problem), faults);
    }
}

void Judge::judge_part(EntryId id, std::uint64_t bits, std::vector<Fault>& faults) {
    const std::string problem = part_numbers_.judge(*reading_->entries()[id].node->field, bits);
    if (!problem.empty()) {
        add(id, "found " + problem, faults);
    }
}

/// A problem that a definition has with an item is not a fault of the section: the item is read as
/// its bytes.
void Judge::judge_item(EntryId id, std::vector<Fault>& faults) {
    Entry& entry = reading_->entries()[id];
    const TlvItem& item = reading_->item(entry);
    if (!item.problem.empty()) {
        const Entry& tlv = reading_->entries()[entry.parent];
        faults.push_back({entry.node->field, tlv.bit / 8 + item.problem_at, item.problem,
                          reading_->path_of(entry.parent), false});
        return;
    }
    if (!entry.is_raw) {
        std::vector<Fault> refused;
        judge_entries(id + 1, entry.next, refused);
        judge_shared(*entry.scope, id + 1, entry.next, refused);
        if (!refused.empty()) {
            const std::string& path = refused.front().path;
            const std::size_t prefix = reading_->path_of(id).size() + 1;
            reading_->refuse_item(
                entry, path.substr(std::min(prefix, path.size())) + ": " + refused.front().problem);
        }
    }
    if (entry.is_raw && !reading_->refusal(entry).empty()) {
        notes_.push_back({entry.node->field, entry.bit / 8,
                          "read as bytes: " + reading_->refusal(entry), reading_->path_of(id),
                          true});
    }
}

/// Fields of one source must have been written from one value. Braces in which the reading broke
/// are not asked: what was placed of them is not in order.
void Judge::judge_shared(const Scope& scope, EntryId from, EntryId to, std::vector<Fault>& faults) {
    const auto& broken = reading_->broken();
    const bool is_broken = broken && broken->entry >= from && broken->entry < to;
    if (!scope.has_shared_keys || is_broken) {
        return;
    }
    for (const auto& [key, ids] : fields_by_key(*reading_, scope, from, to)) {
        if (ids.size() < 2) {
            continue;
        }
        const CodedFields fields(*reading_, ids);
        if (!shared_.find(fields.view())) {
            const std::size_t other = std::min(shared_.first_other(fields.view()), ids.size() - 1);
            add(ids[other],
                "differs from " + reading_->entries()[ids.front()].node->field->name +
                    ", which has the same source",
                faults);
        }
    }
}

}  // namespace onetrip::section::tables
