#include "postgres/export_job.hpp"

extern "C" {
#include "commands/progress.h"
#include "utils/backend_progress.h"
}

namespace onetrip::postgres {

namespace {

/// What is handed on at once, at least: few system calls, and still in the processor's cache.
constexpr std::size_t block_size = std::size_t{128} * 1024;

/// Blocks are multiples of it, so that neither a file's nor a large object's pages are written
/// twice.
constexpr std::size_t block_alignment = std::size_t{8} * 1024;

/// Room for a block and the message that fills it, unless that is large.
constexpr std::size_t first_buffer = block_size + block_size / 2;

/// A carousel may be all bad.
constexpr std::int64_t most_warnings = 100;

std::span<const std::uint8_t> bytes_of(std::string_view view) {
    return {reinterpret_cast<const std::uint8_t*>(view.data()), view.size()};
}

}  // namespace

ExportJob::ExportJob(CompiledLayout* compiled, const ExportOptions& options, ExportTarget& target,
                     MemoryContext memory)
    : compiled_(compiled),
      target_(target),
      on_error_(options.on_error),
      sections_(memory, first_buffer),
      section_sizes_(memory, sizeof(std::uint32_t)),
      packets_(memory, first_buffer) {
    if (options.pid) {
        packetizer_.emplace(*options.pid, 0U, static_cast<section::PacketSink&>(*this));
    }
}

void ExportJob::take(const Message& message) {
    const std::size_t begin = sections_.view().size();
    sections_of_message_ = 0;
    CaughtError error;
    if (!try_encode_message(compiled_, message, *this, error)) {
        sections_.truncate(begin);
        section_sizes_.truncate(0);
        leave_out(message, error);
        return;
    }
    ++counts_.messages;
    counts_.sections += sections_of_message_;
    if (packetizer_) {
        put_in_packets(message);
    }
    const std::size_t gathered = output().view().size();
    if (gathered >= block_size) {
        hand_on(gathered - gathered % block_alignment);
    }
}

void ExportJob::end_section(std::size_t size) {
    sections_.end_section(size);
    ++sections_of_message_;
    if (packetizer_) {
        const auto section_size = static_cast<std::uint32_t>(size);
        section_sizes_.append({reinterpret_cast<const char*>(&section_size), sizeof section_size});
    }
}

void ExportJob::leave_out(const Message& message, CaughtError& error) {
    if (on_error_ == OnError::fail) {
        raise_for_message(message, error);
    }
    if (++counts_.skipped <= most_warnings) {
        warn_of_message(message, error);
    }
    show_progress();
}

/// Only when a message is whole: a later part of it may fail.
void ExportJob::put_in_packets(const Message& message) {
    CaughtError error;
    const bool carried = try_cpp(error, [this] {
        const std::span<const std::uint8_t> sections = bytes_of(sections_.view());
        const std::string_view sizes = section_sizes_.view();
        std::size_t offset = 0;
        for (std::size_t i = 0; i < sizes.size(); i += sizeof(std::uint32_t)) {
            std::uint32_t size = 0;
            std::memcpy(&size, sizes.data() + i, sizeof size);
            packetizer_->add(sections.subspan(offset, size));
            offset += size;
        }
    });
    if (!carried) {
        raise_for_message(message, error);
    }
    sections_.truncate(0);
    section_sizes_.truncate(0);
}

void ExportJob::put_packet(std::span<const std::uint8_t, section::packet_size> packet) {
    packets_.append({reinterpret_cast<const char*>(packet.data()), packet.size()});
}

void ExportJob::hand_on(std::size_t size) {
    target_.write(bytes_of(output().view().substr(0, size)));
    output().drop_front(size);
    counts_.bytes += static_cast<std::int64_t>(size);
    show_progress();
}

void ExportJob::show_progress() const {
    const int parameters[] = {PROGRESS_COPY_BYTES_PROCESSED, PROGRESS_COPY_TUPLES_PROCESSED,
                              PROGRESS_COPY_TUPLES_EXCLUDED};
    const int64 values[] = {counts_.bytes, counts_.messages, counts_.skipped};
    pgstat_progress_update_multi_param(lengthof(parameters), parameters, values);
}

ExportCounts ExportJob::finish() {
    if (packetizer_) {
        call_cpp([this] { packetizer_->finish(); });
    }
    hand_on(output().view().size());
    target_.finish();
    if (counts_.skipped > most_warnings) {
        const auto unsaid = static_cast<unsigned long>(counts_.skipped - most_warnings);
        ereport(WARNING, (errmsg_plural("%lu more message left out", "%lu more messages left out",
                                        unsaid, unsaid),
                          errhint("Use carousel_problems to list all of them.")));
    }
    return counts_;
}

}  // namespace onetrip::postgres
