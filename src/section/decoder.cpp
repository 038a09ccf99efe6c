// Joins the parts that read a section: placing, judging, telling and dissecting. It decides how to
// read bytes that contradict themselves, and nothing else.

#include "section/decoder.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "section/tables/decoder.hpp"
#include "section/teller.hpp"

namespace onetrip::section {

Decoder::Decoder(const Plan& plan, HoldsText holds, Interrupt interrupt)
    : plan_(plan), holds_(holds), reading_(plan), judge_(plan, holds) {
    if (plan.table != nullptr) {
        table_ = std::make_unique<tables::Decoder>(*plan.table, holds, interrupt);
    }
}

Decoder::~Decoder() = default;

void Decoder::read(std::span<const std::uint8_t> section, Trust trust) {
    reading_.place(section, trust);
    faults_ = &judge_.judge(reading_);
}

const std::vector<Fault>& Decoder::check(std::span<const std::uint8_t> section) {
    if (section.size() > largest_read) {
        faults_ = &judge_.judge_too_long(section.size());
        return *faults_;
    }
    if (table_ != nullptr) {
        faults_ = &table_->check(section);
        return *faults_;
    }
    read(section, {section.size(), plan_.length_of_rest.has_value()});
    if (!faults_->empty()) {
        read_best(section);
    }
    return *faults_;
}

/// Sound bytes read alike whatever is believed. If they contradict themselves, the reading with the
/// fewest faults is the likeliest: a wrong section_length is then one fault, and not that and
/// everything after it read at the wrong place.
void Decoder::read_best(std::span<const std::uint8_t> section) {
    Trust best = reading_.trust();
    std::size_t fewest = faults_->size();
    const auto try_trust = [&](Trust trust) {
        read(section, trust);
        if (faults_->size() < fewest) {
            fewest = faults_->size();
            best = trust;
        }
    };
    try_trust({section.size(), !best.in_end});
    if (const std::size_t end = reading_.declared_end(); end != section.size()) {
        try_trust({end, true});
        try_trust({end, false});
    }
    read(section, best);
    std::stable_sort(faults_->begin(), faults_->end(),
                     [](const Fault& a, const Fault& b) { return a.byte < b.byte; });
}

std::span<const std::uint8_t> Decoder::decode(std::span<const std::uint8_t> section) {
    for (const Fault& fault : check(section)) {
        if (!fault.is_note) {
            raise(fault);
        }
    }
    row_.clear();
    if (table_ != nullptr) {
        table_->tell(row_);
    } else {
        tell(reading_, holds_, row_);
    }
    return row_.finish();
}

const std::vector<DissectedField>& Decoder::dissect(std::span<const std::uint8_t> section) {
    check(section);
    lines_.clear();
    if (section.size() > largest_read) {
        lines_.push_back(dissect_too_long(section.size(), faults_->front()));
    } else if (table_ != nullptr) {
        table_->dissect(*faults_, lines_);
    } else {
        Dissector(reading_, *faults_, holds_).append_lines(lines_);
    }
    return lines_;
}

void Decoder::raise(const Fault& fault) const {
    std::string detail = fault.problem + ".";
    if (detail.front() >= 'a' && detail.front() <= 'z') {
        detail.front() = static_cast<char>(detail.front() - 'a' + 'A');
    }
    const std::string& name = fault.name();
    throw FieldError(ErrorKind::invalid_value, name,
                     "invalid bytes for field \"" + name + "\" of layout \"" + plan_.name +
                         "\" at byte " + std::to_string(fault.byte),
                     std::move(detail));
}

}  // namespace onetrip::section
