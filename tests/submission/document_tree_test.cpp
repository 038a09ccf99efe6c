#include "submission/document_tree.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "jsonb/json_parser.hpp"
#include "submission/rows.hpp"

namespace onetrip::submission::test {

namespace {

/// "ord parent depth path type", a line each.
std::string tree_of(std::string_view document, bool leaves_only = false) {
    const auto bytes = jsonb::parse_json(document);
    DocumentTreeWalk walk(never_interrupted);
    walk.begin(jsonb::Value::root(bytes), leaves_only);
    std::string lines;
    while (const TreeRow* const row = walk.next()) {
        lines += std::to_string(row->ord) + ' ' + std::to_string(row->parent_ord) + ' ' +
                 std::to_string(row->depth) + ' ' + std::string(walk.path()) + ' ' +
                 std::string(name_of(row->value.kind())) + '\n';
    }
    return lines;
}

}  // namespace

TEST_CASE("every value of a document, in its order") {
    CHECK(tree_of("1") == "1 0 0 $ number\n");
    CHECK(tree_of("[]") == "1 0 0 $ array\n");
    CHECK(tree_of(R"({"b": [true, {"c": null}, []], "a": "x", "dd": {}})") ==
          "1 0 0 $ object\n"
          "2 1 1 $['a'] string\n"
          "3 1 1 $['b'] array\n"
          "4 3 2 $['b'][0] boolean\n"
          "5 3 2 $['b'][1] object\n"
          "6 5 3 $['b'][1]['c'] null\n"
          "7 3 2 $['b'][2] array\n"
          "8 1 1 $['dd'] object\n");
}

TEST_CASE("leaves are scalars and empty containers, with the same numbers") {
    CHECK(tree_of(R"({"b": [true, {"c": null}, []], "a": "x", "dd": {}})", true) ==
          "2 1 1 $['a'] string\n"
          "4 3 2 $['b'][0] boolean\n"
          "6 5 3 $['b'][1]['c'] null\n"
          "7 3 2 $['b'][2] array\n"
          "8 1 1 $['dd'] object\n");
    CHECK(tree_of("{}", true) == "1 0 0 $ object\n");
    CHECK(tree_of("\"x\"", true) == "1 0 0 $ string\n");
}

TEST_CASE("the way to a value") {
    const auto bytes = jsonb::parse_json(R"({"a": [10, {"b.c": 5}]})");
    DocumentTreeWalk walk(never_interrupted);
    walk.begin(jsonb::Value::root(bytes), true);
    REQUIRE(walk.next());
    REQUIRE(walk.next());
    CHECK(keys_of(walk.trail()) == std::vector<std::string>{"a", "1", "b.c"});
    REQUIRE(walk.trail().indexes().size() == 1);
    CHECK(walk.trail().indexes()[0] == 1);
    CHECK(walk.next() == nullptr);
    CHECK(walk.next() == nullptr);
}

TEST_CASE("a tree of any depth, which can be interrupted") {
    struct Stop {};
    constexpr std::size_t depth = 50000;
    const auto bytes = jsonb::parse_json(std::string(depth, '[') + std::string(depth, ']'));
    DocumentTreeWalk walk(never_interrupted);
    walk.begin(jsonb::Value::root(bytes), true);
    const TreeRow* const row = walk.next();
    REQUIRE(row);
    CHECK(row->depth == depth - 1);
    CHECK(walk.trail().key_count() == depth - 1);
    CHECK(walk.next() == nullptr);

    DocumentTreeWalk interrupted([] { throw Stop(); });
    interrupted.begin(jsonb::Value::root(bytes), true);
    CHECK_THROWS_AS(interrupted.next(), Stop);
}

}  // namespace onetrip::submission::test
