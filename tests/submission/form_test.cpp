#include "submission/form.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "jsonb/json_parser.hpp"
#include "submission/form_questions.hpp"

namespace onetrip::submission::test {

namespace {

Form compile(std::string_view text) {
    const auto bytes = jsonb::parse_json(text);
    return Form(jsonb::Value::root(bytes));  // the bytes are gone then
}

/// "path type problem", a line each.
std::string questions_of(std::string_view text) {
    const auto bytes = jsonb::parse_json(text);
    FormQuestions questions(jsonb::Value::root(bytes), never_interrupted);
    FormQuestion question;
    std::string lines;
    while (questions.next(question)) {
        lines += question.path.value_or("-") + ' ';
        lines += question.is_question ? name_of(question.traits.type) : "-";
        lines += question.problem.empty() ? "\n" : " (" + question.problem + ")\n";
    }
    return lines;
}

}  // namespace

TEST_CASE("a form is found by its paths") {
    const Form form = compile(R"({"slug": "root", "children": [
        {"slug": "s", "nodeType": "section", "children": [
            {"slug": "a", "answerType": "number", "tag": "t"},
            {"slug": "b", "answerType": "text", "answerEnum": [{"value": 2}, {"value": "1"}]}]},
        {"slug": "a", "answerType": "date"}]})");
    const FormNode* const section = form.find(form.root(), "s");
    REQUIRE(section);
    CHECK(section->is_group);
    CHECK_FALSE(section->is_question);
    const FormNode* const number = form.find(*section, "a");
    REQUIRE(number);
    CHECK(number->is_question);
    CHECK_FALSE(number->is_group);
    CHECK(number->type == AnswerType::number);
    CHECK(form.tag_of(*number) == "t");
    CHECK(form.allows(*number, "anything"));
    CHECK(form.path_of(*number) == "s.a");
    const FormNode* const choice = form.find(*section, "b");
    REQUIRE(choice);
    CHECK(form.allows(*choice, "1"));
    CHECK(form.allows(*choice, "2"));
    CHECK_FALSE(form.allows(*choice, "3"));
    REQUIRE(form.find(form.root(), "a"));
    CHECK(form.find(form.root(), "a")->type == AnswerType::date);
    CHECK(form.find(form.root(), "b") == nullptr);
    CHECK(form.find(form.root(), "root") == nullptr);
    CHECK(form.find(form.root(), "") == nullptr);
    CHECK(form.find(*number, "a") == nullptr);
    CHECK(form.questions().size() == 3);
}

TEST_CASE("the last node of a path counts, with nothing of the ones before") {
    const Form form = compile(R"({"children": [
        {"slug": "q", "answerType": "number", "tag": "t", "answerEnum": [], "children": []},
        {"slug": "x", "answerType": "text"},
        {"slug": "q", "answerType": "text"}]})");
    const FormNode* const node = form.find(form.root(), "q");
    REQUIRE(node);
    CHECK(node->type == AnswerType::text);
    CHECK_FALSE(form.tag_of(*node));
    CHECK(form.allows(*node, "anything"));
    CHECK_FALSE(node->is_group);
    REQUIRE(form.questions().size() == 2);
    CHECK(form.slug_of(form.nodes()[form.questions()[0]]) == "x");
    CHECK(form.slug_of(form.nodes()[form.questions()[1]]) == "q");
}

TEST_CASE("a form takes a hundred bytes a question, so that a load can keep ten thousand") {
    std::string text = R"({"children": [)";
    for (int n = 0; n < 50; ++n) {
        text += n == 0 ? "" : ",";
        text +=
            R"({"answerType": "text", "label": "Of a question nothing but this is long", "slug": "question_)" +
            std::to_string(n) + "\"}";
    }
    CHECK(compile(text + "]}").size() < 50 * 100);
}

TEST_CASE("a form of many nodes, and slugs of every length") {
    std::string text = R"({"children": [)";
    for (int n = 0; n < 20000; ++n) {
        text += n == 0 ? "" : ",";
        text += R"({"answerType": "text", "slug": ")" + std::string(n % 40, 'x') +
                std::to_string(n) + "\"}";
    }
    const Form form = compile(text + "]}");
    CHECK(form.nodes().size() == 20001);
    for (int n = 0; n < 20000; ++n) {
        const std::string slug = std::string(n % 40, 'x') + std::to_string(n);
        const FormNode* const node = form.find(form.root(), slug);
        REQUIRE(node);
        REQUIRE(form.slug_of(*node) == slug);
        REQUIRE(form.find(form.root(), slug + "x") == nullptr);
    }
}

