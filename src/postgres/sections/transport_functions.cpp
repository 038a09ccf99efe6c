// ts_packets and ts_sections: sections in transport packets, and back. Knows nothing of layouts.

#include "postgres/sections/transport_functions.hpp"

#include "postgres/sections/waiting_sections.hpp"
#include "postgres/server/datums.hpp"
#include "postgres/server/interrupts.hpp"
#include "postgres/server/rows.hpp"

namespace onetrip::postgres {

ONETRIP_SQL_FUNCTION(ts_packets);
ONETRIP_SQL_FUNCTION(ts_sections);

namespace {

using Bytes = std::span<const std::uint8_t>;
using Packet = std::span<const std::uint8_t, transport::packet_size>;

unsigned continuity_counter_of(int32 counter) {
    if (counter < 0 || counter > 15) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("continuity counter %d is out of range", counter),
                        errdetail("It counts from 0 to 15, and from 0 again.")));
    }
    return static_cast<unsigned>(counter);
}

/// Gathers packets in one bytea.
class BufferSink final : public transport::PacketSink {
  public:
    explicit BufferSink(SectionBuffer& buffer) : buffer_(buffer) {}

    void put_packet(Packet packet) override {
        std::memcpy(buffer_.begin_section(packet.size()), packet.data(), packet.size());
        buffer_.end_section(packet.size());
    }

  private:
    SectionBuffer& buffer_;
};

/// Room that most carousels need no more than: a pointer_field a packet and some stuffing.
std::size_t estimated_packets_size(std::size_t sections_size) {
    const std::size_t packets = sections_size / 180 + 1;
    return Min(packets * transport::packet_size, SectionBuffer::largest_bytea - VARHDRSZ);
}

/// Puts sections into rows, and reports problems with their packets as warnings.
class RowReceiver final : public transport::SectionReceiver {
  public:
    /// `room` is a bytea of the largest section.
    RowReceiver(Rows rows, bytea* room) : rows_(rows), room_(room) {}

    void take_section(Bytes section) override {
        std::memcpy(VARDATA(room_), section.data(), section.size());
        SET_VARSIZE(room_, VARHDRSZ + section.size());
        ++ordinal_;
        call_server([&] {
            rows_.put({present(Int64GetDatum(ordinal_)), present(PointerGetDatum(room_))});
        });
    }

    void report(std::uint64_t packet_number, const std::string& problem,
                const std::string& detail) override {
        if (++problems_ > most_warnings) {
            return;
        }
        const char* const problem_text = problem.c_str();
        const char* const detail_text = detail.c_str();
        call_server([&] {
            ereport(WARNING, (errmsg("packet " UINT64_FORMAT ": %s", packet_number, problem_text),
                              detail_text[0] != '\0' ? errdetail_internal("%s", detail_text) : 0));
        });
    }

    void report_spacing(const transport::PacketSpacing& spacing) override {
        const auto stride = static_cast<int>(spacing.stride);
        const bool is_before = spacing.before > 0;
        const int others = stride - static_cast<int>(transport::packet_size);
        call_server([&] {
            ereport(NOTICE,
                    (errmsg("found packets of %d bytes", stride),
                     is_before
                         ? errdetail("The %d bytes before each packet are skipped: a timecode, as "
                                     "in M2TS files.",
                                     others)
                         : errdetail("The %d bytes after each packet are skipped: a Reed-Solomon "
                                     "code, as DVB modulators have it.",
                                     others)));
        });
    }

    void check_interrupts() override { check_for_interrupts(); }

    void finish() const {
        if (problems_ > most_warnings) {
            const auto unsaid = static_cast<unsigned long>(problems_ - most_warnings);
            call_server([&] {
                ereport(WARNING,
                        (errmsg_plural("packets have %lu more such problem",
                                       "packets have %lu more such problems", unsaid, unsaid)));
            });
        }
    }

  private:
    /// A stream may be scrambled, or noise, from its first packet to its last.
    static constexpr std::uint64_t most_warnings = 100;

    Rows rows_;
    bytea* room_;
    std::int64_t ordinal_ = 0;
    std::uint64_t problems_ = 0;
};

}  // namespace

std::uint16_t pid_of(int32 pid) {
    if (pid < 0 || pid > transport::largest_pid) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("PID %d is out of range", pid),
                 errdetail("Sections are carried on PIDs from 0 to %d.", transport::largest_pid)));
    }
    return static_cast<std::uint16_t>(pid);
}

extern "C" {

Datum ts_packets(PG_FUNCTION_ARGS) {
    const std::uint16_t pid = pid_of(PG_GETARG_INT32(1));
    const unsigned continuity_counter = continuity_counter_of(PG_GETARG_INT32(2));
    // A function that a script of 0.1.0 made has no loop.
    const bool loop = PG_NARGS() > 3 && PG_GETARG_BOOL(3);
    const Bytes sections = bytes_of(PG_GETARG_BYTEA_PP(0));
    SectionBuffer packets(CurrentMemoryContext, estimated_packets_size(sections.size()));
    WaitingSections waiting(CurrentMemoryContext);
    call_cpp([&] {
        BufferSink sink(packets);
        transport::Multiplexer multiplexer(continuity_counter, loop, sink, waiting);
        for (std::size_t offset = 0; offset < sections.size();) {
            check_for_interrupts();
            const Bytes section = transport::section_at(sections, offset);
            multiplexer.add(pid, section);
            offset += section.size();
        }
        multiplexer.finish();
    });
    PG_RETURN_BYTEA_P(packets.as_bytea());
}

Datum ts_sections(PG_FUNCTION_ARGS) {
    const std::uint16_t pid = pid_of(PG_GETARG_INT32(1));
    const Bytes packets = bytes_of(PG_GETARG_BYTEA_PP(0));
    const Rows rows(fcinfo);
    auto* const room = static_cast<bytea*>(palloc(VARHDRSZ + transport::largest_section));
    call_cpp([&] {
        RowReceiver receiver(rows, room);
        transport::PacketFinder finder(packets, receiver);
        transport::Depacketizer depacketizer(pid, receiver);
        while (const auto packet = finder.next()) {
            check_for_interrupts();
            depacketizer.add(*packet);
        }
        depacketizer.finish();
        receiver.finish();
    });
    return Datum{0};
}

}  // extern "C"

}  // namespace onetrip::postgres
