// A tree that is built value by value is written as the JSON text that says the same.

#include "jsonb/json_tree_builder.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "base/randomness.hpp"
#include "jsonb/json_parser.hpp"
#include "jsonb/jsonb_writer.hpp"

namespace onetrip::jsonb::test {

namespace {

std::vector<std::uint8_t> written_integer(bool negative, std::uint64_t magnitude) {
    JsonTreeBuilder tree;
    tree.open_array();
    tree.integer(negative, magnitude);
    tree.close();
    return write_jsonb(tree.tree());
}

void check_integer(bool negative, std::uint64_t magnitude) {
    const std::string text =
        (negative && magnitude > 0 ? "[-" : "[") + std::to_string(magnitude) + "]";
    INFO(text);
    CHECK(written_integer(negative, magnitude) == parse_json(text));
}

}  // namespace

TEST_CASE("a built tree is the text's", "[jsonb]") {
    JsonTreeBuilder tree;
    for (int round = 0; round < 2; ++round) {
        tree.clear();
        tree.open_object();
        tree.key("b");
        tree.open_array();
        tree.null();
        tree.boolean(true);
        tree.string("\"\\ \xc3\xa9");
        tree.open_object();
        tree.close();
        tree.close();
        tree.key("a");
        tree.integer(true, 20'000);
        tree.close();
        CHECK(write_jsonb(tree.tree()) ==
              parse_json("{\"b\": [null, true, \"\\\"\\\\ \xc3\xa9\", {}], \"a\": -20000}"));
    }
}

TEST_CASE("a scalar is a tree of its own", "[jsonb]") {
    JsonTreeBuilder tree;
    tree.string("x");
    CHECK(write_jsonb(tree.tree()) == parse_json("\"x\""));
}

TEST_CASE("integers are numerics as the server makes them", "[jsonb]") {
    for (const std::uint64_t magnitude :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{9'999}, std::uint64_t{10'000},
          std::uint64_t{10'001}, std::uint64_t{100'000'000}, std::uint64_t{99'990'000},
          std::numeric_limits<std::uint64_t>::max()}) {
        check_integer(false, magnitude);
        check_integer(true, magnitude);
    }
    Randomness random(seed());
    for (int i = 0; i < 1'000; ++i) {
        check_integer(random.one_in(2), random.bits(static_cast<unsigned>(random.between(1, 64))));
    }
}

}  // namespace onetrip::jsonb::test
