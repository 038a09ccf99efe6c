#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <random>
#include <sstream>

#include "base/randomness.hpp"
#include "base/utf8_writer.hpp"
#include "jsonb/jsonb_builder.hpp"
#include "rows.hpp"
#include "section/types/decoded_text.hpp"
#include "section/types/text/character_tables.hpp"
#include "section/types/text/dvb_text.hpp"
#include "section/types/text/text_codec.hpp"
#include "transport/crc32_mpeg2.hpp"

namespace onetrip::section::test {

namespace {

/// The JSON value of bytes, as a JSON row has it.
std::string decoded_text(std::string_view hex, std::string_view table = "") {
    const Bytes bytes = from_hex(hex);
    jsonb::JsonbBuilder json;
    append_dvb_text(
        decode_dvb_text(bytes, table.empty() ? TextTable::none : text_table_of(table).value(),
                        nullptr),
        bytes, json);
    return json_text(json.finish());
}

std::string dvb_text_field(std::string_view table) {
    return table.empty() ? "* dvbtext" : "* dvbtext(" + std::string(table) + ")";
}

std::string written_text(const std::string& json, std::string_view table = "") {
    return section_of_field(dvb_text_field(table), Row::of_json(R"({"v":)" + json + "}"));
}

std::string refused_text(const std::string& json, std::string_view table = "") {
    const Failure failure =
        failure_of_field(dvb_text_field(table), Row::of_json(R"({"v":)" + json + "}"));
    REQUIRE(failure.kind == ErrorKind::invalid_value);
    return failure.detail;
}

/// Bytes are read as this, which is written as the same bytes.
void text_both_ways(std::string_view hex, const std::string& json, std::string_view table = "") {
    CAPTURE(hex, json, table);
    CHECK(decoded_text(hex, table) == json);
    CHECK(written_text(json, table) == hex);
}

constexpr TextTable all_tables[] = {
    TextTable::iso_6937,    TextTable::iso_8859_1,  TextTable::iso_8859_2,  TextTable::iso_8859_3,
    TextTable::iso_8859_4,  TextTable::iso_8859_5,  TextTable::iso_8859_6,  TextTable::iso_8859_7,
    TextTable::iso_8859_8,  TextTable::iso_8859_9,  TextTable::iso_8859_10, TextTable::iso_8859_11,
    TextTable::iso_8859_13, TextTable::iso_8859_14, TextTable::iso_8859_15, TextTable::arib,
    TextTable::utf_16,      TextTable::ks_x_1001,   TextTable::gb_2312,     TextTable::big5,
    TextTable::utf_8};

/// A line for each code that stands for one character, as tests/reference/check_text_tables.py
/// makes them of Python's codecs.
void append_line(TextTable table, const Bytes& code, std::string& lines) {
    const auto text = decode_text(table, code);
    if (text && first_character(*text).size == text->size()) {
        lines += to_hex(code) + " " + *text + "\n";
    }
}

std::string lines_of_codes(TextTable table) {
    std::string lines;
    const bool is_arib = table == TextTable::arib;
    const bool is_one_byte = table >= TextTable::iso_6937 && table <= TextTable::iso_8859_15;
    const unsigned from = is_one_byte ? 0x20 : is_arib ? 0x21 : 0xA1;
    const unsigned to = is_arib ? 0x74 : is_one_byte ? 0xFF : 0xFE;
    for (unsigned first = from; first <= to; ++first) {
        if (is_one_byte && (first < 0x7F || first >= 0xA0)) {
            append_line(table, {static_cast<std::uint8_t>(first)}, lines);
        }
        for (unsigned second = is_arib ? 0x21 : 0x40;
             !is_one_byte && second < (is_arib ? 0x7F : 0xFF); ++second) {
            const bool is_control = first == 0xE0 && second >= 0x80 && second < 0xA0;
            if (!is_control) {
                append_line(table,
                            {static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)},
                            lines);
            }
        }
    }
    return lines;
}

constexpr const char* default_tables[] = {
    "",       "6937",   "8859-1",  "8859-2",  "8859-3",  "8859-4",  "8859-5",  "8859-6", "8859-7",
    "8859-8", "8859-9", "8859-10", "8859-11", "8859-13", "8859-14", "8859-15", "arib"};

}  // namespace

TEST_CASE("dvbtext without a table: strings are ASCII or UTF-8") {
    text_both_ways("", R"("")");
    text_both_ways("4a6f75726e616c", R"("Journal")");
    text_both_ways("154c652064c3ae6e6572", R"("Le dîner")");
    text_both_ways("15610a62", R"("a\u000ab")");
    text_both_ways("157f", "\"\x7f\"");
}

