#pragma once

#include <string>
#include <string_view>

#include "jsonb/json_parser.hpp"
#include "jsonb/json_printer.hpp"
#include "submission/dialects/dialects.hpp"

namespace onetrip::submission::dialects::test {

inline std::string printed(jsonb::Value value) {
    jsonb::JsonPrinter printer(value);
    std::string text;
    for (auto piece = printer.next(); !piece.empty(); piece = printer.next()) {
        text += piece;
    }
    return text;
}

/// JSON text as jsonb prints it.
inline std::string normal(std::string_view json) {
    const auto bytes = jsonb::parse_json(json);
    return printed(jsonb::Value::root(bytes));
}

/// The text of a form's tree.
inline std::string tree_text(std::string_view form, Dialect dialect) {
    const auto bytes = jsonb::parse_json(form);
    const auto tree = tree_of(jsonb::Value::root(bytes), dialect);
    return printed(jsonb::Value::root(tree ? *tree : bytes));
}

/// The text of the children of a form's tree.
inline std::string children_text(std::string_view form, Dialect dialect) {
    const auto bytes = jsonb::parse_json(form);
    const auto tree = tree_of(jsonb::Value::root(bytes), dialect);
    return printed(jsonb::Value::root(*tree).object().find("children").value());
}

inline std::string repeated(std::string_view text, int times) {
    std::string result;
    for (; times > 0; --times) {
        result += text;
    }
    return result;
}

}  // namespace onetrip::submission::dialects::test
