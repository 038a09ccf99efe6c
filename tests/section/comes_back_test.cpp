// What the encoder writes, the decoder takes: whatever fields share a source, and whatever part
// numbers a row sets.

#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/randomness.hpp"
#include "rows.hpp"
#include "section/decoder.hpp"

namespace onetrip::section::test {

namespace {

/// The JSON row that a row's only section is decoded to, which makes the same section again.
std::string comes_back(std::string_view text, std::string_view row) {
    const Plan layout = plan_of(text);
    const auto sections = encode(layout, Row::of_json(row));
    CHECK(sections.size() == 1);
    const std::string json = decoded(layout, sections.front());
    CHECK(encode(layout, Row::of_json(json)) == sections);
    return json;
}

Failure refused(std::string_view text, std::string_view row) {
    return failure(text, Row::of_json(row));
}

/// A small layout whose fields share few sources, and a row for it.
class SharedCase {
  public:
    explicit SharedCase(std::uint64_t seed) : random_(seed) {
        for (std::uint64_t count = random_.below(4); count > 0; --count) {
            add_part();
        }
        std::string fields;
        for (std::uint64_t count = random_.between(1, 4); count > 0; --count) {
            fields += column_field();
        }
        fields_ += fields + (random_.one_in(4) ? " crc 32 rpchof\n" : "") +
                   (random_.one_in(8) ? " crc2 32 rpchof\n" : "");
        max_ = random_.one_in(3) ? random_.between(8, 40) : 4096;
        add_row();
    }

    std::string layout() const {
        return "x (max " + std::to_string(max_) + ") {\n" + fields_ + "}";
    }
    std::string row() const { return "{" + row_ + "}"; }

  private:
    void add_part() {
        static const std::vector<std::string> kinds = {"part()", "last_part()", "parts()"};
        static const std::vector<std::string> widths = {"8", "16", "24"};
        parts_.push_back({"p" + std::to_string(parts_.size()), random_.pick(kinds)});
        fields_ += " " + parts_.back().name + " " + random_.pick(widths) +
                   " uimsbf = " + parts_.back().kind + "\n";
    }

    using Words = std::vector<std::string>;

    std::string column_field() {
        static const Words numbers = {"8 uimsbf", "16 bslbf", "8 tcimsbf", "16 bcd"};
        static const Words texts = {"16 char", "24 char",   "64 char",    "16 text", "24 text",
                                    "* text",  "* dvbtext", "16 bytes",   "* bytes", "* text",
                                    "40 utc",  "* dvbtext", "24 duration"};
        static const Words items = {"* tlv(8,8)", "* tlv(16,8)", "* tlv(8,ber)", "* tlv(16,16)",
                                    "40 utc"};
        const std::string name = "f" + std::to_string(names_++);
        std::string type = random_.pick(kind_ == 0 ? numbers : kind_ == 1 ? texts : items);
        if (type.starts_with("*")) {
            fields_ += " l" + name + " 16 uimsbf = length(" + name + ")\n";
        }
        if (type.starts_with("* tlv") && !has_split_ && random_.one_in(2)) {
            has_split_ = true;
            type += " split";
        }
        const bool is_part_name = !parts_.empty() && random_.one_in(40);
        return " " + name + " " + type + " = " +
               (is_part_name        ? parts_.front().name
                : random_.one_in(4) ? "t"
                                    : "s") +
               "\n";
    }

    void add(const std::string& key, const std::string& value) {
        row_ += (row_.empty() ? "\"" : ",\"") + key + "\":" + value;
    }

    std::string value() {
        static const Words numbers = {"true", "0", "1", "1.0", "9", "12", "255", "-1", "300"};
        static const Words texts = {R"("")",
                                    R"("a")",
                                    R"("a ")",
                                    R"("é")",
                                    R"("é ")",
                                    R"("ab")",
                                    R"("AB")",
                                    R"("6162")",
                                    R"("61E9")",
                                    R"("\\x6162")",
                                    R"("\u0015é")",
                                    R"("\u0015a")",
                                    R"("01:30:00")",
                                    R"("PT1H30M")",
                                    R"("1 day")",
                                    R"("2021-02-01")",
                                    R"("2021-02-01T00:00:00.5Z")",
                                    R"("infinity")",
                                    "null",
                                    R"({"hex":""})",
                                    R"({"hex":"15c3a9"})",
                                    R"({"hex":"c3a9"})",
                                    R"({"hex":"E9"})",
                                    R"({"hex":"e920"})",
                                    R"({"hex":"0000"})",
                                    R"({"hex":"1561"})",
                                    R"({"hex":"6120"})"};
        static const Words items = {
            "null",
            "[]",
            "{}",
            R"([{"tag":1,"value":"a"}])",
            R"([{"tag":1,"value":[{"tag":2,"value":1}]}])",
            R"([{"tag":1,"value":[{"tag":2,"value":{"3":null,"4":"x"}},{"tag":2,"value":[]}]}])",
            R"({"1":"abcdefgh","0x2":{"3":"x","4":[]}})",
            R"([{"tag":1,"value":"abcd"},{"tag":2,"hex":"00000000"},{"tag":3,"value":7}])"};
        return random_.pick(kind_ == 0 ? numbers : kind_ == 1 ? texts : items);
    }

