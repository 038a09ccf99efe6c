// The language of tables and descriptors: what is accepted, what it is, and how it is printed. Only
// the parser and the printer are asked; what elements say of one another is the compiler's.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "base/randomness.hpp"
#include "refusals.hpp"
#include "section/language/layout.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::test {

namespace {

/// The canonical text, which is its own canonical text.
std::string printed(std::string_view text) {
    const std::string once = print_layout(parse_layout(text));
    CHECK(print_layout(parse_layout(once)) == once);
    return once;
}

/// Lines in the braces of a layout, as printed.
std::string in_braces(const std::string& lines) {
    return printed("x {\n" + lines + "\n}");
}

Refusal parser_refusal(std::string_view text) {
    return refusal_by([](std::string_view layout) { parse_layout(layout); }, text);
}

void check_parser_refusals(const std::vector<Wrong>& table) {
    check_refusals_by(parser_refusal, table);
}

std::string repeat(const std::string& text, std::size_t times) {
    std::string all;
    for (; times > 0; --times) {
        all += text;
    }
    return all;
}

/// Every construct, as the canonical text has it.
const std::string all_constructs =
    R"(everything (max 1024, text 8859-15, time -3:30, library none) {
    table_id             8  uimsbf
    section_length      12  uimsbf           = length()
    flag                 1  bslbf            = present(plan)
    reserved_1           3  bslbf            default 0b111
    part                 8  uimsbf           = part()
    segment_last         8  uimsbf           = last_part(segment)
    price               16  bcd              = cost default 0x63
    n                    8  uimsbf           = length(plan) - 4
    m                    8  uimsbf           = count(numbers) - 1
    o                    8  uimsbf           = length()
    numbers[]            8  tcimsbf          = values
    flags[21]            1  bslbf
    padding              *  align            = 0
    descriptors          *  tlv(8,8,dvb,mpeg)
    more                 *  tlv(16,ber,own)  = others
    name                 *  dvbtext(8859-2)
  label:
    time                 *  splice_time
    plan {
        a  8  uimsbf
        optional {
            b   8  uimsbf
            cc  *  bytes
        }
        optional  8  uimsbf
    }
    events[] split(8) by segment = rows {
        if (a == 1 && (b & 0xF0 != 0 || c < 3)) {
            d  16  uimsbf
        } else if (a <= 2 || a > 0b11 && b >= 5) {
        } else {
            if (a == 3) {
                e  8  uimsbf
            }
        }
        g[3] {
            h  8  uimsbf
        }
    }
    services[] split {
        i  8  uimsbf
    }
    CRC_32              32  rpchof
}
splice_time {
    hours  8  uimsbf
}
empty_descriptor (dvb 0x74) {
}
extended_descriptor (dvb 127 0x04) {
    a  8  uimsbf
}
scoped_descriptor (dvb 0x83 after 0x5F 0x00000028 after 95 0x0000233a) {
    a  8  uimsbf
})";

}  // namespace

// ---- canonical text ---------------------------------------------------------------------------

TEST_CASE("canonical text of every construct stays as it is", "[table_layout]") {
    // The fixture is aligned by the printer's own rules: a wrong one would not come back.
    CHECK(printed(printed(all_constructs)) == printed(all_constructs));
    std::string squeezed;
    for (const char c : all_constructs) {
        if (c != ' ' || squeezed.empty() || squeezed.back() != ' ') {
            squeezed += c;
        }
    }
    CHECK(printed(squeezed) == printed(all_constructs));
}

TEST_CASE("columns are those of one pair of braces", "[table_layout]") {
    CHECK(in_braces("a 8 uimsbf = b\nlong_name[] 16 bcd\nif (a == 1) {c 8 uimsbf\nd 16 tcimsbf "
                    "default 3\nef 16 uimsbf}") == R"(x {
    a             8  uimsbf  = b
    long_name[]  16  bcd
    if (a == 1) {
        c    8  uimsbf
        d   16  tcimsbf  default 3
        ef  16  uimsbf
    }
})");
}

TEST_CASE("braces may stand on any line, and end one", "[table_layout]") {
    const std::string text = R"(x {
    a  8  uimsbf
    if (a == 1) {
        b  8  uimsbf
    } else if (a == 2) {
        c[] {
            d  8  uimsbf
        }
    } else {
        optional {
            e  8  uimsbf
        }
    }
    f {
        g  8  uimsbf
    }
    h  8  uimsbf
}
t {
    a  8  uimsbf
}
u (dvb 1) {
    a  8  uimsbf
})";
    CHECK(
        printed("x{a 8 uimsbf;if(a==1){b 8 uimsbf}else if(a==2){c[]{d 8 uimsbf}}else{optional{e 8 "
                "uimsbf}};f{g 8 uimsbf};h 8 uimsbf}t{a 8 uimsbf}u(dvb 1){a 8 uimsbf}") == text);
    CHECK(
        printed("x\n\n{\na 8 uimsbf\nif (\na\n==\n1 -- ; one\n)\n\n{\nb 8 uimsbf\n} else\nif "
                "(a == 2)\n{\nc[]\n{\nd 8 uimsbf\n}\n;\n} else\n{\noptional\n{\ne 8 uimsbf\n}\n}\n"
                "f\n{\ng 8 uimsbf\n}\nh 8 uimsbf\n}\n\nt\n{\na 8 uimsbf\n}; u (dvb 1)\n{\na 8 "
                "uimsbf\n} --end") == text);
}

