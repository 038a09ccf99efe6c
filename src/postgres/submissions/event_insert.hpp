#pragma once

#include "postgres/submissions/load_state.hpp"

namespace onetrip::postgres {

/// Makes the source from which insert_directly takes its rows, in the current memory. May ERROR.
LoadedEvents* make_loaded_events();

/// Inserts the rows of the stage of the selected submissions without a statement, if they come into
/// the table as the statement would bring them; else it does nothing and returns false. May ERROR.
bool insert_directly(LoadState& state, const Table& table);

}  // namespace onetrip::postgres
