#include "transport/multiplexer.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <memory>

#include "base/error.hpp"
#include "base/randomness.hpp"
#include "jsonb/bytes.hpp"

namespace onetrip::transport::test {

namespace {

using jsonb::test::Bytes;
using Sections = std::vector<std::pair<std::uint16_t, Bytes>>;

Bytes section_of_size(std::size_t size, std::uint8_t fill = 0xA5, bool is_long = false) {
    Bytes section(size, fill);
    section[0] = 0x92;
    section[1] = static_cast<std::uint8_t>((is_long ? 0xB0 : 0x30) | (size - 3) >> 8);
    section[2] = static_cast<std::uint8_t>(size - 3);
    return section;
}

class Store final : public MultiplexerStore {
  public:
    explicit Store(std::size_t most_in_memory) : most_in_memory_(most_in_memory) {}

    void* allocate(std::size_t size) override {
        memory_.push_back(std::make_unique<std::uint64_t[]>(size / 8 + 1));
        return memory_.back().get();
    }
    void push(const WaitingSection& section) override {
        queue_.emplace_back(section.pid, Bytes(section.section.begin(), section.section.end()));
        longest = std::max(longest, queue_.size());
    }
    bool front(WaitingSection& section) override {
        if (queue_.empty()) {
            return false;
        }
        section = {queue_.front().first, queue_.front().second};
        return true;
    }
    void pop() override { queue_.pop_front(); }
    bool is_long() const override { return queue_.size() > most_in_memory_; }

    std::size_t longest = 0;

  private:
    std::size_t most_in_memory_;
    std::deque<std::pair<std::uint16_t, Bytes>> queue_;
    std::vector<std::unique_ptr<std::uint64_t[]>> memory_;
};

class Packets final : public PacketSink {
  public:
    void put_packet(std::span<const std::uint8_t, packet_size> packet) override {
        packets.emplace_back(packet.begin(), packet.end());
    }

    std::vector<Bytes> packets;
};

class PacketCollector final : public SectionReceiver {
  public:
    void take_section(std::span<const std::uint8_t> section) override {
        sections.emplace_back(section.begin(), section.end());
    }
    void report(std::uint64_t packet_number, const std::string& problem,
                const std::string& /*detail*/) override {
        reports.push_back(std::to_string(packet_number) + ": " + problem);
    }
    void report_spacing(const PacketSpacing& /*spacing*/) override {
        reports.emplace_back("spacing");
    }

