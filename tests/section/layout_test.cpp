#include "section/language/layout.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/randomness.hpp"
#include "message_layout.hpp"
#include "plans.hpp"
#include "refusals.hpp"
#include "rows.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::test {

namespace {

const std::string everything = R"(all_of_it {
    a        3  uimsbf           = 0b101
    b        5  tcimsbf          = 7
    c        8  bcd              = 99
    last     8  bslbf            = last_part()
    n_text  16  uimsbf           = length(t)
    n_tlv   16  uimsbf           = length(i)
    o_dvb   16  uimsbf           = offset(behind)
    d       24  duration         = a_column
    when    40  utc
    name    80  char
    fixed   16  text
    raw     24  bytes            = other
    t        *  text
    i        *  tlv(16,ber)
    free     *  dvbtext
  behind:
    crc_1   32  rpchof
    j        *  tlv(8,16) split  = items
    crc_2   32  rpchof
  end:
})";

std::string canonical(std::string_view text) {
    compile(parse_layout(text));
    return print_layout(parse_layout(text));
}

FieldId field_of(const Plan& plan, std::string_view name) {
    for (FieldId id = 0; id < plan.fields.size(); ++id) {
        if (plan.fields[id].name == name) {
            return id;
        }
    }
    throw std::runtime_error("no such field");
}

Place begin_of(const Plan& plan, std::string_view name) {
    return plan.root.fields[field_of(plan, name)].begin;
}

Refusal refusal(std::string_view text) {
    return refusal_by([](std::string_view layout) { plan_of(layout); }, text);
}

void check_refusals(const std::vector<Wrong>& table) {
    check_refusals_by(refusal, table);
}

/// Either a layout whose printed text stays what it is, or a syntax error; nothing else.
bool is_accepted(const std::string& text) {
    std::string printed;
    try {
        printed = canonical(text);
    } catch (const Error& error) {
        REQUIRE(error.kind() == ErrorKind::syntax_error);
        return false;
    }
    if (canonical(printed) != printed) {
        FAIL(text);
    }
    return true;
}

std::string mutated(const std::string& layout, Randomness& random) {
    static const std::vector<std::string> pieces = {
        "{",     "}",  "(",      ")",      "*",    ":",     "=",        ",",       "\n",    " ",
        "--",    "0",  "8",      "64",     "4096", "0x",    "-1",       "split",   "tlv",   "ber",
        "max",   "a",  "length", "offset", "part", "parts", "uimsbf",   "tcimsbf", "bcd",   "utc",
        "bytes", "if", "\xc3",   "é",      "\t",   "\r\n",  "length()", "rpchof",  "32768", "[]"};
    std::string text = layout;
    for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes) {
        const std::size_t at = random.below(text.size() + 1);
        const std::size_t size = random.one_in(2) ? 0 : random.below(8);
        const std::string piece = random.one_in(3) ? "" : random.pick(pieces);
        text.replace(at, size, piece);
    }
    return text;
}

}  // namespace

TEST_CASE("canonical text stays as it is", "[layout]") {
    CHECK(canonical(message) == message);
    CHECK(canonical(everything) == everything);
    CHECK(canonical("x {\n    a  8  uimsbf\n}") == "x {\n    a  8  uimsbf\n}");
}

TEST_CASE("canonical text drops comments, blanks and what is said anyway", "[layout]") {
    CHECK(canonical(
              "--c\r\n\n x--d\n(max 4096)\n{ a 8 uimsbf=a\n\n l:\n\tb\t8 uimsbf =c--e\n} --f") ==
          "x {\n    a  8  uimsbf\n  l:\n    b  8  uimsbf  = c\n}");
    CHECK(canonical("x(max 3){a 8 uimsbf}") == "x (max 3) {\n    a  8  uimsbf\n}");
    CHECK(canonical("x (max 0300) {a 008 bcd=007}") == "x (max 300) {\n    a  8  bcd  = 007\n}");
    CHECK(canonical("x { a 16 uimsbf = length ( b )\n b 8 uimsbf = 0x0A\n}") ==
          "x {\n    a  16  uimsbf  = length(b)\n    b   8  uimsbf  = 0x0A\n}");
    CHECK(canonical("x { a * tlv ( 8 , ber ) split = b\n}") ==
          "x {\n    a  *  tlv(8,ber) split  = b\n}");
}

