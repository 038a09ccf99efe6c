// Puts sections into the transport packets of one PID, and gathers sections from packets. Knows no
// layout: a section is a header, a length and bytes.

#include "transport/transport_packets.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "base/error.hpp"
#include "base/words.hpp"

namespace onetrip::transport {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint8_t sync_byte = 0x47;
constexpr std::uint8_t stuffing_byte = 0xFF;

/// The header with section_syntax_indicator 1 goes on to last_section_number.
constexpr std::size_t long_section_header = 8;

bool is_stuffing(Bytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(),
                       [](std::uint8_t byte) { return byte == stuffing_byte; });
}

std::string too_long(std::size_t length) {
    return "section_length is " + std::to_string(length) + ", more than " +
           std::to_string(largest_section_length);
}

/// The fault of the section that `bytes` begin with, as a sentence; empty if it has none.
std::string fault_of_section(Bytes bytes) {
    if (bytes.size() < section_header_size) {
        return "It is cut off after " + count(bytes.size(), "byte") + ".";
    }
    if (bytes[0] == stuffing_byte) {
        return "Its table_id is 0xFF, which says in a transport packet that no section follows.";
    }
    const std::size_t length = section_length_of(bytes);
    if (length > largest_section_length) {
        return "Its " + too_long(length) + ".";
    }
    if (section_header_size + length > bytes.size()) {
        return "It has " + count(section_header_size + length, "byte") +
               " by its section_length, but is cut off after " + std::to_string(bytes.size()) + ".";
    }
    return {};
}

}  // namespace

Bytes section_at(Bytes sections, std::size_t offset) {
    const Bytes rest = sections.subspan(offset);
    const std::string fault = fault_of_section(rest);
    if (!fault.empty()) {
        throw Error(ErrorKind::invalid_value,
                    "invalid section at byte offset " + std::to_string(offset), fault);
    }
    return rest.first(section_header_size + section_length_of(rest));
}

void require_carriable(Bytes section) {
    std::string fault = fault_of_section(section);
    if (fault.empty() && section.size() > section_header_size + section_length_of(section)) {
        fault = "Its section_length is " + std::to_string(section_length_of(section)) +
                ", but it has " + count(section.size(), "byte") + ".";
    }
    if (!fault.empty()) {
        throw Error(ErrorKind::invalid_value, "not a section that transport packets can carry",
                    fault);
    }
}

SectionShape shape_of(Bytes section) {
    return {static_cast<std::uint16_t>(section.size()), (section[1] & 0x80) != 0, false};
}

/// A reader has the whole header of a section at once. The first section that begins in a packet
/// costs it a pointer_field as well.
bool PacketFill::has_room_for(const SectionShape& section) const {
    const std::size_t needed = std::min<std::size_t>(
        section.size, section.has_long_header ? long_section_header : section_header_size);
    return capacity - used >= needed + (section_begins ? 0 : 1);
}

void PacketFill::begin_section() {
    used += section_begins ? 0 : 1;
    section_begins = true;
}

std::size_t PacketFill::take(std::size_t size) {
    const std::size_t taken = std::min(size, capacity - used);
    used += taken;
    return taken;
}

Packetizer::Packetizer(std::uint16_t pid, unsigned continuity_counter, PacketSink& sink)
    : sink_(sink), pid_(pid), continuity_counter_(static_cast<std::uint8_t>(continuity_counter)) {}

/// Gives the packet its pointer_field, which counts the bytes of the section before (2.4.4.2).
/// Those bytes are in the packet already: when they came, it was not known whether a section begins
/// after them.
void Packetizer::begin_section() {
    if (!fill_.section_begins) {
        std::memmove(payload() + 1, payload(), fill_.used);
        *payload() = static_cast<std::uint8_t>(fill_.used);
    }
    fill_.begin_section();
}

void Packetizer::add(Bytes section) {
    require_carriable(section);
    if (!fill_.has_room_for(shape_of(section))) {
        finish();
    }
    begin_section();
    while (!section.empty()) {
        std::uint8_t* const place = payload() + fill_.used;
        const std::size_t taken = fill_.take(section.size());
        std::memcpy(place, section.data(), taken);
        section = section.subspan(taken);
        if (fill_.is_full()) {
            emit();
        }
    }
}

