#include "jsonb/numeric.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "bytes.hpp"
#include "jsonb/json_parser.hpp"
#include "jsonb/jsonb.hpp"
#include "native_order.hpp"

namespace onetrip::jsonb::test {

namespace {

struct Answer {
    IntegerResult result;
    bool negative = false;
    std::uint64_t magnitude = 0;

    bool operator==(const Answer&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Answer& answer) {
    return out << static_cast<int>(answer.result) << (answer.negative ? " -" : " ")
               << answer.magnitude;
}

constexpr IntegerResult integer = IntegerResult::integer;
constexpr std::uint64_t highest = std::numeric_limits<std::uint64_t>::max();

Answer answer_of(const Numeric& numeric) {
    Integer integer{true, 12345};
    const IntegerResult result = numeric.to_integer(integer);
    if (result == IntegerResult::integer)
        return {result, integer.negative, integer.magnitude};
    CHECK(integer.negative);
    CHECK(integer.magnitude == 12345);
    return {result};
}

Answer to_integer(std::string_view hex) {
    const OddCopy copy(native_numeric(from_hex(hex)));
    return answer_of(Numeric(copy.span()));
}

std::string to_text(std::string_view hex) {
    const OddCopy copy(native_numeric(from_hex(hex)));
    return Numeric(copy.span()).to_text();
}

Numeric parse(const std::string& text, Bytes& bytes) {
    bytes = parse_json(text);
    return Value::root(bytes).numeric();
}

Answer integer_of(const std::string& text) {
    Bytes bytes;
    const OddCopy copy{parse(text, bytes).data()};
    return answer_of(Numeric(copy.span()));
}

std::string text_of(const std::string& text) {
    Bytes bytes;
    return parse(text, bytes).to_text();
}

}  // namespace

TEST_CASE("numerics written down byte by byte") {
    // NumericShort: 0x8000 | sign 0x2000 | dscale << 7 | weight
    CHECK(to_text("0080") == "0");
    CHECK(to_text("0082") == "0.0000");
    CHECK(to_text("0080 0700") == "7");
    CHECK(to_text("00a0 0700") == "-7");
    CHECK(to_text("0180 0100") == "10000");
    CHECK(to_text("0180 0100 0200") == "10002");
    CHECK(to_text("0081 0100 8813") == "1.50");
    CHECK(to_text("7f82 e803") == "0.1000");
    CHECK(to_text("7e84 0100") == "0.00000001");
    // NumericLong: sign 0x4000 | dscale, weight
    CHECK(to_text("0000 0000 0700") == "7");
    CHECK(to_text("0340 0000 0700") == "-7.000");
    CHECK(to_text("0200 ffff 7b00") == "0.01");
    CHECK(to_text("0000 4000 0100") == '1' + std::string(256, '0'));
}

TEST_CASE("small integers are those with all digits down to the units, of base 10000") {
    const auto small = [](std::string_view hex) {
        const OddCopy copy(native_numeric(from_hex(hex)));
        Integer integer;
        return Numeric(copy.span()).to_small_integer(integer) ? std::to_string(integer.magnitude)
                                                              : std::string("no");
    };
    CHECK(small("0080 0100") == "1");
    CHECK(small("0080 0f27") == "9999");
    CHECK(small("0180 7b00 d711") == "1234567");
    CHECK(small("0280 0100 0200 0300") == "100020003");
    CHECK(small("0380 0f27 0f27 0f27 0f27") == "9999999999999999");
    // Five digits, a sign, a display scale, a digit left out, a fraction, none, NumericLong, NaN
    for (const char* const other :
         {"0480 0100 0000 0000 0000 0100", "00a0 0100", "8080 0100", "0180 0100", "0080 0100 0100",
          "0080", "0000 0000 0100", "00c0", "00", ""}) {
        CAPTURE(other);
        CHECK(small(other) == "no");
    }
}

TEST_CASE("special numerics") {
    CHECK(to_text("00c0") == "NaN");
    CHECK(to_text("00d0") == "Infinity");
    CHECK(to_text("00f0") == "-Infinity");
    for (const char* special : {"00c0", "00d0", "00f0"})
        CHECK(to_integer(special) == Answer{IntegerResult::not_a_number});
    CHECK(Numeric().to_text() == "NaN");
    CHECK(to_integer("") == Answer{IntegerResult::not_a_number});
    CHECK(to_integer("0000") == Answer{IntegerResult::not_a_number});
}

TEST_CASE("whole numbers") {
    CHECK(integer_of("0") == Answer{integer, false, 0});
    CHECK(integer_of("-0") == Answer{integer, false, 0});
    CHECK(integer_of("-0.00") == Answer{integer, false, 0});
    CHECK(integer_of("1.0") == Answer{integer, false, 1});
    CHECK(integer_of("100.00") == Answer{integer, false, 100});
    CHECK(integer_of("-65535") == Answer{integer, true, 65535});
    CHECK(integer_of("1e4") == Answer{integer, false, 10000});
    CHECK(integer_of("1e19") == Answer{integer, false, 10000000000000000000U});
    CHECK(integer_of("9999999999999999") == Answer{integer, false, 9999999999999999U});
    CHECK(integer_of("10000000000000000") == Answer{integer, false, 10000000000000000U});
    CHECK(integer_of("18446744073709551615") == Answer{integer, false, highest});
    CHECK(integer_of("-18446744073709551615") == Answer{integer, true, highest});
    CHECK(integer_of("18446744073709551615.000") == Answer{integer, false, highest});
}

TEST_CASE("numbers that are no integers of 64 bits") {
    CHECK(integer_of("18446744073709551616") == Answer{IntegerResult::too_large});
    CHECK(integer_of("18446744073709559999") == Answer{IntegerResult::too_large});
    CHECK(integer_of("-18446744073709551616") == Answer{IntegerResult::too_large});
    CHECK(integer_of("99999999999999999999") == Answer{IntegerResult::too_large});
    CHECK(integer_of("1e20") == Answer{IntegerResult::too_large});
    CHECK(integer_of("1e131071") == Answer{IntegerResult::too_large});
    CHECK(integer_of("0.5") == Answer{IntegerResult::fraction});
    CHECK(integer_of("-1.0001") == Answer{IntegerResult::fraction});
    CHECK(integer_of("1e-16383") == Answer{IntegerResult::fraction});
    CHECK(integer_of("18446744073709551616.5") == Answer{IntegerResult::fraction});
}

TEST_CASE("zeros that numeric.c would have stripped change nothing") {
    CHECK(to_integer("0180 0000 0700") == Answer{integer, false, 7});
    CHECK(to_integer("0080 0700 0000") == Answer{integer, false, 7});
    CHECK(to_integer("0580 0000 0700") == Answer{integer, false, 70000000000000000U});
    CHECK(to_integer("00a0 0000") == Answer{integer, false, 0});
    CHECK(to_integer("0040 ff7f 0000") == Answer{integer, false, 0});
}

TEST_CASE("the text keeps the scale") {
    CHECK(text_of("1e2") == "100");
    CHECK(text_of("1.5e-3") == "0.0015");
    CHECK(text_of("0.1000") == "0.1000");
    CHECK(text_of("-12.50") == "-12.50");
    CHECK(text_of("1.50e1") == "15.0");
    CHECK(text_of("0e-3") == "0.000");
    CHECK(text_of("1e400") == '1' + std::string(400, '0'));
    CHECK(text_of("1e-300") == "0." + std::string(299, '0') + '1');
}

TEST_CASE("numerics as the server makes them") {
    const Bytes vectors = parse_json(read_vectors("numeric.json"));
    std::size_t count = 0;
    for (const Value row : Value::root(vectors).array()) {
        const std::string text(row.object().find("numeric")->string());
        const std::string hex(row.object().find("bytes")->string());
        CAPTURE(text);
        CHECK(to_text(hex) == text);
        if (text.find_first_of("NI") == std::string::npos) {
            Bytes bytes;
            CHECK(to_hex(parse(text, bytes).data()) == to_hex(native_numeric(from_hex(hex))));
        }
        ++count;
    }
    CHECK(count > 100);
}

TEST_CASE("64-bit integers come back from their text") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 20000; ++round) {
        const std::uint64_t magnitude = random() >> (random() % 64);
        const bool negative = random() % 2 == 1 && magnitude != 0;
        const std::string text = (negative ? "-" : "") + std::to_string(magnitude);
        CAPTURE(text);
        REQUIRE(integer_of(text) == Answer{integer, negative, magnitude});
        REQUIRE(text_of(text) == text);
        REQUIRE(integer_of(text + ".000") == Answer{integer, negative, magnitude});
        REQUIRE(integer_of(text + ".0001") == Answer{IntegerResult::fraction});
    }
}

}  // namespace onetrip::jsonb::test