TEST_CASE("a semicolon ends a line, and a byte order mark is passed over", "[layout]") {
    const std::string lines = "x (max 9) {\n    a   8  uimsbf\n  l:\n    b  16  uimsbf  = c\n}";
    CHECK(canonical("x (max 9) { a 8 uimsbf; l:; b 16 uimsbf = c; }") == lines);
    CHECK(canonical(
              "\xef\xbb\xbfx (max 9) {; ;a 8 uimsbf -- ; b 8 uimsbf\n;l:\nb 16 uimsbf = c}; ;") ==
          lines);
    CHECK(canonical(";x;(max 9);{a 8 uimsbf;l:;b 16 uimsbf = c}") == lines);
    CHECK(refusal("\xef\xbb\xbf\xef\xbb\xbfx {a 8 uimsbf}").where == "1:1");
    CHECK(refusal("\xef\xbb\xbfx y").where == "1:3");
}

TEST_CASE("words of the language are names where names stand", "[layout]") {
    const std::string text =
        "max (max 9) {\n    split  8  uimsbf  = max\n    tlv    8  uimsbf  = length\n  uimsbf:\n"
        "    ber    8  uimsbf  = offset(uimsbf)\n    part   8  uimsbf  = part()\n}";
    CHECK(canonical(text) == text);
}

TEST_CASE("names may be of 63 characters and are compared exactly", "[layout]") {
    const std::string name(63, 'n');
    CHECK_NOTHROW(plan_of(name + "{" + name + " 8 uimsbf = " + name + "}"));
    CHECK_NOTHROW(plan_of("x {a 8 uimsbf\n A 8 uimsbf\n _1 8 uimsbf}"));
}

TEST_CASE("where the fields of a layout lie", "[layout]") {
    const Plan plan = plan_of(message);
    CHECK(plan.name == "message");
    CHECK(plan.max_bytes == 512);
    CHECK(begin_of(plan, "section_length").bits == 12);
    CHECK(begin_of(plan, "storables").bits == 38 * 8);
    CHECK(begin_of(plan, "storables").parts == 0);
    CHECK(begin_of(plan, "addressee_tag").bits == 38 * 8);
    CHECK(begin_of(plan, "addressee_tag").parts == 1);
    CHECK(plan.root.end.bits == 48 * 8);
    CHECK(plan.root.end.parts == 1);
}

TEST_CASE("the inputs of a layout", "[layout]") {
    const Plan plan = plan_of(
        "x {\n a 8 uimsbf = s\n p 8 uimsbf = part()\n b 8 uimsbf = q\n c 8 uimsbf = s\n"
        " n 8 uimsbf = parts()\n k 8 uimsbf = 3\n l 8 uimsbf = length()\n}");
    std::string slots;
    for (const Slot& slot : plan.slots) {
        slots += slot.name + (slot.names_part ? "() " : " ");
    }
    CHECK(slots == "s p() q n() ");
    CHECK(plan.slots[0].field == field_of(plan, "a"));
    CHECK(plan.slots[1].field == field_of(plan, "p"));
    CHECK(plan.slots[2].field == field_of(plan, "b"));
    // A key has all fields of its source; constants and lengths have none.
    REQUIRE(plan.root.keys.size() == 4);
    CHECK(plan.root.keys[0].fields ==
          std::vector<FieldId>{field_of(plan, "a"), field_of(plan, "c")});
}

