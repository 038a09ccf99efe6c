#pragma once

#include "postgres/server/walls.hpp"

namespace onetrip::postgres {

/// An error of try_encode_message as message_problem returns it: an array of texts, the field and
/// the problem first. May ERROR.
Datum problem_to_array(const CaughtError& error);

/// The error of such an array. May ERROR.
CaughtError problem_from_array(Datum array);

}  // namespace onetrip::postgres
