// Tables: what is written, split, placed, judged, told and shown, at the limits of each. The
// language is table_layout_test.cpp's.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "rows.hpp"
#include "section/decoder.hpp"
#include "section/tables/bit_writer.hpp"
#include "section/tables/compiler.hpp"
#include "section/tables/reading.hpp"
#include "section/tables/scope_values.hpp"

namespace onetrip::section::test {

namespace {

std::string section_of(std::string_view layout, std::string_view json) {
    return section(layout, Row::of_json(json));
}

std::vector<std::string> sections_of(std::string_view layout, std::string_view json) {
    return encode(layout, Row::of_json(json));
}

/// `22023 path: detail`.
std::string refused_row(std::string_view layout, std::string_view json,
                        Splitting splitting = Splitting::allowed) {
    const Failure found = failure(layout, Row::of_json(json), splitting);
    const char* const state = found.kind == ErrorKind::out_of_range       ? "22003 "
                              : found.kind == ErrorKind::null_not_allowed ? "22004 "
                              : found.kind == ErrorKind::undefined_column ? "42703 "
                                                                          : "22023 ";
    return state + found.field + ": " + found.detail;
}

/// `path@byte problem`, notes with an asterisk.
std::vector<std::string> faults_of(std::string_view layout, std::string_view hex) {
    const Plan plan = plan_of(layout);
    Decoder decoder(plan);
    std::vector<std::string> found;
    for (const Fault& fault : decoder.check(from_hex(std::string(hex)))) {
        found.push_back((fault.is_note ? "*" : "") + fault.name() + "@" +
                        std::to_string(fault.byte) + " " + fault.problem);
    }
    return found;
}

using Strings = std::vector<std::string>;

/// `line:column message`.
std::string wrong_layout(std::string_view layout) {
    try {
        plan_of(layout);
    } catch (const Error& error) {
        const std::string message = error.message();
        return message.substr(message.find("line"));
    }
    return "accepted";
}

std::string array(const std::string& item, std::size_t count) {
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i) {
        text += (i == 0 ? "" : ",") + item;
    }
    return text + "]";
}

}  // namespace

// ---- the bit writer ---------------------------------------------------------------------------

