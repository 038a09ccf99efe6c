// The list of the types, by their names. Knows nothing else of them.

#include "section/types/all_types.hpp"

#include <algorithm>

namespace onetrip::section {

namespace {

/// The types are listed in the manual's order. The list is a function, since the references are
/// initialised in any order when the library is loaded.
std::vector<const FieldType*> all_types() {
    return {&uimsbf, &tcimsbf,   &bslbf,     &bcd,     &utc,        &duration,
            &mjd,    &char_type, &text_type, &dvbtext, &utf16,      &bytes_type,
            &tlv,    &rpchof,    &inet,      &macaddr, &float_type, &align};
}

}  // namespace

const FieldType* find_field_type(std::string_view name) {
    const std::vector<const FieldType*> types = all_types();
    const auto found = std::find_if(types.begin(), types.end(),
                                    [&](const FieldType* type) { return type->name() == name; });
    return found == types.end() ? nullptr : *found;
}

std::string field_type_names() {
    std::string names;
    for (const FieldType* type : all_types()) {
        names += names.empty() ? "" : ", ";
        names += type->name();
    }
    return names;
}

}  // namespace onetrip::section
