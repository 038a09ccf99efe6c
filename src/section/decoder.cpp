#include "section/decoder.hpp"

#include <algorithm>

#include "base/bits.hpp"
#include "jsonb/json_parser.hpp"
#include "section/types/decoded_text.hpp"
#include "section/types/tlv_reader.hpp"
#include "transport/crc32_mpeg2.hpp"

namespace onetrip::section {

namespace {

/// Where section_length ends (ISO/IEC 13818-1, 2.4.4.11), and its width.
constexpr std::uint32_t end_of_section_length = 24;
constexpr std::uint32_t width_of_section_length = 12;

/// Sizes that damaged bytes claim are cut here, far behind any section, so that sums stay small.
constexpr std::uint64_t far = std::uint64_t{1} << 32;

std::uint64_t without(std::uint64_t whole, std::uint64_t part) {
    return part > whole ? 0 : whole - part;
}

std::string count_of_bytes(std::uint64_t count) {
    return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

bool is_plain_integer(const Field& field) {
    return field.type == &uimsbf || field.type == &bslbf;
}

constexpr std::size_t no_key = ~std::size_t{0};

bool takes_value(const Field& field) {
    return field.source.kind == Source::Kind::column || field.source.is_part();
}

/// Puts the faults of a field's bytes where the section's are.
class SectionFaults final : public FaultsOfBytes {
  public:
    SectionFaults(const Field& field, std::size_t begin, std::vector<Fault>& faults)
        : field_(field), begin_(begin), faults_(faults) {}

    void add(std::size_t byte, std::string problem) override {
        faults_.push_back({&field_, begin_ + byte, std::move(problem)});
    }

  private:
    const Field& field_;
    std::size_t begin_;
    std::vector<Fault>& faults_;
};

}  // namespace

// ---- compiling --------------------------------------------------------------------------------

Decoder::Decoder(const Layout& layout, HoldsText holds)
    : layout_(layout),
      holds_(holds),
      key_of_slot_(layout.slots.size(), no_key),
      variable_bytes_(layout.block.end.variable_fields + 1) {
    for (const Element& element : layout.block.elements) {
        if (const auto* field = std::get_if<Field>(&element)) {
            add_step(*field);
        }
    }
    add_variables();
    find_header();
}

void Decoder::add_step(const Field& field) {
    Step step{&field, nullptr, nullptr, 0};
    if (field.type->coding() == FieldType::Coding::bits) {
        step.bits = static_cast<const BitsType*>(field.type);
    } else {
        step.bytes = static_cast<const BytesType*>(field.type);
    }
    if (field.source.kind == Source::Kind::constant) {
        step.constant = step.bits->number_to_bits(field.source.constant, *field.width);
    }
    if (field.source.kind == Source::Kind::length_of_rest && field.begin.variable_fields == 0 &&
        !length_of_rest_) {
        length_of_rest_ = steps_.size();
        has_section_length_ =
            *field.width == width_of_section_length &&
            field.begin.fixed_bits == end_of_section_length - width_of_section_length;
    }
    if (takes_value(field)) {
        add_key(field, steps_.size());
    }
    steps_.push_back(step);
}

void Decoder::add_key(const Field& field, std::size_t step) {
    std::size_t& index = key_of_slot_[field.slot];
    if (index == no_key) {
        index = keys_.size();
        keys_.push_back({layout_.slots[field.slot].name, {}, {}});
    }
    Key& key = keys_[index];
    if (is_new_candidate(key, field)) {
        key.candidates.push_back(step);
    }
    key.steps.push_back(step);
}

bool Decoder::is_new_candidate(const Key& key, const Field& field) const {
    return std::none_of(key.candidates.begin(), key.candidates.end(), [&](std::size_t candidate) {
        const Field& other = *steps_[candidate].field;
        return other.type == field.type && other.tlv == field.tlv;
    });
}

/// The rules are those of refuse_undecodable in layout_resolver.cpp, which has made sure that one
/// of them finds the end of every field of width `*`.
void Decoder::add_variables() {
    const Measures measures = first_measures();
    for (std::size_t step = 0; step < steps_.size(); ++step) {
        const Field& field = *steps_[step].field;
        if (!field.width) {
            variables_.push_back({step, measure_before(step, field.name, measures), {}, {}, {}});
        }
    }
    add_bounds(measures);
}

/// From the last field to the first, so that what lies between each of them and the end, or the
/// nearest label behind it, is known: `*` fields whose lengths have all been read by then, or not.
void Decoder::add_bounds(const Measures& measures) {
    constexpr std::size_t none = ~std::size_t{0};
    const std::vector<Element>& elements = layout_.block.elements;
    const Label* label = nullptr;
    std::size_t end_known_at = 0;  // the first step at which all lengths up to there have been read
    std::size_t label_known_at = 0;
    std::size_t variable = variables_.size();
    for (std::size_t i = elements.size(); i-- > 0;) {
        const auto* const field = std::get_if<Field>(&elements[i]);
        if (field == nullptr) {
            label = &std::get<Label>(elements[i]);
            label_known_at = 0;
        } else if (!field->width) {
            Variable& bounded = variables_[--variable];
            if (end_known_at <= bounded.step) {
                bounded.to_end = bound_up_to(variable, layout_.block.end);
            }
            if (label != nullptr && label_known_at <= bounded.step) {
                bounded.offset = measure_before(bounded.step, label->name, measures);
                bounded.to_label = bound_up_to(variable, label->position);
            }
            const std::size_t known_at = bounded.length ? *bounded.length + 1 : none;
            end_known_at = std::max(end_known_at, known_at);
            label_known_at = std::max(label_known_at, known_at);
        }
    }
}

Decoder::Bound Decoder::bound_up_to(std::size_t variable, Position end) const {
    const std::uint32_t begin_bits = steps_[variables_[variable].step].field->begin.fixed_bits;
    return {(end.fixed_bits - begin_bits) / 8, variable + 1, end.variable_fields};
}

Decoder::Measures Decoder::first_measures() const {
    Measures measures;
    for (std::size_t step = 0; step < steps_.size(); ++step) {
        const Source& source = steps_[step].field->source;
        if (source.kind == Source::Kind::length_of_field ||
            source.kind == Source::Kind::offset_of_label) {
            measures.emplace(source.name, step);
        }
    }
    return measures;
}

std::optional<std::size_t> Decoder::measure_before(std::size_t step, std::string_view name,
                                                   const Measures& measures) {
    const auto found = measures.find(name);
    return found != measures.end() && found->second < step ? std::optional(found->second)
                                                           : std::nullopt;
}

void Decoder::find_header() {
    constexpr std::uint32_t end = end_of_section_length - width_of_section_length;
    for (const Step& step : steps_) {
        const std::uint32_t begin = step.field->begin.fixed_bits;
        if (!step.field->width || begin + *step.field->width > end) {
            break;
        }
        if (step.field->source.kind == Source::Kind::constant) {
            const std::uint32_t shift = end - begin - *step.field->width;
            header_.mask = static_cast<std::uint16_t>(
                header_.mask | largest_unsigned(*step.field->width) << shift);
            header_.bits = static_cast<std::uint16_t>(header_.bits | step.constant << shift);
        }
    }
}

// ---- reading ----------------------------------------------------------------------------------

/// Sound bytes read alike whatever is believed. Where they contradict themselves, the reading with
/// the fewest faults is the likeliest: a wrong section_length is then one fault, and not that and
/// everything behind it read at the wrong place.
const std::vector<Fault>& Decoder::check(std::span<const std::uint8_t> section) {
    section_ = section;
    read({section.size(), length_of_rest_.has_value()});
    if (faults_.empty() || section.size() > largest_read) {
        return faults_;
    }
    Reading best = reading_;
    std::size_t fewest = faults_.size();
    const auto try_reading = [&](Reading reading) {
        read(reading);
        if (faults_.size() < fewest) {
            fewest = faults_.size();
            best = reading;
        }
    };
    try_reading({section.size(), !best.trust_end});
    if (const std::uint64_t end = declared_end(); end != section.size()) {
        try_reading({static_cast<std::size_t>(end), true});
        try_reading({static_cast<std::size_t>(end), false});
    }
    read(best);
    std::stable_sort(faults_.begin(), faults_.end(),
                     [](const Fault& a, const Fault& b) { return a.byte < b.byte; });
    return faults_;
}

/// Where length() says that the section ends; its real end where none does.
std::uint64_t Decoder::declared_end() const {
    if (!length_of_rest_ || !is_whole(steps_[*length_of_rest_])) {
        return section_.size();
    }
    return load_measure(*length_of_rest_) +
           steps_[*length_of_rest_].field->measured_begin.fixed_bytes();
}

void Decoder::read(Reading reading) {
    reading_ = reading;
    faults_.clear();
    is_faulty_.assign(steps_.size(), false);
    part_numbers_.clear();
    checksum_end_ = 0;
    if (section_.size() > largest_read) {
        judge_size();
        return;
    }
    place();
    for (const Step& step : steps_) {
        if (!is_whole(step)) {
            const bool is_begun = bit_of(step) < section_.size() * 8;
            add_fault(step, "the section ends at byte " + std::to_string(section_.size()) +
                                (is_begun ? ", within this field" : ", before this field"));
            break;
        }
        judge(step);
    }
    judge_end();
    for (const Key& key : keys_) {
        if (key.steps.size() > 1) {
            judge_key(key);
        }
    }
}

/// Finds how long each field of width `*` is, and so where all that is behind it lies.
void Decoder::place() {
    between_ = {};
    std::size_t count = 0;
    for (const Variable& variable : variables_) {
        const Step& step = steps_[variable.step];
        const std::size_t size = size_of(variable, bit_of(step) / 8);
        variable_bytes_[count + 1] = variable_bytes_[count] + size;
        ++count;
    }
}

std::size_t Decoder::size_of(const Variable& variable, std::size_t begin) {
    const bool is_measured = variable.length || variable.offset;
    if (variable.to_end && (reading_.trust_end || !is_measured)) {
        return distance(without(reading_.end, begin), *variable.to_end);
    }
    if (variable.length) {
        return static_cast<std::size_t>(load_measure(*variable.length));
    }
    return distance(without(load_measure(*variable.offset), begin), variable.to_label);
}

std::size_t Decoder::distance(std::uint64_t whole, const Bound& bound) {
    return static_cast<std::size_t>(
        without(without(whole, bound.fixed_between), lengths_between(bound)));
}

/// Where the last sum was of the same fields and the one before them, it is that less this one: so
/// a row of fields up to the end is added up once.
std::uint64_t Decoder::lengths_between(const Bound& bound) {
    if (between_.end == bound.end_between && between_.first + 1 == bound.first_between &&
        bound.first_between <= bound.end_between) {
        between_.sum -= load_measure(*variables_[between_.first].length);
        between_.first = bound.first_between;
        return between_.sum;
    }
    between_ = {bound.first_between, bound.end_between, 0};
    for (std::size_t i = bound.first_between; i < bound.end_between; ++i) {
        between_.sum += load_measure(*variables_[i].length);
    }
    return between_.sum;
}

std::uint64_t Decoder::load_measure(std::size_t step) const {
    return is_whole(steps_[step]) ? std::min(bits_of(steps_[step]), far) : 0;
}

std::size_t Decoder::width_of(const Step& step) const {
    if (step.field->width) {
        return *step.field->width;
    }
    const std::uint32_t before = step.field->begin.variable_fields;
    return (variable_bytes_[before + 1] - variable_bytes_[before]) * 8;
}

bool Decoder::is_whole(const Step& step) const {
    return bit_of(step) + width_of(step) <= section_.size() * 8;
}

std::uint64_t Decoder::bits_of(const Step& step) const {
    return load_bits(section_.data(), bit_of(step), *step.field->width);
}

/// `aligned` holds the bytes of a field that does not begin on a byte boundary.
std::span<const std::uint8_t> Decoder::bytes_of(const Step& step,
                                                std::vector<std::uint8_t>& aligned) const {
    const std::size_t bit = bit_of(step);
    const std::size_t size = width_of(step) / 8;
    if (bit % 8 == 0) {
        return section_.subspan(bit / 8, size);
    }
    aligned.resize(size);
    for (std::size_t i = 0; i < size; ++i) {
        aligned[i] = static_cast<std::uint8_t>(load_bits(section_.data(), bit + 8 * i, 8));
    }
    return aligned;
}

// ---- judging ----------------------------------------------------------------------------------

void Decoder::add_fault(const Step& step, std::string problem) {
    const std::size_t byte = std::min(bit_of(step) / 8, section_.size());
    faults_.push_back({step.field, byte, std::move(problem)});
    is_faulty_[index_of(step)] = true;
}

void Decoder::judge(const Step& step) {
    if (step.bytes != nullptr) {
        judge_bytes(step);
        return;
    }
    judge_bits(step, bits_of(step));
}

void Decoder::judge_bytes(const Step& step) {
    SectionFaults faults(*step.field, bit_of(step) / 8, faults_);
    std::vector<std::uint8_t> aligned;
    const std::size_t before = faults_.size();
    step.bytes->judge(bytes_of(step, aligned), *step.field, faults);
    is_faulty_[index_of(step)] = is_faulty_[index_of(step)] || faults_.size() > before;
}

void Decoder::judge_bits(const Step& step, std::uint64_t bits) {
    switch (step.field->source.kind) {
        case Source::Kind::constant:
            judge_constant(step, bits);
            break;
        case Source::Kind::length_of_rest:
        case Source::Kind::length_of_field:
        case Source::Kind::offset_of_label:
            judge_measure(step, bits);
            break;
        case Source::Kind::checksum:
            judge_checksum(step, bits);
            break;
        case Source::Kind::part:
        case Source::Kind::last_part:
        case Source::Kind::parts:
            judge_part(step, bits);
            break;
        case Source::Kind::column:
            if (std::string problem = step.bits->judge(bits, *step.field->width);
                !problem.empty()) {
                add_fault(step, std::move(problem));
            }
            break;
    }
}

void Decoder::judge_constant(const Step& step, std::uint64_t bits) {
    if (bits == step.constant) {
        return;
    }
    const std::uint32_t width = *step.field->width;
    const bool is_decimal = step.field->source.name.find_first_of("xXbB") == std::string::npos;
    const auto print = [&](std::uint64_t number) {
        return is_decimal && step.field->type != &bcd ? step.bits->print(number, width)
                                                      : print_hex(number, width);
    };
    add_fault(step, "found " + print(bits) + ", where the layout has " + print(step.constant));
}

/// What length() counts ends with the bytes, but for those that are left over where it is believed
/// and the fields end where it says: they are a fault of their own.
std::size_t Decoder::measure(const Field& field) const {
    std::size_t end = offset_of(field.measured_end);
    if (field.source.kind == Source::Kind::length_of_rest) {
        end = end == reading_.end ? std::min(end, section_.size()) : section_.size();
    }
    return without(end, offset_of(field.measured_begin));
}

void Decoder::judge_measure(const Step& step, std::uint64_t bits) {
    const Field& field = *step.field;
    const std::size_t bytes = measure(field);
    if (bits == bytes) {
        return;
    }
    const std::string found = "found " + std::to_string(bits) + ", but ";
    if (field.source.kind == Source::Kind::length_of_rest) {
        add_fault(step, found + count_of_bytes(bytes) + (bytes == 1 ? " follows" : " follow"));
    } else if (field.source.kind == Source::Kind::length_of_field) {
        add_fault(step, found + field.source.name + " takes " + count_of_bytes(bytes));
    } else {
        add_fault(step, found + field.source.name + " begins at byte " + std::to_string(bytes));
    }
}

void Decoder::judge_checksum(const Step& step, std::uint64_t bits) {
    const std::uint32_t crc = checksum_up_to(bit_of(step) / 8);
    if (bits != crc) {
        add_fault(step, "found " + print_hex(bits, 32) +
                            ", but the CRC_32 of the bytes before is " + print_hex(crc, 32));
    }
}

/// Goes on from the last one: checksums come in the order of their bytes.
std::uint32_t Decoder::checksum_up_to(std::size_t end) {
    const std::span<const std::uint8_t> bytes = section_.first(end).subspan(checksum_end_);
    checksum_ = checksum_end_ == 0 ? transport::crc32_mpeg2(bytes)
                                   : transport::crc32_mpeg2(bytes, checksum_);
    checksum_end_ = end;
    return checksum_;
}

/// Part numbers count from 0 to the last part's, and all of a section must say so.
void Decoder::judge_part(const Step& step, std::uint64_t bits) {
    if (const std::string problem = part_numbers_.judge(*step.field, bits); !problem.empty()) {
        add_fault(step, "found " + problem);
    }
}

void Decoder::judge_end() {
    if (const std::size_t end = offset_of(layout_.block.end); end < section_.size()) {
        const std::size_t left = section_.size() - end;
        faults_.push_back({steps_.back().field, end,
                           count_of_bytes(left) + (left == 1 ? " is" : " are") +
                               " left over behind the last field"});
    }
    judge_size();
}

void Decoder::judge_size() {
    if (section_.size() > layout_.max_bytes) {
        faults_.push_back({steps_.back().field, layout_.max_bytes,
                           "the section takes " + count_of_bytes(section_.size()) +
                               ", more than the " + std::to_string(layout_.max_bytes) +
                               " that the layout allows"});
    }
}

/// Fields of one source must have been written from one value. Fields that are cut off or have a
/// fault of their own are not asked.
void Decoder::judge_key(const Key& key) {
    for (const std::size_t step : key.steps) {
        if (is_faulty_[step] || !is_whole(steps_[step])) {
            return;
        }
    }
    if (!all_equal(key) && !common_value(key)) {
        add_disagreement(key);
    }
}

/// At the first field that is not written from what the key's first field is decoded to.
void Decoder::add_disagreement(const Key& key) {
    const Step& first = steps_[key.steps.front()];
    std::string json;
    append_json(first, json);
    const std::size_t other = first_other(key, json);
    const Step& step = steps_[key.steps[std::min(other, key.steps.size() - 1)]];
    const std::string source = first.field->name + ", which has the same source";
    if (first.bits == nullptr || step.bits == nullptr) {
        add_fault(step, "differs from " + source);
        return;
    }
    add_fault(step, "found " + step.bits->print(bits_of(step), *step.field->width) + ", but " +
                        source + ", has " + first.bits->print(bits_of(first), *first.field->width));
}

/// Whether it is plain to see that the fields have one value: what nearly all are.
bool Decoder::all_equal(const Key& key) const {
    const Step& first = steps_[key.steps.front()];
    return std::all_of(key.steps.begin(), key.steps.end(), [&](std::size_t step) {
        return is_plain_integer(*steps_[step].field) && bits_of(steps_[step]) == bits_of(first);
    });
}

/// The index, among the key's fields, of the first that is not written from this value; their
/// number if all are.
std::size_t Decoder::first_other(const Key& key, const std::string& json) const {
    std::vector<std::uint8_t> document;
    try {
        document = jsonb::parse_json(json);
    } catch (const jsonb::JsonError&) {
        return 0;  // a document larger than JSONB can hold, at the most
    }
    const Value value = Value::of_json(jsonb::Value::root(document), true);
    std::vector<std::uint8_t> scratch;
    const auto other = std::find_if(key.steps.begin(), key.steps.end(), [&](std::size_t step) {
        return !writes_same(steps_[step], value, scratch);
    });
    return static_cast<std::size_t>(other - key.steps.begin());
}

/// The value, as JSON, that all fields of a key are written from; nullopt where there is none.
/// Types keep more or less of a value (char drops spaces at the end, utc the fraction of a second),
/// so that one field may say what the others were given, and another may not.
std::optional<std::string> Decoder::common_value(const Key& key) const {
    for (const std::size_t candidate : key.candidates) {
        std::string json;
        append_json(steps_[candidate], json);
        if (key.steps.size() == 1 || first_other(key, json) == key.steps.size()) {
            return json;
        }
    }
    if (auto json = common_bytes(key)) {
        return json;
    }
    return common_items(key);
}

/// Texts that were given as bytes: the same ones, though each type may read them as another text.
std::optional<std::string> Decoder::common_bytes(const Key& key) const {
    const Step& first = steps_[key.steps.front()];
    if (first.bytes == nullptr) {
        return std::nullopt;
    }
    std::vector<std::uint8_t> aligned;
    std::string json;
    append_hex_object(bytes_of(first, aligned), json);
    return first_other(key, json) == key.steps.size() ? std::optional(json) : std::nullopt;
}

/// Nested items take the form that their field has, so that in fields of different forms the same
/// ones are different bytes.
std::optional<std::string> Decoder::common_items(const Key& key) const {
    std::vector<CodedItems> fields;
    for (const std::size_t step : key.steps) {
        if (steps_[step].bytes != &tlv) {
            return std::nullopt;
        }
        std::vector<std::uint8_t> unused;  // a tlv begins on a byte boundary
        fields.push_back({bytes_of(steps_[step], unused), steps_[step].field->tlv});
    }
    std::string json;
    return append_common_items(fields, holds_, json) ? std::optional(json) : std::nullopt;
}

bool Decoder::writes_same(const Step& step, const Value& value,
                          std::vector<std::uint8_t>& scratch) const {
    try {
        if (step.bits != nullptr) {
            return step.bits->to_bits(value, *step.field->width) == bits_of(step);
        }
        std::vector<std::uint8_t> aligned;
        const std::span<const std::uint8_t> bytes = bytes_of(step, aligned);
        scratch.resize(bytes.size());
        ByteWriter writer(scratch.data(), scratch.size());
        step.bytes->write(value, *step.field, writer);
        return !writer.overflowed() && writer.size() == bytes.size() &&
               std::equal(bytes.begin(), bytes.end(), scratch.begin());
    } catch (const BadValue&) {
        return false;
    }
}

// ---- telling ----------------------------------------------------------------------------------

void Decoder::decode(std::span<const std::uint8_t> section, std::string& json) {
    if (const std::vector<Fault>& faults = check(section); !faults.empty()) {
        raise(faults.front());
    }
    json += '{';
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        const Key& key = keys_[i];
        json += i == 0 ? "\"" : ",\"";
        json += key.name;
        json += "\":";
        if (key.steps.size() == 1 || all_equal(key)) {
            append_json(steps_[key.steps.front()], json);
        } else {
            json += common_value(key).value();
        }
    }
    json += '}';
}

void Decoder::append_json(const Step& step, std::string& json) const {
    if (step.bits != nullptr) {
        step.bits->append_json(bits_of(step), *step.field->width, json);
        return;
    }
    std::vector<std::uint8_t> aligned;
    step.bytes->append_json(bytes_of(step, aligned), *step.field, holds_, json);
}

void Decoder::raise(const Fault& fault) const {
    std::string detail = fault.problem + ".";
    if (detail.front() >= 'a' && detail.front() <= 'z') {
        detail.front() = static_cast<char>(detail.front() - 'a' + 'A');
    }
    const std::string& name = fault.field->name;
    throw FieldError(ErrorKind::invalid_value, name,
                     "invalid bytes for field \"" + name + "\" of layout \"" + layout_.name +
                         "\" at byte " + std::to_string(fault.byte),
                     std::move(detail));
}

}  // namespace onetrip::section
