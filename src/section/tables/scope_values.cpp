// Puts together what the fields of one key hold.

#include "section/tables/scope_values.hpp"

namespace onetrip::section::tables {

std::map<KeyId, std::vector<EntryId>> fields_by_key(const Reading& reading, const Scope& scope,
                                                    EntryId from, EntryId to) {
    std::map<KeyId, std::vector<EntryId>> by_key;
    for (EntryId id = from; id < to; id = reading.entries()[id].next) {
        const Entry& entry = reading.entries()[id];
        const KeyId key = entry.node->key;
        if (entry.kind == Entry::Kind::field && key != none && scope.keys[key].uses > 1) {
            by_key[key].push_back(id);
        }
    }
    return by_key;
}

CodedFields::CodedFields(const Reading& reading, const std::vector<EntryId>& ids)
    : aligned_(ids.size()) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const Entry& entry = reading.entries()[ids[i]];
        const Field& field = *entry.node->field;
        if (field.type->coding() == FieldType::Coding::bits) {
            fields_.push_back({{}, &field, reading.bits_of(entry)});
        } else {
            fields_.push_back({reading.bytes_of(entry, aligned_[i]), &field, 0});
        }
    }
}

}  // namespace onetrip::section::tables