TEST_CASE("wrong words", "[layout]") {
    check_refusals({
        {"", "1:1", "end of text"},
        {"\n-- only a comment", "2:1", "end of text"},
        {"x", "1:2", "expected \"{\""},
        {"1x {a 8 uimsbf}", "1:1", "\"1x\""},
        {"x y {a 8 uimsbf}", "1:3", "\"y\""},
        {"x-y {a 8 uimsbf}", "1:2", "\"-\""},
        {"x [max 3] {a 8 uimsbf}", "1:3", "\"[\""},
        {"x (min 3) {a 8 uimsbf}", "1:4", "\"max\""},
        {"x (max 2) {a 8 uimsbf}", "1:8", "3 to 4096"},
        {"x (max 4097) {a 8 uimsbf}", "1:8", "3 to 4096"},
        {"x (max 99999999999999999999) {a 8 uimsbf}", "1:8", "3 to 4096"},
        {"x (max 0x10) {a 8 uimsbf}", "1:8", "3 to 4096"},
        {"x (max many) {a 8 uimsbf}", "1:8", "\"many\""},
        {"x (max 9 {a 8 uimsbf}", "1:10", "\")\""},
        {"x {", "1:4", "end of text"},
        {"x {\n a 8 uimsbf\n", "3:1", "end of text"},
        {"x {\n}", "2:1", "without fields"},
        {"x {\n l:\n}", "3:1", "without fields"},
        {"x {\n a\n}", "2:3", "width"},
        {"x {\n a uimsbf\n}", "2:4", "width"},
        {"x {\n a -8 uimsbf\n}", "2:4", "\"-\""},
        {"x {\n a 8.5 uimsbf\n}", "2:5", "\".\""},
        {"x {\n a 0x8 uimsbf\n}", "2:4", "width"},
        {"x {\n a 8\n}", "2:5", "end of line"},
        {"x {\n a 8 = 1\n}", "2:6", "\"=\""},
        {"x {\n a 8 uint\n}", "2:6", "unknown type \"uint\""},
        {"x {\n a 8 UIMSBF\n}", "2:6", "unknown type"},
        {"x {\n a 8 uimsbf b 8 uimsbf\n}", "2:13", "end of line"},
        {"x {\n a 8;\n}", "2:5", "\";\""},
        {"x {\n a 8 uimsbf; b 8\n}", "2:17", "end of line"},
        {"x {\n a\u00a08 uimsbf\n}", "2:3", "unexpected U+00A0"},
        {"x {\n a 8 uimsbf\u200b\n}", "2:12", "Found U+200B;"},
        {"x {\n\ufeff a 8 uimsbf\n}", "2:1", "unexpected U+FEFF"},
        {"x {\n a 8 \001 uimsbf\n}", "2:6", "unexpected U+0001"},
        {"x {\n a 8 uimsbf = \n}", "2:15", "end of line"},
        {"x {\n a 8 uimsbf = \"b\"\n}", "2:15", "unexpected \"\"\""},
        {"x {\n a 8 uimsbf = b c\n}", "2:17", "\"c\""},
        {"x {\n a 8 uimsbf = 1 = 2\n}", "2:17", "\"=\""},
        {"x {\n if 8 uimsbf\n}", "2:2", "reserved"},
        {"x {\n else:\n}", "2:2", "reserved"},
        {"x {\n a 8 uimsbf = if\n}", "2:15", "reserved"},
        {"if {\n a 8 uimsbf\n}", "1:1", "reserved"},
        {"x {\n a[] {\n}", "3:2", "end of text"},
        {"x {\n été 8 uimsbf\n}", "2:2", "\"é\""},
        {"x {\n a 8 uimsbf -- é\n é\n}", "3:2", "\"é\""},
        {"x {\n a 8 uimsbf\n} y", "3:3", "after the closing brace"},
        {"x {\n a 8 uimsbf\n}\n}", "4:1", "after the closing brace"},
        {"x {\n a 8 uimsbf\n}\n-- end\ny {", "5:1", "after the closing brace"},
        {"x {\n l : a 8 uimsbf\n}", "2:6", "end of line"},
        {"x {\n a 8 bslbf é\xff\n}", "2:12", "\"é\""},
        {"x {\n a\r8 uint\n}", "2:6", "unknown type"},
    });
    check_refusals({{"x {\n " + std::string(64, 'n') + " 8 uimsbf\n}", "2:2", "63"},
                    {std::string(64, 'n') + " {\n a 8 uimsbf\n}", "1:1", "63"}});
}

