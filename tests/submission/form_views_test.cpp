#include "submission/form_views.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "jsonb/json_parser.hpp"
#include "jsonb/json_printer.hpp"
#include "submission/answer_cells.hpp"
#include "submission/numbered_form.hpp"
#include "submission/sql_text.hpp"

namespace onetrip::submission::test {

namespace {

std::size_t clip(std::string_view text, std::size_t most) {
    return std::min(text.size(), most);
}

std::vector<ViewStatement> views_of(std::string_view form,
                                    std::optional<std::string_view> language = std::nullopt) {
    const auto bytes = jsonb::parse_json(form);
    ViewNames names;
    names.functions_schema = "f";
    names.view = "v";
    names.source = "s";
    names.id_column = "id";
    names.document_column = "d";
    names.language = language;
    FormViews views(jsonb::Value::root(bytes), names, clip, never_interrupted);
    std::vector<ViewStatement> statements;
    ViewStatement statement;
    while (views.next(statement)) {
        statements.push_back(statement);
    }
    CHECK_FALSE(views.next(statement));
    return statements;
}

bool has(const std::string& statement, std::string_view part) {
    return statement.find(part) != std::string::npos;
}

std::string printed(jsonb::Value value) {
    jsonb::JsonPrinter printer(value);
    std::string text;
    for (auto piece = printer.next(); !piece.empty(); piece = printer.next()) {
        text += piece;
    }
    return text;
}

/// The cell that is shown of an answer; "-" if there is none.
std::string joined(std::string_view stored) {
    const auto bytes = jsonb::parse_json(stored);
    std::string text;
    return join_answers(jsonb::Value::root(bytes), text) ? text : "-";
}

std::optional<bool> chosen(std::string_view stored, std::string_view choice, bool is_spaced) {
    const auto bytes = jsonb::parse_json(stored);
    return has_choice(jsonb::Value::root(bytes), choice, is_spaced);
}

/// The text of the value that keys lead to; "-" if they lead nowhere.
std::string at(std::string_view document, const std::vector<std::string_view>& keys) {
    const auto bytes = jsonb::parse_json(document);
    AnswerWay way(jsonb::Value::root(bytes));
    const bool has_end =
        std::all_of(keys.begin(), keys.end(), [&](std::string_view key) { return way.take(key); });
    return has_end ? printed(way.value()) : "-";
}

/// The text of an array without its empty strings.
std::string filled(std::string_view stored) {
    const auto bytes = jsonb::parse_json(stored);
    const auto result = without_empty_strings(jsonb::Value::root(bytes).array());
    return printed(jsonb::Value::root(result));
}

std::string numbered(std::string_view form) {
    const auto bytes = jsonb::parse_json(form);
    const auto result = with_numbered_nodes(jsonb::Value::root(bytes), never_interrupted);
    return printed(jsonb::Value::root(result));
}

}  // namespace

TEST_CASE("SQL is quoted whatever the text is") {
    std::string sql;
    append_identifier("a\"b", sql);
    append_literal("it's", sql);
    append_literal("back\\slash'", sql);
    append_element("a\"\\", sql);
    CHECK(sql == R"("a""b"'it''s'E'back\\slash''')"
                 R"("a\"\\")");
}

TEST_CASE("names differ and fit") {
    DistinctNames names(clip);
    const std::string longest(63, 'x');
    CHECK(names.take("a") == "a");
    CHECK(names.take("a") == "a~2");
    CHECK(names.take("a~3") == "a~3");
    CHECK(names.take("a") == "a~4");
    CHECK(names.take(longest + "1") == longest);
    CHECK(names.take(longest + "2") == longest.substr(2) + "~2");
    for (int number = 3; number < 100000; ++number) {
        names.take(longest);
    }
    CHECK(names.take(longest) == longest.substr(7) + "~100000");
}

TEST_CASE("a form without questions has a view of ids") {
    for (const char* form : {"null", "17", "[]", "{}", R"({"children": [[], {"slug": 1}]})"}) {
        const auto views = views_of(form);
        REQUIRE(views.size() == 1);
        CHECK(views[0].view_name == "\"v\"");
        CHECK(has(views[0].statement,
                  "CREATE VIEW \"v\" AS\nSELECT s.\"id\" AS \"id\"\nFROM \"s\" AS s"));
    }
}

TEST_CASE("a view of the submissions and one of each repeat") {
    const auto views = views_of(R"({"reading": "keys", "children": [
        {"slug": "a", "answerType": "integer", "key": "g/a"},
        {"slug": "r", "repeats": true, "children": [{"slug": "s", "children": [
            {"slug": "t", "repeats": true, "children": [{"slug": "x", "answerType": "date"}]}]}]},
        {"slug": "i", "inline": true, "repeats": true, "children": [{"slug": "y", "answerType": "text"}]},
        {"slug": "k1", "key": "k", "answerType": "time"}, {"slug": "k2", "key": "k", "answerType": "text"}]})");
    REQUIRE(views.size() == 3);
    CHECK(views[0].view_name == "\"v\"");
    CHECK(has(views[0].statement,
              R"("f"."answer_integer"(r0.d OPERATOR(pg_catalog.->) 'g/a') AS "a")"));
    CHECK(has(views[0].statement, R"(AS "i.y")"));
    CHECK(has(views[0].statement, R"(NULL::pg_catalog.time AS "k1")"));
    CHECK(views[1].view_name == "\"v.r\"");
    CHECK(has(views[1].statement, R"(SELECT s."id" AS "id", r1.i AS "i1")"));
    CHECK(views[2].view_name == "\"v.r.s.t\"");
    CHECK(has(views[2].statement, R"("f"."answer_at"(r1.d, '{"s","t"}') AS x)"));
    CHECK(has(views[2].statement, R"(r2.d OPERATOR(pg_catalog.->) 'x') AS "x")"));
}

