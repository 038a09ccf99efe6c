#include "section/encoder.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/bits.hpp"
#include "rows.hpp"

namespace onetrip::section::test {

namespace {

/// 4 fixed bytes, then items: part, last part, number of parts, length of the rest.
const std::string parted = R"(x (max 20) {
    part   8  uimsbf  = part()
    last   8  uimsbf  = last_part()
    parts  8  uimsbf  = parts()
    rest   8  uimsbf  = length()
    items  *  tlv(8,8) split
})";

/// So many items of `size` bytes each, tag and length included.
std::string items_of_size(std::size_t count, std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += (i == 0 ? R"({"tag":)" : R"(,{"tag":)") + std::to_string(i + 1) + R"(,"hex":")" +
                repeated("ee", size - 2) + "\"}";
    }
    return "[" + text + "]";
}

/// Those items as they are sent.
std::string sent(std::size_t first, std::size_t count, std::size_t size) {
    std::string text;
    for (std::size_t i = first; i < first + count; ++i) {
        const std::uint8_t head[] = {static_cast<std::uint8_t>(i),
                                     static_cast<std::uint8_t>(size - 2)};
        text += to_hex(head) + repeated("ee", size - 2);
    }
    return text;
}

std::vector<std::string> split(const std::string& layout, const std::string& text) {
    return encode(layout, Row().jsonb("items", text));
}

using Sections = std::vector<std::string>;

std::string uimsbf(const std::string& width, const Row& row) {
    return section_of_field(width + " uimsbf", row);
}

Row value_row(std::int64_t number) {
    Row row;
    row.integer("v", number);
    return row;
}

Row numeric_row(std::string_view digits) {
    Row row;
    row.numeric("v", digits);
    return row;
}

Row text_row(std::string_view text) {
    Row row;
    row.text("v", text);
    return row;
}

Row json_value_row(std::string_view value) {
    return Row::of_json("{\"v\": " + std::string(value) + "}");
}

void check_failure(const std::string& width_and_type, const Row& row, ErrorKind kind,
                   const std::string& fragment) {
    INFO(width_and_type);
    const Failure found = failure_of_field(width_and_type, row);
    CHECK(found.kind == kind);
    CHECK(found.field == "v");
    CHECK_THAT(found.message, Catch::Contains("field \"v\"") && Catch::Contains("layout \"x\""));
    CHECK_THAT(found.detail, Catch::Contains(fragment) && Catch::EndsWith("."));
}

}  // namespace

