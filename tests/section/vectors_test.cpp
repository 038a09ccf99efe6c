#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/calendar.hpp"
#include "rows.hpp"

namespace onetrip::section::test {

namespace {

/// A golden file, parsed.
class Vectors {
  public:
    explicit Vectors(const std::string& name)
        : document_(jsonb::parse_json(jsonb::test::read_vectors(name))) {}

    jsonb::Array cases() const { return jsonb::Value::root(document_).array(); }

  private:
    Bytes document_;
};

std::string text_of(jsonb::Object object, std::string_view key) {
    const auto found = object.find(key);
    return found ? std::string(found->string()) : std::string();
}

Value instant_of(const std::string& text) {
    Instant instant{};
    if (parse_instant(text, instant) != TimeText::valid) {
        throw std::runtime_error("no instant: " + text);
    }
    return Value::of_instant(instant);
}

/// `[-]h:mm:ss[.f]`
std::int64_t microseconds_of(const std::string& clock) {
    int hour = 0, minute = 0, second = 0;
    const bool negative = clock[0] == '-';
    std::sscanf(clock.c_str() + (negative ? 1 : 0), "%d:%d:%d", &hour, &minute, &second);
    const std::size_t point = clock.find('.');
    std::string fraction = point == std::string::npos ? "" : clock.substr(point + 1);
    fraction.resize(6, '0');
    const std::int64_t seconds = hour * 3600 + minute * 60 + second;
    return (negative ? -1 : 1) * (seconds * 1'000'000 + std::stoll(fraction));
}

/// `N unit … [clock]`, as SQL takes it.
Interval interval_of(const std::string& text) {
    Interval interval{0, 0, 0};
    std::istringstream words(text);
    for (std::string word, unit; words >> word;) {
        if (word.find(':') != std::string::npos) {
            interval.microseconds += microseconds_of(word);
            continue;
        }
        words >> unit;
        const int number = std::stoi(word);
        switch (unit[0] == 'm' ? unit[1] : unit[0]) {
            case 'o':
                interval.months = number;
                break;
            case 'd':
                interval.days = number;
                break;
            case 'h':
                interval.microseconds += number * 3'600'000'000;
                break;
            case 'i':
                interval.microseconds += number * std::int64_t{60'000'000};
                break;
            default:
                interval.microseconds += number * std::int64_t{1'000'000};
        }
    }
    return interval;
}

/// A column of a SQL type as the server would hand it over.
void set_column(Row& row, const std::string& name, std::string type, const std::string& text) {
    type = type.substr(0, type.find('('));
    if (type == "int" || type == "bigint" || type == "smallint") {
        row.integer(name, std::stoll(text));
    } else if (type == "numeric" && text != "NaN") {
        row.numeric(name, text);
    } else if (type == "text" || type == "varchar") {
        row.text(name, text);
    } else if (type == "boolean") {
        row.boolean(name, text == "true" || text == "t");
    } else if (type == "real") {
        row.set(name, Value::of_real(Value::Kind::float_4, std::stof(text)));
    } else if (type == "double precision") {
        row.set(name, Value::of_real(Value::Kind::float_8, std::stod(text)));
    } else if (type == "inet" || type == "macaddr") {
        row.of_kind(type == "inet" ? Value::Kind::inet : Value::Kind::macaddr, name, text);
    } else if (type == "date" && text.find("infinity") == std::string::npos) {
        const Instant midnight = instant_of(text).instant;
        row.set(name, Value::of_date(
                          static_cast<std::int32_t>(midnight.microseconds / microseconds_per_day)));
    } else if (type == "timestamptz" || type == "date") {
        row.set(name, instant_of(text));
    } else if (type == "interval") {
        row.interval(name, interval_of(text));
    } else if (type == "bytea") {
        row.bytes(name, text.substr(2));
    } else if (type == "jsonb") {
        row.jsonb(name, text);
    } else if (type == "json") {
        row.json(name, text);
    } else if (type == "timestamp") {
        row.of_kind(Value::Kind::local_time, name, type);
    } else {
        row.of_kind(Value::Kind::unsupported, name, type);
    }
}

Row row_of(jsonb::Object columns) {
    Row row;
    for (const jsonb::Member column : columns) {
        auto typed = column.value.array().begin();
        const std::string type((*typed).string());
        ++typed;
        const std::string name(column.key);
        if ((*typed).kind() == jsonb::Kind::null) {
            row.null(name);
        } else {
            set_column(row, name, type, std::string((*typed).string()));
        }
    }
    return row;
}

std::string escaped(const std::string& text) {
    std::string json = "\"";
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) {
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", c);
            json += code;
        } else {
            json += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
        }
    }
    return json + '"';
}