void Packetizer::finish() {
    if (fill_.used > 0) {
        emit();
    }
}

void Packetizer::divide(const PacketSet& packets) {
    divided_ = packets;
    divided_from_ = emitted_;
}

/// The header (2.4.3.2): no transport error, no priority, not scrambled, a payload.
void Packetizer::put_header(bool section_begins, bool has_adaptation_field) {
    packet_[0] = sync_byte;
    packet_[1] = static_cast<std::uint8_t>((section_begins ? 0x40 : 0) | pid_ >> 8);
    packet_[2] = static_cast<std::uint8_t>(pid_);
    packet_[3] =
        static_cast<std::uint8_t>((has_adaptation_field ? 0x30 : 0x10) | continuity_counter_);
    continuity_counter_ = (continuity_counter_ + 1) % 16;
    ++packets_;
}

void Packetizer::emit() {
    const std::uint64_t number = emitted_++ - divided_from_;
    if (number < divided_.size() && divided_[number]) {
        emit_halves();
    } else {
        std::memset(payload() + fill_.used, stuffing_byte, PacketFill::capacity - fill_.used);
        put_header(fill_.section_begins, false);
        sink_.put_packet(packet_);
    }
    fill_ = {};
}

namespace {

/// The first section that begins at `offset` or after it, of those in `content`, the first of which
/// begins at `first`.
std::optional<std::size_t> section_from(Bytes content, std::size_t first, std::size_t offset) {
    while (first < offset && first + section_header_size <= content.size()) {
        first += section_header_size + section_length_of(content.subspan(first));
    }
    return first >= offset && first < content.size() ? std::optional(first) : std::nullopt;
}

}  // namespace

/// The first packet takes half of the payload, rounded up, or a byte less if a section would begin
/// with its last byte, without room for a pointer_field.
void Packetizer::emit_halves() {
    std::array<std::uint8_t, PacketFill::capacity> copy;
    const bool has_pointer = fill_.section_begins;
    const std::size_t size = fill_.used - (has_pointer ? 1 : 0);
    std::memcpy(copy.data(), payload() + fill_.used - size, size);
    const Bytes content = Bytes(copy).first(size);
    const std::size_t pointer = has_pointer ? *payload() : size;
    const std::size_t half = (fill_.used + 1) / 2;
    const bool begins_in_first = pointer + 1 < half;
    const std::size_t first = begins_in_first ? half - 1 : std::min(half, pointer);
    emit_half(content.first(first), begins_in_first ? std::optional(pointer) : std::nullopt);
    const std::optional<std::size_t> next =
        has_pointer ? section_from(content, pointer, first) : std::nullopt;
    emit_half(content.subspan(first), next ? std::optional(*next - first) : std::nullopt);
}

/// A packet with less than it could hold: an adaptation field takes the rest (2.4.3.5).
void Packetizer::emit_half(Bytes content, std::optional<std::size_t> section) {
    const std::size_t size = content.size() + (section ? 1 : 0);
    std::uint8_t* const end = packet_.data() + packet_size;
    std::memset(payload(), stuffing_byte, PacketFill::capacity - size);
    const std::size_t adaptation_field_length = PacketFill::capacity - size - 1;
    payload()[0] = static_cast<std::uint8_t>(adaptation_field_length);
    if (adaptation_field_length > 0) {
        payload()[1] = 0;  // no flag is set
    }
    if (section) {
        *(end - size) = static_cast<std::uint8_t>(*section);
    }
    std::memcpy(end - content.size(), content.data(), content.size());
    put_header(section.has_value(), true);
    sink_.put_packet(packet_);
}

/// So many packets in a row are not noise, in which any byte may be 0x47.
constexpr std::size_t packets_to_be_sure = 5;

/// Bare packets; with a timecode before each (M2TS); with a Reed-Solomon code after each (DVB).
constexpr std::array<PacketSpacing, 3> spacings{{{packet_size, 0}, {192, 4}, {204, 0}}};

