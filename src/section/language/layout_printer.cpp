// Writes a layout as its canonical text. Knows nothing of how that is read.

#include <algorithm>
#include <cstdlib>

#include "section/language/layout.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section {

namespace {

std::string print_width(const Field& field) {
    return field.width ? std::to_string(*field.width) : "*";
}

std::string print_brackets(const List& list) {
    return list.name + "[" + (list.count ? std::to_string(*list.count) : "") + "]";
}

std::string print_type_and_split(const Field& field) {
    return print_type(field) + (field.split ? " split" : "");
}

/// The text after the type; empty if it says no more than the name does.
std::string print_rest(const Field& field) {
    const bool is_column = field.source.kind == Source::Kind::column;
    std::string rest;
    if (field.source.kind != Source::Kind::checksum &&
        !(is_column && field.source.name == field.name)) {
        rest = "= " + print_source(field.source);
    }
    if (field.default_value) {
        rest += (rest.empty() ? "default " : " default ") + field.default_value->spelling;
    }
    return rest;
}

/// Widths are aligned right, after the names; sources stand in a column of their own. That holds
/// for what stands directly in one pair of braces.
struct Columns {
    std::size_t width_end = 0;
    std::size_t type_size = 0;

    void add(const std::string& name, const Field& field) {
        width_end = std::max(width_end, name.size() + 2 + print_width(field).size());
        if (!print_rest(field).empty()) {
            type_size = std::max(type_size, print_type_and_split(field).size());
        }
    }
};

Columns measure_columns(const Block& block) {
    Columns columns;
    for_each(
        block, [&](const Field& field) { columns.add(field.name, field); },
        [&](const List& list) {
            if (list.value) {
                columns.add(print_brackets(list), *list.value);
            }
        },
        [](const Label& /*label*/) {}, [](const Object& /*object*/) {},
        [](const Choice& /*choice*/) {}, [](const Optional& /*optional*/) {});
    return columns;
}

std::string print_comparison(const Condition& condition) {
    using Operator = Condition::Operator;
    const auto symbol = [&] {
        switch (condition.comparison) {
            case Operator::equal:
                return " == ";
            case Operator::not_equal:
                return " != ";
            case Operator::less:
                return " < ";
            case Operator::less_or_equal:
                return " <= ";
            case Operator::greater:
                return " > ";
            case Operator::greater_or_equal:
                return " >= ";
        }
        __builtin_unreachable();
    };
    return condition.field + (condition.mask ? " & " + condition.mask->spelling : "") + symbol() +
           condition.constant.spelling;
}

std::string print_condition(const Condition& condition) {
    if (condition.kind == Condition::Kind::comparison) {
        return print_comparison(condition);
    }
    const bool is_all = condition.kind == Condition::Kind::all_of;
    std::string text;
    for (const Condition& operand : condition.operands) {
        const bool in_parentheses = is_all && operand.kind == Condition::Kind::any_of;
        text += text.empty() ? "" : is_all ? " && " : " || ";
        text += in_parentheses ? "(" + print_condition(operand) + ")" : print_condition(operand);
    }
    return text;
}

class Printer {
  public:
    std::string print(const Layout& layout);

  private:
    static constexpr std::size_t indentation = 4;

    void print_braces(const Block& block);
    void print_elements(const Block& block);
    void print_field(const std::string& name, const Field& field, const Columns& columns);
    void print_label(const Label& label);
    void print_list(const List& list, const Columns& columns);
    void print_choice(const Choice& choice);
    void print_head(const Layout& layout);
    void print_definition(const Definition& definition);

    void begin_line() { text_.append(depth_ * indentation, ' '); }

