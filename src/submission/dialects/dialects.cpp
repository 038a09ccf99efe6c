// Which dialect a form looks like, and the way to its translator. Knows no dialect's questions.

#include "submission/dialects/dialects.hpp"

#include <array>

#include "submission/dialects/members.hpp"
#include "submission/dialects/rooms.hpp"

namespace onetrip::submission::dialects {

namespace {

/// The first object of an array; one without members if none exists.
Object first_object(Value value) {
    if (value.kind() == Kind::array) {
        for (const Value element : value.array()) {
            if (element.kind() == Kind::object) {
                return element.object();
            }
        }
    }
    return {};
}

bool has_array(Object object, std::string_view key) {
    return array(object, key).has_value();
}

bool looks_like(Value value, Dialect dialect) {
    const Object form = object_of(value);
    switch (dialect) {
        case Dialect::kobo:
        case Dialect::xlsform:
            return has_array(object(form, "content"), "survey") || has_array(form, "survey");
        case Dialect::odk:
            return text(first_object(value), "path") && text(first_object(value), "type");
        case Dialect::fhir:
            return has_text(form, "resourceType", "Questionnaire");
        case Dialect::formio:
            return has_array(form, "components");
        case Dialect::surveyjs:
            return has_array(form, "pages") || has_array(form, "elements");
        case Dialect::jsonschema: {
            const std::optional<Value> properties = member(form, "properties");
            return (properties && properties->kind() == Kind::object) || text(form, "$schema") ||
                   text(form, "$ref");
        }
        case Dialect::redcap:
            return text(first_object(value), "field_name") &&
                   text(first_object(value), "field_type");
        case Dialect::onetrip:
            return has_array(form, "children");
    }
    return false;
}

void translate(Value form, Dialect dialect, FormTree& tree) {
    switch (dialect) {
        case Dialect::kobo:
        case Dialect::xlsform:
            return xlsform::translate(form, dialect == Dialect::kobo, tree);
        case Dialect::odk:
            return odk::translate(form, tree);
        case Dialect::fhir:
            return fhir::translate(form, tree);
        case Dialect::formio:
            return formio::translate(form, tree);
        case Dialect::surveyjs:
            return surveyjs::translate(form, tree);
        case Dialect::jsonschema:
            return json_schema::translate(form, tree);
        case Dialect::redcap:
            return redcap::translate(form, tree);
        case Dialect::onetrip:
            return;
    }
}

}  // namespace

std::string_view name_of(Dialect dialect) {
    constexpr std::array<std::string_view, 9> names = {
        "kobo", "xlsform", "odk", "fhir", "formio", "surveyjs", "jsonschema", "redcap", "onetrip"};
    return names[static_cast<std::size_t>(dialect)];
}

std::optional<Dialect> dialect_of(Value form) {
    for (const Dialect dialect :
         {Dialect::fhir, Dialect::kobo, Dialect::formio, Dialect::surveyjs, Dialect::onetrip,
          Dialect::jsonschema, Dialect::redcap, Dialect::odk}) {
        if (looks_like(form, dialect)) {
            return dialect;
        }
    }
    return std::nullopt;
}

std::optional<std::vector<std::uint8_t>> tree_of(Value form, Dialect dialect, Interrupt interrupt) {
    const bool is_form = looks_like(form, dialect);
    if (is_form && dialect == Dialect::onetrip) {
        return std::nullopt;
    }
    FormTree tree(interrupt);
    if (is_form) {
        translate(form, dialect, tree);
    }
    return tree.to_jsonb();
}

}  // namespace onetrip::submission::dialects
