#pragma once

#include <cstdint>
#include <span>

#include "transport/crc32_mpeg2.hpp"

namespace onetrip::section {

/// The CRC_32 of a section's first bytes, for several ends in their order: each goes on from the
/// one before it.
class RunningChecksum {
  public:
    RunningChecksum() = default;
    explicit RunningChecksum(std::span<const std::uint8_t> section) : section_(section) {}

    std::uint32_t up_to(std::size_t end) {
        const std::span<const std::uint8_t> bytes = section_.subspan(end_, end - end_);
        crc_ = end_ == 0 ? transport::crc32_mpeg2(bytes) : transport::crc32_mpeg2(bytes, crc_);
        end_ = end;
        return crc_;
    }

  private:
    std::span<const std::uint8_t> section_;
    std::uint32_t crc_ = 0;
    std::size_t end_ = 0;
};

}  // namespace onetrip::section