    std::vector<Bytes> sections;
    std::vector<std::string> reports;
};

struct Result {
    std::vector<Bytes> packets;
    std::uint64_t repeated;
    std::size_t longest_queue;
};

Result multiplex(const Sections& sections, bool loop, unsigned counter = 0,
                 std::size_t most_in_memory = 100'000) {
    Packets packets;
    Store store(most_in_memory);
    Multiplexer multiplexer(counter, loop, packets, store);
    for (const auto& [pid, section] : sections) {
        multiplexer.add(pid, section);
    }
    multiplexer.finish();
    return {packets.packets, multiplexer.repeated_sections(), store.longest};
}

Sections of_one(const std::vector<Bytes>& sections, std::uint16_t pid = 100) {
    Sections all;
    for (const Bytes& section : sections) {
        all.emplace_back(pid, section);
    }
    return all;
}

std::uint16_t pid_of(const Bytes& packet) {
    return static_cast<std::uint16_t>((packet[1] & 0x1F) << 8 | packet[2]);
}

PacketCollector read(const std::vector<Bytes>& packets, std::uint16_t pid, int times = 1) {
    Bytes bytes;
    for (int i = 0; i < times; ++i) {
        for (const Bytes& packet : packets) {
            bytes.insert(bytes.end(), packet.begin(), packet.end());
        }
    }
    PacketCollector collector;
    PacketFinder finder(bytes, collector);
    Depacketizer depacketizer(pid, collector);
    while (const auto packet = finder.next()) {
        depacketizer.add(*packet);
    }
    depacketizer.finish();
    return collector;
}

std::map<std::uint16_t, std::vector<Bytes>> by_pid(const Sections& sections) {
    std::map<std::uint16_t, std::vector<Bytes>> all;
    for (const auto& [pid, section] : sections) {
        all[pid].push_back(section);
    }
    return all;
}

/// The sections, or those several times over.
bool is_repeated(const std::vector<Bytes>& got, const std::vector<Bytes>& once) {
    if (once.empty() || got.size() % once.size() != 0) {
        return got.empty() && once.empty();
    }
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (got[i] != once[i % once.size()]) {
            return false;
        }
    }
    return true;
}

/// What must hold of every loop. Says how often each PID was written.
std::map<std::uint16_t, std::size_t> check_loop(const Sections& sections, const Result& result) {
    std::map<std::uint16_t, std::size_t> packets;
    std::map<std::uint16_t, std::size_t> copies;
    std::uint64_t repeated = 0;
    for (const Bytes& packet : result.packets) {
        ++packets[pid_of(packet)];
    }
    for (const auto& [pid, once] : by_pid(sections)) {
        CAPTURE(pid);
        REQUIRE(packets[pid] % 16 == 0);
        const PacketCollector back = read(result.packets, pid, 3);
        REQUIRE(back.reports == std::vector<std::string>{});
        REQUIRE(is_repeated(back.sections, once));
        copies[pid] = back.sections.size() / 3 / once.size();
        REQUIRE((copies[pid] == 1 || packets[pid] == 16));
        repeated += (copies[pid] - 1) * once.size();
    }
    REQUIRE(repeated == result.repeated);
    return copies;
}

}  // namespace

TEST_CASE("a carousel of any number of packets is a loop", "[transport]") {
    const std::size_t count = GENERATE(range(1, 50));
    const std::size_t size = GENERATE(20, 150, 183, 184, 500, 4096);
    CAPTURE(count, size);
    const Sections sections = of_one(std::vector<Bytes>(count, section_of_size(size)));
    const unsigned counter = count % 16;
    const Result result = multiplex(sections, true, counter);
    check_loop(sections, result);
    CHECK((result.packets.front()[3] & 0x0F) == counter);
    CHECK((result.packets.back()[3] & 0x0F) == (counter + 15) % 16);
}

TEST_CASE("a carousel of one section is a loop", "[transport]") {
    const std::size_t size = GENERATE(range(3, 4097));
    const Sections sections = of_one({section_of_size(size)});
    const auto copies = check_loop(sections, multiplex(sections, true));
    // Eight packets and more can be divided.
    CHECK((copies.at(100) == 1) == (size >= 183 + 6 * 184 + 2));
}

TEST_CASE("the last sections get packets of their own, then the last packets are divided",
          "[transport]") {
    // 140 sections of 37 bytes, about five in each of 29 packets; three more are wanted.
    const std::vector<Bytes> sections(140, section_of_size(37));
    const auto plain = multiplex(of_one(sections), false).packets;
    REQUIRE(plain.size() == 29);
    const auto loop = multiplex(of_one(sections), true).packets;
    REQUIRE(loop.size() == 32);
    CHECK(std::equal(loop.begin(), loop.begin() + 27, plain.begin()));
    for (std::size_t i = 29; i < 32; ++i) {
        CHECK((loop[i][1] & 0x40) != 0);
        CHECK(loop[i][4] == 0);
        CHECK((loop[i][3] & 0x30) == 0x10);
    }

    // One section in 23 packets: its last nine are divided.
    const Bytes large = section_of_size(4096);
    const auto divided = multiplex(of_one({large}), true).packets;
    REQUIRE(divided.size() == 32);
    for (std::size_t i = 0; i < 32; ++i) {
        CHECK((divided[i][3] & 0x30) == (i < 14 ? 0x10 : 0x30));
    }
    CHECK(divided[14][4] == 183 - 92);
    CHECK(divided[15][4] == 183 - 92);
    // The last packet has 49 of its bytes: 25 and 24.
    CHECK(divided[30][4] == 183 - 25);
    CHECK(divided[31][4] == 183 - 24);
}

