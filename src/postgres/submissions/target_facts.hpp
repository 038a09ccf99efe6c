#pragma once

#include <string_view>

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// The columns of a submission's form and user that the written tables have and demand. Plain data,
/// palloc'ed.
struct TargetFacts {
    bool demands_user_id;
    bool user_must_exist;           ///< user_id of the events is of a foreign key
    bool problems_user_must_exist;  ///< that of the problems is
    bool demands_full_name;
    const char* columns;  ///< those of form and user that are written, of both tables, by name
    bool writes_form_id;
    bool writes_form_name;
    bool writes_user_id;
    bool writes_full_name;
    bool writes_created;
};

/// Fills in from `columns` what is written.
void note_written(TargetFacts& facts);

/// The facts as text, for functions that another node runs.
const char* text_of(const TargetFacts& facts);
TargetFacts facts_of(std::string_view text);

}  // namespace onetrip::postgres
