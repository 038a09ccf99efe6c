#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/randomness.hpp"
#include "rows.hpp"
#include "section/decoder.hpp"
#include "section/section_walk.hpp"

namespace onetrip::section::test {

namespace {

/// A random layout of every kind of field, and a random JSON row for it.
class DecoderCase {
  public:
    explicit DecoderCase(std::uint64_t seed) : random_(seed) {
        if (random_.one_in(2)) {
            add_header();
        }
        for (std::uint64_t groups = random_.between(0, 5); groups > 0; --groups) {
            add_group();
        }
        if (random_.one_in(4)) {
            add_variables();
            add_group();
        }
        add_variables();
        for (std::uint64_t groups = random_.below(3); groups > 0; --groups) {
            add_group();
        }
        has_checksum = random_.one_in(4);
        if (has_checksum) {
            add("32 rpchof");
        }
        max_ = random_.one_in(3) ? bits_ / 8 + 3 + random_.below(80) : 4096;
    }

    std::string layout() const {
        return "x (max " + std::to_string(max_) + ") {\n" + fields_ + "}";
    }

    std::string row() const {
        std::string json;
        for (const auto& [key, value] : values_) {
            json += (json.empty() ? "{\"" : ",\"") + key + "\":" + value;
        }
        return json.empty() ? "{}" : json + "}";
    }

    bool has_checksum = false;

  private:
    std::string name() { return "n" + std::to_string(names_++); }

    void add(const std::string& rest) { add(name(), rest); }
    void add(const std::string& field, const std::string& rest) {
        fields_ += " " + field + " " + rest + "\n";
        bits_ += rest.front() == '*' ? 0 : std::stoul(rest);
    }

    void add_header() {
        add("8 uimsbf = 0x" + std::to_string(random_.between(40, 99)));
        add("1 bslbf = " + std::to_string(random_.below(2)));
        add("3 bslbf = 0b111");
        add("12 uimsbf = length()");
    }

    /// A column, now and then one that other fields have as well.
    void add_value(const std::string& type, const std::string& kind, const std::string& value) {
        const std::string field = name();
        if (random_.one_in(4)) {
            const auto shared = values_.emplace("shared_" + kind, value).first;
            add(field, type + " = " + shared->first);
        } else {
            values_[field] = value;
            add(field, type);
        }
    }

    void add_integer(unsigned width) {
        if (random_.one_in(6)) {
            static const std::vector<std::string> numbers = {"part()", "last_part()", "parts()"};
            add(std::to_string(width) + " uimsbf = " + random_.pick(numbers));
            return;
        }
        const std::string text = std::to_string(width);
        std::vector<std::string> types = {" uimsbf", " bslbf"};
        if (width > 3) {
            types.push_back(" tcimsbf");
            types.push_back(width % 4 == 0 ? " bcd" : " uimsbf");
        }
        const std::string type = text + random_.pick(types);
        if (random_.one_in(5)) {
            add(type + " = " +
                std::to_string(random_.below(std::min(1U << std::min(width - 1, 3U), 8U))));
        } else if (width > 3 && random_.one_in(3)) {
            add_value(type, "integer", std::to_string(random_.below(8)));
        } else {
            values_["n" + std::to_string(names_)] = integer_value(type, width);
            add(type);
        }
    }

    std::string integer_value(const std::string& type, unsigned width) {
        if (type.ends_with("tcimsbf")) {
            const auto magnitude = static_cast<std::int64_t>(random_.bits(width) >> 1);
            return std::to_string(random_.one_in(2) ? magnitude : -magnitude - 1);
        }
        if (type.ends_with("bcd")) {
            std::string digits = std::to_string(random_.between(1, 9));
            for (std::uint64_t more = random_.below(width / 4); more > 0; --more) {
                digits += std::to_string(random_.below(10));
            }
            return digits;
        }
        return std::to_string(random_.bits(width));
    }

