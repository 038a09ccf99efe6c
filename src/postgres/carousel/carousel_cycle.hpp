#pragma once

#include <optional>
#include <span>

#include "postgres/server/server.hpp"
#include "transport/transport_packets.hpp"

namespace onetrip::postgres {

/// One cycle of a carousel in transport packets, of which nothing is kept but their number.
class Cycle final : private transport::PacketSink {
  public:
    Cycle() : packetizer_(any_pid, 0, *this) {}

    void add(std::span<const std::uint8_t> section);

    /// Ends the packets after the last section.
    void finish() { packetizer_.finish(); }

    /// False if the bytes are not one section by their section_length.
    bool can_be_carried() const { return can_be_carried_; }
    std::int64_t packets() const { return packets_; }

    /// How long it takes at a bitrate in bits a second.
    double seconds(std::int64_t bitrate) const;

  private:
    /// The number of packets is the same for every PID.
    static constexpr std::uint16_t any_pid = 0x20;

    void put_packet(std::span<const std::uint8_t, transport::packet_size> /*packet*/) override {
        ++packets_;
    }

    transport::Packetizer packetizer_;
    std::int64_t packets_ = 0;
    bool can_be_carried_ = true;
};

/// The argument bitrate, which may be NULL. ERRORs if it is not greater than zero.
std::optional<std::int64_t> bitrate_argument_of(FunctionCallInfo fcinfo, int argument);

Datum interval_of_seconds(double seconds);

}  // namespace onetrip::postgres
