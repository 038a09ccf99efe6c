// How C++ that runs long asks the server whether to end. Knows nothing of what runs.

#include "postgres/server/interrupts.hpp"

#include "postgres/server/walls.hpp"

namespace onetrip::postgres {

void check_for_interrupts() {
    if (INTERRUPTS_PENDING_CONDITION()) {
        call_server([] { CHECK_FOR_INTERRUPTS(); });
    }
}

}  // namespace onetrip::postgres