TEST_CASE("a comment runs to the newline", "[table_layout]") {
    CHECK(printed("x { -- a; b }\n a 8 uimsbf -- ; b 8 uimsbf\n}") == "x {\n    a  8  uimsbf\n}");
    CHECK(printed("x (text 8859-1) { --5\na 8 uimsbf}") ==
          "x (text 8859-1) {\n    a  8  uimsbf\n}");
}

TEST_CASE("conditions are printed with no more parentheses than they need", "[table_layout]") {
    const auto condition = [](const std::string& text) {
        const std::string all = in_braces("if (" + text + ") { }");
        const std::size_t from = all.find("if (") + 4;
        return all.substr(from, all.find(") {\n", from) - from);
    };
    CHECK(condition("((a==1))") == "a == 1");
    CHECK(condition("a==1&&b==2||c==3") == "a == 1 && b == 2 || c == 3");
    CHECK(condition("(a==1&&b==2)||(c==3)") == "a == 1 && b == 2 || c == 3");
    CHECK(condition("a==1&&(b==2||c==3)") == "a == 1 && (b == 2 || c == 3)");
    CHECK(condition("(a==1||b==2)||(c==3||d==4)") == "a == 1 || b == 2 || c == 3 || d == 4");
    CHECK(condition("(a==1&&b==2)&&(c==3&&d==4)") == "a == 1 && b == 2 && c == 3 && d == 4");
    CHECK(condition("a&0x0F<=007&&b&1!=0b1") == "a & 0x0F <= 007 && b & 1 != 0b1");
    CHECK(condition("((a<1||(b>2&&(c>=3||d!=4)))&&e==5)") ==
          "(a < 1 || b > 2 && (c >= 3 || d != 4)) && e == 5");
    CHECK(condition("a == 18446744073709551615") == "a == 18446744073709551615");
}

TEST_CASE("conditions as trees", "[table_layout]") {
    const Layout layout = parse_layout("x { if (a == 1 && b & 2 != 3 || c >= 0x4) { } }");
    const auto& choice = std::get<Choice>(layout.block.elements.front());
    const Condition& any = choice.arms.front().condition;
    REQUIRE(any.kind == Condition::Kind::any_of);
    REQUIRE(any.operands.size() == 2);
    const Condition& all = any.operands.front();
    REQUIRE(all.kind == Condition::Kind::all_of);
    REQUIRE(all.operands.size() == 2);
    CHECK(all.operands[1].field == "b");
    CHECK(all.operands[1].mask->number == 2);
    CHECK(all.operands[1].comparison == Condition::Operator::not_equal);
    CHECK(all.operands[1].constant.number == 3);
    CHECK(any.operands[1].comparison == Condition::Operator::greater_or_equal);
    CHECK(any.operands[1].constant.spelling == "0x4");
    CHECK(any.operands[1].at.column == 33);
}

TEST_CASE("heads of layouts", "[table_layout]") {
    const auto head = [](const std::string& options) {
        const std::string text = printed("x (" + options + ") {a 8 uimsbf}");
        return text.substr(0, text.find(" {"));
    };
    CHECK(head("library none, time +09:00, text 8859 - 15, max 10") ==
          "x (max 10, text 8859-15, time +9, library none)");
    CHECK(head("max 4096") == "x");
    CHECK(head("time +0") == "x (time +0)");
    CHECK(head("time -0:05") == "x (time -0:05)");
    CHECK(head("time +15:59") == "x (time +15:59)");
    CHECK(head("time - 3 : 30") == "x (time -3:30)");
    CHECK(head("text 6937") == "x (text 6937)");
    CHECK(head("text arib") == "x (text arib)");
    const Layout layout = parse_layout("x (time -3:30, text 8859-1, library none) {a 8 uimsbf}");
    CHECK(layout.time_offset == -210);
    CHECK(layout.text_table == TextTable::iso_8859_1);
    CHECK_FALSE(layout.uses_library);
    CHECK_FALSE(parse_layout("x {a 8 uimsbf}").time_offset);
    for (const char* const part :
         {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "13", "14", "15"}) {
        CHECK(head(std::string("text 8859-") + part) == std::string("x (text 8859-") + part + ")");
    }
}

TEST_CASE("elements as trees", "[table_layout]") {
    const Layout layout = parse_layout(
        "x {\n n 8 uimsbf = count(l) - 1\n l[3] 16 bcd = c\n s[] split(8) by k = r { k 8 uimsbf }\n"
        " o { a 8 uimsbf default 0x10 }\n t * t\n p * align = 1\n d * tlv(8,8,a,b) split\n"
        " v * dvbtext(arib)\n e 8 uimsbf = last_part(k)\n f 1 bslbf = present(o)\n}\nt { a 8 bcd "
        "}");
    const auto& elements = layout.block.elements;
    REQUIRE(elements.size() == 10);
    const auto& counted = std::get<Field>(elements[0]);
    CHECK(counted.source.kind == Source::Kind::count_of);
    CHECK(counted.source.name == "l");
    CHECK(counted.source.plus == -1);
    const auto& values = std::get<List>(elements[1]);
    CHECK(values.count == 3);
    CHECK(values.source == "c");
    CHECK(values.source_at.column == 16);
    CHECK(values.value->name == "l");
    CHECK(values.value->width == 16);
    CHECK(values.value->type->name() == "bcd");
    CHECK(values.block == nullptr);
    const auto& objects = std::get<List>(elements[2]);
    CHECK_FALSE(objects.count);
    CHECK_FALSE(objects.value);
    CHECK(objects.split->sections == 8);
    CHECK(objects.split->key == "k");
    CHECK(objects.source == "r");
    CHECK(objects.block->elements.size() == 1);
    const auto& object = std::get<Object>(elements[3]);
    CHECK(std::get<Field>(object.block->elements[0]).default_value->number == 16);
    const auto& typed = std::get<Field>(elements[4]);
    CHECK(typed.type == nullptr);
    CHECK(typed.definition == "t");
    CHECK_FALSE(typed.width);
    const auto& fill = std::get<Field>(elements[5]);
    CHECK(fill.type->fills_to_byte());
    CHECK(fill.source.kind == Source::Kind::constant);
    CHECK(fill.source.constant == 1);
    const auto& tlv = std::get<Field>(elements[6]);
    CHECK(tlv.sets == std::vector<std::string>{"a", "b"});
    CHECK(tlv.split);
    CHECK(std::get<Field>(elements[7]).text == TextTable::arib);
    CHECK(std::get<Field>(elements[8]).source.kind == Source::Kind::last_part_of);
    CHECK(std::get<Field>(elements[8]).source.name == "k");
    CHECK(std::get<Field>(elements[9]).source.kind == Source::Kind::present);
    REQUIRE(layout.definitions.size() == 1);
    CHECK(layout.definitions[0].name == "t");
    CHECK(layout.definitions[0].set.empty());
}

