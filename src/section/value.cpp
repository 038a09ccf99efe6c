// The values that layouts take, as messages show them. Knows no layout and no type of PostgreSQL.

#include "section/value.hpp"

#include "base/octets.hpp"

namespace onetrip::section {

namespace {

std::string describe_bytes(std::string_view bytes) {
    constexpr std::size_t shown = 20;
    std::string text = "\\x";
    const std::string_view first = bytes.substr(0, shown);
    append_hex({reinterpret_cast<const std::uint8_t*>(first.data()), first.size()}, text);
    return bytes.size() > shown ? text + "..." : text;
}

}  // namespace

Value Value::of_integer(std::int64_t integer) {
    Value value;
    value.kind = Kind::integer;
    value.integer = integer;
    return value;
}

Value Value::of_boolean(bool boolean) {
    Value value;
    value.kind = Kind::boolean;
    value.boolean = boolean;
    return value;
}

Value Value::of_real(Kind kind, double real) {
    Value value;
    value.kind = kind;
    value.real = real;
    return value;
}

Value Value::of_instant(Instant instant) {
    Value value;
    value.kind = Kind::instant;
    value.instant = instant;
    return value;
}

Value Value::of_date(std::int32_t date) {
    Value value;
    value.kind = Kind::date;
    value.date = date;
    return value;
}

Value Value::of_interval(Interval interval) {
    Value value;
    value.kind = Kind::interval;
    value.interval = interval;
    return value;
}

Value Value::of_bytes(Kind kind, std::string_view bytes) {
    Value value;
    value.kind = kind;
    value.bytes = {bytes.data(), bytes.size()};
    return value;
}

Value Value::of_json(jsonb::Value json, bool from_json_row) {
    Value value;
    value.kind = Kind::json;
    value.from_json_row = from_json_row;
    value.json = json;
    return value;
}

std::string describe(jsonb::Value value) {
    switch (value.kind()) {
        case jsonb::Kind::null:
            return "NULL";
        case jsonb::Kind::boolean:
            return value.boolean() ? "true" : "false";
        case jsonb::Kind::numeric:
            return cut_short(value.numeric().to_text());
        case jsonb::Kind::string:
            return in_quotes(value.string());
        case jsonb::Kind::array:
            return "[...]";
        case jsonb::Kind::object:
            return "{...}";
    }
    __builtin_unreachable();
}

const char* describe_kind(jsonb::Kind kind) {
    switch (kind) {
        case jsonb::Kind::null:
            return "null";
        case jsonb::Kind::boolean:
            return "a boolean";
        case jsonb::Kind::numeric:
            return "a number";
        case jsonb::Kind::string:
            return "a string";
        case jsonb::Kind::array:
            return "an array";
        case jsonb::Kind::object:
            return "an object";
    }
    __builtin_unreachable();
}

std::string describe(const Value& value) {
    switch (value.kind) {
        case Value::Kind::null:
        case Value::Kind::absent:
            return "NULL";
        case Value::Kind::boolean:
            return value.boolean ? "true" : "false";
        case Value::Kind::integer:
            return std::to_string(value.integer);
        case Value::Kind::numeric: {
            const auto* data = reinterpret_cast<const std::uint8_t*>(value.bytes.data);
            return cut_short(jsonb::Numeric({data, value.bytes.size}).to_text());
        }
        case Value::Kind::float_4:
            return "of type real";
        case Value::Kind::float_8:
            return "of type double precision";
        case Value::Kind::instant:
            return describe(value.instant);
        case Value::Kind::date:
            return describe(Date{value.date});
        case Value::Kind::interval:
            return describe(value.interval);
        case Value::Kind::text:
        case Value::Kind::json_text:
            return in_quotes(value.view());
        case Value::Kind::malformed_text:
        case Value::Kind::bytes:
            return describe_bytes(value.view());
        case Value::Kind::inet:
            return "of type inet";
        case Value::Kind::macaddr:
            return "of type macaddr";
        case Value::Kind::json:
            return describe(value.json);
        case Value::Kind::local_time:
        case Value::Kind::unsupported:
            return "of type " + std::string(value.view());
    }
    __builtin_unreachable();
}

}  // namespace onetrip::section
