#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/interrupt.hpp"
#include "section/decoder.hpp"

namespace onetrip::section {

/// Walks concatenated sections, whatever is wrong with them, and judges each.
///
/// The walk finds each section's end by section_length. If that is wrong, all later sections would
/// be read at the wrong place. So a faulty section that no other follows is read once more, up to
/// the next place with the layout's constant header bits, and the better reading is taken.
class SectionWalk {
  public:
    /// `interrupt` is called once a section, and now and then while the next is looked for.
    SectionWalk(Decoder& decoder, std::span<const std::uint8_t> bytes,
                Interrupt interrupt = never_interrupted);

    /// Moves to the next section; false after the last.
    bool next();

    std::size_t ordinal() const { return ordinal_; }  ///< from 1
    std::size_t begin() const { return begin_; }      ///< in bytes from the first section's begin

    /// The faults of the section; their bytes count from its begin.
    const std::vector<Fault>& faults() const { return *faults_; }

  private:
    std::size_t declared_end(std::size_t begin) const;
    bool has_header(std::size_t at) const;
    bool begins_section(std::size_t at) const;
    void resynchronise(std::size_t cut);
    std::size_t next_header(std::size_t from);
    std::size_t next_section(std::size_t from);
    bool may_resynchronise() const;
    void judge(std::size_t end);

    Decoder& decoder_;
    std::span<const std::uint8_t> bytes_;
    Interrupt interrupt_;
    Ticker ticker_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t ordinal_ = 0;
    std::size_t next_header_ = 0;  ///< the last results of the functions of these names
    std::size_t next_section_ = 0;
    std::size_t judged_ = 0;  ///< bytes, those that were judged again counted again
    bool is_distinctive_;     ///< whether the header marks the begin of a section
    const std::vector<Fault>* faults_ = nullptr;
};

}  // namespace onetrip::section
