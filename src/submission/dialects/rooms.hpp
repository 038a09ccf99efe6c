#pragma once

#include "jsonb/jsonb.hpp"
#include "submission/dialects/form_tree.hpp"

/// The translators: each has a file, and a namespace for what it knows. A form that comes here
/// looks like one of its dialect (dialect_of), and may hold anything all the same.
namespace onetrip::submission::dialects {

namespace xlsform {
/// An XLSForm as JSON. The keys in Kobo's answers are full paths.
void translate(jsonb::Value value, bool is_kobo, FormTree& tree);
}  // namespace xlsform

namespace odk {
void translate(jsonb::Value form, FormTree& tree);
}
namespace fhir {
void translate(jsonb::Value value, FormTree& tree);
}
namespace formio {
void translate(jsonb::Value value, FormTree& tree);
}
namespace surveyjs {
void translate(jsonb::Value value, FormTree& tree);
}
namespace json_schema {
void translate(jsonb::Value form, FormTree& tree);
}
namespace redcap {
void translate(jsonb::Value form, FormTree& tree);
}

}  // namespace onetrip::submission::dialects
