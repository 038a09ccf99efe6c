// Any text as a layout: it is refused, or its canonical text is the same layout again.

#include "layouts.hpp"

namespace onetrip::fuzz {

namespace {

using section::After;
using section::Arm;
using section::Block;
using section::Choice;
using section::Condition;
using section::Constant;
using section::Definition;
using section::Element;
using section::Field;
using section::Label;
using section::Layout;
using section::List;
using section::Object;
using section::Optional;
using section::Place;
using section::Plan;
using section::Slot;
using section::Source;
using section::Split;
using section::TlvFormat;

template <typename Item>
bool same_items(const std::vector<Item>& left, const std::vector<Item>& right);

bool same(const Constant& left, const Constant& right);
bool same(const Split& left, const Split& right);
bool same(const Field& left, const Field& right);

template <typename Item>
bool same(const std::optional<Item>& left, const std::optional<Item>& right) {
    return left.has_value() == right.has_value() && (!left || same(*left, *right));
}

bool same(const std::unique_ptr<Block>& left, const std::unique_ptr<Block>& right);

bool same(const Place& left, const Place& right) {
    return left.bits == right.bits && left.parts == right.parts;
}

bool same(const Constant& left, const Constant& right) {
    return left.number == right.number && left.spelling == right.spelling;
}

bool same(const Source& left, const Source& right) {
    return left.kind == right.kind && left.name == right.name && left.constant == right.constant &&
           left.plus == right.plus;
}

bool same(const TlvFormat& left, const TlvFormat& right) {
    return left.tag_bytes == right.tag_bytes && left.length == right.length;
}

bool same(const Split& left, const Split& right) {
    return left.sections == right.sections && left.key == right.key;
}

bool same(const Field& left, const Field& right) {
    return left.name == right.name && left.width == right.width && left.type == right.type &&
           left.definition == right.definition && same(left.tlv, right.tlv) &&
           left.sets == right.sets && left.text == right.text && left.split == right.split &&
           same(left.source, right.source) && same(left.default_value, right.default_value);
}

bool same(const Label& left, const Label& right) {
    return left.name == right.name;
}

bool same(const List& left, const List& right) {
    return left.name == right.name && left.count == right.count && same(left.split, right.split) &&
           left.source == right.source && same(left.value, right.value) &&
           same(left.block, right.block);
}

bool same(const Object& left, const Object& right) {
    return left.name == right.name && same(left.block, right.block);
}

bool same(const Optional& left, const Optional& right) {
    return same(left.block, right.block);
}

bool same(const Condition& left, const Condition& right) {
    return left.kind == right.kind && left.field == right.field && same(left.mask, right.mask) &&
           left.comparison == right.comparison && same(left.constant, right.constant) &&
           same_items(left.operands, right.operands);
}

bool same(const Arm& left, const Arm& right) {
    return same(left.condition, right.condition) && same(left.block, right.block);
}

bool same(const Choice& left, const Choice& right) {
    return same_items(left.arms, right.arms) && same(left.otherwise, right.otherwise);
}

bool same(const Element& left, const Element& right) {
    return left.index() == right.index() &&
           std::visit(
               [&]<typename Kind>(const Kind& kind) { return same(kind, std::get<Kind>(right)); },
               left);
}

bool same(const std::unique_ptr<Block>& left, const std::unique_ptr<Block>& right) {
    return (left == nullptr) == (right == nullptr) &&
           (left == nullptr || same_items(left->elements, right->elements));
}

bool same(const After& left, const After& right) {
    return left == right && left.tag_spelling == right.tag_spelling &&
           left.bytes_spelling == right.bytes_spelling;
}

bool same(const Definition& left, const Definition& right) {
    return left.name == right.name && left.set == right.set && same(left.tag, right.tag) &&
           same(left.extension, right.extension) && same_items(left.after, right.after) &&
           same_items(left.block.elements, right.block.elements);
}

bool same(const Slot& left, const Slot& right) {
    return left.name == right.name && left.names_part == right.names_part &&
           left.field == right.field;
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
           left.text_table == right.text_table && left.time_offset == right.time_offset &&
           left.uses_library == right.uses_library &&
           same_items(left.block.elements, right.block.elements) &&
           same_items(left.definitions, right.definitions);
}

bool same(const Plan& left, const Plan& right) {
    return same(left.root.end, right.root.end) && left.root.image == right.root.image &&
           same_items(left.slots, right.slots) && same_items(left.root.fields, right.root.fields) &&
           same_items(left.root.measures, right.root.measures);
}

/// What the parser takes, the printer writes as the same again.
void check(const Layout& layout) {
    expect(
        layout.max_bytes >= Layout::smallest_section && layout.max_bytes <= Layout::largest_section,
        "max is 3 to 4096");
    const std::string printed = print_layout(layout);
    const auto again = parsed_of(printed);
    expect(again.has_value(), "canonical text is a layout", printed);
    expect(same(layout, *again), "canonical text is the same layout", printed);
    expect(print_layout(*again) == printed, "canonical text is its own canonical text", printed);
}

void check(const Compiled& compiled) {
    expect(compiled.plan.root.end.on_byte_boundary(), "a layout ends on a byte boundary");
    const std::string printed = print_layout(compiled.layout);
    const auto again = compiled_of(printed);
    expect(again.has_value(), "canonical text is compiled", printed);
    expect(same(compiled.plan, again->plan), "canonical text makes the same plan", printed);
}

}  // namespace

}  // namespace onetrip::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace onetrip::fuzz;
    const std::string_view text = as_text({data, size});
    if (const auto layout = parsed_of(text)) {
        check(*layout);
        if (const auto compiled = compiled_of(text)) {
            check(*compiled);
        }
    }
    return 0;
}
