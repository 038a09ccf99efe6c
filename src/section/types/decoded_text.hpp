#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "section/types/field_type.hpp"

namespace onetrip::section {

/// Which characters a decoded text may have. JSONB holds no U+0000 anywhere.
enum class Controls : std::uint8_t {
    taken,    ///< all but U+0000
    refused,  ///< none of Unicode category Cc: U+0000 to U+001F, U+007F to U+009F
};

/// Whether bytes are text that may be handed back as a string: well-formed UTF-8 of such
/// characters that `holds` takes.
bool is_text(std::string_view bytes, Controls controls, HoldsText holds);

inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Appends a JSON string. The text is well-formed UTF-8.
void append_json_string(std::string_view text, std::string& json);

/// Appends {"hex": "…"}, with which a JSON row says bytes that are no text.
void append_hex_object(std::span<const std::uint8_t> bytes, std::string& json);

}  // namespace onetrip::section
