// Any text as a layout: it is refused, or its canonical text is the same layout again.

#include "layouts.hpp"

namespace onetrip::fuzz {

namespace {

using section::Element;
using section::Field;
using section::Label;
using section::Layout;
using section::Place;
using section::Plan;
using section::Slot;
using section::Source;
using section::TlvFormat;

bool same(const Place& left, const Place& right) {
    return left.bits == right.bits && left.parts == right.parts;
}

bool same(const Source& left, const Source& right) {
    return left.kind == right.kind && left.name == right.name && left.constant == right.constant;
}

bool same(const TlvFormat& left, const TlvFormat& right) {
    return left.tag_bytes == right.tag_bytes && left.length == right.length;
}

bool same(const Field& left, const Field& right) {
    return left.name == right.name && left.width == right.width && left.type == right.type &&
           same(left.tlv, right.tlv) && left.split == right.split &&
           same(left.source, right.source);
}

bool same(const Label& left, const Label& right) {
    return left.name == right.name;
}

bool same(const Slot& left, const Slot& right) {
    return left.name == right.name && left.names_part == right.names_part &&
           left.field == right.field;
}

bool same(const Element& left, const Element& right) {
    if (left.index() != right.index()) {
        return false;
    }
    const auto* const field = std::get_if<Field>(&left);
    return field != nullptr ? same(*field, std::get<Field>(right))
                            : same(std::get<Label>(left), std::get<Label>(right));
}

bool same(const section::FieldPlace& left, const section::FieldPlace& right) {
    return same(left.begin, right.begin) && left.constant == right.constant &&
           left.measure == right.measure;
}

bool same(const section::Measure& left, const section::Measure& right) {
    return left.field == right.field && same(left.at, right.at) && same(left.from, right.from) &&
           same(left.to, right.to);
}

template <typename Item>
bool same_items(const std::vector<Item>& left, const std::vector<Item>& right) {
    if (left.size() != right.size()) {
        return false;
    }
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (!same(left[i], right[i])) {
            return false;
        }
    }
    return true;
}

bool same(const Layout& left, const Layout& right) {
    return left.name == right.name && left.max_bytes == right.max_bytes &&
           same_items(left.block.elements, right.block.elements);
}

bool same(const Plan& left, const Plan& right) {
    return same(left.root.end, right.root.end) && left.root.image == right.root.image &&
           same_items(left.slots, right.slots) && same_items(left.root.fields, right.root.fields) &&
           same_items(left.root.measures, right.root.measures);
}

void check(const Compiled& compiled) {
    const Layout& layout = compiled.layout;
    expect(
        layout.max_bytes >= Layout::smallest_section && layout.max_bytes <= Layout::largest_section,
        "max is 3 to 4096");
    expect(compiled.plan.root.end.on_byte_boundary(), "a layout ends on a byte boundary");
    const std::string printed = print_layout(layout);
    const auto again = compiled_of(printed);
    expect(again.has_value(), "canonical text is a layout", printed);
    expect(same(layout, again->layout) && same(compiled.plan, again->plan),
           "canonical text is the same layout", printed);
    expect(print_layout(again->layout) == printed, "canonical text is its own canonical text",
           printed);
}

}  // namespace

}  // namespace onetrip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip::fuzz;
    if (const auto layout = compiled_of(as_text({data, size}))) {
        check(*layout);
    }
    return 0;
}