TEST_CASE("definitions as trees", "[table_layout]") {
    const Layout layout =
        parse_layout("x {a 8 bcd}\nd (dvb 0x83 4 after 0x5F 0x00ff after 1 0xAB) {a 8 bcd}");
    REQUIRE(layout.definitions.size() == 1);
    const Definition& definition = layout.definitions[0];
    CHECK(definition.set == "dvb");
    CHECK(definition.tag.number == 0x83);
    CHECK(definition.extension->number == 4);
    REQUIRE(definition.after.size() == 2);
    CHECK(definition.after[0].tag == 0x5F);
    CHECK(definition.after[0].bytes == std::vector<std::uint8_t>{0, 0xFF});
    CHECK(definition.after[1].bytes == std::vector<std::uint8_t>{0xAB});
    CHECK(definition.at.line == 2);
}

TEST_CASE("a plus of nothing is not printed", "[table_layout]") {
    CHECK(
        in_braces("a 8 uimsbf = length(b) + 0\nb 8 uimsbf = length(a) -4--c\nc 8 uimsbf = count(l)+"
                  "4096\nd 8 uimsbf = length ( a ) - 007") == R"(x {
    a  8  uimsbf  = length(b)
    b  8  uimsbf  = length(a) - 4
    c  8  uimsbf  = count(l) + 4096
    d  8  uimsbf  = length(a) - 7
})");
}

// ---- names ------------------------------------------------------------------------------------

TEST_CASE("words of the language are names where names stand in tables too", "[table_layout]") {
    const std::string text = R"(optional {
    optional  8  uimsbf  = default
    default   8  uimsbf  default 1
    by[]      8  uimsbf  = split
    count     8  uimsbf  = count(by)
    present {
        after  8  uimsbf
    }
    optional[] split(1) by by {
        library  8  uimsbf
    }
    max {
        none  *  text
    }
}
max {
    a  8  uimsbf
}
after (after 1 2 after 3 0x04) {
    a  8  uimsbf
})";
    CHECK(printed(text) == text);
}

TEST_CASE("an own definition wins over a type of the language", "[table_layout]") {
    const std::string text = "x {\n    a  *  bcd\n    b  8  uimsbf\n}\nbcd {\n    a  8  uimsbf\n}";
    CHECK(printed(text) == text);
    const Layout layout = parse_layout(text);
    CHECK(std::get<Field>(layout.block.elements[0]).definition == "bcd");
    check_parser_refusals({
        {"x { a 8 bcd }\nbcd { a 8 uimsbf }", "1:7", "type bcd does not allow the width 8"},
        {"x { a * tlv(8,8) }\ntlv { a 8 uimsbf }", "1:12", "unexpected \"(\""},
        // With a set it is no type.
        {"x { a * t }\nt (dvb 1) { a 8 uimsbf }", "1:9", "unknown type \"t\""},
        {"x { t { a 8 bcd }; a * t }", "1:24", "unknown type \"t\""},
        {"x { a * x }", "1:9", "unknown type \"x\""},
    });
    // Definitions may use those that stand after them.
    CHECK(parser_refusal("x { a * t }\nt { b * u }\nu { c 8 bcd }").where == "accepted");
}

// ---- refusals ---------------------------------------------------------------------------------