/// How many bytes are searched without a look at interrupts.
constexpr std::size_t search_step = std::size_t{1} << 16;

/// How many packets begin with a sync_byte from `offset` on, up to `most` and to the end.
std::size_t PacketFinder::packets_in_row(std::size_t offset, std::size_t stride,
                                         std::size_t most) const {
    std::size_t count = 0;
    while (count < most && offset < bytes_.size() && bytes_[offset] == sync_byte) {
        ++count;
        offset += stride;
    }
    return count;
}

/// Whether the bytes are packets of this spacing from the first on: five at least, or all there
/// are, and not a byte more.
bool PacketFinder::begins_with(const PacketSpacing& spacing) const {
    const auto [stride, before] = spacing;
    const std::size_t packets = std::min(bytes_.size() / stride, packets_to_be_sure);
    if (packets == 0 || packets_in_row(before, stride, packets) < packets) {
        return false;
    }
    const bool is_one_alone = packets == 1 && before > 0 && bytes_[0] == sync_byte;
    return packets == packets_to_be_sure || (bytes_.size() % stride == 0 && !is_one_alone);
}

/// Finds the first packets in a row, at any place. False if there are none.
bool PacketFinder::find_row(PacketSpacing& spacing, std::size_t& place) const {
    for (place = 0; place < bytes_.size(); ++place) {
        if (place % search_step == 0) {
            receiver_.check_interrupts();
        }
        if (bytes_[place] != sync_byte) {
            continue;
        }
        for (const PacketSpacing& possible : spacings) {
            if (packets_in_row(place, possible.stride, packets_to_be_sure) == packets_to_be_sure) {
                spacing = possible;
                return true;
            }
        }
    }
    return false;
}

/// Finds the spacing by which most of the first packets begin with a sync_byte, although some do
/// not. False if that is not most of them.
bool PacketFinder::find_likely(PacketSpacing& spacing) const {
    constexpr std::size_t looked_at = 64;
    std::size_t best = 1;
    for (const PacketSpacing& possible : spacings) {
        std::size_t found = 0;
        std::size_t packets = 0;
        for (std::size_t at = possible.before; at < bytes_.size() && packets < looked_at;
             at += possible.stride) {
            ++packets;
            found += bytes_[at] == sync_byte ? 1 : 0;
        }
        if (found > best && 2 * found > packets) {
            best = found;
            spacing = possible;
        }
    }
    return best > 1;
}

/// Packets count as bare unless the bytes show otherwise.
void PacketFinder::find_spacing() {
    spacing_is_known_ = true;
    if (packets_stand_at(0)) {
        return;
    }
    const auto* const first =
        std::find_if(spacings.begin(), spacings.end(),
                     [this](const PacketSpacing& spacing) { return begins_with(spacing); });
    std::size_t place = 0;
    if (first != spacings.end()) {
        spacing_ = *first;
        place = spacing_.before;
    } else if (!find_row(spacing_, place) && find_likely(spacing_)) {
        place = spacing_.before;
    }
    if (spacing_.stride == packet_size) {
        return;
    }
    receiver_.report_spacing(spacing_);
    place = behind_timecode(place);
    if (place > spacing_.before) {
        lose_sync(place);
    } else {
        offset_ = place;
    }
}

/// Whether five packets stand here, or as many as there are bytes for. A single 0x47 proves
/// nothing: a payload may hold that byte.
bool PacketFinder::packets_stand_at(std::size_t offset) const {
    const std::size_t count = packets_in_row(offset, spacing_.stride, packets_to_be_sure);
    const std::size_t end = offset + count * spacing_.stride;
    return count == packets_to_be_sure || end == bytes_.size() + spacing_.before ||
           (end >= bytes_.size() && count >= 2);
}

