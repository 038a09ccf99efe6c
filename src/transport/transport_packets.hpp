#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "transport/section_header.hpp"

namespace onetrip::transport {

/// Transport packets that carry sections, and the way back (ISO/IEC 13818-1, 2.4.3 and 2.4.4).
inline constexpr std::size_t packet_size = 188;

/// The largest PID that carries anything: 8191 is that of null packets.
inline constexpr std::uint16_t largest_pid = 8190;

/// The receiver of a Packetizer's packets. An exception from it ends the packetizing.
class PacketSink {
  public:
    virtual void put_packet(std::span<const std::uint8_t, packet_size> packet) = 0;

  protected:
    ~PacketSink() = default;
};

/// The section that begins at `offset`, by its section_length. Throws Error if no section that a
/// transport packet can carry begins there.
std::span<const std::uint8_t> section_at(std::span<const std::uint8_t> sections,
                                         std::size_t offset);

/// Throws Error if the bytes are not one whole section that transport packets can carry.
void require_carriable(std::span<const std::uint8_t> section);

/// The properties of a section that decide in which packet it begins.
struct SectionShape {
    std::uint16_t size;
    bool has_long_header;  ///< section_syntax_indicator 1
    bool begins_packet;    ///< whatever room there is: the packet before is of another PID
};

SectionShape shape_of(std::span<const std::uint8_t> section);

/// How full the payload of a packet is, its pointer_field included.
struct PacketFill {
    static constexpr std::size_t capacity = packet_size - 4;

    /// Whether as much of a new section fits as a reader needs at once.
    bool has_room_for(const SectionShape& section) const;
    void begin_section();
    /// Takes up to `size` bytes, and says how many.
    std::size_t take(std::size_t size);
    bool is_full() const { return used == capacity; }

    std::size_t used = 0;
    bool section_begins = false;
};

/// Packets by their number, from one that is agreed upon.
using PacketSet = std::bitset<768>;

/// Puts sections, one after the other, into the transport packets of one PID. It holds no more than
/// the packet that is not yet full.
class Packetizer {
  public:
    /// `pid` is at most largest_pid, `continuity_counter` (of the first packet) at most 15.
    Packetizer(std::uint16_t pid, unsigned continuity_counter, PacketSink& sink);

    /// Takes one whole section. Throws Error if the bytes are not one; exceptions of the sink pass
    /// through.
    void add(std::span<const std::uint8_t> section);

    /// Fills up the packet of the last section. The next section, if there is one after all, begins
    /// a packet.
    void finish();

    /// Divides these of the packets to come in two by adaptation fields. The open one has number 0.
    void divide(const PacketSet& packets);

    const PacketFill& open_packet() const { return fill_; }

    /// How many packets were given out.
    std::uint64_t packets() const { return packets_; }

  private:
    static constexpr std::size_t header_size = 4;

    std::uint8_t* payload() { return packet_.data() + header_size; }
    void begin_section();
    void emit();
    void emit_half(std::span<const std::uint8_t> content, std::optional<std::size_t> section);
    void emit_halves();
    void put_header(bool section_begins, bool has_adaptation_field);

    PacketSink& sink_;
    std::uint16_t pid_;
    std::uint8_t continuity_counter_;
    std::array<std::uint8_t, packet_size> packet_{};
    PacketFill fill_;  ///< never full between calls
    std::uint64_t packets_ = 0;
    std::uint64_t emitted_ = 0;  ///< a packet that was divided is one of these
    PacketSet divided_;
    std::uint64_t divided_from_ = 0;  ///< number of the first in divided_
};

/// A packet among others.
struct FoundPacket {
    std::span<const std::uint8_t, packet_size> bytes;
    std::uint64_t number;  ///< from 1
};

/// How packets follow one another in a recording.
struct PacketSpacing {
    std::size_t stride;  ///< bytes from one sync_byte to the next
    std::size_t before;  ///< of the others, how many stand before a packet
};

/// The receiver of the sections in packets, and of the problems with the packets.
class SectionReceiver {
  public:
    virtual void take_section(std::span<const std::uint8_t> section) = 0;

