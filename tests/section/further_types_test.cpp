#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "base/float_text.hpp"
#include "base/randomness.hpp"
#include "rows.hpp"
#include "section/decoder.hpp"

namespace onetrip::section::test {

namespace {

std::string decoded_field(const std::string& width_and_type, std::string_view hex) {
    const Plan plan = plan_of(one_field(width_and_type));
    Decoder decoder(plan);
    const std::string row = json_row(decoder, from_hex(hex));
    return row.substr(5, row.size() - 6);
}

std::string written(const std::string& width_and_type, const std::string& json) {
    return section_of_field(width_and_type, Row::of_json(R"({"v":)" + json + "}"));
}

void both_ways(const std::string& width_and_type, const std::string& json, std::string_view hex) {
    CAPTURE(width_and_type, json, hex);
    CHECK(written(width_and_type, json) == hex);
    CHECK(decoded_field(width_and_type, hex) == json);
}

Failure refused(const std::string& width_and_type, const std::string& json) {
    return failure_of_field(width_and_type, Row::of_json(R"({"v":)" + json + "}"));
}

}  // namespace

TEST_CASE("char of any length keeps its spaces") {
    both_ways("* char", R"("Zoé  ")", "5a6fe92020");
    both_ways("* char", R"("")", "");
    both_ways("* char", R"({"hex":"4100"})", "4100");
    CHECK(
        refused("* char", R"("€")").detail ==
        "The value \"€\" has a character that ISO 8859-1 does not have; the field has width * and "
        "type char.");
}

TEST_CASE("utf16 is padded with U+0000 to a fixed width") {
    both_ways("* utf16", R"("Zoé📺")", "005a006f00e9d83ddcfa");
    both_ways("* utf16", R"("a\u000ab")", "0061000a0062");
    both_ways("48 utf16", R"("ab")", "006100620000");
    both_ways("48 utf16", R"("")", "000000000000");
    both_ways("48 utf16", R"({"hex":"006100000062"})", "006100000062");
    both_ways("* utf16", R"({"hex":"0000"})", "0000");
    both_ways("* utf16", R"({"hex":"d800"})", "d800");
    both_ways("* utf16", R"({"hex":"00"})", "00");
    CHECK(refused("32 utf16", R"("abc")").detail ==
          "The value \"abc\" takes 6 bytes, more than 4; the field has 32 bits and type utf16.");
    CHECK(refused("32 utf16", R"("ab  ")").hint ==
          "It ends in spaces, as values of type char(n) do: take them off by rtrim(column).");
    CHECK(refused("32 utf16", R"({"hex":"0061"})").detail ==
          "The value {...} takes 2 bytes, not 4; the field has 32 bits and type utf16.");
}

TEST_CASE("mjd is a date") {
    both_ways("16 mjd", R"("1993-10-13")", "c079");
    both_ways("16 mjd", R"("1948-08-05")", "8000");
    both_ways("16 mjd", R"("2038-04-22")", "ffff");
    both_ways("16 mjd", R"("2128-01-09")", "7fff");
    CHECK(section_of_field("16 mjd", Row().set("v", Value::of_date(-2271))) == "c079");
    const std::string field = "; the field has 16 bits and type mjd.";
    for (const char* date :
         {"1948-08-04", "2128-01-10", "10000-01-01", "0001-01-01 BC", "infinity"}) {
        const Failure failure = refused("16 mjd", "\"" + std::string(date) + "\"");
        CHECK(failure.kind == ErrorKind::time_out_of_range);
        CHECK(failure.detail == "The value \"" + std::string(date) +
                                    "\" is outside 1948-08-05 to 2128-01-09" + field);
    }
    CHECK(refused("16 mjd", R"("2026-02-30")").detail ==
          "The value \"2026-02-30\" is a date that does not exist" + field);
    CHECK(refused("16 mjd", R"("2026-02-03T00:00:00Z")").detail ==
          "The value \"2026-02-03T00:00:00Z\" is not a date of the form 2026-11-28" + field);
    CHECK(refused("16 mjd", "null").kind == ErrorKind::null_not_allowed);
    const Failure infinite =
        failure_of_field("16 mjd", Row().instant("v", std::numeric_limits<std::int64_t>::max()));
    CHECK(infinite.kind == ErrorKind::time_out_of_range);
    CHECK(failure_of_field("16 mjd", Row().instant("v", 0)).kind == ErrorKind::invalid_value);
}

TEST_CASE("all 65,536 values of mjd come back") {
    for (unsigned bits = 0; bits <= 0xFFFF; ++bits) {
        const std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(bits >> 8),
                                              static_cast<std::uint8_t>(bits)};
        const std::string hex = to_hex(bytes);
        if (written("16 mjd", decoded_field("16 mjd", hex)) != hex) {
            FAIL(hex);
        }
    }
}