TEST_CASE("comments have the labels of the language") {
    const auto views = views_of(
        R"({"reading": "keys", "children": [{"slug": "m", "answerType": "text", "multiple": "spaced",
            "label": {"de": "Farben"}, "answerEnum": [{"value": "r", "label": {"de": "rot's"}},
            {"value": "g"}, {"value": "r", "label": "again"}]}]})",
        "de");
    REQUIRE(views.size() == 3);
    CHECK(has(views[0].statement, R"(AS "m/g")"));
    CHECK_FALSE(has(views[0].statement, "m/r~2"));
    CHECK(views[1].statement == R"(COMMENT ON COLUMN "v"."m" IS 'Farben')");
    CHECK(views[2].statement == R"(COMMENT ON COLUMN "v"."m/r" IS 'rot''s')");
}

TEST_CASE("a view has at most 1,600 columns") {
    std::string children;
    for (int number = 0; number < 3300; ++number) {
        children += (number > 0 ? ", " : "") + std::string(R"({"slug": "q)") +
                    std::to_string(number) + R"(", "answerType": "text"})";
    }
    const auto views = views_of(R"({"reading": "items", "children": [)" + children + "]}");
    REQUIRE(views.size() == 3);
    CHECK(views[1].view_name == "\"v~2\"");
    CHECK(has(views[0].statement, R"(AS "q1598")"));
    CHECK_FALSE(has(views[0].statement, R"(AS "q1599")"));
    CHECK(has(views[1].statement, R"(AS "q1599")"));
    CHECK(has(views[2].statement, R"(AS "q3299")"));
}

TEST_CASE("repeats in one another have a view each") {
    std::string form = R"({"reading": "keys", "children": [)";
    constexpr int depth = 60;
    for (int level = 0; level < depth; ++level) {
        form += R"({"slug": "r", "repeats": true, "children": [)";
    }
    for (int level = 0; level < depth; ++level) {
        form += "]}";
    }
    CHECK(views_of(form + "]}").size() == 61);
}

TEST_CASE("cells of answers") {
    CHECK(joined("null") == "-");
    CHECK(joined("{}") == "-");
    CHECK(joined("[]") == "-");
    CHECK(joined(R"("a b")") == "a b");
    CHECK(joined(R"([null, "a", 1.50, [1], {}, "", true])") == "a 1.50 true");
    CHECK(chosen("null", "a", true) == std::nullopt);
    CHECK(chosen("{}", "a", true) == std::nullopt);
    CHECK(chosen("[]", "a", false) == false);
    CHECK(chosen(R"("b a")", "a", true) == true);
    CHECK(chosen(R"("b a")", "a", false) == false);
    CHECK(chosen(R"(["b a", 1])", "1", true) == true);
}

TEST_CASE("an array in place of a group counts by its first object") {
    CHECK(at(R"({"g": {"a": 1}})", {"g", "a"}) == "1");
    CHECK(at(R"({"g": [{"b": 2}, {"a": 1}]})", {"g", "a"}) == "-");
    CHECK(at(R"({"g": [null, 7, [{"a": 3}], {"a": [1, 2]}, {"a": 1}]})", {"g", "a"}) == "[1, 2]");
    CHECK(at(R"({"g": [{"h": [{"a": 1}, {"a": 2}]}, {"h": {"a": 3}}]})", {"g", "h", "a"}) == "1");
    CHECK(at(R"({"g": []})", {"g", "a"}) == "-");
    CHECK(at(R"({"g": "text"})", {"g", "a"}) == "-");
    CHECK(at(R"({"g": null})", {"g"}) == "null");
    CHECK(at(R"([{"a": 1}])", {"a"}) == "-");
    CHECK(at(R"({"a": 1})", {}) == R"({"a": 1})");
}

TEST_CASE("empty strings are left out of answers") {
    CHECK(filled(R"(["", 3, "", "a", [""], null])") == R"([3, "a", [""], null])");
    CHECK(filled(R"([""])") == "[]");
}

TEST_CASE("every node of a numbered form repeats") {
    CHECK(
        numbered(R"({"repeats": 1, "reading": "items", "children": [{"slug": "a"}, 7, {"slug": "g",
        "repeats": false, "children": [{"slug": "b", "repeats": true}]}, {"children": {"slug": "c"}}]})") ==
        R"({"reading": "items", "children": [{"slug": "a", "repeats": true}, 7, {"slug": "g", )"
        R"("repeats": true, "children": [{"slug": "b", "repeats": true}]}, {"repeats": true}]})");
    std::string deep = R"({"children": [)";
    constexpr int depth = 40000;
    for (int level = 0; level < depth; ++level) {
        deep += R"({"children": [)";
    }
    for (int level = 0; level <= depth; ++level) {
        deep += "]}";
    }
    CHECK(numbered(deep).size() > deep.size());
}

}  // namespace onetrip::submission::test
