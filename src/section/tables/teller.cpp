// Appends the values of a sound section of a table straight to a JSONB document. It judges nothing.

#include "section/tables/teller.hpp"

#include "section/tables/scope_values.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::tables {

void Teller::tell(jsonb::JsonbBuilder& json) {
    by_key_.clear();
    tell_scope(plan_.root.scopes.front(), 0, static_cast<EntryId>(reading_.entries().size()), json);
}

/// Appends a scope's keys in the order in which JSONB has them, so that nothing is sorted
/// afterwards.
void Teller::tell_scope(const Scope& scope, EntryId from, EntryId to, jsonb::JsonbBuilder& json) {
    const std::size_t first = by_key_.size();
    place_by_key(scope, from, to);
    json.open_object();
    for (const KeyId key : scope.sorted) {
        if (by_key_[first + key] != none) {
            json.key(scope.keys[key].name);
        }
    }
    for (const KeyId key : scope.sorted) {
        if (const EntryId id = by_key_[first + key]; id != none) {
            const Entry& entry = reading_.entries()[id];
            if (is_shared(scope, entry)) {
                tell_shared(id, to, json);
            } else {
                tell_entry(entry, id, json);
            }
        }
    }
    by_key_.resize(first);
    json.close();
}

/// Appends to by_key_ the entries of a scope that have a value; of fields that share one the first.
void Teller::place_by_key(const Scope& scope, EntryId from, EntryId to) {
    const std::size_t first = by_key_.size();
    by_key_.resize(first + scope.keys.size(), none);
    for (EntryId id = from; id < to; id = reading_.entries()[id].next) {
        const Entry& entry = reading_.entries()[id];
        const KeyId key = entry.node->key;
        if (key == none || is_left_out(entry)) {
            continue;
        }
        EntryId& placed = by_key_[first + key];
        placed = placed != none && is_shared(scope, entry) ? placed : id;
    }
}

/// Whether other fields may have the same source.
bool Teller::is_shared(const Scope& scope, const Entry& entry) {
    return scope.has_shared_keys && entry.kind == Entry::Kind::field &&
           scope.keys[entry.node->key].uses > 1;
}

/// The value of a field and of those after it that have the same source.
void Teller::tell_shared(EntryId first, EntryId to, jsonb::JsonbBuilder& json) {
    const KeyId key = reading_.entries()[first].node->key;
    std::vector<EntryId> ids;
    for (EntryId id = first; id < to; id = reading_.entries()[id].next) {
        const Entry& entry = reading_.entries()[id];
        if (entry.kind == Entry::Kind::field && entry.node->key == key) {
            ids.push_back(id);
        }
    }
    if (ids.size() == 1) {
        tell_leaf(reading_.entries()[first], json);
        return;
    }
    const CodedFields fields(reading_, ids);
    shared_.append(fields.view(), shared_.find(fields.view()).value(), json);
}

/// A field that holds its default.
bool Teller::is_left_out(const Entry& entry) const {
    return entry.kind == Entry::Kind::field && entry.node->field->default_value &&
           reading_.bits_of(entry) == entry.node->constant;
}

void Teller::tell_entry(const Entry& entry, EntryId id, jsonb::JsonbBuilder& json) {
    switch (entry.kind) {
        case Entry::Kind::field:
            tell_leaf(entry, json);
            break;
        case Entry::Kind::list:
        case Entry::Kind::tlv:
            tell_list(id, json);
            break;
        case Entry::Kind::list_item:
        case Entry::Kind::object:
            tell_scope(*entry.scope, id + 1, entry.next, json);
            break;
        case Entry::Kind::null_object:
            json.null();
            break;
        case Entry::Kind::tlv_item:
            tell_item(id, json);
            break;
    }
}

void Teller::tell_leaf(const Entry& entry, jsonb::JsonbBuilder& json) {
    const Field& field = *entry.node->field;
    if (field.type->coding() == FieldType::Coding::bits) {
        static_cast<const BitsType*>(field.type)
            ->append_json(reading_.bits_of(entry), *field.width, json);
        return;
    }
    std::vector<std::uint8_t> aligned;
    static_cast<const BytesType*>(field.type)
        ->append_json(reading_.bytes_of(entry, aligned), field, holds_, json);
}

void Teller::tell_list(EntryId id, jsonb::JsonbBuilder& json) {
    json.open_array();
    const EntryId end = reading_.entries()[id].next;
    for (EntryId item = id + 1; item < end; item = reading_.entries()[item].next) {
        tell_entry(reading_.entries()[item], item, json);
    }
    json.close();
}

/// Appends an item by its definition's name, or as its bytes.
void Teller::tell_item(EntryId id, jsonb::JsonbBuilder& json) {
    const Entry& entry = reading_.entries()[id];
    if (entry.is_raw) {
        append_item(reading_.item(entry), holds_, json);
        return;
    }
    json.open_object();
    json.key(entry.definition->name);
    tell_scope(*entry.scope, id + 1, entry.next, json);
    json.close();
}

}  // namespace onetrip::section::tables
