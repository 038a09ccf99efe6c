// Compiles a layout of any kind. A flat one, of fields and labels alone, has a plan of its own,
// whose writer is a loop over an image; tables are compiled in tables/.

#include "section/plan.hpp"

#include <algorithm>

#include "base/bits.hpp"
#include "section/flat_compiler.hpp"
#include "section/tables/compiler.hpp"
#include "section/types/field_type.hpp"
#include "transport/section_header.hpp"

namespace onetrip::section {

namespace {

bool is_flat(const Field& field) {
    using Kind = Source::Kind;
    const Kind kind = field.source.kind;
    return field.type != nullptr && !field.type->fills_to_byte() && field.sets.empty() &&
           !field.default_value && field.source.plus == 0 && kind != Kind::count_of &&
           kind != Kind::present && kind != Kind::last_part_of;
}

bool is_flat(const Layout& layout) {
    bool flat =
        layout.definitions.empty() && layout.text_table == TextTable::none && !layout.time_offset;
    for_each(
        layout.block, [&](const Field& field) { flat = flat && is_flat(field); },
        [](const Label& /*label*/) {}, [&](const auto& /*of a table*/) { flat = false; });
    return flat;
}

/// The slots of the section's own braces.
void add_slots(const tables::Unit& root, Plan& plan) {
    const tables::Scope& scope = root.scopes.front();
    for (const tables::ScopeKey& key : scope.keys) {
        plan.slots.push_back({key.name, key.names_part, static_cast<FieldId>(plan.fields.size()),
                              key.may_be_missing});
        plan.fields.push_back(*key.field);
    }
    if (plan.fields.empty()) {
        plan.fields.push_back(*root.fields.begin());  // messages name a field
    }
}

/// The bits before section_length, and whether it stands where ISO/IEC 13818-1, 2.4.4.11 has it.
void find_header(const tables::Unit& root, Plan& plan) {
    std::uint32_t bits = 0;
    for (const tables::Node& node : root.blocks.front().nodes) {
        if (node.kind != tables::Node::Kind::bits) {
            return;
        }
        const std::uint32_t width = *node.field->width;
        if (node.field->source.kind == Source::Kind::length_of_rest) {
            plan.has_section_length =
                bits == transport::section_length_at && width == transport::section_length_width;
            return;
        }
        if (bits + width > transport::section_length_at) {
            return;
        }
        if (node.field->source.kind == Source::Kind::constant) {
            const std::uint32_t shift = transport::section_length_at - bits - width;
            plan.header.mask =
                static_cast<std::uint16_t>(plan.header.mask | largest_unsigned(width) << shift);
            plan.header.bits =
                static_cast<std::uint16_t>(plan.header.bits | node.constant << shift);
        }
        bits += width;
    }
}

Plan plan_of_table(const Layout& layout, Interrupt interrupt, tables::SharedLibrary* library) {
    Plan plan{};
    plan.name = layout.name;
    plan.max_bytes = layout.max_bytes;
    plan.table = tables::compile_tables(layout, interrupt, library);
    add_slots(plan.table->root, plan);
    find_header(plan.table->root, plan);
    return plan;
}

}  // namespace

Plan compile(const Layout& layout, Interrupt interrupt, tables::SharedLibrary* library) {
    return is_flat(layout) ? compile_flat(layout, interrupt)
                           : plan_of_table(layout, interrupt, library);
}

}  // namespace onetrip::section