TEST_CASE("wrong lists and objects", "[table_layout]") {
    check_parser_refusals({
        {"x {\n a[0] 8 bcd\n}", "2:4", "1 to 32768"},
        {"x {\n a[32769] 8 bcd\n}", "2:4", "1 to 32768"},
        {"x {\n a[0x2] 8 bcd\n}", "2:4", "1 to 32768"},
        {"x {\n a[n] 8 bcd\n}", "2:4", "unexpected \"n\""},
        {"x {\n a[-1] 8 bcd\n}", "2:4", "unexpected \"-\""},
        {"x {\n a[99999999999999999999] 8 bcd\n}", "2:4", "1 to 32768"},
        {"x {\n a[\n] 8 bcd\n}", "2:4", "end of line"},
        {"x {\n a[1 8 bcd\n}", "2:6", "\"]\""},
        {"x {\n a[] * bytes\n}", "2:6", "a list of *"},
        {"x {\n a[] * tlv(8,8)\n}", "2:6", "a list of *"},
        {"x {\n a[] * t\n}\nt { b 8 bcd }", "2:6", "a list of *"},
        {"x {\n a[] 8 t\n}\nt { b 8 bcd }", "2:6", "type t does not allow the width 8"},
        {"x {\n a[] * align\n}", "2:6", "a list of *"},
        {"x {\n a[] 32 rpchof\n}", "2:9", "a list of rpchof"},
        {"x {\n a[] 65 uimsbf\n}", "2:6", "1 to 64"},
        {"x {\n a[]\n}", "2:5", "\"{\""},
        {"x {\n a[] :\n}", "2:6", "unexpected \":\""},
        {"x {\n a[] 8 bcd = 1\n}", "2:14", "a column"},
        {"x {\n a[] 8 uimsbf = length()\n}", "2:17", "takes no computed source"},
        {"x {\n a[] 8 uimsbf default 1\n}", "2:15", "end of line"},
        {"x {\n a[] 8 uimsbf split\n}", "2:15", "plain values cannot be split"},
        {"x {\n a[3] split { b 8 bcd }\n}", "2:7", "cannot be split"},
        {"x {\n a[] split 8 bcd\n}", "2:12", "\"{\""},
        {"x {\n a[] split() by k { k 8 bcd }\n}", "2:12", "1 to 32768"},
        {"x {\n a[] split(0) by k { k 8 bcd }\n}", "2:12", "1 to 32768"},
        {"x {\n a[] split(8) { k 8 bcd }\n}", "2:15", "\"by\""},
        {"x {\n a[] split by k { k 8 bcd }\n}", "2:12", "\"{\""},
        {"x {\n a[] split(8) by { k 8 bcd }\n}", "2:18", "a key of the items"},
        {"x {\n a[] split(8 by k { k 8 bcd }\n}", "2:14", "\")\""},
        {"x {\n a[] = 1 { k 8 bcd }\n}", "2:8", "a column"},
        {"x {\n a[] = b split { k 8 bcd }\n}", "2:10", "\"{\""},
        {"x {\n a[] = part() { k 8 bcd }\n}", "2:8", "takes no computed source"},
        {"x {\n a[] = b\n}", "2:9", "\"{\""},
        {"x {\n a = b { k 8 bcd }\n}", "2:4", "width"},
        {"x {\n a split { k 8 bcd }\n}", "2:4", "width"},
        {"x {\n a\n b { k 8 bcd }\n}", "2:3", "width"},
        {"x {\n a {\n b 8 bcd", "3:9", "end of line"},
        {"x {\n a {\n b 8 bcd\n", "4:1", "end of text"},
        {"x {\n [] 8 bcd\n}", "2:2", "unexpected \"[\""},
        {"x {\n a { b 8 bcd } }\n}", "3:1", "after the closing brace"},
        {"x {\n if {\n}", "2:2", "reserved"},
        {"x {\n a { if 8 bcd }\n}", "2:6", "reserved"},
        {"x {\n l: { a 8 bcd }\n}", "2:5", "end of line"},
    });
}

TEST_CASE("wrong choices", "[table_layout]") {
    check_parser_refusals({
        {"x {\n if a == 1 { b 8 bcd }\n}", "2:5", "expected \"(\""},
        {"x {\n if (a == 1) b 8 bcd\n}", "2:14", "\"{\""},
        {"x {\n if () { b 8 bcd }\n}", "2:6", "a field"},
        {"x {\n if (a) { b 8 bcd }\n}", "2:7", "==, !="},
        {"x {\n if (a = 1) { b 8 bcd }\n}", "2:8", "==, !="},
        {"x {\n if (!a) { b 8 bcd }\n}", "2:6", "unexpected \"!\""},
        {"x {\n if (1 == a) { b 8 bcd }\n}", "2:6", "a field"},
        {"x {\n if (a == b) { b 8 bcd }\n}", "2:11", "a number"},
        {"x {\n if (a == -1) { b 8 bcd }\n}", "2:11", "unexpected \"-\""},
        {"x {\n if (a == 1 & b == 2) { b 8 bcd }\n}", "2:13", "\"&&\", \"||\" or \")\""},
        {"x {\n if (a & == 2) { b 8 bcd }\n}", "2:10", "a number"},
        {"x {\n if ((a & 1) == 1) { b 8 bcd }\n}", "2:12", "==, !="},
        {"x {\n if (a == 1 &&) { b 8 bcd }\n}", "2:15", "a field"},
        {"x {\n if (a == 1 { b 8 bcd }\n}", "2:13", "\")\""},
        {"x {\n if ((a == 1) { b 8 bcd }\n}", "2:15", "\")\""},
        {"x {\n if (a == 1)) { b 8 bcd }\n}", "2:13", "\"{\""},
        {"x {\n if (a == 0x) { b 8 bcd }\n}", "2:11", "malformed number"},
        {"x {\n if (a == 18446744073709551616) { b 8 bcd }\n}", "2:11", "more than 64 bits"},
        {"x {\n if (a & 18446744073709551616 == 1) { b 8 bcd }\n}", "2:10", "more than 64 bits"},
        {"x {\n if (length() == 1) { b 8 bcd }\n}", "2:12", "==, !="},
        {"x {\n if (if == 1) { b 8 bcd }\n}", "2:6", "reserved"},
        {"x {\n if (a == 1) { b 8 bcd } else c 8 bcd\n}", "2:31", "\"{\""},
        {"x {\n if (a == 1) { b 8 bcd } else if { c 8 bcd }\n}", "2:34", "\"(\""},
        {"x {\n if (a == 1) { } else { } else { }\n}", "2:27", "expected end of line"},
        {"x {\n a 8 bcd\n else { }\n}", "3:2", "reserved word \"else\""},
        {"x {\n if (a == 1) { b 8 bcd }\n else { }\n}", "3:2", "reserved word \"else\""},
        {"x {\n if (a == 1) { b 8 bcd }; else { }\n}", "2:27", "reserved word \"else\""},
        {"x {\n if (a == 1) { b 8 bcd } c 8 bcd\n}", "2:26", "expected end of line"},
        {"x {\n a[] { b 8 bcd } c 8 bcd\n}", "2:18", "expected end of line"},
        {"x {\n a { b 8 bcd } c { d 8 bcd }\n}", "2:16", "expected end of line"},
        {"x {\n optional { b 8 bcd } c 8 bcd\n}", "2:23", "expected end of line"},
        {"x {\n a 8 uimsbf = length() + 1\n}", "2:24", "expected end of line"},
        {"x {\n optional[ {\n}", "2:12", "unexpected \"{\""},
        {"x {\n optional\n a 8 bcd\n}", "2:10", "width"},
    });
    // As deep as they may be, and one more.
    const auto nested = [](std::size_t depth) {
        return "x { if " + repeat("(a == 1 && (b == 2 || ", depth / 2) + "c == 3" +
               repeat("))", depth / 2) + " { } }";
    };
    CHECK(parser_refusal(nested(16)).where == "accepted");
    CHECK_THAT(parser_refusal(nested(18)).problem,
               Catch::Contains("parentheses more than 16 deep"));
    CHECK_THAT(parser_refusal("x { if " + repeat("(", 1'000'000)).problem,
               Catch::Contains("more than 16 deep"));
}