    void add_group() {
        const std::size_t before = bits_;
        for (std::uint64_t count = random_.below(4); count > 0; --count) {
            if (random_.one_in(3)) {
                add_fixed();
            } else {
                add_integer(static_cast<unsigned>(random_.one_in(6) ? random_.between(33, 64)
                                                                    : random_.between(1, 20)));
            }
        }
        if ((bits_ - before) % 8 != 0) {
            add_integer(static_cast<unsigned>(8 - (bits_ - before) % 8));
        }
        if (random_.one_in(8)) {
            add("32 rpchof");
        }
    }

    void add_fixed() {
        const std::size_t size = random_.below(5) + 1;
        const std::string width = std::to_string(size * 8);
        switch (random_.below(5)) {
            case 0:
                return add_value("40 utc", "time", time());
            case 1:
                return add_value("24 duration", "duration", clock());
            case 2:
                return add_value(width + " char", "text" + width, text(size, false));
            case 3:
                return add_value(width + " text", "exact" + width, text(size, true));
            default:
                return add_value(width + " bytes", "bytes" + width, '"' + hex(size) + '"');
        }
    }

    std::string two_digits(std::uint64_t number) {
        return std::to_string(number / 10) + std::to_string(number % 10);
    }

    std::string clock() {
        return '"' + two_digits(random_.below(100)) + ":" + two_digits(random_.below(60)) + ":" +
               two_digits(random_.below(60)) + '"';
    }

    std::string time() {
        if (random_.one_in(6)) {
            return random_.one_in(2) ? "null" : "\"-infinity\"";
        }
        return '"' + std::to_string(random_.between(1949, 2127)) + "-" +
               two_digits(random_.below(12) + 1) + "-" + two_digits(random_.below(28) + 1) + "T" +
               two_digits(random_.below(24)) + ":" + two_digits(random_.below(60)) + ":" +
               two_digits(random_.below(60)) + (random_.one_in(2) ? "Z\"" : ".5-03:30\"");
    }

    /// Text of so many bytes, or of no more.
    std::string text(std::size_t size, bool is_exact) {
        if (random_.one_in(6)) {
            return "{\"hex\":\"" + hex(size) + "\"}";
        }
        static const std::vector<std::string> pieces = {"a", "B", " ", "\\\"", "\\\\", "\\n", "/"};
        std::string json;
        while (size > 0 && (is_exact || !random_.one_in(5))) {
            if (size > 1 && random_.one_in(5)) {
                json += "\u00e9";
                --size;
            } else {
                json += random_.pick(pieces);
            }
            --size;
        }
        return '"' + json + '"';
    }

    std::string hex(std::size_t size) {
        Bytes bytes;
        for (; size > 0; --size) {
            bytes.push_back(static_cast<std::uint8_t>(random_.one_in(4) ? random_.below(0x30)
                                                                        : random_.bits(8)));
        }
        return to_hex(bytes);
    }

    // ---- fields of width `*`

    void add_variables() {
        std::vector<std::string> later;
        for (std::uint64_t count = random_.below(4); count > 0; --count) {
            later.push_back(name());
        }
        const std::string label = name();
        const bool has_offset = random_.one_in(3);
        if (has_offset) {
            add("16 uimsbf = offset(" + label + ")");
        }
        for (const std::string& field : later) {
            if (!random_.one_in(8)) {
                add("16 uimsbf = length(" + field + ")");
            }
        }
        for (const std::string& field : later) {
            add_variable(field);
            if (random_.one_in(4)) {
                add_group();
            }
        }
        if (has_offset || random_.one_in(4)) {
            fields_ += label + ":\n";
        }
    }

    void add_variable(const std::string& field) {
        const std::size_t size = random_.below(12);
        switch (random_.below(5)) {
            case 0:
                values_[field] = text(size, false);
                return add(field, "* text");
            case 1:
                values_[field] = text(size, false);
                return add(field, "* dvbtext");
            case 2:
                values_[field] = '"' + hex(size) + '"';
                return add(field, "* bytes");
            default:
                add_items(field);
        }
    }