TEST_CASE("integers", "[encoder]") {
    CHECK(uimsbf("8", value_row(255)) == "ff");
    CHECK(uimsbf("64", value_row(0x0102030405060708)) == "0102030405060708");
    CHECK(uimsbf("64", value_row(9'223'372'036'854'775'807)) == "7fffffffffffffff");
    CHECK(uimsbf("64", numeric_row("18446744073709551615")) == "ffffffffffffffff");
    CHECK(uimsbf("24", numeric_row("1e4")) == "002710");
    CHECK(uimsbf("8", numeric_row("7.00")) == "07");
    CHECK(uimsbf("8", json_value_row("1e2")) == "64");
    CHECK(section("x {\n a 1 uimsbf\n b 7 bslbf\n}", Row().boolean("a", true).boolean("b", true)) ==
          "81");
    CHECK(section_of_field("8 bslbf", json_value_row("true")) == "01");
    CHECK(section_of_field("8 tcimsbf", value_row(-128)) == "80");
    CHECK(section_of_field("8 tcimsbf", value_row(127)) == "7f");
    CHECK(section_of_field("64 tcimsbf", numeric_row("-9223372036854775808")) ==
          "8000000000000000");
    CHECK(section("x {\n a 2 tcimsbf\n b 6 tcimsbf\n}", Row().integer("a", -2).integer("b", -1)) ==
          "bf");
    CHECK(section_of_field("16 bcd", value_row(42)) == "0042");
    CHECK(section_of_field("64 bcd", value_row(9'999'999'999'999'999)) == "9999999999999999");
}

TEST_CASE("a field leaves its neighbours alone, and what lies after the section", "[encoder]") {
    for (unsigned width = 1; width <= 64; ++width) {
        for (unsigned behind = 0; behind <= 9; ++behind) {
            const unsigned rest = (64 - width) % 8;
            const std::string layout =
                "x (max " + std::to_string(1 + (width + rest) / 8 + behind) +
                ") {\n a 8 uimsbf = 0x5a\n v " + std::to_string(width) + " uimsbf\n" +
                (rest > 0 ? " r " + std::to_string(rest) + " bslbf = 0\n" : std::string()) +
                (behind > 0 ? " t " + std::to_string(behind * 8) + " text\n" : std::string()) + "}";
            if (1 + (width + rest) / 8 + behind < 3) {
                continue;
            }
            const std::uint64_t number = largest_unsigned(std::min(width, 63U));
            Row row;
            row.integer("v", static_cast<std::int64_t>(number)).text("t", std::string(behind, 'u'));
            std::uint8_t bytes[8];
            store_unsigned<std::uint64_t>(bytes, number << (64 - width));
            INFO(layout);
            CHECK(section(layout, row) ==
                  "5a" + to_hex({bytes, (width + rest) / 8}) + repeated("75", behind));
        }
    }
}

TEST_CASE("integers out of range", "[encoder]") {
    constexpr ErrorKind range = ErrorKind::out_of_range;
    check_failure("8 uimsbf", value_row(256), range, "256 is outside 0 to 255");
    check_failure("8 uimsbf", value_row(-1), range, "-1 is outside 0 to 255");
    check_failure("64 uimsbf", value_row(-1), range, "-1");
    check_failure("64 uimsbf", numeric_row("18446744073709551616"), range, "64 bits");
    check_failure("8 uimsbf", json_value_row("1e400"), range, "");
    check_failure("8 bslbf", value_row(256), range, "8 bits");
    check_failure("8 tcimsbf", value_row(128), range, "-128 to 127");
    check_failure("8 tcimsbf", value_row(-129), range, "-128 to 127");
    check_failure("64 tcimsbf", numeric_row("9223372036854775808"), range, "9223372036854775807");
    check_failure("64 tcimsbf", numeric_row("-9223372036854775809"), range, "-9223372036854775808");
    check_failure("8 bcd", value_row(100), range, "0 to 99");
    check_failure("8 bcd", value_row(-1), range, "0 to 99");
    check_failure("64 bcd", value_row(10'000'000'000'000'000), range, "9999999999999999");
}

TEST_CASE("what is no integer", "[encoder]") {
    constexpr ErrorKind invalid = ErrorKind::invalid_value;
    check_failure("8 uimsbf", numeric_row("1.5"), invalid, "fraction");
    check_failure("8 uimsbf", json_value_row("0.1"), invalid, "fraction");
    check_failure("8 uimsbf", text_row("1"), invalid, "\"1\"");
    check_failure("8 uimsbf", json_value_row("\"1\""), invalid, "\"1\"");
    check_failure("8 uimsbf", json_value_row("[1]"), invalid, "[...]");
    check_failure("8 uimsbf", json_value_row("{}"), invalid, "{...}");
    check_failure("8 tcimsbf", json_value_row("true"), invalid, "true");
    check_failure("8 bcd", json_value_row("false"), invalid, "false");
    check_failure("8 tcimsbf", Row().boolean("v", true), invalid, "true");
    check_failure("8 uimsbf", Row().jsonb("v", "1"), invalid, "");
    check_failure("8 uimsbf", Row().instant("v", 0), invalid, "2000-01-01");
    check_failure("8 uimsbf", Row().of_kind(Value::Kind::unsupported, "v", "real"), invalid,
                  "type real");
}

TEST_CASE("NULL where none is allowed, and keys that are not there", "[encoder]") {
    for (const char* const type :
         {"8 uimsbf", "8 tcimsbf", "8 bslbf", "8 bcd", "24 duration", "8 char", "8 text", "* text",
          "* dvbtext", "8 bytes", "* bytes"}) {
        check_failure(type, Row().null("v"), ErrorKind::null_not_allowed, "NULL");
        check_failure(type, json_value_row("null"), ErrorKind::null_not_allowed, "NULL");
        check_failure(type, Row::of_json("{\"V\": 1}"), ErrorKind::null_not_allowed, "key");
    }
    for (const char* const type : {"40 utc", "* tlv(8,8)"}) {
        CHECK_NOTHROW(section_of_field(type, Row().null("v")));
        check_failure(type, Row::of_json("{}"), ErrorKind::null_not_allowed, "key");
    }
}

TEST_CASE("char is ISO 8859-1, padded with spaces", "[encoder]") {
    CHECK(section_of_field("24 char", text_row("é")) == "e92020");
    CHECK(section_of_field("24 char", text_row("")) == "202020");
    CHECK(section_of_field("24 char", text_row("ÿ\x01 ")) == "ff0120");
    CHECK(section_of_field("16 char", json_value_row("\"é\"")) == "e920");
    CHECK(section_of_field("16 char", json_value_row(R"({"hex": "4120"})")) == "4120");
    check_failure("16 char", text_row("éé "), ErrorKind::invalid_value, "3 characters");
    CHECK(failure_of_field("16 char", text_row("é  ")).hint.find("rtrim") != std::string::npos);
    CHECK(failure_of_field("16 text", text_row("ab ")).hint.find("rtrim") != std::string::npos);
    CHECK(failure_of_field("16 char", text_row("abc ")).hint.empty());
    check_failure("16 char", text_row("€"), ErrorKind::invalid_value, "8859-1");
    check_failure("16 char", text_row("Ā"), ErrorKind::invalid_value, "8859-1");
    check_failure("16 char", json_value_row(R"({"hex": "41"})"), ErrorKind::invalid_value,
                  "1 byte, not 2");
    check_failure("16 char", json_value_row(R"({"hex": "4"})"), ErrorKind::invalid_value, "hex");
    check_failure("16 char", json_value_row(R"({"hex": "4142", "x": 1})"), ErrorKind::invalid_value,
                  "hex");
    check_failure("16 char", json_value_row("1"), ErrorKind::invalid_value, "1");
}

TEST_CASE("char of every size, next to constants and within a byte", "[encoder]") {
    for (const std::size_t size : {1, 2, 7, 8, 9, 16}) {
        const std::string width = std::to_string(size * 8);
        const std::string framed =
            "x {\n a 8 uimsbf = 0xaa\n v " + width + " char\n b 16 uimsbf = 0xbbcc\n}";
        const std::string shifted =
            "x {\n a 4 bslbf = 0xa\n v " + width + " char\n b 4 bslbf = 0xb\n}";
        for (std::size_t used = 0; used <= size; ++used) {
            const std::string padding = repeated("20", size - used);
            INFO(framed << " with " << used << " characters");
            const std::string ascii(used, 'e');
            CHECK(section(framed, text_row(ascii)) ==
                  "aa" + repeated("65", used) + padding + "bbcc");
            CHECK(section(shifted, text_row(ascii)) == "a" + repeated("65", used) + padding + "b");
            const std::string accents = repeated("é", used);
            CHECK(section(framed, text_row(accents)) ==
                  "aa" + repeated("e9", used) + padding + "bbcc");
            CHECK(section(shifted, text_row(accents)) ==
                  "a" + repeated("e9", used) + padding + "b");
        }
        check_failure(width + " char", text_row(std::string(size + 1, 'e')),
                      ErrorKind::invalid_value, std::to_string(size + 1) + " characters");
    }
}

TEST_CASE("a text is no char of another type", "[encoder]") {
    check_failure("8 uimsbf", text_row(""), ErrorKind::invalid_value, "integer");
    check_failure("40 utc", text_row(""), ErrorKind::invalid_value, "");
    check_failure("8 text", text_row(""), ErrorKind::invalid_value, "0 bytes, not 1");
    check_failure("8 bytes", text_row("a"), ErrorKind::invalid_value, "bytea");
}

TEST_CASE("of several bad values the first in the layout is reported", "[encoder]") {
    const std::string layout = "x {\n a 8 uimsbf\n b 8 char\n c 40 utc\n d 4 bslbf\n e 4 bslbf\n}";
    Row row;
    row.integer("a", 256).text("b", "bb").null("c").integer("d", 16).integer("e", -1);
    for (const char* const field : {"a", "b", "d", "e"}) {
        CHECK(failure(layout, row).field == field);
        row.integer(field, 1);
        if (std::string_view(field) == "b") {
            row.text("b", "b");
        }
    }
    CHECK(section(layout, row) == "0162ffffffffff11");
}

TEST_CASE("text, dvbtext and bytes", "[encoder]") {
    CHECK(section_of_field("* text", text_row("aé€😀")) == "61c3a9e282acf09f9880");
    CHECK(section_of_field("16 text", text_row("é")) == "c3a9");
    CHECK(section_of_field("* text", json_value_row(R"({"hex": "FF00"})")) == "ff00");
    check_failure("16 text", text_row("e"), ErrorKind::invalid_value, "1 byte, not 2");
    check_failure("16 text", text_row("eee"), ErrorKind::invalid_value, "3 bytes, not 2");
    check_failure("* text", Row().of_kind(Value::Kind::malformed_text, "v", "\xff"),
                  ErrorKind::invalid_value, "not valid UTF-8");
    check_failure("* text", Row().bytes("v", "00"), ErrorKind::invalid_value, "not text");
    CHECK(section_of_field("* dvbtext", text_row(" ~")) == "207e");
    CHECK(section_of_field("* dvbtext", text_row("")).empty());
    CHECK(section_of_field("* dvbtext", text_row("é")) == "15c3a9");
    CHECK(section_of_field("* dvbtext", text_row("a\n")) == "15610a");
    CHECK(section_of_field("* dvbtext", text_row("\x7f")) == "157f");
    CHECK(section_of_field("* dvbtext", json_value_row(R"({"hex": "05ff"})")) == "05ff");
    CHECK(section_of_field("* bytes", Row().bytes("v", "00ff")) == "00ff");
    CHECK(section_of_field("* bytes", json_value_row(R"("\\x00fF")")) == "00ff");
    CHECK(section_of_field("16 bytes", json_value_row("\"00ff\"")) == "00ff");
    CHECK(section_of_field("* bytes", json_value_row("\"\"")).empty());
    check_failure("16 bytes", Row().bytes("v", "00"), ErrorKind::invalid_value, "1 byte, not 2");
    check_failure("* bytes", json_value_row("\"0\""), ErrorKind::invalid_value, "hexadecimal");
    check_failure("* bytes", json_value_row("\"\\\\\\\\x00\""), ErrorKind::invalid_value,
                  "hexadecimal");
    check_failure("* bytes", json_value_row(R"({"hex": "00"})"), ErrorKind::invalid_value, "bytea");
    check_failure("* bytes", text_row("00"), ErrorKind::invalid_value, "bytea");
}

TEST_CASE("a timestamp without time zone gets a hint", "[encoder]") {
    Row row;
    row.of_kind(Value::Kind::local_time, "v", "timestamp without time zone");
    const Failure found = failure_of_field("40 utc", row);
    CHECK(found.kind == ErrorKind::invalid_value);
    CHECK_THAT(found.hint, Catch::Contains("AT TIME ZONE"));
}

TEST_CASE("fields that begin within a byte", "[encoder]") {
    CHECK(section("x {\n a 3 bslbf\n v 16 bytes\n b 5 bslbf\n}",
                  Row().integer("a", 5).bytes("v", "ffa5").integer("b", 9)) == "bff4a9");
    CHECK(section("x {\n a 1 bslbf\n v 24 char\n b 7 bslbf = 0x7f\n}",
                  Row().integer("a", 0).text("v", "é")) == "7490107f");
    CHECK(section("x {\n a 4 bslbf = 0xf\n v 40 utc\n w 24 duration\n b 4 bslbf = 0xf\n}",
                  Row().null("v").interval("w", {0, 1, 0})) == "fffffffffff240000f");
    CHECK(section("x {\n t * text\n a 5 bslbf = 1\n v 8 text\n b 3 bslbf = 1\n}",
                  Row().text("t", "zz").text("v", "A")) == "7a7a0a09");
}

TEST_CASE("constants, sources that fields share, lengths and offsets", "[encoder]") {
    CHECK(section("x {\n a 8 uimsbf = s\n b 16 uimsbf = s\n c 8 bcd = s\n}",
                  Row().integer("s", 12)) == "0c000c12");
    CHECK(section("x {\n l 8 uimsbf = length()\n e 8 uimsbf = offset(m)\n a 16 uimsbf = length(t)\n"
                  " f 8 uimsbf = length(l)\n t * text\n m:\n b 8 uimsbf = length()\n}",
                  Row().text("t", "abc")) ==
          "0808000301616263"
          "00");
    CHECK(section("x {\n m:\n a 8 uimsbf = offset(m)\n b 8 uimsbf = offset(n)\n n:\n}", Row()) ==
          "0002");
    CHECK(section("x {\n t * text\n a 4 bslbf = 0xf\n b 12 uimsbf = length(t)\n"
                  " c 4 bslbf = 0xa\n d 4 uimsbf = offset(m)\n m:\n}",
                  Row().text("t", "zzz")) == "7a7a7af003a6");
}

TEST_CASE("a length or offset that does not fit", "[encoder]") {
    const auto found = [](const std::string& source) {
        return failure("x {\n n 4 uimsbf = " + source + "\n z 4 bslbf = 0\n v * text\n m:\n}",
                       Row().text("v", std::string(16, 'a')));
    };
    for (const char* const source : {"length(v)", "offset(m)"}) {
        CHECK(found(source).kind == ErrorKind::out_of_range);
        CHECK(found(source).field == "n");
        CHECK_THAT(found(source).detail, Catch::Contains(source) && Catch::Contains("0 to 15"));
    }
    CHECK(section("x {\n n 4 uimsbf = length(v)\n z 4 bslbf = 0\n v * bytes\n}",
                  Row().bytes("v", repeated("01", 15))) == "f0" + repeated("01", 15));
}

TEST_CASE("checksums cover what stands before them", "[encoder]") {
    CHECK(section("x {\n v * text\n c 32 rpchof\n}", text_row("123456789")) ==
          "313233343536373839"
          "0376e6e7");
    CHECK(section("x {\n c 32 rpchof\n}", Row()) == "ffffffff");
    // After data with their own CRC_32 the register is 0, and so is its CRC_32.
    CHECK(section("x {\n v * text\n c 32 rpchof\n d 32 rpchof\n e 8 uimsbf = length()\n"
                  " g 32 rpchof\n}",
                  text_row("123456789"))
              .substr(0, 36) == "3132333435363738390376e6e70000000004");
    CHECK(section("x {\n n 8 uimsbf = length()\n v * text\n c 32 rpchof\n}", text_row("")) ==
          "04" + section("x {\n k 8 uimsbf = 4\n c 32 rpchof\n}", Row()).substr(2));
}

TEST_CASE("a section of no bytes", "[encoder]") {
    CHECK(encode("x {\n v * text\n}", text_row("")) == Sections{""});
    CHECK(encode("x {\n v * tlv(8,8) split\n}", Row().null("v")) == Sections{""});
}

TEST_CASE("the largest section", "[encoder]") {
    const std::string full(4095, 'a');
    CHECK(section("x {\n a 8 uimsbf = 1\n v * text\n}", text_row(full)).size() == 8192);
    const Failure found = failure("x {\n a 8 uimsbf = 1\n v * text\n}", text_row(full + "a"));
    CHECK(found.kind == ErrorKind::invalid_value);
    CHECK(found.field == "v");
    CHECK_THAT(found.detail, Catch::Contains("4096 bytes"));
    CHECK(section("x (max 3) {\n a 16 uimsbf = 1\n v * text\n}", text_row("z")) == "00017a");
    CHECK(failure("x (max 3) {\n a 16 uimsbf = 1\n v * text\n}", text_row("zz")).field == "v");
    CHECK(failure("x (max 8) {\n n 8 uimsbf = length(v)\n v * text\n w * text\n c 32 rpchof\n}",
                  text_row("zz").text("w", "zz"))
              .field == "w");
    CHECK(encode("x (max 8) {\n n 8 uimsbf = length(v)\n v * text\n w * text\n c 32 rpchof\n}",
                 text_row("zz").text("w", "z"))
              .front()
              .size() == 16);
}

TEST_CASE("a row that fits is not split", "[split]") {
    CHECK(split(parted, "[]") == Sections{"00000100"});
    CHECK(split(parted, items_of_size(2, 8)) == Sections{"00000110" + sent(1, 2, 8)});
    CHECK(split(parted, items_of_size(1, 16)) == Sections{"00000110" + sent(1, 1, 16)});
}

TEST_CASE("a row that does not fit is split into full sections", "[split]") {
    CHECK(split(parted, items_of_size(3, 8)) ==
          Sections{"00010210" + sent(1, 2, 8), "01010208" + sent(3, 1, 8)});
    CHECK(split(parted, items_of_size(4, 7)) ==
          Sections{"0001020e" + sent(1, 2, 7), "0101020e" + sent(3, 2, 7)});
    CHECK(split(parted, items_of_size(2, 9)) ==
          Sections{"00010209" + sent(1, 1, 9), "01010209" + sent(2, 1, 9)});
    CHECK(split(parted, items_of_size(3, 16)) == Sections{"00020310" + sent(1, 1, 16),
                                                          "01020310" + sent(2, 1, 16),
                                                          "02020310" + sent(3, 1, 16)});
}

TEST_CASE("items are not moved to fill a section", "[split]") {
    CHECK(split(parted, R"([{"tag":1,"hex":"eeeeee"},{"tag":2,"hex":")" + repeated("ee", 10) +
                            R"("},{"tag":3,"value":null}])") ==
          Sections{"00010205"
                   "0103eeeeee",
                   "0101020e"
                   "020a" +
                       repeated("ee", 10) + "0300"});
}

TEST_CASE("an object is split in order of tag", "[split]") {
    CHECK(split(parted, R"({"9":")" + std::string(7, 'z') + R"(","10":")" + std::string(7, 'z') +
                            "\"}") == Sections{"00010209"
                                               "0907" +
                                                   repeated("7a", 7),
                                               "01010209"
                                               "0a07" +
                                                   repeated("7a", 7)});
    Row json;
    json.json("items", items_of_size(3, 8));
    CHECK(encode(parted, json) == split(parted, items_of_size(3, 8)));
}

TEST_CASE("an item that fits no section", "[split]") {
    for (const std::string& text :
         {items_of_size(1, 17), "[{\"tag\":1,\"value\":null}," + items_of_size(1, 17).substr(1)}) {
        const Failure found = failure(parted, Row().jsonb("items", text));
        CHECK(found.kind == ErrorKind::invalid_value);
        CHECK(found.field == "items");
        CHECK_THAT(found.detail, Catch::Contains("item with tag 1") && Catch::Contains("16 bytes"));
    }
    const std::string no_room = "x (max 3) {\n a 24 uimsbf = 1\n items * tlv(8,8) split\n}";
    CHECK(failure(no_room, Row().jsonb("items", "{\"1\":null}")).field == "items");
}

TEST_CASE("a bad item after the first section", "[split]") {
    const std::string text = items_of_size(4, 8);
    CollectingSink sink;
    const Plan layout = plan_of(parted);
    Row row;
    row.jsonb("items", text.substr(0, text.size() - 1) + ",{\"tag\":256,\"value\":1}]");
    Encoder encoder(layout);
    CHECK_THROWS_AS(encoder.encode(row.values(layout), sink, Splitting::allowed), FieldError);
    CHECK(sink.sections.empty());
}

TEST_CASE("a row that may not be split", "[split]") {
    const Failure found =
        failure(parted, Row().jsonb("items", items_of_size(3, 8)), Splitting::refused);
    CHECK(found.kind == ErrorKind::invalid_value);
    CHECK(found.field == "items");
    CHECK_THAT(found.detail, Catch::Contains("several sections"));
    CHECK(encode(parted, Row().jsonb("items", items_of_size(2, 8)), Splitting::refused).size() ==
          1);
}

TEST_CASE("fields after the split field are repeated at their new places", "[split]") {
    const std::string layout = R"(x (max 24) {
        l  8  uimsbf  = length()
        n  8  uimsbf  = length(i)
        t  8  uimsbf  = length(text)
        o  8  uimsbf  = offset(m)
        i  *  tlv(8,8) split
      m:
        k  8  uimsbf  = 0xcc
        text * text
        p  4  uimsbf  = part()
        q  4  uimsbf  = parts()
        e  8  uimsbf  = offset(end)
        c  32 rpchof
      end:
    })";
    Row row;
    row.jsonb("i", items_of_size(3, 8)).text("text", "abc");
    const Sections sections = encode(layout, row);
    REQUIRE(sections.size() == 3);
    for (std::size_t part = 0; part < 3; ++part) {
        const std::string bytes =
            "1508030c" + sent(part + 1, 1, 8) + "cc616263" + std::to_string(part) + "316";
        CHECK(sections[part].substr(0, 36) == bytes);
        CHECK(sections[part].size() == 44);
        CHECK(section("x {\n v * bytes\n c 32 rpchof\n}", Row().bytes("v", sections[part]))
                  .substr(44) == "00000000");
    }
}

