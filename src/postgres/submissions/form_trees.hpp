#pragma once

#include <string_view>

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// The tree of a form of another system, as form_from makes it; the form itself if that is one. An
/// unknown dialect is an ERROR.
const varlena* tree_of_form(const varlena* form, const text* dialect);

bool is_dialect(std::string_view word);

/// The words for dialects as a literal of text[], palloc'ed: `{kobo,xlsform,…}`.
const char* list_dialects();

}  // namespace onetrip::postgres