    void add_items(const std::string& field) {
        static const std::vector<std::string> types = {"tlv(8,8)",  "tlv(8,16)",  "tlv(8,ber)",
                                                       "tlv(16,8)", "tlv(16,16)", "tlv(16,ber)"};
        const std::string type = random_.pick(types);
        const bool splits = !has_split_ && random_.one_in(2);
        has_split_ = has_split_ || splits;
        if (!splits && random_.one_in(4)) {
            values_.emplace("shared_items", items(2));
            return add(field, "* " + type + " = shared_items");
        }
        values_[field] = items(2);
        add(field, "* " + type + (splits ? " split" : ""));
    }

    std::string items(int depth) {
        std::string json;
        for (std::uint64_t count = random_.below(random_.one_in(4) ? 20 : 4); count > 0; --count) {
            json += (json.empty() ? "{\"tag\":" : ",{\"tag\":") + std::to_string(random_.bits(8)) +
                    "," + content(depth) + "}";
        }
        return "[" + json + "]";
    }

    std::string content(int depth) {
        switch (random_.below(5)) {
            case 0:
                return "\"hex\":\"" + hex(random_.below(6)) + "\"";
            case 1:
                return "\"value\":" + std::to_string(random_.bits(33));
            case 2:
                return "\"value\":" + (depth > 0 ? items(depth - 1) : "true");
            case 3:
                return "\"value\":\"" + repeated("x", random_.below(20) * random_.below(8)) + "\"";
            default: {
                std::string value = text(random_.below(9), false);
                return value.front() == '"' ? "\"value\":" + value : "\"value\":null";
            }
        }
    }

    Randomness random_;
    int names_ = 0;
    std::size_t bits_ = 0;
    std::size_t max_ = 4096;
    bool has_split_ = false;
    std::string fields_;
    std::map<std::string, std::string> values_;
};

struct Counts {
    std::uint64_t layouts = 0, refused_layouts = 0, refused_rows = 0;
    std::uint64_t sections = 0, parts = 0, flips = 0;
    std::uint64_t changed = 0, changed_accepted = 0;
};

/// What a section decodes to is encoded to it again, and it has faults where it does not decode.
bool comes_back(const Plan& layout, Decoder& decoder, const Bytes& bytes) {
    const OddCopy section(bytes);
    const bool is_sound = decoder.check(section.span()).empty();
    decoder.dissect(section.span());
    std::string json;
    try {
        json = json_row(decoder, section.span());
    } catch (const FieldError& error) {
        if (is_sound) {
            FAIL("sound, but " << error.message() << ": " << error.detail());
        }
        return false;
    }
    if (!is_sound) {
        FAIL("decoded with faults: " << json);
    }
    const auto again = encode(layout, Row::of_json(json), Splitting::refused);
    if (again.size() != 1 || again.front() != to_hex(bytes)) {
        FAIL(json << " comes back as " << again.front() << " of " << to_hex(bytes));
    }
    return true;
}

void flip_bits(Decoder& decoder, Bytes bytes, Counts& counts) {
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        const auto mask = static_cast<std::uint8_t>(0x80U >> bit % 8);
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ mask);
        ++counts.flips;
        if (decoder.check(bytes).empty()) {
            FAIL("no fault with bit " << bit << " of " << to_hex(bytes) << " flipped");
        }
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ mask);
    }
}

void change(Bytes& bytes, Randomness& random) {
    switch (random.below(6)) {
        case 0:
            bytes.resize(random.below(bytes.size() + 1));
            break;
        case 1:
            bytes.resize(bytes.size() + random.below(3) + 1);
            break;
        case 2:
            for (std::uint8_t& byte : bytes) {
                byte = static_cast<std::uint8_t>(random.bits(8));
            }
            break;
        default:
            for (std::uint64_t times = random.below(3) + 1; times > 0 && !bytes.empty(); --times) {
                std::uint8_t& byte = bytes[random.below(bytes.size())];
                byte = static_cast<std::uint8_t>(random.one_in(2) ? byte + random.between(-1, 1)
                                                                  : random.bits(8));
            }
    }
}