TEST_CASE("wrong sources and defaults", "[table_layout]") {
    check_parser_refusals({
        {"x {\n a 8 uimsbf = count()\n}", "2:21", "the name of a list"},
        {"x {\n a 8 uimsbf = present()\n}", "2:23", "a name"},
        {"x {\n a 8 uimsbf = present(1)\n}", "2:23", "a name"},
        {"x {\n a 8 uimsbf = count(b c)\n}", "2:23", "\")\""},
        {"x {\n a 8 tcimsbf = count(b)\n}", "2:16", "takes no computed source"},
        {"x {\n a 8 bcd = present(b)\n}", "2:12", "takes no computed source"},
        {"x {\n a 8 uimsbf = parts(k)\n}", "2:21", "takes no argument"},
        {"x {\n a 8 uimsbf = length(b) + 4097\n}", "2:27", "0 to 4096"},
        {"x {\n a 8 uimsbf = length(b) - 0x4\n}", "2:27", "0 to 4096"},
        {"x {\n a 8 uimsbf = length(b) - c\n}", "2:27", "unexpected \"c\""},
        {"x {\n a 8 uimsbf = length(b) - - 4\n}", "2:27", "unexpected \"-\""},
        {"x {\n a 8 uimsbf = length(b) * 4\n}", "2:25", "end of line"},
        {"x {\n a 8 uimsbf = present(b) + 1\n}", "2:26", "end of line"},
        {"x {\n a 8 uimsbf = offset(b) + 1\n}", "2:25", "end of line"},
        {"x {\n a 8 uimsbf = part() + 1\n}", "2:22", "end of line"},
        {"x {\n a 8 uimsbf = b + 1\n}", "2:17", "end of line"},
        {"x {\n a 8 uimsbf == b\n}", "2:13", "end of line"},
        {"x {\n a 8 uimsbf default\n}", "2:20", "a number"},
        {"x {\n a 8 uimsbf default b\n}", "2:21", "a number"},
        {"x {\n a 8 uimsbf default 256\n}", "2:21", "default too large for its field"},
        {"x {\n a 8 bcd default 100\n}", "2:18", "0 to 99"},
        {"x {\n a 8 tcimsbf default 128\n}", "2:22", "0 to 127"},
        {"x {\n a 1 bslbf default 0x\n}", "2:20", "malformed number"},
        {"x {\n a 8 uimsbf default 1 = b\n}", "2:23", "end of line"},
        {"x {\n a 8 uimsbf default 1 default 1\n}", "2:23", "end of line"},
        {"x {\n a 8 uimsbf = 1 default 1\n}", "2:17", "takes no default"},
        {"x {\n a 8 uimsbf = part() default 1\n}", "2:22", "takes no default"},
        {"x {\n a 8 uimsbf = present(b) default 1\n}", "2:26", "takes no default"},
        {"x {\n a 8 char default 1\n}", "2:11", "type char takes no default"},
        {"x {\n a 40 utc default 1\n}", "2:11", "type utc takes no default"},
        {"x {\n a 32 rpchof default 1\n}", "2:14", "type rpchof takes no default"},
        {"x {\n a * tlv(8,8) default 1\n}", "2:15", "type tlv takes no default"},
        {"x {\n a * t default 1\n}\nt { b 8 bcd }", "2:8", "type t takes no default"},
        {"x {\n a * t = 1\n}\nt { b 8 bcd }", "2:10", "type t takes no constant"},
        {"x {\n a * t = length()\n}\nt { b 8 bcd }", "2:10", "type t takes no computed source"},
        {"x {\n a * t split\n}\nt { b 8 bcd }", "2:8", "only a tlv field"},
        {"x {\n a * align\n}", "2:11", "\"= 0\" or \"= 1\""},
        {"x {\n a * align = 2\n}", "2:14", "0 to 1"},
        {"x {\n a * align = b\n}", "2:14", "0 or 1"},
        {"x {\n a * align = length()\n}", "2:14", "0 or 1"},
        {"x {\n a 8 align = 0\n}", "2:4", "type align does not allow the width 8"},
        {"x {\n a * align = 0 default 0\n}", "2:16", "takes no default"},
        {"x {\n a * align split = 0\n}", "2:12", "only a tlv field"},
    });
}