    /// `problem` is a phrase about the packet, `detail` a sentence or empty; both are ASCII.
    virtual void report(std::uint64_t packet_number, const std::string& problem,
                        const std::string& detail) = 0;

    /// The packets are not bare: other bytes stand between them.
    virtual void report_spacing(const PacketSpacing& spacing) = 0;

    /// It is called every now and then while no packet is found; an exception ends the search.
    virtual void check_interrupts() {}

  protected:
    ~SectionReceiver() = default;
};

/// Finds the packets in bytes by their sync_byte (2.4.3.2). If it is missing, the packet is skipped
/// if the next ones are at their places; else all bytes up to the next packets are skipped. A
/// packet that others begin within was cut, and is skipped too. Packets are bare, or spaced as in
/// recordings: the beginning of the bytes, or the first five packets in a row, decide.
class PacketFinder {
  public:
    PacketFinder(std::span<const std::uint8_t> bytes, SectionReceiver& receiver)
        : bytes_(bytes), receiver_(receiver) {}

    std::optional<FoundPacket> next();

  private:
    std::size_t packets_in_row(std::size_t offset, std::size_t stride, std::size_t most) const;
    bool begins_with(const PacketSpacing& spacing) const;
    bool find_row(PacketSpacing& spacing, std::size_t& place) const;
    bool find_likely(PacketSpacing& spacing) const;
    void find_spacing();
    bool packets_stand_at(std::size_t offset) const;
    std::size_t plausible_headers(std::size_t offset) const;
    std::size_t behind_timecode(std::size_t offset) const;
    std::size_t next_sync(std::size_t from, std::size_t to) const;
    bool is_cut(std::size_t offset) const;
    void skip();
    void lose_sync(std::size_t found);

    std::span<const std::uint8_t> bytes_;
    SectionReceiver& receiver_;
    PacketSpacing spacing_{packet_size, 0};
    bool spacing_is_known_ = false;
    std::size_t offset_ = 0;
    std::uint64_t number_ = 1;  ///< of the packet at offset_
};

/// Gathers the sections of one PID out of packets of any PIDs. A section is given out if all its
/// bytes came, by continuity_counter and section_length; its CRC_32 is not looked at. It holds
/// no more than one section and one packet.
class Depacketizer {
  public:
    Depacketizer(std::uint16_t pid, SectionReceiver& receiver) : receiver_(receiver), pid_(pid) {}

    void add(const FoundPacket& packet);

    /// Reports a section that is not complete after the last packet.
    void finish();

  private:
    /// The state of the sections at the begin of the next payload.
    enum class State : std::uint8_t {
        start,   ///< not known, and nothing was lost: the packets begin here
        lost,    ///< not known: wait for a packet in which a section begins
        at_end,  ///< after a section: the next one begins in the next packet
        within,  ///< in a section
    };

    struct Header;
    static Header read_header(std::span<const std::uint8_t, packet_size> packet);

    bool is_next(const Header& header, std::span<const std::uint8_t, packet_size> packet);
    bool repeats_last(const Header& header,
                      std::span<const std::uint8_t, packet_size> packet) const;
    void jump();
    void read_payload(bool section_begins, std::span<const std::uint8_t> payload);
    void read_end(std::span<const std::uint8_t> bytes);
    void read_tail(std::span<const std::uint8_t> bytes);
    void read_sections(std::span<const std::uint8_t> bytes);
    std::size_t gather(std::span<const std::uint8_t> bytes);
    bool gather_up_to(std::size_t size, std::span<const std::uint8_t> bytes, std::size_t& taken);
    void lose(const std::string& problem);
    void report(const std::string& problem, const std::string& detail = {});

    SectionReceiver& receiver_;
    std::uint16_t pid_;
    State state_ = State::start;
    std::uint64_t packet_number_ = 0;  ///< of the packet being read

    // The last packet with a payload:
    std::optional<unsigned> continuity_counter_;
    std::array<std::uint8_t, packet_size> last_packet_{};
    bool was_repeated_ = false;

    // The section being gathered:
    std::array<std::uint8_t, largest_section> section_{};
    std::size_t gathered_ = 0;
    std::uint64_t begins_in_ = 0;  ///< number of the packet
};

}  // namespace onetrip::transport
