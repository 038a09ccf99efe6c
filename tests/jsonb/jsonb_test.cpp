#include "jsonb/jsonb.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bytes.hpp"
#include "jsonb/json_parser.hpp"
#include "native_order.hpp"

namespace onetrip::jsonb::test {

namespace {

std::string number(std::uint32_t word) {
    std::string bytes(sizeof word, '\0');
    std::memcpy(bytes.data(), &word, sizeof word);
    return bytes;
}

Bytes document(const std::string& bytes) {
    return {bytes.begin(), bytes.end()};
}

constexpr std::uint32_t has_off = 0x80000000;
constexpr std::uint32_t array_header = 0x40000000;
constexpr std::uint32_t object_header = 0x20000000;

/// An array of the strings "", "x", "xx" … with an offset in the JEntrys that `offset_at` names.
template <typename OffsetAt>
Bytes array_of_strings(std::uint32_t count, OffsetAt offset_at) {
    std::string entries;
    std::string data;
    for (std::uint32_t index = 0; index < count; ++index) {
        const std::uint32_t length = index % 7;
        data += std::string(length, static_cast<char>('a' + index % 26));
        const auto end = static_cast<std::uint32_t>(data.size());
        entries += number(offset_at(index) ? has_off | end : length);
    }
    return document(number(array_header | count) + entries + data);
}

/// An object of the keys "000", "001" … whose values are strings that repeat the key.
template <typename OffsetAt>
Bytes object_of_strings(std::uint32_t count, OffsetAt offset_at) {
    std::string entries;
    std::string data;
    for (std::uint32_t index = 0; index < 2 * count; ++index) {
        const std::string digits = std::to_string(1000 + index % count).substr(1);
        data += index < count ? digits : digits + digits;
        const auto end = static_cast<std::uint32_t>(data.size());
        entries += number(offset_at(index) ? has_off | end : index < count ? 3 : 6);
    }
    return document(number(object_header | count) + entries + data);
}

template <typename OffsetAt>
void check_array(std::uint32_t count, OffsetAt offset_at) {
    const OddCopy copy(array_of_strings(count, offset_at));
    const Array array = Value::root(copy.span()).array();
    REQUIRE(array.size() == count);
    std::uint32_t index = 0;
    for (const Value element : array) {
        REQUIRE(element.kind() == Kind::string);
        REQUIRE(element.string() == std::string(index % 7, static_cast<char>('a' + index % 26)));
        ++index;
    }
    REQUIRE(index == count);
}

template <typename OffsetAt>
void check_object(std::uint32_t count, OffsetAt offset_at) {
    const OddCopy copy(object_of_strings(count, offset_at));
    const Object object = Value::root(copy.span()).object();
    REQUIRE(object.size() == count);
    std::uint32_t index = 0;
    for (const Member member : object) {
        const std::string digits = std::to_string(1000 + index++).substr(1);
        REQUIRE(member.key == digits);
        REQUIRE(member.value.string() == digits + digits);
        REQUIRE(object.find(digits)->string() == digits + digits);
    }
    REQUIRE(index == count);
    for (const char* absent : {"", "0", "00", "00a", "999", "0000", "\xff\xff\xff"})
        REQUIRE_FALSE(object.find(absent));
}

}  // namespace

TEST_CASE("a scalar at the root is the scalar") {
    const auto root = [](const Bytes& bytes) { return Value::root(bytes); };
    // An array of one with JB_FSCALAR, its JEntry with JENTRY_HAS_OFF, the data.
    const Bytes null = native_document(from_hex("01000050 000000c0"));
    const Bytes no = native_document(from_hex("01000050 000000a0"));
    const Bytes yes = native_document(from_hex("01000050 000000b0"));
    const Bytes text = native_document(from_hex("01000050 03000080 616263"));
    const Bytes empty = native_document(from_hex("01000050 00000080"));
    const Bytes seven = native_document(from_hex("01000050 08000090 20000000 0080 0700"));

    CHECK(root(null).kind() == Kind::null);
    CHECK(root(no).kind() == Kind::boolean);
    CHECK_FALSE(root(no).boolean());
    CHECK(root(yes).kind() == Kind::boolean);
    CHECK(root(yes).boolean());
    CHECK(root(text).kind() == Kind::string);
    CHECK(root(text).string() == "abc");
    CHECK(root(empty).kind() == Kind::string);
    CHECK(root(empty).string().empty());
    CHECK(root(seven).kind() == Kind::numeric);
    CHECK(to_hex(root(seven).data()) == to_hex(native_numeric(from_hex("0080 0700"))));
    CHECK(root(seven).numeric().to_text() == "7");
}

TEST_CASE("null is what a default value and no bytes are") {
    CHECK(Value().kind() == Kind::null);
    CHECK(Value::root({}).kind() == Kind::null);
    CHECK(Array().begin() == Array().end());
    CHECK(Object().begin() == Object().end());
    CHECK_FALSE(Object().find("a"));
}

TEST_CASE("empty containers") {
    const Bytes array = native_document(from_hex("00000040"));
    const Bytes object = native_document(from_hex("00000020"));
    REQUIRE(Value::root(array).kind() == Kind::array);
    CHECK(Value::root(array).array().size() == 0);
    CHECK(Value::root(array).array().begin() == Value::root(array).array().end());
    REQUIRE(Value::root(object).kind() == Kind::object);
    CHECK(Value::root(object).object().size() == 0);
    CHECK(Value::root(object).object().begin() == Value::root(object).object().end());
    CHECK_FALSE(Value::root(object).object().find(""));
}

// {"a": 1, "bb": [true, null], "cc": "x"}
TEST_CASE("keys, padding, a numeric and a container inside an object") {
    const OddCopy copy(native_document(
        from_hex("03000020 01000080 02000000 02000000"  // header; lengths of "a", "bb", "cc"
                 "0b000010 0c000050 01000000"           // 3 of padding + 8; 12; 1
                 "61 6262 6363 000000"                  // the keys; padding of the numeric
                 "20000000 0080 0100"                   // varlena header, NumericShort, digit
                 "02000040 000000b0 00000040 78")));
    const Object object = Value::root(copy.span()).object();
    REQUIRE(object.size() == 3);
    std::string keys;
    for (const auto& [key, value] : object)
        keys += std::string(key) + ' ';
    CHECK(keys == "a bb cc ");

    CHECK(object.find("a")->numeric().to_text() == "1");
    CHECK(object.find("cc")->string() == "x");
    const Value list = *object.find("bb");
    REQUIRE(list.kind() == Kind::array);
    std::vector<Kind> kinds;
    for (const Value element : list.array())
        kinds.push_back(element.kind());
    CHECK(kinds == std::vector{Kind::boolean, Kind::null});
    CHECK_FALSE(object.find("b"));
    CHECK_FALSE(object.find("ba"));
    CHECK_FALSE(object.find("dd"));
    CHECK_FALSE(object.find("ccc"));
}

TEST_CASE("a container's bytes are a document of their own") {
    const Bytes nested = native_document(from_hex("01000040 0c0000d0 01000020 00000080 00000040"));
    const Value inner = *Value::root(nested).array().begin();
    REQUIRE(inner.kind() == Kind::object);
    const Value again = Value::root(inner.data());
    REQUIRE(again.kind() == Kind::object);
    CHECK(again.object().find("")->kind() == Kind::null);
}

TEST_CASE("offsets stand where JENTRY_HAS_OFF says, not at every 32nd") {
    for (const std::uint32_t count : {1, 31, 32, 33, 63, 64, 65, 66, 200}) {
        CAPTURE(count);
        const auto as_the_server = [](std::uint32_t index) { return index % 32 == 0; };
        const auto never = [](std::uint32_t) { return false; };
        const auto always = [](std::uint32_t) { return true; };
        const auto odd_stride = [](std::uint32_t index) { return index % 5 == 3; };
        check_array(count, as_the_server);
        check_array(count, never);
        check_array(count, always);
        check_array(count, odd_stride);
        check_object(count, as_the_server);
        check_object(count, never);
        check_object(count, always);
        check_object(count, odd_stride);
    }
}

TEST_CASE("an object of two known keys is recognised, and only that") {
    static constexpr PairOfKeys keys("ab", "key");
    Value first;
    Value second;
    std::optional<OddCopy> copy;
    const auto is_pair = [&](const char* text) {
        copy.emplace(parse_json(text));
        return Value::root(copy->span()).is_pair(keys, first, second);
    };
    for (const char* const other :
         {R"({})", R"({"ab": 1})", R"({"key": 1})", R"({"ab": 1, "kez": 2})",
          R"({"ac": 1, "key": 2})", R"({"ab": 1, "ke": 2})", R"({"abc": 1, "key": 2})",
          R"({"ab": 1, "key": 2, "keys": 3})", R"({"a": 0, "ab": 1, "key": 2})", R"(["ab", "key"])",
          R"([1, 2])", R"("ab")", "1", "true", "null"}) {
        CAPTURE(other);
        CHECK_FALSE(is_pair(other));
    }
    CHECK(is_pair(R"({"key": [], "ab": {}})"));
    CHECK(first.kind() == Kind::object);
    CHECK(second.kind() == Kind::array);
    CHECK(is_pair(R"({"key": "a value", "ab": ""})"));
    CHECK(is_pair(R"({"key": true, "ab": null})"));
}

TEST_CASE("the values of a pair are those that find gives") {
    static constexpr PairOfKeys keys("ab", "key");
    const std::vector<std::string> values = {"null",   "true", "false",      R"("")",
                                             R"("x")", "0",    "1234567",    R"("xyz")",
                                             "[]",     "[1]",  R"({"k": 2})"};
    for (const std::string& first : values) {
        for (const std::string& second : values) {
            const OddCopy copy(parse_json(R"({"ab": )" + first + R"(, "key": )" + second + "}"));
            const Value object = Value::root(copy.span());
            Value found[2];
            REQUIRE(object.is_pair(keys, found[0], found[1]));
            const Value expected[] = {*object.object().find("ab"), *object.object().find("key")};
            for (int i = 0; i < 2; ++i) {
                INFO(first << " and " << second << ", value " << i);
                CHECK(found[i].kind() == expected[i].kind());
                CHECK(found[i].boolean() == expected[i].boolean());
                CHECK(to_hex(found[i].data()) == to_hex(expected[i].data()));
            }
        }
    }
}

TEST_CASE("a pair whose values' JEntrys hold offsets is left to others") {
    static constexpr PairOfKeys keys("000", "001");
    Value first;
    Value second;
    for (const std::uint32_t offset_at : {1, 2, 3}) {
        const Bytes bytes = object_of_strings(
            2, [&](std::uint32_t index) { return index == 0 || index == offset_at; });
        CHECK_FALSE(Value::root(bytes).is_pair(keys, first, second));
    }
    const Bytes bytes = object_of_strings(2, [](std::uint32_t index) { return index == 0; });
    REQUIRE(Value::root(bytes).is_pair(keys, first, second));
    CHECK(first.string() == "000000");
    CHECK(second.string() == "001001");
}

TEST_CASE("iterators can be copied and advanced in both styles") {
    const Bytes bytes = array_of_strings(3, [](std::uint32_t index) { return index == 0; });
    const Array array = Value::root(bytes).array();
    Array::Iterator iterator = array.begin();
    const Array::Iterator first = iterator++;
    CHECK((*first).string() == "");
    CHECK((*iterator).string() == "b");
    CHECK((*++iterator).string() == "cc");
    CHECK(++iterator == array.end());
}

}  // namespace onetrip::jsonb::test
