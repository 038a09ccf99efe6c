#include "section/decoder.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "message_layout.hpp"
#include "rows.hpp"
#include "section/section_walk.hpp"

namespace onetrip::section::test {

namespace {

const std::string message_row =
    R"({"numero_abonne": 123456, "network_id": 7, "campagne_id": 42, "template_id": 3, "genre": "A",
        "valid_start": "2021-02-01T00:00:00Z", "valid_end": "2021-02-28T23:59:59Z", "ack_count": 1,
        "ack_delay": 60, "storables": [{"tag": 128, "value": "hello"}, {"tag": 129, "value": 2}]})";

/// A section with its own header, and a checksum.
const std::string table = R"(table (max 200) {
    table_id         8 uimsbf = 0x40
    indicator        1 bslbf = 1
    reserved         3 bslbf = 0b111
    section_length  12 uimsbf = length()
    id              16 uimsbf
    digits          12 bcd
    sign             4 tcimsbf
    start           40 utc
    lasts           24 duration
    n                8 uimsbf = length(name)
    name             * dvbtext
    items            * tlv(8,ber)
    crc             32 rpchof
})";

const std::string table_row =
    R"({"id": 513, "digits": 42, "sign": -3, "start": "2026-10-01T12:30:05Z", "lasts": "01:30:00",
        "name": "News", "items": [{"tag": 1, "value": "x"}, {"tag": 2, "hex": "00ff"}]})";

/// `field@byte: problem`, one a line.
std::string faults(const std::string& layout_text, const std::string& hex) {
    const Plan layout = plan_of(layout_text);
    Decoder decoder(layout);
    const Bytes bytes = from_hex(hex);
    const OddCopy copy(bytes);
    std::string text;
    for (const Fault& fault : decoder.check(copy.span())) {
        text += (text.empty() ? "" : "\n") + fault.field->name + "@" + std::to_string(fault.byte) +
                ": " + fault.problem;
    }
    std::string json;
    if (text.empty()) {
        CHECK_NOTHROW(json = json_row(decoder, copy.span()));
    } else {
        CHECK_THROWS_AS(json = json_row(decoder, copy.span()), FieldError);
    }
    return text;
}

/// The faults of concatenated sections, `ordinal/begin field@byte`, one a line.
std::string walk(const std::string& layout_text, const std::string& hex) {
    const Plan layout = plan_of(layout_text);
    Decoder decoder(layout);
    const Bytes bytes = from_hex(hex);
    const OddCopy copy(bytes);
    std::string text;
    for (SectionWalk sections(decoder, copy.span()); sections.next();) {
        for (const Fault& fault : sections.faults()) {
            text += (text.empty() ? "" : "\n") + std::to_string(sections.ordinal()) + "/" +
                    std::to_string(sections.begin()) + " " + fault.field->name + "@" +
                    std::to_string(fault.byte) + ": " + fault.problem;
        }
    }
    return text;
}

/// A section with one byte changed.
std::string with_byte(std::string hex, std::size_t byte, int change) {
    Bytes bytes = from_hex(hex);
    bytes.at(byte) = static_cast<std::uint8_t>(bytes.at(byte) + change);
    return to_hex(bytes);
}

/// A section with another checksum in its last four bytes: the right one.
std::string with_crc(std::string hex) {
    hex.resize(hex.size() - 8);
    return section("x {\n v * bytes\n crc 32 rpchof\n}", Row().bytes("v", hex));
}

std::string message_section() {
    return section(message, Row::of_json(message_row));
}

std::string table_section() {
    return section(table, Row::of_json(table_row));
}

/// What one field of this type decodes to.
std::string value_of(const std::string& width_and_type, const std::string& hex) {
    const std::string layout = one_field(width_and_type);
    const std::string json = decoded(layout, hex);
    CHECK(section(layout, Row::of_json(json)) == hex);
    return json.substr(5, json.size() - 6);
}

std::string fault_of(const std::string& width_and_type, const std::string& hex) {
    return faults(one_field(width_and_type), hex);
}

/// Names of the lines, and what a line of them says.
std::vector<DissectedField> dissected(const std::string& layout_text, const std::string& hex) {
    const Plan layout = plan_of(layout_text);
    Decoder decoder(layout);
    return decoder.dissect(OddCopy(from_hex(hex)).span());
}

