// Any bytes under any layout: what decodes is encoded to the same bytes again, and a section has
// faults exactly where it does not decode.

#include "halves.hpp"
#include "sections.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip::fuzz;
    const Halves halves = halves_of(data, size);
    if (const auto layout = compiled_of(as_text(halves.first.span()))) {
        check_section(layout->plan, halves.second.span());
    }
    return 0;
}
