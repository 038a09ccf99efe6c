#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/randomness.hpp"
#include "layout_model.hpp"
#include "rows.hpp"

namespace onetrip::section::test {

namespace {

using Kind = ModelElement::Kind;

/// A random layout and a random row for it, with what the slow encoder needs to know of them.
class Case {
  public:
    explicit Case(std::uint64_t seed) : random_(seed) {
        make_layout();
        make_values();
    }

    std::string layout_text() {
        std::string text = "x" + space() + "(max " + std::to_string(max_) + ")" + space() + "{\n";
        for (const ModelElement& element : elements_) {
            text += space() + element.name + (element.is_field() ? field_text(element) : ":") +
                    (random_.one_in(8) ? " -- } a 8 uimsbf" : "") + "\n";
        }
        return text + "}";
    }

    std::string json_text() const {
        std::string text;
        for (const auto& [column, value] : values_) {
            text += (text.empty() ? "{\"" : ",\"") + column + "\":" + value.json;
        }
        for (const auto& [name, number] : given_parts_) {
            text += (text.empty() ? "{\"" : ",\"") + name + "\":" + std::to_string(number);
        }
        return text.empty() ? "{}" : text + "}";
    }

    Row row() { return is_json_ ? Row::of_json(json_text()) : std::move(record_); }

    std::optional<std::vector<std::string>> expected() const {
        return SlowEncoder(elements_, max_, values_, given_parts_).sections();
    }

  private:
    using Element = ModelElement;

    // ---- layouts ------------------------------------------------------------------------------

    std::string name() { return "n" + std::to_string(names_++); }
    std::string space() { return std::string(random_.below(3), random_.one_in(5) ? '\t' : ' '); }

    std::string field_text(const Element& element) {
        const std::string source =
            element.text.empty() ? "" : space() + "=" + space() + element.text;
        return " " + space() + (element.width == 0 ? "*" : std::to_string(element.width)) + " " +
               element.type + (element.split ? " split" : "") + source;
    }

    Element field(Kind kind, int width, const std::string& type, const std::string& text = "") {
        Element element;
        element.kind = kind;
        element.name = name();
        element.width = width;
        element.type = type;
        element.source = element.name;
        element.text = text;
        return element;
    }

    std::string unsigned_type() { return random_.one_in(2) ? "uimsbf" : "bslbf"; }

    Element integer_field(int width) {
        std::vector<std::string> types = {"uimsbf", "bslbf"};
        if (width > 1) {
            types.push_back("tcimsbf");
        }
        if (width % 4 == 0) {
            types.push_back("bcd");
        }
        Element element = field(Kind::column, width, random_.pick(types));
        if (random_.one_in(5)) {
            make_constant(element);
        } else {
            share_column(element);
        }
        return element;
    }

    void make_constant(Element& element) {
        element.kind = Kind::constant;
        if (element.type == "bcd") {
            element.text = decimal_digits(element.width / 4);
            element.constant_bits = digits_as_bcd(element.text);
            return;
        }
        const int bits = element.width - (element.type == "tcimsbf" ? 1 : 0);
        const std::uint64_t number = random_.bits(static_cast<unsigned>(bits));
        element.constant_bits = binary(number, element.width);
        char hex[32];
        std::snprintf(hex, sizeof hex, "0x%llx", static_cast<unsigned long long>(number));
        element.text = random_.one_in(3)   ? hex
                       : random_.one_in(2) ? "0b" + binary(number, bits)
                                           : std::to_string(number);
    }

    /// Now and then the column of an earlier field of the same type and width, or of a new name.
    void share_column(Element& element) {
        for (const Element& earlier : elements_) {
            if (earlier.kind == Kind::column && earlier.type == element.type &&
                earlier.width == element.width && random_.one_in(3)) {
                element.source = earlier.source;
                element.text = earlier.source;
                return;
            }
        }
        if (random_.one_in(5)) {
            element.source = name();
            element.text = element.source;
        }
    }

