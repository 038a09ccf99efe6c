// Documents that are read by items, and the words of forms that are read by keys.

#include <catch2/catch.hpp>

#include "submission/form_choices.hpp"
#include "submission/rows.hpp"

namespace onetrip::submission::test {

namespace {

constexpr std::string_view questionnaire = R"({"reading": "items", "children": [
    {"slug": "1", "answerType": "text", "tag": "1", "valueTypes": ["valueCoding"], "children": [
        {"slug": "1.1", "answerType": "integer"}]},
    {"slug": "2", "repeats": true, "children": [
        {"slug": "2.1", "answerType": "number"}, {"slug": "2.2", "answerType": "date", "repeats": true},
        {"slug": "2.3", "children": [{"slug": "2.4", "repeats": true, "children": [
            {"slug": "2.5", "answerType": "boolean"}]}]}]}]})";

/// path, idx, value and status of each row.
std::vector<std::string> lines_of(const std::vector<Row>& rows) {
    std::vector<std::string> lines;
    for (const Row& row : rows) {
        std::string line = row.path + " {";
        for (const int index : row.idx) {
            line += std::to_string(index) + ' ';
        }
        lines.push_back(line + "} " + row.value.value_or("-") + ' ' + row.status);
    }
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("items are found by their linkIds, answers by value[x]") {
    const auto rows = flatten(
        R"({"item": [{"linkId": "1", "answer": [{"valueCoding": {"code": "Y", "system": "s"},
            "item": [{"linkId": "1.1", "answer": [{"valueInteger": 12}]}]}]}]})",
        questionnaire, bit_of(Status::part) | bit_of(Status::frame));
    CHECK(rows == std::vector<Row>{
                      {1,
                       "1",
                       Keys{"item", "0", "answer", "0", "valueCoding", "code"},
                       {},
                       "Y",
                       "text",
                       "1",
                       "ok"},
                      {2,
                       "1.system",
                       Keys{"item", "0", "answer", "0", "valueCoding", "system"},
                       {},
                       "s",
                       "text",
                       "",
                       "part"},
                      {3,
                       "1.\"1.1\"",
                       Keys{"item", "0", "answer", "0", "item", "0", "answer", "0", "valueInteger"},
                       {},
                       "12",
                       "integer",
                       "",
                       "ok"},
                      {4,
                       "item.linkId",
                       Keys{"item", "0", "answer", "0", "item", "0", "linkId"},
                       {},
                       "1.1",
                       "",
                       "",
                       "frame"},
                      {5, "item.linkId", Keys{"item", "0", "linkId"}, {}, "1", "", "", "frame"}});
}

TEST_CASE("indexes of items that repeat, and of those that should not") {
    CHECK(lines_of(flatten(R"({"item": [
        {"linkId": "2", "item": [{"linkId": "2.1", "answer": [{"valueDecimal": 1}, {"valueDecimal": 2}]}]},
        {"linkId": "1", "answer": [{"valueCoding": {"code": "Y"}}]},
        {"linkId": "2", "item": [{"linkId": "2.2", "answer": [{"valueDate": "2026-01-02"}]}, {"linkId": "2.1"},
            {"linkId": "2.1", "answer": [{"valueDecimal": 3}]}]},
        {"linkId": "1", "answer": [{"valueString": "Y"}]}]})",
                           questionnaire, 0)) ==
          Lines{"2.\"2.1\" {0 } 1 ok", "2.\"2.1\" {0 1 } 2 ok", "1 {} Y ok",
                "2.\"2.2\" {1 0 } 2026-01-02 ok", "2.\"2.1\" {1 1 } 3 ok", "1 {1 } Y wrong_type"});
}

