#include <catch2/catch.hpp>

#include "trees.hpp"

namespace onetrip::submission::dialects::test {

namespace {

std::string children_of_item(std::string_view item, std::string_view more = "") {
    return children_text(R"({"resourceType": "Questionnaire", "item": [)" + std::string(item) +
                             "]" + std::string(more) + "}",
                         Dialect::fhir);
}

}  // namespace

TEST_CASE("an item of FHIR is found by its linkId, which is its tag") {
    CHECK(tree_text(R"({"resourceType": "Questionnaire", "id": "q", "item": [
        {"linkId": "2", "type": "group", "repeats": true, "item": [
            {"linkId": "2.1", "type": "dateTime"}, {"linkId": "d", "type": "display"}]}]})",
                    Dialect::fhir) == normal(R"({"slug": "q", "nodeType": "form",
        "reading": "items", "children": [{"slug": "2", "tag": "2", "nodeType": "section",
            "repeats": true, "children": [{"slug": "2.1", "tag": "2.1", "nodeType": "question",
                "answerType": "datetime", "partialDates": true,
                "valueTypes": ["valueDateTime"]}]}]})"));
}

TEST_CASE("options of FHIR are choices if all of them can be compared") {
    CHECK(children_of_item(R"({"linkId": "1", "type": "choice", "answerOption": [
        {"valueCoding": {"code": "a", "display": "A"}}, {"valueString": "b"}]})") ==
          normal(R"([{"slug": "1", "tag": "1", "nodeType": "question", "answerType": "text",
              "valueTypes": ["valueCoding", "valueString"],
              "answerEnum": [{"value": "a", "label": "A"}, {"value": "b"}]}])"));
    CHECK(children_of_item(R"({"linkId": "1", "type": "choice", "answerOption": [
        {"valueCoding": {"code": "a"}}, {"valueQuantity": {"value": 1}}]})")
              .find("answerEnum") == std::string::npos);
}

TEST_CASE("a contained ValueSet is the choices if it is whole") {
    constexpr std::string_view item =
        R"({"linkId": "1", "type": "open-choice", "answerValueSet": "#s"})";
    CHECK(children_of_item(item, R"(, "contained": [{"id": "s", "expansion": {"contains": [
        {"display": "no code", "contains": [{"code": "x"}]}, {"code": "y"}]}}])") ==
          normal(R"([{"slug": "1", "tag": "1", "nodeType": "question", "answerType": "text",
              "openChoices": true, "valueTypes": ["valueCoding", "valueString"],
              "answerEnum": [{"value": "x"}, {"value": "y"}]}])"));
    for (const std::string_view compose :
         {R"("exclude": [{}], "include": [{"concept": [{"code": "a"}]}])",
          R"("include": [{"concept": [{"code": "a"}], "filter": [{}]}])",
          R"("include": [{"concept": []}])", R"("include": [])"}) {
        const std::string more =
            R"(, "contained": [{"id": "s", "compose": {)" + std::string(compose) + "}}]";
        CHECK(children_of_item(item, more).find("answerEnum") == std::string::npos);
    }
}

TEST_CASE("a question of FHIR with questions in it has children") {
    CHECK(children_of_item(R"({"linkId": "1", "type": "boolean", "item": [
        {"linkId": "d", "type": "display"}]})")
              .find("children") == std::string::npos);
    CHECK(children_of_item(R"({"linkId": "1", "type": "boolean", "item": [
        {"linkId": "1.1", "type": "boolean"}]})")
              .find("children") != std::string::npos);
}

TEST_CASE("a deep Questionnaire is translated") {
    const std::string deep =
        repeated(R"({"linkId": "a", "type": "group", "item": [)", 50000) + repeated("]}", 50000);
    CHECK(children_of_item(deep).size() > 50000 * 50);
}

}  // namespace onetrip::submission::dialects::test
