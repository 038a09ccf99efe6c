#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace onetrip::transport {

/// The header of every section: table_id, flags and section_length (ISO/IEC 13818-1, 2.4.4.11).
inline constexpr std::size_t section_header_size = 3;

/// The place of section_length, in bits from the section's begin, and its width.
inline constexpr std::uint32_t section_length_at = 12;
inline constexpr std::uint32_t section_length_width = 12;

/// The largest section that packets carry, its header included (2.4.4.11), and its section_length.
inline constexpr std::size_t largest_section = 4096;
inline constexpr std::size_t largest_section_length = largest_section - section_header_size;

/// The largest section that section_length can say.
inline constexpr std::size_t largest_said_section =
    section_header_size + (std::size_t{1} << section_length_width) - 1;

/// The number in section_length; there are section_header_size bytes at least.
constexpr std::size_t section_length_of(std::span<const std::uint8_t> section) {
    return std::size_t{section[1] & 0x0FU} << 8 | section[2];
}

/// The size of the section that begins these bytes, by its section_length, which counts the bytes
/// after itself. nullopt if the bytes end before it. They may be fewer than that size.
constexpr std::optional<std::size_t> size_of_section(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < section_header_size) {
        return std::nullopt;
    }
    return section_header_size + section_length_of(bytes);
}

}  // namespace onetrip::transport