TEST_CASE("bits are appended at any place", "[tables]") {
    std::vector<std::uint8_t> room(9, 0xA5);
    tables::BitWriter writer(room.data(), room.size());
    writer.append(1, 1);
    writer.append(0x7FFF'FFFF'FFFF'FFFF, 63);
    writer.append_zeros(3);
    writer.append(0x1F, 5);
    CHECK(writer.position() == 72);
    CHECK(to_hex(room) == "ffffffffffffffff1f");
    CHECK_THROWS_AS(writer.append(0, 1), tables::NoRoom);

    writer.truncate(13);
    CHECK(to_hex(room).substr(0, 4) == "fff8");
    const std::uint8_t bits[] = {0x05, 0xA5, 0xFF};
    writer.append_bits(bits, 5, 19);
    CHECK(writer.position() == 27);
    CHECK(to_hex(room).substr(0, 8) == "fffda5e0");
    writer.truncate(8 * 8);
    CHECK_THROWS_AS(writer.append_bits(bits, 0, 16), tables::NoRoom);
}

// ---- what is refused at entry -----------------------------------------------------------------

TEST_CASE("what a length measures lies on byte boundaries in every arm that it may stand with",
          "[tables]") {
    CHECK(
        wrong_layout("x {\n n 8 uimsbf = length(a)\n b 4 uimsbf\n a[] 8 uimsbf\n c 4 uimsbf\n}") ==
        "line 2, column 2: what field \"n\" measures is off a byte boundary");
    // The length stands in one arm, and what is off the boundary in another.
    CHECK(wrong_layout("x {\n k 8 uimsbf\n if (k == 1) {\n n 8 uimsbf = length(a)\n a * text\n"
                       " } else {\n b 4 uimsbf\n a 8 uimsbf\n c 4 uimsbf\n }\n}") == "accepted");
    CHECK(wrong_layout("x {\n k 8 uimsbf\n n 8 uimsbf = length(a)\n if (k == 1) {\n a 8 uimsbf\n"
                       " } else {\n b 4 uimsbf\n a 8 uimsbf\n c 4 uimsbf\n }\n}") ==
          "line 3, column 2: what field \"n\" measures is off a byte boundary");
    // An if within an arm does not take it out of the others of that arm.
    CHECK(wrong_layout(
              "x {\n k 8 uimsbf\n if (k == 1) {\n if (k > 2) {\n n 8 uimsbf = length(a)\n }\n"
              " b 4 uimsbf\n a 8 uimsbf\n c 4 uimsbf\n }\n}") ==
          "line 5, column 2: what field \"n\" measures is off a byte boundary");
}

TEST_CASE("many arms with one name are compiled", "[tables]") {
    std::string text = "x {\n k 16 uimsbf\n if (k == 0) {\n n 8 uimsbf = length(a)\n a * bytes\n }";
    for (int arm = 1; arm < 3000; ++arm) {
        text += " else if (k == " + std::to_string(arm) + ") {\n" +
                (arm % 2 == 0 ? " n 8 uimsbf = length(a)\n a * bytes\n"
                              : " b 4 bslbf\n a 8 uimsbf\n c 4 bslbf\n") +
                " }";
    }
    const Plan plan = plan_of(text + "\n}");
    CHECK(encode(plan, Row::of_json(R"({"k":2998,"a":"ff"})")) == Strings{"0bb601ff"});
    CHECK(encode(plan, Row::of_json(R"({"k":2999,"b":1,"a":255,"c":2})")) == Strings{"0bb71ff2"});
}

TEST_CASE("an unknown set is refused where it stands", "[tables]") {
    CHECK(wrong_layout("x {\n d * tlv(8,8,own,nowhere)\n}\ni (own 1) {\n}") ==
          "line 2, column 18: unknown set \"nowhere\"");
}

TEST_CASE("a source of optional braces that others take, and of present()", "[tables]") {
    CHECK(wrong_layout("x {\n a 8 uimsbf = k\n optional {\n b 8 uimsbf = k\n }\n}") ==
          "line 3, column 2: key \"k\" of optional braces is also one outside of them");
    CHECK(wrong_layout("x {\n k 8 uimsbf\n optional {\n if (k == 1) {\n b 8 uimsbf = v\n } else {\n"
                       " b 16 uimsbf = v\n }\n }\n}") == "accepted");
    CHECK(wrong_layout("x {\n v 8 uimsbf\n f 8 uimsbf = present(b)\n if (f == 1) {\n"
                       " b 8 uimsbf = v\n }\n}") ==
          "line 3, column 23: present(b) of a source that others share");
}

TEST_CASE("where elements end must be known", "[tables]") {
    CHECK(wrong_layout("x {\n l[] {\n a 8 uimsbf\n b * bytes\n }\n}") ==
          "line 2, column 2: where an item of list \"l\" ends cannot be decoded");
    CHECK(wrong_layout("x {\n a * bytes\n b * bytes\n}") ==
          "line 3, column 2: where field \"a\" ends and field \"b\" begins cannot be decoded");
    CHECK(wrong_layout("x {\n k 8 uimsbf\n l[] {\n if (k == 1) {\n n 8 uimsbf = length()\n }\n"
                       " b * bytes\n }\n}") ==
          "line 3, column 2: where an item of list \"l\" ends cannot be decoded");
    CHECK(
        wrong_layout("x {\n k 8 uimsbf\n l[] {\n if (k == 1) {\n n 8 uimsbf = length()\n } else {\n"
                     " n 16 uimsbf = length()\n }\n b * bytes\n }\n}") == "accepted");
    CHECK(wrong_layout("x {\n l[] {\n k[0] 8 uimsbf\n }\n}") != "accepted");
}

// ---- the writer -------------------------------------------------------------------------------

TEST_CASE("counts and lengths are filled in, and refused where they do not fit", "[tables]") {
    const std::string counted = "x { n 8 uimsbf = count(l); l[] 8 uimsbf }";
    CHECK(section_of(counted, R"({"l":[1,2]})") == "020102");
    CHECK(section_of(counted, R"({"l":null})") == "00");
    CHECK(section_of(counted, R"({"l":)" + array("7", 255) + "}") == "ff" + repeated("07", 255));
    CHECK(refused_row(counted, R"({"l":)" + array("7", 256) + "}") ==
          "22003 n: The value 256 of count(l) is outside 0 to 255; the field has 8 bits and type "
          "uimsbf.");
    const std::string measured = "x { n 8 uimsbf = length(l) - 1; l[] 16 uimsbf }";
    CHECK(section_of(measured, R"({"l":)" + array("7", 128) + "}") == "ff" + repeated("0007", 128));
    CHECK(refused_row(measured, R"({"l":)" + array("7", 129) + "}") ==
          "22003 n: The value 257 of length(l) - 1 is outside 0 to 255; the field has 8 bits and "
          "type uimsbf.");
    CHECK(refused_row(measured, R"({"l":[]})") ==
          "22003 n: The value -1 of length(l) - 1 is outside 0 to 255; the field has 8 bits and "
          "type uimsbf.");
}

TEST_CASE("fields of up to 64 bits stand at any bit", "[tables]") {
    const std::string wide = "x { l[] { a 1 bslbf; b 63 uimsbf; c 64 bslbf } }";
    CHECK(section_of(wide, R"({"l":[{"a":0,"b":9223372036854775807,"c":18446744073709551615}]})") ==
          "7fffffffffffffffffffffffffffffff");
    CHECK(refused_row(wide, R"({"l":[{"a":0,"b":9223372036854775808,"c":0}]})").substr(0, 17) ==
          "22003 l[0].b: The");
    const std::string odd = "x { n 8 uimsbf = count(l); l[] 63 uimsbf; p * align = 1 }";
    CHECK(section_of(odd, R"({"l":[9223372036854775807,0]})") ==
          "02fffffffffffffffe0000000000000003");
}

TEST_CASE("a section takes 4,096 bytes and no more", "[tables]") {
    const std::string layout = "x { n 16 uimsbf = length(a); a * bytes; l[1] 8 uimsbf }";
    CHECK(section_of(layout, R"({"l":[1],"a":")" + repeated("ab", 4093) + "\"}").size() == 8192);
    CHECK(refused_row(layout, R"({"l":[1],"a":")" + repeated("ab", 4094) + "\"}") ==
          "22023 l[0]: The value of the row does not fit into a section of at most 4096 bytes; the "
          "layout has a list of values of 8 bits and type uimsbf.");
    CHECK(section_of("x { l[32768] 1 bslbf }", R"({"l":)" + array("1", 32768) + "}") ==
          repeated("ff", 4096));
}