TEST_CASE("dvbtext without a table: bytes without a selector are ISO/IEC 6937") {
    text_both_ways("50cf72c26962cf6568", R"({"text":"Příběh","selector":""})");
    text_both_ways("c267", R"({"text":"ģ","selector":""})");
    text_both_ways("cb67", R"({"hex":"cb67","text":"ģ"})");
    text_both_ways("c271", "{\"text\":\"q\u0301\",\"selector\":\"\"}");
    text_both_ways("a4", R"({"text":"€","selector":""})");
    text_both_ways("c1", R"({"hex":"c1"})");
    text_both_ways("c1c261", R"({"hex":"c1c261"})");
    text_both_ways("c18a", R"({"hex":"c18a"})");
    text_both_ways("a6", R"({"hex":"a6"})");
    text_both_ways("7f", "{\"text\":\"\x7f\",\"selector\":\"\"}");
}

TEST_CASE("the selectors of EN 300 468") {
    text_both_ways("01b0b1b2", R"({"text":"АБВ","selector":"01"})");
    text_both_ways("05e9", R"({"text":"é","selector":"05"})");
    text_both_ways("05", R"({"text":"","selector":"05"})");
    text_both_ways("0be9a4", R"({"text":"é€","selector":"0b"})");
    text_both_ways("10000fe9a4", R"({"text":"é€","selector":"10000f"})");
    text_both_ways("100002b1", R"({"text":"ą","selector":"100002"})");
    text_both_ways("1100e9e08a0041", R"({"text":"é\u000aA","selector":"11"})");
    text_both_ways("11d83ddcfa", R"({"text":"📺","selector":"11"})");
    text_both_ways("12b0a1efcb", R"({"text":"가丁","selector":"12"})");
    text_both_ways("13d6d0b9fa", R"({"text":"中国","selector":"13"})");
    text_both_ways("14a4a4b0ea", R"({"text":"中國","selector":"14"})");
    text_both_ways("1541", R"({"text":"A","selector":"15"})");
    text_both_ways("15", R"({"text":"","selector":"15"})");
}

TEST_CASE("bytes that are no text stay bytes") {
    for (const char* hex : {"00",
                            "08",
                            "0841",
                            "0c41",
                            "0f",
                            "10",
                            "1000",
                            "100000",
                            "10000c41",
                            "10001041",
                            "10010541",
                            "16",
                            "1f",
                            "1f0041",
                            "15c3",
                            "1500",
                            "1141",
                            "11d83d",
                            "11dc00",
                            "12b0",
                            "12ff41",
                            "05"
                            "41"
                            "00ff00"}) {
        CAPTURE(hex);
        const std::string json = decoded_text(hex);
        CHECK((json == "{\"hex\":\"" + std::string(hex) + "\"}" ||
               std::string_view(hex) == "054100ff00"));
        CHECK(written_text(json) == hex);
    }
    text_both_ways("02a1", R"({"hex":"02a1"})");
}

TEST_CASE("control codes of texts") {
    text_both_ways("05418a42", R"({"text":"A\u000aB","selector":"05"})");
    text_both_ways("058687", "{\"text\":\"\uE086\uE087\",\"selector\":\"05\"}");
    text_both_ways("0500051f", "{\"text\":\"\uE000\uE005\uE01F\",\"selector\":\"05\"}");
    text_both_ways("12e08ae08641", "{\"text\":\"\\u000a\uE086A\",\"selector\":\"12\"}");
    text_both_ways("128a", R"({"hex":"128a","text":"\u000a"})");
    text_both_ways("11e086e01f", "{\"text\":\"\uE086\uE01F\",\"selector\":\"11\"}");
    text_both_ways("110000", "{\"hex\":\"110000\",\"text\":\"\uE000\"}");
    text_both_ways("11000a", R"({"hex":"11000a","text":"\u000a"})");
    CHECK(refused_text("{\"text\":\"\uE005\",\"selector\":\"\"}") ==
          "The value {...} begins with the control code U+E005, which would select another table; "
          "the field has width * and type dvbtext.");
}

TEST_CASE("a table of the field is that of strings, in both directions") {
    text_both_ways("e9a4", R"("é€")", "8859-15");
    text_both_ways("a4c265", R"("€é")", "6937");
    text_both_ways("41c265", R"("Aé")", "6937");
    text_both_ways("6ecf20c8204a", R"("nˇ¨J")", "6937");  // marks alone
    text_both_ways("41c120", "\"A \u0300\"", "6937");     // of ASCII's own
    text_both_ways("15d0b6", R"("ж")", "8859-15");
    text_both_ways("d6", R"("ж")", "8859-5");
    text_both_ways("01d6", R"({"text":"ж","selector":"01"})", "8859-5");
    text_both_ways("15c3a9", R"({"text":"é","selector":"15"})", "8859-15");
    text_both_ways("41", R"("A")", "8859-15");
    text_both_ways("ee8a", R"("î\u000a")", "8859-1");
    // Without a selector this would begin as one.
    text_both_ways("15ee80853f", "\"\uE005?\"", "8859-1");
    text_both_ways("3f05", "\"?\uE005\"", "8859-1");
}

