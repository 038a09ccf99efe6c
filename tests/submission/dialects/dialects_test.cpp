#include "submission/dialects/dialects.hpp"

#include <catch2/catch.hpp>

#include "submission/dialects/merge_trees.hpp"
#include "trees.hpp"

namespace onetrip::submission::dialects::test {

namespace {

constexpr Dialect all_dialects[] = {Dialect::kobo,       Dialect::xlsform, Dialect::odk,
                                    Dialect::fhir,       Dialect::formio,  Dialect::surveyjs,
                                    Dialect::jsonschema, Dialect::redcap,  Dialect::onetrip};

std::string merged(std::vector<std::string_view> trees) {
    std::vector<std::vector<std::uint8_t>> documents;
    MergedTree merged(never_interrupted);
    for (const std::string_view tree : trees) {
        documents.push_back(jsonb::parse_json(tree));
    }
    for (const auto& document : documents) {
        merged.add(jsonb::Value::root(document));
    }
    const auto result = merged.to_jsonb();
    return result ? printed(jsonb::Value::root(*result)) : "none";
}

}  // namespace

TEST_CASE("what is no form of the dialect is an empty tree") {
    const std::string empty =
        normal(R"({"slug": "form", "nodeType": "form", "reading": "keys", "children": []})");
    for (const Dialect dialect : all_dialects) {
        for (const std::string_view form : {"{}", "[]", "7", "null", "\"a\"", "[[], 1, {}]"}) {
            CHECK(tree_text(form, dialect) == empty);
        }
    }
}

TEST_CASE("a form of any depth in any place is translated") {
    const std::string deep = repeated("[", 100000) + repeated("]", 100000);
    for (const std::string_view key :
         {"content", "settings", "item", "contained", "components", "elements", "properties",
          "items", "allOf", "children", "label", "default"}) {
        const std::string form =
            R"({"resourceType": "Questionnaire", "survey": [], "components": [], "pages": [],
                "$schema": "", ")" +
            std::string(key) + "\": " + deep + "}";
        for (const Dialect dialect : all_dialects) {
            CHECK(!tree_text(form, dialect).empty());
        }
    }
}

TEST_CASE("versions of a form are merged, the last one first") {
    CHECK(merged({}) == "none");
    CHECK(merged({"1", "[]"}) == "none");
    CHECK(merged({R"({"a": 1, "children": [{"slug": "x"}, 1, {"slug": "y", "l": 1}]})",
                  R"({"b": 2, "children": [{"slug": "z"}, {"slug": "y", "m": 2}]})"}) ==
          normal(R"({"b": 2, "children": [{"slug": "z"}, {"slug": "y", "m": 2}, {"slug": "x"},
                                          1]})"));
}

TEST_CASE("merged types and choices take what any version takes") {
    const auto question = [](std::string_view words) {
        return R"({"children": [{"slug": "q", )" + std::string(words) + "}]}";
    };
    const auto both = [&](std::string_view first, std::string_view second) {
        return merged({question(first), question(second)});
    };
    CHECK(both(R"("answerType": "integer")", R"("answerType": "number")") ==
          normal(question(R"("answerType": "number")")));
    CHECK(both(R"("answerType": "json")", R"("answerType": "date")") ==
          normal(question(R"("answerType": "json")")));
    CHECK(both(R"("answerType": "time")", R"("answerType": "date")") ==
          normal(question(R"("answerType": "text")")));
    CHECK(both(R"("answerType": "text", "answerEnum": [{"value": 1}, {"value": 2}])",
               R"("answerType": "text", "answerEnum": [{"value": "2"}, {"value": 3}])") ==
          normal(question(R"("answerType": "text",
                             "answerEnum": [{"value": "2"}, {"value": 3}, {"value": 1}])")));
    CHECK(both(R"("answerType": "text")",
               R"("answerType": "text", "answerEnum": [{"value": "2"}])") ==
          normal(question(R"("answerType": "text")")));
    CHECK(both(R"("answerType": "text", "multiple": "spaced")", R"("answerType": "text")") ==
          normal(question(R"("answerType": "text", "multiple": "spaced")")));
}

TEST_CASE("choices of many versions are merged, each as if the earlier ones were one") {
    const auto version = [](std::string_view choices) {
        return R"({"children": [{"slug": "q", "answerType": "text", "answerEnum": [)" +
               std::string(choices) + "]}]}";
    };
    CHECK(merged({version(R"({"value": 1}, {"value": 2}, 7, {"value": 1, "twice": 1})"),
                  version(R"({"value": 3}, {"value": 2, "new": 1}, {"value": null})"),
                  version(R"({"value": 4}, 8)")}) ==
          normal(version(R"({"value": 4}, 8, {"value": 3}, {"value": 2, "new": 1}, {"value": 1},
                            {"value": 1, "twice": 1})")));
    std::vector<std::vector<std::uint8_t>> documents;
    MergedTree all(never_interrupted);
    constexpr int versions = 20000;
    for (int number = 0; number < versions; ++number) {
        documents.push_back(
            jsonb::parse_json(version(R"({"value": )" + std::to_string(number) + "}")));
    }
    for (const auto& document : documents) {
        all.add(jsonb::Value::root(document));
    }
    const auto result = all.to_jsonb();
    REQUIRE(result);
    const std::string text = printed(jsonb::Value::root(*result));
    CHECK(text.find(R"([{"value": 19999}, {"value": 19998})") != std::string::npos);
    CHECK(text.find(R"({"value": 1}, {"value": 0}])") != std::string::npos);
}

TEST_CASE("trees of any depth are merged") {
    const std::string deep =
        repeated(R"({"slug": "a", "children": [)", 50000) + repeated("]}", 50000);
    CHECK(merged({deep, deep, deep}) == normal(deep));
}

}  // namespace onetrip::submission::dialects::test
