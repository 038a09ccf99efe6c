#include "section/crc32_mpeg2.hpp"

#include <array>

namespace onetrip::section {

namespace {

constexpr std::uint32_t polynomial = 0x04C11DB7;

using Table = std::array<std::uint32_t, 256>;

/// tables[n][b]: what a byte b does to the register when n further bytes follow it. Eight of them
/// take eight bytes at a time ("slicing-by-8", Kounavis and Berry 2005).
constexpr std::array<Table, 8> make_tables() {
    std::array<Table, 8> tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte << 24;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc << 1) ^ ((crc & 0x80000000) != 0 ? polynomial : 0);
        }
        tables[0][byte] = crc;
    }
    for (std::size_t n = 1; n < tables.size(); ++n) {
        for (std::uint32_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t crc = tables[n - 1][byte];
            tables[n][byte] = (crc << 8) ^ tables[0][crc >> 24];
        }
    }
    return tables;
}

constexpr std::array<Table, 8> tables = make_tables();

}  // namespace

std::uint32_t crc32_mpeg2(std::span<const std::uint8_t> data) {
    std::uint32_t crc = 0xFFFFFFFF;
    while (data.size() >= 8) {
        crc = tables[7][data[0] ^ (crc >> 24)] ^ tables[6][data[1] ^ (crc >> 16 & 0xFF)] ^
              tables[5][data[2] ^ (crc >> 8 & 0xFF)] ^ tables[4][data[3] ^ (crc & 0xFF)] ^
              tables[3][data[4]] ^ tables[2][data[5]] ^ tables[1][data[6]] ^ tables[0][data[7]];
        data = data.subspan(8);
    }
    for (const std::uint8_t byte : data) {
        crc = (crc << 8) ^ tables[0][(crc >> 24) ^ byte];
    }
    return crc;
}

}  // namespace onetrip::section
