#include "submission/submission_walk.hpp"

#include <catch2/catch.hpp>

#include "submission/rows.hpp"

namespace onetrip::submission::test {

namespace {

constexpr std::string_view visit = R"({"slug": "visit", "children": [
    {"slug": "patient", "children": [
        {"slug": "age", "answerType": "number", "tag": "age"},
        {"slug": "born", "answerType": "date"}]},
    {"slug": "visits", "children": [{"slug": "on", "answerType": "date"},
        {"slug": "pains", "answerType": "text", "answerEnum": [{"value": "head"}, {"value": "back"}]}]},
    {"slug": "ok", "answerType": "boolean", "children": [{"slug": "why", "answerType": "text"}]}]})";

/// The statuses of rows, in their order.
std::string statuses(const std::vector<Row>& rows) {
    std::string names;
    for (const Row& row : rows) {
        names += (names.empty() ? "" : " ") + row.status;
    }
    return names;
}

}  // namespace

TEST_CASE("known questions with scalar answers") {
    const auto rows =
        flatten(R"({"patient": {"age": 27.50, "born": "1999-12-31"}, "ok": true})", visit, 0);
    CHECK(rows ==
          std::vector<Row>{
              {1, "ok", Keys{"ok"}, {}, "true", "boolean", "", "ok"},
              {2, "patient.age", Keys{"patient", "age"}, {}, "27.50", "number", "age", "ok"},
              {3, "patient.born", Keys{"patient", "born"}, {}, "1999-12-31", "date", "", "ok"}});
}

TEST_CASE("repeated groups and multi-selects") {
    const auto rows = flatten(
        R"({"visits": [{"pains": ["head", "toe"], "on": "2026-02-30"}, {}, {"pains": "back"}]})",
        visit, 0);
    CHECK(rows ==
          std::vector<Row>{
              {1,
               "visits.on",
               Keys{"visits", "0", "on"},
               {0},
               "2026-02-30",
               "date",
               "",
               "wrong_type"},
              {2,
               "visits.pains",
               Keys{"visits", "0", "pains", "0"},
               {0, 0},
               "head",
               "text",
               "",
               "ok"},
              {3,
               "visits.pains",
               Keys{"visits", "0", "pains", "1"},
               {0, 1},
               "toe",
               "text",
               "",
               "not_in_choices"},
              {4, "visits.pains", Keys{"visits", "2", "pains"}, {2}, "back", "text", "", "ok"}});
}

TEST_CASE("what is not as the form says") {
    const auto rows = flatten(
        R"({"patient": {"age": null, "born": {"y": 1}, "x": {"y.z": [1, [null]]}}, "visits": [1, [2]],
            "ok": [false, {"why": 1}, [true]]})",
        visit);
    CHECK(
        rows ==
        std::vector<Row>{
            {1, "ok", Keys{"ok", "0"}, {0}, "false", "boolean", "", "ok"},
            {2, "ok.why", Keys{"ok", "1", "why"}, {1}, "1", "text", "", "ok"},
            {3, "ok", Keys{"ok", "2"}, {2}, "array", "boolean", "", "structure"},
            {4, "visits", Keys{"visits", "0"}, {0}, "1", "", "", "structure"},
            {5, "visits", Keys{"visits", "1"}, {1}, "array", "", "", "structure"},
            {6, "patient.age", Keys{"patient", "age"}, {}, std::nullopt, "number", "age", "null"},
            {7, "patient.x.\"y.z\"", Keys{"patient", "x", "y.z", "0"}, {0}, "1", "", "", "unknown"},
            {8,
             "patient.x.\"y.z\"",
             Keys{"patient", "x", "y.z", "1", "0"},
             {1, 0},
             std::nullopt,
             "",
             "",
             "unknown"},
            {9, "patient.born", Keys{"patient", "born"}, {}, "object", "date", "", "structure"}});
}

TEST_CASE("an empty array is an answer") {
    const auto rows = flatten(
        R"({"patient": [], "visits": [{"pains": []}], "ok": [[]], "x": [], "born": {}})", visit);
    CHECK(rows == std::vector<Row>{
                      {1, "ok", Keys{"ok", "0"}, {0}, "array", "boolean", "", "structure"},
                      {2,
                       "visits.pains",
                       Keys{"visits", "0", "pains"},
                       {0},
                       std::nullopt,
                       "text",
                       "",
                       "null"},
                      {3, "patient", Keys{"patient"}, {}, std::nullopt, "", "", "null"},
                      {4, "visits.on", std::nullopt, {0}, std::nullopt, "date", "", "missing"}});
    CHECK(flatten(R"({"patient": [], "visits": [{"pains": []}]})", visit, 0).empty());
}

