#include <algorithm>

#include "section/language/layout.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section {

namespace {

std::string print_width(const Field& field) {
    return field.width ? std::to_string(*field.width) : "*";
}

/// Whether the text behind `=` says more than the field's own name does.
bool has_source(const Field& field) {
    return field.source.kind != Source::Kind::checksum &&
           !(field.source.kind == Source::Kind::column && field.source.name == field.name);
}

std::string print_type_and_split(const Field& field) {
    return print_type(field) + (field.split ? " split" : "");
}

/// Widths are aligned right, behind the names; sources stand in a column of their own.
struct Columns {
    std::size_t width_end = 0;
    std::size_t type_size = 0;
};

Columns measure_columns(const Block& block) {
    Columns columns;
    for_each(
        block,
        [&](const Field& field) {
            columns.width_end =
                std::max(columns.width_end, field.name.size() + 2 + print_width(field).size());
            if (has_source(field)) {
                columns.type_size = std::max(columns.type_size, print_type_and_split(field).size());
            }
        },
        [](const Label& /*label*/) {});
    return columns;
}

std::string print_field(const Field& field, const Columns& columns) {
    const std::string width = print_width(field);
    std::string line = "    " + field.name;
    line.append(columns.width_end - field.name.size() - width.size(), ' ');
    line += width + "  " + print_type_and_split(field);
    if (has_source(field)) {
        line.append(columns.type_size - print_type_and_split(field).size(), ' ');
        line += "  = " + print_source(field.source);
    }
    return line;
}

}  // namespace

std::string print_source(const Source& source) {
    switch (source.kind) {
        case Source::Kind::column:
        case Source::Kind::constant:
            return source.name;
        case Source::Kind::length_of_rest:
            return "length()";
        case Source::Kind::length_of_field:
            return "length(" + source.name + ")";
        case Source::Kind::offset_of_label:
            return "offset(" + source.name + ")";
        case Source::Kind::part:
            return "part()";
        case Source::Kind::last_part:
            return "last_part()";
        case Source::Kind::parts:
            return "parts()";
        case Source::Kind::checksum:
            return {};
    }
    __builtin_unreachable();
}

std::string print_type(const Field& field) {
    std::string type(field.type->name());
    if (field.type->takes_tlv_format()) {
        type += field.tlv.tag_bytes == 1 ? "(8," : "(16,";
        type += field.tlv.length == TlvFormat::Length::bits_8    ? "8)"
                : field.tlv.length == TlvFormat::Length::bits_16 ? "16)"
                                                                 : "ber)";
    }
    if (field.text != TextTable::none) {
        type += "(" + std::string(name_of(field.text)) + ")";
    }
    return type;
}

std::string print_layout(const Layout& layout) {
    const Columns columns = measure_columns(layout.block);
    std::string text = layout.name;
    if (layout.max_bytes != Layout::largest_section) {
        text += " (max " + std::to_string(layout.max_bytes) + ")";
    }
    text += " {\n";
    for_each(
        layout.block, [&](const Field& field) { text += print_field(field, columns) + "\n"; },
        [&](const Label& label) { text += "  " + label.name + ":\n"; });
    return text + "}";
}

}  // namespace onetrip::section
