#include <catch2/catch.hpp>

#include "trees.hpp"

namespace onetrip::submission::dialects::test {

namespace {

std::string children_of_elements(std::string_view elements) {
    return children_text(R"({"elements": [)" + std::string(elements) + "]}", Dialect::surveyjs);
}

}  // namespace

TEST_CASE("questions of SurveyJS that share a valueName are one") {
    CHECK(children_of_elements(R"({"type": "text", "name": "a", "valueName": "v"},
        {"type": "comment", "name": "b", "valueName": "v"})") ==
          normal(R"([{"slug": "a", "key": "v", "nodeType": "question", "answerType": "text"}])"));
    CHECK(children_of_elements(R"({"type": "text", "name": "v"},
        {"type": "paneldynamic", "name": "p", "valueName": "v", "templateElements": [
            {"type": "text", "name": "x"}]},
        {"type": "paneldynamic", "name": "q", "valueName": "v", "templateElements": [
            {"type": "text", "name": "x"}, {"type": "boolean", "name": "y"}]})") ==
          normal(R"([{"slug": "p", "key": "v", "nodeType": "section", "repeats": true, "children": [
              {"slug": "x", "nodeType": "question", "answerType": "text"},
              {"slug": "y", "nodeType": "question", "answerType": "boolean"}]}])"));
}

TEST_CASE("a matrix of cells has its columns in each row") {
    CHECK(children_of_elements(
              R"({"type": "matrixdropdown", "name": "m", "rows": ["r", 2], "columns": [
            {"name": "c", "cellType": "text"}]})") ==
          normal(R"([{"slug": "m", "nodeType": "section", "children": [
              {"slug": "r", "nodeType": "section", "children": [
                  {"slug": "c", "nodeType": "question", "answerType": "text"}]},
              {"slug": "2", "nodeType": "section", "children": [
                  {"slug": "c", "nodeType": "question", "answerType": "text"}]}]}])"));
}

TEST_CASE("matrices in matrices end in a tree that fits") {
    std::string rows = R"("rows": [0)";
    for (int row = 1; row < 50; ++row) {
        rows += "," + std::to_string(row);
    }
    std::string element = R"({"type": "text", "name": "q"})";
    for (int depth = 0; depth < 5; ++depth) {
        element = R"({"type": "matrixdropdown", "name": "m", )" + rows +
                  R"(], "detailElements": [)" + element + "]}";
    }
    const std::string tree = children_of_elements(element);
    CHECK(tree.find("too many nodes") != std::string::npos);
    CHECK(tree.size() < 20000000);
}

TEST_CASE("other answers of SurveyJS are choices that are open") {
    CHECK(children_of_elements(
              R"({"type": "dropdown", "name": "d", "choices": ["a"], "hasOther": true})") ==
          normal(R"([{"slug": "d", "nodeType": "question", "answerType": "text",
              "answerEnum": [{"value": "a"}, {"value": "other"}], "openChoices": true},
              {"slug": "d-Comment", "nodeType": "metadata", "answerType": "text"}])"));
}

TEST_CASE("a deep SurveyJS form is translated") {
    const std::string deep =
        repeated(R"({"type": "paneldynamic", "name": "a", "templateElements": [)", 40000) +
        repeated("]}", 40000);
    CHECK(children_of_elements(deep).size() > 40000 * 50);
}

}  // namespace onetrip::submission::dialects::test
