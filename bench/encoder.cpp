// The pure encoder, no server: the message section of four items out of values that are resolved and
// in cache, beside a memcpy of the finished section. Prints nanoseconds of CPU a section, medians.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <vector>

#include "jsonb/json_parser.hpp"
#include "section/encoder.hpp"

namespace {

using onetrip::section::Value;

constexpr int rounds = 9;
constexpr int sections_a_round = 2'000'000;

constexpr const char* layout_text = R"(message (max 512) {
    table_id                  8  uimsbf  = 0x92
    section_syntax_indicator  1  bslbf   = 0
    reserved_future_use       1  bslbf   = 1
    reserved                  2  bslbf   = 0b11
    section_length           12  uimsbf  = length()
    index                     8  uimsbf  = part()
    total_count               8  uimsbf  = parts()
    target_filter            32  uimsbf  = numero_abonne
    network_id                8  uimsbf
    message_id               32  uimsbf  = campagne_id
    template_id              32  uimsbf
    genre                     8  char
    valid_start              40  utc
    valid_end                40  utc
    message_ack_count         8  uimsbf  = ack_count
    message_ack_delay        16  uimsbf  = ack_delay
    offset_appearance        16  uimsbf  = 0
    offset_filter            16  uimsbf  = 0
    offset_addressee         16  uimsbf  = offset(addressee)
    storables                 *  tlv(8,8) split
  addressee:
    addressee_tag             8  uimsbf  = 0x01
    addressee_length          8  uimsbf  = length(addressee_number)
    addressee_number         64  uimsbf  = numero_abonne
})";

constexpr const char* storables_text =
    R"([{"tag": 1, "value": "Cher abonné, votre abonnement arrive à échéance le 12 : rechargez )"
    R"(dès aujourd'hui et profitez d'un mois offert. n° 1234567......."},)"
    R"({"tag": 2, "value": 1234567}, {"tag": 3, "value": true},)"
    R"({"tag": 4, "value": "https://recharge.example.com/offre/2234567?canal=stb&zone=afrique"}])";

/// Where every section is written anew.
class OneSection final : public onetrip::section::SectionSink {
  public:
    std::uint8_t* begin_section(std::size_t /*size*/) override { return bytes_.data(); }
    void end_section(std::size_t size) override { size_ = size; }

    const std::uint8_t* data() const { return bytes_.data(); }
    std::size_t size() const { return size_; }

  private:
    std::array<std::uint8_t, 4096> bytes_{};
    std::size_t size_ = 0;
};

std::vector<Value> message_row(const onetrip::section::Layout& layout,
                               const std::vector<std::uint8_t>& storables) {
    constexpr std::int64_t start_of_2021_02 = 665'452'800'000'000;
    std::vector<Value> row;
    for (const auto& slot : layout.slots) {
        Value value = Value::of_integer(slot.name == "numero_abonne" ? 1'000'000'001 : 12);
        if (slot.names_part) {
            value = Value();
            value.kind = Value::Kind::absent;
        } else if (slot.name == "genre") {
            value = Value::of_bytes(Value::Kind::text, "I");
        } else if (slot.name.starts_with("valid")) {
            value = Value::of_instant({start_of_2021_02});
        } else if (slot.name == "storables") {
            value = Value::of_json(onetrip::jsonb::Value::root(storables), false);
        }
        row.push_back(value);
    }
    return row;
}

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <typename Work>
double nanoseconds_a_section(Work work) {
    std::vector<double> measured;
    for (int round = 0; round < rounds; ++round) {
        const double start = cpu_seconds();
        for (int i = 0; i < sections_a_round; ++i) {
            work();
        }
        measured.push_back((cpu_seconds() - start) * 1e9 / sections_a_round);
    }
    std::nth_element(measured.begin(), measured.begin() + rounds / 2, measured.end());
    return measured[rounds / 2];
}

}  // namespace

int main() {
    const auto layout = onetrip::section::parse_layout(layout_text);
    const auto storables = onetrip::jsonb::parse_json(storables_text);
    const std::vector<Value> row = message_row(layout, storables);
    onetrip::section::Encoder encoder(layout);
    OneSection section;
    const double encode = nanoseconds_a_section(
        [&] { encoder.encode(row, section, onetrip::section::Splitting::allowed); });
    std::array<std::uint8_t, 4096> copy{};
    std::size_t size = section.size();
    const double copied = nanoseconds_a_section([&] {
        // The compiler must not know the size, nor that the copy is not read.
        asm volatile("" : "+r"(size) : : "memory");
        std::memcpy(copy.data(), section.data(), size);
        asm volatile("" : : "r"(copy.data()) : "memory");
    });
    std::printf("section bytes %zu\nencode ns %.1f\nmemcpy ns %.1f\nratio %.2f\n", section.size(),
                encode, copied, encode / copied);
    return 0;
}