namespace {

/// The missing rows as "path" and "path{1,2}".
std::string missing_of(std::string_view responses, std::string_view form) {
    std::string found;
    for (const Row& row : flatten(responses, form, bit_of(Status::missing))) {
        if (row.status != "missing") {
            continue;
        }
        CHECK_FALSE(row.keys);
        CHECK_FALSE(row.value);
        found += (found.empty() ? "" : " ") + row.path;
        for (std::size_t at = 0; at < row.idx.size(); ++at) {
            found += (at == 0 ? "{" : ",") + std::to_string(row.idx[at]);
        }
        found += row.idx.empty() ? "" : "}";
    }
    return found;
}

}  // namespace

TEST_CASE("an answer is missing in each repetition of its group") {
    CHECK(missing_of(R"({"visits": [{"on": "2026-01-01"}, {}, 1, {"pains": null}]})", visit) ==
          "patient.age patient.born visits.on{1} visits.on{3} visits.pains{0} visits.pains{1} ok "
          "ok.why");
    CHECK(missing_of(R"({"patient": [{"age": 1}, {"born": 1}], "visits": []})", visit) ==
          "patient.age{1} patient.born{0} ok ok.why");
    CHECK(missing_of(R"({"patient": 1, "visits": null, "ok": [{"why": 1}, {}]})", visit) ==
          "patient.age patient.born visits.on visits.pains ok ok.why{1}");
    CHECK(missing_of("[]", visit) == "patient.age patient.born visits.on visits.pains ok ok.why");
}

TEST_CASE("repetitions in repetitions") {
    constexpr std::string_view form = R"({"children": [{"slug": "a", "children": [
        {"slug": "b", "children": [{"slug": "c", "children": [
            {"slug": "q", "answerType": "text"}, {"slug": "r", "answerType": "text"}]}]},
        {"slug": "p", "answerType": "text"}]}]})";
    CHECK(
        missing_of(
            R"({"a": [{}, {"b": [{}, {"c": {"q": 1}}, {"c": [{"r": 1}, [], {}]}]}, {"b": 1, "p": 1},
                               {"b": {"c": []}}]})",
            form) ==
        "a.b.c.q{0} a.b.c.q{1,0} a.b.c.q{1,2,0} a.b.c.q{1,2,2} a.b.c.q{2} "
        "a.b.c.r{0} a.b.c.r{1,0} a.b.c.r{1,1} a.b.c.r{1,2,2} a.b.c.r{2} a.p{0} a.p{1} a.p{3}");
    CHECK(missing_of(R"({"a": {"b": {"c": {}}}})", form) == "a.b.c.q a.b.c.r a.p");
    // A path that occurs twice has its place in the tree by the last.
    CHECK(missing_of(R"({"s": [{}, {"y": 1}]})", R"({"children": [
        {"slug": "s", "children": [{"slug": "x", "answerType": "text"}, {"slug": "y", "answerType": "text"}]},
        {"slug": "t", "answerType": "text"},
        {"slug": "s", "children": [{"slug": "x", "answerType": "date"}]}]})") ==
          "s.y{0} t s.x{0} s.x{1}");
    // A section that a question replaces has no repetition.
    CHECK(missing_of(R"({"s": [{"x": 1}]})", R"({"children": [
        {"slug": "s", "children": [{"slug": "x", "answerType": "text"}]}, {"slug": "s", "answerType": "text"}]})") ==
          "s.x");
}

TEST_CASE("missing answers cost what they are") {
    // A question under each of many levels; a document with repetitions at the first of them.
    constexpr int depth = 20000;
    std::string form = R"({"children": [)";
    for (int level = 0; level < depth; ++level) {
        form += R"({"slug": "a", "children": [)";
    }
    form += R"({"slug": "q", "answerType": "text"})";
    for (int level = 0; level < depth; ++level) {
        form += "]}";
    }
    form += "]}";
    std::string responses = R"({"a": [{})";
    for (int n = 1; n < depth; ++n) {
        responses += ", {}";
    }
    responses += "]}";
    const auto form_bytes = jsonb::parse_json(form);
    const auto bytes = jsonb::parse_json(responses);
    const Form compiled(jsonb::Value::root(form_bytes));
    SubmissionWalk walk(never_interrupted);
    walk.begin(compiled, jsonb::Value::root(bytes), all_statuses);
    int rows = 0;
    while (const EventRow* const row = walk.next()) {
        REQUIRE(row->status == Status::missing);
        REQUIRE(walk.trail().indexes().size() == 1);
        REQUIRE(walk.trail().indexes()[0] == rows);
        ++rows;
    }
    CHECK(rows == depth);
}