TEST_CASE("a form of any depth") {
    constexpr int depth = 20000;
    std::string text;
    for (int n = 0; n < depth; ++n) {
        text += R"({"slug": "a", "children": [)";
    }
    text += R"({"slug": "a", "answerType": "text"})";
    for (int n = 0; n < depth; ++n) {
        text += "]}";
    }
    const Form form = compile(text);
    REQUIRE(form.questions().size() == 1);
    CHECK(form.way_to(form.nodes()[form.questions()[0]]).size() == depth);
}

TEST_CASE("questions and what is wrong with them") {
    for (const char* form :
         {"null", "7", "\"x\"", "[]", "[{\"slug\": \"a\", \"answerType\": \"text\"}]"}) {
        CHECK(questions_of(form) == " - (form is no object)\n");
    }
    for (const char* form :
         {"{}", R"({"slug": "r", "answerType": "number"})", R"({"children": null})",
          R"({"resourceType": "Questionnaire", "item": []})"}) {
        CHECK(questions_of(form) == " - (form has no children)\n");
    }
    CHECK(questions_of(R"({"children": {}})") == " - (children is no array)\n");
    CHECK(questions_of(R"({"children": []})").empty());
    CHECK(questions_of(
              R"({"children": [{"slug": "q", "answerType": "text", "answerEnum": {"value": 1}},
        {"slug": "s", "answerEnum": "x", "children": []}, {"slug": "n", "answerType": "text", "answerEnum": null}]})") ==
          "q text (answerEnum is no array)\ns - (answerEnum is no array)\nn text\n");
    CHECK(questions_of(
              R"({"children": [{"slug": "a", "answerType": "text"}, {"slug": "a", "children": []},
        {"slug": "b", "children": [{"slug": "q", "answerType": "date"}]}, {"slug": "b", "answerType": "text"},
        {"slug": "c", "children": []}, {"slug": "c", "children": []}]})") ==
          "a text (duplicate path; section and question of one path)\n"
          "b - (section and question of one path)\nb.q date\nb text\n");
    CHECK(questions_of(R"({"children": [{"slug": "g"}, {"slug": "q", "nodeType": "question"},
        {"slug": "b", "answerType": "date", "children": [{"slug": "c", "answerType": "boolean"}]},
        {"slug": "s.t", "answerType": "number", "children": "x"}]})") ==
          "q text (unknown answerType)\nb date\nb.c boolean\n"
          "\"s.t\" number (children is no array)\n");
    CHECK(questions_of(R"({"children": [{"slug": "q", "answerType": "number"}, 5,
        {"children": [{"slug": "x", "answerType": "text", "children": [{"answerType": "text"}]}]},
        {"slug": 7, "answerType": "text"}, {"slug": "g", "children": []},
        {"slug": "q", "answerType": "colour"}, {"slug": "g", "answerType": null}]})") ==
          "q number (duplicate path)\n- - (missing slug)\n- - (missing slug)\n"
          "- text (hidden by a missing slug above)\n"
          "- text (missing slug; hidden by a missing slug above)\n"
          "- text (missing slug)\nq text (unknown answerType)\n");
}

TEST_CASE("many choices are sorted once, and can be interrupted") {
    struct Stop {};
    std::string text = R"({"children": [{"slug": "q", "answerType": "text", "answerEnum": [)";
    for (int n = 0; n < 100000; ++n) {
        text +=
            (n == 0 ? "{\"value\": " : ",{\"value\": ") + std::to_string(n * 7919 % 100000) + '}';
    }
    const auto bytes = jsonb::parse_json(text + "]}]}");
    const Form form(jsonb::Value::root(bytes));
    CHECK(form.allows(form.nodes()[1], "99999"));
    CHECK_FALSE(form.allows(form.nodes()[1], "100000"));
    static int calls;
    calls = 0;
    CHECK_THROWS_AS(Form(jsonb::Value::root(bytes),
                         [] {
                             if (++calls == 20) {
                                 throw Stop();
                             }
                         }),
                    Stop);
}

TEST_CASE("compiling can be interrupted") {
    struct Stop {};
    std::string text = R"({"children": [)";
    for (int n = 0; n < 1000; ++n) {
        text += (n == 0 ? "{\"slug\": \"" : ",{\"slug\": \"") + std::to_string(n) + "\"}";
    }
    const auto bytes = jsonb::parse_json(text + "]}");
    CHECK_THROWS_AS(Form(jsonb::Value::root(bytes), [] { throw Stop(); }), Stop);
}

}  // namespace onetrip::submission::test
