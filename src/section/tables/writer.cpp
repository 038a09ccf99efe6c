// Writes sections of rows, as a table's plan says. It decides nothing about a layout, and knows no
// SQL. How rows are split is in splitting.cpp, and how items of a tlv are written in
// items_writer.cpp.

#include "section/tables/writer.hpp"

#include <algorithm>

#include "base/words.hpp"
#include "section/running_checksum.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::tables {

namespace {

std::string describe_element(const Node& node) {
    switch (node.kind) {
        case Node::Kind::list:
            return "the layout has a list of objects";
        case Node::Kind::values:
            return "the layout has a list of values of " + describe_width_and_type(*node.field);
        case Node::Kind::object:
            return "the layout has an object";
        default:
            return "the field has " + describe_width_and_type(*node.field);
    }
}

/// Refuses an array that stands in a list: a row may have arrays of several dimensions.
[[noreturn]] void refuse_array_in_list(jsonb::Value item, const char* wanted) {
    throw BadValue{ErrorKind::invalid_value, describe(item),
                   std::string("is an array within an array, and not ") + wanted,
                   "Lists take arrays of one dimension."};
}

}  // namespace

Writer::Writer(const TablePlan& plan, Interrupt interrupt)
    : plan_(plan),
      root_(plan.root),
      interrupt_(interrupt),
      ticker_(interrupt),
      judge_(plan.root.has_gaps()) {}

std::size_t Writer::write(std::span<const Value> row, SectionSink& sink, Splitting splitting) {
    try {
        take_row(row);
        if (root_.has_gaps() && !numbered_by_row()) {
            return split(sink, splitting);
        }
        std::uint8_t* const section = sink.begin_section(plan_.max_bytes);
        try {
            write_section(section);
        } catch (const NoRoom&) {
            if (root_.split == nullptr || numbered_by_row()) {
                refuse_overflow();
            }
            return split(sink, splitting);
        }
        sink.end_section(finish({}, section));
        return 1;
    } catch (const BadValue& bad) {
        raise(bad);
    }
}

/// JSON text is parsed once a row, however many sections it takes.
void Writer::take_row(std::span<const Value> row) {
    path_.resize(0);
    node_ = nullptr;
    share_ = nullptr;
    documents_.clear();
    values_.assign(row.begin(), row.end());
    is_json_row_ =
        std::any_of(row.begin(), row.end(), [](const Value& value) { return value.from_json_row; });
    for (KeyId key = 0; key < values_.size(); ++key) {
        Value& value = values_[key];
        if (value.kind == Value::Kind::json_text) {
            path_.push(root_.scopes.front().keys[key].name);
            documents_.push_back(parse_json_text(value, interrupt_));
            const bool from_composite = value.from_composite;
            value = Value::of_json(jsonb::Value::root(documents_.back()), false);
            value.from_composite = from_composite;
            path_.pop();
        }
    }
}

/// Writes all but part numbers and checksums.
void Writer::write_section(std::uint8_t* section) {
    out_ = BitWriter(section, plan_.max_bytes);
    values_.resize(root_.scopes.front().keys.size());
    used_.assign(values_.size(), false);
    names_.assign(root_.scopes.front().names.size(), {});
    computed_.clear();
    part_numbers_.clear();
    checksums_.clear();
    path_.resize(0);
    item_depth_ = 0;
    Frame frame{&root_, &root_.scopes.front(), nullptr, 0, 0, 0, 0};
    write_block(0, frame);
    close_scope(frame, is_json_row_);
}

std::size_t Writer::finish(PartNumbers numbers, std::uint8_t* section) {
    if (numbered_by_row()) {
        write_given_part_numbers(section);
    } else {
        write_part_numbers(numbers, section);
    }
    RunningChecksum running({section, plan_.max_bytes});
    for (const std::size_t position : checksums_) {
        store_big_endian(section + position / 8, 4, running.up_to(position / 8));
    }
    return out_.position() / 8;
}

// ---- part numbers -----------------------------------------------------------------------------

/// Whether a JSON row says itself which part it is; it is then not split.
bool Writer::numbered_by_row() const {
    const std::vector<ScopeKey>& keys = root_.scopes.front().keys;
    for (KeyId key = 0; key < keys.size(); ++key) {
        if (keys[key].names_part && values_[key].kind != Value::Kind::absent &&
            values_[key].kind != Value::Kind::null) {
            return true;
        }
    }
    return false;
}