TEST_CASE("arrays, objects and NULL in each other's place", "[tables]") {
    const std::string layout = "x { n 8 uimsbf = length(o); o { a 8 uimsbf }; l[] { b 8 uimsbf } }";
    CHECK(section_of(layout, R"({"o":null,"l":[]})") == "00");
    CHECK(refused_row(layout, R"({"o":null,"l":[null]})") ==
          "22004 l[0]: The value NULL stands in place of an object; the layout has a list of "
          "objects.");
    CHECK(refused_row(layout, R"({"o":null,"l":[[{"b":1}]]})") ==
          "22023 l[0]: The value [...] is an array within an array, and not an object; the layout "
          "has a list of objects.");
    CHECK(refused_row("x { o { a 8 uimsbf } }", R"({"o":null})") ==
          "22004 o: The value NULL stands in place of an object; the layout has an object.");
    CHECK(
        refused_row("x { l[] 8 uimsbf }", R"({"l":[[1,2],[3,4]]})") ==
        "22023 l[0]: The value [...] is an array within an array, and not a value; the layout has "
        "a list of values of 8 bits and type uimsbf.");
    CHECK(refused_row("x { l[2] 8 uimsbf }", R"({"l":null})") ==
          "22004 l: The value NULL has no items, not 2; the layout has a list of values of 8 bits "
          "and type uimsbf.");
    CHECK(refused_row(layout, R"({"o":{"a":1,"c":2},"l":[]})") ==
          "22023 o.c: The value \"c\" is a key that the layout does not name; the layout has an "
          "object.");
}

