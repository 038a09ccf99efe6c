// Sections of several PIDs in packets, and files of packets that are played in a loop. Knows
// nothing of the format of a packet.

#include "transport/multiplexer.hpp"

#include <algorithm>
#include <new>

namespace onetrip::transport {

namespace {

/// A continuity_counter counts to 15.
constexpr unsigned counter_values = 16;

/// How many sections, from the last one back, may get a packet of their own.
constexpr std::size_t own_packets = counter_values - 1;

/// How many sections of a PID wait. A packet with a single byte cannot be divided, but no two
/// sections that follow one another have none that can: so many have 15.
constexpr std::size_t most_waiting = 2 * own_packets + 1;

/// A PID with more bytes than this has enough packets to divide. With fewer, each section has one.
constexpr std::size_t most_repeated_bytes = counter_values * PacketFill::capacity;

/// Sections that wait, the same again for each repetition.
constexpr std::size_t most_planned = 512;

/// The changes to the last sections of a PID that give it a multiple of 16 packets.
struct LoopPlan {
    unsigned copies = 1;                      ///< how often all sections are written
    std::bitset<most_planned> begins_packet;  ///< sections, from the first that waits
    PacketSet divided;                        ///< packets, from the one that is open then
};

/// Counts packets as a Packetizer makes them, without the bytes.
class PacketModel {
  public:
    explicit PacketModel(const PacketFill& open) : fill_(open) {}

    void add(const SectionShape& section, bool begins_packet) {
        if (begins_packet || !fill_.has_room_for(section)) {
            close();
        }
        fill_.begin_section();
        for (std::size_t left = section.size; left > 0;) {
            left -= fill_.take(left);
            if (fill_.is_full()) {
                close();
            }
        }
    }

    void close() {
        if (fill_.used > 0) {
            is_divisible_[count_++] = fill_.used > 1;
            fill_ = {};
        }
    }

    std::size_t count() const { return count_; }
    bool is_divisible(std::size_t packet) const { return is_divisible_[packet]; }

  private:
    PacketFill fill_;
    std::size_t count_ = 0;
    PacketSet is_divisible_;
};

/// Finds the LoopPlan of a PID.
class LoopPlanner {
  public:
    /// How a PID is repeated, if it must be.
    enum class Repetition : std::uint8_t { impossible, in_own_packets, in_last_packet };

    /// `packets` were written already, and `open` is the content of the next one.
    LoopPlanner(const PacketFill& open, std::uint64_t packets,
                std::span<const SectionShape> sections, Repetition repetition)
        : open_(open),
          packets_(packets),
          sections_(sections),
          may_be_repeated_(repetition != Repetition::impossible),
          copies_begin_packet_(repetition == Repetition::in_own_packets) {}

    LoopPlan plan() {
        const unsigned most_copies = may_be_repeated_ ? counter_values : 1;
        do {
            ++plan_.copies;
            plan_with_copies();
        } while (missing_ > 0 && plan_.copies < most_copies);
        return plan_;
    }

  private:
    void plan_with_copies() {
        plan_.begins_packet.reset();
        plan_.divided.reset();
        missing_ =
            (counter_values - (packets_ + model().count()) % counter_values) % counter_values;
        give_own_packets();
        divide_packets();
    }

    /// The section after one with a packet of its own begins a packet too.
    void give_own_packets() {
        const std::size_t end = planned();
        for (std::size_t back = 1; back <= std::min(own_packets, end) && missing_ > 0; ++back) {
            const std::bitset<most_planned> without = plan_.begins_packet;
            const std::size_t count = model().count();
            plan_.begins_packet.set(end - back);
            if (back > 1) {
                plan_.begins_packet.set(end - back + 1);
            }
            if (model().count() == count + 1) {
                --missing_;
            } else {
                plan_.begins_packet = without;
            }
        }
    }

    void divide_packets() {
        const PacketModel packets = model();
        for (std::size_t packet = packets.count(); packet-- > 0 && missing_ > 0;) {
            if (packets.is_divisible(packet)) {
                plan_.divided.set(packet);
                --missing_;
            }
        }
    }

    std::size_t planned() const { return plan_.copies * sections_.size(); }

    PacketModel model() const {
        PacketModel packets(open_);
        for (std::size_t i = 0; i < planned(); ++i) {
            const std::size_t section = i % sections_.size();
            const bool is_copy = i >= sections_.size();
            const bool must = is_copy
                                  ? copies_begin_packet_ && section == 0 && i == sections_.size()
                                  : sections_[section].begins_packet;
            packets.add(sections_[section], must || plan_.begins_packet[i]);
        }
        packets.close();
        return packets;
    }

    PacketFill open_;
    std::uint64_t packets_;
    std::span<const SectionShape> sections_;
    bool may_be_repeated_;
    bool copies_begin_packet_;
    unsigned missing_ = 0;
    LoopPlan plan_{0, {}, {}};
};

}  // namespace

/// The sections of one PID.
struct Multiplexer::Stream {
    Stream(std::uint16_t number, unsigned continuity_counter, PacketSink& sink)
        : pid(number), packetizer(number, continuity_counter, sink) {}

    std::uint16_t pid;
    Packetizer packetizer;
    Stream* next = nullptr;
    LoopPlan plan;
    bool is_planned = false;
    std::size_t written = 0;  ///< how many sections of the plan