TEST_CASE("nothing is done to a PID that has a multiple of 16 packets", "[transport]") {
    const std::vector<Bytes> sections(16, section_of_size(183));
    CHECK(multiplex(of_one(sections), true).packets == multiplex(of_one(sections), false).packets);
    CHECK(multiplex({}, true).packets.empty());
}

TEST_CASE("without a loop sections of one PID are packed as a Packetizer does it", "[transport]") {
    const std::vector<Bytes> sections{section_of_size(50), section_of_size(300),
                                      section_of_size(20)};
    Packets packets;
    Packetizer packetizer(100, 3, packets);
    for (const Bytes& section : sections) {
        packetizer.add(section);
    }
    packetizer.finish();
    CHECK(multiplex(of_one(sections), false, 3).packets == packets.packets);
}

TEST_CASE("sections of several PIDs keep their order", "[transport]") {
    const Sections sections{{1, section_of_size(20)},
                            {1, section_of_size(21)},
                            {2, section_of_size(300)},
                            {1, section_of_size(22)}};
    const auto packets = multiplex(sections, false).packets;
    std::vector<std::pair<std::uint16_t, unsigned>> order;
    for (const Bytes& packet : packets) {
        order.emplace_back(pid_of(packet), packet[3] & 0x0F);
    }
    CHECK(order == std::vector<std::pair<std::uint16_t, unsigned>>{{1, 0}, {2, 0}, {2, 1}, {1, 1}});
    CHECK(read(packets, 1).sections ==
          std::vector<Bytes>{section_of_size(20), section_of_size(21), section_of_size(22)});
}

TEST_CASE("what waits for a loop's end is bounded", "[transport]") {
    CHECK(multiplex(of_one(std::vector<Bytes>(10'000, section_of_size(50))), true).longest_queue <=
          32);
}

TEST_CASE("what cannot be carried is refused when it comes", "[transport]") {
    Packets packets;
    Store store(10);
    Multiplexer multiplexer(0, true, packets, store);
    CHECK_THROWS_AS(multiplexer.add(1, Bytes{0x92, 0x30, 0x05}), Error);
}

TEST_CASE("random sections of random PIDs are loops", "[transport]") {
    INFO("seed " << seed());
    Randomness random(seed());
    for (int i = 0; i < 2000; ++i) {
        const std::uint64_t pids = random.one_in(2) ? 1 : random.between(1, 5);
        const std::size_t largest = random.one_in(3) ? 30 : random.one_in(2) ? 400 : 4096;
        Sections sections;
        const auto count = static_cast<std::size_t>(random.one_in(3) ? random.between(1, 4)
                                                                     : random.between(1, 120));
        std::uint16_t pid = 7;
        for (std::size_t n = 0; n < count; ++n) {
            if (random.one_in(3)) {
                pid = static_cast<std::uint16_t>(random.below(pids) * 977);
            }
            const auto size = static_cast<std::size_t>(
                random.one_in(8) ? 183 + random.below(3)
                                 : random.between(3, static_cast<std::int64_t>(largest)));
            sections.emplace_back(
                pid, section_of_size(size, static_cast<std::uint8_t>(n), random.one_in(2)));
        }
        INFO("case " << i);
        const Result result = multiplex(sections, true, static_cast<unsigned>(random.below(16)),
                                        random.one_in(2) ? 100'000 : random.below(60));
        check_loop(sections, result);
        // The order of the rows: packets in which sections begin, without what was repeated.
        if (result.repeated == 0) {
            std::vector<std::uint16_t> expected;
            std::vector<std::uint16_t> found;
            for (const auto& [number, section] : sections) {
                if (expected.empty() || expected.back() != number) {
                    expected.push_back(number);
                }
            }
            for (const Bytes& packet : result.packets) {
                if (found.empty() || found.back() != pid_of(packet)) {
                    found.push_back(pid_of(packet));
                }
            }
            REQUIRE(found == expected);
        }
    }
}

}  // namespace onetrip::transport::test