TEST_CASE("widths that types do not allow", "[layout]") {
    check_refusals({
        {"x {\n a 0 uimsbf\n}", "2:4", "1 to 64"},
        {"x {\n a 65 uimsbf\n}", "2:4", "1 to 64"},
        {"x {\n a 65 bslbf\n}", "2:4", "1 to 64"},
        {"x {\n a 1 tcimsbf\n}", "2:4", "2 to 64"},
        {"x {\n a 65 tcimsbf\n}", "2:4", "2 to 64"},
        {"x {\n a 6 bcd\n}", "2:4", "multiple of 4"},
        {"x {\n a 68 bcd\n}", "2:4", "multiple of 4"},
        {"x {\n a 0 bcd\n}", "2:4", "multiple of 4"},
        {"x {\n a 39 utc\n}", "2:4", "40"},
        {"x {\n a 16 duration\n}", "2:4", "24"},
        {"x {\n a 12 char\n}", "2:4", "multiple of 8"},
        {"x {\n a 0 char\n}", "2:4", "multiple of 8"},
        {"x {\n a 32776 char\n}", "2:4", "multiple of 8"},
        {"x {\n a 24 inet\n}", "2:4", "32 or 128"},
        {"x {\n a 16 float\n}", "2:4", "32 or 64"},
        {"x {\n a * macaddr\n}", "2:4", "48"},
        {"x {\n a 24 mjd\n}", "2:4", "16"},
        {"x {\n a 24 utf16\n}", "2:4", "* or a multiple of 16"},
        {"x {\n a 9 text\n}", "2:4", "* or a multiple of 8"},
        {"x {\n a 0 text\n}", "2:4", "* or a multiple of 8"},
        {"x {\n a 32776 bytes\n}", "2:4", "* or a multiple of 8 up to 32768"},
        {"x {\n a 8 dvbtext\n}", "2:4", "*"},
        {"x {\n a 12 bytes\n}", "2:4", "* or a multiple of 8"},
        {"x {\n a 8 tlv(8,8)\n}", "2:4", "*"},
        {"x {\n a 16 rpchof\n}", "2:4", "32"},
        {"x {\n a * rpchof\n}", "2:4", "32"},
        {"x {\n a * uimsbf\n}", "2:4", "1 to 64"},
        {"x {\n a * utc\n}", "2:4", "40"},
        {"x {\n a 4294967304 uimsbf\n}", "2:4", "width"},
    });
}

TEST_CASE("wrong parameters of tlv", "[layout]") {
    check_refusals({
        {"x {\n a * tlv\n}", "2:9", "tlv(8,8)"},
        {"x {\n a * tlv(4,8)\n}", "2:10", "8 or 16"},
        {"x {\n a * tlv(ber,8)\n}", "2:10", "8 or 16"},
        {"x {\n a * tlv(8)\n}", "2:11", "\",\""},
        {"x {\n a * tlv(8,32)\n}", "2:12", "8, 16 or ber"},
        {"x {\n a * tlv(8,)\n}", "2:12", "8, 16 or ber"},
        {"x {\n a * tlv(8,BER)\n}", "2:12", "8, 16 or ber"},
        {"x {\n a * tlv(8,8,8)\n}", "2:13", "\")\""},
    });
}

