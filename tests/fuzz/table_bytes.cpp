// Any bytes under a random table: the first half of an input is decisions, of which the layout is
// made, and the second is the section. It is refused, or what it gives encodes to the same bytes.

#include "halves.hpp"
#include "random_layouts.hpp"
#include "sections.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip::fuzz;
    const Halves halves = halves_of(data, size);
    Choices choices(halves.first.span());
    const std::string text = LayoutMaker(choices).make();
    show(text);
    if (const auto compiled = compiled_of(text)) {
        check_section(compiled->plan, halves.second.span());
    }
    return 0;
}
