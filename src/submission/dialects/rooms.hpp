#pragma once

#include "jsonb/jsonb.hpp"
#include "submission/dialects/form_tree.hpp"

/// The translators, a file each. A form that comes here looks like one of its dialect (dialect_of),
/// and may hold anything all the same.
namespace onetrip::submission::dialects {

/// An XLSForm as JSON. In Kobo's answers the keys are full paths.
void translate_xlsform(jsonb::Value value, bool is_kobo, FormTree& tree);

void translate_odk(jsonb::Value form, FormTree& tree);
void translate_fhir(jsonb::Value value, FormTree& tree);
void translate_formio(jsonb::Value value, FormTree& tree);
void translate_surveyjs(jsonb::Value value, FormTree& tree);
void translate_json_schema(jsonb::Value form, FormTree& tree);
void translate_redcap(jsonb::Value form, FormTree& tree);

}  // namespace onetrip::submission::dialects
