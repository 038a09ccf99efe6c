// Writes sections of rows, as a plan says. It decides nothing about a layout: places, constants and
// the ends of parts are the plan's. It knows no SQL.

#include "section/encoder.hpp"

#include <algorithm>

#include "base/bits.hpp"
#include "base/words.hpp"
#include "section/running_checksum.hpp"
#include "section/tables/writer.hpp"

namespace onetrip::section {

namespace {

[[noreturn]] void refuse_length(const Value& value, std::string complaint) {
    throw BadValue{ErrorKind::invalid_value, describe(value), std::move(complaint)};
}

/// The `size` (1 to 8) bytes that a `char` field of this text is; false if it is too long or has
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

Encoder::Encoder(const Plan& plan, Interrupt interrupt)
    : plan_(plan),
      interrupt_(interrupt),
      part_bytes_(plan.root.end.parts + 1),
      scratch_(plan.max_bytes) {
    for (const Run& run : plan.root.runs) {
        runs_.push_back(run_of(run));
        if (run.part && runs_.back().type->takes_json_text()) {
            documents_.push_back(&*run.part);
        }
    }
    for (const Measure& measure : plan.root.measures) {
        if (!measure.is_constant()) {
            measures_.push_back(measure);
        }
    }
    if (plan.table != nullptr) {
        table_ = std::make_unique<tables::Writer>(*plan.table, interrupt);
    }
}

Encoder::~Encoder() = default;

Encoder::FastRun Encoder::run_of(const Run& run) const {
    FastRun fast{run.begin, run.end, {}, nullptr, nullptr, nullptr};
    for (const Step& step : run.steps) {
        fast.steps.push_back(step_of(step));
    }
    if (run.part) {
        fast.part = &*run.part;
        fast.field = &plan_.fields[run.part->field];
        fast.type = static_cast<const BytesType*>(fast.field->type);
    }
    return fast;
}

Encoder::FastStep Encoder::step_of(const Step& step) const {
    constexpr std::size_t word = sizeof(std::uint64_t);
    const std::vector<std::uint8_t>& image = plan_.root.image;
    FastStep fast{};
    fast.step = step;
    fast.field = &plan_.fields[step.field];
    switch (fast.field->type->shortcut()) {
        case Shortcut::plain_integer:
            fast.integer_limit = largest_unsigned(std::min(step.width, 63U)) + 1;
            break;
        case Shortcut::ascii:
            fast.takes_ascii = step.width <= 64;
            break;
        case Shortcut::none:
            break;
    }
    fast.by_word = step.bit == 0 && step.width <= 64 && step.byte + word <= image.size();
    if (fast.by_word) {
        fast.shift = 64 - step.width;
        fast.bits_after = load_bits(image.data() + step.byte, 0, 64);
    }
    return fast;
}

inline bool Encoder::has_json_text(std::span<const Value> row) const {
    for (const Part* part : documents_) {
        if (row[part->slot].kind == Value::Kind::json_text) {
            return true;
        }
    }
    return false;
}

std::size_t Encoder::encode(std::span<const Value> row, SectionSink& sink, Splitting splitting) {
    if (table_ != nullptr) {
        return table_->write(row, sink, splitting);
    }
    try {
        if (has_json_text(row)) {
            return encode_parsed(row, sink, splitting);
        }
        std::uint8_t* const section = sink.begin_section(plan_.max_bytes);
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
    documents.reserve(documents_.size());
    for (const Part* part : documents_) {
        Value& value = parsed[part->slot];
        if (value.kind == Value::Kind::json_text) {
            current_ = &plan_.fields[part->field];
            documents.push_back(parse_json_text(value, interrupt_));
            value = Value::of_json(jsonb::Value::root(documents.back()), false);
        }
    }
    return encode(parsed, sink, splitting);
}

inline void Encoder::store(const FastStep& step, std::uint8_t* at, std::uint64_t bits) {
    if (step.by_word) {
        store_unsigned<std::uint64_t>(at, bits << step.shift | step.bits_after);
    } else {
        store_bits(at, step.step.bit, step.step.width, bits);
    }
}

/// Finds the bits of a value that needs no conversion by the field's type; false for all others.
inline bool Encoder::direct_bits(const FastStep& step, const Value& value, std::uint64_t& bits) {
    if (value.kind == Value::Kind::integer) {
        bits = static_cast<std::uint64_t>(value.integer);
        return bits < step.integer_limit;
    }
    if (value.kind == Value::Kind::instant) {
        bits = step.last_bits;
        return step.has_last_instant && step.last_instant == value.instant.microseconds;
    }
    return value.kind == Value::Kind::text && step.takes_ascii &&
           ascii_bits(value.view(), step.step.width / 8, bits);
}

inline void Encoder::write_run(FastRun& run, std::span<const Value> row, std::uint8_t* at) {
    if (run.end > run.begin) {
        std::memcpy(at + run.begin, plan_.root.image.data() + run.begin, run.end - run.begin);
    }
    for (FastStep& step : run.steps) {
        const Value& value = row[step.step.slot];
        std::uint64_t bits;
        if (direct_bits(step, value, bits)) {
            store(step, at + step.step.byte, bits);
        } else {
            write_converted(step, value, at + step.step.byte);
        }
    }
}

/// Writes all but the computed fields; false if the row overflows the section, with current_ the
/// field that does. The split field takes its share if there is one, and else all that its value
/// has.
bool Encoder::write(std::span<const Value> row, const Share* share, std::uint8_t* section) {
    const std::size_t room = plan_.max_bytes - plan_.root.end.bytes();
    std::uint32_t variable = 0;
    std::size_t count = 0;
    for (FastRun& run : runs_) {
        write_run(run, row, section + variable);
        if (run.part == nullptr) {
            break;
        }
        current_ = run.field;
        current_slot_ = run.part->slot;
        const bool is_shared = share != nullptr && run.field->split;
        ByteWriter writer(section + variable + run.end, is_shared ? share->room : room - variable);
        if (is_shared) {
            write_share(*share, writer);
        } else {
            run.type->write(row[run.part->slot], *run.field, writer);
            if (writer.overflowed()) {
                return false;
            }
        }
        variable += static_cast<std::uint32_t>(writer.size());
        part_bytes_[++count] = variable;
    }
    return true;
}

/// Writes as many whole items as fit.
void Encoder::write_share(const Share& share, ByteWriter& writer) {
    while (!share.items.at_end() && !writer.overflowed()) {
        share.items.write_next(writer);
    }
}

void Encoder::write_converted(FastStep& step, const Value& value, std::uint8_t* at) {
    current_ = step.field;
    if (step.field->type->coding() == FieldType::Coding::bits) {
        store(step, at, converted_bits(step, value));
    } else {
        write_bytes(step, value, at);
    }
}

std::uint64_t Encoder::converted_bits(FastStep& step, const Value& value) {
    const auto& type = static_cast<const BitsType&>(*step.field->type);
    const std::uint64_t bits = type.to_bits(value, step.step.width);
    if (value.kind == Value::Kind::instant) {
        step.last_bits = bits;
        step.last_instant = value.instant.microseconds;
        step.has_last_instant = true;
    }
    return bits;
}

void Encoder::write_bytes(const FastStep& step, const Value& value, std::uint8_t* at) {
    const auto& type = static_cast<const BytesType&>(*step.field->type);
    const std::size_t size = step.step.width / 8;
    if (step.step.bit == 0) {
        ByteWriter writer(at, size);
        type.write(value, *step.field, writer);
        return;
    }
    std::vector<std::uint8_t> bytes(size);
    ByteWriter writer(bytes.data(), size);
    type.write(value, *step.field, writer);
    for (const std::uint8_t byte : bytes) {
        store_bits(at++, step.step.bit, 8, byte);
    }
}

/// The place, in whole bytes from the section's begin.
inline std::uint32_t Encoder::offset_of(Place place) const {
    return place.bytes() + part_bytes_[place.parts];
}

inline std::uint64_t Encoder::measure(const Measure& measure) const {
    const std::uint64_t bytes = offset_of(measure.to) - offset_of(measure.from);
    const Field& field = plan_.fields[measure.field];
    if (bytes > largest_unsigned(*field.width)) {
        refuse_computed(field, static_cast<std::int64_t>(bytes));
    }
    return bytes;
}

/// Whether a JSON row says itself which part it is; it is then not split.
inline bool Encoder::numbered_by_row(std::span<const Value> row) const {
    for (const PartNumber& part : plan_.root.part_numbers) {
        if (row[part.slot].kind != Value::Kind::absent) {
            return true;
        }
    }
    return false;
}

/// Writes the computed fields into a section that is otherwise complete; returns its size.
std::size_t Encoder::finish(std::span<const Value> row, PartNumbers numbers,
                            std::uint8_t* section) {
    for (const Measure& computed : measures_) {
        const Field& field = plan_.fields[computed.field];
        current_ = &field;
        store_bits(section + offset_of(computed.at), computed.at.bits % 8, *field.width,
                   measure(computed));
    }
    if (numbers.parts != 1) {
        write_part_numbers(numbers, section);
    } else if (numbered_by_row(row)) {
        write_given_part_numbers(row, section);
    }
    if (!plan_.root.checksums.empty()) {
        write_checksums(section);
    }
    return offset_of(plan_.root.end);
}

void Encoder::write_checksums(std::uint8_t* section) const {
    RunningChecksum running({section, plan_.max_bytes});
    for (const Checksum& checksum : plan_.root.checksums) {
        const std::uint32_t at = offset_of(checksum.at);
        store_big_endian(section + at, 4, running.up_to(at));
    }
}

void Encoder::write_part_number(const PartNumber& part, std::uint64_t number,
                                std::uint8_t* section) const {
    store_part_number(section + offset_of(part.at), part.at.bits % 8,
                      *plan_.fields[part.field].width, number);
}

void Encoder::write_part_numbers(PartNumbers numbers, std::uint8_t* section) {
    for (const PartNumber& part : plan_.root.part_numbers) {
        current_ = &plan_.fields[part.field];
        write_part_number(part, numbers.of(*current_), section);
    }
}

/// A row sets all part numbers or none, and those that it sets must go together: a decoder would
/// refuse them otherwise.
void Encoder::write_given_part_numbers(std::span<const Value> row, std::uint8_t* section) {
    part_numbers_.clear();
    for (const PartNumber& part : plan_.root.part_numbers) {
        const Field& field = plan_.fields[part.field];
        current_ = &field;
        const Value& value = row[part.slot];
        if (value.kind == Value::Kind::absent) {
            refuse_missing_part(row);
        }
        write_part_number(part, part_numbers_.take(field, value), section);
    }
}

void Encoder::refuse_missing_part(std::span<const Value> row) const {
    const auto given = std::find_if(
        plan_.root.part_numbers.begin(), plan_.root.part_numbers.end(),
        [&](const PartNumber& part) { return row[part.slot].kind != Value::Kind::absent; });
    refuse_partly_numbered(plan_.fields[given->field].name);
}

/// Refuses a row that does not fit into one section and must not take several.
void Encoder::refuse_split(std::span<const Value> row, Splitting splitting) {
    if (!plan_.split || numbered_by_row(row)) {
        refuse_length(row[current_slot_], "does not fit into a section of at most " +
                                              std::to_string(plan_.max_bytes) + " bytes");
    }
    const std::string several =
        "needs several sections of at most " + std::to_string(plan_.max_bytes) + " bytes";
    const SplitField& split = *plan_.split;
    current_ = &plan_.fields[split.field];
    if (split.repeated_by) {
        refuse_length(row[split.slot], several + ", each of which would repeat the items in \"" +
                                           plan_.fields[*split.repeated_by].name +
                                           "\", which has the same source");
    }
    if (splitting == Splitting::refused) {
        throw BadValue{ErrorKind::invalid_value, describe(row[split.slot]), several,
                       "Use encode_sections, which has a row for each of them."};
    }
}

/// Spreads the items of the split field over sections. The number of sections must be known before
/// the first is written, so that the items are walked twice; nothing is collected.
std::size_t Encoder::split(std::span<const Value> row, SectionSink& sink, Splitting splitting) {
    refuse_split(row, splitting);
    const Field& field = plan_.fields[plan_.split->field];
    const auto& type = static_cast<const BytesType&>(*field.type);
    const std::size_t room = room_for_items(row);
    current_ = &field;
    const std::unique_ptr<Items> items = type.items_of(row[plan_.split->slot], field);
    const Share share{*items, room};
    PartNumbers numbers = PartNumbers::first_of(count_parts(share));
    for (items->restart(); !items->at_end(); ++numbers.part) {
        interrupt_();
        std::uint8_t* const section = sink.begin_section(plan_.max_bytes);
        write(row, &share, section);
        sink.end_section(finish(row, numbers, section));
    }
    return numbers.parts;
}

/// The room that the fields repeated in each section leave for items.
std::size_t Encoder::room_for_items(std::span<const Value> row) {
    const Field& field = plan_.fields[plan_.split->field];
    const auto& type = static_cast<const BytesType&>(*field.type);
    const Value no_value;
    const std::unique_ptr<Items> no_items = type.items_of(no_value, field);
    const Share nothing{*no_items, 0};
    if (!write(row, &nothing, scratch_.data())) {
        refuse_length(row[current_slot_], "does not fit into a section of at most " +
                                              std::to_string(plan_.max_bytes) + " bytes");
    }
    return plan_.max_bytes - offset_of(plan_.root.end);
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
                         "\" of layout \"" + plan_.name + "\"",
                     "The value " + bad.value + " " + bad.complaint + "; the field has " +
                         describe_width_and_type(field) + ".",
                     bad.hint);
}

}  // namespace onetrip::section