std::string lines_of(const std::string& width_and_type, const std::string& hex) {
    std::string text;
    for (const DissectedField& line : dissected(one_field(width_and_type), hex)) {
        text += line.name + "@" + std::to_string(line.byte) + "+" + std::to_string(line.width) +
                " " + line.raw + " " + line.value + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("a section is dissected as far as it goes", "[decoder]") {
    CHECK(lines_of("* tlv(8,8)", "0501 61") ==
          "v@0+24  1 item, 3 bytes\nv[0].tag@0+8 0x05 5\nv[0].length@1+8 0x01 1\n"
          "v[0].value@2+8 0x61 \"a\"\n");
    CHECK(lines_of("* tlv(8,ber)", "05 80 0102") ==
          "v@0+32  1 item, 4 bytes (wrong: item 0 (tag 5) has a length of the indefinite form)\n"
          "v[0].tag@0+8 0x05 5\nv[0].length@1+8 0x80 128\nv[0].value@2+16 0x0102 \\x0102 (258)\n");
    CHECK(lines_of("* tlv(16,8)", "05") ==
          "v@0+8  1 item, 1 byte (wrong: item 0 ends within its tag)\n"
          "v[0].value@0+8 0x05 \\x05 (5)\n");
    CHECK(lines_of("8 uimsbf = 5", "0506") ==
          "v@0+8 0x05 5 (wrong: 1 byte is left over after the last field)\n"
          "(left over)@1+8 0x06 \n");
    CHECK(lines_of("16 uimsbf", "05") ==
          "v@0+8 0x05 (wrong: the section ends at byte 1, within this field)\n");
}

TEST_CASE("a message comes back", "[decoder]") {
    const std::string json = decoded(message, message_section());
    CHECK(json ==
          R"({"index":0,"total_count":1,"numero_abonne":123456,"network_id":7,"campagne_id":42,)"
          R"("template_id":3,"genre":"A","valid_start":"2021-02-01T00:00:00Z",)"
          R"("valid_end":"2021-02-28T23:59:59Z","ack_count":1,"ack_delay":60,)"
          R"("storables":[{"tag":128,"value":"hello"},{"hex":"02","tag":129}]})");
    CHECK(section(message, Row::of_json(json)) == message_section());
}

TEST_CASE("a table comes back", "[decoder]") {
    const std::string json = decoded(table, table_section());
    CHECK(json == R"({"id":513,"digits":42,"sign":-3,"start":"2026-10-01T12:30:05Z",)"
                  R"("lasts":"01:30:00","name":"News","items":[{"tag":1,"value":"x"},)"
                  R"({"hex":"00ff","tag":2}]})");
    CHECK(section(table, Row::of_json(json)) == table_section());
}

TEST_CASE("the parts of a split row come back one by one", "[decoder]") {
    std::string items;
    for (int i = 0; i < 40; ++i) {
        items +=
            (i == 0 ? "" : ",") + std::string(R"({"tag": 1, "value": "0123456789 0123456789"})");
    }
    std::string row = message_row;
    row.replace(row.find("[{"), std::string::npos, "[" + items + "]}");
    const auto parts = encode(message, Row::of_json(row));
    REQUIRE(parts.size() == 2);
    for (const std::string& part : parts) {
        CHECK(section(message, Row::of_json(decoded(message, part))) == part);
    }
}

TEST_CASE("integers come back", "[decoder]") {
    CHECK(value_of("64 uimsbf", "ffffffffffffffff") == "18446744073709551615");
    CHECK(value_of("8 tcimsbf", "80") == "-128");
    CHECK(value_of("64 tcimsbf", "8000000000000000") == "-9223372036854775808");
    CHECK(value_of("64 bcd", "9999999999999999") == "9999999999999999");
    CHECK(value_of("8 bslbf", "01") == "1");
}

TEST_CASE("times come back", "[decoder]") {
    CHECK(value_of("40 utc", "ffffffffff") == "null");
    CHECK(value_of("40 utc", "ffff235959") == "\"2038-04-22T23:59:59Z\"");
    CHECK(value_of("40 utc", "0000000000") == "\"2038-04-23T00:00:00Z\"");
    CHECK(value_of("40 utc", "7fff000000") == "\"2128-01-09T00:00:00Z\"");
    CHECK(value_of("40 utc", "8000000000") == "\"1948-08-05T00:00:00Z\"");
    CHECK(value_of("24 duration", "995959") == "\"99:59:59\"");
}

TEST_CASE("text comes back as text where it would be written so again", "[decoder]") {
    CHECK(value_of("* text", "") == "\"\"");
    CHECK(value_of("* text", "c3a90a22") == "\"\u00e9\\u000a\\\"\"");
    CHECK(value_of("* text", "6100") == R"({"hex":"6100"})");
    CHECK(value_of("* text", "ff") == R"({"hex":"ff"})");
    CHECK(value_of("16 text", "eda0") == R"({"hex":"eda0"})");
    CHECK(value_of("32 char", "41e92020") == "\"A\u00e9\"");
    CHECK(value_of("32 char", "20412020") == "\" A\"");
    CHECK(value_of("32 char", "20202020") == "\"\"");
    CHECK(value_of("32 char", "41000000") == R"({"hex":"41000000"})");
    CHECK(value_of("* dvbtext", "") == "\"\"");
    CHECK(value_of("* dvbtext", "41") == "\"A\"");
    CHECK(value_of("* dvbtext", "15c3a9") == "\"\u00e9\"");
    CHECK(value_of("* dvbtext", "1541") == R"({"text":"A","selector":"15"})");
    CHECK(value_of("* dvbtext", "15") == R"({"text":"","selector":"15"})");
    CHECK(value_of("* dvbtext", "0541e9") == R"({"text":"Aé","selector":"05"})");
    CHECK(value_of("* dvbtext", "15ff") == R"({"hex":"15ff"})");
    CHECK(value_of("* dvbtext", "150a") == "\"\\u000a\"");
    CHECK(value_of("* bytes", "00ff") == "\"00ff\"");
}

TEST_CASE("items come back as strings where they are text", "[decoder]") {
    CHECK(value_of("* tlv(8,8)", "") == "[]");
    CHECK(value_of("* tlv(8,8)", "0500") == R"([{"tag":5,"value":""}])");
    CHECK(value_of("* tlv(8,8)", "0502c3a9") == "[{\"tag\":5,\"value\":\"\u00e9\"}]");
    CHECK(value_of("* tlv(8,8)", "05010a") == R"([{"hex":"0a","tag":5}])");
    CHECK(value_of("* tlv(8,8)", "05017f") == R"([{"hex":"7f","tag":5}])");
    CHECK(value_of("* tlv(8,8)", "0502c280") == R"([{"hex":"c280","tag":5}])");
    CHECK(value_of("* tlv(8,8)", "0502c2a0") == "[{\"tag\":5,\"value\":\"\u00a0\"}]");
    CHECK(value_of("* tlv(16,16)", "8001000161") == R"([{"tag":32769,"value":"a"}])");
}

TEST_CASE("fields of one source come back as the value that writes them all", "[decoder]") {
    const auto same = [](const std::string& a, const std::string& b, const std::string& hex) {
        const std::string layout = "x {\n a " + a + " = v\n b " + b + " = v\n}";
        const std::string json = decoded(layout, hex);
        CHECK(section(layout, Row::of_json(json)) == hex);
        return json;
    };
    CHECK(same("8 uimsbf", "16 bcd", "120018") == R"({"v":18})");
    CHECK(same("8 tcimsbf", "32 uimsbf", "0500000005") == R"({"v":5})");
    CHECK(same("24 char", "* text", "6120206120") == R"({"v":"a "})");
    CHECK(same("40 utc", "* text", "e76c000000323032312d30312d3330") == R"({"v":"2021-01-30"})");
    CHECK(same("24 char", "* bytes", "616220ab") == R"({"v":"ab"})");
    CHECK(same("40 utc", "* tlv(8,8)", "ffffffffff") == R"({"v":null})");
    // Nested items in two forms: nothing but themselves writes both.
    const std::string forms =
        "x {\n n 8 uimsbf = length(a)\n a * tlv(8,8) = v\n b * tlv(16,ber) = v\n}";
    const std::string row =
        R"({"v":[{"tag":1,"value":[{"tag":2,"value":"a"},{"hex":"00","tag":3}]}]})";
    CHECK(decoded(forms, section(forms, Row::of_json(row))) == row);
    CHECK(faults(forms, "03 010161 00010162") == "b@4: differs from a, which has the same source");
    CHECK(faults("x {\n a 8 uimsbf = v\n b 8 tcimsbf = v\n}", "ffff") ==
          "b@1: found -1, but a, which has the same source, has 255");
    CHECK(faults("x {\n a 16 char = v\n b 16 text = v\n}", "61206220") ==
          "b@2: differs from a, which has the same source");
}

TEST_CASE("constants are judged in the base that the layout writes", "[decoder]") {
    CHECK(fault_of("8 uimsbf = 0x92", "93") == "v@0: found 0x93, where the layout has 0x92");
    CHECK(fault_of("8 uimsbf = 146", "93") == "v@0: found 147, where the layout has 146");
    CHECK(fault_of("8 tcimsbf = 5", "fb") == "v@0: found -5, where the layout has 5");
    CHECK(fault_of("8 bcd = 5", "0a") == "v@0: found 0x0a, where the layout has 0x05");
    CHECK(faults("x {\n a 3 bslbf = 0b111\n b 5 uimsbf\n}", "c0") ==
          "a@0: found 0x6, where the layout has 0x7");
}

TEST_CASE("digits and times that do not exist are faults", "[decoder]") {
    CHECK(fault_of("8 bcd", "1a") == "v@0: found 0x1a, which has a decimal digit over 9");
    CHECK(fault_of("40 utc", "e7ab2a0000") ==
          "v@0: found 2a:00:00, which has a decimal digit over 9");
    CHECK(fault_of("40 utc", "e7ab250000") == "v@0: found 25:00:00, a time that does not exist");
    CHECK(fault_of("40 utc", "e7ab240000") == "v@0: found 24:00:00, a time that does not exist");
    CHECK(fault_of("40 utc", "e7ab006000") == "v@0: found 00:60:00, a time that does not exist");
    CHECK(fault_of("40 utc", "e7ab235960") == "v@0: found 23:59:60, a time that does not exist");
    CHECK(fault_of("40 utc", "e7abffffff") != "");
    CHECK(fault_of("40 utc", "fffffffffe") != "");
    CHECK(fault_of("24 duration", "006100") == "v@0: found 00:61:00, a time that does not exist");
    CHECK(fault_of("24 duration", "ffffff") != "");
}

TEST_CASE("items that break their own lengths are faults", "[decoder]") {
    CHECK(fault_of("* tlv(8,8)", "0102") ==
          "v@1: item 0 (tag 1) has a length of 2 bytes, but 0 are left");
    CHECK(fault_of("* tlv(8,8)", "010102 05") == "v@4: item 1 (tag 5) ends within its length");
    CHECK(fault_of("* tlv(16,8)", "0001 01 61 00") == "v@4: item 1 ends within its tag");
    CHECK(fault_of("* tlv(8,16)", "05 00") == "v@1: item 0 (tag 5) ends within its length");
    CHECK(fault_of("* tlv(8,ber)", "05 81 01 61") ==
          "v@1: item 0 (tag 5) has a length of 2 bytes, where 1 would do");
    CHECK(fault_of("* tlv(8,ber)", "05 82 00 01 61 06 81 00") ==
          "v@1: item 0 (tag 5) has a length of 3 bytes, where 1 would do\n"
          "v@6: item 1 (tag 6) has a length of 2 bytes, where 1 would do");
    CHECK(fault_of("* tlv(8,ber)", "05 82 00 80" + repeated("61", 128)) ==
          "v@1: item 0 (tag 5) has a length of 3 bytes, where 2 would do");
    CHECK(fault_of("* tlv(8,ber)", "05 81 80" + repeated("61", 128)) == "");
    CHECK(fault_of("* tlv(8,ber)", "05 80 61 00 00") ==
          "v@1: item 0 (tag 5) has a length of the indefinite form");
    CHECK(fault_of("* tlv(8,ber)", "05 ff") == "v@1: item 0 (tag 5) has a length of 127 bytes");
    CHECK(fault_of("* tlv(8,ber)", "05 88 ffffffffffffffff") ==
          "v@1: item 0 (tag 5) has a length of 18446744073709551615 bytes, but 0 are left");
}

TEST_CASE("lengths and offsets that say otherwise are one fault", "[decoder]") {
    const std::string good = message_section();
    CHECK(faults(message, good) == "");
    CHECK(faults(message, with_byte(good, 2, 1)) ==
          "section_length@1: found 56, but 55 bytes follow");
    CHECK(faults(message, with_byte(good, 2, -1)) ==
          "section_length@1: found 54, but 55 bytes follow");
    CHECK(faults(message, with_byte(good, 37, 1)) ==
          "offset_addressee@36: found 49, but addressee begins at byte 48");
    CHECK(faults(message, with_byte(good, 37, -1)) ==
          "offset_addressee@36: found 47, but addressee begins at byte 48");
    CHECK(faults(message, with_byte(good, 49, 1)) ==
          "addressee_length@49: found 9, but addressee_number takes 8 bytes");
    CHECK(faults(message, with_byte(good, 46, 1)) ==
          "storables@46: item 1 (tag 129) has a length of 2 bytes, but 1 is left");
    CHECK(faults(message, with_byte(good, 57, 1)) ==
          "addressee_number@50: found 123457, but target_filter, which has the same source, has "
          "123456");
    const std::string text = "x {\n n 8 uimsbf = length(t)\n t * text\n}";
    CHECK(faults(text, "026162") == "");
    CHECK(faults(text, "016162") == "t@2: 1 byte is left over after the last field");
    CHECK(faults(text, "036162") == "t@1: the section ends at byte 3, within this field");
}

TEST_CASE("bytes that are missing or left over are faults", "[decoder]") {
    const std::string good = table_section();
    CHECK(faults(table, good) == "");
    CHECK(faults(table, good + "00") == "crc@31: 1 byte is left over after the last field");
    CHECK(faults(table, good.substr(0, good.size() - 2)) ==
          "section_length@1: found 28, but 27 bytes follow\n"
          "crc@27: the section ends at byte 30, within this field");
    CHECK(faults(table, good.substr(0, 10)) ==
          "section_length@1: found 28, but 2 bytes follow\n"
          "digits@5: the section ends at byte 5, before this field");
    CHECK(faults(table, "") == "table_id@0: the section ends at byte 0, before this field");
    CHECK(faults("x {\n a 8 uimsbf\n}", "0102") == "a@1: 1 byte is left over after the last field");
    CHECK(faults("x (max 4) {\n a * text\n}", "6161616161") ==
          "a@4: the section takes 5 bytes, more than the 4 that the layout allows");
    CHECK(faults("x {\n a * text\n}", repeated("61", 5000)) ==
          "a@4096: the section takes 5000 bytes, more than the 4096 that the layout allows");
}

TEST_CASE("a wrong checksum is a fault, and any single bit makes it wrong", "[decoder]") {
    const std::string good = table_section();
    CHECK(faults(table, with_byte(good, 4, 1)) == "crc@27: found 0x" + good.substr(54) +
                                                      ", but the CRC_32 of the bytes before is 0x" +
                                                      with_crc(with_byte(good, 4, 1)).substr(54));
    CHECK(faults(table, with_crc(with_byte(good, 4, 1))) == "");
    const Plan layout = plan_of(table);
    Decoder decoder(layout);
    Bytes bytes = from_hex(good);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 0x80U >> bit % 8);
        CHECK_FALSE(decoder.check(bytes).empty());
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 0x80U >> bit % 8);
    }
}