void Writer::write_part_number(const Computed& part, std::uint64_t number, std::uint8_t* section) {
    store_part_number(section + part.position / 8, static_cast<unsigned>(part.position % 8),
                      *part.node->field->width, number);
}

void Writer::write_part_numbers(PartNumbers numbers, std::uint8_t* section) {
    for (const Computed& part : part_numbers_) {
        node_ = part.node;
        path_.push(node_->field->name);
        write_part_number(part, numbers.of(*node_->field), section);
        path_.pop();
    }
}

/// A row sets all part numbers or none, and those that it sets must go together: a decoder would
/// refuse them otherwise. The numbers of `split by` have gaps.
void Writer::write_given_part_numbers(std::uint8_t* section) {
    judge_.clear();
    for (const Computed& part : part_numbers_) {
        const Field& field = *part.node->field;
        node_ = part.node;
        path_.push(field.name);
        const Value& value = values_[part.node->key];
        if (value.kind == Value::Kind::absent) {
            refuse_missing_part();
        }
        write_part_number(part, judge_.take(field, value), section);
        path_.pop();
    }
}

void Writer::refuse_missing_part() const {
    const std::vector<ScopeKey>& keys = root_.scopes.front().keys;
    KeyId given = 0;
    while (!keys[given].names_part || values_[given].kind == Value::Kind::absent) {
        ++given;
    }
    refuse_partly_numbered(keys[given].name);
}

// ---- scopes -----------------------------------------------------------------------------------

void Writer::write_scope(const Unit& unit, const Scope& scope, Frame* outer, jsonb::Value object) {
    if (object.kind() == jsonb::Kind::null) {
        throw BadValue{ErrorKind::null_not_allowed, "NULL", "stands in place of an object"};
    }
    if (object.kind() != jsonb::Kind::object) {
        throw BadValue{ErrorKind::invalid_value, section::describe(object), "is not an object"};
    }
    Frame frame{&unit,          &scope,           outer,          names_.size(),
                values_.size(), computed_.size(), out_.position()};
    names_.resize(names_.size() + scope.names.size());
    read_object(scope, object.object());
    write_block(scope.block, frame);
    close_scope(frame, true);
    names_.resize(frame.names);
    values_.resize(frame.values);
    used_.resize(frame.values);
}

/// Puts the values of an object's keys where the scope's nodes look for them. Both come in the
/// order of JSONB.
void Writer::read_object(const Scope& scope, jsonb::Object object) {
    const std::size_t values = values_.size();
    Value absent;
    absent.kind = Value::Kind::absent;
    absent.from_json_row = true;
    values_.resize(values + scope.keys.size(), absent);
    used_.resize(values + scope.keys.size(), false);
    auto next = scope.sorted.begin();
    for (const jsonb::Member member : object) {
        while (next != scope.sorted.end() && scope.keys[*next].name != member.key) {
            ++next;
        }
        if (next == scope.sorted.end()) {
            path_.push(member.key);
            throw BadValue{ErrorKind::invalid_value, in_quotes(member.key),
                           "is a key that the layout does not name"};
        }
        values_[values + *next] = Value::of_json(member.value, true);
        ++next;
    }
    if (scope.split_key != none) {
        used_[values + scope.split_key] = true;
    }
}

void Writer::close_scope(Frame& frame, bool is_of_object) {
    for (std::size_t i = frame.computed; i < computed_.size(); ++i) {
        fill(computed_[i], frame);
    }
    computed_.resize(frame.computed);
    if (is_of_object) {
        check_unused(frame);
    }
}

/// Refuses a missing value: of a column that the row type may lack, since a condition or a flag may
/// leave it out, or of an attribute that a composite type lacks.
void Writer::refuse_missing_column(const Frame& frame, const Value& value) const {
    if (value.kind != Value::Kind::absent || is_json_row_) {
        return;
    }
    if (frame.names == 0) {
        throw BadValue{ErrorKind::undefined_column, "NULL",
                       "stands for a column that the row does not have",
                       "For this row the conditions of the layout need it."};
    }
    if (is_composite_) {
        throw BadValue{ErrorKind::undefined_column, "NULL",
                       "stands for an attribute that the composite value does not have",
                       "A composite value must have an attribute for every source of its braces "
                       "that the layout takes for this row."};
    }
}

