#include <catch2/catch.hpp>

#include "trees.hpp"

namespace onetrip::submission::dialects::test {

namespace {

/// The node of a property "p".
std::string node(std::string_view schema, std::string_view definitions = "{}") {
    const std::string children =
        children_text(R"({"properties": {"p": )" + std::string(schema) + R"(}, "definitions": )" +
                          std::string(definitions) + "}",
                      Dialect::jsonschema);
    return children.substr(1, children.size() - 2);
}

std::string question(std::string_view words) {
    return normal(R"({"slug": "p", "nodeType": "question", )" + std::string(words) + "}");
}

}  // namespace

TEST_CASE("a JSON Schema's types are answer types") {
    CHECK(node(R"({"type": "string"})") == question(R"("answerType": "text")"));
    CHECK(node(R"({"type": ["null", "integer"]})") == question(R"("answerType": "integer")"));
    CHECK(node(R"({"type": ["number", "integer"]})") == question(R"("answerType": "number")"));
    CHECK(node(R"({"type": "string", "format": "date-time"})") ==
          question(R"("answerType": "datetime")"));
    CHECK(node("true") == question(R"("answerType": "json")"));
    CHECK(node(R"({"enum": ["a", 1, "1", null]})") ==
          question(R"("answerType": "text", "answerEnum": [{"value": "a"}, {"value": 1}])"));
}

TEST_CASE("the branches of a JSON Schema are one") {
    CHECK(node(R"({"anyOf": [{"properties": {"a": {"type": "integer"}}}],
        "oneOf": [{"properties": {"a": {"type": "number"}, "b": {"const": "x"}}}]})") ==
          normal(R"({"slug": "p", "nodeType": "section", "children": [
              {"slug": "a", "nodeType": "question", "answerType": "number"},
              {"slug": "b", "nodeType": "question", "answerType": "text",
               "answerEnum": [{"value": "x"}]}]})"));
}

TEST_CASE("a reference of a JSON Schema into itself is a json question") {
    CHECK(node(R"({"$ref": "#/definitions/a~1b"})",
               R"({"a/b": {"properties": {"deep": {"$ref": "#/definitions/a~1b"}}}})") ==
          normal(R"({"slug": "p", "nodeType": "section", "children": [
              {"slug": "deep", "nodeType": "question", "answerType": "json"}]})"));
    CHECK(node(R"({"$ref": "#/properties/p"})") == question(R"("answerType": "json")"));
    CHECK(node(R"({"$ref": "elsewhere#/x"})") == question(R"("answerType": "json")"));
}

TEST_CASE("schemas that call one another end in a tree that fits") {
    std::string definitions = "{";
    std::string properties;
    for (int definition = 0; definition < 12; ++definition) {
        const std::string number = std::to_string(definition);
        properties += std::string(definition > 0 ? ", " : "") + "\"" + number +
                      R"(": {"$ref": "#/definitions/)" + number + "\"}";
    }
    for (int definition = 0; definition < 12; ++definition) {
        definitions += std::string(definition > 0 ? ", " : "") + "\"" + std::to_string(definition) +
                       R"(": {"properties": {)" + properties + "}}";
    }
    const std::string tree = node(R"({"$ref": "#/definitions/0"})", definitions + "}");
    CHECK(tree.find("too many nodes") != std::string::npos);
    // The top of the tree is whole.
    CHECK(tree.find(R"({"slug": "11", "children": [{"slug": "0",)") != std::string::npos);
    CHECK(tree.size() < 20000000);
}

TEST_CASE("branches that double end") {
    std::string definitions = R"({"0": {"type": "string"})";
    for (int definition = 1; definition < 60; ++definition) {
        const std::string ref =
            R"({"$ref": "#/definitions/)" + std::to_string(definition - 1) + "\"}";
        definitions +=
            ", \"" + std::to_string(definition) + R"(": {"allOf": [)" + ref + ", " + ref + "]}";
    }
    CHECK(node(R"({"$ref": "#/definitions/59"})", definitions + "}") ==
          question(R"("answerType": "json", "problem": "too many nodes")"));
}

TEST_CASE("questions that share a long list of choices are all there") {
    std::string properties = "{";
    for (int property = 0; property < 5000; ++property) {
        properties += std::string(property > 0 ? ", " : "") + "\"p" + std::to_string(property) +
                      R"(": {"$ref": "#/definitions/list"})";
    }
    std::string list = R"({"list": {"type": "string", "enum": [)";
    for (int choice = 0; choice < 5000; ++choice) {
        list += std::string(choice > 0 ? ", " : "") + "\"choice" + std::to_string(choice) + '"';
    }
    const std::string tree = node(
        R"({"properties": )" + properties + R"(, "$ref": "#/definitions/none"}})", list + "]}}");
    CHECK(tree.find("too many nodes") == std::string::npos);
    CHECK(tree.find(R"({"slug": "p4999", "problem": "too many choices", "nodeType": "question", )"
                    R"("answerType": "text"})") != std::string::npos);
    CHECK(tree.find(R"({"slug": "p0", "nodeType": "question", "answerEnum")") != std::string::npos);
}

TEST_CASE("a deep JSON Schema is translated") {
    for (const auto& [open, close] :
         {std::pair(R"({"properties": {"a": )", "}}"), std::pair(R"({"items": )", "}"),
          std::pair(R"({"allOf": [)", "]}")}) {
        CHECK(node(repeated(open, 30000) + R"({"type": "string"})" + repeated(close, 30000)) != "");
    }
}

}  // namespace onetrip::submission::dialects::test
