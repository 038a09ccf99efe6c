#include "submission/form_views.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "jsonb/json_parser.hpp"
#include "jsonb/json_printer.hpp"
#include "submission/answer_cells.hpp"
#include "submission/form_parts.hpp"
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

/// The part of a form that has the questions at these paths, with a witness of the group at a path.
std::string part(std::string_view form, const std::vector<std::string>& paths,
                 std::string_view group = {}) {
    const auto bytes = jsonb::parse_json(form);
    const jsonb::Value value = jsonb::Value::root(bytes);
    std::vector<std::uint32_t> nodes_of_items;
    const Form compiled(value, never_interrupted, &nodes_of_items);
    std::vector<std::uint32_t> nodes;
    FormParts::Witness witness;
    for (const FormNode& node : compiled.nodes()) {
        if (!group.empty() && compiled.path_of(node) == group) {
            witness = {node.id, "?"};
        }
        if (std::find(paths.begin(), paths.end(), compiled.path_of(node)) != paths.end()) {
            nodes.push_back(node.id);
        }
    }
    FormParts parts(value, compiled, nodes_of_items, never_interrupted);
    const auto empty = parts.with({}, {});
    CHECK(has(printed(jsonb::Value::root(empty)), R"("children": []})"));
    const auto result = parts.with(nodes, witness);
    return printed(jsonb::Value::root(result));
}

std::size_t bytes_of(const std::vector<ViewStatement>& views) {
    std::size_t bytes = 0;
    for (const ViewStatement& view : views) {
        bytes += view.statement.size();
    }
    return bytes;
}

/// A form of so many repeats with as many questions each.
std::string form_of_repeats(int repeats, int questions, std::string_view words) {
    std::string form = R"({"reading": "items", "children": [)";
    for (int repeat = 0; repeat < repeats; ++repeat) {
        form += (repeat > 0 ? ", " : "") + std::string(R"({"slug": "r)") + std::to_string(repeat) +
                R"(", "repeats": true, "children": [)";
        for (int question = 0; question < questions; ++question) {
            form += (question > 0 ? ", " : "") + std::string(R"({"slug": "q)") +
                    std::to_string(question) + R"(", "answerType": "integer")" +
                    std::string(words) + '}';
        }
        form += "]}";
    }
    return form + "]}";
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

TEST_CASE("a part of a form has the nodes on the way to its questions") {
    constexpr std::string_view form = R"({"reading": "items", "fullIdx": 1, "slug": 5, "children": [
        {"slug": "a", "answerType": "text"}, 7, {"slug": "g", "repeats": true, "label": {"de": [1]}, "children": [
            {"slug": "b", "answerType": "text", "children": [{"slug": "c"}]}, {"slug": "d", "answerType": "text"}]},
        {"children": [{"slug": "b"}]}, {"slug": "g", "children": [{"slug": "b", "answerType": "date"}]}]})";
    CHECK(part(form, {"g.b"}) ==
          R"({"slug": 5, "fullIdx": true, "reading": "items", "children": [)"
          R"({"slug": "g", "label": {"de": [1]}, "repeats": true, "children": [)"
          R"({"slug": "b", "children": [], "answerType": "text"}]}, )"
          R"({"slug": "g", "children": [{"slug": "b", "answerType": "date"}]}]})");
    CHECK(part(form, {"a", "g.d"}) ==
          R"({"slug": 5, "fullIdx": true, "reading": "items", "children": [)"
          R"({"slug": "a", "answerType": "text"}, )"
          R"({"slug": "g", "label": {"de": [1]}, "repeats": true, "children": [)"
          R"({"slug": "d", "answerType": "text"}]}, {"slug": "g", "children": []}]})");
    // A witness is first below the last of the nodes that its group is described by.
    CHECK(part(form, {"g.b"}, "g") ==
          R"({"slug": 5, "fullIdx": true, "reading": "items", "children": [)"
          R"({"slug": "g", "label": {"de": [1]}, "repeats": true, "children": [)"
          R"({"slug": "b", "children": [], "answerType": "text"}]}, )"
          R"({"slug": "g", "children": [{"slug": "?", "answerType": "text"}, )"
          R"({"slug": "b", "answerType": "date"}]}]})");
    CHECK(part(R"({"children": [{"slug": "g", "children": 7}]})", {}, "g") ==
          R"({"fullIdx": true, "children": [)"
          R"({"slug": "g", "children": [{"slug": "?", "answerType": "text"}]}]})");
    std::string deep = R"({"children": [)";
    constexpr int depth = 2000;
    std::string path;
    for (int level = 0; level < depth; ++level) {
        deep += R"({"slug": "s", "children": [)";
        path += level > 0 ? ".s" : "s";
    }
    for (int level = 0; level <= depth; ++level) {
        deep += "]}";
    }
    CHECK(part(deep, {path}).size() > deep.size());
}

TEST_CASE("the statements of a form read by items are in proportion to the form") {
    const std::size_t of_10 = bytes_of(views_of(form_of_repeats(10, 10, "")));
    const std::size_t of_100 = bytes_of(views_of(form_of_repeats(100, 10, "")));
    CHECK(of_100 < 11 * of_10);
    const std::size_t of_a_page = bytes_of(views_of(form_of_repeats(1, 1500, "")));
    const std::size_t of_ten = bytes_of(views_of(form_of_repeats(1, 15000, "")));
    CHECK(of_ten < 11 * of_a_page);
}

TEST_CASE(
    "the rows of a repeated group are shown by a witness, those of a question by its answers") {
    const auto views =
        views_of(R"({"reading": "items", "children": [{"slug": "r", "repeats": true, "children": [
        {"slug": "m", "answerType": "text", "nodeType": "metadata"}, {"slug": "?", "children": []},
        {"slug": "s", "repeats": true, "answerType": "integer", "children": [
            {"slug": "q", "answerType": "text"}]}]}]})");
    REQUIRE(views.size() == 3);
    CHECK(has(views[1].statement, R"('{"r.m","r.s"}')"));
    CHECK(has(views[1].statement, R"(OR f.schema_path OPERATOR(pg_catalog.=) 'r.??')"));
    CHECK(has(views[1].statement, R"({"slug": "??", "answerType": "text"})"));
    CHECK_FALSE(has(views[1].statement, R"("slug": "q")"));
    CHECK(has(views[2].statement, R"('{"r.s","r.s.q"}')"));
    CHECK(has(views[2].statement, R"(r0.i[1] AS "i1", r0.i[2] AS "i2")"));
    CHECK(has(views[2].statement, R"(OPERATOR(pg_catalog.->>) 0) AS "s")"));
    CHECK_FALSE(has(views[2].statement, R"("slug": "m")"));
}

TEST_CASE("a full idx makes no repeats") {
    constexpr std::string_view rest = R"("children": [{"slug": "g", "children": [
        {"slug": "q", "answerType": "text", "children": [{"slug": "c", "answerType": "text"}]}]}]})";
    const auto of = [&](std::string_view words) {
        return views_of(R"({"reading": "items", )" + std::string(words) + std::string(rest));
    };
    const auto views = of(R"("fullIdx": true, )");
    REQUIRE(views.size() == 1);
    CHECK(views[0].statement == of("")[0].statement);
    const auto bytes =
        jsonb::parse_json(R"({"reading": "items", "fullIdx": true, )" + std::string(rest));
    FormQuestions questions(jsonb::Value::root(bytes), never_interrupted);
    FormQuestion question;
    while (questions.next(question)) {
        CHECK(questions.repeat_path_of(*question.node) == std::nullopt);
    }
}

}  // namespace onetrip::submission::test
