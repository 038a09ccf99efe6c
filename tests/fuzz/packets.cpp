// Any bytes as transport packets, and as sections to be put into packets, which must come back.

#include <array>
#include <deque>
#include <memory>

#include "base/error.hpp"
#include "fuzz.hpp"
#include "jsonb/bytes.hpp"
#include "transport/multiplexer.hpp"

namespace onetrip::fuzz {

namespace {

using jsonb::test::Bytes;
using jsonb::test::OddCopy;
using transport::packet_size;
using Span = std::span<const std::uint8_t>;

class Receiver final : public transport::SectionReceiver {
  public:
    void take_section(Span section) override {
        sections.emplace_back(section.begin(), section.end());
    }

    void report(std::uint64_t packet_number, const std::string& problem,
                const std::string& /*detail*/) override {
        expect(packet_number > 0 && !problem.empty(), "a report says where and what");
        problems.push_back(problem);
    }

    void report_spacing(const transport::PacketSpacing& spacing) override {
        expect(spacing.stride == 192 || spacing.stride == 204, "packets are spaced as we know");
        expect(stride == packet_size, "the spacing is reported once");
        stride = spacing.stride;
    }

    std::vector<Bytes> sections;
    std::vector<std::string> problems;
    std::size_t stride = packet_size;
};

class Packets final : public transport::PacketSink {
  public:
    void put_packet(std::span<const std::uint8_t, packet_size> packet) override {
        expect(packet[0] == 0x47, "a packet begins with its sync_byte");
        bytes.insert(bytes.end(), packet.begin(), packet.end());
    }

    Bytes bytes;
};

Receiver received(Span packets, std::uint16_t pid) {
    Receiver receiver;
    transport::PacketFinder finder(packets, receiver);
    transport::Depacketizer depacketizer(pid, receiver);
    std::uint64_t number = 0;
    while (const auto packet = finder.next()) {
        expect(packet->number > number, "packets are numbered upwards");
        number = packet->number;
        depacketizer.add(*packet);
    }
    depacketizer.finish();
    return receiver;
}

Bytes packets_of(const std::vector<Bytes>& sections, std::uint16_t pid, unsigned counter) {
    Packets packets;
    transport::Packetizer packetizer(pid, counter, packets);
    for (const Bytes& section : sections) {
        packetizer.add(section);
    }
    packetizer.finish();
    return packets.bytes;
}

/// Packets with other bytes in between, as recorders store them.
Bytes spaced(const Bytes& packets, std::size_t stride, std::size_t before) {
    Bytes all;
    for (auto packet = packets.begin(); packet != packets.end(); packet += packet_size) {
        all.resize(all.size() + before);
        all.insert(all.end(), packet, packet + packet_size);
        all.resize(all.size() + stride - packet_size - before);
    }
    return all;
}

void come_back(const std::vector<Bytes>& sections, std::uint16_t pid, unsigned counter) {
    const Bytes packets = packets_of(sections, pid, counter);
    constexpr std::array<std::pair<std::size_t, std::size_t>, 3> spacings{
        {{packet_size, 0}, {192, 4}, {204, 0}}};
    for (const auto& [stride, before] : spacings) {
        const OddCopy bytes(spaced(packets, stride, before));
        const Receiver receiver = received(bytes.span(), pid);
        expect(receiver.problems.empty(), "what we packetized has no problem",
               receiver.problems.empty() ? "" : receiver.problems.front());
        expect(receiver.sections == sections, "sections come back out of packets");
        expect(packets.empty() || receiver.stride == stride, "the spacing is found");
    }
}

/// Sections wait in memory, or are said to wait in a file from the first on.
class Store final : public transport::MultiplexerStore {
  public:
    explicit Store(bool is_long) : is_long_(is_long) {}

    void* allocate(std::size_t size) override {
        memory_.push_back(std::make_unique<std::uint64_t[]>(size / 8 + 1));
        return memory_.back().get();
    }
    void push(const transport::WaitingSection& section) override {
        queue_.emplace_back(section.pid, Bytes(section.section.begin(), section.section.end()));
    }
    bool front(transport::WaitingSection& section) override {
        if (!queue_.empty()) {
            section = {queue_.front().first, queue_.front().second};
        }
        return !queue_.empty();
    }
    void pop() override { queue_.pop_front(); }
    bool is_long() const override { return is_long_; }

  private:
    bool is_long_;
    std::deque<std::pair<std::uint16_t, Bytes>> queue_;
    std::vector<std::unique_ptr<std::uint64_t[]>> memory_;
};

/// Sections on two PIDs in a loop, played twice: each PID's come back, as often as they were
/// written.
void come_round(const std::vector<Bytes>& sections, std::uint16_t pid, unsigned counter) {
    const std::array<std::uint16_t, 2> pids{pid, static_cast<std::uint16_t>(pid ^ 1)};
    std::array<std::vector<Bytes>, 2> of_pid;
    Packets packets;
    Store store(counter % 2 != 0);
    transport::Multiplexer multiplexer(counter, true, packets, store);
    for (const Bytes& section : sections) {
        const std::size_t which = section.back() & 1;
        of_pid[which].push_back(section);
        multiplexer.add(pids[which], section);
    }
    multiplexer.finish();
    Bytes twice = packets.bytes;
    twice.insert(twice.end(), packets.bytes.begin(), packets.bytes.end());
    for (std::size_t which = 0; which < pids.size(); ++which) {
        const Receiver receiver = received(twice, pids[which]);
        expect(receiver.problems.empty(), "a loop has no problem at its seam");
        expect(of_pid[which].empty() ? receiver.sections.empty()
                                     : receiver.sections.size() % (2 * of_pid[which].size()) == 0,
               "sections are written equally often");
        for (std::size_t i = 0; i < receiver.sections.size(); ++i) {
            expect(receiver.sections[i] == of_pid[which][i % of_pid[which].size()],
                   "sections come back out of a loop");
        }
    }
    expect(packets.bytes.size() % (16 * packet_size) == 0, "a loop has a multiple of 16 packets");
}

/// As many as there are, one after the other.
std::vector<Bytes> sections_in(Span bytes) {
    std::vector<Bytes> sections;
    try {
        for (std::size_t offset = 0; offset < bytes.size();) {
            const Span section = transport::section_at(bytes, offset);
            sections.emplace_back(section.begin(), section.end());
            offset += section.size();
        }
    } catch (const Error& error) {
        expect(!error.detail().empty(), "a refusal says why", error.message());
    }
    return sections;
}

void check(Span bytes, std::uint16_t pid, unsigned counter) {
    const Receiver receiver = received(bytes, pid);
    std::size_t size = 0;
    for (const Bytes& section : receiver.sections) {
        expect(sections_in(section) == std::vector<Bytes>{section},
               "what comes out of packets is a section");
        size += section.size();
    }
    expect(size <= bytes.size(), "no byte is given out twice");
    come_back(receiver.sections, pid, counter);
    const std::vector<Bytes> sections = sections_in(bytes);
    come_back(sections, pid, counter);
    if (pid < transport::largest_pid) {
        come_round(sections, pid, counter);
    }
}

}  // namespace

}  // namespace onetrip::fuzz

/// PID and continuity counter in two bytes, then packets or sections.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip;
    if (size < 2) {
        return 0;
    }
    const auto pid = static_cast<std::uint16_t>((data[0] & 0x1F) << 8 | data[1]);
    if (pid > transport::largest_pid) {
        return 0;
    }
    const jsonb::test::OddCopy bytes({data + 2, size - 2});
    fuzz::check(bytes.span(), pid, data[0] >> 5);
    return 0;
}