TEST_CASE("the split field first, and after another", "[split]") {
    const std::string first =
        "x (max 6) {\n o 8 uimsbf = offset(m)\n i * tlv(8,8) split\n m:\n"
        " t * text\n}";
    CHECK(encode(first, Row().jsonb("i", items_of_size(3, 2)).text("t", "!")) ==
          Sections{"0501000200"
                   "21",
                   "0303002"
                   "1"});
    const std::string second =
        "x (max 6) {\n n 8 uimsbf = length(t)\n t * text\n"
        " i * tlv(8,8) split\n}";
    CHECK(encode(second, Row().jsonb("i", items_of_size(3, 2)).text("t", "!")) ==
          Sections{"012101000200", "01210300"});
}

TEST_CASE("other fields that leave no room for items", "[split]") {
    const std::string layout =
        "x (max 6) {\n n 8 uimsbf = length(t)\n t * text\n"
        " i * tlv(8,8) split\n}";
    CHECK(failure(layout, Row().jsonb("i", items_of_size(1, 2)).text("t", "abcdef")).field == "t");
    const Failure found = failure(layout, Row().jsonb("i", items_of_size(1, 2)).text("t", "abcd"));
    CHECK(found.field == "i");
    CHECK_THAT(found.detail, Catch::Contains("1 bytes"));
    const std::string behind =
        "x (max 6) {\n n 8 uimsbf = length(i)\n i * tlv(8,8) split\n"
        " t * text\n}";
    CHECK(failure(behind, Row().jsonb("i", "[]").text("t", "abcdef")).field == "t");
    CHECK(failure(behind, Row().jsonb("i", items_of_size(1, 2)).text("t", "abcdef")).field == "t");
}