TEST_CASE("inet is an address of the width's family") {
    both_ways("32 inet", R"("239.255.0.1")", "efff0001");
    both_ways("128 inet", R"("::")", "00000000000000000000000000000000");
    both_ways("128 inet", R"("::1")", "00000000000000000000000000000001");
    both_ways("128 inet", R"("::2")", "00000000000000000000000000000002");
    both_ways("128 inet", R"("::1.2.3.4")", "00000000000000000000000001020304");
    both_ways("128 inet", R"("::ffff:1.2.3.4")", "00000000000000000000ffff01020304");
    both_ways("128 inet", R"("2001:db8::1")", "20010db8000000000000000000000001");
    both_ways("128 inet", R"("2001:db8:0:1:1:1:1:1")", "20010db8000000010001000100010001");
    both_ways("128 inet", R"("1:0:0:2::3")", "00010000000000020000000000000003");
    both_ways("128 inet", R"("1::2:0:0:3")", "00010000000000000002000000000003");
    both_ways("128 inet", R"("fe80::")", "fe800000000000000000000000000000");
    CHECK(written("128 inet", R"("2001:DB8:0:0:0:0:0:1")") == "20010db8000000000000000000000001");
    CHECK(written("128 inet", R"("1:2:3:4:5:6:7.8.9.10")") == "0001000200030004000500060708090a");
    CHECK(written("128 inet", R"("::2:3:4:5:6:7:8")") == "00000002000300040005000600070008");
    const std::string field = "; the field has 32 bits and type inet.";
    CHECK(refused("32 inet", R"("10.0.0.0/8")").detail ==
          "The value \"10.0.0.0/8\" has a mask" + field);
    CHECK(refused("32 inet", R"("10.0.0.0/8")").hint ==
          "Send the address alone: host(column)::inet.");
    CHECK(refused("32 inet", R"("::1")").detail ==
          "The value \"::1\" is an address of the other family, not of IPv4" + field);
    for (const char* text :
         {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ", "1.2.3.+4", "01.2.3.1111"}) {
        CHECK(refused("32 inet", "\"" + std::string(text) + "\"").detail ==
              "The value \"" + std::string(text) + "\" is not an address of IPv4" + field);
    }
    for (const char* text :
         {"", ":", ":::", "1:2", "1::2::3", "1:2:3:4:5:6:7:8:9",
          "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7:8", "12345::", "g::", "1:2:3:4:5:6:7:8::", "::1.2.3",
          "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:5", "1:2:3:4::5:6:7:8"}) {
        CAPTURE(text);
        CHECK(refused("128 inet", "\"" + std::string(text) + "\"").detail ==
              "The value \"" + std::string(text) +
                  "\" is not an address of IPv6; the field has 128 bits and type inet.");
    }
    CHECK(failure_of_field("32 inet", Row().text("v", "1.2.3.4")).detail ==
          "The value \"1.2.3.4\" is not an address (inet)" + field);
    CHECK(section_of_field("32 inet", Row().of_kind(Value::Kind::inet, "v", "1.2.3.4")) ==
          "01020304");
}

TEST_CASE("columns of a network's types are shown as they are, or by their type") {
    const auto detail = [](const std::string& type, const Row& row) {
        return failure_of_field(type, row).detail;
    };
    const std::string of_inet = "; the field has 32 bits and type inet.";
    CHECK(detail("32 inet", Row().of_kind(Value::Kind::inet, "v", "10.0.0.0/8")) ==
          "The value 10.0.0.0/8 has a mask" + of_inet);
    CHECK(detail("32 inet", Row().of_kind(Value::Kind::macaddr, "v", "08:00:2b:01:02:03")) ==
          "The value of type macaddr is not an address (inet)" + of_inet);
    CHECK(detail("* text", Row().of_kind(Value::Kind::inet, "v", "10.0.0.1")) ==
          "The value of type inet is not text; the field has width * and type text.");
    CHECK(detail("8 uimsbf", Row().set("v", Value::of_real(Value::Kind::float_4, 1))) ==
          "The value of type real is not an integer or a boolean; the field has 8 bits and type "
          "uimsbf.");
    CHECK(detail("32 float", Row().set("v", Value::of_real(Value::Kind::float_8, 1e39))) ==
          "The value 1e+39 is too large or too small for 32 bits; the field has 32 bits and type "
          "float.");
}

TEST_CASE("macaddr is an address of six bytes") {
    both_ways("48 macaddr", R"("08:00:2b:01:02:03")", "08002b010203");
    CHECK(written("48 macaddr", R"("08-00-2B-01-02-03")") == "08002b010203");
    for (const char* const text :
         {"08002B010203", "08002b:010203", "08002b-010203", "0800.2B01.0203", "0800-2b01-0203"}) {
        CHECK(written("48 macaddr", "\"" + std::string(text) + "\"") == "08002b010203");
    }
    for (const char* text : {"", "08:00:2b:01:02", "08:00:2b:01:02:03:04", "08:00-2b:01:02:03",
                             "08:00:2b:01:02:0g", "8:0:2b:1:2:3"}) {
        CHECK(refused("48 macaddr", "\"" + std::string(text) + "\"").detail ==
              "The value \"" + std::string(text) +
                  "\" is not an address of six bytes, such as 08:00:2b:01:02:03; the field has 48 "
                  "bits "
                  "and type macaddr.");
    }
}

TEST_CASE("float is a number, a word or bytes") {
    both_ways("32 float", "0.1", "3dcccccd");
    both_ways("64 float", "0.1", "3fb999999999999a");
    both_ways("32 float", "0", "00000000");
    both_ways("32 float", R"("Infinity")", "7f800000");
    both_ways("32 float", R"("-Infinity")", "ff800000");
    both_ways("32 float", R"("NaN")", "7fc00000");
    both_ways("64 float", R"("NaN")", "7ff8000000000000");
    both_ways("32 float", R"({"hex":"80000000"})", "80000000");
    both_ways("64 float", R"({"hex":"8000000000000000"})", "8000000000000000");
    both_ways("32 float", R"({"hex":"7fc00001"})", "7fc00001");
    both_ways("32 float", R"({"hex":"ffc00000"})", "ffc00000");
    both_ways("32 float", R"({"hex":"7f800001"})", "7f800001");
    both_ways("64 float", "-1.5", "bff8000000000000");
    CHECK(written("32 float", R"("0.1")") == "3dcccccd");
    CHECK(written("32 float", R"({"hex":"3dcccccd"})") == "3dcccccd");
    const std::string field = "; the field has 32 bits and type float.";
    CHECK(refused("32 float", "1e39").kind == ErrorKind::out_of_range);
    CHECK(
        refused("32 float", "1e-60").detail.find("is too large or too small for 32 bits" + field) !=
        std::string::npos);
    CHECK(refused("32 float", R"("infinity")").detail ==
          "The value \"infinity\" is neither a number nor \"Infinity\", \"-Infinity\" or \"NaN\"" +
              field);
    CHECK(refused("32 float", "true").detail == "The value true is not a number" + field);
    CHECK(refused("32 float", R"({"hex":"00"})").detail ==
          "The value {...} takes 1 byte, not 4" + field);
    CHECK(refused("32 float", R"({"hex":"0"})").detail ==
          "The value {...} is neither a number nor an object with key \"hex\" and pairs of "
          "hexadecimal digits" +
              field);
    CHECK(refused("32 float", "null").kind == ErrorKind::null_not_allowed);
}

TEST_CASE("numbers are printed as PostgreSQL prints them") {
    CHECK(print_float(100000.0F) == "100000");
    CHECK(print_float(1000000.0F) == "1e+06");
    CHECK(print_float(0.0001F) == "0.0001");
    CHECK(print_float(0.00001F) == "1e-05");
    CHECK(print_float(16777216.0F) == "1.6777216e+07");
    CHECK(print_float(100000000000000.0) == "100000000000000");
    CHECK(print_float(1e15) == "1e+15");
    CHECK(print_float(1e100) == "1e+100");
    CHECK(print_float(123456.789) == "123456.789");
    CHECK(print_float(5e-324) == "5e-324");
    // Half way to the next number: PostgreSQL takes one digit more than std::to_chars.
    CHECK(print_float(9007199254740992.0) == "9.007199254740992e+15");
}

TEST_CASE("random numbers come back from their JSON") {
    CAPTURE(seed());
    std::mt19937_64 random(seed());
    for (int round = 0; round < 20'000; ++round) {
        const std::string type = random() % 2 == 0 ? "32 float" : "64 float";
        Bytes bytes(type == "32 float" ? 4 : 8);
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(random());
        }
        const std::string hex = to_hex(bytes);
        CAPTURE(type, hex);
        CHECK(written(type, decoded_field(type, hex)) == hex);
    }
}

TEST_CASE("random addresses come back") {
    CAPTURE(seed());
    std::mt19937_64 random(seed());
    for (int round = 0; round < 10'000; ++round) {
        Bytes bytes(16);
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : 0;
        }
        const std::string hex = to_hex(bytes);
        CHECK(written("128 inet", decoded_field("128 inet", hex)) == hex);
    }
}

TEST_CASE("the new types dissect to what they decode to") {
    const Plan plan = plan_of(
        "x { a 16 mjd; b 32 inet; c 48 macaddr; d 32 float; e 32 utf16; f * dvbtext(8859-15) }");
    Decoder decoder(plan);
    std::string values;
    for (const DissectedField& line : decoder.dissect(from_hex("c07901020304"
                                                               "08002b010203"
                                                               "7149f2ca"
                                                               "00610000"
                                                               "e9"))) {
        values += line.value + "|";
    }
    CHECK(values == R"(1993-10-13|1.2.3.4|08:00:2b:01:02:03|1e+30|"a"|"é"|)");
}

}  // namespace onetrip::section::test
