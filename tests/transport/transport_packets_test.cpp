#include "transport/transport_packets.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "base/randomness.hpp"
#include "jsonb/bytes.hpp"

namespace onetrip::transport::test {

namespace {

using jsonb::test::Bytes;
using jsonb::test::from_hex;
using jsonb::test::OddCopy;
using jsonb::test::to_hex;

constexpr std::uint16_t pid = 0x0123;

// Sections and packets, made plainly
// ---------------------------------------------------------------

/// A section of `size` bytes in all; `fill` are those after section_length.
Bytes section_of(std::size_t size, bool section_syntax_indicator = false,
                 std::uint8_t fill = 0xA5) {
    Bytes section(size, fill);
    section[0] = 0x92;
    section[1] =
        static_cast<std::uint8_t>((section_syntax_indicator ? 0xB0 : 0x30) | (size - 3) >> 8);
    section[2] = static_cast<std::uint8_t>(size - 3);
    return section;
}

Bytes random_section(Randomness& random) {
    const std::size_t size = random.one_in(3)   ? random.between(3, 20)
                             : random.one_in(2) ? random.between(3, 400)
                             : random.one_in(2) ? random.between(170, 190)
                                                : random.between(3, 4096);
    Bytes section = section_of(size, random.one_in(2));
    section[0] = static_cast<std::uint8_t>(random.below(0xFF));
    for (std::size_t i = 3; i < size; ++i) {
        // Often what looks like stuffing or the begin of a packet.
        section[i] = random.one_in(4)   ? 0xFF
                     : random.one_in(8) ? 0x47
                                        : static_cast<std::uint8_t>(random.bits(8));
    }
    return section;
}

std::vector<Bytes> random_sections(Randomness& random, std::size_t most) {
    std::vector<Bytes> sections(random.between(1, static_cast<std::int64_t>(most)));
    for (Bytes& section : sections) {
        section = random_section(random);
    }
    return sections;
}

Bytes concatenated(const std::vector<Bytes>& pieces) {
    Bytes all;
    for (const Bytes& piece : pieces) {
        all.insert(all.end(), piece.begin(), piece.end());
    }
    return all;
}

/// A packet and which sections begin and end in it, by their index.
struct ModelPacket {
    Bytes bytes;
    std::vector<std::size_t> begins;
    std::vector<std::size_t> ends;
};

/// The slow, obvious packetizer. It looks ahead: at the begin of each packet it knows all sections.
/// With randomness it uses what freedom a multiplexer has besides: adaptation fields of any length,
/// sections that begin with any number of bytes, or not before the next packet.
class ModelMultiplexer {
  public:
    ModelMultiplexer(const std::vector<Bytes>& sections, unsigned counter, Randomness* random)
        : sections_(sections), counter_(counter), random_(random) {}

    std::vector<ModelPacket> packets() {
        while (!tail_.empty() || next_ < sections_.size()) {
            packets_.emplace_back();
            const std::size_t room = add_header();
            if (tail_.size() < room && fits(room - 1 - tail_.size())) {
                add_sections(room);
            } else {
                add_tail(room);
            }
            packets_.back().bytes.resize(packet_size, 0xFF);
        }
        return packets_;
    }

  private:
    /// The room after it.
    std::size_t add_header() {
        const bool has_adaptation_field = random_ != nullptr && random_->one_in(4);
        const bool is_long = has_adaptation_field && random_->one_in(2);
        const std::size_t length =
            !has_adaptation_field ? 0 : random_->between(0, is_long ? 180 : 7);
        Bytes& bytes = packets_.back().bytes;
        bytes = {0x47, pid >> 8, pid & 0xFF,
                 static_cast<std::uint8_t>((has_adaptation_field ? 0x30 : 0x10) | counter_)};
        counter_ = (counter_ + 1) % 16;
        if (!has_adaptation_field) {
            return 184;
        }
        bytes.push_back(static_cast<std::uint8_t>(length));
        bytes.resize(bytes.size() + length, 0xFF);
        if (length > 0) {
            bytes[5] = 0x40;  // random_access_indicator: nothing to us
        }
        return 183 - length;
    }

    bool fits(std::size_t room) {
        if (next_ == sections_.size()) {
            return false;
        }
        const Bytes& section = sections_[next_];
        const std::size_t least = std::min<std::size_t>(section.size(), section[1] >= 0x80 ? 8 : 3);
        if (random_ != nullptr && random_->one_in(4)) {
            return room > 0 && !random_->one_in(3);
        }
        return room >= least;
    }

    void add_tail(std::size_t room) {
        const std::size_t taken = std::min(room, tail_.size());
        Bytes& bytes = packets_.back().bytes;
        bytes.insert(bytes.end(), tail_.begin(), tail_.begin() + taken);
        tail_.erase(tail_.begin(), tail_.begin() + taken);
        if (tail_.empty() && taken > 0) {
            packets_.back().ends.push_back(next_ - 1);
        }
    }

    void add_sections(std::size_t room) {
        ModelPacket& packet = packets_.back();
        packet.bytes[1] |= 0x40;
        packet.bytes.push_back(static_cast<std::uint8_t>(tail_.size()));
        --room;
        room -= tail_.size();
        add_tail(tail_.size());
        do {
            packet.begins.push_back(next_);
            tail_ = sections_[next_++];
            const std::size_t taken = std::min(room, tail_.size());
            add_tail(room);
            room -= taken;
        } while (tail_.empty() && fits(room));
    }

    const std::vector<Bytes>& sections_;
    unsigned counter_;
    Randomness* random_;
    std::size_t next_ = 0;
    Bytes tail_;
    std::vector<ModelPacket> packets_;
};

// What is tested
// -----------------------------------------------------------------------------------

class Collector final : public PacketSink, public SectionReceiver {
  public:
    void put_packet(std::span<const std::uint8_t, packet_size> packet) override {
        packets.emplace_back(packet.begin(), packet.end());
    }
    void take_section(std::span<const std::uint8_t> section) override {
        sections.emplace_back(section.begin(), section.end());
    }
    void report(std::uint64_t packet_number, const std::string& problem,
                const std::string& detail) override {
        reports.push_back(std::to_string(packet_number) + ": " + problem +
                          (detail.empty() ? "" : ". " + detail));
    }
    void report_spacing(const PacketSpacing& spacing) override {
        spacings.push_back({spacing.stride, spacing.before});
    }
    void check_interrupts() override { ++interrupt_checks; }

