// Lets long C++ work ask the server whether to end. Knows nothing of that work.

#include "postgres/server/interrupts.hpp"

#include "postgres/server/walls.hpp"

namespace onetrip::postgres {

void check_for_interrupts() {
    if (INTERRUPTS_PENDING_CONDITION()) {
        call_server([] { CHECK_FOR_INTERRUPTS(); });
    }
}

}  // namespace onetrip::postgres
