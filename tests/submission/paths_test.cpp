#include "submission/paths.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>

namespace onetrip::submission::test {

namespace {

std::string schema_path(std::initializer_list<std::string_view> keys) {
    std::string path;
    for (const std::string_view key : keys) {
        append_schema_key(path, key);
    }
    return path;
}

std::string normalised(std::string_view key) {
    std::string path;
    append_normalised_key(path, key);
    return path;
}

}  // namespace

TEST_CASE("schema paths quote what would be ambiguous, and no more") {
    CHECK(schema_path({}).empty());
    CHECK(schema_path({"a"}) == "a");
    CHECK(schema_path({"a", "b_1", "\u00e9"}) == "a.b_1.\u00e9");
    CHECK(schema_path({"s.t"}) == "\"s.t\"");
    CHECK(schema_path({"s", "t"}) == "s.t");
    CHECK(schema_path({""}) == "\"\"");
    CHECK(schema_path({"", ""}) == "\"\".\"\"");
    CHECK(schema_path({"a b", "[0]", "x]", "say \"hi\""}) ==
          "\"a b\".\"[0]\".\"x]\".\"say \"\"hi\"\"\"");
    CHECK(schema_path({"'", "\\", "\t", "\n", "$", "*"}) == "'.\\.\t.\n.$.*");
}

TEST_CASE("no two ways have one schema path") {
    CHECK(schema_path({"a", "b"}) != schema_path({"a.b"}));
    CHECK(schema_path({"a\".\"b"}) != schema_path({"a", "b"}));
    CHECK(schema_path({"\"a", "b\""}) != schema_path({"a.b"}));
    CHECK(schema_path({"", "a"}) != schema_path({"a"}));
    CHECK(schema_path({"a", ""}) != schema_path({"a"}));
}

// RFC 9535, section 2.7, and the examples of its table 20.
TEST_CASE("normalised paths") {
    CHECK(normalised("a") == "['a']");
    CHECK(normalised("") == "['']");
    CHECK(normalised("a.b \"c\"") == "['a.b \"c\"']");
    CHECK(normalised("'") == "['\\'']");
    CHECK(normalised("\\") == "['\\\\']");
    CHECK(normalised("\b\f\n\r\t") == "['\\b\\f\\n\\r\\t']");
    CHECK(normalised("\x0b") == "['\\u000b']");
    CHECK(normalised("\x01\x1f\x7f") == "['\\u0001\\u001f\x7f']");
    CHECK(normalised("\u00e9\U0001F600") == "['\u00e9\U0001F600']");
    std::string path = "$";
    append_normalised_key(path, "a");
    append_normalised_index(path, 0);
    append_normalised_index(path, 4294967295);
    CHECK(path == "$['a'][0][4294967295]");
}

}  // namespace onetrip::submission::test