TEST_CASE("a question is missing in each item of its repeated group") {
    CHECK(lines_of(flatten(
              R"({"item": [{"linkId": "2", "item": [{"linkId": "2.3", "item": [{"linkId": "2.4"},
                  {"linkId": "2.4", "item": [{"linkId": "2.5", "answer": [{"valueBoolean": true}]}]}]},
                  {"linkId": "2.3", "item": [{"linkId": "2.4"}]}]}, {"linkId": "2"}]})",
              questionnaire, bit_of(Status::missing))) ==
          Lines{"2.\"2.3\".\"2.4\".\"2.5\" {0 1 } true ok", "1 {} - missing",
                "1.\"1.1\" {} - missing", "2.\"2.1\" {0 } - missing", "2.\"2.1\" {1 } - missing",
                "2.\"2.2\" {0 } - missing", "2.\"2.2\" {1 } - missing",
                "2.\"2.3\".\"2.4\".\"2.5\" {0 0 } - missing",
                "2.\"2.3\".\"2.4\".\"2.5\" {0 1 0 } - missing",
                "2.\"2.3\".\"2.4\".\"2.5\" {1 } - missing"});
}

TEST_CASE("a walk is used for one form after the other, however they are read") {
    const auto items_form = jsonb::parse_json(questionnaire);
    const auto keys_form = jsonb::parse_json(R"({"reading": "keys", "children": [
        {"slug": "a", "answerType": "text", "multiple": "spaced"}]})");
    const auto item =
        jsonb::parse_json(R"({"item": [{"linkId": "x"}, {"linkId": "x", "item": 1}]})");
    const auto member = jsonb::parse_json(R"({"a": "b c"})");
    const Form by_items(jsonb::Value::root(items_form));
    const Form by_keys(jsonb::Value::root(keys_form));
    SubmissionWalk walk(never_interrupted);
    for (int time = 0; time < 3; ++time) {
        walk.begin(by_items, jsonb::Value::root(item), bit_of(Status::structure));
        CHECK(lines_of(rest_of(by_items, walk)) == Lines{"x {1 } 1 structure"});
        walk.begin(by_keys, jsonb::Value::root(member), 0);
        CHECK(lines_of(rest_of(by_keys, walk)) == Lines{"a {0 } b ok", "a {1 } c ok"});
        walk.begin(by_keys, jsonb::Value::root(member), 0);
        REQUIRE(walk.next());  // and left in the middle of its choices
    }
}

TEST_CASE("many items of one array are counted without a search, at any depth") {
    constexpr int count = 100000;
    std::string text = R"({"item": [)";
    for (int item = 0; item < count; ++item) {
        text += item == 0 ? "" : ",";
        text += R"({"linkId": "u)" + std::to_string(item % 7) + R"(", "item": 1})";
    }
    const auto rows = flatten(text + "]}", questionnaire, bit_of(Status::structure));
    REQUIRE(rows.size() == count);
    CHECK(rows.back().idx == std::vector<int>{(count - 1) / 7});
}

TEST_CASE("words of a form count only if its root names a reading") {
    constexpr std::string_view children = R"("children": [
        {"slug": "g", "inline": true, "children": [{"slug": "q", "key": "Q", "answerType": "integer"}]}])";
    const std::string document = R"({"Q": 1})";
    CHECK(lines_of(flatten(document, "{\"reading\": \"keys\"," + std::string(children) + "}")) ==
          Lines{"g.q {} 1 ok"});
    CHECK(lines_of(flatten(document, "{" + std::string(children) + "}")) ==
          Lines{"Q {} 1 unknown", "g.q {} - missing"});
}

TEST_CASE("the last node of a place counts, and the other is a problem") {
    const auto bytes = jsonb::parse_json(R"({"reading": "keys", "children": [
        {"slug": "a", "key": "x", "answerType": "text"}, {"slug": "x", "answerType": "integer"}]})");
    FormQuestions questions(jsonb::Value::root(bytes), never_interrupted);
    FormQuestion question;
    REQUIRE(questions.next(question));
    CHECK(question.problem == "duplicate key");
    REQUIRE(questions.next(question));
    CHECK(question.problem.empty());
    CHECK(flatten(R"({"x": 1})", R"({"reading": "keys", "children": [
        {"slug": "a", "key": "x", "answerType": "text"}, {"slug": "x", "answerType": "integer"}]})",
                  0)[0]
              .type == "integer");
}