TEST_CASE("present() is asked once, for each scope", "[tables]") {
    const std::string layout =
        "x { l[] { f 1 bslbf = present(a); g 1 bslbf = present(a); r 6 bslbf = 0; "
        "if (f == 1) { a 8 uimsbf } } }";
    CHECK(section_of(layout, R"({"l":[{"a":7},{},{"a":null},{"a":8}]})") == "c0070000c008");
    CHECK(decoded(layout, "c0070000c008") == R"({"l":[{"a":7},{},{},{"a":8}]})");
    CHECK(faults_of(layout, "8007")[0] == "l[0].g@0 found 0, but present(a) is 1");
}

TEST_CASE("named items are written so that a reader finds them again", "[tables]") {
    const std::string layout =
        "x { d * tlv(8,ber,own) }\n"
        "plain (own 1) { v * bytes }\n"
        "scoped (own 1 after 5 0xAA) { v 8 uimsbf }\n"
        "extended (own 1 7) { w * bytes }\n";
    CHECK(section_of(layout, R"({"d":[{"plain":{"v":"01"}}]})") == "010101");
    CHECK(section_of(layout, R"({"d":[{"tag":5,"hex":"aabb"},{"scoped":{"v":9}}]})") ==
          "0502aabb010109");
    CHECK_THAT(refused_row(layout, R"({"d":[{"scoped":{"v":9}}]})"),
               Catch::Contains("22023 d[0]") && Catch::Contains("must come after is not there"));
    CHECK_THAT(refused_row(layout, R"({"d":[{"tag":5,"hex":"aa"},{"plain":{"v":"01"}}]})"),
               Catch::Contains("another definition hides it"));
    CHECK_THAT(refused_row(layout, R"({"d":[{"plain":{"v":"07"}}]})"),
               Catch::Contains("another definition hides it"));
    // A BER length of two bytes moves the body.
    CHECK(section_of(layout, R"({"d":[{"plain":{"v":")" + repeated("01", 128) + "\"}}]}") ==
          "018180" + repeated("01", 128));
}

TEST_CASE("items are nested eight deep", "[tables]") {
    const std::string layout = "x { d * tlv(8,8,own) }\ni (own 1) { d * tlv(8,8,own) }";
    std::string json = "[]";
    std::string hex;
    for (int depth = 0; depth < 8; ++depth) {
        json = R"([{"i":{"d":)" + json + "}}]";
        hex = "01" + to_hex(std::vector<std::uint8_t>{static_cast<std::uint8_t>(hex.size() / 2)}) +
              hex;
    }
    CHECK(section_of(layout, "{\"d\":" + json + "}") == hex);
    CHECK(decoded(layout, hex) == "{\"d\":" + json + "}");
    CHECK_THAT(refused_row(layout, R"({"d":[{"i":{"d":)" + json + "}}]}"),
               Catch::Contains("deeper"));
    // Read, the ninth is its bytes.
    CHECK_THAT(decoded(layout, "0110" + hex), Catch::Contains(R"({"tag":1,)"));
}

// ---- splitting --------------------------------------------------------------------------------

