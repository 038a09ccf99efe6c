// Makes a plan of a layout: finds what the fields refer to, where each of them lies, which inputs
// the layout takes, and where each part ends. It knows neither rows nor bytes.

#include <algorithm>
#include <unordered_map>

#include "base/bits.hpp"
#include "base/words.hpp"
#include "section/flat_compiler.hpp"
#include "section/language/layout_lexer.hpp"
#include "section/types/field_type.hpp"
#include "transport/section_header.hpp"

namespace onetrip::section {

namespace {

std::string field_name(const Field& field) {
    return "field " + in_quotes(field.name);
}

[[noreturn]] void refuse_boundary(TextPosition at, const std::string& problem, Place place) {
    const std::uint32_t bits = place.bits % 8;
    refuse_layout(at, problem, count(bits, "bit") + " of an unfinished byte", "a byte boundary");
}

[[noreturn]] void refuse_unbounded(const Field& field, const Field& next) {
    refuse_layout(next.at,
                  "where " + field_name(field) + " ends and " + field_name(next) +
                      " begins cannot be decoded",
                  "no length or offset before " + field_name(field) + " that bounds either",
                  "length(" + field.name + ") or length(" + next.name + ") before it");
}

/// lengthCompareJsonbStringValue in jsonb_util.c.
bool comes_before(const Key& left, const Key& right) {
    return left.name.size() != right.name.size() ? left.name.size() < right.name.size()
                                                 : left.name < right.name;
}

class Compiler {
  public:
    Compiler(const Layout& layout, Interrupt interrupt) : layout_(layout), ticker_(interrupt) {}

    Plan compile() {
        plan_.name = layout_.name;
        plan_.max_bytes = layout_.max_bytes;
        collect_names();
        place_elements();
        refuse_second_split();
        for (FieldId id = 0; id < plan_.fields.size(); ++id) {
            ticker_.tick();
            resolve_source(id);
        }
        end_parts();
        refuse_undecodable();
        make_image();
        make_runs();
        make_keys();
        find_split();
        find_section_length();
        find_header();
        return std::move(plan_);
    }

  private:
    struct PlacedLabel {
        std::string_view name;
        Place place;
    };

    /// The meaning of a name: a field or a label.
    struct Named {
        std::optional<FieldId> field;
        std::optional<std::size_t> label;
        bool is_constant = false;  ///< a field that takes no value
    };

    /// A field of width `*` before its run is made.
    struct OpenPart {
        FieldId field;
        std::optional<std::size_t> label;  ///< the nearest one after it
        PartEnd end;
    };

    void collect_names();
    void add_name(const std::string& name, TextPosition at, Named named);

    void place_elements();
    void place_field(const Field& field, Place& place);
    void place_label(const Label& label, Place place);
    void refuse_second_split() const;

    void resolve_source(FieldId id);
    void refuse_part_as_column(const Field& field) const;
    SlotId slot_of_column(FieldId id);
    void resolve_measure(FieldId id);
    void measure_field(FieldId id, Measure& measure) const;
    void measure_offset(const Field& field, Measure& measure) const;
    void refuse_constant_measure(const Field& field, const Measure& measure) const;

    void end_parts();
    Gap gap_up_to(std::size_t part, Place end) const;
    std::optional<FieldId> measure_before(FieldId id, std::string_view name) const;
    void refuse_undecodable() const;

    void make_image();
    void store_constant(FieldId id, std::uint64_t number);
    void make_runs();
    void make_keys();
    void add_to_key(FieldId id, std::vector<std::optional<std::size_t>>& key_of_slot);
    void find_split();
    void find_section_length();
    void find_header();

    Place end_of(FieldId id) const;
    Scope& scope() { return plan_.root; }
    Place begin_of(FieldId id) const { return plan_.root.fields[id].begin; }

