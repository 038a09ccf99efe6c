// The value that several fields of one source were written from. It knows how types decode and
// write, and asks them; it knows no rule of a type.

#include "section/shared_value.hpp"

#include <algorithm>

#include "jsonb/json_parser.hpp"
#include "section/types/bad_value.hpp"
#include "section/types/decoded_text.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section {

void append_coded(const CodedField& coded, HoldsText holds, jsonb::JsonbBuilder& json) {
    const Field& field = *coded.field;
    if (field.type->coding() == FieldType::Coding::bits) {
        static_cast<const BitsType*>(field.type)->append_json(coded.bits, *field.width, json);
    } else {
        static_cast<const BytesType*>(field.type)->append_json(coded.bytes, field, holds, json);
    }
}

void append_field(const Reading& reading, FieldId id, HoldsText holds, jsonb::JsonbBuilder& json) {
    const Field& field = reading.plan().fields[id];
    std::vector<std::uint8_t> aligned;
    if (field.type->coding() == FieldType::Coding::bits) {
        append_coded({{}, &field, reading.bits_of(id)}, holds, json);
    } else {
        append_coded({reading.bytes_of(id, aligned), &field, 0}, holds, json);
    }
}

KeyFields::KeyFields(const Reading& reading, const Key& key) {
    for (const FieldId id : key.fields) {
        const Field& field = reading.plan().fields[id];
        if (field.type->coding() == FieldType::Coding::bits) {
            fields_.push_back({{}, &field, reading.bits_of(id)});
        } else {
            // The vector that holds unaligned bytes may move, those bytes do not.
            aligned_.emplace_back();
            fields_.push_back({reading.bytes_of(id, aligned_.back()), &field, 0});
        }
    }
}

std::optional<CommonValue> SharedValue::find(const Fields& fields) {
    using From = CommonValue::From;
    if (all_equal(fields)) {
        return CommonValue{From::field, 0};
    }
    for (const std::size_t candidate : candidates_of(fields)) {
        if (is_common(fields, {From::field, candidate})) {
            return CommonValue{From::field, candidate};
        }
    }
    for (const From from : {From::bytes, From::items}) {
        if (is_common(fields, {from, 0})) {
            return CommonValue{from, 0};
        }
    }
    return std::nullopt;
}

/// Whether the fields have one value by a simple comparison, as nearly all have.
bool SharedValue::all_equal(const Fields& fields) {
    return std::all_of(fields.begin(), fields.end(), [&](const CodedField& coded) {
        return coded.field->type->shortcut() == Shortcut::plain_integer &&
               coded.bits == fields.front().bits;
    });
}

/// The first field of each type, with its parameters. One value is written alike in all fields of a
/// type, so that no other can say more about the value.
std::vector<std::size_t> SharedValue::candidates_of(const Fields& fields) {
    std::vector<std::size_t> candidates;
    for (std::size_t index = 0; index < fields.size(); ++index) {
        const Field& field = *fields[index].field;
        const bool is_known =
            std::any_of(candidates.begin(), candidates.end(), [&](std::size_t candidate) {
                const Field& other = *fields[candidate].field;
                return other.type == field.type && other.tlv == field.tlv &&
                       other.text_table() == field.text_table();
            });
        if (!is_known) {
            candidates.push_back(index);
        }
    }
    return candidates;
}

bool SharedValue::is_common(const Fields& fields, CommonValue value) {
    if (value.from == CommonValue::From::items) {
        json_.clear();
        return append_items(fields, json_);
    }
    if (value.from == CommonValue::From::bytes &&
        fields[value.field].field->type->coding() != FieldType::Coding::bytes) {
        return false;
    }
    json_.clear();
    append(fields, value, json_);
    try {
        return first_other_than(fields, json_.finish()) == fields.size();
    } catch (const jsonb::JsonError&) {
        return false;  // a document larger than JSONB can hold, at the most
    }
}

void SharedValue::append(const Fields& fields, CommonValue value, jsonb::JsonbBuilder& json) const {
    switch (value.from) {
        case CommonValue::From::field:
            append_coded(fields[value.field], holds_, json);
            break;
        case CommonValue::From::bytes:
            append_hex_object(fields[value.field].bytes, json);
            break;
        case CommonValue::From::items:
            append_items(fields, json);
            break;
    }
}

std::size_t SharedValue::first_other(const Fields& fields) {
    json_.clear();
    append_coded(fields.front(), holds_, json_);
    return first_other_than(fields, json_.finish());
}

std::size_t SharedValue::first_other_than(const Fields& fields,
                                          std::span<const std::uint8_t> document) {
    const Value value = Value::of_json(jsonb::Value::root(document), true);
    const auto other = std::find_if(fields.begin(), fields.end(), [&](const CodedField& coded) {
        return !writes_same(coded, value);
    });
    return static_cast<std::size_t>(other - fields.begin());
}

bool SharedValue::writes_same(const CodedField& coded, const Value& value) {
    const Field& field = *coded.field;
    try {
        if (field.type->coding() == FieldType::Coding::bits) {
            const auto& type = static_cast<const BitsType&>(*field.type);
            return type.to_bits(value, *field.width) == coded.bits;
        }
        written_.resize(coded.bytes.size());
        ByteWriter writer(written_.data(), written_.size());
        static_cast<const BytesType&>(*field.type).write(value, field, writer);
        return !writer.overflowed() && writer.size() == coded.bytes.size() &&
               std::equal(coded.bytes.begin(), coded.bytes.end(), written_.begin());
    } catch (const BadValue&) {
        return false;
    }
}

/// Nested items take the form that their field has, so that in fields of different forms the same
/// ones are different bytes.
bool SharedValue::append_items(const Fields& fields, jsonb::JsonbBuilder& json) const {
    for (const CodedField& coded : fields) {
        if (!coded.field->type->can_be_split()) {
            return false;
        }
    }
    const auto& type = static_cast<const BytesType&>(*fields.front().field->type);
    return type.append_common_items(fields, holds_, json);
}

}  // namespace onetrip::section
