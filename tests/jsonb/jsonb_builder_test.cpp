// A document that is built value by value is the bytes that the parser makes of its text.

#include "jsonb/jsonb_builder.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "base/randomness.hpp"
#include "jsonb/json_parser.hpp"
#include "jsonb/jsonb.hpp"

namespace onetrip::jsonb::test {

namespace {

void build(Value value, JsonbBuilder& json) {
    switch (value.kind()) {
        case Kind::null:
            json.null();
            break;
        case Kind::boolean:
            json.boolean(value.boolean());
            break;
        case Kind::numeric:
            json.number(value.numeric().to_text());
            break;
        case Kind::string:
            json.string(value.string());
            break;
        case Kind::array:
            json.open_array();
            for (const Value element : value.array()) {
                build(element, json);
            }
            json.close();
            break;
        case Kind::object:
            json.open_object();
            for (const Member member : value.object()) {
                json.key(member.key);
            }
            for (const Member member : value.object()) {
                build(member.value, json);
            }
            json.close();
            break;
    }
}

void check(const std::string& text, JsonbBuilder& json) {
    INFO(text);
    const std::vector<std::uint8_t> parsed = parse_json(text);
    json.clear();
    build(Value::root(parsed), json);
    const std::span<const std::uint8_t> built = json.finish();
    CHECK(std::vector<std::uint8_t>(built.begin(), built.end()) == parsed);
    CHECK(json.finish().size() == parsed.size());
}

std::string random_text(Randomness& random, int depth) {
    const std::int64_t choice = random.between(0, depth > 0 ? 7 : 4);
    if (choice < 2) {
        return std::to_string(random.bits(static_cast<unsigned>(random.between(1, 64))));
    }
    if (choice < 5) {
        return choice == 2 ? "null"
               : choice == 3
                   ? "true"
                   : '"' + std::string(static_cast<std::size_t>(random.between(0, 9)), 'x') + '"';
    }
    std::string text;
    const std::int64_t size = random.one_in(8) ? random.between(30, 70) : random.between(0, 4);
    for (std::int64_t child = 0; child < size; ++child) {
        text += child == 0 ? "" : ",";
        text += choice == 5 ? "" : "\"k" + std::to_string(random.between(0, 200)) + "\":";
        text += random_text(random, depth - 1);
    }
    return choice == 5 ? '[' + text + ']' : '{' + text + '}';
}

}  // namespace

TEST_CASE("what is built is what the parser makes of the text", "[jsonb]") {
    JsonbBuilder json;
    for (const char* const text :
         {"null", "true", "false", "0", "-1", "1.50", "\"\"", "\"x\"", "[]", "{}", "[[]]", "[{}]",
          R"({"a":1,"b":[null,true,"é",{}],"ccc":"x"})", R"({"abc":{"d":{"e":[1,[2],[[3]]]}}})",
          R"(["xyz",12345678901234567890,"z",0.00001,{"k":"v"},"z"])"}) {
        check(text, json);
    }
}

TEST_CASE("random documents are built as they are parsed", "[jsonb]") {
    Randomness random(seed());
    JsonbBuilder json;
    for (int i = 0; i < 2'000; ++i) {
        check(random_text(random, 4), json);
    }
}

TEST_CASE("integers are built as numerics", "[jsonb]") {
    JsonbBuilder json;
    Randomness random(seed());
    std::vector<std::uint64_t> magnitudes{
        0,          1,           9'999,
        10'000,     10'001,      100'000'000,
        99'990'000, 100'000'001, std::numeric_limits<std::uint64_t>::max()};
    for (int i = 0; i < 1'000; ++i) {
        magnitudes.push_back(random.bits(static_cast<unsigned>(random.between(1, 64))));
    }
    for (const std::uint64_t magnitude : magnitudes) {
        for (const bool negative : {false, true}) {
            const std::string text =
                (negative && magnitude > 0 ? "-" : "") + std::to_string(magnitude);
            INFO(text);
            json.clear();
            json.integer(negative, magnitude);
            const std::span<const std::uint8_t> built = json.finish();
            CHECK(std::vector<std::uint8_t>(built.begin(), built.end()) == parse_json(text));
        }
    }
}

}  // namespace onetrip::jsonb::test