TEST_CASE("sources that a type does not take", "[layout]") {
    check_refusals({
        {"x {\n a 8 char = 1\n}", "2:13", "takes no constant"},
        {"x {\n a * text = 1\n}", "2:13", "takes no constant"},
        {"x {\n a * tlv(8,8) = 1\n}", "2:17", "takes no constant"},
        {"x {\n a 40 utc = 0\n}", "2:13", "takes no constant"},
        {"x {\n a 24 duration = 0\n}", "2:18", "takes no constant"},
        {"x {\n a 8 bytes = length()\n}", "2:14", "takes no computed source"},
        {"x {\n a 8 bcd = part()\n}", "2:12", "takes no computed source"},
        {"x {\n a 8 tcimsbf = length()\n}", "2:16", "takes no computed source"},
        {"x {\n a 32 rpchof = b\n}", "2:14", "takes no source"},
        {"x {\n a 32 rpchof = 1\n}", "2:14", "takes no source"},
        {"x {\n a 8 uimsbf split\n}", "2:13", "only a tlv field"},
        {"x {\n a * text split\n}", "2:11", "only a tlv field"},
        {"x {\n a * tlv(8,8) = b split\n}", "2:19", "end of line"},
        {"x {\n a 8 uimsbf = size()\n}", "2:15", "unknown function \"size\""},
        {"x {\n a 8 uimsbf = part(b)\n}", "2:20", "takes no argument"},
        {"x {\n a 8 uimsbf = parts(1)\n}", "2:21", "takes no argument"},
        {"x {\n a 8 uimsbf = offset()\n}", "2:22", "label"},
        {"x {\n a 8 uimsbf = length(1)\n}", "2:22", "name"},
        {"x {\n a 8 uimsbf = length(a b)\n}", "2:24", "\")\""},
        {"x {\n a 8 uimsbf = length(\n}", "2:22", "end of line"},
    });
}

TEST_CASE("constants", "[layout]") {
    check_refusals({
        {"x {\n a 8 uimsbf = 256\n}", "2:15", "0 to 255"},
        {"x {\n a 1 bslbf = 2\n b 7 bslbf\n}", "2:14", "0 to 1"},
        {"x {\n a 64 uimsbf = 18446744073709551616\n}", "2:16", "0 to 18446744073709551615"},
        {"x {\n a 64 uimsbf = 0x10000000000000000\n}", "2:16", "too large"},
        {"x {\n a 8 tcimsbf = 128\n}", "2:16", "0 to 127"},
        {"x {\n a 64 tcimsbf = 0x8000000000000000\n}", "2:17", "too large"},
        {"x {\n a 8 bcd = 100\n}", "2:12", "0 to 99"},
        {"x {\n a 64 bcd = 10000000000000000\n}", "2:13", "0 to 9999999999999999"},
        {"x {\n a 8 uimsbf = 0x\n}", "2:15", "malformed number"},
        {"x {\n a 8 uimsbf = 0b2\n}", "2:15", "malformed number"},
        {"x {\n a 8 uimsbf = 0xg\n}", "2:15", "malformed number"},
        {"x {\n a 8 uimsbf = 12ab\n}", "2:15", "malformed number"},
        {"x {\n a 8 uimsbf = 0X1\n}", "2:15", "malformed number"},
        {"x {\n a 8 tcimsbf = -1\n}", "2:16", "\"-\""},
    });
    CHECK(section("x {\n a 64 bcd = 9999999999999999\n b 64 tcimsbf = 0x7fffffffffffffff\n"
                  " c 64 uimsbf = 18446744073709551615\n d 8 bcd = 0x63\n e 4 bslbf = 0b1001\n"
                  " f 4 bcd = 0b1001\n}",
                  Row()) == "99999999999999997fffffffffffffffffffffffffffffff9999");
}