TEST_CASE("part numbers that contradict each other are faults", "[decoder]") {
    const std::string layout =
        "x {\n p 8 uimsbf = part()\n n 8 uimsbf = parts()\n l 8 uimsbf = last_part()\n"
        " q 8 uimsbf = part()\n}";
    CHECK(faults(layout, "01030201") == "");
    CHECK(faults(layout, "03030203") ==
          "n@1: found part 3 of 3, but parts count from 0\n"
          "l@2: found part 3 after the last, which is 2");
    CHECK(faults(layout, "00000000") == "n@1: found 0, but there is at least one part");
    CHECK(faults(layout, "01030301") ==
          "l@2: found 3 as the last of 3 parts, but parts count from 0");
    CHECK(faults(layout, "01030202") == "q@3: found 2, but p has 1");
}

TEST_CASE("every fault has its own row, and the walk goes on", "[decoder]") {
    const std::string good = table_section();
    std::string bad = with_byte(with_byte(good, 0, 1), 13, 0x70);
    CHECK(walk(table, "") == "");
    CHECK(walk(table, good + good + good) == "");
    CHECK(walk(table, good + with_crc(bad) + good) ==
          "2/31 table_id@0: found 0x41, where the layout has 0x40\n"
          "2/31 lasts@12: found 01:a0:00, which has a decimal digit over 9");
    CHECK(walk(table, good + good.substr(0, 4)) ==
          "2/31 section_length@1: the section ends at byte 2, within this field");
}

