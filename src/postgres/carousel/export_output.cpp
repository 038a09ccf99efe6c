// The output of every export: sections or packets, in blocks. Knows nothing of the source of the
// sections and of their target.

#include "postgres/carousel/export_output.hpp"

extern "C" {
#include "commands/progress.h"
#include "utils/backend_progress.h"
}

namespace onetrip::postgres {

namespace {

/// The least number of bytes that is handed on at once: few system calls, and still in the
/// processor's cache.
constexpr std::size_t block_size = std::size_t{128} * 1024;

/// Blocks are multiples of it, so that neither a file's nor a large object's pages are written
/// twice.
constexpr std::size_t block_alignment = std::size_t{8} * 1024;

/// Room for a block and the unit that fills it, unless that is large.
constexpr std::size_t first_buffer = block_size + block_size / 2;

std::span<const std::uint8_t> bytes_in(std::string_view view) {
    return {reinterpret_cast<const std::uint8_t*>(view.data()), view.size()};
}

}  // namespace

ExportOutput::ExportOutput(Form form, ExportTarget& target, MemoryContext memory)
    : target_(target),
      sections_(memory, first_buffer),
      section_sizes_(memory, sizeof(std::uint32_t)),
      packets_(memory, first_buffer),
      waiting_(memory),
      hash_(pg_cryptohash_create(PG_SHA256)),
      sha256_(static_cast<bytea*>(MemoryContextAlloc(memory, VARHDRSZ + PG_SHA256_DIGEST_LENGTH))) {
    check_hash(hash_ == nullptr ? -1 : pg_cryptohash_init(hash_));
    if (form != Form::sections) {
        call_cpp([&] {
            multiplexer_.emplace(0U, form == Form::packets_in_loop,
                                 static_cast<transport::PacketSink&>(*this),
                                 static_cast<transport::MultiplexerStore&>(waiting_));
        });
    }
}

void ExportOutput::end_section(std::size_t size) {
    sections_.end_section(size);
    const auto section_size = static_cast<std::uint32_t>(size);
    section_sizes_.append({reinterpret_cast<const char*>(&section_size), sizeof section_size});
}

void ExportOutput::drop_unit() {
    sections_.truncate(unit_begin_);
    section_sizes_.truncate(0);
}

bool ExportOutput::keep_unit(std::uint16_t pid, CaughtError& error, std::int64_t units) {
    if (multiplexer_ && !put_in_packets(pid, error)) {
        return false;
    }
    counts_.units += units;
    // Progress is not reported with the bytes alone: these wait for a block to fill, or for the end
    // of a loop.
    pgstat_progress_update_param(PROGRESS_COPY_TUPLES_PROCESSED, counts_.units);
    counts_.sections +=
        static_cast<std::int64_t>(section_sizes_.view().size() / sizeof(std::uint32_t));
    section_sizes_.truncate(0);
    if (multiplexer_) {
        sections_.truncate(0);
    } else {
        hand_on_blocks();
        unit_begin_ = sections_.view().size();
    }
    return true;
}

bool ExportOutput::put_in_packets(std::uint16_t pid, CaughtError& error) {
    const bool carried = try_cpp(error, [this, pid] {
        const std::span<const std::uint8_t> sections = bytes_in(sections_.view());
        const std::string_view sizes = section_sizes_.view();
        std::size_t offset = 0;
        for (std::size_t i = 0; i < sizes.size(); i += sizeof(std::uint32_t)) {
            std::uint32_t size = 0;
            std::memcpy(&size, sizes.data() + i, sizeof size);
            multiplexer_->add(pid, sections.subspan(offset, size));
            offset += size;
        }
    });
    if (!carried && (error.is_server_error || error.sqlstate != ERRCODE_INVALID_PARAMETER_VALUE)) {
        raise(error);
    }
    return carried;
}

void ExportOutput::put_packet(std::span<const std::uint8_t, transport::packet_size> packet) {
    packets_.append({reinterpret_cast<const char*>(packet.data()), packet.size()});
    if (packets_.view().size() >= block_size) {
        call_server([this] { hand_on_blocks(); });
    }
}

void ExportOutput::hand_on_blocks() {
    const std::size_t gathered = output().view().size();
    if (gathered >= block_size) {
        hand_on(gathered - gathered % block_alignment);
    }
}

void ExportOutput::hand_on(std::size_t size) {
    CHECK_FOR_INTERRUPTS();
    const std::span<const std::uint8_t> bytes = bytes_in(output().view().substr(0, size));
    check_hash(pg_cryptohash_update(hash_, bytes.data(), bytes.size()));
    target_.write(bytes);
    output().drop_front(size);
    counts_.bytes += static_cast<std::int64_t>(size);
    show_progress();
}

void ExportOutput::check_hash(int result) const {
    if (result < 0) {
        elog(ERROR, "could not compute a SHA-256: %s",
             hash_ != nullptr ? pg_cryptohash_error(hash_) : "out of memory");
    }
}

void ExportOutput::count_skipped() {
    ++counts_.skipped;
    show_progress();
}

void ExportOutput::show_progress() const {
    const int parameters[] = {PROGRESS_COPY_BYTES_PROCESSED, PROGRESS_COPY_TUPLES_PROCESSED,
                              PROGRESS_COPY_TUPLES_EXCLUDED};
    const int64 values[] = {counts_.bytes, counts_.units, counts_.skipped};
    pgstat_progress_update_multi_param(lengthof(parameters), parameters, values);
}

ExportCounts ExportOutput::finish() {
    if (multiplexer_) {
        call_cpp([this] { multiplexer_->finish(); });
        counts_.sections += static_cast<std::int64_t>(multiplexer_->repeated_sections());
        waiting_.close();
    }
    hand_on(output().view().size());
    check_hash(pg_cryptohash_final(hash_, reinterpret_cast<std::uint8_t*>(VARDATA(sha256_)),
                                   PG_SHA256_DIGEST_LENGTH));
    SET_VARSIZE(sha256_, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
    pg_cryptohash_free(hash_);
    target_.finish();
    return counts_;
}

}  // namespace onetrip::postgres