    const Layout& layout_;
    Ticker ticker_;
    Plan plan_;
    std::unordered_map<std::string_view, Named> names_;
    std::vector<PlacedLabel> labels_;
    std::vector<OpenPart> parts_;
    std::unordered_map<std::string_view, SlotId> column_slots_;
    std::vector<SlotId> slots_;  ///< by field; of those that take a value

    /// The first field that says the length of a field or the offset of a label, by its name: no
    /// field and label of a layout have the same.
    std::unordered_map<std::string_view, FieldId> first_measure_;
};

// ---- names and places -------------------------------------------------------------------------

void Compiler::add_name(const std::string& name, TextPosition at, Named named) {
    ticker_.tick();
    const auto [found, is_new] = names_.emplace(name, named);
    // Reserved bits are not keys, and may share a name as they do in the standard.
    if (!is_new && !(named.is_constant && found->second.is_constant)) {
        refuse_layout(at, "duplicate name " + in_quotes(name), in_quotes(name),
                      "a name that no field or label before has");
    }
}

void Compiler::collect_names() {
    FieldId fields = 0;
    std::size_t labels = 0;
    for_each(
        layout_.block,
        [&](const Field& field) {
            const bool is_constant = field.source.kind == Source::Kind::constant;
            add_name(field.name, field.at, {fields++, std::nullopt, is_constant});
        },
        [&](const Label& label) {
            add_name(label.name, label.at, {std::nullopt, labels++, false});
        },
        [](const auto& /*of a table*/) {});
}

void Compiler::place_elements() {
    Place place;
    for_each(
        layout_.block, [&](const Field& field) { place_field(field, place); },
        [&](const Label& label) { place_label(label, place); }, [](const auto& /*of a table*/) {});
    scope().end = place;
    if (!place.on_byte_boundary()) {
        refuse_boundary(layout_.block.end_at, "the layout does not end on a byte boundary", place);
    }
}

void Compiler::place_field(const Field& field, Place& place) {
    const bool needs_boundary = !field.width || field.type->begins_a_byte();
    if (needs_boundary && !place.on_byte_boundary()) {
        refuse_boundary(field.at, field_name(field) + " does not begin on a byte boundary", place);
    }
    const auto id = static_cast<FieldId>(plan_.fields.size());
    plan_.fields.push_back(field);
    slots_.push_back(0);
    scope().fields.push_back({place, 0, std::nullopt});
    if (!field.width) {
        parts_.push_back({id, std::nullopt, {}});
    }
    place = end_of(id);
    if (place.bits > layout_.max_bytes * 8) {
        refuse_layout(field.at, "fixed fields alone exceed the largest section",
                      std::to_string(place.bits) + " bits up to " + field_name(field),
                      "at most " + std::to_string(layout_.max_bytes * 8) + " (max " +
                          std::to_string(layout_.max_bytes) + " bytes)");
    }
}

void Compiler::place_label(const Label& label, Place place) {
    if (!place.on_byte_boundary()) {
        refuse_boundary(label.at, "label " + in_quotes(label.name) + " is off a byte boundary",
                        place);
    }
    for (auto part = parts_.rbegin(); part != parts_.rend() && !part->label; ++part) {
        part->label = labels_.size();
    }
    labels_.push_back({label.name, place});
}

Place Compiler::end_of(FieldId id) const {
    Place end = begin_of(id);
    if (const auto width = plan_.fields[id].width) {
        end.bits += *width;
    } else {
        ++end.parts;
    }
    return end;
}

void Compiler::refuse_second_split() const {
    const Field* first = nullptr;
    for (const Field& field : plan_.fields) {
        if (!field.split) {
            continue;
        }
        if (first != nullptr) {
            refuse_layout(field.at, "second field to split",
                          field_name(field) + " besides " + field_name(*first),
                          "at most one field with split");
        }
        first = &field;
    }
}

// ---- sources ----------------------------------------------------------------------------------

void Compiler::resolve_source(FieldId id) {
    const Field& field = plan_.fields[id];
    if (field.source.kind == Source::Kind::column) {
        refuse_part_as_column(field);
        slots_[id] = slot_of_column(id);
    } else if (field.source.is_part()) {
        slots_[id] = static_cast<SlotId>(plan_.slots.size());
        plan_.slots.push_back({field.name, true, id});
        scope().part_numbers.push_back({id, slots_[id], begin_of(id)});
    } else if (field.source.is_measure()) {
        resolve_measure(id);
    } else if (field.source.kind == Source::Kind::checksum) {
        scope().checksums.push_back({id, begin_of(id)});
    }
}

/// A key in a JSON row that is named like a part field sets it. A column of that name would be read
/// from rows, but not sent as the part's number, so that a reader could not recover the row's
/// value.
void Compiler::refuse_part_as_column(const Field& field) const {
    const auto found = names_.find(field.source.name);
    if (found == names_.end() || !found->second.field) {
        return;
    }
    const Field& part = plan_.fields[*found->second.field];
    if (part.source.is_part()) {
        refuse_layout(
            field.source_at,
            "column source " + in_quotes(field.source.name) + " is named like a part field",
            in_quotes(field.source.name) + ", which is " + print_source(part.source),
            "a column of another name, or another name for that field");
    }
}

SlotId Compiler::slot_of_column(FieldId id) {
    const auto next = static_cast<SlotId>(plan_.slots.size());
    const std::string& name = plan_.fields[id].source.name;
    const auto [found, is_new] = column_slots_.emplace(name, next);
    if (is_new) {
        plan_.slots.push_back({name, false, id});
    }
    return found->second;
}

void Compiler::resolve_measure(FieldId id) {
    const Field& field = plan_.fields[id];
    Measure measure{id, begin_of(id), {}, {}};
    switch (field.source.kind) {
        case Source::Kind::length_of_rest:
            measure.from = end_of(id);
            measure.to = scope().end;
            break;
        case Source::Kind::length_of_field:
            measure_field(id, measure);
            break;
        default:
            measure_offset(field, measure);
    }
    if (!measure.from.on_byte_boundary() || !measure.to.on_byte_boundary()) {
        refuse_boundary(field.at, "what " + field_name(field) + " measures is off a byte boundary",
                        measure.from.on_byte_boundary() ? measure.to : measure.from);
    }
    refuse_constant_measure(field, measure);
    if (field.source.kind != Source::Kind::length_of_rest) {
        first_measure_.emplace(field.source.name, id);
    }
    scope().fields[id].measure = static_cast<std::uint32_t>(scope().measures.size());
    scope().measures.push_back(measure);
}

void Compiler::measure_field(FieldId id, Measure& measure) const {
    const Field& field = plan_.fields[id];
    const auto found = names_.find(field.source.name);
    if (found == names_.end() || !found->second.field) {
        refuse_layout(field.source_at, "unknown field " + in_quotes(field.source.name),
                      in_quotes(field.source.name), "a field of the layout");
    }
    const FieldId measured = *found->second.field;
    if (measured == id) {
        refuse_layout(field.source_at, field_name(field) + " is computed from itself",
                      in_quotes(field.source.name), "another field");
    }
    measure.from = begin_of(measured);
    measure.to = end_of(measured);
}

void Compiler::measure_offset(const Field& field, Measure& measure) const {
    const auto found = names_.find(field.source.name);
    if (found == names_.end() || !found->second.label) {
        refuse_layout(field.source_at, "unknown label " + in_quotes(field.source.name),
                      in_quotes(field.source.name), "a label of the layout");
    }
    measure.to = labels_[*found->second.label].place;
}

/// A length or offset that no row changes is a constant, and must fit like one.
void Compiler::refuse_constant_measure(const Field& field, const Measure& measure) const {
    if (!measure.is_constant()) {
        return;
    }
    const std::uint64_t bytes = measure.to.bytes() - measure.from.bytes();
    const std::uint64_t largest = largest_unsigned(*field.width);
    if (bytes > largest) {
        refuse_layout(
            field.source_at, "constant too large for its field",
            std::to_string(bytes) + ", which is always what " + print_source(field.source) + " is",
            "a number from 0 to " + std::to_string(largest));
    }
}

// ---- ends of parts ----------------------------------------------------------------------------

/// A reader meets the fields in order. It knows the end of a part from a length or from the offset
/// of the next label, if these stand before the part. Otherwise it knows it from the end of the
/// section, if every part after it has a length that stands before it. Parts are visited from the
/// last to the first, so that the gap between each and its label, or the end, is known.
void Compiler::end_parts() {
    constexpr std::size_t never = ~std::size_t{0};
    std::optional<std::size_t> label;
    std::size_t end_known_at = 0;    // the first field by which all lengths up to there are read
    std::size_t label_known_at = 0;  // likewise up to the label
    for (std::size_t index = parts_.size(); index-- > 0;) {
        OpenPart& part = parts_[index];
        if (part.label != label) {
            label = part.label;
            label_known_at = 0;
        }
        part.end.length = measure_before(part.field, plan_.fields[part.field].name);
        if (end_known_at <= part.field) {
            part.end.to_end = gap_up_to(index, scope().end);
        }
        if (label && label_known_at <= part.field) {
            part.end.offset = measure_before(part.field, labels_[*label].name);
            part.end.to_label = gap_up_to(index, labels_[*label].place);
        }
        const std::size_t known_at = part.end.length ? *part.end.length + std::size_t{1} : never;
        end_known_at = std::max(end_known_at, known_at);
        label_known_at = std::max(label_known_at, known_at);
    }
}

Gap Compiler::gap_up_to(std::size_t part, Place end) const {
    const std::uint32_t bits = end.bits - begin_of(parts_[part].field).bits;
    return {bits / 8, static_cast<std::uint32_t>(part + 1), end.parts};
}

std::optional<FieldId> Compiler::measure_before(FieldId id, std::string_view name) const {
    const auto found = first_measure_.find(name);
    return found != first_measure_.end() && found->second < id ? std::optional(found->second)
                                                               : std::nullopt;
}

void Compiler::refuse_undecodable() const {
    const auto unended = std::find_if(parts_.begin(), parts_.end(), [](const OpenPart& part) {
        return !part.end.length && !part.end.offset && !part.end.to_end;
    });
    if (unended == parts_.end()) {
        return;
    }
    const auto next = std::find_if(unended + 1, parts_.end(), [&](const OpenPart& part) {
        return !part.end.length || *part.end.length >= unended->field;
    });
    refuse_unbounded(plan_.fields[unended->field], plan_.fields[next->field]);
}

// ---- for writing ------------------------------------------------------------------------------

void Compiler::make_image() {
    scope().image.resize(scope().end.bytes());
    for (FieldId id = 0; id < plan_.fields.size(); ++id) {
        const Source& source = plan_.fields[id].source;
        if (source.kind == Source::Kind::constant) {
            store_constant(id, source.constant);
        } else if (source.kind == Source::Kind::parts) {
            store_constant(id, 1);
        }
    }
    for (const Measure& measure : scope().measures) {
        if (measure.is_constant()) {
            store_constant(measure.field, measure.to.bytes() - measure.from.bytes());
        }
    }
}

void Compiler::store_constant(FieldId id, std::uint64_t number) {
    const Field& field = plan_.fields[id];
    const auto& type = static_cast<const BitsType&>(*field.type);
    const Place begin = begin_of(id);
    const std::uint64_t bits = type.number_to_bits(number, *field.width);
    scope().fields[id].constant = bits;
    store_bits(scope().image.data() + begin.bytes(), begin.bits % 8, *field.width, bits);
}

void Compiler::make_runs() {
    std::size_t part = 0;
    scope().runs.push_back({0, 0, {}, std::nullopt});
    for (FieldId id = 0; id < plan_.fields.size(); ++id) {
        const Field& field = plan_.fields[id];
        const Place begin = begin_of(id);
        if (!field.width) {
            scope().runs.back().end = begin.bytes();
            scope().runs.back().part = {id, slots_[id], parts_[part++].end};
            scope().runs.push_back({begin.bytes(), 0, {}, std::nullopt});
        } else if (field.source.kind == Source::Kind::column) {
            scope().runs.back().steps.push_back(
                {id, slots_[id], begin.bytes(), begin.bits % 8, *field.width});
        }
    }
    scope().runs.back().end = scope().end.bytes();
}

void Compiler::find_split() {
    for (const Run& run : scope().runs) {
        if (run.part && plan_.fields[run.part->field].split) {
            plan_.split = {run.part->field, run.part->slot, std::nullopt};
        }
    }
    for (const Run& run : scope().runs) {
        if (plan_.split && run.part && run.part->slot == plan_.split->slot &&
            run.part->field != plan_.split->field) {
            plan_.split->repeated_by = run.part->field;
        }
    }
}

// ---- for reading ------------------------------------------------------------------------------

void Compiler::make_keys() {
    std::vector<std::optional<std::size_t>> key_of_slot(plan_.slots.size());
    for (FieldId id = 0; id < plan_.fields.size(); ++id) {
        const Source& source = plan_.fields[id].source;
        if (source.kind == Source::Kind::column || source.is_part()) {
            add_to_key(id, key_of_slot);
        }
    }
    const std::vector<Key>& keys = scope().keys;
    for (std::uint32_t index = 0; index < keys.size(); ++index) {
        scope().sorted_keys.push_back(index);
        if (keys[index].fields.size() > 1) {
            scope().shared_keys.push_back(index);
        }
    }
    std::sort(scope().sorted_keys.begin(), scope().sorted_keys.end(),
              [&](std::uint32_t left, std::uint32_t right) {
                  return comes_before(keys[left], keys[right]);
              });
}

void Compiler::add_to_key(FieldId id, std::vector<std::optional<std::size_t>>& key_of_slot) {
    const SlotId slot = slots_[id];
    if (!key_of_slot[slot]) {
        key_of_slot[slot] = scope().keys.size();
        scope().keys.push_back({plan_.slots[slot].name, {}});
    }
    Key& key = scope().keys[*key_of_slot[slot]];
    key.fields.push_back(id);
}

/// The place of section_length (ISO/IEC 13818-1, 2.4.4.11).
void Compiler::find_section_length() {
    for (FieldId id = 0; id < plan_.fields.size() && !plan_.length_of_rest; ++id) {
        const Field& field = plan_.fields[id];
        const Place begin = begin_of(id);
        if (field.source.kind == Source::Kind::length_of_rest && begin.parts == 0) {
            plan_.length_of_rest = id;
            plan_.has_section_length = begin.bits == transport::section_length_at &&
                                       *field.width == transport::section_length_width;
        }
    }
}

void Compiler::find_header() {
    constexpr std::uint32_t end = transport::section_length_at;
    for (FieldId id = 0; id < plan_.fields.size(); ++id) {
        const Field& field = plan_.fields[id];
        const std::uint32_t begin = begin_of(id).bits;
        if (!field.width || begin + *field.width > end) {
            break;
        }
        if (field.source.kind == Source::Kind::constant) {
            const std::uint32_t shift = end - begin - *field.width;
            plan_.header.mask = static_cast<std::uint16_t>(plan_.header.mask |
                                                           largest_unsigned(*field.width) << shift);
            plan_.header.bits = static_cast<std::uint16_t>(plan_.header.bits |
                                                           scope().fields[id].constant << shift);
        }
    }
}

}  // namespace

Plan compile_flat(const Layout& layout, Interrupt interrupt) {
    return Compiler(layout, interrupt).compile();
}

}  // namespace onetrip::section