TEST_CASE("wrong parameters of types", "[table_layout]") {
    check_parser_refusals({
        {"x {\n a * tlv(8,8,)\n}", "2:13", "\")\""},
        {"x {\n a * tlv(8,8,dvb\n}", "2:17", "\")\""},
        {"x {\n a * tlv(8,8,dvb mpeg)\n}", "2:18", "\")\""},
        {"x {\n a * tlv(8,8,max)\n}", "2:14", "\"max\" is not a set"},
        {"x {\n a * tlv(8,8,dvb,text)\n}", "2:18", "\"text\" is not a set"},
        {"x {\n a * tlv(8,8,time)\n}", "2:14", "\"time\" is not a set"},
        {"x {\n a * tlv(8,8,library)\n}", "2:14", "\"library\" is not a set"},
        {"x {\n a * tlv(8,8,if)\n}", "2:14", "reserved"},
        {"x {\n a * tlv(8,8,dvb,dvb)\n}", "2:18", "twice"},
        {"x {\n a * tlv(8,8,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q)\n}", "2:46", "more than 16 sets"},
        {"x {\n a * dvbtext()\n}", "2:14", "6937"},
        {"x {\n a * dvbtext(8859)\n}", "2:18", "\"-\""},
        {"x {\n a * dvbtext(8859-12)\n}", "2:14", "unknown table of characters"},
        {"x {\n a * dvbtext(8859-16)\n}", "2:14", "unknown table of characters"},
        {"x {\n a * dvbtext(8859-0)\n}", "2:14", "unknown table of characters"},
        {"x {\n a * dvbtext(8859-01)\n}", "2:14", "unknown table of characters"},
        {"x {\n a * dvbtext(ARIB)\n}", "2:14", "arib"},
        {"x {\n a * dvbtext(6937\n}", "2:18", "\")\""},
        {"x {\n a * text(6937)\n}", "2:10", "end of line"},
    });
}

TEST_CASE("wrong heads", "[table_layout]") {
    check_parser_refusals({
        {"x () {a 8 bcd}", "1:4", "\"max\""},
        {"x (tme +9) {a 8 bcd}", "1:4", "\"time\""},
        {"x (max 9,) {a 8 bcd}", "1:10", "\"max\""},
        {"x (max 9, max 9) {a 8 bcd}", "1:11", "twice"},
        {"x (max 9 text arib) {a 8 bcd}", "1:10", "\")\""},
        {"x (text) {a 8 bcd}", "1:8", "6937"},
        {"x (text latin1) {a 8 bcd}", "1:9", "6937"},
        {"x (text arib, text arib) {a 8 bcd}", "1:15", "twice"},
        {"x (time 9) {a 8 bcd}", "1:9", "+9 or -3:30"},
        {"x (time +16) {a 8 bcd}", "1:10", "0 to 15"},
        {"x (time +9:60) {a 8 bcd}", "1:12", "0 to 59"},
        {"x (time +9:5) {a 8 bcd}", "1:12", "two digits"},
        {"x (time +9:005) {a 8 bcd}", "1:12", "two digits"},
        {"x (time +9:) {a 8 bcd}", "1:12", "0 to 59"},
        {"x (time +) {a 8 bcd}", "1:10", "0 to 15"},
        {"x (library) {a 8 bcd}", "1:11", "\"none\""},
        {"x (library dvb) {a 8 bcd}", "1:12", "\"none\""},
        {"x (library none, library none) {a 8 bcd}", "1:18", "twice"},
        {"x (dvb 0x48) {a 8 bcd}", "1:4", "\"library\""},
    });
}

TEST_CASE("wrong definitions", "[table_layout]") {
    const std::string x = "x {a 8 bcd}\n";
    check_parser_refusals({
        {x + "y", "2:1", "after the closing brace"},
        {x + "y {", "2:1", "after the closing brace"},
        {x + "y {\n a 8 bcd\n", "4:1", "end of text"},
        {x + "y 8 bcd", "2:1", "after the closing brace"},
        {x + "{ a 8 bcd }", "2:1", "after the closing brace"},
        {x + "if { a 8 bcd }", "2:1", "reserved"},
        {x + "y () { a 8 bcd }", "2:4", "the name of a set"},
        {x + "y (dvb) { a 8 bcd }", "2:7", "a number"},
        {x + "y (0x48) { a 8 bcd }", "2:4", "the name of a set"},
        {x + "y (dvb 65536) { a 8 bcd }", "2:8", "tag of more than 16 bits"},
        {x + "y (dvb 0x1G) { a 8 bcd }", "2:8", "malformed number"},
        {x + "y (dvb 1 256) { a 8 bcd }", "2:10", "extension of more than a byte"},
        {x + "y (dvb 1 2 3) { a 8 bcd }", "2:12", "\"after\" or \")\""},
        {x + "y (dvb 1 after) { a 8 bcd }", "2:15", "a number"},
        {x + "y (dvb 1 after 65536 0x01) { a 8 bcd }", "2:16", "tag of more than 16 bits"},
        {x + "y (dvb 1 after 2) { a 8 bcd }", "2:17", "whole bytes"},
        {x + "y (dvb 1 after 2 0x) { a 8 bcd }", "2:18", "whole bytes"},
        {x + "y (dvb 1 after 2 0x123) { a 8 bcd }", "2:18", "whole bytes"},
        {x + "y (dvb 1 after 2 0xGG) { a 8 bcd }", "2:18", "whole bytes"},
        {x + "y (dvb 1 after 2 40) { a 8 bcd }", "2:18", "whole bytes"},
        {x + "y (dvb 1 after 2 7) { a 8 bcd }", "2:18", "whole bytes"},
        {x + "y (max 9) { a 8 bcd }", "2:4", "head of a layout"},
        {x + "y (text arib) { a 8 bcd }", "2:4", "head of a layout"},
        {x + "y (time +9) { a 8 bcd }", "2:4", "head of a layout"},
        {x + "y (library none) { a 8 bcd }", "2:4", "head of a layout"},
        {x + "y (dvb, 1) { a 8 bcd }", "2:7", "a number"},
        {x + "tag (dvb 1) { a 8 bcd }", "2:1", "names no definition with a set"},
        {x + "value (dvb 1) { a 8 bcd }", "2:1", "names no definition with a set"},
        {x + "hex (dvb 1) { a 8 bcd }", "2:1", "names no definition with a set"},
        {x + "base64 (dvb 1) { a 8 bcd }", "2:1", "names no definition with a set"},
        {x + "size (dvb 1) { a 8 bcd }", "2:1", "names no definition with a set"},
        {x + std::string(64, 'n') + " { a 8 bcd }", "2:1", "63"},
        {x + "y (" + std::string(64, 'n') + " 1) { a 8 bcd }", "2:4", "63"},
    });
    // As a type they are names like others.
    CHECK(parser_refusal("x { a * tag }\ntag { b 8 bcd }").where == "accepted");
}

