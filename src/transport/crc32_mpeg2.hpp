#pragma once

#include <cstdint>
#include <span>

namespace onetrip::transport {

/// CRC_32 of ISO/IEC 13818-1, annex A: polynomial 0x04C11DB7, initial value all ones, bits not
/// reflected, no final exclusive or. The CRC of data with their CRC_32 after them is 0.
std::uint32_t crc32_mpeg2(std::span<const std::uint8_t> data);

/// The CRC_32 of data of which the first part has the CRC_32 `before`, and the rest is `data`.
std::uint32_t crc32_mpeg2(std::span<const std::uint8_t> data, std::uint32_t before);

/// A way to compute it. All give the same; crc32_mpeg2 takes the fastest that the processor has.
struct Crc32Path {
    const char* name;
    std::uint32_t (*compute)(std::span<const std::uint8_t> data);
};

/// The paths that this processor can run, the fastest last. The first runs everywhere.
std::span<const Crc32Path> crc32_paths();

}  // namespace onetrip::transport