    std::string text_;
    std::size_t depth_ = 0;
};

/// Prints a block from brace to brace, both on lines that others begin and end.
void Printer::print_braces(const Block& block) {
    text_ += "{\n";
    ++depth_;
    print_elements(block);
    --depth_;
    begin_line();
    text_ += "}";
}

void Printer::print_elements(const Block& block) {
    const Columns columns = measure_columns(block);
    for_each(
        block, [&](const Field& field) { print_field(field.name, field, columns); },
        [&](const Label& label) { print_label(label); },
        [&](const List& list) { print_list(list, columns); },
        [&](const Object& object) {
            begin_line();
            text_ += object.name + " ";
            print_braces(*object.block);
            text_ += "\n";
        },
        [&](const Choice& choice) { print_choice(choice); },
        [&](const Optional& optional) {
            begin_line();
            text_ += "optional ";
            print_braces(*optional.block);
            text_ += "\n";
        });
}

void Printer::print_field(const std::string& name, const Field& field, const Columns& columns) {
    const std::string width = print_width(field);
    const std::string type = print_type_and_split(field);
    const std::string rest = print_rest(field);
    begin_line();
    text_ += name;
    text_.append(columns.width_end - name.size() - width.size(), ' ');
    text_ += width + "  " + type;
    if (!rest.empty()) {
        text_.append(columns.type_size - type.size(), ' ');
        text_ += "  " + rest;
    }
    text_ += "\n";
}

void Printer::print_label(const Label& label) {
    text_.append(depth_ * indentation - indentation / 2, ' ');
    text_ += label.name + ":\n";
}

void Printer::print_list(const List& list, const Columns& columns) {
    if (list.value) {
        print_field(print_brackets(list), *list.value, columns);
        return;
    }
    begin_line();
    text_ += print_brackets(list) + " ";
    if (list.split) {
        text_ += print_split(*list.split) + " ";
    }
    if (list.source != list.name) {
        text_ += "= " + list.source + " ";
    }
    print_braces(*list.block);
    text_ += "\n";
}

void Printer::print_choice(const Choice& choice) {
    begin_line();
    for (const Arm& arm : choice.arms) {
        text_ += &arm == &choice.arms.front() ? "if (" : " else if (";
        text_ += print_condition(arm.condition) + ") ";
        print_braces(*arm.block);
    }
    if (choice.otherwise != nullptr) {
        text_ += " else ";
        print_braces(*choice.otherwise);
    }
    text_ += "\n";
}

std::string print_time(std::int32_t offset) {
    const std::int32_t minutes = std::abs(offset);
    std::string text = offset < 0 ? "-" : "+";
    text += std::to_string(minutes / 60);
    if (minutes % 60 != 0) {
        text += minutes % 60 < 10 ? ":0" : ":";
        text += std::to_string(minutes % 60);
    }
    return text;
}

void Printer::print_head(const Layout& layout) {
    std::vector<std::string> options;
    if (layout.max_bytes != Layout::largest_section) {
        options.push_back("max " + std::to_string(layout.max_bytes));
    }
    if (layout.text_table != TextTable::none) {
        options.push_back("text " + std::string(name_of(layout.text_table)));
    }
    if (layout.time_offset) {
        options.push_back("time " + print_time(*layout.time_offset));
    }
    if (!layout.uses_library) {
        options.emplace_back("library none");
    }
    text_ += layout.name + " ";
    for (std::size_t i = 0; i < options.size(); ++i) {
        text_ += (i == 0 ? "(" : ", ") + options[i];
    }
    text_ += options.empty() ? "" : ") ";
}

void Printer::print_definition(const Definition& definition) {
    text_ += "\n" + definition.name + " ";
    if (!definition.set.empty()) {
        text_ += "(" + definition.set + " " + definition.tag.spelling;
        text_ += definition.extension ? " " + definition.extension->spelling : "";
        for (const After& after : definition.after) {
            text_ += " after " + after.tag_spelling + " " + after.bytes_spelling;
        }
        text_ += ") ";
    }
    print_braces(definition.block);
}

std::string Printer::print(const Layout& layout) {
    print_head(layout);
    print_braces(layout.block);
    for (const Definition& definition : layout.definitions) {
        print_definition(definition);
    }
    return std::move(text_);
}

std::string print_plus(std::int32_t plus) {
    return plus == 0 ? "" : plus < 0 ? " - " + std::to_string(-plus) : " + " + std::to_string(plus);
}

}  // namespace

std::string print_source(const Source& source) {
    switch (source.kind) {
        case Source::Kind::column:
        case Source::Kind::constant:
            return source.name;
        case Source::Kind::length_of_rest:
            return "length()" + print_plus(source.plus);
        case Source::Kind::length_of_field:
            return "length(" + source.name + ")" + print_plus(source.plus);
        case Source::Kind::offset_of_label:
            return "offset(" + source.name + ")";
        case Source::Kind::part:
            return "part()";
        case Source::Kind::last_part:
            return "last_part()";
        case Source::Kind::parts:
            return "parts()";
        case Source::Kind::last_part_of:
            return "last_part(" + source.name + ")";
        case Source::Kind::count_of:
            return "count(" + source.name + ")" + print_plus(source.plus);
        case Source::Kind::present:
            return "present(" + source.name + ")";
        case Source::Kind::checksum:
            return {};
    }
    __builtin_unreachable();
}

std::string print_type(const Field& field) {
    if (field.type == nullptr) {
        return field.definition;
    }
    std::string type(field.type->name());
    if (field.type->takes_tlv_format()) {
        type += field.tlv.tag_bytes == 1 ? "(8," : "(16,";
        type += field.tlv.length == TlvFormat::Length::bits_8    ? "8"
                : field.tlv.length == TlvFormat::Length::bits_16 ? "16"
                                                                 : "ber";
        for (const std::string& set : field.sets) {
            type += "," + set;
        }
        type += ")";
    }
    return field.text == TextTable::none ? type
                                         : type + "(" + std::string(name_of(field.text)) + ")";
}

std::string print_split(const Split& split) {
    return split.key.empty() ? "split"
                             : "split(" + std::to_string(split.sections) + ") by " + split.key;
}

std::string print_layout(const Layout& layout) {
    return Printer().print(layout);
}

}  // namespace onetrip::section