TEST_CASE("part numbers that do not fit", "[split]") {
    const auto layout = [](const char* function) {
        return std::string("x (max 3) {\n p 2 uimsbf = ") + function +
               "\n z 6 bslbf = 0\n items * tlv(8,8) split\n}";
    };
    CHECK(split(layout("parts()"), items_of_size(3, 2)).size() == 3);
    CHECK(split(layout("part()"), items_of_size(4, 2)).back().substr(0, 2) == "c0");
    CHECK(split(layout("last_part()"), items_of_size(4, 2)).front().substr(0, 2) == "c0");
    for (const auto& [function, count] :
         {std::pair("parts()", 4U), std::pair("part()", 5U), std::pair("last_part()", 5U)}) {
        const Failure found =
            failure(layout(function), Row().jsonb("items", items_of_size(count, 2)));
        CHECK(found.kind == ErrorKind::out_of_range);
        CHECK(found.field == "p");
        CHECK_THAT(found.detail, Catch::Contains(function));
    }
}

TEST_CASE("256 parts in eight bits", "[split]") {
    const std::string layout = "x (max 3) {\n p 8 uimsbf = part()\n items * tlv(8,8) split\n}";
    const auto of = [](std::size_t count) {
        return "[" + repeated(R"({"tag":0,"value":null},)", count - 1) +
               R"({"tag":0,"value":null}])";
    };
    CHECK(split(layout, of(256)).back() == "ff0000");
    CHECK(failure(layout, Row().jsonb("items", of(257))).field == "p");
}

