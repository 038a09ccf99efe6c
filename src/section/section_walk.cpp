// Finds the sections in concatenated bytes and has each of them judged. It knows no field: the
// decoder judges.

#include "section/section_walk.hpp"

#include <algorithm>
#include <bit>

#include "transport/section_header.hpp"

namespace onetrip::section {

namespace {

/// Fewer constant bits than a table_id has are found everywhere.
constexpr int distinctive_bits = 8;

}  // namespace

SectionWalk::SectionWalk(Decoder& decoder, std::span<const std::uint8_t> bytes, Interrupt interrupt)
    : decoder_(decoder),
      bytes_(bytes),
      interrupt_(interrupt),
      ticker_(interrupt),
      is_distinctive_(std::popcount(decoder.plan().header.mask) >= distinctive_bits) {}

/// Empty input has no section if the layout has a section_length, and else one empty section.
bool SectionWalk::next() {
    begin_ = end_;
    if (begin_ == bytes_.size() && (ordinal_ > 0 || decoder_.plan().has_section_length)) {
        return false;
    }
    ++ordinal_;
    if (!decoder_.plan().has_section_length) {
        judge(bytes_.size());
        return true;
    }
    const std::size_t declared = declared_end(begin_);
    const std::size_t cut = std::min(declared, bytes_.size());
    judge(cut);
    if (count_faults(*faults_) == 0 || !may_resynchronise() || declared == bytes_.size() ||
        (declared < bytes_.size() && has_header(declared))) {
        return true;
    }
    resynchronise(cut);
    return true;
}

/// A header that no other follows may be one by chance, or that of a faulty section. Bytes that are
/// too long for any section have one fault, whatever is in them: that is not a better reading than
/// several sections that break the layout, as those of another layout do. Zeros are not sections.
void SectionWalk::resynchronise(std::size_t cut) {
    std::size_t best = cut;
    std::size_t fewest = count_faults(*faults_);
    const bool may_be_section = cut - begin_ > transport::section_header_size;
    for (const std::size_t end : {next_header(begin_ + 1), next_section(begin_ + 1)}) {
        if (may_be_section && end - begin_ > largest_read) {
            continue;
        }
        judge(end);
        if (count_faults(*faults_) <= fewest) {
            fewest = count_faults(*faults_);
            best = end;
        }
    }
    if (end_ != best) {
        judge(best);
    }
}

/// Whether another reading may be tried. Without a limit, bytes made for the purpose would each be
/// judged in very many sections.
bool SectionWalk::may_resynchronise() const {
    constexpr std::size_t free_of_charge = 1 << 20;
    constexpr std::size_t most_times = 16;
    return is_distinctive_ && judged_ < begin_ * most_times + free_of_charge;
}

void SectionWalk::judge(std::size_t end) {
    interrupt_();
    end_ = end;
    judged_ += std::min(end - begin_, largest_read);
    faults_ = &decoder_.check(bytes_.subspan(begin_, end - begin_));
}

/// The end of the section by its section_length; it may lie after the bytes' end.
std::size_t SectionWalk::declared_end(std::size_t begin) const {
    const auto size = transport::size_of_section(bytes_.subspan(begin));
    return size ? begin + *size : bytes_.size();
}

bool SectionWalk::has_header(std::size_t at) const {
    return bytes_.size() - at >= transport::section_header_size &&
           decoder_.plan().header.are_in(bytes_[at], bytes_[at + 1]);
}

/// Whether a header is at this place, and its section is followed by another header or by the
/// bytes' end.
bool SectionWalk::begins_section(std::size_t at) const {
    if (!has_header(at)) {
        return false;
    }
    const std::size_t end = declared_end(at);
    return end == bytes_.size() || (end < bytes_.size() && has_header(end));
}

/// The first header from `from` on; the bytes' end if none exists. No byte is looked at twice,
/// however often it is asked.
std::size_t SectionWalk::next_header(std::size_t from) {
    next_header_ = std::max(next_header_, from);
    while (next_header_ < bytes_.size() && !has_header(next_header_)) {
        ticker_.tick();
        ++next_header_;
    }
    return next_header_;
}

/// Likewise the first header of which begins_section holds.
std::size_t SectionWalk::next_section(std::size_t from) {
    next_section_ = std::max(next_section_, from);
    while (next_section_ < bytes_.size() && !begins_section(next_section_)) {
        ticker_.tick();
        ++next_section_;
    }
    return next_section_;
}

}  // namespace onetrip::section
