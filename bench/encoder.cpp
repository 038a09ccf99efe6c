// The pure encoder, no server, next to the least that could make the same bytes. Prints a run a
// line, for bench/programs.py:
//
//   memcpy     the finished section copied whole: knows everything, looks at nothing
//   gather     the finished section put together by a memcpy for each of its parts: the fixed
//              fields before the items, each item's tag and length, each item's value (texts from
//              the JSONB document where they lie), the fixed fields after them. It knows where all
//              parts are and how long, and that nothing is to be checked or converted
//
// What is compared: all take their input from warm cache (the encoder resolved values and JSONB,
// the copies the section that the encoder made of them), all go through the same messages in the
// same order, and all write to the same places by way of the same sink. There are several messages,
// whose texts differ in length, so that neither always takes the same branches; the times and the
// genre are the same in all, as they are within a campaign. Two kinds of places:
//
//   one place  every section over the last one: all is in the first-level cache
//   a carousel one section after the other in memory that is far larger than the caches, its pages
//              touched before: where encode_carousel writes, without the page faults

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "jsonb/json_parser.hpp"
#include "section/encoder.hpp"
#include "section/message_layout.hpp"

namespace {

using onetrip::section::Value;

constexpr int rounds = 9;
constexpr int sections_a_round = 2'000'000;

/// The messages: enough to differ, few enough that they stay in the cache.
constexpr int messages = 16;

/// The items of bench/carousel_data.sql, with texts of 118 to 133 bytes.
std::string storables_text(int message) {
    const std::string id = std::to_string(1'234'567 + message);
    return R"([{"tag": 1, "value": "Cher abonné, votre abonnement arrive à échéance le 12 : rechargez )"
           R"(dès aujourd'hui et profitez d'un mois offert. n° )" +
           id + std::string(static_cast<std::size_t>(message), '.') +
           R"("}, {"tag": 2, "value": )" + id + R"(}, {"tag": 3, "value": true}, )" +
           R"({"tag": 4, "value": "https://recharge.example.com/offre/)" + id +
           R"(?canal=stb&zone=afrique"}])";
}

/// A sink that says where its next section goes.
class Places : public onetrip::section::SectionSink {
  public:
    const std::uint8_t* last_section() const { return last_section_; }
    std::size_t last_size() const { return last_size_; }

  protected:
    ~Places() = default;

    const std::uint8_t* last_section_ = nullptr;
    std::size_t last_size_ = 0;
};

/// Where every section is written over the one before.
class OnePlace final : public Places {
  public:
    std::uint8_t* begin_section(std::size_t /*size*/) override { return bytes_.data(); }
    void end_section(std::size_t size) override {
        last_section_ = bytes_.data();
        last_size_ = size;
    }

  private:
    std::array<std::uint8_t, 4096> bytes_{};
};

/// Where sections are written one after the other, and from the start again at the end.
class Carousel final : public Places {
  public:
    std::uint8_t* begin_section(std::size_t size) override {
        if (bytes_.size() - used_ < size) {
            used_ = 0;
        }
        return bytes_.data() + used_;
    }

    void end_section(std::size_t size) override {
        last_section_ = bytes_.data() + used_;
        last_size_ = size;
        used_ += size;
    }

  private:
    std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(256 * 1024 * 1024, 1);
    std::size_t used_ = 0;
};

