#pragma once

#include <string_view>

namespace onetrip::roundtrip {

/// An application_name without what PgBouncer appends to it with application_name_add_host:
/// ` - 192.0.2.1:51234`, ` - unix(12345):6432`.
inline std::string_view without_pooler_address(std::string_view name) {
    const std::size_t dash = name.rfind(" - ");
    if (dash == std::string_view::npos) {
        return name;
    }
    const std::string_view address = name.substr(dash + 3);
    const std::size_t colon = address.rfind(':');
    const bool is_address =
        colon != std::string_view::npos && colon > 0 && colon + 1 < address.size() &&
        address.find(' ') == std::string_view::npos &&
        address.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    return is_address ? name.substr(0, dash) : name;
}

}  // namespace onetrip::roundtrip
