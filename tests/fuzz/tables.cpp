// Random tables: an input is decisions, of which a layout with every construct and a row for it are
// made. What is accepted encodes to sections that are sound and come back; the sections are then
// changed, and what still decodes comes back too.

#include "base/bits.hpp"
#include "random_layouts.hpp"
#include "random_rows.hpp"
#include "sections.hpp"
#include "transport/crc32_mpeg2.hpp"

namespace onetrip::fuzz {

namespace {

/// Bits turned, bytes cut off, put in or set to their limits; a CRC_32 at the end is made good, so
/// that what is before it is looked at.
Bytes changed(Bytes section, bool has_checksum, Choices& choices) {
    for (std::uint64_t changes = 1 + choices.below(4); changes > 0; --changes) {
        const std::size_t at = choices.below(section.size() + 1);
        const auto place = section.begin() + static_cast<std::ptrdiff_t>(at);
        if (place == section.end()) {
            section.push_back(static_cast<std::uint8_t>(choices.word(1)));
            continue;
        }
        switch (choices.below(6)) {
            case 0:
                *place = static_cast<std::uint8_t>(*place ^ 1U << choices.below(8));
                break;
            case 1:
                *place = choices.below(2) == 0 ? 0xFF : 0;
                break;
            case 2:
                *place = static_cast<std::uint8_t>(*place + (choices.below(2) == 0 ? 1 : -1));
                break;
            case 3:
                section.erase(place);
                break;
            case 4:
                section.insert(place, static_cast<std::uint8_t>(choices.word(1)));
                break;
            default:
                section.resize(at);
        }
    }
    if (has_checksum && section.size() > 4) {
        const std::size_t end = section.size() - 4;
        store_big_endian(section.data() + end, 4, transport::crc32_mpeg2({section.data(), end}));
    }
    return section;
}

void check_row_and_bytes(const Compiled& compiled, Choices& choices) {
    const bool has_checksum = [&] {
        const section::Element& last = compiled.layout.block.elements.back();
        const auto* const field = std::get_if<section::Field>(&last);
        return field != nullptr && field->source.kind == section::Source::Kind::checksum;
    }();
    const std::string json = RowMaker(compiled.layout, choices).make();
    show(json);
    const auto sections = check_row(compiled.plan, json);
    for (std::size_t i = 0; i < sections.size() && i < 3; ++i) {
        const Bytes section = section::test::from_hex(sections[i]);
        check_section(compiled.plan, section);
        check_section(compiled.plan, changed(section, has_checksum, choices));
    }
}

}  // namespace

}  // namespace onetrip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip::fuzz;
    Choices choices({data, size});
    const std::string text = LayoutMaker(choices).make();
    show(text);
    if (const auto compiled = compiled_of(text)) {
        check_row_and_bytes(*compiled, choices);
    }
    return 0;
}