/// How many of the next packets have a header that is likely: no transport error, not scrambled,
/// and an adaptation_field_control that is not reserved.
std::size_t PacketFinder::plausible_headers(std::size_t offset) const {
    constexpr std::size_t most = 16;
    std::size_t count = 0;
    for (std::size_t i = 0; i < most && offset + 3 < bytes_.size(); ++i) {
        const std::uint8_t flags = bytes_[offset + 3];
        if ((bytes_[offset + 1] & 0x80) == 0 && (flags & 0xC0) == 0 && (flags & 0x30) != 0) {
            ++count;
        }
        offset += spacing_.stride;
    }
    return count;
}

/// The first bytes of timecodes are the same for many packets, and may be 0x47: of the places from
/// `offset` on that a sync_byte may have, the one whose headers are the most likely.
std::size_t PacketFinder::behind_timecode(std::size_t offset) const {
    std::size_t best = offset;
    for (std::size_t at = offset + 1; at <= offset + spacing_.before; ++at) {
        if (packets_stand_at(at) && plausible_headers(at) > plausible_headers(best)) {
            best = at;
        }
    }
    return best;
}

/// The first place from `from` on at which packets stand; `to` if none do before that.
std::size_t PacketFinder::next_sync(std::size_t from, std::size_t to) const {
    for (std::size_t checked = from; from < to; ++from) {
        if (from - checked >= search_step) {
            receiver_.check_interrupts();
            checked = from;
        }
        if (bytes_[from] == sync_byte && packets_stand_at(from)) {
            return std::min(behind_timecode(from), to);
        }
    }
    return from;
}

/// Whether bytes are missing in the packet at `offset`, so that others begin within it. If the next
/// packet but one is at its place, only the sync_byte between them is wrong.
bool PacketFinder::is_cut(std::size_t offset) const {
    const std::size_t next = offset + spacing_.stride;
    if (next >= bytes_.size() || bytes_[next] == sync_byte ||
        packets_stand_at(next + spacing_.stride)) {
        return false;
    }
    return next_sync(offset + 1, next) < next;
}

void PacketFinder::skip() {
    const std::uint8_t byte = bytes_[offset_];
    if (byte != sync_byte && packets_stand_at(offset_ + spacing_.stride)) {
        char problem[40];
        std::snprintf(problem, sizeof problem, "sync_byte is 0x%02X instead of 0x47", byte);
        receiver_.report(number_, problem, "The packet is skipped.");
        offset_ += spacing_.stride;
        ++number_;
        return;
    }
    lose_sync(next_sync(offset_ + 1, bytes_.size()));
}

/// Goes on at `found`.
void PacketFinder::lose_sync(std::size_t found) {
    const std::size_t skipped = found - offset_;
    receiver_.report(number_, "sync is lost",
                     "Skipped " + count(skipped, "byte") + " from byte offset " +
                         std::to_string(offset_) + " on.");
    offset_ = found;
    number_ += skipped / spacing_.stride;
}

std::optional<FoundPacket> PacketFinder::next() {
    if (!spacing_is_known_) {
        find_spacing();
    }
    while (offset_ + packet_size <= bytes_.size()) {
        if (bytes_[offset_] == sync_byte && !is_cut(offset_)) {
            const FoundPacket packet{bytes_.subspan(offset_).first<packet_size>(), number_};
            offset_ += spacing_.stride;
            ++number_;
            return packet;
        }
        skip();
    }
    if (offset_ < bytes_.size()) {
        receiver_.report(number_,
                         "only " + std::to_string(bytes_.size() - offset_) + " of " +
                             std::to_string(packet_size) + " bytes are there",
                         "The packet is skipped.");
        offset_ = bytes_.size();
    }
    return std::nullopt;
}

/// The parts of a packet's header and adaptation_field that a reader of sections needs (2.4.3.2,
/// 2.4.3.4).
struct Depacketizer::Header {
    std::uint16_t pid;
    bool transport_error_indicator;
    bool payload_unit_start_indicator;
    bool is_scrambled;
    bool has_adaptation_field;
    bool has_payload;
    bool discontinuity_indicator;
    unsigned continuity_counter;
    unsigned payload_offset;
};