    // The sections that wait: their number, and the shapes of the last of them, in a ring.
    std::uint64_t sections = 0;
    std::uint64_t waiting = 0;
    std::array<SectionShape, most_waiting + 1> shapes{};

    // All sections, if they are so few that they may be written again.
    std::array<std::uint8_t, most_repeated_bytes> bytes{};
    std::size_t bytes_used = 0;
    bool has_all_bytes = true;

    /// Keeps the shape, and if needed the bytes, of a section that waits.
    void keep(const SectionShape& shape, std::span<const std::uint8_t> section) {
        shapes[sections++ % shapes.size()] = shape;
        ++waiting;
        has_all_bytes = has_all_bytes && section.size() <= bytes.size() - bytes_used;
        if (has_all_bytes) {
            std::copy(section.begin(), section.end(), bytes.data() + bytes_used);
            bytes_used += section.size();
        }
    }

    /// Decides how the sections that wait, of which there are not too many, are written.
    void make_plan(bool copies_begin_packet) {
        using Repetition = LoopPlanner::Repetition;
        std::array<SectionShape, most_waiting> last{};
        for (std::size_t i = 0; i < waiting; ++i) {
            last[i] = shapes[(sections - waiting + i) % shapes.size()];
        }
        const Repetition repetition = !has_all_bytes || waiting < sections ? Repetition::impossible
                                      : copies_begin_packet ? Repetition::in_own_packets
                                                            : Repetition::in_last_packet;
        plan = LoopPlanner(packetizer.open_packet(), packetizer.packets(),
                           std::span(last).first(waiting), repetition)
                   .plan();
        packetizer.divide(plan.divided);
        is_planned = true;
    }
};

Multiplexer::Multiplexer(unsigned continuity_counter, bool loop, PacketSink& sink,
                         MultiplexerStore& store)
    : sink_(sink),
      store_(store),
      streams_(static_cast<Stream**>(store.allocate((largest_pid + 1) * sizeof(void*)))),
      continuity_counter_(static_cast<std::uint8_t>(continuity_counter)),
      loop_(loop) {}

Multiplexer::Stream& Multiplexer::stream_of(std::uint16_t pid) {
    Stream*& stream = streams_[pid];
    if (stream == nullptr) {
        stream = new (store_.allocate(sizeof(Stream))) Stream(pid, continuity_counter_, sink_);
        (last_ == nullptr ? first_ : last_->next) = stream;
        last_ = stream;
    }
    return *stream;
}

void Multiplexer::add(std::uint16_t pid, std::span<const std::uint8_t> section) {
    require_carriable(section);
    Stream& stream = stream_of(pid);
    if (!loop_) {
        write(stream, section);
        return;
    }
    SectionShape shape = shape_of(section);
    shape.begins_packet = pushed_ != nullptr && pushed_ != &stream;
    stream.keep(shape, section);
    store_.push({pid, section});
    pushed_ = &stream;
    WaitingSection front{};
    while (!store_.is_long() && store_.front(front) &&
           streams_[front.pid]->waiting > most_waiting) {
        write_front(front);
    }
}

/// Writes the first section of the queue.
void Multiplexer::write_front(const WaitingSection& front) {
    Stream& stream = *streams_[front.pid];
    if (!stream.is_planned) {
        write(stream, front.section);
        --stream.waiting;
    } else {
        write_planned(stream, front.section);
    }
    store_.pop();
}

void Multiplexer::write(Stream& stream, std::span<const std::uint8_t> section) {
    if (written_ != nullptr && written_ != &stream) {
        written_->packetizer.finish();
    }
    stream.packetizer.add(section);
    written_ = &stream;
}

/// Writes a section as its PID's plan says.
void Multiplexer::write_planned(Stream& stream, std::span<const std::uint8_t> section) {
    if (stream.plan.begins_packet[stream.written++]) {
        stream.packetizer.finish();
    }
    write(stream, section);
}

void Multiplexer::repeat(Stream& stream) {
    const std::span<const std::uint8_t> all = std::span(stream.bytes).first(stream.bytes_used);
    for (unsigned copy = 1; copy < stream.plan.copies; ++copy) {
        for (std::size_t offset = 0; offset < all.size(); ++repeated_sections_) {
            const std::span<const std::uint8_t> section = section_at(all, offset);
            write_planned(stream, section);
            offset += section.size();
        }
    }
}

/// A PID of which more than the last sections wait, in a long queue, has no plan yet.
void Multiplexer::make_plans() {
    const Stream* before = pushed_;
    for (Stream* stream = first_; stream != nullptr; stream = stream->next) {
        if (stream->waiting <= most_waiting) {
            stream->make_plan(before != stream);
            before = stream->plan.copies > 1 ? stream : before;
        }
    }
}

void Multiplexer::finish_loop() {
    make_plans();
    for (WaitingSection front{}; store_.front(front);) {
        Stream& stream = *streams_[front.pid];
        if (!stream.is_planned && stream.waiting == most_waiting) {
            stream.make_plan(true);
        }
        write_front(front);
    }
    for (Stream* stream = first_; stream != nullptr; stream = stream->next) {
        repeat(*stream);
    }
}

void Multiplexer::finish() {
    if (loop_) {
        finish_loop();
    }
    if (written_ != nullptr) {
        written_->packetizer.finish();
    }
}

}  // namespace onetrip::transport
