// The binary form of a layout, as section_layout_recv reads it: a version byte and a text without
// zero bytes. What is let in can be compiled and asked for all that SQL functions ask of it.

#include "layouts.hpp"
#include "section/decoder.hpp"
#include "section/rows.hpp"

namespace onetrip::fuzz {

namespace {

using section::Plan;

constexpr std::uint8_t version = 1;  // StoredLayout::current_version

/// Of a table the fields are the keys of its rows, lists and objects among them.
void describe_fields(const Plan& plan) {
    for (const section::Field& field : plan.fields) {
        expect(plan.table || !print_type(field).empty(), "a field has a type");
        const bool is_checksum = field.source.kind == section::Source::Kind::checksum;
        expect(print_source(field.source).empty() == is_checksum,
               "a field has a source unless it is a checksum");
    }
    for (const section::Slot& slot : plan.slots) {
        expect(slot.field < plan.fields.size(), "a slot has a field");
    }
}

/// Rows without any value, absent and NULL, are refused or encoded, never anything else.
void encode_nothing(const Plan& plan, section::Value::Kind kind) {
    section::Value nothing;
    nothing.kind = kind;
    const std::vector<section::Value> row(plan.slots.size(), nothing);
    section::Encoder encoder(plan);
    section::test::CollectingSink sink;
    try {
        encoder.encode(row, sink, section::Splitting::allowed);
    } catch (const FieldError& error) {
        expect(!error.field().empty(), "an error names its field", error.message());
        return;
    }
    section::Decoder decoder(plan);
    for (const auto& section : sink.sections) {
        expect(decoder.check(section).empty(), "what was encoded is sound");
    }
}

void check_zeroes(const Plan& plan) {
    section::Decoder decoder(plan);
    expect((plan.header.bits & ~plan.header.mask) == 0, "header bits are masked");
    const std::vector<std::uint8_t> zeroes(plan.max_bytes);
    const std::size_t needed = plan.root.end.bytes();
    for (const std::size_t size : {std::size_t{0}, needed, zeroes.size()}) {
        decoder.check(std::span(zeroes).first(size));
        decoder.dissect(std::span(zeroes).first(size));
    }
}

}  // namespace

}  // namespace onetrip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip::fuzz;
    if (size == 0 || data[0] != version) {
        return 0;
    }
    const std::string_view text = as_text({data + 1, size - 1});
    if (text.find('\0') != std::string_view::npos) {
        return 0;
    }
    if (const auto layout = compiled_of(text)) {
        describe_fields(layout->plan);
        encode_nothing(layout->plan, onetrip::section::Value::Kind::null);
        encode_nothing(layout->plan, onetrip::section::Value::Kind::absent);
        check_zeroes(layout->plan);
    }
    return 0;
}
