// Tells what a sound section of a table says, straight into a JSON tree. It judges nothing.

#include "section/tables/teller.hpp"

#include "section/tables/scope_values.hpp"
#include "section/types/field_type.hpp"

namespace onetrip::section::tables {

void Teller::tell(jsonb::JsonTreeBuilder& tree) {
    by_key_.clear();
    tell_scope(plan_.root.scopes.front(), 0, static_cast<EntryId>(reading_.entries().size()), tree);
}

/// In the order in which JSONB has the keys, so that nothing is sorted after.
void Teller::tell_scope(const Scope& scope, EntryId from, EntryId to,
                        jsonb::JsonTreeBuilder& tree) {
    const std::size_t first = by_key_.size();
    place_by_key(scope, from, to);
    tree.open_object();
    for (const KeyId key : scope.sorted) {
        if (const EntryId id = by_key_[first + key]; id != none) {
            tree.key(scope.keys[key].name);
            tell_entry(reading_.entries()[id], id, tree);
        }
    }
    by_key_.resize(first);
    if (scope.has_shared_keys) {
        tell_shared(scope, from, to, tree);
    }
    tree.close();
}

/// Appends to by_key_ the entries of a scope that have a value of their own.
void Teller::place_by_key(const Scope& scope, EntryId from, EntryId to) {
    const std::size_t first = by_key_.size();
    by_key_.resize(first + scope.keys.size(), none);
    for (EntryId id = from; id < to; id = reading_.entries()[id].next) {
        const Entry& entry = reading_.entries()[id];
        const KeyId key = entry.node->key;
        const bool is_shared = entry.kind == Entry::Kind::field && key != none &&
                               scope.has_shared_keys && scope.keys[key].uses > 1;
        if (key != none && !is_shared && !is_left_out(entry)) {
            by_key_[first + key] = id;
        }
    }
}

void Teller::tell_shared(const Scope& scope, EntryId from, EntryId to,
                         jsonb::JsonTreeBuilder& tree) {
    for (const auto& [key, ids] : fields_by_key(reading_, scope, from, to)) {
        const Entry& first = reading_.entries()[ids.front()];
        if (is_left_out(first)) {
            continue;
        }
        tree.key(scope.keys[key].name);
        if (ids.size() == 1) {
            tell_leaf(first, tree);
            continue;
        }
        const CodedFields fields(reading_, ids);
        shared_.append(fields.view(), shared_.find(fields.view()).value(), tree);
    }
}

/// A field that holds its default.
bool Teller::is_left_out(const Entry& entry) const {
    return entry.kind == Entry::Kind::field && entry.node->field->default_value &&
           reading_.bits_of(entry) == entry.node->constant;
}

void Teller::tell_entry(const Entry& entry, EntryId id, jsonb::JsonTreeBuilder& tree) {
    switch (entry.kind) {
        case Entry::Kind::field:
            tell_leaf(entry, tree);
            break;
        case Entry::Kind::list:
        case Entry::Kind::tlv:
            tell_list(id, tree);
            break;
        case Entry::Kind::list_item:
        case Entry::Kind::object:
            tell_scope(*entry.scope, id + 1, entry.next, tree);
            break;
        case Entry::Kind::null_object:
            tree.null();
            break;
        case Entry::Kind::tlv_item:
            tell_item(id, tree);
            break;
    }
}

void Teller::tell_leaf(const Entry& entry, jsonb::JsonTreeBuilder& tree) {
    const Field& field = *entry.node->field;
    if (field.type->coding() == FieldType::Coding::bits) {
        static_cast<const BitsType*>(field.type)
            ->append_json(reading_.bits_of(entry), *field.width, tree);
        return;
    }
    std::vector<std::uint8_t> aligned;
    static_cast<const BytesType*>(field.type)
        ->append_json(reading_.bytes_of(entry, aligned), field, holds_, tree);
}

void Teller::tell_list(EntryId id, jsonb::JsonTreeBuilder& tree) {
    tree.open_array();
    const EntryId end = reading_.entries()[id].next;
    for (EntryId item = id + 1; item < end; item = reading_.entries()[item].next) {
        tell_entry(reading_.entries()[item], item, tree);
    }
    tree.close();
}

/// By its definition's name, or as its bytes.
void Teller::tell_item(EntryId id, jsonb::JsonTreeBuilder& tree) {
    const Entry& entry = reading_.entries()[id];
    if (entry.is_raw) {
        append_item(reading_.item(entry), holds_, tree);
        return;
    }
    tree.open_object();
    tree.key(entry.definition->name);
    tell_scope(*entry.scope, id + 1, entry.next, tree);
    tree.close();
}

}  // namespace onetrip::section::tables