TEST_CASE("labels by language") {
    const auto bytes = jsonb::parse_json(
        R"json({"Français (fr)": "Nom", "English (en)": "Name", "default": "Nimi", "x": 5})json");
    const jsonb::Value label = jsonb::Value::root(bytes);
    CHECK(label_of(label, "fr") == "Nom");
    CHECK(label_of(label, "English (en)") == "Name");
    CHECK(label_of(label, "x") == "Nimi");
    CHECK(label_of(label, std::nullopt) == "Nimi");
}

TEST_CASE("a full idx has an index for each node") {
    constexpr std::string_view form = R"({"reading": "items", "fullIdx": true, "children": [
        {"slug": "x", "answerType": "text", "children": [
            {"slug": "b", "answerType": "text"},
            {"slug": "g", "children": [{"slug": "d", "answerType": "text"}]}]},
        {"slug": "h", "children": [{"slug": "e", "answerType": "text"}]}]})";
    // Items next to an answer are with the first one, and counted on after what that has.
    CHECK(lines_of(flatten(
              R"({"item": [{"linkId": "x", "answer": [
                {"valueString": "A", "item": [{"linkId": "g", "item": [{"linkId": "d", "answer": [{"valueString": "1"}]}]},
                    {"linkId": "b", "answer": [{"valueString": "b1"}]}]},
                {"valueString": "B", "item": [{"linkId": "b", "answer": [{"valueString": "b2"}]}]}],
            "item": [{"linkId": "g", "item": [{"linkId": "d", "answer": [{"valueString": "2"}]}]},
                {"linkId": "b", "answer": [{"valueString": "b3"}]}]}]})",
              form, 0)) == Lines{"x {0 } A ok", "x.g.d {0 0 0 } 1 ok", "x.b {0 0 } b1 ok",
                                 "x {1 } B ok", "x.b {1 0 } b2 ok", "x.g.d {0 1 0 } 2 ok",
                                 "x.b {0 1 } b3 ok"});
    // Answers are counted from one item to the next; an item that has nothing does not count.
    CHECK(lines_of(flatten(
              R"({"item": [{"linkId": "x"}, {"linkId": "x", "answer": [], "item": []},
            {"linkId": "x", "item": [{"linkId": "b", "answer": [{"valueString": "b1"}]}]},
            {"linkId": "x", "answer": [{"valueString": "A"}, {"valueString": "B"}]},
            {"linkId": "x", "answer": [{"valueString": "C"}], "item": [{"linkId": "b", "answer": [{"valueString": "b2"}]}]}]})",
              form, 0)) == Lines{"x.b {0 0 } b1 ok", "x {1 } A ok", "x {2 } B ok", "x {3 } C ok",
                                 "x.b {3 0 } b2 ok"});
    // The answers of a group are none, and have no number.
    CHECK(lines_of(flatten(
              R"({"item": [{"linkId": "h"}, {"linkId": "h", "answer": [
                {"item": [{"linkId": "e", "answer": [{"valueString": "1"}]}]},
                {"item": [{"linkId": "e", "answer": [{"valueString": "2"}]}]}],
            "item": [{"linkId": "e", "answer": [{"valueString": "3"}]}]}]})",
              form, bit_of(Status::missing))) ==
          Lines{"h.e {1 0 } 1 ok", "h.e {1 1 } 2 ok", "h.e {1 2 } 3 ok", "x {} - missing",
                "x.b {} - missing", "x.g.d {} - missing", "h.e {0 } - missing"});
}

}  // namespace onetrip::submission::test
