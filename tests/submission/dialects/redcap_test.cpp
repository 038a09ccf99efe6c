#include <catch2/catch.hpp>

#include "trees.hpp"

namespace onetrip::submission::dialects::test {

TEST_CASE("a checkbox of REDCap is a question for each code") {
    const std::string tree = tree_text(R"([{"field_name": "race", "field_type": "checkbox",
        "form_name": "base", "select_choices_or_calculations": "1, A | -É, B, or so ||x"}])",
                                       Dialect::redcap);
    const std::string boxes = R"("answerType": "text", "answerEnum": [
        {"value": "1", "label": "Checked"}, {"value": "0", "label": "Unchecked"}]})";
    const auto box = [&](std::string_view slug, std::string_view label) {
        return normal(R"({"slug": "race___)" + std::string(slug) + R"(", "label": ")" +
                      std::string(label) + R"(", "nodeType": "question", )" + boxes);
    };
    CHECK(tree.find(box("1", "A")) != std::string::npos);
    CHECK(tree.find(box("__", "B, or so")) != std::string::npos);
    CHECK(tree.find(box("x", "")) != std::string::npos);
    CHECK(tree.find(R"("slug": "base_complete")") != std::string::npos);
    CHECK(tree.find(R"("emptyIsNull": true)") != std::string::npos);
}

TEST_CASE("a text field of REDCap has the type of its validation") {
    const auto type = [](std::string_view validation) {
        const std::string tree = tree_text(
            R"([{"field_name": "f", "field_type": "text",
                 "text_validation_type_or_show_slider_number": ")" +
                std::string(validation) + R"("}])",
            Dialect::redcap);
        const auto at = tree.find(R"("answerType": ")") + 15;
        return tree.substr(at, tree.find('"', at) - at);
    };
    CHECK(type("integer") == "integer");
    CHECK(type("number_1dp") == "number");
    CHECK(type("number_1dp_comma_decimal") == "text");
    CHECK(type("datetime_seconds_mdy") == "datetime");
    CHECK(type("date_ymd") == "date");
    CHECK(type("time_hh_mm_ss") == "time");
    CHECK(type("time_mm_ss") == "text");
    CHECK(type("email") == "text");
}

}  // namespace onetrip::submission::dialects::test