    std::vector<Bytes> packets;
    std::vector<Bytes> sections;
    std::vector<std::string> reports;
    std::vector<std::pair<std::size_t, std::size_t>> spacings;
    std::size_t interrupt_checks = 0;
};

std::vector<Bytes> packetize(const std::vector<Bytes>& sections, unsigned counter = 0) {
    Collector collector;
    Packetizer packetizer(pid, counter, collector);
    for (const Bytes& section : sections) {
        packetizer.add(OddCopy(section).span());
    }
    packetizer.finish();
    return collector.packets;
}

Collector depacketize(const Bytes& bytes) {
    const OddCopy copy(bytes);
    Collector collector;
    PacketFinder finder(copy.span(), collector);
    Depacketizer depacketizer(pid, collector);
    while (const auto packet = finder.next()) {
        depacketizer.add(*packet);
    }
    depacketizer.finish();
    return collector;
}

Collector depacketize(const std::vector<Bytes>& packets) {
    return depacketize(concatenated(packets));
}

using Reports = std::vector<std::string>;

bool section_begins(const Bytes& packet) {
    return (packet[1] & 0x40) != 0;
}

std::size_t stuffing_of(const Bytes& packet) {
    return static_cast<std::size_t>(
        std::find_if(packet.rbegin(), packet.rend(), [](auto byte) { return byte != 0xFF; }) -
        packet.rbegin());
}

/// Two sections, the first of which leaves a tail of `tail` bytes in the second packet.
std::vector<Bytes> with_tail(std::size_t tail, const Bytes& second) {
    return packetize({section_of(183 + tail), second});
}

}  // namespace

// ts_packets
// ---------------------------------------------------------------------------------------

TEST_CASE("a short section in one packet", "[transport]") {
    const auto packets = packetize({from_hex("923003010203")}, 7);
    REQUIRE(packets.size() == 1);
    CHECK(to_hex(packets[0]) ==
          "47412317"
          "00"
          "923003010203" +
              std::string(177 * 2, 'f'));
}

TEST_CASE("sections that fill packets to the last byte leave no stuffing", "[transport]") {
    CHECK(packetize({section_of(183)}).size() == 1);
    CHECK(packetize({section_of(184)}).size() == 2);
    const auto packets = packetize({section_of(183 + 184), section_of(183)});
    REQUIRE(packets.size() == 3);
    CHECK(section_begins(packets[0]));
    CHECK_FALSE(section_begins(packets[1]));
    CHECK(section_begins(packets[2]));
    CHECK(packets[2][4] == 0);
    for (const Bytes& packet : packets) {
        CHECK(stuffing_of(packet) == 0);
    }
}

TEST_CASE("a section begins after the last one where enough of it fits", "[transport]") {
    // The pointer_field takes a byte of the packet too: 183 are left to tail and section.
    struct Case {
        std::size_t tail;
        bool section_syntax_indicator;
        std::size_t size;
        bool same_packet;
    };
    const auto [tail, section_syntax_indicator, size, same_packet] = GENERATE(
        values<Case>({{1, false, 100, true},
                      {179, false, 100, true},
                      {180, false, 100, true},
                      {181, false, 100, false},
                      {182, false, 100, false},
                      {183, false, 100, false},
                      {180, false, 3, true},
                      {181, false, 3, false},
                      {174, true, 100, true},
                      {175, true, 100, true},
                      {176, true, 100, false},
                      {180, true, 100, false},
                      // A section shorter than the header that section_syntax_indicator promises.
                      {180, true, 3, true},
                      {178, true, 5, true},
                      {179, true, 5, false}}));
    CAPTURE(tail, section_syntax_indicator, size);
    const auto packets = with_tail(tail, section_of(size, section_syntax_indicator));
    REQUIRE(packets.size() >= 2);
    CHECK(section_begins(packets[1]) == same_packet);
    if (same_packet) {
        CHECK(packets[1][4] == tail);
        CHECK(packets[1][5 + tail] == 0x92);
    } else {
        CHECK(stuffing_of(packets[1]) == 184 - tail);
        CHECK(packets[1][4] == 0xA5);
        CHECK(section_begins(packets.at(2)));
        CHECK(packets.at(2)[4] == 0);
        CHECK(packets.at(2)[5] == 0x92);
    }
}

TEST_CASE("a second section costs a packet no second pointer_field", "[transport]") {
    CHECK(packetize({section_of(180), section_of(3)}).size() == 1);
    CHECK(packetize({section_of(181), section_of(3)}).size() == 2);
    CHECK(packetize({section_of(175), section_of(8, true)}).size() == 1);
    CHECK(packetize({section_of(176), section_of(8, true)}).size() == 2);
    CHECK(packetize(std::vector<Bytes>(61, section_of(3))).size() == 1);
    CHECK(packetize(std::vector<Bytes>(62, section_of(3))).size() == 2);
}

TEST_CASE("the continuity_counter goes round", "[transport]") {
    const auto packets = packetize({section_of(4096)}, 14);
    REQUIRE(packets.size() == 23);
    for (std::size_t i = 0; i < packets.size(); ++i) {
        CHECK(packets[i][3] == (0x10 | (14 + i) % 16));
    }
}

TEST_CASE("no section, no packet; after finish a section begins a packet", "[transport]") {
    Collector collector;
    Packetizer packetizer(pid, 15, collector);
    packetizer.finish();
    CHECK(collector.packets.empty());
    packetizer.add(section_of(10));
    CHECK(collector.packets.empty());
    packetizer.finish();
    packetizer.finish();
    packetizer.add(section_of(10));
    packetizer.finish();
    REQUIRE(collector.packets.size() == 2);
    CHECK(collector.packets[0][3] == 0x1F);
    CHECK(collector.packets[1][3] == 0x10);
    CHECK(collector.packets[1][4] == 0);
}

TEST_CASE("what is no section is refused", "[transport]") {
    const auto detail = [](const Bytes& bytes, std::size_t offset) -> std::string {
        try {
            section_at(bytes, offset);
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::invalid_value);
            CHECK(error.message() == "invalid section at byte offset " + std::to_string(offset));
            return error.detail();
        }
        return {};
    };
    CHECK(detail(from_hex("923001aa923002bb"), 0).empty());
    CHECK(section_at(from_hex("923001aa923000"), 4).size() == 3);
    CHECK(detail(from_hex("923001aa923002bb"), 4) ==
          "It has 5 bytes by its section_length, but is cut off after 4.");
    CHECK(detail(from_hex("923001aa92"), 4) == "It is cut off after 1 byte.");
    CHECK(detail(from_hex("ff3000"), 0) ==
          "Its table_id is 0xFF, which says in a transport packet that no section follows.");
    CHECK(detail(section_of(4096), 0).empty());
    CHECK(detail(section_of(4097), 0) == "Its section_length is 4094, more than 4093.");
    CHECK(detail(section_of(4098), 0) == "Its section_length is 4095, more than 4093.");