Depacketizer::Header Depacketizer::read_header(std::span<const std::uint8_t, packet_size> packet) {
    Header header{};
    header.transport_error_indicator = (packet[1] & 0x80) != 0;
    header.payload_unit_start_indicator = (packet[1] & 0x40) != 0;
    header.pid = static_cast<std::uint16_t>((packet[1] & 0x1F) << 8 | packet[2]);
    header.is_scrambled = (packet[3] & 0xC0) != 0;
    header.has_adaptation_field = (packet[3] & 0x20) != 0;
    header.has_payload = (packet[3] & 0x10) != 0;
    header.continuity_counter = packet[3] & 0x0F;
    header.payload_offset = 4;
    if (header.has_adaptation_field) {
        const unsigned adaptation_field_length = packet[4];
        header.discontinuity_indicator = adaptation_field_length > 0 && (packet[5] & 0x80) != 0;
        header.payload_offset += 1 + adaptation_field_length;
    }
    return header;
}

void Depacketizer::add(const FoundPacket& packet) {
    const Header header = read_header(packet.bytes);
    if (header.pid != pid_) {
        return;
    }
    packet_number_ = packet.number;
    if (header.transport_error_indicator) {
        // Even the PID may be wrong; if the packet belongs to this PID, its number will be missed.
        report("transport_error_indicator is set", "The packet is skipped.");
    } else if (!header.has_payload && !header.has_adaptation_field) {
        // Such packets are to be discarded (2.4.3.3), and nobody sends them.
        report("adaptation_field_control is 0, which is reserved", "The packet is skipped.");
    } else if (!header.has_payload) {
        // Such packets do not count (2.4.3.3).
        if (header.discontinuity_indicator && continuity_counter_ != header.continuity_counter) {
            jump();
            continuity_counter_ = header.continuity_counter;
        }
    } else if (is_next(header, packet.bytes)) {
        if (header.is_scrambled) {
            lose("payload is scrambled");
        } else if (header.payload_offset >= packet_size) {
            lose("adaptation_field leaves no room for a payload");
        } else {
            read_payload(header.payload_unit_start_indicator,
                         packet.bytes.subspan(header.payload_offset));
        }
    }
}

/// Whether a packet with a payload is to be read: not if it is the last one again (2.4.3.3). If it
/// does not follow the last one, the section that was begun is lost.
bool Depacketizer::is_next(const Header& header,
                           std::span<const std::uint8_t, packet_size> packet) {
    const unsigned counter = header.continuity_counter;
    const unsigned expected = (continuity_counter_.value_or(counter + 15) + 1) % 16;
    if (repeats_last(header, packet)) {
        if (was_repeated_) {
            report("is the same as the two before it",
                   "The packet is skipped; it may be sent twice, but not more often.");
        }
        was_repeated_ = true;
        return false;
    }
    if (counter != expected) {
        if (header.discontinuity_indicator) {
            jump();
        } else {
            lose("continuity_counter is " + std::to_string(counter) + " instead of " +
                 std::to_string(expected));
        }
    }
    continuity_counter_ = counter;
    std::copy(packet.begin(), packet.end(), last_packet_.begin());
    was_repeated_ = false;
    return true;
}

/// The adaptation_field may differ, by its PCR.
bool Depacketizer::repeats_last(const Header& header,
                                std::span<const std::uint8_t, packet_size> packet) const {
    const std::size_t offset = std::min<std::size_t>(header.payload_offset, packet_size);
    const Bytes payload = Bytes(packet).subspan(offset);
    const Bytes last_payload = Bytes(last_packet_).subspan(offset);
    return continuity_counter_ == header.continuity_counter &&
           std::equal(packet.begin(), packet.begin() + 4, last_packet_.begin()) &&
           std::equal(payload.begin(), payload.end(), last_payload.begin());
}

/// discontinuity_indicator (2.4.3.5) announces that counting goes on elsewhere: that is not a
/// fault, but nothing ties the next bytes to the section that was begun.
void Depacketizer::jump() {
    if (state_ == State::within) {
        lose("discontinuity_indicator is set");
    }
    state_ = State::lost;
}

