#pragma once

#include <cstdint>
#include <optional>
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

/// Appends a JSON string, for display. The text is well-formed UTF-8.
void append_json_string(std::string_view text, std::string& json);

/// The bytes of the object {"hex": "…"} of a JSON row. Throws BadValue for any other object.
std::vector<std::uint8_t> bytes_of_hex_object(const Value& value, std::string_view otherwise);

/// Appends {"hex": "…"}, by which a JSON row holds bytes that are not text.
void append_hex_object(std::span<const std::uint8_t> bytes, jsonb::JsonbBuilder& json);

/// Appends the string of a text that is written as `bytes`; the bytes if none exists, or if it is
/// not to be handed back as a string.
void append_text_or_hex(std::optional<std::string_view> text, std::span<const std::uint8_t> bytes,
                        HoldsText holds, jsonb::JsonbBuilder& json);

/// The same for display, as JSON text.
std::string print_text_or_hex(std::optional<std::string_view> text,
                              std::span<const std::uint8_t> bytes, HoldsText holds);

}  // namespace onetrip::section