    Collector collector;
    Packetizer packetizer(pid, 0, collector);
    CHECK_THROWS_AS(packetizer.add(from_hex("923001")), Error);
    CHECK_THROWS_AS(packetizer.add(from_hex("923001aabb")), Error);
    CHECK_THROWS_AS(packetizer.add(Bytes{}), Error);
    CHECK_THROWS_AS(packetizer.add(section_of(4097)), Error);
    packetizer.finish();
    CHECK(collector.packets.empty());
}

TEST_CASE("random sections are packetized as the model does", "[transport]") {
    INFO("seed " << seed());
    Randomness random(seed());
    for (int i = 0; i < 3000; ++i) {
        const auto sections = random_sections(random, 30);
        const auto counter = static_cast<unsigned>(random.below(16));
        std::vector<Bytes> expected;
        for (const ModelPacket& packet : ModelMultiplexer(sections, counter, nullptr).packets()) {
            expected.push_back(packet.bytes);
        }
        const auto packets = packetize(sections, counter);
        INFO("case " << i);
        REQUIRE(to_hex(concatenated(packets)) == to_hex(concatenated(expected)));
        const Collector back = depacketize(packets);
        REQUIRE(back.sections == sections);
        REQUIRE(back.reports == Reports{});
    }
}

// ts_sections
// --------------------------------------------------------------------------------------