TEST_CASE("items are spread in order over full sections", "[tables]") {
    const std::string layout =
        "x (max 7) { p 8 uimsbf = part(); q 8 uimsbf = last_part(); n 8 uimsbf = count(l); "
        "l[] split { a 16 uimsbf } }";
    CHECK(sections_of(layout, R"({"l":[{"a":1},{"a":2}]})") == Strings{"0000020001"
                                                                       "0002"});
    CHECK(sections_of(layout, R"({"l":[{"a":1},{"a":2},{"a":3}]})") ==
          Strings{"00010200010002", "0101010003"});
    CHECK(refused_row(layout, R"({"l":[{"a":1},{"a":2},{"a":3}]})", Splitting::refused) ==
          "22023 l: The value of 3 items needs several sections of at most 7 bytes; the layout has "
          "a list of objects.");
    const std::string items =
        "x (max 8) { p 8 uimsbf = part(); d * tlv(8,8,own) split; e 8 bslbf = 0 }\ni (own 9) { }";
    CHECK_THAT(refused_row(items, R"({"d":[{"tag":1,"hex":""},{"tag":2,"hex":"0102030405"}]})"),
               Catch::Contains("22023 d[1]: The value of the item does not fit into the 6 bytes"));
    CHECK_THAT(refused_row(layout, R"({"l":)" + array(R"({"a":1})", 514) + "}"),
               Catch::Contains("22003 q: The value 256 of last_part() is outside 0 to 255"));
}

TEST_CASE("segments have the sections of their numbers", "[tables]") {
    const std::string layout =
        "x (max 5) { p 8 uimsbf = part(); q 8 uimsbf = last_part(); s 8 uimsbf = last_part(k); "
        "l[] split(2) by k { a 8 uimsbf } }";
    CHECK(
        sections_of(layout, R"({"l":[{"k":2,"a":1},{"k":0,"a":2},{"k":2,"a":3},{"k":2,"a":4}]})") ==
        Strings{"00050002", "020502", "0405050103", "05050504"});
    CHECK(sections_of(layout, R"({"l":[]})") == Strings{"000000"});
    CHECK_THAT(
        refused_row(layout, R"({"l":)" + array(R"({"k":1,"a":1})", 5) + "}"),
        Catch::Contains("22023 l: The value of segment 1 needs 3 sections, more than the 2"));
    CHECK(sections_of(layout, R"({"l":[{"k":127,"a":1}]})").size() == 128);
    CHECK_THAT(refused_row(layout, R"({"l":[{"k":128,"a":1}]})"),
               Catch::StartsWith("22003 l[0]: "));
    CHECK_THAT(refused_row(layout, R"({"l":[{"k":0,"a":1},{"a":1}]})"),
               Catch::Contains("22004 l[1]: The value NULL stands for the key \"k\""));
    CHECK_THAT(refused_row(layout, "{}"), Catch::StartsWith("22004 l: "));
    CHECK_THAT(refused_row(layout, R"({"l":{}})"), Catch::StartsWith("22023 l: "));
    CHECK_THAT(refused_row(layout, R"({"l":[5]})"),
               Catch::Contains("22023 l[0]: The value 5 is not an"));
    // Where the row sets the numbers, the key is not asked for.
    CHECK(sections_of(layout, R"({"p":4,"q":9,"s":5,"l":[{"a":1}]})") == Strings{"04090501"});
    CHECK_THAT(refused_row(layout, R"({"p":4,"q":3,"s":5,"l":[]})"),
               Catch::Contains("22023 q: The value 3 contradicts the part numbers of the row"));
}

// ---- reading ----------------------------------------------------------------------------------

TEST_CASE("counts and lengths that the bytes do not have", "[tables]") {
    const std::string counted = "x { n 8 uimsbf = count(l); l[] { a 8 uimsbf } }";
    CHECK(faults_of(counted, "ff0102") ==
          Strings{"l[2].a@3 the section ends at byte 3, before this field"});
    CHECK(faults_of(counted, "01") ==
          Strings{"l[0].a@1 the section ends at byte 1, before this field"});
    CHECK(faults_of(counted, "000102") ==
          Strings{"l@1 2 bytes are left over after the last field"});
    const std::string measured = "x { n 8 uimsbf = length(l); l[] { a 16 uimsbf } }";
    CHECK(faults_of(measured, "ff0102") ==
          Strings{"l@1 takes 255 bytes by its length, but 2 bytes are left"});
    CHECK(faults_of(measured, "01010203")[0] ==
          "l[0].a@1 its braces end at byte 2, within this field");
    const std::string below = "x { n 8 uimsbf = length(l) + 3; l[] 8 uimsbf }";
    CHECK(faults_of(below, "02") == Strings{"n@0 found 2, where length(l) + 3 is at least 3"});
    const std::string own = "x { l[] { n 8 uimsbf = length(); a 8 uimsbf; b * bytes } }";
    CHECK(faults_of(own, "0301") == Strings{"l[0].n@0 found 3, but 1 byte is left"});
    CHECK(decoded(own,
                  "020102"
                  "0103") == R"({"l":[{"a":1,"b":"02"},{"a":3,"b":""}]})");
    CHECK(faults_of(own, "00")[0] == "l[0].a@1 the section ends at byte 1, before this field");
}