    Element whole_byte_field() {
        const int width = static_cast<int>(8 * random_.between(1, 6));
        switch (random_.below(5)) {
            case 0:
                return field(Kind::column, 40, "utc");
            case 1:
                return field(Kind::column, 24, "duration");
            case 2:
                return field(Kind::column, width, "char");
            case 3:
                return field(Kind::column, width, "text");
            default:
                return field(Kind::column, width, "bytes");
        }
    }

    Element part_field(int width) {
        struct Function {
            Kind kind;
            const char* text;
        };
        static const std::vector<Function> functions = {
            {Kind::part, "part()"}, {Kind::last_part, "last_part ( )"}, {Kind::parts, "parts( )"}};
        const Function function = random_.pick(functions);
        return field(function.kind, width, unsigned_type(), function.text);
    }

    /// Some bits, in fields of any width, and fields of whole bytes between them.
    void add_group() {
        int bits = 0;
        for (std::uint64_t count = random_.below(4); count > 0; --count) {
            const int width = static_cast<int>(random_.one_in(8) ? random_.between(33, 64)
                                                                 : random_.between(1, 20));
            elements_.push_back(random_.one_in(8) ? part_field(width) : integer_field(width));
            bits += width;
            if (random_.one_in(4)) {
                elements_.push_back(whole_byte_field());
            }
        }
        if (bits % 8 != 0) {
            elements_.push_back(random_.one_in(4) ? part_field(8 - bits % 8)
                                                  : integer_field(8 - bits % 8));
        }
        if (random_.one_in(4)) {
            elements_.push_back(field(Kind::crc, 32, "rpchof"));
        }
        if (random_.one_in(3)) {
            add_label(name());
        }
    }

    void add_label(const std::string& label) {
        Element element;
        element.kind = Kind::label;
        element.name = label;
        elements_.push_back(element);
    }

    int measure_width() { return static_cast<int>(8 * random_.between(1, 3)); }

    void add_measure(Kind kind, const std::string& function, const std::string& of) {
        // On a byte, at its end, or (what is measured begins after a length) in its midst.
        const std::uint64_t place = random_.below(kind == Kind::length ? 2 : 3);
        if (place > 0) {
            elements_.push_back(integer_field(4));
        }
        Element element = field(kind, measure_width() + (place == 1 ? 4 : 0), unsigned_type(),
                                function + "(" + of + ")");
        element.source = of;
        elements_.push_back(element);
        if (place == 2) {
            elements_.push_back(integer_field(4));
        }
    }

    std::string tlv_type() {
        static const std::vector<std::string> lengths = {"8", "16", "ber"};
        return std::string("tlv(") + (random_.one_in(2) ? "8" : "16") + "," +
               random_.pick(lengths) + ")";
    }

    Element star_field() {
        static const std::vector<std::string> types = {"text", "dvbtext", "bytes"};
        Element element =
            field(Kind::column, 0, random_.one_in(2) ? tlv_type() : random_.pick(types));
        if (element.type[0] == 't' && element.type[1] == 'l' && !has_split_ && !random_.one_in(4)) {
            element.split = has_split_ = true;
        }
        return element;
    }

    void make_layout() {
        std::vector<Element> stars;
        for (std::uint64_t count = random_.below(4); count > 0; --count) {
            stars.push_back(star_field());
        }
        const std::string last_label = name();
        bool names_last_label = false;
        add_group();
        // All but one are bounded; that one may be as well.
        const std::size_t free = stars.empty() ? 0 : random_.below(stars.size());
        for (std::size_t i = 0; i < stars.size(); ++i) {
            if (i != free || random_.one_in(2)) {
                add_measure(Kind::length_of, "length", stars[i].name);
            }
        }
        if (random_.one_in(2)) {
            add_measure(Kind::length, "length", "");
        }
        if (random_.one_in(2)) {
            add_measure(Kind::offset_of, "offset", last_label);
            names_last_label = true;
        }
        for (const Element& star : stars) {
            elements_.push_back(star);
            add_group();
        }
        if (names_last_label || random_.one_in(3)) {
            add_label(last_label);
        }
        add_group();
        if (random_.one_in(3) && !elements_.empty()) {
            add_constant_measure();
        }
        if (std::none_of(elements_.begin(), elements_.end(),
                         [](const Element& element) { return element.is_field(); })) {
            elements_.push_back(integer_field(8));
        }
    }