TEST_CASE("a JSON row may say which part it is", "[split]") {
    CHECK(encode(parted, Row::of_json(R"({"part":3,"last":7,"parts":8,"items":[]})")) ==
          Sections{"03070800"});
    CHECK(failure(parted, Row::of_json(R"({"part":3,"items":[]})")).field == "last");
    const std::string too_much =
        R"({"part":3,"last":7,"parts":8,"items":)" + items_of_size(3, 8) + "}";
    const Failure found = failure(parted, Row::of_json(too_much));
    CHECK(found.kind == ErrorKind::invalid_value);
    CHECK(found.field == "items");
    CHECK(encode(parted, Row::of_json(R"({"items":)" + items_of_size(3, 8) + "}")).size() == 2);
    CHECK(failure(parted, Row::of_json(R"({"part":256,"items":[]})")).kind ==
          ErrorKind::out_of_range);
    CHECK(failure(parted, Row::of_json(R"({"part":"1","items":[]})")).field == "part");
    CHECK(failure(parted, Row::of_json(R"({"part":null,"items":[]})")).kind ==
          ErrorKind::null_not_allowed);
}

TEST_CASE("an encoder serves row after row, whatever the one before was", "[encoder]") {
    const Plan layout = plan_of(parted);
    Encoder encoder(layout);
    CollectingSink sink;
    const auto encode_items = [&](const std::string& text) {
        Row row;
        row.jsonb("items", text);
        sink.sections.clear();
        encoder.encode(row.values(layout), sink, Splitting::allowed);
        return to_hex(sink.sections.back());
    };
    CHECK(encode_items(items_of_size(3, 8)) == "01010208" + sent(3, 1, 8));
    CHECK(encode_items("[]") == "00000100");
    CHECK_THROWS_AS(encode_items(items_of_size(1, 17)), FieldError);
    CHECK_THROWS_AS(encode_items("[{}]"), FieldError);
    CHECK(encode_items(items_of_size(1, 3)) == "00000103" + sent(1, 1, 3));
}