/// A value that no element takes must not vanish.
void Writer::check_unused(const Frame& frame) {
    for (KeyId key = 0; key < frame.scope->keys.size(); ++key) {
        const ScopeKey& of_key = frame.scope->keys[key];
        if (!used_[frame.values + key] && !of_key.names_part && has_value(key, frame)) {
            path_.push(of_key.name);
            node_ = nullptr;
            throw BadValue{ErrorKind::invalid_value, section::describe(values_[frame.values + key]),
                           "is given, though the conditions of the layout leave it out"};
        }
    }
}

bool Writer::has_value(KeyId key, const Frame& frame) const {
    const Value& value = values_[frame.values + key];
    return value.kind != Value::Kind::absent && !value.is_null();
}

FieldBits Writer::find(const Frame& frame, Operand operand) const {
    const Frame* found = &frame;
    for (std::uint32_t level = 0; level < operand.levels; ++level) {
        found = found->outer;
    }
    return names_[found->names + operand.name].value;
}

// ---- what is computed -------------------------------------------------------------------------

/// The value of a length, count, offset or present, computed from the element that it names.
std::int64_t Writer::computed_value(const Node& node, const Frame& frame) {
    const Source& source = node.field->source;
    NameState& measured = names_[frame.names + node.measured];
    if (source.kind == Source::Kind::present) {
        if (!measured.is_asked) {
            const std::vector<KeyOfName>& keys = frame.scope->keys_of_name[node.measured];
            measured.is_asked = true;
            measured.is_given = std::any_of(keys.begin(), keys.end(), [&](const KeyOfName& known) {
                return has_value(known.key, frame);
            });
        }
        return measured.is_given ? 1 : 0;
    }
    if (source.kind == Source::Kind::offset_of_label) {
        return static_cast<std::int64_t>(measured.begin / 8);
    }
    const std::int64_t number =
        source.kind == Source::Kind::count_of
            ? static_cast<std::int64_t>(measured.items)
            : static_cast<std::int64_t>((measured.end - measured.begin) / 8);
    return number + source.plus;
}

void Writer::fill(const Computed& computed, Frame& frame) {
    const Field& field = *computed.node->field;
    node_ = computed.node;
    path_.push(field.name);
    std::int64_t number = 0;
    if (field.source.kind == Source::Kind::length_of_rest) {
        const std::size_t end = computed.position + *field.width;
        number = static_cast<std::int64_t>((out_.position() - end) / 8) + field.source.plus;
    } else {
        number = computed_value(*computed.node, frame);
    }
    if (is_measuring_) {
        path_.pop();
        return;
    }
    if (number < 0 || static_cast<std::uint64_t>(number) > largest_unsigned(*field.width)) {
        refuse_computed(field, number);
    }
    if (field.source.kind == Source::Kind::present) {
        // Its bits were written at once, since conditions ask for them.
        check_present(*computed.node, static_cast<std::uint64_t>(number), frame);
    } else {
        store_bits(out_.begin() + computed.position / 8,
                   static_cast<unsigned>(computed.position % 8), *field.width,
                   static_cast<std::uint64_t>(number));
    }
    path_.pop();
}

/// A reader finds the flag and the element together or not at all.
void Writer::check_present(const Node& node, std::uint64_t bits, const Frame& frame) {
    const NameState& state = names_[frame.names + node.measured];
    if (state.is_written == (bits == 1)) {
        return;
    }
    const std::string& name = frame.scope->names[node.measured];
    throw BadValue{ErrorKind::invalid_value, std::to_string(bits),
                   bits == 1 ? "of present(" + name +
                                   ") contradicts the conditions of the layout, "
                                   "which leave " +
                                   in_quotes(name) + " out"
                             : "of present(" + name + ") contradicts the layout, which writes " +
                                   in_quotes(name) + " though it is NULL"};
}

// ---- elements ---------------------------------------------------------------------------------

void Writer::write_block(BlockId block, Frame& frame) {
    for (const Node& node : frame.unit->blocks[block].nodes) {
        ticker_.tick();
        write_node(node, frame);
    }
}