TEST_CASE("a list of bits takes no more entries than a section has bits", "[tables]") {
    const auto plan = tables::compile_tables(
        parse_layout("x { n 64 uimsbf = count(l); l[] 1 bslbf; p * align = 0 }"), never_interrupted,
        nullptr);
    tables::Reading reading(*plan, never_interrupted);
    Bytes section(4096, 0xFF);
    reading.place(section);
    REQUIRE(reading.broken());
    CHECK(reading.entries().size() <= 4096 * 8);
}

TEST_CASE("braces in which the reading broke are not compared", "[tables]") {
    // Found by the fuzz target table_bytes: the field that is cut off had no bits to compare.
    const std::string cut = "x { l[] { a 63 tcimsbf; b 63 tcimsbf = a; r 2 bslbf = 0 } }";
    CHECK(faults_of(cut, "00000000000000000000") ==
          Strings{"l[0].b@7 the section ends at byte 10, within this field"});
    // What was placed of a list within them is of other braces, with other keys.
    const std::string inner =
        "x { l[] { a 8 uimsbf; b 8 uimsbf = a; n 8 uimsbf = count(m); m[] { c 8 uimsbf; d 8 uimsbf "
        "= c; e 8 uimsbf; f 8 uimsbf; g 8 uimsbf = f } } }";
    CHECK(faults_of(inner,
                    "0102020101010303"
                    "0101") ==
          Strings{"l[0].m[1].e@10 the section ends at byte 10, before this field"});
    CHECK(faults_of(inner, "010200")[0].starts_with("l[0].b@1 differs from a"));
}

TEST_CASE("part numbers with gaps still do not pass the last", "[tables]") {
    const std::string layout =
        "x { p 8 uimsbf = part(); q 8 uimsbf = last_part(); n 8 uimsbf = parts(); "
        "l[] split(8) by k { a 8 uimsbf } }";
    CHECK(faults_of(layout, "100803") == Strings{"q@1 found part 16 after the last, which is 8"});
    CHECK(faults_of(layout, "081003").empty());
    CHECK(decoded(layout, "081003") == R"({"l":[],"n":3,"p":8,"q":16})");
    CHECK(faults_of("x { p 8 uimsbf = part(); n 8 uimsbf = parts(); l[] split { a 8 uimsbf } }",
                    "0303") == Strings{"n@1 found part 3 of 3, but parts count from 0"});
}

TEST_CASE("each checksum covers those before it", "[tables]") {
    const std::string layout = "x { l[2] 8 uimsbf; c 32 rpchof; d 32 rpchof }";
    const std::string section = section_of(layout, R"({"l":[1,2]})");
    CHECK(faults_of(layout, section).empty());
    std::string other = section;
    other.back() = other.back() == '0' ? '1' : '0';
    CHECK(faults_of(layout, other).size() == 1);
    other = section;
    other[1] = '7';
    CHECK(faults_of(layout, other).size() == 2);
}

