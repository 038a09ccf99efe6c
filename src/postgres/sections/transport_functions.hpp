#pragma once

#include "postgres/server/server.hpp"

namespace onetrip::postgres {

/// A PID that carries sections. ERRORs if the number is not one.
std::uint16_t pid_of(int32 pid);

}  // namespace onetrip::postgres