TEST_CASE("ord does not depend on what is included") {
    constexpr std::string_view responses =
        R"({"patient": {"age": null, "born": 1, "x": 1}, "ok": 5})";
    const auto all = flatten(responses, visit);
    CHECK(statuses(all) == "wrong_type unknown null wrong_type missing missing missing");
    for (unsigned included = 0; included <= all_statuses; ++included) {
        std::vector<Row> expected;
        for (const Row& row : all) {
            for (unsigned status = 0; status < status_count; ++status) {
                if (row.status == name_of(static_cast<Status>(status)) &&
                    ((included | always_returned) >> status & 1) != 0) {
                    expected.push_back(row);
                }
            }
        }
        REQUIRE(flatten(responses, visit, static_cast<Statuses>(included)) == expected);
    }
}

TEST_CASE("responses that are no object are one row") {
    for (const char* responses : {"1", "\"x\"", "null", "[]", "[{\"ok\": true}]"}) {
        const auto rows = flatten(responses, visit, bit_of(Status::structure));
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].status == "structure");
        CHECK(rows[0].path.empty());
        CHECK(rows[0].keys == Keys{});
        CHECK(flatten(responses, visit, 0).empty());
    }
    CHECK(flatten("{}", visit, bit_of(Status::structure)).empty());
}

TEST_CASE("a walk can be left and begun again with another form") {
    const auto bytes = jsonb::parse_json(R"({"a": [[{"b": 1}]], "c": {"d": [1, 2]}})");
    const auto other_bytes = jsonb::parse_json(R"({"z": 1})");
    const auto visit_bytes = jsonb::parse_json(visit);
    const Form empty(jsonb::Value{});
    const Form form(jsonb::Value::root(visit_bytes));
    SubmissionWalk walk(never_interrupted);
    for (int left_after = 0; left_after < 4; ++left_after) {
        walk.begin(empty, jsonb::Value::root(bytes), all_statuses);
        for (int n = 0; n < left_after; ++n) {
            walk.next();
        }
        walk.begin(form, jsonb::Value::root(other_bytes), all_statuses);
        const auto rows = rest_of(form, walk);
        CHECK(statuses(rows) == "unknown missing missing missing missing missing missing");
        CHECK(rows[0] == Row{1, "z", Keys{"z"}, {}, "1", "", "", "unknown"});
        CHECK(walk.next() == nullptr);
    }
}

TEST_CASE("any depth of a document") {
    constexpr std::size_t depth = 50000;
    std::string text;
    for (std::size_t level = 0; level < depth; ++level) {
        text += level % 2 == 0 ? "{\"a\":" : "[";
    }
    text += "1";
    for (std::size_t level = depth; level-- > 0;) {
        text += level % 2 == 0 ? "}" : "]";
    }
    const auto rows = flatten(text, "{}");
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].keys->size() == depth);
    CHECK(rows[0].idx.size() == depth / 2);
    CHECK(rows[0].path.size() == depth - 1);
}

namespace {

struct Stop {};
int calls_left = 0;

void stop_soon() {
    if (calls_left-- == 0) {
        throw Stop();
    }
}

/// A document of which no row is returned: one wide object, wide arrays, many nested objects.
std::string silent_document(int shape) {
    std::string text = shape == 0 ? "{" : "{\"a\": [";
    for (int n = 0; n < 100000; ++n) {
        text += n == 0 ? "" : ",";
        text += shape == 0 ? '"' + std::to_string(n) + "\": 1" : shape == 1 ? "1" : "{\"b\": [1]}";
    }
    return text + (shape == 0 ? "}" : "]}");
}

}  // namespace

TEST_CASE("a walk that returns nothing can be interrupted soon") {
    const Form form(jsonb::Value{});
    for (int shape = 0; shape < 3; ++shape) {
        const auto bytes = jsonb::parse_json(silent_document(shape));
        SubmissionWalk walk(stop_soon);
        calls_left = 100;
        walk.begin(form, jsonb::Value::root(bytes), 0);
        CHECK_THROWS_AS(walk.next(), Stop);
        calls_left = 1000000;
        walk.begin(form, jsonb::Value::root(bytes), 0);
        CHECK(walk.next() == nullptr);
        // Once in at most 1,000 of the values.
        CHECK(1000000 - calls_left >= 100);
    }
}

}  // namespace onetrip::submission::test