void Writer::write_node(const Node& node, Frame& frame) {
    if (node.kind == Node::Kind::choice) {
        const BlockId block =
            chosen(*frame.unit, node, [&](Operand operand) { return find(frame, operand); });
        if (block != none) {
            write_block(block, frame);
        }
        return;
    }
    if (node.kind == Node::Kind::optional) {
        const bool is_given = std::any_of(node.keys.begin(), node.keys.end(),
                                          [&](KeyId key) { return has_value(key, frame); });
        if (is_given) {
            write_block(node.block, frame);
        }
        return;
    }
    path_.push(node.field->name);
    node_ = &node;
    const std::size_t begin = out_.position();
    if (node.key != none) {
        used_[frame.values + node.key] = true;
        if (frame.names == 0) {
            is_composite_ = values_[node.key].from_composite;
        }
        if (!node.field->default_value && !node.field->source.is_part()) {
            refuse_missing_column(frame, value_of(node, frame));
        }
    }
    write_element(node, frame);
    NameState& state = state_of(node, frame);
    state.begin = begin;
    state.end = out_.position();
    state.is_written = !node.is_nullable || state.end > begin;
    path_.pop();
}

void Writer::write_element(const Node& node, Frame& frame) {
    switch (node.kind) {
        case Node::Kind::bits:
            write_bits(node, frame);
            break;
        case Node::Kind::bytes:
            write_bytes(node, value_of(node, frame));
            break;
        case Node::Kind::tlv:
            write_tlv(node, frame);
            break;
        case Node::Kind::align:
            write_align(node);
            break;
        case Node::Kind::values:
            write_values(node, frame);
            break;
        case Node::Kind::list:
            write_list(node, frame);
            break;
        case Node::Kind::object:
            write_object(node, frame);
            break;
        default:
            break;  // a label
    }
}

void Writer::write_bits(const Node& node, Frame& frame) {
    const Field& field = *node.field;
    std::uint64_t bits = 0;
    switch (field.source.kind) {
        case Source::Kind::column:
            bits = bits_of_column(node, frame);
            break;
        case Source::Kind::constant:
            bits = node.constant;
            break;
        case Source::Kind::present:
            bits = static_cast<std::uint64_t>(computed_value(node, frame));
            computed_.push_back({&node, out_.position()});
            break;
        case Source::Kind::length_of_rest:
        case Source::Kind::length_of_field:
        case Source::Kind::offset_of_label:
        case Source::Kind::count_of:
            computed_.push_back({&node, out_.position()});
            break;
        case Source::Kind::part:
        case Source::Kind::last_part:
        case Source::Kind::parts:
        case Source::Kind::last_part_of:
            part_numbers_.push_back({&node, out_.position()});
            break;
        case Source::Kind::checksum:
            checksums_.push_back(out_.position());
            break;
    }
    out_.append(bits, *field.width);
    state_of(node, frame).value = {&field, bits};
}

std::uint64_t Writer::bits_of_column(const Node& node, Frame& frame) {
    const Value& value = value_of(node, frame);
    if (node.field->default_value && (value.kind == Value::Kind::absent || value.is_null())) {
        return node.constant;
    }
    if (value.kind == Value::Kind::integer && value.integer >= 0 &&
        node.field->type->shortcut() == Shortcut::plain_integer &&
        static_cast<std::uint64_t>(value.integer) <= largest_unsigned(*node.field->width)) {
        return static_cast<std::uint64_t>(value.integer);
    }
    return static_cast<const BitsType*>(node.field->type)->to_bits(value, *node.field->width);
}

void Writer::write_bytes(const Node& node, const Value& value) {
    const Field& field = *node.field;
    const auto& type = static_cast<const BytesType&>(*field.type);
    if (out_.position() % 8 != 0) {
        std::vector<std::uint8_t> bytes(*field.width / 8);
        ByteWriter writer(bytes.data(), bytes.size());
        type.write(value, field, writer);
        for (const std::uint8_t byte : bytes) {
            out_.append(byte, 8);
        }
        return;
    }
    const std::span<std::uint8_t> rest = out_.rest();
    const std::size_t room =
        field.width ? std::min<std::size_t>(rest.size(), *field.width / 8) : rest.size();
    ByteWriter writer(rest.data(), room);
    type.write(value, field, writer);
    if (writer.overflowed()) {
        throw NoRoom();
    }
    out_.take(writer.size());
}

void Writer::write_align(const Node& node) {
    const auto bits = static_cast<std::uint32_t>(-out_.position() % 8);
    if (bits > 0) {
        out_.append(node.constant != 0 ? largest_unsigned(bits) : 0, bits);
    }
}

