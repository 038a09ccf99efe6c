#include <catch2/catch.hpp>

#include "trees.hpp"

namespace onetrip::submission::dialects::test {

TEST_CASE("the fields of ODK are a tree by their paths") {
    const std::string children = children_text(R"([
        {"path": "/g", "name": "g", "type": "structure"},
        {"path": "/g/q 1", "name": "q 1", "type": "int"}, {"path": "/lost/x", "type": "string"},
        {"path": "/r", "name": "r", "type": "repeat"},
        {"path": "/r/s", "name": "s", "type": "string", "selectMultiple": true}])",
                                               Dialect::odk);
    const std::string expected = normal(R"([
        {"slug": "g", "nodeType": "section", "children": [
            {"slug": "q 1", "key": "q_1", "nodeType": "question", "answerType": "integer"}]},
        {"slug": "x", "nodeType": "question", "answerType": "text"},
        {"slug": "r", "nodeType": "section", "repeats": true, "children": [
            {"slug": "__id", "nodeType": "metadata", "answerType": "text"},
            {"slug": "s", "nodeType": "question", "answerType": "text", "multiple": "spaced"}]},
        {"slug": "r@odata.navigationLink", "key": "r@odata.navigationLink",
         "nodeType": "metadata", "answerType": "text"},
        {"slug": "__id", "nodeType": "metadata", "answerType": "text"}])");
    CHECK(children.starts_with(expected.substr(0, expected.size() - 1)));
}

TEST_CASE("names that OData does not take are identifiers") {
    const auto key = [](std::string_view name) {
        const std::string tree = children_text(
            R"([{"path": "/x", "type": "int", "name": ")" + std::string(name) + R"("}])",
            Dialect::odk);
        const auto at = tree.find(R"("key": ")") + 8;
        return tree.substr(at, tree.find('"', at) - at);
    };
    CHECK(key("1q") == "_1q");
    CHECK(key("a--b") == "a_b");
    CHECK(key("é1") == "__1");
}

}  // namespace onetrip::submission::dialects::test
