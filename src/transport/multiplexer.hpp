#pragma once

#include "transport/transport_packets.hpp"

namespace onetrip::transport {

/// A section that waits, and its PID.
struct WaitingSection {
    std::uint16_t pid;
    std::span<const std::uint8_t> section;
};

/// The services that a Multiplexer needs from its caller: memory, and a queue of sections that may
/// be larger than memory. An exception from these functions ends the multiplexing.
class MultiplexerStore {
  public:
    /// Zeroed memory that outlives the Multiplexer.
    virtual void* allocate(std::size_t size) = 0;

    virtual void push(const WaitingSection& section) = 0;

    /// The first one, valid until the next call; false if none exists.
    virtual bool front(WaitingSection& section) = 0;
    virtual void pop() = 0;

    /// The queue has grown out of memory: it is not to be read before the last push.
    virtual bool is_long() const = 0;

  protected:
    ~MultiplexerStore() = default;
};

/// Puts sections into transport packets, each PID with a continuity_counter of its own, in the
/// order in which they come: a packet is shared by sections of one PID that follow one another.
///
/// Each PID in a loop gets a multiple of 16 packets, so that its counter goes on over the seam of a
/// file that is played again and again. The last sections of each PID wait for that.
class Multiplexer {
  public:
    Multiplexer(unsigned continuity_counter, bool loop, PacketSink& sink, MultiplexerStore& store);

    /// Takes one whole section. Throws Error if the bytes are not one.
    void add(std::uint16_t pid, std::span<const std::uint8_t> section);

    /// Ends the packets after the last section.
    void finish();

    /// How many sections were written more than once, each time counted, to fill a loop.
    std::uint64_t repeated_sections() const { return repeated_sections_; }

  private:
    struct Stream;

    Stream& stream_of(std::uint16_t pid);
    void write(Stream& stream, std::span<const std::uint8_t> section);
    void write_planned(Stream& stream, std::span<const std::uint8_t> section);
    void write_front(const WaitingSection& front);
    void make_plans();
    void finish_loop();
    void repeat(Stream& stream);

    PacketSink& sink_;
    MultiplexerStore& store_;
    Stream** streams_;         ///< by PID
    Stream* first_ = nullptr;  ///< in the order of their first sections
    Stream* last_ = nullptr;
    Stream* pushed_ = nullptr;   ///< that of the last section that came
    Stream* written_ = nullptr;  ///< that of the last section that was written
    std::uint64_t repeated_sections_ = 0;
    std::uint8_t continuity_counter_;
    bool loop_;
};

}  // namespace onetrip::transport