void Depacketizer::read_payload(bool section_begins, Bytes payload) {
    if (!section_begins) {
        read_tail(payload);
        return;
    }
    const std::size_t pointer_field = payload[0];
    const Bytes bytes = payload.subspan(1);
    if (pointer_field < bytes.size()) {
        read_end(bytes.first(pointer_field));
        state_ = State::at_end;
        read_sections(bytes.subspan(pointer_field));
        return;
    }
    if (state_ == State::within) {
        gather(bytes);  // it may be only pointer_field that is wrong
    }
    lose("pointer_field is " + std::to_string(pointer_field) + ", beyond the packet's end");
}

/// Takes the bytes before the section to which pointer_field points: the end of the one before, or
/// nothing but stuffing.
void Depacketizer::read_end(Bytes bytes) {
    if (state_ == State::start && !is_stuffing(bytes)) {
        report("begins within a section", "That section is lost.");
    }
    const bool was_within = state_ == State::within;
    if (was_within) {
        bytes = bytes.subspan(gather(bytes));
    }
    if (state_ == State::within) {
        lose("a section begins before the last one ends");
    } else if (state_ == State::at_end && !is_stuffing(bytes)) {
        report("pointer_field points " + count(bytes.size(), "byte") +
               " after the end of the last section");
    }
}

/// Takes a payload in which no section begins.
void Depacketizer::read_tail(Bytes bytes) {
    if (state_ == State::lost) {
        return;
    }
    const bool at_start = state_ == State::start;
    if (state_ == State::within) {
        bytes = bytes.subspan(gather(bytes));
    }
    if (state_ == State::within || is_stuffing(bytes)) {
        return;
    }
    if (at_start) {
        report("begins within a section", "That section is lost.");
        state_ = State::lost;
    } else {
        lose("payload_unit_start_indicator is 0, but other bytes than 0xFF follow a section");
    }
}

/// Takes sections, one after the other, up to the packet's end or to stuffing.
void Depacketizer::read_sections(Bytes bytes) {
    while (!bytes.empty()) {
        if (bytes[0] == stuffing_byte) {
            if (!is_stuffing(bytes)) {
                report("other bytes than 0xFF follow 0xFF after a section");
            }
            return;
        }
        bytes = bytes.subspan(gather(bytes));
    }
}

/// Takes the bytes of the section that is being gathered, or begins one, and returns the number of
/// bytes taken. A section whose length cannot be true takes all.
std::size_t Depacketizer::gather(Bytes bytes) {
    if (state_ != State::within) {
        state_ = State::within;
        gathered_ = 0;
        begins_in_ = packet_number_;
    }
    std::size_t taken = 0;
    if (!gather_up_to(section_header_size, bytes, taken)) {
        return taken;
    }
    const std::size_t length = section_length_of(section_);
    if (length > largest_section_length) {
        lose(too_long(length));
        return bytes.size();
    }
    if (gather_up_to(section_header_size + length, bytes, taken)) {
        state_ = State::at_end;
        receiver_.take_section(Bytes(section_).first(gathered_));
    }
    return taken;
}

/// Takes bytes from `taken` on until the section has `size` of them; false if there are too few.
bool Depacketizer::gather_up_to(std::size_t size, Bytes bytes, std::size_t& taken) {
    if (gathered_ < size) {
        const std::size_t count = std::min(size - gathered_, bytes.size() - taken);
        std::copy_n(bytes.data() + taken, count, section_.data() + gathered_);
        gathered_ += count;
        taken += count;
    }
    return gathered_ >= size;
}

void Depacketizer::finish() {
    if (state_ == State::within) {
        lose("the packets end within a section");
    }
}

/// Reports a problem after which the place of the next section is not known.
void Depacketizer::lose(const std::string& problem) {
    report(problem, state_ == State::within ? "The section that begins in packet " +
                                                  std::to_string(begins_in_) + " is lost."
                                            : std::string());
    state_ = State::lost;
}

void Depacketizer::report(const std::string& problem, const std::string& detail) {
    receiver_.report(packet_number_, problem, detail);
}

}  // namespace onetrip::transport