std::vector<Value> message_row(const onetrip::section::Plan& plan,
                               const std::vector<std::uint8_t>& storables) {
    constexpr std::int64_t start_of_2021_02 = 665'452'800'000'000;
    std::vector<Value> row;
    for (const auto& slot : plan.slots) {
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
void measure(const char* group, const char* name, Work work) {
    const double start = cpu_seconds();
    for (int i = 0; i < sections_a_round; ++i) {
        work(i);
    }
    std::printf("%s\t%s\t%d\t%.9f\n", group, name, sections_a_round, cpu_seconds() - start);
}

struct Part {
    const std::uint8_t* from;
    std::size_t size;
};

struct Message {
    std::vector<std::uint8_t> storables;
    std::vector<Value> row;
    std::vector<std::uint8_t> section;
    std::vector<Part> parts;
};

/// Where the parts of a section begin, and its end. The layout has one field of width `*`.
std::vector<std::size_t> part_offsets(const onetrip::section::Plan& plan,
                                      const std::vector<std::uint8_t>& section) {
    const auto& runs = plan.root.runs;
    const std::size_t size = section.size() - plan.root.end.bytes();
    const std::size_t begin = runs.front().end;
    std::vector<std::size_t> offsets{0};
    for (std::size_t item = begin; item < begin + size; item += 2 + section[item + 1]) {
        offsets.insert(offsets.end(), {item, item + 2});
    }
    offsets.insert(offsets.end(), {begin + size, section.size()});
    return offsets;
}

std::vector<Part> parts_of(const onetrip::section::Plan& plan, const Message& message) {
    constexpr std::size_t shortest_text = 16;
    const std::vector<std::size_t> offsets = part_offsets(plan, message.section);
    std::vector<Part> parts;
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
        Part part{message.section.data() + offsets[i], offsets[i + 1] - offsets[i]};
        const auto text = std::search(message.storables.begin(), message.storables.end(), part.from,
                                      part.from + part.size);
        if (part.size >= shortest_text && text != message.storables.end()) {
            part.from = &*text;
        }
        parts.push_back(part);
    }
    return parts;
}

std::vector<Message> make_messages(const onetrip::section::Plan& plan,
                                   onetrip::section::Encoder& encoder) {
    std::vector<Message> made(messages);
    OnePlace place;
    for (int i = 0; i < messages; ++i) {
        Message& message = made[static_cast<std::size_t>(i)];
        message.storables = onetrip::jsonb::parse_json(storables_text(i));
        message.row = message_row(plan, message.storables);
        encoder.encode(message.row, place, onetrip::section::Splitting::refused);
        message.section.assign(place.last_section(), place.last_section() + place.last_size());
        message.parts = parts_of(plan, message);
    }
    return made;
}

/// What the encoder would do if it knew the section.
void copy(const Message& message, onetrip::section::SectionSink& sink, std::size_t max_bytes) {
    std::uint8_t* const to = sink.begin_section(max_bytes);
    std::memcpy(to, message.section.data(), message.section.size());
    // The compiler must not see that nobody reads the copy.
    asm volatile("" : : "r"(to) : "memory");
    sink.end_section(message.section.size());
}

/// What it would do if it knew the parts.
void gather(const Message& message, onetrip::section::SectionSink& sink, std::size_t max_bytes) {
    std::uint8_t* const begin = sink.begin_section(max_bytes);
    std::uint8_t* to = begin;
    for (const Part& part : message.parts) {
        std::memcpy(to, part.from, part.size);
        to += part.size;
    }
    asm volatile("" : : "r"(begin) : "memory");
    sink.end_section(static_cast<std::size_t>(to - begin));
}

void expect_same(const Message& message, Places& places, const char* name) {
    const std::uint8_t* const made = places.last_section();
    if (!std::equal(message.section.begin(), message.section.end(), made,
                    made + places.last_size())) {
        std::fprintf(stderr, "%s: another section\n", name);
        std::exit(1);
    }
}

/// They take turns, so that all see the same of what else the machine does.
void compare(const char* group, const std::vector<Message>& all, onetrip::section::Encoder& encoder,
             std::size_t max_bytes, Places& places) {
    const auto message = [&](int i) -> const Message& {
        return all[static_cast<std::size_t>(i % messages)];
    };
    const Message& last = message(sections_a_round - 1);
    for (int round = 0; round < rounds; ++round) {
        measure(group, "encoder", [&](int i) {
            encoder.encode(message(i).row, places, onetrip::section::Splitting::allowed);
        });
        expect_same(last, places, "encoder");
        measure(group, "memcpy of its parts",
                [&](int i) { gather(message(i), places, max_bytes); });
        expect_same(last, places, "memcpy of its parts");
        measure(group, "memcpy", [&](int i) { copy(message(i), places, max_bytes); });
        expect_same(last, places, "memcpy");
    }
}

}  // namespace

int main() {
    const auto plan =
        onetrip::section::compile(onetrip::section::parse_layout(onetrip::section::test::message));
    onetrip::section::Encoder encoder(plan);
    const std::vector<Message> all = make_messages(plan, encoder);
    OnePlace one_place;
    compare("encoder, sections over each other", all, encoder, plan.max_bytes, one_place);
    Carousel carousel;
    compare("encoder, sections one after the other", all, encoder, plan.max_bytes, carousel);
    return 0;
}