TEST_CASE("definitions that are not to be told apart", "[table_layout]") {
    const auto two = [](const std::string& first, const std::string& second) {
        return parser_refusal("x {a 8 bcd}\n" + first + " {a 8 bcd}\n" + second + " {a 8 bcd}")
            .where;
    };
    CHECK(two("y", "y") == "3:1");
    CHECK(two("y (dvb 1)", "y (dvb 2)") == "3:1");
    CHECK(two("y (dvb 1)", "z (dvb 1)") == "3:8");
    CHECK(two("y (dvb 1)", "z (dvb 0x01)") == "3:8");
    CHECK(two("y (dvb 1 2)", "z (dvb 1 0x2)") == "3:8");
    CHECK(two("y (dvb 1 after 2 0xAB)", "z (dvb 1 after 0x2 0xab)") == "3:8");
    CHECK(two("y (dvb 1 after 2 0x01 after 2 0x02)", "z (dvb 1 after 2 0x03 after 2 0x02)") ==
          "3:8");
    CHECK(two("y (dvb 1)", "z (mpeg 1)") == "accepted");
    CHECK(two("y (dvb 1)", "y (isdb 1)") == "accepted");
    CHECK(two("y", "y (dvb 1)") == "accepted");
    CHECK(two("y (dvb 1)", "z (dvb 1 2)") == "accepted");
    CHECK(two("y (dvb 1 2)", "z (dvb 1 3)") == "accepted");
    CHECK(two("y (dvb 1)", "z (dvb 1 after 2 0x00)") == "accepted");
    CHECK(two("y (dvb 1 after 2 0x00)", "z (dvb 1 after 2 0x0000)") == "accepted");
    CHECK(two("y (dvb 1 after 2 0x00)", "z (dvb 1 after 3 0x00)") == "accepted");
    CHECK(two("x", "z") == "accepted");
}

// ---- limits -----------------------------------------------------------------------------------

TEST_CASE("braces are at most 16 deep", "[table_layout]") {
    const auto nested = [](const std::string& opening, std::size_t depth) {
        return "x {" + repeat(opening, depth - 1) + "a 8 bcd" + repeat("}", depth);
    };
    for (const char* const opening : {"a {", "a[] {", "if (a == 1) {", "optional {"}) {
        CHECK(parser_refusal(nested(opening, 16)).where == "accepted");
        CHECK_THAT(parser_refusal(nested(opening, 17)).problem,
                   Catch::Contains("braces more than 16 deep"));
    }
    CHECK(parser_refusal("x {" + repeat("a{", 16)).where == "1:35");
    CHECK(parser_refusal("x {a 8 bcd} y {" + repeat("a{", 16)).where == "1:47");
    CHECK(parser_refusal("x {" + repeat("a{", 1'000'000)).where == "1:35");
    // Arms are no deeper than their choice.
    std::string arms = "x { if (a == 0) { }";
    for (int i = 1; i < 1000; ++i) {
        arms += " else if (a == " + std::to_string(i) + ") { b 8 bcd }";
    }
    CHECK(parser_refusal(arms + "}").where == "accepted");
    CHECK(printed(arms + "}").size() > 1000);
}

TEST_CASE("texts with definitions are at most 1 MB long", "[table_layout]") {
    const std::string x = "x {\n    a  8  bcd\n}\n";
    const std::string y = "y {\n    a  8  bcd\n}";
    const auto with_blanks = [&](std::size_t size) {
        return x + y + std::string(size - x.size() - y.size(), ' ');
    };
    CHECK(parser_refusal(with_blanks(1 << 20)).where == "accepted");
    const Refusal found = parser_refusal(with_blanks((1 << 20) + 1));
    CHECK(found.where == "4:1");
    CHECK_THAT(found.problem, Catch::Contains("more than 1 MB"));
    CHECK(parser_refusal(x + std::string(1 << 20, ' ')).where == "accepted");
    // What is shorter than its canonical text, too: it has to be entered again.
    std::string lines = "t {" + std::string(63, 'n') + " 8 bcd\n";
    for (int i = 0; i < 40'000; ++i) {
        lines += "a 8 bcd\n";
    }
    CHECK_THAT(parser_refusal(x + lines + "}").detail, Catch::Contains("canonical text"));
}

