// The value that several fields of one source were written from. It knows how types decode and
// write, and asks them; it knows no rule of a type.

#include "section/shared_value.hpp"

#include <algorithm>

#include "jsonb/json_parser.hpp"
#include "jsonb/jsonb_writer.hpp"
#include "section/types/bad_value.hpp"
#include "section/types/decoded_text.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section {

void append_field(const Reading& reading, FieldId id, HoldsText holds,
                  jsonb::JsonTreeBuilder& tree) {
    const Field& field = reading.plan().fields[id];
    if (field.type->coding() == FieldType::Coding::bits) {
        static_cast<const BitsType*>(field.type)
            ->append_json(reading.bits_of(id), *field.width, tree);
        return;
    }
    std::vector<std::uint8_t> aligned;
    static_cast<const BytesType*>(field.type)
        ->append_json(reading.bytes_of(id, aligned), field, holds, tree);
}

std::optional<CommonValue> SharedValue::find(const Key& key) {
    using From = CommonValue::From;
    const FieldId first = key.fields.front();
    if (all_equal(key)) {
        return CommonValue{From::field, first};
    }
    for (const FieldId candidate : key.candidates) {
        if (is_common(key, {From::field, candidate})) {
            return CommonValue{From::field, candidate};
        }
    }
    for (const From from : {From::bytes, From::items}) {
        if (is_common(key, {from, first})) {
            return CommonValue{from, first};
        }
    }
    return std::nullopt;
}

/// Whether it is plain to see that the fields have one value: what nearly all are.
bool SharedValue::all_equal(const Key& key) const {
    const Plan& plan = reading_.plan();
    const FieldId first = key.fields.front();
    return std::all_of(key.fields.begin(), key.fields.end(), [&](FieldId id) {
        return plan.fields[id].type->shortcut() == Shortcut::plain_integer &&
               reading_.bits_of(id) == reading_.bits_of(first);
    });
}

bool SharedValue::is_common(const Key& key, CommonValue value) {
    if (value.from == CommonValue::From::items) {
        tree_.clear();
        return append_items(key, tree_);
    }
    const Field& field = reading_.plan().fields[value.field];
    if (value.from == CommonValue::From::bytes &&
        field.type->coding() != FieldType::Coding::bytes) {
        return false;
    }
    tree_.clear();
    append(key, value, tree_);
    try {
        return first_other_than(key, jsonb::write_jsonb(tree_.tree())) == key.fields.size();
    } catch (const jsonb::JsonError&) {
        return false;  // a document larger than JSONB can hold, at the most
    }
}

void SharedValue::append(const Key& key, CommonValue value, jsonb::JsonTreeBuilder& tree) {
    switch (value.from) {
        case CommonValue::From::field:
            append_field(reading_, value.field, holds_, tree);
            break;
        case CommonValue::From::bytes: {
            std::vector<std::uint8_t> aligned;
            append_hex_object(reading_.bytes_of(value.field, aligned), tree);
            break;
        }
        case CommonValue::From::items:
            append_items(key, tree);
            break;
    }
}

std::size_t SharedValue::first_other(const Key& key) {
    tree_.clear();
    append_field(reading_, key.fields.front(), holds_, tree_);
    return first_other_than(key, jsonb::write_jsonb(tree_.tree()));
}

std::size_t SharedValue::first_other_than(const Key& key,
                                          const std::vector<std::uint8_t>& document) {
    const Value value = Value::of_json(jsonb::Value::root(document), true);
    const auto other = std::find_if(key.fields.begin(), key.fields.end(),
                                    [&](FieldId id) { return !writes_same(id, value); });
    return static_cast<std::size_t>(other - key.fields.begin());
}

bool SharedValue::writes_same(FieldId id, const Value& value) {
    const Field& field = reading_.plan().fields[id];
    try {
        if (field.type->coding() == FieldType::Coding::bits) {
            const auto& type = static_cast<const BitsType&>(*field.type);
            return type.to_bits(value, *field.width) == reading_.bits_of(id);
        }
        std::vector<std::uint8_t> aligned;
        const std::span<const std::uint8_t> bytes = reading_.bytes_of(id, aligned);
        written_.resize(bytes.size());
        ByteWriter writer(written_.data(), written_.size());
        static_cast<const BytesType&>(*field.type).write(value, field, writer);
        return !writer.overflowed() && writer.size() == bytes.size() &&
               std::equal(bytes.begin(), bytes.end(), written_.begin());
    } catch (const BadValue&) {
        return false;
    }
}

/// Nested items take the form that their field has, so that in fields of different forms the same
/// ones are different bytes.
bool SharedValue::append_items(const Key& key, jsonb::JsonTreeBuilder& tree) const {
    std::vector<CodedField> fields;
    for (const FieldId id : key.fields) {
        const Field& field = reading_.plan().fields[id];
        if (!field.type->can_be_split()) {
            return false;
        }
        std::vector<std::uint8_t> unused;  // items begin on a byte boundary
        fields.push_back({reading_.bytes_of(id, unused), &field});
    }
    const auto& type = static_cast<const BytesType&>(*fields.front().field->type);
    return type.append_common_items(fields, holds_, tree);
}

}  // namespace onetrip::section