TEST_CASE("a decomposed letter comes back as it was") {
    text_both_ways("1565cc81", "\"e\u0301\"", "6937");
    CHECK(refused_text("{\"text\":\"Ae\u0301\",\"selector\":\"\"}", "6937") ==
          "The value {...} has the character U+0301 at position 3, which the table 6937 does not "
          "have; the field has width * and type dvbtext(6937).");
}

TEST_CASE("texts of Japanese service information") {
    text_both_ways("0e4e484b0f416d39670e31fe0f3d294544", R"("NHK総合1・秋田")", "arib");
    text_both_ways("0e4e484b1d4b1d65f91d39370f1b243b7a5a7a56", R"("NHKニュース7🈔🈑")", "arib");
    CHECK(decoded_text("0e41200f20a0", "arib").find("A \u3000\u3000") != std::string::npos);
    text_both_ways("2220", R"({"hex":"2220"})", "arib");
    text_both_ways("", R"("")", "arib");
    text_both_ways("0e41", R"("A")", "arib");
    text_both_ways("0e410d42", R"("A\u000aB")", "arib");
    text_both_ways("0e410d0a42", R"({"hex":"0e410d0a42","text":"A\u000aB"})", "arib");
    text_both_ways("890e418a0f", R"({"hex":"890e418a0f","text":"A"})", "arib");
    text_both_ways("2121", "\"\u3000\"", "arib");
    text_both_ways("20", "{\"hex\":\"20\",\"text\":\"\u3000\"}", "arib");
    text_both_ways("1d1b2b4931", R"({"hex":"1d1b2b4931"})", "arib");
    text_both_ways("1b2b491d31", R"("ｱ")", "arib");
    text_both_ways("15e28093", R"("–")", "arib");
    text_both_ways("05e9", R"({"text":"é","selector":"05"})", "arib");
    text_both_ways("1b28204121", R"({"hex":"1b28204121"})", "arib");
    CHECK(refused_text(R"({"text":"é","selector":"0b"})", "arib") ==
          "The value {...} has the selector \"0b\", which selects no table; the field has width * "
          "and type dvbtext(arib).");
}

TEST_CASE("all forms of a text are taken, and what they say is checked") {
    CHECK(written_text(R"({"hex":"05E9"})") == "05e9");
    CHECK(written_text(R"({"text":"é","selector":"05"})") == "05e9");
    CHECK(written_text(R"({"text":"é","selector":"0B"})") == "0be9");
    CHECK(written_text(R"({"text":"é","hex":"05e9"})") == "05e9");
    const std::string field = "; the field has width * and type dvbtext.";
    CHECK(refused_text(R"({"text":"è","hex":"05e9"})") ==
          "The value {...} has the text \"è\", but its bytes are \"é\"" + field);
    CHECK(refused_text(R"({"text":"è","hex":"0805"})") ==
          "The value {...} has bytes as \"hex\" that are not text, in addition to the text \"è\"" +
              field);
    CHECK(refused_text(R"({"text":"è","hex":"0"})") ==
          "The value {...} has \"0\" as \"hex\", which is not made of pairs of hexadecimal digits" +
              field);
    CHECK(refused_text(R"({"text":"ж","selector":"05"})") ==
          "The value {...} has the character U+0436 at position 1, which the table 8859-9 does not "
          "have" +
              field);
    CHECK(refused_text(R"({"text":"ж","selector":"08"})") ==
          "The value {...} has the selector \"08\", which selects no table" + field);
    CHECK(refused_text(R"({"text":"ж","selector":"1f01"})") ==
          "The value {...} has the selector \"1f01\", an encoding_type_id, whose tables only "
          "receivers know" +
              field);
    CHECK(refused_text(R"({"text":"ж","selector":"41"})") ==
          "The value {...} has the selector \"41\", which selects no table" + field);
    CHECK(refused_text(R"({"text":"ж","selector":"0505"})") ==
          "The value {...} has the selector \"0505\", which selects no table" + field);
    CHECK(refused_text(R"({"text":"ж","selector":1})") ==
          "The value {...} has a number as \"selector\", not a string" + field);
    CHECK(refused_text(R"({"text":"ж","language":"ru"})") ==
          "The value {...} has the key \"language\", which no text has" + field);
    for (const char* json :
         {R"({})", R"({"text":"a"})", R"({"selector":"05"})", R"({"selector":"05","hex":"05"})",
          R"({"text":"","selector":"05","hex":"05"})"}) {
        CAPTURE(json);
        CHECK(refused_text(json) == "The value {...} is an object that is not text" + field);
    }
}