TEST_CASE("very long tables", "[table_layout]") {
    CHECK_THAT(parser_refusal("x {" + repeat("a{};", 200'001) + "}").problem,
               Catch::Contains("more than 200000"));
    CHECK_THAT(parser_refusal("x { if (" + repeat("a == 1 || ", 200'001)).problem,
               Catch::Contains("more than 200000"));
    CHECK_THAT(
        parser_refusal("x { if (a == 1) {}" + repeat(" else if (a == 1) {}", 200'001)).problem,
        Catch::Contains("more than 200000"));
    CHECK(parser_refusal("x { a 8 bcd" + repeat("\n", 1'000'000) + "}").where == "accepted");
    CHECK(parser_refusal("x { a {}" + repeat("\n", 1'000'000) + "}").where == "accepted");
}

// ---- many texts -------------------------------------------------------------------------------

TEST_CASE("tables cut anywhere are refused, or are whole", "[table_layout]") {
    const std::string text = printed(all_constructs);
    const std::size_t layout_ends = text.find("\n}\n") + 2;
    for (std::size_t size = 0; size < text.size(); ++size) {
        const std::string cut = text.substr(0, size);
        const bool is_whole = size >= layout_ends &&
                              cut.find_last_not_of('\n') != std::string::npos &&
                              cut[cut.find_last_not_of('\n')] == '}' &&
                              (size < 2 || cut[cut.find_last_not_of('\n') - 1] == '\n');
        INFO(cut);
        const Refusal found = parser_refusal(cut);
        // A text without its definitions has a field of an unknown type.
        CHECK((found.where == "accepted") <= is_whole);
    }
}

TEST_CASE("mutated tables parse to a fixed point or not at all", "[table_layout][random]") {
    static const std::vector<std::string> pieces = {
        "{",  "}",  "(",  ")",      "[",       "]",     "*",    ":",     "=",     "==",
        ",",  "\n", ";",  "--",     "&&",      "||",    "&",    "!",     "!=",    "<",
        ">=", "+",  "-",  "if",     "else",    "split", "by",   "tlv",   "dvb",   "after",
        "8",  "0x", "0b", "length", "present", "count", "arib", "align", "8859-", "default 1",
        "a",  "x",  "é",  "text",   "none",    "time",  "max",  "[] {",  "[3]",   "optional {"};
    const std::string text = printed(all_constructs);
    Randomness random(seed());
    int accepted = 0;
    for (int i = 0; i < 6000; ++i) {
        std::string mutant = text;
        for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes) {
            const std::size_t at = random.below(mutant.size() + 1);
            mutant.replace(at, random.one_in(2) ? 0 : random.below(8),
                           random.one_in(3) ? "" : random.pick(pieces));
        }
        const Refusal found = parser_refusal(mutant);
        if (found.where == "accepted") {
            ++accepted;
            const std::string once = print_layout(parse_layout(mutant));
            if (print_layout(parse_layout(once)) != once) {
                FAIL(mutant);
            }
        }
    }
    CHECK(accepted > 100);
}

// ---- the layouts of the standards' tables -----------------------------------------------------

namespace {

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Types that the language may not have yet, and others of the same width and length of name.
struct Stand {
    const char* words;
    const char* instead;
};

std::string with_types_at_hand(std::string text) {
    std::vector<Stand> stands;
    const auto add = [&](const char* name, std::vector<Stand> words) {
        if (find_field_type(name) == nullptr) {
            stands.insert(stands.end(), words.begin(), words.end());
        }
    };
    add("mjd", {{"16  mjd", "16  bcd"}});
    add("utf16", {{"  utf16", "  bytes"}});
    add("inet", {{"  inet", "  text"}});
    add("macaddr", {{"48  macaddr", "48  tcimsbf"}});
    add("float", {{"  float", "  bytes"}});
    if (!find_field_type("char")->widths().allows(std::nullopt)) {
        stands.push_back({"*  char", "*  text"});
    }
    for (const Stand& stand : stands) {
        const std::string words = stand.words;
        for (std::size_t at = 0; (at = text.find(words, at)) != std::string::npos;) {
            text.replace(at, words.size(), stand.instead);
        }
    }
    return text;
}

}  // namespace

TEST_CASE("the layouts of the standards' tables are canonical", "[table_layout]") {
    const std::filesystem::path folder = "../shared/data/layouts";
    if (!std::filesystem::exists(folder)) {
        WARN("no ../shared/data/layouts here: skipped");
        return;
    }
    std::set<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".layout") {
            paths.insert(entry.path());
        }
    }
    const std::string common = content_of(folder / "lib_common.layout");
    for (const auto& path : paths) {
        INFO(path.string());
        const std::string name = path.filename().string();
        // A set is a file of definitions alone; all files use the shared types.
        const bool is_set = name.starts_with("lib_");
        const std::string text =
            with_types_at_hand((is_set ? "x {\n    a  8  uimsbf\n}\n" : "") + content_of(path) +
                               (name == "lib_common.layout" ? "" : common));
        const Refusal found = parser_refusal(text);
        CHECK(found.where + found.problem == "accepted");
        if (found.where == "accepted") {
            CHECK(print_layout(parse_layout(text)) + "\n" == text);
        }
    }
    CHECK(paths.size() >= 70);
}

}  // namespace onetrip::section::test
