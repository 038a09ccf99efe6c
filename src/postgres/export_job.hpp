#pragma once

#include <optional>

#include "postgres/carousel.hpp"
#include "postgres/export_target.hpp"
#include "postgres/section_buffer.hpp"
#include "section/transport_packets.hpp"

namespace onetrip::postgres {

/// What to do about a message that cannot be encoded.
enum class OnError : std::uint8_t { fail, skip };

struct ExportOptions {
    std::optional<std::uint16_t> pid;  ///< given: transport packets and not bare sections
    OnError on_error;
};

/// What an export has done so far.
struct ExportCounts {
    std::int64_t messages = 0;
    std::int64_t sections = 0;
    std::int64_t bytes = 0;
    std::int64_t skipped = 0;
};

/// An export: gathers what the messages give and hands it on in blocks, so that it takes the same
/// memory whatever their number. Shows how far it is in pg_stat_progress_copy.
class ExportJob final : public MessageJob,
                        private section::SectionSink,
                        private section::PacketSink {
  public:
    /// Memory comes from `memory`, which outlives the job.
    ExportJob(CompiledLayout* compiled, const ExportOptions& options, ExportTarget& target,
              MemoryContext memory);

    void take(const Message& message) override;

    /// After the last message. ERRORs where the target cannot finish.
    ExportCounts finish();

  private:
    void leave_out(const Message& message, CaughtError& error);
    void put_in_packets(const Message& message);
    void hand_on(std::size_t size);
    void show_progress() const;

    std::uint8_t* begin_section(std::size_t size) override { return sections_.begin_section(size); }
    void end_section(std::size_t size) override;
    void put_packet(std::span<const std::uint8_t, section::packet_size> packet) override;

    /// What goes to the target: sections as they are, or packets of them.
    SectionBuffer& output() { return packetizer_ ? packets_ : sections_; }

    CompiledLayout* compiled_;
    ExportTarget& target_;
    OnError on_error_;
    SectionBuffer sections_;       ///< with packets: of one message
    SectionBuffer section_sizes_;  ///< of one message, each an std::uint32_t
    SectionBuffer packets_;
    std::optional<section::Packetizer> packetizer_;
    std::int64_t sections_of_message_ = 0;
    ExportCounts counts_;
};

}  // namespace onetrip::postgres