TEST_CASE("a wrong section_length does not take the next section with it", "[decoder]") {
    const std::string good = message_section();
    for (const int change : {1, -1, 20, -20}) {
        const std::string bad = with_byte(good, 2, change);
        const std::string problem =
            " section_length@1: found " + std::to_string(55 + change) + ", but 55 bytes follow";
        CHECK(walk(message, good + bad + good) == "2/58" + problem);
        CHECK(walk(message, good + bad) == "2/58" + problem);
        CHECK(walk(message, bad + bad + good) == "1/0" + problem + "\n2/58" + problem);
    }
    // A header by chance among the items, after which no section begins.
    std::string row = message_row;
    row.replace(row.find("[{"), std::string::npos, R"([{"tag": 1, "hex": "92700861"}]})");
    const std::string misleading = section(message, Row::of_json(row));
    CHECK(walk(message, with_byte(misleading, 2, 1) + good) ==
          "1/0 section_length@1: found 52, but 51 bytes follow");
    CHECK(walk(message, good + "00" + good) ==
          "2/58 table_id@0: found 0x00, where the layout has 0x92\n"
          "2/58 section_syntax_indicator@1: the section ends at byte 1, before this field");
}

TEST_CASE("sections that are all wrong are told each, however many there are", "[decoder]") {
    const std::string good = message_section();
    const std::string bad = with_byte(good, 0, 1);
    const std::string problem = " table_id@0: found 0x93, where the layout has 0x92";
    const std::size_t count = largest_read / 58 + 10;
    std::string wrong;
    std::string first;
    std::string behind;
    for (std::size_t i = 0; i < count; ++i) {
        wrong += bad;
        const std::string line_end = i + 1 < count ? "\n" : "";
        first += std::to_string(i + 1) + "/" + std::to_string(58 * i) + problem + line_end;
        behind += std::to_string(i + 2) + "/" + std::to_string(58 * (i + 1)) + problem + line_end;
    }
    CHECK(walk(message, wrong) == first);
    CHECK(walk(message, wrong + good) == first);
    CHECK(walk(message, good + wrong + good) == behind);
    // Zeros are no sections that end after their section_length.
    const std::string zeros(2 * (largest_read + 1), '0');
    CHECK(walk(message, zeros + good) == "1/0 addressee_number@512: the section takes " +
                                             std::to_string(zeros.size() / 2) +
                                             " bytes, more than the 512 that the layout allows");
}

