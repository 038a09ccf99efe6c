// Layouts as large as a section allows, in sizes at which work that grows with their square would
// take minutes; and that what can run long can be ended.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "rows.hpp"
#include "section/decoder.hpp"
#include "section/section_walk.hpp"

namespace onetrip::section::test {

namespace {

/// So many fields, each of this width, type and source; `#` stands for a field's number.
std::string fields(std::size_t count, const std::string& rest) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        std::string line = " f" + std::to_string(i) + " " + rest + "\n";
        for (std::size_t at = line.find('#'); at != std::string::npos; at = line.find('#')) {
            line.replace(at, 1, std::to_string(i));
        }
        text += line;
    }
    return text;
}

std::size_t number_of_faults(const Plan& layout, const Bytes& section) {
    Decoder decoder(layout);
    decoder.dissect(section);
    return decoder.check(section).size();
}

struct Ended {};

/// An Interrupt that ends the work at its first call.
void end_at_once() {
    throw Ended{};
}

}  // namespace

TEST_CASE("fields of one source that disagree", "[scale]") {
    for (const char* const type : {"8 char = s", "8 tcimsbf = s", "8 bcd = s", "8 bytes = s",
                                   "8 text = s", "8 uimsbf = s"}) {
        INFO(type);
        const Plan layout = plan_of("x {\n" + fields(4096, type) + "}");
        Bytes section(4096, 'a' & 0x19);
        CHECK(number_of_faults(layout, section) == 0);
        section.back() ^= 1U;
        CHECK(number_of_faults(layout, section) == 1);
    }
    const Plan two_bits = plan_of("x {\n" + fields(16384, "2 tcimsbf = s") + "}");
    Bytes section(4096, 0x55);
    section.back() = 0x56;
    CHECK(number_of_faults(two_bits, section) == 1);
}

TEST_CASE("fields of many widths that share a source", "[scale]") {
    std::string text = "x {\n";
    std::size_t bytes = 0;
    for (std::size_t i = 1; i < 90; ++i) {
        text += " c" + std::to_string(i) + " " + std::to_string(8 * i) + " char = s\n";
        bytes += i;
    }
    const Plan layout = plan_of(text + "}");
    CHECK(number_of_faults(layout, Bytes(bytes, ' ')) == 0);
    CHECK(number_of_faults(layout, Bytes(bytes, 'a')) == 1);
}

TEST_CASE("as many sources as a section has bits", "[scale]") {
    const Plan layout = plan_of("x {\n" + fields(32768, "1 bslbf = s#") + "}");
    CHECK(layout.slots.size() == 32768);
    CHECK(number_of_faults(layout, Bytes(4096, 0x5A)) == 0);
    CHECK(number_of_faults(layout, Bytes(4095, 0x5A)) == 1);
}

TEST_CASE("as many faults as fields", "[scale]") {
    const Plan layout = plan_of("x {\n" + fields(32768, "1 bslbf = 1") + "}");
    const Bytes section(4096);
    Decoder decoder(layout);
    CHECK(decoder.check(section).size() == 32768);
    CHECK(decoder.dissect(section).size() == 32768);
}

TEST_CASE("as many `*` fields as their lengths leave room for", "[scale]") {
    constexpr std::size_t count = 32000;
    std::string text = "x {\n" + fields(count, "1 uimsbf = length(v#)");
    for (std::size_t i = 0; i < count; ++i) {
        text += " v" + std::to_string(i) + " * bytes\n";
    }
    const Plan layout = plan_of(text + "}");
    Bytes section(count / 8);
    CHECK(number_of_faults(layout, section) == 0);
    section[0] = 0x80;
    section.push_back(7);
    CHECK(number_of_faults(layout, section) == 0);
    section.push_back(7);
    CHECK(number_of_faults(layout, section) > 0);
}