/// What to_jsonb makes of a column.
std::string json_of(const std::string& type, const std::string& text) {
    const bool is_plain = type == "int" || type == "bigint" || type == "smallint" ||
                          type == "numeric" || type == "jsonb" || type == "json";
    if (type == "boolean") {
        return text == "true" || text == "t" ? "true" : "false";
    }
    if (type == "interval") {
        return escaped(describe(interval_of(text)));
    }
    return is_plain ? text : escaped(text);
}

Row json_row_of(jsonb::Object columns) {
    std::string json;
    for (const jsonb::Member column : columns) {
        auto typed = column.value.array().begin();
        const std::string type((*typed).string());
        ++typed;
        json += (json.empty() ? "{" : ",") + escaped(std::string(column.key)) + ":";
        json += (*typed).kind() == jsonb::Kind::null
                    ? "null"
                    : json_of(type, std::string((*typed).string()));
    }
    return Row::of_json(json.empty() ? "{}" : json + "}");
}

std::vector<std::string> expected_sections(jsonb::Object expected) {
    std::vector<std::string> sections;
    for (const jsonb::Value section : expected.find("sections")->array()) {
        sections.emplace_back(section.string());
    }
    return sections;
}

const std::map<std::string, ErrorKind> kind_of_sqlstate = {{"22003", ErrorKind::out_of_range},
                                                           {"22004", ErrorKind::null_not_allowed},
                                                           {"22008", ErrorKind::time_out_of_range},
                                                           {"22023", ErrorKind::invalid_value}};

void check_error(jsonb::Object expected, const std::string& layout, const Row& row) {
    const auto kind = kind_of_sqlstate.find(text_of(expected, "sqlstate"));
    REQUIRE(kind != kind_of_sqlstate.end());
    const Failure found = failure(layout, row);
    CHECK(found.kind == kind->second);
    CHECK(found.field == text_of(expected, "field"));
}

void check_sections(jsonb::Object expected) {
    INFO(text_of(expected, "name"));
    const std::string layout = text_of(expected, "layout");
    const jsonb::Object columns = expected.find("columns")->object();
    const Row row = row_of(columns);
    if (text_of(expected, "sqlstate") == "42703") {
        return;  // a column that the row does not have: the server side's to say
    }
    if (expected.find("sqlstate")) {
        check_error(expected, layout, row);
        return;
    }
    CHECK(encode(layout, row) == expected_sections(expected));
    CHECK(encode(layout, json_row_of(columns)) == expected_sections(expected));
}

void check_refused(jsonb::Object expected) {
    INFO(text_of(expected, "name"));
    jsonb::Integer line;
    expected.find("line")->numeric().to_integer(line);
    try {
        plan_of(text_of(expected, "layout"));
        FAIL_CHECK("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::syntax_error);
        CHECK_THAT(error.message(),
                   Catch::Contains("line " + std::to_string(line.magnitude) + ","));
    }
}

}  // namespace

TEST_CASE("golden sections", "[vectors]") {
    for (const char* const file : {"sections.json", "random_sections.json"}) {
        const Vectors vectors(file);
        for (const jsonb::Value expected : vectors.cases()) {
            check_sections(expected.object());
        }
    }
}

TEST_CASE("golden refusals", "[vectors]") {
    for (const char* const file : {"refused_layouts.json", "random_refused_layouts.json"}) {
        const Vectors vectors(file);
        for (const jsonb::Value expected : vectors.cases()) {
            check_refused(expected.object());
        }
    }
}

}  // namespace onetrip::section::test
