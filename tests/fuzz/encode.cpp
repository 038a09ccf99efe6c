// Any JSON row under any layout: it is refused with a field's name, or each of its sections is
// sound, and decodes to a row that makes the same section.

#include "halves.hpp"
#include "sections.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip::fuzz;
    const Halves halves = halves_of(data, size);
    const auto layout = compiled_of(as_text(halves.first.span()));
    if (!layout) {
        return 0;
    }
    const std::string_view json = as_text(halves.second.span());
    const auto document = parsed(json);
    using onetrip::jsonb::Value;
    if (document && Value::root(*document).kind() == onetrip::jsonb::Kind::object) {
        check_row(layout->plan, json);
    }
    return 0;
}