TEST_CASE("an error names field, layout and byte", "[decoder]") {
    const Plan layout = plan_of(table);
    Decoder decoder(layout);
    std::string json;
    try {
        json = json_row(decoder, from_hex(with_byte(table_section(), 0, 1)));
        FAIL("accepted");
    } catch (const FieldError& error) {
        CHECK(error.kind() == ErrorKind::invalid_value);
        CHECK(error.field() == "table_id");
        CHECK(error.message() ==
              "invalid bytes for field \"table_id\" of layout \"table\" at byte 0");
        CHECK(error.detail() == "Found 0x41, where the layout has 0x40.");
    }
}

TEST_CASE("text that its reader cannot hold comes back as bytes", "[decoder]") {
    const auto is_ascii = [](std::string_view text) {
        return text.find_first_not_of("abc") == std::string_view::npos;
    };
    const Plan layout =
        plan_of("x {\n a 16 char\n n 8 uimsbf = length(t)\n t * text\n i * tlv(8,8)\n}");
    Decoder decoder(layout, is_ascii);
    const std::string json = json_row(decoder, from_hex("61e9 02 c3a9 0502c3a9 050161"));
    CHECK(json == R"({"a":{"hex":"61e9"},"t":{"hex":"c3a9"},)"
                  R"("i":[{"hex":"c3a9","tag":5},{"tag":5,"value":"a"}]})");
}

// Found by fuzzing: what lies between every field and the end was looked up by name, again for
// each, and this one took minutes, in which no cancel was heard.
TEST_CASE("a layout of as many `*` fields as a section can hold is compiled and read",
          "[decoder]") {
    constexpr std::size_t fields = 4000;
    std::string lengths;
    std::string values;
    for (std::size_t i = 0; i < fields; ++i) {
        const std::string name = "f" + std::to_string(i);
        lengths += " l" + std::to_string(i) + " 8 uimsbf = length(" + name + ")\n";
        values += " " + name + " * bytes\n";
    }
    const Plan layout = plan_of("x {\n" + lengths + values + "}");
    Decoder decoder(layout);
    Bytes section(fields + 3);
    section[0] = 1;
    section[fields - 1] = 2;
    CHECK(decoder.check(section).empty());
    const std::string json = json_row(decoder, section);
    CHECK(json.find("\"f0\":\"00\"") != std::string::npos);
    CHECK(json.find("\"f3999\":\"0000\"") != std::string::npos);
    section.push_back(0);
    CHECK_FALSE(decoder.check(section).empty());
}

}  // namespace onetrip::section::test