TEST_CASE("an item that its definition refuses is its bytes, and a note", "[tables]") {
    const std::string layout =
        "x { d * tlv(8,8,own) }\ni (own 1) { a 8 uimsbf = 5; b 8 uimsbf; c 8 uimsbf = b }";
    CHECK(decoded(layout, "0103050707") == R"({"d":[{"i":{"b":7}}]})");
    CHECK(decoded(layout, "0103060707") == R"({"d":[{"hex":"060707","tag":1}]})");
    CHECK(faults_of(layout, "0103060707") ==
          Strings{"*d[0]@0 read as bytes: i.a: found 6, where the layout has 5"});
    CHECK(faults_of(layout, "0103050708")[0].starts_with("*d[0]@0 read as bytes: i.c: differs"));
    CHECK(faults_of(layout, "01020507")[0].starts_with("*d[0]@0 read as bytes: i.c: "));
    CHECK(faults_of(layout, "010405070700")[0].find("left over") != std::string::npos);
    CHECK(faults_of(layout, "0105050707")[0].starts_with("d@1 "));
}

TEST_CASE("what is told of defaults, objects that are not there, and shared sources", "[tables]") {
    const std::string layout =
        "x { a 8 uimsbf default 3; n 8 uimsbf = length(o); o { b 8 uimsbf }; "
        "c 8 uimsbf = k; d 16 uimsbf = k; optional { e 8 uimsbf } }";
    CHECK(decoded(layout, "0300070007") == R"({"k":7,"o":null})");
    CHECK(decoded(layout,
                  "040109070007"
                  "01") == R"({"a":4,"e":1,"k":7,"o":{"b":9}})");
    CHECK(section_of(layout, R"({"o":null,"k":7})") == "0300070007");
    CHECK(faults_of(layout, "0300070008")[0].starts_with("d@3 differs from c"));
}

TEST_CASE("the fields of a key", "[tables]") {
    const auto plan = tables::compile_tables(
        parse_layout(
            "x { a 8 uimsbf = k; l[1] { b 8 uimsbf }; c 4 bslbf; d 8 bytes = k; e 4 bslbf }"),
        never_interrupted, nullptr);
    tables::Reading reading(*plan, never_interrupted);
    const Bytes section = from_hex("0102f345");
    reading.place(section);
    REQUIRE(!reading.broken());
    const auto end = static_cast<tables::EntryId>(reading.entries().size());
    const auto fields = tables::fields_by_key(reading, plan->root.scopes.front(), 0, end);
    REQUIRE(fields.size() == 1);
    const tables::CodedFields coded(reading, fields.begin()->second);
    REQUIRE(coded.view().size() == 2);
    CHECK(coded.view()[0].bits == 1);
    CHECK(to_hex(coded.view()[1].bytes) == "34");  // off the byte boundary
}

TEST_CASE("every byte is shown, with what is wrong at its element", "[tables]") {
    const Plan plan = plan_of(
        "x { n 8 uimsbf = count(l); l[] { a 4 uimsbf; b 4 uimsbf = 2 }; o { c 8 uimsbf }; "
        "d * tlv(8,8,own) }\ni (own 1) { v 8 uimsbf }");
    Decoder decoder(plan);
    Strings lines;
    for (const DissectedField& line : decoder.dissect(from_hex("021213"
                                                               "09"
                                                               "010107"
                                                               "0200"
                                                               "05"))) {
        lines.push_back(line.name + " " + std::to_string(line.byte) + "." +
                        std::to_string(line.bit) + "+" + std::to_string(line.width));
    }
    CHECK(lines[0] == "n 0.0+8");
    CHECK(lines[1] == "l 1.0+16");
    CHECK(lines[2] == "l[0].a 1.0+4");
    CHECK(lines[3] == "l[0].b 1.4+4");
    CHECK(lines[6] == "o 3.0+8");
    CHECK(lines[7] == "o.c 3.0+8");
    CHECK(std::find(lines.begin(), lines.end(), "d[0].i.v 6.0+8") != lines.end());
    const std::vector<DissectedField>& shown =
        decoder.dissect(from_hex("021213"
                                 "09"));
    CHECK_THAT(shown[5].value, Catch::Contains("3"));
}

}  // namespace onetrip::section::test
