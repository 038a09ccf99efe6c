// The list of the types, by their names.

#include "section/types/all_types.hpp"

#include <algorithm>

namespace onetrip::section {

namespace {

/// In the order in which the manual lists them. By a function: the references are
/// initialised when the library is loaded, in any order.
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
