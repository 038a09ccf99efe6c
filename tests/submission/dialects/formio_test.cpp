#include <catch2/catch.hpp>

#include "trees.hpp"

namespace onetrip::submission::dialects::test {

namespace {

std::string children_of_components(std::string_view components) {
    return children_text(R"({"components": [)" + std::string(components) + "]}", Dialect::formio);
}

}  // namespace

TEST_CASE("what only lays a form.io form out is not in the tree") {
    CHECK(children_of_components(R"({"type": "panel", "key": "p", "components": [
            {"type": "columns", "columns": [{"components": [{"type": "number", "key": "a"}]}]},
            {"type": "table", "rows": [[{"components": [{"type": "day", "key": "b"}]}], 1]}]},
        {"type": "content", "key": "c"})") ==
          normal(R"([{"slug": "a", "nodeType": "question", "answerType": "number"},
                     {"slug": "b", "nodeType": "question", "answerType": "text"}])"));
}

TEST_CASE("a form.io key with dots is a way through groups") {
    CHECK(children_of_components(
              R"({"type": "textfield", "key": "a.b"}, {"type": "container", "key": "g"},
        {"type": "textfield", "key": "a.c"}, {"type": "textfield", "key": "g.d"})") ==
          normal(R"([{"slug": "a", "nodeType": "section", "children": [
                {"slug": "b", "nodeType": "question", "answerType": "text"},
                {"slug": "c", "nodeType": "question", "answerType": "text"}]},
            {"slug": "g", "nodeType": "section", "children": [
                {"slug": "d", "nodeType": "question", "answerType": "text"}]}])"));
}

TEST_CASE("boxes, grids, tag pads and forms in a form.io form are groups") {
    CHECK(children_of_components(
              R"({"type": "selectboxes", "key": "s", "values": [{"value": "x"}]})") ==
          normal(R"([{"slug": "s", "nodeType": "section", "children": [
              {"slug": "x", "nodeType": "question", "answerType": "boolean"},
              {"slug": "", "nodeType": "metadata", "answerType": "boolean"}]}])"));
    CHECK(children_of_components(R"({"type": "datagrid", "key": "s", "components": []})") ==
          normal(R"([{"slug": "s", "nodeType": "section", "repeats": true, "children": []}])"));
    CHECK(children_of_components(R"({"type": "form", "key": "s"})") ==
          normal(R"([{"slug": "s", "nodeType": "question", "answerType": "json"}])"));
    const std::string tags =
        children_of_components(R"({"type": "tagpad", "key": "s", "components": [
        {"type": "time", "key": "t"}]})");
    CHECK(tags.find(R"("slug": "data")") < tags.find(R"("slug": "coordinate")"));
}

TEST_CASE("a deep form.io form is translated") {
    const std::string deep =
        repeated(R"({"type": "container", "key": "a.b", "components": [)", 40000) +
        repeated("]}", 40000);
    CHECK(children_of_components(deep).size() > 40000 * 50);
}

}  // namespace onetrip::submission::dialects::test
