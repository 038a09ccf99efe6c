#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/interrupt.hpp"
#include "jsonb/jsonb.hpp"

/// The forms of other systems as onetrip's own tree: forms.md.
namespace onetrip::submission::dialects {

enum class Dialect : std::uint8_t {
    kobo,
    xlsform,
    odk,
    fhir,
    formio,
    surveyjs,
    jsonschema,
    redcap,
    onetrip,
};

std::string_view name_of(Dialect dialect);

/// The dialect that a form looks like; never xlsform, which looks like kobo.
std::optional<Dialect> dialect_of(jsonb::Value form);

/// The form's tree, as JSONB; nullopt if that is the form itself. Any JSON has one; iterative: any
/// depth. Throws nothing but bad_alloc and what `interrupt` throws.
std::optional<std::vector<std::uint8_t>> tree_of(jsonb::Value form, Dialect dialect,
                                                 Interrupt interrupt = never_interrupted);

}  // namespace onetrip::submission::dialects
