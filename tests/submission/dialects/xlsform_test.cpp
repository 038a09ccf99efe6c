#include <catch2/catch.hpp>

#include "trees.hpp"

namespace onetrip::submission::dialects::test {

TEST_CASE("groups of an XLSForm lie in one object in Kobo, and in objects of their own elsewhere") {
    constexpr std::string_view form = R"({"survey": [
        {"type": "begin_group", "name": "g"}, {"type": "begin repeat", "name": "r"},
        {"type": "integer", "name": "n"}, {"type": "end_repeat"}, {"type": "end group"},
        {"type": "text", "name": "t"}]})";
    CHECK(children_text(form, Dialect::xlsform) == normal(R"([
        {"slug": "g", "nodeType": "section", "children": [
            {"slug": "r", "nodeType": "section", "repeats": true, "children": [
                {"slug": "n", "nodeType": "question", "answerType": "integer"}]}]},
        {"slug": "t", "nodeType": "question", "answerType": "text"}])"));
    const std::string kobo = children_text(form, Dialect::kobo);
    const std::string expected = normal(R"([
        {"slug": "g", "nodeType": "section", "inline": true, "children": [
            {"slug": "r", "nodeType": "section", "key": "g/r", "repeats": true, "children": [
                {"slug": "n", "nodeType": "question", "key": "g/r/n", "answerType": "integer"}]}]},
        {"slug": "t", "nodeType": "question", "answerType": "text"}])");
    CHECK(kobo.starts_with(expected.substr(0, expected.size() - 1)));
    CHECK(kobo.find("_submission_time") != std::string::npos);
}

TEST_CASE("the spaces of a spreadsheet are white space in a type") {
    for (const std::string_view type : {"select_multiple l", " select_multiple\\u00a0 l ",
                                        "SELECT ALL THAT APPLY FROM l", "select\\tl"}) {
        const std::string form = R"({"survey": [{"name": "q", "type": ")" + std::string(type) +
                                 R"("}], "choices": [{"list_name": "l", "name": "a"}]})";
        CHECK(children_text(form, Dialect::xlsform) ==
              normal(R"([{"slug": "q", "nodeType": "question", "answerType": "text",
                          "multiple": "spaced", "answerEnum": [{"value": "a"}]}])"));
    }
}

TEST_CASE("labels of an XLSForm have languages by column or by translation") {
    const auto label = [](std::string_view row, std::string_view translations = "null") {
        const std::string form = R"({"translations": )" + std::string(translations) +
                                 R"(, "survey": [{"name": "q", "type": "text", )" +
                                 std::string(row) + "}]}";
        const auto bytes = jsonb::parse_json(children_text(form, Dialect::xlsform));
        const jsonb::Value question = *jsonb::Value::root(bytes).array().begin();
        const auto label = question.object().find("label");
        return label ? printed(*label) : "";
    };
    CHECK(label(R"("label": "L")") == R"("L")");
    CHECK(label(R"("label": "L", "label::de": "D")") == R"({"de": "D", "default": "L"})");
    CHECK(label(R"("label: fr ": "F")") == R"({"fr": "F"})");
    CHECK(label(R"("label::\nfr": "F", "label::\n": "none", "label": 1)") == R"({"fr": "F"})");
    CHECK(label(R"("label": ["A", "B"])", R"(["x", null])") == R"({"x": "A", "default": "B"})");
    CHECK(label(R"("label": ["A", null])", R"([null, "x"])") == R"("A")");
    CHECK(label(R"("label": [""])") == "");
}

TEST_CASE("a deep or unbalanced XLSForm is translated") {
    const std::string begins = repeated(R"({"type": "begin_group", "name": "g"},)", 50000);
    const std::string form = R"({"survey": [{"type": "end_group"},)" + begins +
                             R"({"type": "text", "name": "q"}, {"type": "end_repeat"}]})";
    CHECK(children_text(form, Dialect::xlsform).size() > 50000 * 50);
    CHECK(children_text(form, Dialect::kobo).size() > 50000);
}

TEST_CASE("keys that grow with the depth end in a tree that fits") {
    const std::string begins = repeated(R"({"type": "begin_repeat", "name": "group"},)", 50000);
    const std::string tree = children_text(R"({"survey": [)" + begins + "{}]}", Dialect::kobo);
    CHECK(tree.find("too many nodes") != std::string::npos);
    CHECK(tree.size() < 100000000);
}

TEST_CASE("choices of very many questions end in a tree that fits") {
    const std::string questions = repeated(R"({"type": "select_one l", "name": "q"},)", 5000);
    const std::string choices = repeated(R"({"list_name": "l", "name": "choice"},)", 5000);
    const std::string tree =
        children_text(R"({"survey": [)" + questions + R"({}], "choices": [)" + choices + "{}]}",
                      Dialect::xlsform);
    CHECK(tree.find("too many choices") != std::string::npos);
    CHECK(tree.size() < 100000000);
}

}  // namespace onetrip::submission::dialects::test
