// Any JSON row under any layout: it is refused with a field's name, or each of its sections is
// sound, and decodes to a row that makes the same section.

#include "halves.hpp"
#include "layouts.hpp"
#include "section/decoder.hpp"
#include "section/rows.hpp"

namespace onetrip::fuzz {

namespace {

using section::Plan;
using section::Splitting;
using section::test::Bytes;
using section::test::Row;
using section::test::to_hex;

/// The sections in hexadecimal digits; none where the row is refused.
std::vector<std::string> sections_of(const Plan& plan, const Row& row, Splitting splitting) {
    try {
        const auto sections = encode(plan, row, splitting);
        expect(!sections.empty(), "a row makes a section");
        return sections;
    } catch (const FieldError& error) {
        expect(error.message().find("field \"" + error.field() + '"') != std::string::npos &&
                   error.message().find("layout \"" + plan.name + '"') != std::string::npos,
               "an error names field and layout", error.message());
        expect(!error.detail().empty(), "an error has a detail", error.message());
        return {};
    }
}

void come_back(const Plan& plan, section::Decoder& decoder, const std::string& hex) {
    const Bytes section = section::test::from_hex(hex);
    expect(section.size() <= plan.max_bytes, "no section is larger than max", hex);
    const auto& faults = decoder.check(section);
    if (!faults.empty()) {
        fail("what was encoded is sound",
             faults.front().field->name + ": " + faults.front().problem + " in " + hex);
    }
    const std::string json = section::test::json_row(decoder, section);
    const auto again = sections_of(plan, Row::of_json(json), Splitting::refused);
    expect(again.size() == 1 && again.front() == hex, "a section comes back", json);
}

void check(const Plan& plan, std::string_view json) {
    const Row row = Row::of_json(json);
    const auto sections = sections_of(plan, row, Splitting::allowed);
    const auto alone = sections_of(plan, row, Splitting::refused);
    expect(sections.size() == 1 ? alone == sections : alone.empty(),
           "a row of one section needs no split, and others are refused");
    section::Decoder decoder(plan);
    for (const std::string& section : sections) {
        come_back(plan, decoder, section);
    }
}

}  // namespace

}  // namespace onetrip::fuzz

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
        check(layout->plan, json);
    }
    return 0;
}