/// The items of a value; NULL has none.
jsonb::Array Writer::array_of(const Node& node, const Value& value) const {
    if (value.is_null()) {
        return {};
    }
    if (value.kind != Value::Kind::json) {
        refuse_kind(value, "an array");
    }
    if (value.json.kind() != jsonb::Kind::array) {
        throw BadValue{ErrorKind::invalid_value, section::describe(value), "is not an array"};
    }
    const jsonb::Array array = value.json.array();
    if (node.count > 0 && array.size() != node.count) {
        throw BadValue{
            ErrorKind::invalid_value, section::describe(value),
            "has " + count(array.size(), "item") + ", not " + std::to_string(node.count)};
    }
    return array;
}

/// NULL, for a list that has always as many items.
void Writer::refuse_null_list(const Node& node, const Value& value) {
    if (value.kind == Value::Kind::absent) {
        section::refuse_null(value);
    }
    throw BadValue{ErrorKind::null_not_allowed, "NULL",
                   "has no items, not " + std::to_string(node.count)};
}

void Writer::write_values(const Node& node, Frame& frame) {
    const Field& field = *node.field;
    const jsonb::Array array = array_of(node, value_of(node, frame));
    if (node.count > 0 && array.size() == 0) {
        refuse_null_list(node, value_of(node, frame));
    }
    std::uint32_t index = 0;
    for (const jsonb::Value item : array) {
        ticker_.tick();
        path_.push(index++);
        if (item.kind() == jsonb::Kind::array) {
            refuse_array_in_list(item, "a value");
        }
        const Value value = Value::of_json(item, true);
        if (field.type->coding() == FieldType::Coding::bits) {
            const auto& type = static_cast<const BitsType&>(*field.type);
            out_.append(type.to_bits(value, *field.width), *field.width);
        } else {
            write_bytes(node, value);
        }
        path_.pop();
    }
    state_of(node, frame).items = index;
}

void Writer::write_list(const Node& node, Frame& frame) {
    if (share_ != nullptr && &node == root_.split) {
        write_shared(node, frame);
        return;
    }
    const jsonb::Array array = array_of(node, value_of(node, frame));
    if (node.count > 0 && array.size() == 0) {
        refuse_null_list(node, value_of(node, frame));
    }
    std::uint32_t index = 0;
    for (const jsonb::Value item : array) {
        write_list_item(node, &frame, index++, item);
    }
    node_ = &node;
    state_of(node, frame).items = index;
}

void Writer::write_list_item(const Node& node, Frame* frame, std::uint32_t index,
                             jsonb::Value item) {
    ticker_.tick();
    path_.push(index);
    node_ = &node;
    if (item.kind() == jsonb::Kind::array) {
        refuse_array_in_list(item, "an object");
    }
    const Unit& unit = *frame->unit;
    write_scope(unit, unit.scope_of(node.block), frame, item);
    path_.pop();
}

void Writer::write_object(const Node& node, Frame& frame) {
    const Value value = value_of(node, frame);
    if (value.is_null() && node.is_nullable) {
        return;
    }
    if (value.kind == Value::Kind::null) {
        throw BadValue{ErrorKind::null_not_allowed, "NULL", "stands in place of an object"};
    }
    if (value.kind != Value::Kind::json) {
        refuse_kind(value, "an object");
    }
    if (node.unit != nullptr) {
        write_scope(*node.unit, node.unit->scopes.front(), nullptr, value.json);
    } else {
        write_scope(*frame.unit, frame.unit->scope_of(node.block), &frame, value.json);
    }
    node_ = &node;
}

/// The items that this section takes, as they were written before.
void Writer::write_shared(const Node& node, Frame& frame) {
    out_.append_bits(share_->bytes.data(), share_->begin, share_->end);
    state_of(node, frame).items = share_->items;
}

// ---- errors -----------------------------------------------------------------------------------

void Writer::refuse_overflow() const {
    throw BadValue{
        ErrorKind::invalid_value, "of the row",
        "does not fit into a section of at most " + std::to_string(plan_.max_bytes) + " bytes"};
}

void Writer::raise(const BadValue& bad) const {
    std::string path = path_.print();
    std::string detail = "The value " + bad.value + " " + bad.complaint;
    if (node_ != nullptr) {
        detail += "; " + describe_element(*node_);
    }
    // Attributes are reported as columns are.
    const bool is_attribute =
        bad.kind == ErrorKind::undefined_column && path.find_first_of(".[") != std::string::npos;
    std::string message = std::string(is_attribute ? "no attribute" : section::describe(bad.kind)) +
                          " for field \"" + path + "\" of layout \"" + plan_.root.name + "\"";
    throw FieldError(bad.kind, std::move(path), std::move(message), detail + ".", bad.hint);
}

}  // namespace onetrip::section::tables