TEST_CASE("`*` fields up to labels", "[scale]") {
    constexpr std::size_t count = 2000;
    std::string text = "x {\n" + fields(count, "16 uimsbf = offset(l#)");
    for (std::size_t i = 0; i < count; ++i) {
        text += " v" + std::to_string(i) + " * bytes\n l" + std::to_string(i) + ":\n";
    }
    const Plan layout = plan_of(text + "}");
    std::string row = "{\"v0\":\"aa\"";
    for (std::size_t i = 1; i < count; ++i) {
        row += ",\"v" + std::to_string(i) + "\":\"\"";
    }
    const auto sections = encode(layout, Row::of_json(row + "}"));
    REQUIRE(sections.size() == 1);
    CHECK(number_of_faults(layout, from_hex(sections.front())) == 0);
}

TEST_CASE("as many checksums as fit", "[scale]") {
    const Plan layout = plan_of("x {\n" + fields(1024, "32 rpchof") + "}");
    const auto sections = encode(layout, Row::of_json("{}"));
    REQUIRE(sections.size() == 1);
    Bytes section = from_hex(sections.front());
    CHECK(number_of_faults(layout, section) == 0);
    section[5] ^= 1U;
    CHECK(number_of_faults(layout, section) >= 1);
}

TEST_CASE("more fields and labels than a section can have are refused early", "[scale]") {
    std::string labels = "x {\n a 8 uimsbf\n";
    for (int i = 0; i < 200'001; ++i) {
        labels += "l" + std::to_string(i) + ":\n";
    }
    CHECK_THROWS_WITH(plan_of(labels + "}"), Catch::Contains("more than 200000 fields and labels"));
}

TEST_CASE("what can run long can be ended", "[scale]") {
    std::string labels = "x {\n a 8 uimsbf\n";
    for (int i = 0; i < 10'000; ++i) {
        labels += "l" + std::to_string(i) + ":\n";
    }
    CHECK_THROWS_AS(plan_of(labels + "}", end_at_once), Ended);
    CHECK_THROWS_AS(plan_of(std::string(100'000, '\n'), end_at_once), Ended);

    const Plan standard =
        plan_of("x {\n t 8 uimsbf = 0x40\n s 4 bslbf = 0\n n 12 uimsbf = length()\n}");
    Decoder decoder(standard);
    const Bytes zeros(100'000);
    int calls = 0;
    static int* counted;
    counted = &calls;
    SectionWalk walk(decoder, zeros, [] { ++*counted; });
    walk.next();
    CHECK(calls >= 20);

    const Plan split = plan_of("x (max 10) {\n i * tlv(8,8) split\n}");
    std::string items = "[";
    for (int i = 0; i < 20'000; ++i) {
        items += (i == 0 ? R"({"tag":1,"value":"abc"})" : R"(,{"tag":1,"value":"abc"})");
    }
    Encoder encoder(split, end_at_once);
    CollectingSink sink;
    Row row;
    CHECK_THROWS_AS(
        encoder.encode(row.jsonb("i", items + "]").values(split), sink, Splitting::allowed), Ended);
    CHECK_THROWS_AS(
        encoder.encode(row.json("i", items + "]").values(split), sink, Splitting::allowed), Ended);
}

TEST_CASE("a json column with a key twice is refused", "[tlv]") {
    for (const char* const json : {R"({"1":"a","1":"b"})", R"([{"tag":1,"tag":2,"value":"a"}])",
                                   R"([{"tag":1,"value":[{"tag":2,"value":{"3":1,"3":2}}]}])"}) {
        INFO(json);
        Row row;
        const Failure found = failure_of_field("* tlv(8,8)", row.json("v", json));
        CHECK(found.kind == ErrorKind::invalid_value);
        CHECK(found.detail.find(" twice in one object") != std::string::npos);
    }
    Row row;
    CHECK(section_of_field("* tlv(8,8)", row.json("v", R"({"1":"a","2":{"1":"b"}})")) ==
          "01016102030101"
          "62");
}

}  // namespace onetrip::section::test
