#include "section/language/layout_resolver.hpp"

#include <unordered_map>

#include "base/bits.hpp"
#include "section/language/layout_lexer.hpp"
#include "section/types/field_type.hpp"
#include "section/value.hpp"

namespace onetrip::section {

namespace {

using Names = std::unordered_map<std::string_view, std::size_t>;

std::string field_name(const Field& field) {
    return "field " + quoted(field.name);
}

/// The position behind a field.
Position end_of(const Field& field) {
    Position end = field.begin;
    if (field.width) {
        end.fixed_bits += *field.width;
    } else {
        ++end.variable_fields;
    }
    return end;
}

[[noreturn]] void refuse_boundary(TextPosition at, const std::string& problem, Position position) {
    const std::uint32_t bits = position.fixed_bits % 8;
    refuse_layout(at, problem,
                  std::to_string(bits) + (bits == 1 ? " bit" : " bits") + " of an unfinished byte",
                  "a byte boundary");
}

class Resolver {
  public:
    Resolver(Layout& layout, Interrupt interrupt)
        : layout_(layout), elements_(layout.block.elements), ticker_(interrupt) {}

    void resolve() {
        collect_names();
        place_elements();
        refuse_second_split();
        for (Element& element : elements_) {
            ticker_.tick();
            if (auto* field = std::get_if<Field>(&element)) {
                resolve_source(*field);
            }
        }
        refuse_undecodable();
    }

  private:
    void collect_names();
    void place_elements();
    void place_field(Field& field, Position& position);
    void refuse_second_split();

    void resolve_source(Field& field);
    void refuse_part_as_column(const Field& field) const;
    void resolve_measure(Field& field);
    void measure_field(Field& field);
    void refuse_constant_measure(const Field& field);
    std::size_t slot_of(const std::string& name, bool names_part);

    void refuse_undecodable();
    [[noreturn]] static void refuse_unbounded(const Field& field, const Field& next);
    bool bounded_by_offset(std::size_t index) const;
    bool has_length_before(const Field& field, std::size_t before) const;
    std::size_t first_unbounded(std::size_t from, std::size_t to, std::size_t before) const;

    const Field* field_at(std::size_t index) const { return std::get_if<Field>(&elements_[index]); }

