#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "jsonb/jsonb.hpp"

namespace onetrip::submission {

/// How the documents of a form are read.
enum class Reading : std::uint8_t {
    keys,   ///< by the names of their members
    items,  ///< as QuestionnaireResponses of FHIR
};

/// The words of a form's root about the whole (forms.md, chapter 1). The further words count only
/// in a form whose root names its reading.
struct FormWords {
    bool are_known = false;
    Reading reading = Reading::keys;
    bool empty_is_null = false;

    /// Reading items, for form_views: an event's idx has one index for each node on its way, so
    /// that each place in it is that of one node. See ItemsWalk.
    bool has_full_idx = false;
};

/// The further words of a node. One of the wrong JSON type, or with an unknown value, is as if it
/// was not there. The views point into the form.
struct NodeWords {
    bool is_metadata = false;
    bool is_inline = false;
    bool is_spaced = false;
    bool has_open_choices = false;
    bool takes_partial_dates = false;
    bool repeats = false;
    bool is_required = false;
    std::optional<std::string_view> key;
    std::optional<std::string_view> problem;
    std::optional<jsonb::Value> relevant;
    std::optional<jsonb::Value> value_types;  ///< an array
};

FormWords form_words_of(jsonb::Value form);
NodeWords node_words_of(jsonb::Object node);

}  // namespace onetrip::submission