TEST_CASE("dvb_text_of is the text of every form") {
    const auto text_of = [](std::string_view json) {
        const auto document = jsonb::parse_json(json);
        const auto text = dvb_text_of(jsonb::Value::root(document));
        return text ? std::string(*text) : "(none)";
    };
    CHECK(text_of(R"("Příběh")") == "Příběh");
    CHECK(text_of(R"({"text":"Příběh","selector":""})") == "Příběh");
    CHECK(text_of(R"({"text":"Příběh","hex":"00"})") == "Příběh");
    CHECK(text_of(R"({"hex":"00"})") == "(none)");
    for (const char* json : {"1", "null", "[]", R"({})", R"({"text":1,"hex":""})"}) {
        CAPTURE(json);
        CHECK_THROWS_AS(text_of(json), BadValue);
    }
}

TEST_CASE("the tables of characters are those of Python's codecs") {
    const std::ifstream file("tests/vectors/text_tables.json");
    std::ostringstream text;
    text << file.rdbuf();
    const auto document = jsonb::parse_json(text.str());
    const jsonb::Object tables = jsonb::Value::root(document).object();
    REQUIRE(tables.size() == 18);
    for (const TextTable table : all_tables) {
        const auto expected = tables.find(name_of(table));
        if (!expected) {
            continue;
        }
        CAPTURE(name_of(table));
        const std::string lines = lines_of_codes(table);
        CHECK(std::to_string(std::count(lines.begin(), lines.end(), '\n')) ==
              expected->object().find("codes")->numeric().to_text());
        const auto crc = transport::crc32_mpeg2(
            {reinterpret_cast<const std::uint8_t*>(lines.data()), lines.size()});
        CHECK(print_hex(crc, 32) == "0x" + std::string(expected->object().find("crc")->string()));
    }
}

TEST_CASE("what each table writes of any character, it reads back") {
    for (const TextTable table : all_tables) {
        CAPTURE(name_of(table));
        std::size_t count = 0;
        // No table has single characters that Unicode put past its second plane.
        for (char32_t character = 1; character <= 0x10FFFF;
             character += character < 0x20000 ? 1 : 97) {
            if (character == 0xD800) {
                character = 0xE000;
            }
            std::string text;
            append_character(text, character);
            std::vector<std::uint8_t> bytes;
            if (encode_text(table, text, bytes)) {
                continue;
            }
            ++count;
            if (decode_text(table, bytes) != text) {
                CAPTURE(static_cast<std::uint32_t>(character), to_hex(bytes));
                FAIL("comes back as another");
            }
        }
        CHECK(count > 100);
    }
}

TEST_CASE("what is read of any bytes is written as the same bytes, under every table") {
    CAPTURE(seed());
    std::mt19937_64 random(seed());
    for (int round = 0; round < 40'000; ++round) {
        const char* const table = default_tables[random() % std::size(default_tables)];
        Bytes bytes(random() % 12);
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(random());
        }
        if (!bytes.empty() && random() % 2 == 0) {
            bytes.front() = static_cast<std::uint8_t>(random() % 0x20);
        }
        text_both_ways(to_hex(bytes), decoded_text(to_hex(bytes), table), table);
    }
}

TEST_CASE("random texts come back as they were, under every table") {
    CAPTURE(seed());
    std::mt19937_64 random(seed());
    const auto random_character = [&]() -> char32_t {
        static constexpr std::pair<char32_t, char32_t> ranges[] = {
            {0x20, 0x7F},     {0xA0, 0x180},      {0x300, 0x330},   {0x400, 0x460},
            {0x3000, 0x3100}, {0x4E00, 0x9FFF},   {0xAC00, 0xD7A4}, {0xE000, 0xE0A0},
            {0xFF00, 0xFFA0}, {0x1F100, 0x1F260}, {0x1, 0x20}};
        const auto& [from, to] = ranges[random() % std::size(ranges)];
        return from + static_cast<char32_t>(random() % (to - from));
    };
    for (int round = 0; round < 40'000; ++round) {
        const char* const table = default_tables[random() % std::size(default_tables)];
        std::string text;
        for (std::size_t size = random() % 8; size > 0; --size) {
            append_character(text, random_character());
        }
        Row row;
        const std::string hex = section_of_field(dvb_text_field(table), row.text("v", text));
        CAPTURE(table, text, hex);
        std::string json;
        append_json_string(text, json);
        CHECK(decoded_text(hex, table) == json);
    }
}

}  // namespace onetrip::section::test