TEST_CASE("times of row after row", "[encoder]") {
    const Plan layout = plan_of("x {\n a 40 utc\n b 40 utc\n c 24 duration\n}");
    Encoder encoder(layout);
    CollectingSink sink;
    const auto of = [&](std::int64_t a, std::int64_t b, std::int64_t c) {
        Row row;
        row.instant("a", a).instant("b", b).interval("c", {c, 0, 0});
        encoder.encode(row.values(layout), sink, Splitting::allowed);
        return to_hex(sink.sections.back());
    };
    CHECK(of(0, 1'000'000, 0) ==
          "c958000000"
          "c958000001"
          "000000");
    CHECK(of(0, 1'000'000, 1'000'000) ==
          "c958000000"
          "c958000001"
          "000001");
    CHECK(of(1'000'000, 0, 0) ==
          "c958000001"
          "c958000000"
          "000000");
    constexpr std::int64_t far = 9'000'000'000'000'000'000;
    CHECK_THROWS_AS(of(far, 0, 0), FieldError);
    CHECK_THROWS_AS(of(far, 0, 0), FieldError);
    CHECK(of(0, 0, 0) ==
          "c958000000"
          "c958000000"
          "000000");
}

TEST_CASE("characters of row after row", "[encoder]") {
    const Plan layout = plan_of("x {\n v 16 char\n b 8 uimsbf = 7\n}");
    Encoder encoder(layout);
    CollectingSink sink;
    const auto of = [&](std::string_view text) {
        encoder.encode(text_row(text).values(layout), sink, Splitting::allowed);
        return to_hex(sink.sections.back());
    };
    CHECK(of("ab") == "616207");
    CHECK(of("é") == "e92007");
    CHECK_THROWS_AS(of("abc"), FieldError);
    CHECK(of("a") == "612007");
    CHECK(of("aé") == "61e907");
    CHECK(of("") == "202007");
}

TEST_CASE("what a sink throws ends the encoding", "[encoder]") {
    struct FullSink final : SectionSink {
        std::uint8_t* begin_section(std::size_t) override { throw std::runtime_error("full"); }
        void end_section(std::size_t) override {}
    };
    const Plan layout = plan_of(parted);
    Encoder encoder(layout);
    FullSink sink;
    Row row;
    row.jsonb("items", "[]");
    CHECK_THROWS_WITH(encoder.encode(row.values(layout), sink, Splitting::allowed), "full");
}

TEST_CASE("errors name field, layout, value, width and type", "[encoder]") {
    const Failure found =
        failure("lay (max 9) {\n a 4 bslbf = 1\n b 4 uimsbf = src\n}", Row().integer("src", 16));
    CHECK(found.message == "value out of range for field \"b\" of layout \"lay\"");
    CHECK(found.detail == "The value 16 is outside 0 to 15; the field has 4 bits and type uimsbf.");
    CHECK(failure("lay {\n b * tlv(16,ber) split\n}", Row().jsonb("b", "1")).detail ==
          "The value 1 is neither an array nor an object of items; the field has width * and type "
          "tlv(16,ber).");
}

}  // namespace onetrip::section::test