/// The walk over bytes: it ends, goes forward, and judges a lone section as the decoder does.
void walk_bytes(Decoder& decoder, const Bytes& bytes, bool is_sound) {
    const OddCopy copy(bytes);
    std::size_t sections = 0;
    std::size_t faults = 0;
    for (SectionWalk walk(decoder, copy.span()); walk.next();) {
        faults += walk.faults().size();
        ++sections;
        for (const Fault& fault : walk.faults()) {
            if (walk.begin() + fault.byte > bytes.size()) {
                FAIL("a fault after the end");
            }
        }
    }
    if (sections > bytes.size() + 1 || (is_sound && faults > 0) ||
        (!is_sound && faults == 0 && sections == 1)) {
        FAIL(faults << " faults in " << sections << " sections of " << to_hex(bytes));
    }
}

void run(std::uint64_t seed, Counts& counts) {
    const DecoderCase random_case(seed);
    INFO("ONETRIP_SEED=" << seed << " ONETRIP_CASES=1\n"
                         << random_case.layout() << '\n'
                         << random_case.row());
    std::optional<Plan> layout;
    try {
        layout = plan_of(random_case.layout());
    } catch (const Error&) {
        ++counts.refused_layouts;
        return;
    }
    ++counts.layouts;
    Decoder decoder(*layout);
    Randomness random(seed);
    std::vector<std::string> sections;
    try {
        sections = encode(*layout, Row::of_json(random_case.row()));
    } catch (const FieldError&) {
        ++counts.refused_rows;
        sections = {repeated("00", random.below(60))};
        comes_back(*layout, decoder, from_hex(sections.front()));
        return;
    }
    counts.parts += sections.size() > 1 ? sections.size() : 0;
    Bytes carousel;
    for (const std::string& section : sections) {
        ++counts.sections;
        Bytes bytes = from_hex(section);
        if (!comes_back(*layout, decoder, bytes)) {
            FAIL("faults in " << section << ": " << decoder.check(bytes).front().field->name << " "
                              << decoder.check(bytes).front().problem);
        }
        walk_bytes(decoder, bytes, true);
        carousel.insert(carousel.end(), bytes.begin(), bytes.end());
        if (random_case.has_checksum && (bytes.size() < 40 || random.one_in(8))) {
            flip_bits(decoder, bytes, counts);
        }
        for (int times = 0; times < 4; ++times) {
            Bytes changed = bytes;
            change(changed, random);
            ++counts.changed;
            const bool is_sound = comes_back(*layout, decoder, changed);
            counts.changed_accepted += is_sound ? 1 : 0;
            walk_bytes(decoder, changed, is_sound);
        }
    }
    walk_bytes(decoder, carousel, decoder.plan().has_section_length || sections.size() == 1);
    change(carousel, random);
    for (SectionWalk walk(decoder, carousel); walk.next();) {
    }
}

}  // namespace

TEST_CASE("random sections come back, and changed ones come back or have faults",
          "[decoder][property][random]") {
    const std::uint64_t cases = from_environment("ONETRIP_CASES", 10'000);
    Counts counts;
    for (std::uint64_t i = 0; i < cases; ++i) {
        run(seed() + i, counts);
    }
    std::ostringstream figures;
    figures << "layouts " << counts.layouts << ", refused " << counts.refused_layouts
            << ", rows refused " << counts.refused_rows << ", sections " << counts.sections
            << ", of split rows " << counts.parts << ", flipped bits " << counts.flips
            << ", changed sections " << counts.changed << ", accepted " << counts.changed_accepted
            << ", seed " << seed();
    INFO(figures.str());
    if (from_environment("ONETRIP_FIGURES", 0) != 0) {
        WARN(figures.str());
    }
    if (cases >= 1000) {
        CHECK(counts.layouts > cases / 2);
        CHECK(counts.sections > cases / 2);
        CHECK(counts.parts > cases / 200);
        CHECK(counts.flips > cases * 10);
        CHECK(counts.changed_accepted > counts.changed / 20);
    }
}

}  // namespace onetrip::section::test