    /// The length of any field that is whole bytes: mostly of a fixed one.
    void add_constant_measure() {
        std::size_t bit = 0;
        std::vector<std::string> whole;
        for (const Element& element : elements_) {
            if (element.is_field() && bit % 8 == 0 && element.width % 8 == 0) {
                whole.push_back(element.name);
            }
            bit += static_cast<std::size_t>(element.width);
        }
        if (!whole.empty()) {
            add_measure(Kind::length_of, "length", random_.pick(whole));
        }
    }

    // ---- values -------------------------------------------------------------------------------

    std::string decimal_digits(int count) {
        std::string digits;
        for (; count > 0; --count) {
            digits += static_cast<char>('0' + random_.below(10));
        }
        return digits;
    }

    static std::string without_zeros(const std::string& digits) {
        const std::size_t first = digits.find_first_not_of('0');
        return first == std::string::npos ? "0" : digits.substr(first);
    }

    /// In one of the ways in which SQL and JSON write an integer.
    ModelValue integer(const std::string& digits, bool negative, const std::string& bits) {
        ModelValue value;
        value.bits = bits;
        const std::string number = (negative ? "-" : "") + digits;
        value.json = random_.one_in(5) ? number + ".0" : number;
        if (!negative && digits.size() == 1 && digits[0] < '2' && boolean_allowed_ &&
            random_.one_in(2)) {
            value.json = digits == "1" ? "true" : "false";
            value.value = Value::of_boolean(digits == "1");
        } else if (digits.size() < 19 && random_.one_in(2)) {
            value.value = Value::of_integer(std::stoll(number));
        } else {
            value.value = numeric(number);
        }
        return value;
    }

    Value numeric(const std::string& number) {
        record_.numeric("", number);
        return record_.column_value("");
    }

    Value bytes_value(Value::Kind kind, const std::string& bytes) {
        record_.of_kind(kind, "", bytes);
        return record_.column_value("");
    }

    ModelValue integer_value(const Element& element) {
        const int width = element.width;
        boolean_allowed_ = element.type == "uimsbf" || element.type == "bslbf";
        if (element.type == "bcd") {
            const std::string digits = decimal_digits(width / 4);
            return integer(without_zeros(digits), false, digits_as_bcd(digits));
        }
        if (element.type != "tcimsbf") {
            const std::uint64_t number = random_.bits(static_cast<unsigned>(width));
            return integer(std::to_string(number), false, binary(number, width));
        }
        const std::uint64_t number = random_.bits(static_cast<unsigned>(width - 1));
        if (random_.one_in(2)) {
            return integer(std::to_string(number), false, "0" + binary(number, width - 1));
        }
        // -1 - number: all its bits are the other way round.
        std::string bits = binary(number, width);
        for (char& bit : bits) {
            bit = bit == '0' ? '1' : '0';
        }
        return integer(std::to_string(number + 1), true, bits);
    }

