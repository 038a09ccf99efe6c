#include "jsonb/json_printer.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "jsonb/json_parser.hpp"

namespace onetrip::jsonb::test {

namespace {

std::string printed(std::string_view json) {
    const std::vector<std::uint8_t> document = parse_json(json);
    JsonPrinter printer(Value::root(document));
    std::string text;
    for (std::string_view piece = printer.next(); !piece.empty(); piece = printer.next())
        text += piece;
    CHECK(printer.next().empty());
    return text;
}

}  // namespace

TEST_CASE("a document is printed as jsonb_out does") {
    CHECK(printed("null") == "null");
    CHECK(printed(" true ") == "true");
    CHECK(printed("\"\"") == "\"\"");
    CHECK(printed("{}") == "{}");
    CHECK(printed("[]") == "[]");
    CHECK(printed("[1,[],{},[[2]],{\"a\":{}}]") == "[1, [], {}, [[2]], {\"a\": {}}]");
    CHECK(printed("{\"bb\":1,\"a\":[true,null]}") == "{\"a\": [true, null], \"bb\": 1}");
}

TEST_CASE("numbers are printed in jsonb's spelling") {
    CHECK(printed("[0,-0,1.50,-7,1e3,12345678901234567890,0.001,10000]") ==
          "[0, 0, 1.50, -7, 1000, 12345678901234567890, 0.001, 10000]");
}

TEST_CASE("strings and keys are escaped as escape_json does") {
    CHECK(printed(R"({"a\"b":"\\\b\f\n\r\t\u0001\u001f\u007f\u00e9/"})") ==
          "{\"a\\\"b\": \"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\u00e9/\"}");
}

TEST_CASE("a long document comes in pieces, a deep one without recursion") {
    std::string deep(100000, '[');
    deep += std::string(100000, ']');
    CHECK(printed(deep) == deep);
    std::string wide = "[1";
    for (int i = 0; i < 10000; ++i)
        wide += ", 1";
    wide += ']';
    CHECK(printed(wide) == wide);
    const std::vector<std::uint8_t> document = parse_json(wide);
    JsonPrinter printer(Value::root(document));
    CHECK(printer.next().size() < wide.size());
}

}  // namespace onetrip::jsonb::test
