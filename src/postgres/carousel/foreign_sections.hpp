#pragma once

#include <string_view>

#include "postgres/server/server.hpp"
#include "section/plan.hpp"

namespace onetrip::postgres {

/// ERRORs unless the bytes, which another server has sent, are sections of the layout as far as the
/// bytes themselves say: whole, no larger than its own, with its table_id and flags, and with the
/// CRC_32 that it ends with. A layout without section_length or with tables says less.
void require_sections(std::string_view bytes, const section::Plan& plan);

}  // namespace onetrip::postgres