    void add_row() {
        add("s", value());
        add("t", value());
        const std::uint64_t way = random_.below(4);
        const std::uint64_t count = random_.between(1, 300);
        const std::uint64_t part = random_.below(count);
        for (const Part& field : parts_) {
            const std::uint64_t right = field.kind == "part()"        ? part
                                        : field.kind == "last_part()" ? count - 1
                                                                      : count;
            if (way == 0 || (way == 1 && random_.one_in(2))) {
                add(field.name, std::to_string(right));
            } else if (way == 2) {
                add(field.name, std::to_string(random_.below(4)));
            }
        }
    }

    struct Part {
        std::string name;
        std::string kind;
    };

    Randomness random_;
    std::uint64_t kind_ = random_.below(3);  ///< numbers, texts or items
    int names_ = 0;
    bool has_split_ = false;
    std::int64_t max_ = 4096;
    std::vector<Part> parts_;
    std::string fields_;
    std::string row_;
};

struct ComesBackCounts {
    std::uint64_t refused_layouts = 0, refused_rows = 0, sections = 0, of_several = 0;
};

void come_back(std::uint64_t seed, ComesBackCounts& counts) {
    const SharedCase random_case(seed);
    INFO("ONETRIP_SEED=" << seed << " ONETRIP_CASES=1\n"
                         << random_case.layout() << '\n'
                         << random_case.row());
    std::optional<Plan> layout;
    std::vector<std::string> sections;
    try {
        layout = plan_of(random_case.layout());
        sections = encode(*layout, Row::of_json(random_case.row()));
    } catch (const FieldError&) {
        ++counts.refused_rows;
        return;
    } catch (const Error&) {
        ++counts.refused_layouts;
        return;
    }
    counts.of_several += sections.size() > 1 ? 1 : 0;
    for (const std::string& hex : sections) {
        ++counts.sections;
        std::string json;
        try {
            json = decoded(*layout, hex);
        } catch (const FieldError& error) {
            FAIL(hex << " is refused: " << error.message() << ": " << error.detail());
        }
        if (encode(*layout, Row::of_json(json), Splitting::refused) != std::vector{hex}) {
            FAIL(hex << " comes back otherwise by " << json);
        }
    }
}

}  // namespace

TEST_CASE("a row sets all part numbers or none, and they go together", "[parts]") {
    const std::string layout =
        "x {\n i 8 uimsbf = part()\n l 8 bslbf = last_part()\n n 8 uimsbf = parts()\n}";
    CHECK(section(layout, Row::of_json(R"({"i":2,"l":3,"n":4})")) == "020304");
    CHECK(comes_back(layout, R"({"i":0,"l":0,"n":1})") == R"({"i":0,"l":0,"n":1})");
    for (const char* const row :
         {R"({"i":5,"l":3,"n":4})", R"({"i":4,"l":3,"n":4})", R"({"i":1,"l":2,"n":4})",
          R"({"i":0,"l":0,"n":0})", R"({"i":1})", R"({"l":1})", R"({"n":1})", R"({"i":0,"n":1})"}) {
        INFO(row);
        CHECK(refused(layout, row).kind == ErrorKind::invalid_value);
    }
    const Failure found = refused(layout, R"({"i":4,"l":9,"n":4})");
    CHECK(found.field == "n");
    CHECK(found.detail ==
          "The value 4 contradicts the part numbers of the row: part 4 of 4, but parts count from "
          "0; the field has 8 bits and type uimsbf.");
}

TEST_CASE("part numbers that the decoder refuses are not written", "[parts]") {
    const std::string two = "x {\n i 8 uimsbf = part()\n n 8 uimsbf = parts()\n}";
    CHECK(refused(two, R"({"i":5,"n":3})").field == "n");
    CHECK(refused(two, R"({"n":0})").field == "i");
    CHECK(refused(two, R"({"i":0,"n":0})").field == "n");
    const Failure missing = refused(two, R"({"i":5})");
    CHECK(missing.field == "n");
    CHECK(missing.detail.find("sets the part number \"i\"") != std::string::npos);
    CHECK(missing.hint.find("to_jsonb(r) - 'i'") != std::string::npos);
    const std::string twice = "x {\n i 8 uimsbf = part()\n j 16 uimsbf = part()\n}";
    CHECK(refused(twice, R"({"i":5,"j":3})").detail.find("3, but i has 5") != std::string::npos);
    CHECK(section(twice, Row::of_json(R"({"i":5,"j":5})")) == "050005");
    CHECK(section("x {\n i 8 uimsbf = part()\n}", Row::of_json(R"({"i":7})")) == "07");
}

TEST_CASE("a column source named like a part field is refused with the layout", "[parts]") {
    for (const char* const layout : {"x {\n i 8 uimsbf = part()\n a 8 uimsbf = i\n}",
                                     "x {\n a 8 uimsbf = i\n i 8 uimsbf = last_part()\n}",
                                     "x {\n a * text = i\n i 8 bslbf = parts()\n}"}) {
        INFO(layout);
        CHECK_THROWS_WITH(plan_of(layout),
                          Catch::Contains("column source \"i\" is named like a part field"));
    }
    CHECK_NOTHROW(plan_of("x {\n i 8 uimsbf = j\n a 8 uimsbf = i\n j 8 uimsbf = 1\n}"));
}

TEST_CASE("a value of fields that share it comes back in a spelling that gives the same bytes",
          "[shared]") {
    const std::string texts = "x {\n l 8 uimsbf = length(a)\n a * dvbtext = s\n b * text = s\n}";
    CHECK(comes_back(texts, R"({"s":{"hex":"15c3a9"}})") == R"({"s":{"hex":"15c3a9"}})");
    CHECK(comes_back(texts, R"({"s":"é"})") == R"({"s":"é"})");
    CHECK(comes_back("x {\n a 16 char = s\n b 16 text = s\n}", R"({"s":{"hex":"C3A9"}})") ==
          R"({"s":{"hex":"c3a9"}})");
    CHECK(comes_back("x {\n l 8 uimsbf = length(a)\n a * bytes = s\n b * text = s\n}",
                     R"({"s":"\\xAB"})") == R"({"s":"\\xAB"})");
}

TEST_CASE("items that another field repeats are not spread over sections", "[shared]") {
    const std::string layout =
        "x (max 20) {\n l 8 uimsbf = length(a)\n a * tlv(8,8) split = s\n b * tlv(8,8) = s\n}";
    CHECK(comes_back(layout, R"({"s":[{"tag":1,"value":"abc"}]})") ==
          R"({"s":[{"tag":1,"value":"abc"}]})");
    const Failure found =
        refused(layout, R"({"s":[{"tag":1,"value":"abc"},{"tag":2,"value":"defghi"}]})");
    CHECK(found.kind == ErrorKind::invalid_value);
    CHECK(found.field == "a");
    CHECK(found.detail.find("repeat the items in \"b\"") != std::string::npos);
}

TEST_CASE("whatever is encoded comes back", "[parts][shared][property][random]") {
    const std::uint64_t cases = from_environment("ONETRIP_CASES", 40'000);
    ComesBackCounts counts;
    for (std::uint64_t i = 0; i < cases; ++i) {
        come_back(seed() + i, counts);
    }
    std::ostringstream figures;
    figures << "layouts refused " << counts.refused_layouts << ", rows refused "
            << counts.refused_rows << ", sections " << counts.sections << ", rows of several "
            << counts.of_several << ", seed " << seed();
    INFO(figures.str());
    if (from_environment("ONETRIP_FIGURES", 0) != 0) {
        WARN(figures.str());
    }
    if (cases >= 1000) {
        CHECK(counts.sections > cases / 20);
        CHECK(counts.refused_layouts > cases / 100);
    }
    // One of some two thousand.
    if (cases >= 20'000) {
        CHECK(counts.of_several > cases / 8000);
    }
}

}  // namespace onetrip::section::test
