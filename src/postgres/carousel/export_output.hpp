#pragma once

#include <optional>

#include "postgres/carousel/export_target.hpp"
#include "postgres/sections/waiting_sections.hpp"

extern "C" {
#include "common/cryptohash.h"
#include "common/sha2.h"
}

namespace onetrip::postgres {

/// The progress of an export. A unit is written as a whole or not at all: a message of a carousel,
/// a row of a query.
struct ExportCounts {
    std::int64_t units = 0;
    std::int64_t sections = 0;
    std::int64_t bytes = 0;
    std::int64_t skipped = 0;
};

/// The output to the target of an export: sections as they are, or packets of them. Gathers them
/// and hands them on in blocks, so that it takes the same memory whatever their number, and sums up
/// their SHA-256. Shows how far it is in pg_stat_progress_copy.
class ExportOutput final : public section::SectionSink, private transport::PacketSink {
  public:
    enum class Form : std::uint8_t { sections, packets, packets_in_loop };

    /// Memory comes from `memory`, which outlives it. ERRORs.
    ExportOutput(Form form, ExportTarget& target, MemoryContext memory);

    // The sections of a unit:
    std::uint8_t* begin_section(std::size_t size) override { return sections_.begin_section(size); }
    void end_section(std::size_t size) override;

    /// Takes back the sections of a unit.
    void drop_unit();

    /// Keeps the sections of a unit, or of several, on this PID if packets are made. False if no
    /// packet can carry them, with `error` set; every other error is raised.
    bool keep_unit(std::uint16_t pid, CaughtError& error, std::int64_t units = 1);

    void count_skipped();

    const ExportCounts& counts() const { return counts_; }

    /// Ends the output after the last unit. ERRORs if the target cannot finish.
    ExportCounts finish();

    /// The SHA-256 as a bytea; to be called after finish.
    bytea* sha256() const { return sha256_; }

  private:
    bool put_in_packets(std::uint16_t pid, CaughtError& error);
    void put_packet(std::span<const std::uint8_t, transport::packet_size> packet) override;
    void hand_on(std::size_t size);
    void hand_on_blocks();
    void check_hash(int result) const;
    void show_progress() const;

    SectionBuffer& output() { return multiplexer_ ? packets_ : sections_; }

    ExportTarget& target_;
    SectionBuffer sections_;       ///< with packets: of one unit
    SectionBuffer section_sizes_;  ///< of one unit, each an std::uint32_t
    SectionBuffer packets_;
    WaitingSections waiting_;
    std::optional<transport::Multiplexer> multiplexer_;
    std::size_t unit_begin_ = 0;  ///< in sections_
    ExportCounts counts_;
    pg_cryptohash_ctx* hash_;
    bytea* sha256_;
};

}  // namespace onetrip::postgres
