#pragma once

#include "base/utf8.hpp"

namespace onetrip::postgres {

/// Which UTF-8 texts the database's encoding holds, and gives back as they were; nullptr, all of
/// them, in a UTF-8 database. Throws ServerError.
HoldsText texts_of_database();

}  // namespace onetrip::postgres
