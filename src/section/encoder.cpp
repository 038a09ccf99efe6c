#include "section/encoder.hpp"

#include <algorithm>

#include "base/bits.hpp"
#include "section/types/field_type.hpp"
#include "transport/crc32_mpeg2.hpp"

namespace onetrip::section {

namespace {

/// What the message calls a value that is bad in this way.
const char* describe(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::out_of_range:
            return "value out of range";
        case ErrorKind::null_not_allowed:
            return "null value not allowed";
        case ErrorKind::time_out_of_range:
            return "date or time out of range";
        default:
            return "invalid value";
    }
}

std::string describe_width(const Field& field) {
    return field.width ? count(*field.width, "bit") : std::string("width *");
}

[[noreturn]] void refuse_length(const Value& value, std::string complaint) {
    throw BadValue{ErrorKind::invalid_value, describe(value), std::move(complaint)};
}

/// Of a number that the encoder computes.
[[noreturn]] void refuse_computed(const Field& field, std::uint64_t number, const char* hint = "") {
    throw BadValue{ErrorKind::out_of_range, std::to_string(number),
                   "of " + print_source(field.source) + " is outside 0 to " +
                       std::to_string(largest_unsigned(*field.width)),
                   hint};
}

/// The `size` (1 to 8) bytes that a `char` field of this text is; false where it is too long or has
/// another character than those of ASCII.
inline bool ascii_bits(std::string_view text, std::size_t size, std::uint64_t& bits) {
    if (text.size() > size) {
        return false;
    }
    bits = 0;
    for (const char character : text) {
        bits = bits << 8 | static_cast<unsigned char>(character);
    }
    for (std::size_t written = text.size(); written < size; ++written) {
        bits = bits << 8 | ' ';
    }
    return (bits & 0x8080'8080'8080'8080) == 0;
}

}  // namespace

Encoder::Encoder(const Layout& layout, Interrupt interrupt)
    : layout_(layout),
      interrupt_(interrupt),
      image_(layout.block.end.fixed_bytes()),
      runs_(1),
      variable_bytes_(layout.block.end.variable_fields + 1),
      scratch_(layout.max_bytes) {
    for (const Element& element : layout.block.elements) {
        if (const auto* field = std::get_if<Field>(&element)) {
            add_field(*field);
        }
    }
    runs_.back().end = layout.block.end.fixed_bytes();
    for (const Field* field : items_) {
        const bool repeats = split_ != nullptr && field != split_ && field->slot == split_->slot;
        repeats_split_ = repeats ? field : repeats_split_;
    }
    add_words();
}

void Encoder::add_field(const Field& field) {
    if (field.source.kind == Source::Kind::constant) {
        add_constant(field, field.source.constant);
    } else if (field.source.is_measure() &&
               field.measured_begin.variable_fields == field.measured_end.variable_fields) {
        add_constant(field, field.measured_end.fixed_bytes() - field.measured_begin.fixed_bytes());
    } else if (field.source.kind == Source::Kind::checksum) {
        checksums_.push_back(&field);
    } else if (field.source.is_measure()) {
        measures_.push_back(&field);
    } else if (field.source.is_part()) {
        parts_.push_back(&field);
        add_constant(field, field.source.kind == Source::Kind::parts ? 1 : 0);
    } else if (field.width) {
        runs_.back().steps.push_back(step_of(field));
    } else {
        runs_.back().end = field.begin.fixed_bytes();
        runs_.back().variable = &field;
        runs_.push_back({field.begin.fixed_bytes(), 0, {}, nullptr});
        split_ = field.split ? &field : split_;
        if (field.type == &tlv) {
            items_.push_back(&field);
        }
    }
}

void Encoder::add_constant(const Field& field, std::uint64_t number) {
    const auto& type = static_cast<const BitsType&>(*field.type);
    store_bits(image_.data() + field.begin.fixed_bytes(), field.begin.fixed_bits % 8, *field.width,
               type.number_to_bits(number, *field.width));
}

Encoder::Step Encoder::step_of(const Field& field) {
    Step step{};
    step.field = &field;
    step.slot = field.slot;
    step.byte = field.begin.fixed_bytes();
    step.bit = field.begin.fixed_bits % 8;
    step.width = *field.width;
    if (field.type == &uimsbf || field.type == &bslbf) {
        step.integer_limit = largest_unsigned(std::min(step.width, 63U)) + 1;
    }
    step.takes_ascii = field.type == &char_type && step.width <= 64;
    return step;
}

/// Done last, when the image has all constants.
void Encoder::add_words() {
    constexpr std::size_t word = sizeof(std::uint64_t);
    for (Run& run : runs_) {
        for (Step& step : run.steps) {
            step.by_word = step.bit == 0 && step.width <= 64 && step.byte + word <= image_.size();
            if (step.by_word) {
                step.shift = 64 - step.width;
                step.behind = load_bits(image_.data() + step.byte, 0, 64);
            }
        }
    }
}

inline bool Encoder::has_json_text(std::span<const Value> row) const {
    for (const Field* field : items_) {
        if (row[field->slot].kind == Value::Kind::json_text) {
            return true;
        }
    }
    return false;
}

std::size_t Encoder::encode(std::span<const Value> row, SectionSink& sink, Splitting splitting) {
    try {
        if (has_json_text(row)) {
            return encode_parsed(row, sink, splitting);
        }
        std::uint8_t* const section = sink.begin_section(layout_.max_bytes);
        if (!write(row, nullptr, section)) {
            return split(row, sink, splitting);
        }
        // Most rows take one section, whose part numbers are in the image.
        sink.end_section(finish(row, {}, section));
        return 1;
    } catch (const BadValue& bad) {
        raise(bad);
    }
}

/// JSON text is parsed once a row, however many sections it takes.
std::size_t Encoder::encode_parsed(std::span<const Value> row, SectionSink& sink,
                                   Splitting splitting) {
    std::vector<Value> parsed(row.begin(), row.end());
    std::vector<std::vector<std::uint8_t>> documents;
    documents.reserve(items_.size());
    for (const Field* field : items_) {
        Value& value = parsed[field->slot];
        if (value.kind == Value::Kind::json_text) {
            current_ = field;
            documents.push_back(parse_items(value, interrupt_));
            value = Value::of_json(jsonb::Value::root(documents.back()), false);
        }
    }
    return encode(parsed, sink, splitting);
}

inline void Encoder::store(const Step& step, std::uint8_t* at, std::uint64_t bits) {
    if (step.by_word) {
        store_unsigned<std::uint64_t>(at, bits << step.shift | step.behind);
    } else {
        store_bits(at, step.bit, step.width, bits);
    }
}

/// The bits of what needs no conversion by the field's type; false for all else.
inline bool Encoder::direct_bits(const Step& step, const Value& value, std::uint64_t& bits) {
    if (value.kind == Value::Kind::integer) {
        bits = static_cast<std::uint64_t>(value.integer);
        return bits < step.integer_limit;
    }
    if (value.kind == Value::Kind::instant) {
        bits = step.last_bits;
        return step.has_last_instant && step.last_instant == value.instant.microseconds;
    }
    return value.kind == Value::Kind::text && step.takes_ascii &&
           ascii_bits(value.view(), step.width / 8, bits);
}

inline void Encoder::write_run(Run& run, std::span<const Value> row, std::uint8_t* at) {
    if (run.end > run.begin) {
        std::memcpy(at + run.begin, image_.data() + run.begin, run.end - run.begin);
    }
    for (Step& step : run.steps) {
        const Value& value = row[step.slot];
        std::uint64_t bits;
        if (direct_bits(step, value, bits)) {
            store(step, at + step.byte, bits);
        } else {
            write_converted(step, value, at + step.byte);
        }
    }
}

/// Writes all but the computed fields; false where the row overflows the section, with current_ the
/// field that does. With a share, the split field takes that, and else all that its value has.
bool Encoder::write(std::span<const Value> row, const Share* share, std::uint8_t* section) {
    const std::size_t room = layout_.max_bytes - layout_.block.end.fixed_bytes();
    std::uint32_t variable = 0;
    std::size_t count = 0;
    for (Run& run : runs_) {
        write_run(run, row, section + variable);
        if (run.variable == nullptr) {
            break;
        }
        current_ = run.variable;
        const bool is_shared = share != nullptr && current_->split;
        ByteWriter writer(section + variable + run.end, is_shared ? share->room : room - variable);
        if (is_shared) {
            write_share(*share, writer);
        } else {
            const auto& type = static_cast<const BytesType&>(*current_->type);
            type.write(row[current_->slot], *current_, writer);
            if (writer.overflowed()) {
                return false;
            }
        }
        variable += static_cast<std::uint32_t>(writer.size());
        variable_bytes_[++count] = variable;
    }
    return true;
}

/// As many whole items as fit.
void Encoder::write_share(const Share& share, ByteWriter& writer) {
    while (!share.items.at_end() && !writer.overflowed()) {
        share.items.write_next(writer);
    }
}

void Encoder::write_converted(Step& step, const Value& value, std::uint8_t* at) {
    current_ = step.field;
    if (step.field->type->coding() == FieldType::Coding::bits) {
        store(step, at, converted_bits(step, value));
    } else {
        write_bytes(step, value, at);
    }
}

std::uint64_t Encoder::converted_bits(Step& step, const Value& value) {
    const auto& type = static_cast<const BitsType&>(*step.field->type);
    const std::uint64_t bits = type.to_bits(value, step.width);
    if (value.kind == Value::Kind::instant) {
        step.last_bits = bits;
        step.last_instant = value.instant.microseconds;
        step.has_last_instant = true;
    }
    return bits;
}

void Encoder::write_bytes(const Step& step, const Value& value, std::uint8_t* at) {
    const Field& field = *step.field;
    const auto& type = static_cast<const BytesType&>(*field.type);
    const std::size_t size = step.width / 8;
    if (step.bit == 0) {
        ByteWriter writer(at, size);
        type.write(value, field, writer);
        return;
    }
    std::vector<std::uint8_t> bytes(size);
    ByteWriter writer(bytes.data(), size);
    type.write(value, field, writer);
    for (const std::uint8_t byte : bytes) {
        store_bits(at++, step.bit, 8, byte);
    }
}

inline std::uint8_t* Encoder::place_of(const Field& field, std::uint8_t* section) const {
    return section + offset_of(field.begin);
}

/// In whole bytes from the section's begin.
inline std::uint32_t Encoder::offset_of(Position position) const {
    return position.fixed_bytes() + variable_bytes_[position.variable_fields];
}

inline std::uint64_t Encoder::measure(const Field& field) const {
    const std::uint64_t bytes = offset_of(field.measured_end) - offset_of(field.measured_begin);
    if (bytes > largest_unsigned(*field.width)) {
        refuse_computed(field, bytes);
    }
    return bytes;
}

/// Whether a JSON row says itself which part it is; it is then not split.
inline bool Encoder::numbered_by_row(std::span<const Value> row) const {
    for (const Field* field : parts_) {
        if (row[field->slot].kind != Value::Kind::absent) {
            return true;
        }
    }
    return false;
}

/// Writes the computed fields into a section that is otherwise complete; returns its size.
std::size_t Encoder::finish(std::span<const Value> row, PartNumbers numbers,
                            std::uint8_t* section) {
    for (const Field* field : measures_) {
        current_ = field;
        store_bits(place_of(*field, section), field->begin.fixed_bits % 8, *field->width,
                   measure(*field));
    }
    if (numbers.parts != 1) {
        write_part_numbers(numbers, section);
    } else if (numbered_by_row(row)) {
        write_given_part_numbers(row, section);
    }
    if (!checksums_.empty()) {
        write_checksums(section);
    }
    return offset_of(layout_.block.end);
}

/// Each goes on from the one before it, which it covers.
void Encoder::write_checksums(std::uint8_t* section) const {
    std::uint8_t* end = section;
    std::uint32_t crc = 0;
    for (const Field* field : checksums_) {
        std::uint8_t* const at = place_of(*field, section);
        crc = end == section ? transport::crc32_mpeg2({section, at})
                             : transport::crc32_mpeg2({end, at}, crc);
        store_big_endian(at, 4, crc);
        end = at;
    }
}

void Encoder::write_part_number(const Field& field, std::uint64_t number,
                                std::uint8_t* section) const {
    std::uint8_t* const at = place_of(field, section);
    const unsigned bit = field.begin.fixed_bits % 8;
    clear_bits(at, bit, *field.width);
    store_bits(at, bit, *field.width, number);
}

void Encoder::write_part_numbers(PartNumbers numbers, std::uint8_t* section) {
    for (const Field* field : parts_) {
        current_ = field;
        write_part_number(*field, part_number(*field, numbers), section);
    }
}

/// A row sets all part numbers or none, and those that it sets must go together: a decoder would
/// refuse them otherwise.
void Encoder::write_given_part_numbers(std::span<const Value> row, std::uint8_t* section) {
    part_numbers_.clear();
    for (const Field* field : parts_) {
        current_ = field;
        const Value& value = row[field->slot];
        if (value.kind == Value::Kind::absent) {
            refuse_missing_part(row);
        }
        const std::uint64_t number =
            static_cast<const BitsType*>(field->type)->to_bits(value, *field->width);
        const std::string problem = part_numbers_.judge(*field, number);
        if (!problem.empty()) {
            throw BadValue{ErrorKind::invalid_value, describe(value),
                           "contradicts the part numbers of the row: " + problem};
        }
        write_part_number(*field, number, section);
    }
}

void Encoder::refuse_missing_part(std::span<const Value> row) const {
    const auto given = std::find_if(parts_.begin(), parts_.end(), [&](const Field* field) {
        return row[field->slot].kind != Value::Kind::absent;
    });
    const std::string& name = (*given)->name;
    throw BadValue{
        ErrorKind::invalid_value, "NULL",
        "stands for a key that is not there, though the row sets the part number \"" + name + "\"",
        "A row sets all part numbers or none of them. If \"" + name +
            "\" is a column that is none, leave it out, as in to_jsonb(r) - '" + name + "'."};
}

std::uint64_t Encoder::part_number(const Field& field, PartNumbers numbers) {
    const std::uint64_t number = field.source.kind == Source::Kind::part        ? numbers.part
                                 : field.source.kind == Source::Kind::last_part ? numbers.parts - 1
                                                                                : numbers.parts;
    if (number > largest_unsigned(*field.width)) {
        refuse_computed(field, number,
                        "Make the field wider, the section larger, or the row shorter.");
    }
    return number;
}

/// Refuses a row that does not fit into one section and must not take several.
void Encoder::refuse_split(std::span<const Value> row, Splitting splitting) {
    if (split_ == nullptr || numbered_by_row(row)) {
        refuse_length(row[current_->slot], "does not fit into a section of at most " +
                                               std::to_string(layout_.max_bytes) + " bytes");
    }
    const std::string several =
        "needs several sections of at most " + std::to_string(layout_.max_bytes) + " bytes";
    current_ = split_;
    if (repeats_split_ != nullptr) {
        refuse_length(row[split_->slot], several + ", each of which would repeat the items in \"" +
                                             repeats_split_->name +
                                             "\", which has the same source");
    }
    if (splitting == Splitting::refused) {
        throw BadValue{ErrorKind::invalid_value, describe(row[split_->slot]), several,
                       "Use encode_sections, which has a row for each of them."};
    }
}

/// Spreads the items of the split field over sections. The number of sections must be known before
/// the first is written, so that the items are walked twice; nothing is collected.
std::size_t Encoder::split(std::span<const Value> row, SectionSink& sink, Splitting splitting) {
    refuse_split(row, splitting);
    const std::size_t room = room_for_items(row);
    current_ = split_;
    TlvItems items(row[split_->slot], split_->tlv);
    const Share share{items, room};
    PartNumbers numbers{0, count_parts(share)};
    for (items.restart(); !items.at_end(); ++numbers.part) {
        interrupt_();
        std::uint8_t* const section = sink.begin_section(layout_.max_bytes);
        write(row, &share, section);
        sink.end_section(finish(row, numbers, section));
    }
    return numbers.parts;
}

/// What the fields that are repeated in each section leave for items.
std::size_t Encoder::room_for_items(std::span<const Value> row) {
    const Value no_value;
    TlvItems no_items(no_value, split_->tlv);
    const Share nothing{no_items, 0};
    if (!write(row, &nothing, scratch_.data())) {
        refuse_length(row[current_->slot], "does not fit into a section of at most " +
                                               std::to_string(layout_.max_bytes) + " bytes");
    }
    return layout_.max_bytes - offset_of(layout_.block.end);
}

std::uint64_t Encoder::count_parts(const Share& share) {
    std::uint64_t parts = 0;
    for (; !share.items.at_end(); ++parts) {
        interrupt_();
        ByteWriter writer(scratch_.data(), share.room);
        write_share(share, writer);
        if (writer.size() == 0) {
            throw BadValue{ErrorKind::invalid_value, share.items.describe_next(),
                           "does not fit into the " + std::to_string(share.room) +
                               " bytes that a section has for items"};
        }
    }
    return parts;
}

void Encoder::raise(const BadValue& bad) const {
    const Field& field = *current_;
    throw FieldError(bad.kind, field.name,
                     std::string(describe(bad.kind)) + " for field \"" + field.name +
                         "\" of layout \"" + layout_.name + "\"",
                     "The value " + bad.value + " " + bad.complaint + "; the field has " +
                         describe_width(field) + " and type " + print_type(field) + ".",
                     bad.hint);
}

}  // namespace onetrip::section