    ModelValue utc_value() {
        ModelValue value;
        if (random_.one_in(6)) {
            value.bits = std::string(40, '1');
            const bool is_null = random_.one_in(2);
            value.json = is_null ? "null" : "\"infinity\"";
            value.value =
                is_null ? Value() : Value::of_instant({std::numeric_limits<std::int64_t>::max()});
            return value;
        }
        static const std::vector<std::string> dates = every_date();
        const std::size_t day = random_.below(dates.size());
        const std::string clock = random_clock(23);
        const std::int64_t fraction = random_.one_in(3) ? random_.between(0, 999'999) : 0;
        char micros[16];
        std::snprintf(micros, sizeof micros, ".%06lld", static_cast<long long>(fraction));
        value.bits = binary(32'768 + day, 17).substr(1) +
                     digits_as_bcd(clock.substr(0, 2) + clock.substr(3, 2) + clock.substr(6, 2));
        value.json = "\"" + dates[day] + (random_.one_in(2) ? "T" : " ") + clock +
                     (fraction == 0 ? "" : micros) + (random_.one_in(2) ? "Z" : "+00:00") + "\"";
        const std::int64_t days = static_cast<std::int64_t>(day) + 32'768 - 51'544;
        value.value =
            Value::of_instant({(days * 86'400 + seconds_of(clock)) * 1'000'000 + fraction});
        return value;
    }

    static std::vector<std::string> every_date() {
        std::vector<std::string> dates;
        const int days_of[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        for (int year = 1948; year <= 2128; ++year) {
            for (int month = 1; month <= 12; ++month) {
                // 1948 to 2128: of the years that end in 00, 2000 was a leap year and 2100 is none.
                const bool leap = month == 2 && year % 4 == 0 && year != 2100;
                for (int day = 1; day <= days_of[month - 1] + leap; ++day) {
                    char text[40];
                    std::snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                    dates.emplace_back(text);
                }
            }
        }
        const auto first = std::find(dates.begin(), dates.end(), "1948-08-05");
        const auto last = std::find(dates.begin(), dates.end(), "2128-01-10");
        return {first, last};
    }

    std::string random_clock(int last_hour) {
        char text[40];
        std::snprintf(
            text, sizeof text, "%02d:%02d:%02d", static_cast<int>(random_.between(0, last_hour)),
            static_cast<int>(random_.between(0, 59)), static_cast<int>(random_.between(0, 59)));
        return text;
    }

    static std::int64_t seconds_of(const std::string& clock) {
        return std::stoi(clock.substr(0, 2)) * 3600 + std::stoi(clock.substr(3, 2)) * 60 +
               std::stoi(clock.substr(6, 2));
    }

    ModelValue duration_value() {
        const std::string clock = random_clock(99);
        const auto days = static_cast<std::int32_t>(random_.between(0, 4));
        const std::int64_t seconds = seconds_of(clock) - days * 86'400;
        char text[64];
        const std::int64_t size = seconds < 0 ? -seconds : seconds;
        std::snprintf(text, sizeof text, "\"%d days %s%02d:%02d:%02d\"", days,
                      seconds < 0 ? "-" : "", static_cast<int>(size / 3600),
                      static_cast<int>(size / 60 % 60), static_cast<int>(size % 60));
        ModelValue value;
        value.json = days == 0 ? "\"" + clock + "\"" : text;
        value.value = Value::of_interval({seconds * 1'000'000, days, 0});
        value.bits = digits_as_bcd(clock.substr(0, 2) + clock.substr(3, 2) + clock.substr(6, 2));
        return value;
    }

    /// Characters of 1 to 4 bytes, `size` bytes in all.
    std::string utf8_text(std::size_t size) {
        static const std::vector<std::string> characters = {"a", "Z", " ", "~", "é", "ß", "€", "😀"};
        std::string text;
        while (text.size() < size) {
            const std::string& character = random_.pick(characters);
            text += text.size() + character.size() <= size ? character : "x";
        }
        return text;
    }

    ModelValue text_value(const std::string& text, const std::string& sent) {
        ModelValue value;
        value.json = "\"" + text + "\"";
        value.value = bytes_value(Value::Kind::text, text);
        value.bits = bytes_as_bits(sent);
        return value;
    }

    ModelValue char_value(std::size_t size) {
        std::string utf8;
        std::string latin1;
        for (std::uint64_t count = random_.below(size + 1); count > 0; --count) {
            const bool is_ascii = random_.one_in(2);
            const char byte = static_cast<char>(is_ascii ? random_.between('a', 'z')
                                                         : random_.between(0xA0, 0xFF));
            latin1 += byte;
            const auto code = static_cast<unsigned char>(byte);
            utf8 += is_ascii ? std::string(1, byte)
                             : std::string{static_cast<char>(code < 0xC0 ? 0xC2 : 0xC3),
                                           static_cast<char>(code & 0xBF)};
        }
        return text_value(utf8, latin1 + std::string(size - latin1.size(), ' '));
    }

    std::string random_bytes(std::size_t size) {
        std::string bytes;
        for (; size > 0; --size) {
            bytes += static_cast<char>(random_.bits(8));
        }
        return bytes;
    }

    ModelValue octets_value(std::size_t size) {
        const std::string bytes = random_bytes(size);
        ModelValue value;
        value.bits = bytes_as_bits(bytes);
        value.json = (random_.one_in(2) ? "\"\\\\x" : "\"") + bits_as_hex(value.bits) + "\"";
        value.value = bytes_value(Value::Kind::bytes, bytes);
        return value;
    }

    ModelValue value_for(const Element& element) {
        const std::size_t size = element.width > 0 ? static_cast<std::size_t>(element.width / 8)
                                                   : random_.below(random_.one_in(4) ? 60 : 12);
        if (element.type == "utc") {
            return utc_value();
        }
        if (element.type == "duration") {
            return duration_value();
        }
        if (element.type == "char") {
            return char_value(size);
        }
        if (element.type == "bytes") {
            return octets_value(size);
        }
        if (element.type == "text" || element.type == "dvbtext") {
            const std::string text = utf8_text(size);
            const bool selects = element.type == "dvbtext" &&
                                 text.find_first_of("\xc3\xe2\xf0") != std::string::npos;
            return text_value(text, (selects ? "\x15" : "") + text);
        }
        return element.type[0] == 't' && element.type[1] == 'l' ? items_value(element.type)
                                                                : integer_value(element);
    }

    // ---- items --------------------------------------------------------------------------------

    struct Items {
        std::string json;
        std::vector<std::string> bits;

        std::string all_bits() const {
            std::string all;
            for (const std::string& item : bits) {
                all += item;
            }
            return all;
        }
    };

    ModelValue items_value(const std::string& type) {
        const Items items = random_.one_in(12) ? Items{"null", {}} : random_items(type, 2);
        ModelValue value;
        value.json = items.json;
        value.items = items.bits;
        record_.jsonb("", items.json);
        if (random_.one_in(3)) {
            record_.json("", items.json);
        }
        value.value = record_.column_value("");
        return value;
    }

    Items random_items(const std::string& type, int depth) {
        const std::size_t count = random_.below(random_.one_in(5) ? 12 : 4);
        return random_.one_in(4) ? object_of_items(type, count, depth)
                                 : array_of_items(type, count, depth);
    }

    std::uint64_t tag_limit(const std::string& type) { return type[4] == '8' ? 256 : 65'536; }

    std::string tag_text(std::uint64_t tag, bool is_string) {
        char hex[16];
        std::snprintf(hex, sizeof hex, "0x%llX", static_cast<unsigned long long>(tag));
        const std::string text = is_string && random_.one_in(2) ? hex : std::to_string(tag);
        return is_string ? "\"" + text + "\"" : text;
    }

    Items array_of_items(const std::string& type, std::size_t count, int depth) {
        Items items;
        for (; count > 0; --count) {
            const std::uint64_t tag = random_.below(tag_limit(type));
            const Content content = content_of(type, depth, true);
            items.json += (items.json.empty() ? "{\"tag\":" : ",{\"tag\":") +
                          tag_text(tag, random_.one_in(3)) + "," + content.json + "}";
            items.bits.push_back(item(type, tag, content.bytes));
        }
        items.json = "[" + items.json + "]";
        return items;
    }

    Items object_of_items(const std::string& type, std::size_t count, int depth) {
        std::map<std::uint64_t, Content> by_tag;
        for (; count > 0; --count) {
            by_tag[random_.below(tag_limit(type))] = content_of(type, depth, false);
        }
        Items items;
        for (const auto& [tag, content] : by_tag) {
            const std::string member = tag_text(tag, true) + ":" + content.json;
            items.json = member + (items.json.empty() ? "" : ",") + items.json;  // not in order
            items.bits.push_back(item(type, tag, content.bytes));
        }
        items.json = "{" + items.json + "}";
        return items;
    }

    static std::string item(const std::string& type, std::uint64_t tag, const std::string& bits) {
        const std::uint64_t length = bits.size() / 8;
        const std::string tag_bits = binary(tag, type[4] == '8' ? 8 : 16);
        const std::string form = type.substr(type.find(',') + 1);
        if (form != "ber)") {
            return tag_bits + binary(length, form == "8)" ? 8 : 16) + bits;
        }
        const std::string length_bits = length < 128   ? binary(length, 8)
                                        : length < 256 ? "10000001" + binary(length, 8)
                                                       : "10000010" + binary(length, 16);
        return tag_bits + length_bits + bits;
    }

    struct Content {
        std::string json;   ///< `"value": …` in an array, the value alone in an object
        std::string bytes;  ///< as bits
    };

    Content content_of(const std::string& type, int depth, bool in_array) {
        const std::string value = in_array ? "\"value\":" : "";
        switch (random_.below(in_array ? 9 : 6)) {
            case 0:
                return {value + "null", ""};
            case 1:
                return {value + "true", binary(1, 8)};
            case 2:
            case 3: {
                const std::string text = utf8_text(random_.below(random_.one_in(9) ? 180 : 9));
                return {value + "\"" + text + "\"", bytes_as_bits(text)};
            }
            case 4: {
                const std::uint64_t number =
                    random_.bits(static_cast<unsigned>(random_.between(1, 64)));
                const int size = number < 256        ? 8
                                 : number < 65'536   ? 16
                                 : number >> 32 == 0 ? 32
                                                     : 64;
                return {value + std::to_string(number), binary(number, size)};
            }
            case 5: {
                if (depth == 0) {
                    return {value + "false", binary(0, 8)};
                }
                const Items nested = random_items(type, depth - 1);
                const bool fits =
                    type.find(",8)") == std::string::npos || nested.all_bits().size() / 8 < 256;
                return fits ? Content{value + nested.json, nested.all_bits()}
                            : Content{value + "[]", ""};
            }
            case 6: {
                const std::string bits = bytes_as_bits(random_bytes(random_.below(9)));
                return {"\"hex\":\"" + bits_as_hex(bits) + "\"", bits};
            }
            case 7: {
                const std::string bits = bytes_as_bits(random_bytes(random_.below(9)));
                return {"\"base64\":\"" + base64(bits) + "\"", bits};
            }
            default:
                return sized_integer();
        }
    }

    Content sized_integer() {
        const auto size = static_cast<int>(random_.between(1, 8));
        const std::string size_text = "\"size\":" + std::to_string(size) + ",\"value\":";
        const std::uint64_t number = random_.bits(static_cast<unsigned>(size * 8 - 1));
        if (random_.one_in(2)) {
            return {size_text + std::to_string(number), binary(number, size * 8)};
        }
        std::string bits = binary(number, size * 8);
        for (char& bit : bits) {
            bit = bit == '0' ? '1' : '0';
        }
        return {size_text + "-" + std::to_string(number + 1), bits};
    }

    static std::string base64(const std::string& bits) {
        std::string text;
        for (std::size_t i = 0; i < bits.size(); i += 6) {
            std::string six = bits.substr(i, 6);
            six.resize(6, '0');
            text += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[std::stoi(
                six, nullptr, 2)];
        }
        return text + std::string((4 - text.size() % 4) % 4, '=');
    }

    // ---- the row ------------------------------------------------------------------------------

    void make_values() {
        is_json_ = random_.one_in(2);
        std::size_t fixed = 0;
        std::size_t all = 0;
        for (const Element& element : elements_) {
            fixed += static_cast<std::size_t>(element.width);
            if (element.kind == Kind::column && values_.count(element.source) == 0) {
                values_[element.source] = value_for(element);
                record_.set(element.source, values_[element.source].value);
            }
            if (element.kind == Kind::column && element.width == 0) {
                const ModelValue& value = values_[element.source];
                all += value.bits.size();
                for (const std::string& item : value.items) {
                    all += item.size();
                }
            }
            const bool is_part = element.kind == Kind::part || element.kind == Kind::last_part ||
                                 element.kind == Kind::parts;
            if (is_part && is_json_ && random_.one_in(24)) {
                given_parts_[element.name] = random_.bits(static_cast<unsigned>(element.width));
            }
        }
        if (is_json_ && random_.one_in(4)) {
            give_parts();
        }
        // Around what the row needs, so that many are split and many just fit.
        const std::size_t least = std::max<std::size_t>(3, fixed / 8);
        max_ = random_.one_in(3) ? 4096 : least + random_.below(all / 8 + 3);
        if (random_.one_in(4)) {
            max_ = std::max<std::size_t>(3, (fixed + all) / 8);
        }
        max_ = std::min<std::size_t>(max_, 4096);
    }

    /// As one part of several has them.
    void give_parts() {
        const std::uint64_t parts = random_.between(1, 4);
        const std::uint64_t part = random_.below(parts);
        for (const Element& element : elements_) {
            if (element.kind == Kind::part) {
                given_parts_[element.name] = part;
            } else if (element.kind == Kind::last_part) {
                given_parts_[element.name] = parts - 1;
            } else if (element.kind == Kind::parts) {
                given_parts_[element.name] = parts;
            }
        }
    }

    Randomness random_;
    int names_ = 0;
    bool has_split_ = false;
    bool boolean_allowed_ = false;
    bool is_json_ = false;
    std::size_t max_ = 4096;
    std::vector<Element> elements_;
    SlowEncoder::Values values_;
    std::map<std::string, std::uint64_t> given_parts_;
    Row record_;
};

enum class Outcome { one, several, error, refused };

/// A layout may be refused where a length is always too large for its field.
Outcome run(std::uint64_t seed) {
    Case random_case(seed);
    const std::string text = random_case.layout_text();
    const std::string json = random_case.json_text();
    const auto expected = random_case.expected();
    std::optional<std::vector<std::string>> found;
    Outcome outcome = Outcome::error;
    std::string error;
    try {
        plan_of(text);
        const std::string printed = print_layout(parse_layout(text));
        found = encode(plan_of(printed), random_case.row());
        outcome = found->size() == 1 ? Outcome::one : Outcome::several;
    } catch (const FieldError& thrown) {
        error = thrown.message() + ": " + thrown.detail();
    } catch (const Error& thrown) {
        error = thrown.message() + ": " + thrown.detail();
        outcome = Outcome::refused;
    }
    const bool is_refused_rightly =
        outcome == Outcome::refused && error.find("always") != std::string::npos;
    if (found != expected || (outcome == Outcome::refused && !is_refused_rightly)) {
        std::string wanted;
        for (const std::string& section : expected.value_or(std::vector<std::string>{"error"})) {
            wanted += section + "\n";
        }
        for (const std::string& section : found.value_or(std::vector<std::string>{error})) {
            wanted += "found " + section + "\n";
        }
        FAIL("ONETRIP_SEED=" << seed << " ONETRIP_CASES=1\n"
                             << text << '\n'
                             << json << '\n'
                             << wanted);
    }
    return outcome;
}

}  // namespace

TEST_CASE("random layouts and rows encode as the slow encoder says", "[property][random]") {
    const std::uint64_t cases = from_environment("ONETRIP_CASES", 20'000);
    std::uint64_t counts[4] = {};
    for (std::uint64_t i = 0; i < cases; ++i) {
        ++counts[static_cast<int>(run(seed() + i))];
    }
    INFO("one " << counts[0] << ", several " << counts[1] << ", errors " << counts[2]
                << ", refused " << counts[3]);
    if (cases >= 1000) {
        CHECK(counts[0] > cases / 3);
        CHECK(counts[1] > cases / 50);
        CHECK(counts[2] > cases / 50);
        CHECK(counts[3] < cases / 20);
    }
}

}  // namespace onetrip::section::test