TEST_CASE("references and names", "[layout]") {
    check_refusals({
        {"x {\n a 8 uimsbf\n a 8 uimsbf\n}", "3:2", "duplicate name \"a\""},
        {"x {\n a 8 uimsbf\n a:\n}", "3:2", "duplicate name"},
        {"x {\n a:\n b 8 uimsbf\n a:\n}", "4:2", "duplicate name"},
        {"x {\n a 8 uimsbf = length(b)\n}", "2:22", "unknown field \"b\""},
        {"x {\n a 8 uimsbf = offset(b)\n}", "2:22", "unknown label \"b\""},
        {"x {\n a 8 uimsbf = length(l)\n l:\n}", "2:22", "unknown field"},
        {"x {\n a 8 uimsbf = offset(a)\n}", "2:22", "unknown label"},
        {"x {\n a 8 uimsbf = length(B)\n b 8 uimsbf\n}", "2:22", "unknown field"},
        {"x {\n a 8 uimsbf = length(a)\n}", "2:22", "from itself"},
        {"x {\n a * tlv(8,8) split\n b * tlv(8,8) split\n}", "3:2", "second field to split"},
    });
}

TEST_CASE("byte boundaries", "[layout]") {
    check_refusals({
        {"x {\n a 7 uimsbf\n}", "3:1", "end on a byte boundary"},
        {"x {\n a 7 uimsbf\n l:\n b 1 uimsbf\n}", "3:2", "off a byte boundary"},
        {"x {\n a 7 uimsbf\n b * text\n c 1 uimsbf\n}", "3:2", "byte boundary"},
        {"x {\n a 7 uimsbf\n b 32 rpchof\n c 1 uimsbf\n}", "3:2", "byte boundary"},
        {"x {\n a 7 uimsbf = length()\n b 1 uimsbf\n}", "2:2", "byte boundary"},
        {"x {\n a 8 uimsbf = length(b)\n b 4 uimsbf\n c 4 uimsbf\n}", "2:2", "byte boundary"},
        {"x {\n a 8 uimsbf = length(c)\n b 4 uimsbf\n c 8 uimsbf\n d 4 uimsbf\n}", "2:2",
         "byte boundary"},
    });
    CHECK_NOTHROW(plan_of("x {\n a 4 uimsbf\n b 12 uimsbf = length()\n c 40 uimsbf\n}"));
    CHECK_NOTHROW(plan_of("x {\n a 4 uimsbf\n b 7 uimsbf = offset(l)\n c 5 uimsbf\n l:\n}"));
}

TEST_CASE("sizes that are always too large", "[layout]") {
    check_refusals({
        {"x (max 3) {\n a 24 uimsbf\n b 8 uimsbf\n}", "3:2", "exceed the largest section"},
        {"x {\n a 32768 bytes\n b * text\n c 8 uimsbf\n}", "4:2", "exceed the largest section"},
        {"x {\n a 8 uimsbf = length()\n b 2048 bytes\n}", "2:15", "256, which is always"},
        {"x {\n a 8 uimsbf = length(b)\n b 2048 bytes\n}", "2:22", "0 to 255"},
        {"x {\n b 2048 bytes\n l:\n a 8 uimsbf = offset(l)\n}", "4:22", "0 to 255"},
    });
    CHECK_NOTHROW(plan_of("x {\n a 32768 bytes\n}"));
    CHECK_NOTHROW(plan_of("x (max 3) {\n a 24 uimsbf\n b * text\n}"));
    CHECK_NOTHROW(plan_of("x {\n a 8 uimsbf = length(b)\n b 2040 bytes\n}"));
}