namespace {

/// Four sections over five packets: the second and the third go on in the next packets, the last
/// ends in the last.
const std::vector<Bytes> four{section_of(50, false, 0x01), section_of(300, false, 0x02),
                              section_of(400, true, 0x03), section_of(20, false, 0x04)};

std::vector<Bytes> four_without(std::vector<std::size_t> kept) {
    std::vector<Bytes> sections;
    for (const std::size_t index : kept) {
        sections.push_back(four[index]);
    }
    return sections;
}

/// Whether `all` hold these, in this order.
bool is_among(const std::vector<Bytes>& some, const std::vector<Bytes>& all) {
    auto at = all.begin();
    for (const Bytes& section : some) {
        at = std::find(at, all.end(), section);
        if (at == all.end()) {
            return false;
        }
        ++at;
    }
    return true;
}

/// A packet without a payload (adaptation_field_control 10).
Bytes adaptation_only(unsigned counter, bool discontinuity_indicator) {
    Bytes packet(packet_size, 0xFF);
    packet[0] = 0x47;
    packet[1] = pid >> 8;
    packet[2] = pid & 0xFF;
    packet[3] = static_cast<std::uint8_t>(0x20 | counter);
    packet[4] = 183;
    packet[5] = discontinuity_indicator ? 0x80 : 0x00;
    return packet;
}

Bytes null_packet() {
    Bytes packet(packet_size, 0xFF);
    packet[0] = 0x47;
    packet[1] = 0x1F;
    packet[3] = 0x10;
    return packet;
}

void put_at(std::vector<Bytes>& packets, std::size_t at, const Bytes& packet) {
    packets.insert(packets.begin() + static_cast<std::ptrdiff_t>(at), packet);
}

void drop(std::vector<Bytes>& packets, std::size_t at) {
    packets.erase(packets.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

TEST_CASE("a lost packet loses the sections that it carried", "[transport]") {
    auto packets = packetize(four);
    REQUIRE(packets.size() == 5);
    const auto [lost, kept, reports] = GENERATE(table<std::size_t, std::vector<std::size_t>,
                                                      Reports>(
        {{0, {2, 3}, {"1: begins within a section. That section is lost."}},
         {1,
          {0, 3},
          {"2: continuity_counter is 2 instead of 1. The section that begins in packet 1 is "
           "lost."}},
         {2,
          {0, 1, 3},
          {"3: continuity_counter is 3 instead of 2. The section that begins in packet 2 is "
           "lost."}},
         {3,
          {0, 1, 3},
          {"4: continuity_counter is 4 instead of 3. The section that begins in packet 2 is "
           "lost."}},
         {4,
          {0, 1},
          {"4: the packets end within a section. The section that begins in packet 2 is lost."}}}));
    CAPTURE(lost);
    drop(packets, lost);
    const Collector back = depacketize(packets);
    CHECK(back.sections == four_without(kept));
    CHECK(back.reports == reports);
}

TEST_CASE("packets that begin within a section", "[transport]") {
    auto packets = packetize({section_of(600), section_of(20)});
    REQUIRE(packets.size() == 4);
    drop(packets, 0);
    const Collector back = depacketize(packets);
    CHECK(back.sections == std::vector<Bytes>{section_of(20)});
    CHECK(back.reports == Reports{"1: begins within a section. That section is lost."});
}

TEST_CASE("a packet may be sent twice", "[transport]") {
    auto packets = packetize(four);
    const std::size_t twice = GENERATE(range(0, 5));
    CAPTURE(twice);
    put_at(packets, twice, packets[twice]);
    CHECK(depacketize(packets).sections == four);
    CHECK(depacketize(packets).reports == Reports{});

    put_at(packets, twice, packets[twice]);
    CHECK(depacketize(packets).sections == four);
    CHECK(depacketize(packets).reports ==
          Reports{std::to_string(twice + 3) +
                  ": is the same as the two before it. The packet is "
                  "skipped; it may be sent twice, but not more often."});
}

TEST_CASE("every packet may be sent twice", "[transport]") {
    std::vector<Bytes> packets;
    for (const Bytes& packet : packetize(four)) {
        packets.push_back(packet);
        packets.push_back(packet);
    }
    CHECK(depacketize(packets).sections == four);
    CHECK(depacketize(packets).reports == Reports{});
}

TEST_CASE("the same payload under another header is no repetition", "[transport]") {
    auto packets = packetize({section_of(183), section_of(183 + 184), section_of(20)});
    put_at(packets, 2, packets[2]);
    packets[3][1] ^= 0x40;
    const Collector back = depacketize(packets);
    CHECK(back.reports.at(0).starts_with("4: continuity_counter is 2 instead of 3"));
}

TEST_CASE("a packet sent again may have another PCR", "[transport]") {
    Bytes packet = packetize({section_of(20)})[0];
    packet[3] = 0x30;
    Bytes with_pcr(packet.begin(), packet.begin() + 4);
    for (const std::uint8_t byte : from_hex("0710112233445566")) {
        with_pcr.push_back(byte);
    }
    with_pcr.insert(with_pcr.end(), packet.begin() + 4, packet.end() - 8);
    Bytes again = with_pcr;
    again[8] ^= 0xFF;
    CHECK(depacketize(std::vector<Bytes>{with_pcr, again}).sections ==
          std::vector<Bytes>{section_of(20)});
    CHECK(depacketize(std::vector<Bytes>{with_pcr, again}).reports == Reports{});
}

TEST_CASE("the same continuity_counter with another content is no repetition", "[transport]") {
    auto packets = packetize(four);
    packets[2][3] = packets[1][3];
    const Collector back = depacketize(packets);
    CHECK(back.sections == four_without({0, 1, 3}));
    CHECK(
        back.reports ==
        Reports{
            "3: continuity_counter is 1 instead of 2. The section that begins in packet 2 is lost.",
            "4: continuity_counter is 3 instead of 2"});
}

TEST_CASE("packets in the wrong order lose what they carried a part of", "[transport]") {
    auto packets = packetize(four);
    std::swap(packets[3], packets[4]);
    const Collector back = depacketize(packets);
    CHECK(back.sections == four_without({0, 1, 3}));
    CHECK(
        back.reports ==
        Reports{
            "4: continuity_counter is 4 instead of 3. The section that begins in packet 2 is lost.",
            "5: continuity_counter is 3 instead of 5"});
}

TEST_CASE("other packets in between mean nothing", "[transport]") {
    auto packets = packetize(four);
    Bytes foreign = packets[1];
    foreign[2] ^= 1;
    const Bytes other = GENERATE_REF(values<Bytes>(
        {null_packet(), foreign, adaptation_only(9, false), adaptation_only(1, false)}));
    for (std::size_t at = 0; at <= packets.size(); at += 2) {
        put_at(packets, at, other);
    }
    const Collector back = depacketize(packets);
    CHECK(back.sections == four);
    CHECK(back.reports == Reports{});
}

TEST_CASE("discontinuity_indicator announces another continuity_counter", "[transport]") {
    auto packets = packetize(four);
    SECTION("in a packet without payload, between sections") {
        auto more = packetize(four, 11);
        packets.push_back(adaptation_only(10, true));
        packets.insert(packets.end(), more.begin(), more.end());
        const Collector back = depacketize(packets);
        CHECK(back.sections.size() == 8);
        CHECK(back.reports == Reports{});
    }
    SECTION("in a packet without payload, within a section") {
        put_at(packets, 2, adaptation_only(7, true));
        for (std::size_t i = 3; i < packets.size(); ++i) {
            packets[i][3] = static_cast<std::uint8_t>(0x10 | (5 + i));
        }
        const Collector back = depacketize(packets);
        CHECK(back.sections == four_without({0, 1, 3}));
        CHECK(
            back.reports ==
            Reports{
                "3: discontinuity_indicator is set. The section that begins in packet 2 is lost."});
    }
    SECTION("though it stays as it was") {
        put_at(packets, 2, adaptation_only(1, true));
        const Collector back = depacketize(packets);
        CHECK(back.sections == four);
        CHECK(back.reports == Reports{});
    }
    SECTION("after which another section goes on") {
        auto others = packetize({section_of(183 + 184 + 20), section_of(30)}, 6);
        others[0] = adaptation_only(6, true);
        packets.insert(packets.end(), others.begin(), others.end());
        const Collector back = depacketize(packets);
        CHECK(back.sections.size() == 5);
        CHECK(back.reports == Reports{});
    }
    SECTION("not in an adaptation_field without flags") {
        const auto sections = {section_of(183 + 150), section_of(20)};
        packets = packetize(sections);
        packets[1].insert(packets[1].begin() + 4, 0);  // adaptation_field_length
        packets[1].pop_back();
        packets[1][3] = 0x31;
        CHECK(packets[1][5] >= 0x80);
        CHECK(depacketize(packets).sections == std::vector<Bytes>(sections));
        packets[1][3] = 0x33;
        CHECK(depacketize(packets).reports ==
              Reports{"2: continuity_counter is 3 instead of 1. The section that begins in packet "
                      "1 is lost."});
    }
    SECTION("in a packet with a payload, even where it repeats the counter") {
        const unsigned counter = GENERATE(4, 9);
        Bytes last(packet_size, 0xFF);
        const Bytes header{0x47, 0x41, 0x23, static_cast<std::uint8_t>(0x30 | counter), 1, 0x80, 0};
        std::copy(header.begin(), header.end(), last.begin());
        std::copy(four[3].begin(), four[3].end(), last.begin() + 7);
        packets.push_back(last);
        Collector back = depacketize(packets);
        CHECK(back.sections.size() == 5);
        CHECK(back.reports == Reports{});

        drop(packets, 4);  // the third section is then not complete
        back = depacketize(packets);
        CHECK(back.sections == four_without({0, 1, 3}));
        CHECK(back.reports == (counter == 4
                                   ? Reports{"5: a section begins before the last one ends. The "
                                             "section that begins in packet 2 is lost."}
                                   : Reports{"5: discontinuity_indicator is set. The section that "
                                             "begins in packet 2 is lost."}));
    }
}

TEST_CASE("packets that cannot be read lose what they carried", "[transport]") {
    auto packets = packetize(four);
    SECTION("transport_error_indicator") {
        packets[2][1] |= 0x80;
        const Collector back = depacketize(packets);
        CHECK(back.sections == four_without({0, 1, 3}));
        CHECK(back.reports == Reports{"3: transport_error_indicator is set. The packet is skipped.",
                                      "4: continuity_counter is 3 instead of 2. The section that "
                                      "begins in packet 2 is lost."});
    }
    SECTION("transport_error_indicator, and the packet again without") {
        Bytes damaged = packets[2];
        damaged[1] |= 0x80;
        damaged[50] ^= 0x10;
        put_at(packets, 2, damaged);
        CHECK(depacketize(packets).sections == four);
    }
    SECTION("scrambled") {
        packets[2][3] |= 0x80;
        const Collector back = depacketize(packets);
        CHECK(back.sections == four_without({0, 1, 3}));
        CHECK(back.reports ==
              Reports{"3: payload is scrambled. The section that begins in packet 2 is lost."});
    }
    SECTION("with an adaptation_field_control that is reserved") {
        packets[2][3] &= 0xCF;
        const Collector back = depacketize(packets);
        CHECK(back.sections == four_without({0, 1, 3}));
        CHECK(back.reports.at(0) ==
              "3: adaptation_field_control is 0, which is reserved. The packet is skipped.");
        // Its continuity_counter does not count.
        packets = packetize(four);
        Bytes reserved = packets[1];
        reserved[3] = 0x05;
        put_at(packets, 1, reserved);
        CHECK(depacketize(packets).sections == four);
        CHECK(depacketize(packets).reports.size() == 1);
    }
    SECTION("an adaptation_field as long as the packet, or longer") {
        packets[2][3] |= 0x20;
        packets[2][4] = GENERATE(as<std::uint8_t>(), 183, 184, 255);
        packets[2][5] = 0;
        const Collector back = depacketize(packets);
        CHECK(back.sections == four_without({0, 1, 3}));
        CHECK(back.reports == Reports{"3: adaptation_field leaves no room for a payload. The "
                                      "section that begins in packet 2 is lost."});
    }
}

TEST_CASE("a section_length that cannot be true", "[transport]") {
    auto packets = packetize(four);
    packets[0][6] |= 0x0F;  // of the first section
    packets[0][7] = 0xFE;
    const Collector back = depacketize(packets);
    CHECK(back.sections == four_without({2, 3}));
    CHECK(back.reports == Reports{"1: section_length is 4094, more than 4093. The section that "
                                  "begins in packet 1 is lost."});
}

TEST_CASE("a pointer_field that cannot be true", "[transport]") {
    auto packets = packetize(four);
    REQUIRE(packets[1][4] == 167);
    SECTION("beyond the packet's end") {
        packets[1][4] = GENERATE(as<std::uint8_t>(), 183, 255);
        const Collector back = depacketize(packets);
        CHECK(back.sections == four_without({0, 1, 3}));
        CHECK(back.reports == Reports{"2: pointer_field is " + std::to_string(packets[1][4]) +
                                      ", beyond the packet's end"});
    }
    SECTION("within a section") {
        packets[1][4] = 100;
        const Collector back = depacketize(packets);
        CHECK(back.sections.front() == four[0]);
        CHECK(back.sections.back() == four[3]);
        CHECK(back.reports.at(0) ==
              "2: a section begins before the last one ends. The section that begins in packet 1 "
              "is lost.");
    }
    SECTION("after the end of the last one") {
        packets[1][4] = 182;
        const Collector back = depacketize(packets);
        CHECK(is_among({four[1]}, back.sections));
        CHECK(back.reports.at(0) ==
              "2: pointer_field points 15 bytes after the end of the last section");
    }
}

TEST_CASE("bytes that belong to no section are reported", "[transport]") {
    SECTION("after stuffing") {
        auto packets = packetize({section_of(20)});
        packets[0][100] = 0x92;
        CHECK(depacketize(packets).sections.size() == 1);
        CHECK(depacketize(packets).reports ==
              Reports{"1: other bytes than 0xFF follow 0xFF after a section"});
    }
    SECTION("after a section, in a packet in which none begins") {
        auto packets = packetize({section_of(200)});
        packets[1][100] = 0x92;
        CHECK(depacketize(packets).sections.size() == 1);
        CHECK(depacketize(packets).reports == Reports{"2: payload_unit_start_indicator is 0, but "
                                                      "other bytes than 0xFF follow a section"});
    }
    SECTION("in packets of which the first should say that a section begins") {
        auto packets = packetize({section_of(183), section_of(500), section_of(20)});
        packets[1][1] &= 0xBF;
        CHECK(depacketize(packets).sections == std::vector<Bytes>{section_of(183), section_of(20)});
        CHECK(depacketize(packets).reports == Reports{"2: payload_unit_start_indicator is 0, but "
                                                      "other bytes than 0xFF follow a section"});
    }
    SECTION("a packet of stuffing alone") {
        auto packets = packetize({section_of(183), section_of(183), section_of(20)});
        packets[1] = packetize({section_of(200)}, 0)[1];
        std::fill(packets[1].begin() + 4, packets[1].end(), 0xFF);
        CHECK(depacketize(packets).sections == std::vector<Bytes>{section_of(183), section_of(20)});
        CHECK(depacketize(packets).reports == Reports{});
    }
}

TEST_CASE("a header of a section may be spread over packets", "[transport]") {
    auto packets = packetize({section_of(182), section_of(400)});
    REQUIRE(packets.size() == 4);
    // The first byte of the second section moves into the first packet.
    Bytes all;
    for (const Bytes& section : {section_of(182), section_of(400)}) {
        all.insert(all.end(), section.begin(), section.end());
    }
    std::vector<Bytes> spread(4, Bytes(packet_size, 0xFF));
    std::size_t taken = 0;
    for (unsigned i = 0; i < 4; ++i) {
        const Bytes header{0x47, static_cast<std::uint8_t>(i == 0 ? 0x41 : 0x01), 0x23,
                           static_cast<std::uint8_t>(0x10 + i), 0};
        std::copy(header.begin(), header.end(), spread[i].begin());
        const std::size_t begin = i == 0 ? 5 : 4;
        const std::size_t count = std::min(all.size() - taken, packet_size - begin);
        std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(taken), count,
                    spread[i].begin() + static_cast<std::ptrdiff_t>(begin));
        taken += count;
    }
    CHECK(depacketize(spread).sections == std::vector<Bytes>{section_of(182), section_of(400)});
    CHECK(depacketize(spread).reports == Reports{});
}

TEST_CASE("a wrong sync_byte loses its packet", "[transport]") {
    auto packets = packetize(four);
    const std::size_t wrong = GENERATE(range(0, 5));
    CAPTURE(wrong);
    packets[wrong][0] = 0x46;
    const Collector back = depacketize(packets);
    drop(packets, wrong);
    CHECK(back.sections == depacketize(packets).sections);
    CHECK(back.reports.at(0) == std::to_string(wrong + 1) +
                                    ": sync_byte is 0x46 instead of 0x47. The packet is skipped.");
}

TEST_CASE("packets after what is skipped keep their number", "[transport]") {
    auto packets = packetize(four);
    packets[1][0] = 0x46;
    packets[2][0] = 0x46;
    CHECK(depacketize(packets).reports ==
          Reports{"2: sync is lost. Skipped 376 bytes from byte offset 188 on.",
                  "4: continuity_counter is 3 instead of 1. The section that begins in packet 1 is "
                  "lost."});
}

TEST_CASE("packets between cut ones are found", "[transport]") {
    const Bytes bytes = concatenated(packetize(four));
    CHECK(depacketize(Bytes(bytes.begin() + 100, bytes.end() - 100)).reports ==
          Reports{"1: sync is lost. Skipped 88 bytes from byte offset 0 on.",
                  "1: begins within a section. That section is lost.",
                  "4: only 88 of 188 bytes are there. The packet is skipped.",
                  "3: the packets end within a section. The section that begins in packet 1 is "
                  "lost."});
}

TEST_CASE("bytes that are missing or too many lose what they hit", "[transport]") {
    std::vector<Bytes> sections;
    for (int i = 0; i < 40; ++i) {
        sections.push_back(section_of(150, false, static_cast<std::uint8_t>(i)));
    }
    Bytes bytes = concatenated(packetize(sections));
    const auto at = [&](std::size_t packet, std::size_t byte) {
        return bytes.begin() + static_cast<std::ptrdiff_t>(packet * packet_size + byte);
    };
    SECTION("missing within a packet") {
        bytes.erase(at(10, 60), at(10, 70));
        const Collector back = depacketize(bytes);
        CHECK(back.sections.size() >= 37);
        CHECK(back.reports.at(0) ==
              "11: sync is lost. Skipped 178 bytes from byte offset 1880 on.");
    }
    SECTION("too many between packets") {
        const Bytes junk(100, 0x00);
        bytes.insert(at(10, 0), junk.begin(), junk.end());
        const Collector back = depacketize(bytes);
        CHECK(back.sections == sections);
        CHECK(back.reports ==
              Reports{"11: sync is lost. Skipped 100 bytes from byte offset 1880 on."});
    }
    SECTION("missing at the begin") {
        bytes.erase(at(0, 0), at(0, 100));
        const Collector back = depacketize(bytes);
        CHECK(back.sections.size() == 38);
        CHECK(back.reports.at(0) == "1: sync is lost. Skipped 88 bytes from byte offset 0 on.");
    }
    SECTION("missing at the end") {
        bytes.resize(bytes.size() - 100);
        const Collector back = depacketize(bytes);
        CHECK(back.reports.at(0) == "33: only 88 of 188 bytes are there. The packet is skipped.");
        CHECK(back.sections.size() >= 38);
    }
}

TEST_CASE("what is no transport stream gives no sections", "[transport]") {
    CHECK(depacketize(Bytes{}).reports == Reports{});
    CHECK(depacketize(Bytes{0x47}).reports ==
          Reports{"1: only 1 of 188 bytes are there. The packet is skipped."});
    CHECK(depacketize(Bytes(1000, 0)).reports ==
          Reports{"1: sync is lost. Skipped 1000 bytes from byte offset 0 on."});
    CHECK(depacketize(Bytes(100'000, 0x47)).sections.empty());
    Bytes one_of_them(1000, 0);
    one_of_them[900] = 0x47;
    CHECK(depacketize(one_of_them).reports ==
          Reports{"1: sync is lost. Skipped 1000 bytes from byte offset 0 on."});
}

namespace {

using Spacings = std::vector<std::pair<std::size_t, std::size_t>>;

/// Packets as a recorder stores them: with a timecode before each, or a code after it.
Bytes recorded(const std::vector<Bytes>& packets, std::size_t stride, std::uint32_t time = 0) {
    Bytes all;
    for (const Bytes& packet : packets) {
        if (stride == 192) {
            for (int shift = 24; shift >= 0; shift -= 8) {
                all.push_back(static_cast<std::uint8_t>(time >> shift));
            }
            time += 2000;
        }
        all.insert(all.end(), packet.begin(), packet.end());
        if (stride == 204) {
            for (std::size_t i = 0; i < 16; ++i) {
                all.push_back(static_cast<std::uint8_t>(packet[i + 7] * 31 + i));
            }
        }
    }
    return all;
}

}  // namespace

TEST_CASE("recordings of 192 and 204 bytes a packet", "[transport]") {
    const auto [stride, before] = GENERATE(table<std::size_t, std::size_t>({{192, 4}, {204, 0}}));
    const std::size_t count = GENERATE(1, 2, 3, 4, 5, 6, 40);
    CAPTURE(stride, count);
    const auto packets = packetize({section_of(183 + 184 * (std::min<std::size_t>(count, 20) - 1)),
                                    section_of(183 + 184 * (count / 20))});
    const Bytes bytes = recorded(packets, stride);
    const Collector back = depacketize(bytes);
    CHECK(back.sections == depacketize(packets).sections);
    CHECK(back.reports == Reports{});
    CHECK(back.spacings == Spacings{{stride, before}});
    CHECK(depacketize(packets).spacings == Spacings{});
}

TEST_CASE("a recording whose timecodes look like sync_bytes", "[transport]") {
    std::vector<Bytes> sections(60, section_of(150));
    const auto packets = packetize(sections);
    // The first byte stays the same for half a second, the second one for a few packets.
    const std::uint32_t time = GENERATE(0x4712'3456u, 0x0047'0001u, 0x4747'0000u);
    Bytes bytes = recorded(packets, 192, time);
    CHECK(depacketize(bytes).sections == sections);
    CHECK(depacketize(bytes).reports == Reports{});
    const std::size_t cut = GENERATE(1, 5, 100, 188, 190);
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut));
    CHECK(depacketize(bytes).sections.size() >= 58);
    CHECK(depacketize(bytes).spacings == Spacings{{192, 4}});
}

TEST_CASE("damaged recordings lose what is hit", "[transport]") {
    const std::size_t stride = GENERATE(188, 192, 204);
    std::vector<Bytes> sections;
    for (int i = 0; i < 60; ++i) {
        sections.push_back(section_of(150, false, static_cast<std::uint8_t>(i)));
    }
    Bytes bytes = recorded(packetize(sections), stride);
    const std::size_t before = stride == 192 ? 4 : 0;
    const auto at = [&](std::size_t packet, std::size_t byte) {
        return bytes.begin() + static_cast<std::ptrdiff_t>(packet * stride + before + byte);
    };
    CAPTURE(stride);
    SECTION("a sync_byte") {
        *at(10, 0) = 0x46;
        const Collector back = depacketize(bytes);
        CHECK(back.sections.size() >= 57);
        CHECK(back.reports.at(0) ==
              "11: sync_byte is 0x46 instead of 0x47. The packet is skipped.");
    }
    SECTION("the first sync_byte") {
        *at(0, 0) = 0x46;
        const Collector back = depacketize(bytes);
        CHECK(back.sections.size() >= 57);
        CHECK(back.spacings.size() == (stride == 188 ? 0 : 1));
    }
    SECTION("bytes missing") {
        bytes.erase(at(10, 60), at(10, 70));
        const Collector back = depacketize(bytes);
        CHECK(back.sections.size() >= 57);
        CHECK(back.reports.at(0) == "11: sync is lost. Skipped " + std::to_string(stride - 10) +
                                        " bytes from byte offset " +
                                        std::to_string(10 * stride + before) + " on.");
    }
    SECTION("junk before it") {
        const Bytes junk(1000, 0x00);
        bytes.insert(bytes.begin(), junk.begin(), junk.end());
        const Collector back = depacketize(bytes);
        CHECK(back.sections == sections);
        CHECK(back.reports == Reports{"1: sync is lost. Skipped " + std::to_string(1000 + before) +
                                      " bytes from byte offset 0 on."});
    }
    SECTION("the end cut off") {
        bytes.erase(at(48, 100), bytes.end());
        const Collector back = depacketize(bytes);
        CHECK(back.sections.size() >= 57);
        CHECK(back.reports.at(0).ends_with(
            "only 100 of 188 bytes are there. The packet is skipped."));
    }
}

TEST_CASE("a pointer_field that skips stuffing loses no section", "[transport]") {
    Bytes packet = packetize({section_of(20)})[0];
    packet[4] = 30;
    std::fill(packet.begin() + 5, packet.end(), 0xFF);
    const Bytes section = section_of(20);
    std::copy(section.begin(), section.end(), packet.begin() + 35);
    SECTION("in the first packet") {
        CHECK(depacketize(packet).sections == std::vector<Bytes>{section});
        CHECK(depacketize(packet).reports == Reports{});
    }
    SECTION("after a whole section") {
        auto packets = packetize({section_of(40)});
        packet[3] = 0x11;
        packets.push_back(packet);
        CHECK(depacketize(packets).sections == std::vector<Bytes>{section_of(40), section});
        CHECK(depacketize(packets).reports == Reports{});
    }
    SECTION("after the end of a section") {
        auto packets = packetize({section_of(183 + 10)});
        std::copy_n(packets[1].begin() + 4, 10, packet.begin() + 5);
        packet[3] = 0x11;
        packets[1] = packet;
        CHECK(depacketize(packets).sections == std::vector<Bytes>{section_of(193), section});
        CHECK(depacketize(packets).reports == Reports{});
    }
    SECTION("but not what is no stuffing") {
        packet[20] = 0x00;
        CHECK(depacketize(packet).sections == std::vector<Bytes>{section});
        CHECK(depacketize(packet).reports ==
              Reports{"1: begins within a section. That section is lost."});
    }
}

TEST_CASE("interrupts are checked while no packet is found", "[transport]") {
    constexpr std::size_t size = 4'000'000;
    const std::uint8_t filling = GENERATE(as<std::uint8_t>(), 0x00, 0xFF);
    CHECK(depacketize(Bytes(size, filling)).interrupt_checks > 50);
    // Sync_bytes nearly everywhere, and five in a row nowhere.
    Bytes hostile(size, 0x47);
    for (std::size_t i = 0; i < size; i += 5) {
        hostile[i] = 0x00;
    }
    CHECK(depacketize(hostile).interrupt_checks > 50);
}

// Properties
// ---------------------------------------------------------------------------------------

namespace {

constexpr std::size_t none = ~std::size_t{0};

/// What a disturbed stream holds: packets of ours by their index, others as they are.
struct Event {
    std::size_t packet = none;
    Bytes bytes;
};

/// What is left of the sections, by where each packet came from, without looking at any byte.
std::vector<std::size_t> survivors(const std::vector<ModelPacket>& packets,
                                   const std::vector<Event>& events) {
    std::vector<std::size_t> sections;
    std::size_t last = none;
    std::size_t open = none;
    for (const Event& event : events) {
        if (event.packet == none || event.packet == last) {
            continue;
        }
        if (last != none && event.packet != last + 1) {
            open = none;
        }
        last = event.packet;
        const ModelPacket& packet = packets[event.packet];
        for (const std::size_t section : packet.ends) {
            if (section == open ||
                std::count(packet.begins.begin(), packet.begins.end(), section) > 0) {
                sections.push_back(section);
            }
        }
        if (!packet.begins.empty()) {
            open = packet.begins.back();
        }
    }
    return sections;
}

/// That 16 packets are missing is not to be seen by their continuity_counter; nor that 15 are,
/// where the next is the same as the last.
bool hides_a_loss(const std::vector<Event>& events) {
    std::size_t last = none;
    for (const Event& event : events) {
        if (event.packet == none) {
            continue;
        }
        const std::size_t step = (event.packet - last + 16) % 16;
        if (last != none && event.packet != last && event.packet != last + 1 && step <= 1) {
            return true;
        }
        last = event.packet;
    }
    return false;
}

bool has_packet(const std::vector<Event>& events, std::size_t packet) {
    return std::any_of(events.begin(), events.end(),
                       [&](const Event& event) { return event.packet == packet; });
}

Event other_packet(Randomness& random, const ModelPacket& packet) {
    Event event;
    switch (random.below(4)) {
        case 0:
            event.bytes = null_packet();
            break;
        case 1:
            event.bytes = adaptation_only(packet.bytes[3] & 0x0F, false);
            break;
        case 2:
            event.bytes = packet.bytes;
            event.bytes[1] ^= 0x10;
            break;
        default:
            event.bytes = packet.bytes;
            event.bytes[1] |= 0x80;  // transport_error_indicator
            break;
    }
    return event;
}

std::vector<Event> disturb(const std::vector<ModelPacket>& packets, Randomness& random) {
    std::vector<Event> events;
    const std::uint64_t rarely = 2 + random.below(60);
    for (std::size_t i = 0; i < packets.size(); ++i) {
        const std::size_t copies = random.one_in(rarely)   ? 0
                                   : random.one_in(rarely) ? 2
                                   : random.one_in(rarely) ? 3
                                                           : 1;
        for (std::size_t copy = 0; copy < copies; ++copy) {
            events.push_back({i, packets[i].bytes});
        }
        if (random.one_in(rarely)) {
            events.push_back(other_packet(random, packets[i]));
        }
    }
    for (std::size_t i = 0; i + 4 < events.size(); ++i) {
        if (random.one_in(rarely)) {
            std::swap(events[i], events[i + random.below(4)]);
        }
    }
    return events;
}

}  // namespace

TEST_CASE("of disturbed streams no more is lost than the model loses", "[transport]") {
    INFO("seed " << seed());
    Randomness random(seed());
    std::size_t checked = 0;
    std::size_t lost = 0;
    for (int i = 0; i < 6000; ++i) {
        const auto sections = random_sections(random, 40);
        const auto packets = ModelMultiplexer(sections, 5, &random).packets();
        const auto events = disturb(packets, random);
        if (hides_a_loss(events)) {
            continue;
        }
        std::vector<Bytes> expected;
        for (const std::size_t section : survivors(packets, events)) {
            expected.push_back(sections[section]);
        }
        Bytes bytes;
        for (const Event& event : events) {
            bytes.insert(bytes.end(), event.bytes.begin(), event.bytes.end());
        }
        const Collector back = depacketize(bytes);
        INFO("case " << i);
        REQUIRE(back.sections == expected);
        // What is missing before the first packet and after the last is not to be seen.
        if (has_packet(events, 0) && has_packet(events, packets.size() - 1)) {
            REQUIRE((expected.size() == sections.size() || !back.reports.empty()));
        }
        ++checked;
        lost += sections.size() - std::min(sections.size(), expected.size());
    }
    CHECK(checked > 4000);
    CHECK(lost > 1000);
}

TEST_CASE("streams with nothing wrong raise no report, however they are multiplexed",
          "[transport]") {
    INFO("seed " << seed());
    Randomness random(seed());
    for (int i = 0; i < 2000; ++i) {
        const auto sections = random_sections(random, 40);
        std::vector<Bytes> packets;
        for (const ModelPacket& packet : ModelMultiplexer(sections, 0, &random).packets()) {
            packets.push_back(packet.bytes);
        }
        const Collector back = depacketize(packets);
        INFO("case " << i);
        REQUIRE(back.sections == sections);
        REQUIRE(back.reports == Reports{});
    }
}

namespace {

/// The sections that have no byte in packets `from` to `to`.
std::vector<Bytes> sections_outside(const std::vector<Bytes>& sections,
                                    const std::vector<ModelPacket>& packets, std::size_t from,
                                    std::size_t to) {
    std::vector<std::size_t> first(sections.size());
    std::vector<std::size_t> last(sections.size());
    for (std::size_t i = 0; i < packets.size(); ++i) {
        for (const std::size_t section : packets[i].begins) {
            first[section] = i;
        }
        for (const std::size_t section : packets[i].ends) {
            last[section] = i;
        }
    }
    std::vector<Bytes> outside;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        if (last[i] < from || first[i] > to) {
            outside.push_back(sections[i]);
        }
    }
    return outside;
}

/// Whatever is given out is a section by its own section_length.
bool are_sections(const std::vector<Bytes>& sections) {
    return std::all_of(sections.begin(), sections.end(), [](const Bytes& section) {
        return section.size() >= 3 && section.size() <= 4096 && section[0] != 0xFF &&
               section.size() == 3u + ((section[1] & 0x0Fu) << 8 | section[2]);
    });
}

}  // namespace

TEST_CASE("a wrong bit loses nothing outside its packet", "[transport]") {
    INFO("seed " << seed());
    Randomness random(seed());
    for (int i = 0; i < 6000; ++i) {
        const auto sections = random_sections(random, 30);
        const auto packets = ModelMultiplexer(sections, 0, &random).packets();
        std::vector<Bytes> sent;
        for (const ModelPacket& packet : packets) {
            sent.push_back(packet.bytes);
        }
        const std::size_t hit = random.below(packets.size());
        const std::size_t bit = random.one_in(2) ? random.below(64) : random.below(8 * packet_size);
        sent[hit][bit / 8] ^= static_cast<std::uint8_t>(0x80 >> bit % 8);
        const Collector back = depacketize(sent);
        INFO("case " << i << ", packet " << hit << " of " << packets.size() << ", bit " << bit);
        REQUIRE(are_sections(back.sections));
        REQUIRE(is_among(sections_outside(sections, packets, hit, hit), back.sections));
    }
}

TEST_CASE("bytes missing or too many lose nothing outside their packets", "[transport]") {
    INFO("seed " << seed());
    Randomness random(seed());
    for (int i = 0; i < 3000; ++i) {
        auto sections = random_sections(random, 60);
        for (Bytes& section : sections) {
            // Else what looks like a sync_byte stands too often where one is looked for.
            std::replace(section.begin() + 3, section.end(), 0x47, 0x46);
        }
        const auto packets = ModelMultiplexer(sections, 0, &random).packets();
        if (packets.size() < 10) {
            continue;
        }
        Bytes bytes;
        for (const ModelPacket& packet : packets) {
            bytes.insert(bytes.end(), packet.bytes.begin(), packet.bytes.end());
        }
        // After the last change there have to be packets enough to tell where they stand.
        const std::size_t hit = random.below(packets.size() - 8);
        const auto at = bytes.begin() +
                        static_cast<std::ptrdiff_t>(hit * packet_size + random.below(packet_size));
        const auto count = static_cast<std::ptrdiff_t>(random.between(1, packet_size));
        if (random.one_in(2)) {
            bytes.erase(at, at + count);
        } else {
            bytes.insert(at, static_cast<std::size_t>(count),
                         static_cast<std::uint8_t>(random.bits(8)));
        }
        const Collector back = depacketize(bytes);
        INFO("case " << i << ", packet " << hit << " of " << packets.size());
        REQUIRE(are_sections(back.sections));
        REQUIRE(is_among(sections_outside(sections, packets, hit, hit + 1), back.sections));
    }
}

TEST_CASE("noise is read to its end", "[transport]") {
    INFO("seed " << seed());
    Randomness random(seed());
    for (int i = 0; i < 2000; ++i) {
        Bytes bytes(random.below(40 * packet_size));
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            // Packets of our PID with anything in them.
            bytes[at] = at % packet_size == 0 ? 0x47
                        : at % packet_size == 1
                            ? static_cast<std::uint8_t>((random.bits(8) & 0xE0) | pid >> 8)
                        : at % packet_size == 2
                            ? pid & 0xFF
                            : static_cast<std::uint8_t>(random.bits(8) & random.bits(8));
        }
        for (std::uint64_t changes = random.below(20); changes > 0 && !bytes.empty(); --changes) {
            bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.bits(8));
        }
        REQUIRE(are_sections(depacketize(bytes).sections));
    }
}

}  // namespace onetrip::transport::test