    Layout& layout_;
    std::vector<Element>& elements_;
    Ticker ticker_;
    Names names_;          // of fields and labels: index of the element
    Names column_slots_;   // index into layout_.slots
    Names first_measure_;  // of a field or label: index of the first field that says its length or
                           // offset
};

void Resolver::collect_names() {
    for (std::size_t i = 0; i < elements_.size(); ++i) {
        ticker_.tick();
        const auto [name, at] = std::visit(
            [](const auto& element) {
                return std::pair<std::string_view, TextPosition>(element.name, element.at);
            },
            elements_[i]);
        if (!names_.emplace(name, i).second) {
            refuse_layout(at, "duplicate name " + quoted(name), quoted(name),
                          "a name that no field or label before has");
        }
    }
}

void Resolver::place_elements() {
    Position position;
    for (Element& element : elements_) {
        if (auto* field = std::get_if<Field>(&element)) {
            place_field(*field, position);
            continue;
        }
        auto& label = std::get<Label>(element);
        label.position = position;
        if (!position.on_byte_boundary()) {
            refuse_boundary(label.at, "label " + quoted(label.name) + " is off a byte boundary",
                            position);
        }
    }
    layout_.block.end = position;
    if (!position.on_byte_boundary()) {
        refuse_boundary(layout_.block.end_at, "the layout does not end on a byte boundary",
                        position);
    }
}

void Resolver::place_field(Field& field, Position& position) {
    field.begin = position;
    const bool needs_boundary = !field.width || field.type == &rpchof;
    if (needs_boundary && !position.on_byte_boundary()) {
        refuse_boundary(field.at, field_name(field) + " does not begin on a byte boundary",
                        position);
    }
    position = end_of(field);
    if (position.fixed_bits > layout_.max_bytes * 8) {
        refuse_layout(field.at, "fixed fields alone exceed the largest section",
                      std::to_string(position.fixed_bits) + " bits up to " + field_name(field),
                      "at most " + std::to_string(layout_.max_bytes * 8) + " (max " +
                          std::to_string(layout_.max_bytes) + " bytes)");
    }
}

void Resolver::refuse_second_split() {
    const Field* first = nullptr;
    for (std::size_t i = 0; i < elements_.size(); ++i) {
        const Field* field = field_at(i);
        if (field == nullptr || !field->split) {
            continue;
        }
        if (first != nullptr) {
            refuse_layout(field->at, "second field to split",
                          field_name(*field) + " besides " + field_name(*first),
                          "at most one field with split");
        }
        first = field;
    }
}

void Resolver::resolve_source(Field& field) {
    if (field.source.kind == Source::Kind::column) {
        refuse_part_as_column(field);
        field.slot = slot_of(field.source.name, false);
    } else if (field.source.is_part()) {
        field.slot = slot_of(field.name, true);
    } else if (field.source.is_measure()) {
        resolve_measure(field);
    }
}

/// In a JSON row a key named like a part field sets it. A column of that name would be read from
/// rows, but not sent as the part's number, so that no reader could tell what the row had.
void Resolver::refuse_part_as_column(const Field& field) const {
    const auto found = names_.find(field.source.name);
    const Field* const part = found == names_.end() ? nullptr : field_at(found->second);
    if (part != nullptr && part->source.is_part()) {
        refuse_layout(field.source_at,
                      "column source " + quoted(field.source.name) + " is named like a part field",
                      quoted(field.source.name) + ", which is " + print_source(part->source),
                      "a column of another name, or another name for that field");
    }
}

std::size_t Resolver::slot_of(const std::string& name, bool names_part) {
    const std::size_t next = layout_.slots.size();
    if (!names_part) {
        const auto [found, is_new] = column_slots_.emplace(name, next);
        if (!is_new) {
            return found->second;
        }
    }
    layout_.slots.push_back({name, names_part});
    return next;
}

void Resolver::resolve_measure(Field& field) {
    switch (field.source.kind) {
        case Source::Kind::length_of_rest:
            field.measured_begin = end_of(field);
            field.measured_end = layout_.block.end;
            break;
        case Source::Kind::length_of_field:
            measure_field(field);
            break;
        default: {
            const auto found = names_.find(field.source.name);
            const Label* label =
                found == names_.end() ? nullptr : std::get_if<Label>(&elements_[found->second]);
            if (label == nullptr) {
                refuse_layout(field.source_at, "unknown label " + quoted(field.source.name),
                              quoted(field.source.name), "a label of the layout");
            }
            field.measured_end = label->position;
        }
    }
    if (!field.measured_begin.on_byte_boundary() || !field.measured_end.on_byte_boundary()) {
        refuse_boundary(
            field.at, "what " + field_name(field) + " measures is off a byte boundary",
            field.measured_begin.on_byte_boundary() ? field.measured_end : field.measured_begin);
    }
    refuse_constant_measure(field);
    if (field.source.kind != Source::Kind::length_of_rest) {
        first_measure_.emplace(field.source.name, names_.at(field.name));
    }
}

void Resolver::measure_field(Field& field) {
    const auto found = names_.find(field.source.name);
    const Field* measured = found == names_.end() ? nullptr : field_at(found->second);
    if (measured == nullptr) {
        refuse_layout(field.source_at, "unknown field " + quoted(field.source.name),
                      quoted(field.source.name), "a field of the layout");
    }
    if (measured == &field) {
        refuse_layout(field.source_at, field_name(field) + " is computed from itself",
                      quoted(field.source.name), "another field");
    }
    field.measured_begin = measured->begin;
    field.measured_end = end_of(*measured);
}

/// A length or offset that no row changes is a constant, and must fit like one.
void Resolver::refuse_constant_measure(const Field& field) {
    if (field.measured_begin.variable_fields != field.measured_end.variable_fields) {
        return;
    }
    const std::uint64_t bytes =
        field.measured_end.fixed_bytes() - field.measured_begin.fixed_bytes();
    const std::uint64_t largest = largest_unsigned(*field.width);
    if (bytes > largest) {
        refuse_layout(
            field.source_at, "constant too large for its field",
            std::to_string(bytes) + ", which is always what " + print_source(field.source) + " is",
            "a number from 0 to " + std::to_string(largest));
    }
}

/// A decoder meets the fields in order. Where a field of width `*` ends it knows from a length or
/// from the offset of the next label, if these stand before it; failing that from the end of the
/// section, if every field of width `*` behind it has a length that stands before it.
void Resolver::refuse_undecodable() {
    for (std::size_t i = 0; i < elements_.size(); ++i) {
        const Field* field = field_at(i);
        const bool is_variable = field != nullptr && !field->width;
        if (!is_variable || has_length_before(*field, i) || bounded_by_offset(i)) {
            continue;
        }
        const std::size_t next = first_unbounded(i + 1, elements_.size(), i);
        if (next < elements_.size()) {
            refuse_unbounded(*field, *field_at(next));
        }
    }
}

void Resolver::refuse_unbounded(const Field& field, const Field& next) {
    refuse_layout(next.at,
                  "where " + field_name(field) + " ends and " + field_name(next) +
                      " begins cannot be decoded",
                  "no length or offset before " + field_name(field) + " that bounds either",
                  "length(" + field.name + ") or length(" + next.name + ") before it");
}

/// Whether offset(l) of the next label l stands before the field, and what lies between is known.
bool Resolver::bounded_by_offset(std::size_t index) const {
    std::size_t label = index;
    while (label < elements_.size() && field_at(label) != nullptr) {
        ++label;
    }
    if (label == elements_.size()) {
        return false;
    }
    const auto offset = first_measure_.find(std::get<Label>(elements_[label]).name);
    return offset != first_measure_.end() && offset->second < index &&
           first_unbounded(index + 1, label, index) == label;
}

bool Resolver::has_length_before(const Field& field, std::size_t before) const {
    const auto length = first_measure_.find(field.name);
    return length != first_measure_.end() && length->second < before;
}

/// The first field of width `*`, from `from` on and in front of `to`, whose length does not stand
/// before `before`; `to` where there is none.
std::size_t Resolver::first_unbounded(std::size_t from, std::size_t to, std::size_t before) const {
    for (; from < to; ++from) {
        const Field* field = field_at(from);
        if (field != nullptr && !field->width && !has_length_before(*field, before)) {
            break;
        }
    }
    return from;
}

}  // namespace

void resolve_layout(Layout& layout, Interrupt interrupt) {
    Resolver(layout, interrupt).resolve();
}

const Field& Layout::field_of_slot(std::size_t slot) const {
    for (const Element& element : block.elements) {
        const auto* const field = std::get_if<Field>(&element);
        if (field != nullptr && field->slot == slot) {
            return *field;
        }
    }
    __builtin_unreachable();
}

}  // namespace onetrip::section