TEST_CASE("layouts that cannot be decoded", "[layout]") {
    check_refusals({
        {"x {\n a * text\n b * text\n}", "3:2", "length(a) or length(b)"},
        {"x {\n a * text\n n 8 uimsbf = length(a)\n b * text\n}", "4:2", "cannot be decoded"},
        {"x {\n a * text\n n 8 uimsbf = length(b)\n b * text\n}", "4:2", "cannot be decoded"},
        {"x {\n n 8 uimsbf = length(a)\n a * text\n b * text\n c * text\n}", "5:2",
         "cannot be decoded"},
        {"x {\n o 8 uimsbf = offset(m)\n a * text\n l:\n b * text\n m:\n}", "5:2",
         "cannot be decoded"},
        {"x {\n o 8 uimsbf = offset(l)\n a * text\n b * text\n l:\n}", "4:2", "cannot be decoded"},
        {"x {\n a * text\n o 8 uimsbf = offset(l)\n l:\n b * text\n}", "5:2", "cannot be decoded"},
        {"x {\n l:\n o 8 uimsbf = offset(l)\n a * text\n b * text\n}", "5:2", "cannot be decoded"},
    });
    for (const char* const sound :
         {"n 8 uimsbf = length(a)\n a * text\n b * text",
          "n 8 uimsbf = length(b)\n a * text\n b * text",
          "o 8 uimsbf = offset(l)\n a * text\n l:\n b * text",
          "o 8 uimsbf = offset(l)\n n 8 uimsbf = length(b)\n a * text\n b * text\n l:\n c * text",
          "n 8 uimsbf = length(a)\n a * text\n m 8 uimsbf = length(b)\n b * text\n c * text",
          "o 8 uimsbf = offset(l)\n a * text\n z 8 uimsbf\n l:\n y 8 uimsbf\n b * text"}) {
        INFO(sound);
        CHECK_NOTHROW(plan_of("x {\n " + std::string(sound) + "\n}"));
    }
}

TEST_CASE("random bytes are no layout", "[layout][random]") {
    Randomness random(seed());
    for (int i = 0; i < 3000; ++i) {
        std::string text = random.one_in(2) ? "x {\n a 8 uimsbf = " : "";
        for (std::uint64_t size = random.below(60); size > 0; --size) {
            text += static_cast<char>(random.bits(random.one_in(2) ? 8 : 7));
        }
        is_accepted(text);
    }
}

TEST_CASE("mutated layouts parse to a fixed point or not at all", "[layout][random]") {
    Randomness random(seed());
    int accepted = 0;
    for (int i = 0; i < 6000; ++i) {
        accepted += is_accepted(mutated(random.one_in(2) ? message : everything, random));
    }
    CHECK(accepted > 100);
}

TEST_CASE("a layout cut anywhere is refused", "[layout]") {
    for (std::size_t size = 0; size < everything.size(); ++size) {
        CHECK_FALSE(is_accepted(everything.substr(0, size)));
    }
}

TEST_CASE("very long layouts", "[layout]") {
    std::string labels = "x {\n a 8 uimsbf\n";
    while (labels.size() < 1'000'000) {
        labels += "l" + std::to_string(labels.size()) + ":\n";
    }
    CHECK(is_accepted(labels + "}"));
    std::string fields = "x {\n";
    for (int i = 0; i < 100'000; ++i) {
        fields += "f" + std::to_string(i) + " 1 bslbf\n";
    }
    CHECK(refusal(fields + "}").where == "32770:1");
    CHECK(is_accepted("x {" + repeated("\n-- comment", 100'000) + "\n a 8 uimsbf" +
                      std::string(1'000'000, ' ') + "}"));
}

TEST_CASE("deep parentheses and long words", "[layout]") {
    CHECK(refusal("x {\n a 8 uimsbf = length" + std::string(1'000'000, '(')).where == "2:22");
    CHECK(refusal("x " + std::string(1'000'000, '{')).where == "1:4");
    CHECK(refusal(std::string(1'000'000, 'x')).where == "1:1");
    CHECK(refusal("x {\n a " + std::string(1'000'000, '9') + " uimsbf\n}").where == "2:4");
    CHECK(refusal("x {\n a 8 uimsbf = " + std::string(1'000'000, '9') + "\n}").where == "2:15");
    CHECK(refusal("x {\n a 8 uimsbf = " + std::string(1'000'000, '0') + "1\n}").where ==
          "accepted");
    CHECK(refusal("x {\n a 8 " + std::string(1'000'000, 'u') + "\n}").detail.size() < 1000);
    CHECK(refusal("x (max " + std::string(1'000, '9') + ") {\n").problem.size() < 200);
}

}  // namespace onetrip::section::test
