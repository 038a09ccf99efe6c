// Appends the values of a sound section to a JSONB document. It judges nothing.

#include "section/teller.hpp"

#include "section/shared_value.hpp"

namespace onetrip::section {

void tell(const Reading& reading, HoldsText holds, jsonb::JsonbBuilder& row) {
    row.open_object();
    SharedValue shared(holds);
    const Scope& scope = reading.plan().root;
    for (const std::uint32_t index : scope.sorted_keys) {
        row.key(scope.keys[index].name);
    }
    for (const std::uint32_t index : scope.sorted_keys) {
        const Key& key = scope.keys[index];
        if (key.fields.size() == 1) {
            append_field(reading, key.fields.front(), holds, row);
            continue;
        }
        const KeyFields fields(reading, key);
        shared.append(fields.view(), shared.find(fields.view()).value(), row);
    }
    row.close();
}

}  // namespace onetrip::section
