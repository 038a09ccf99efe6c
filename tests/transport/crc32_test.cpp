#include <catch2/catch.hpp>
#include <span>
#include <string_view>

#include "base/randomness.hpp"
#include "jsonb/bytes.hpp"
#include "transport/crc32_mpeg2.hpp"

namespace onetrip::transport::test {

namespace {

using jsonb::test::Bytes;
using jsonb::test::from_hex;

/// The decoder of ISO/IEC 13818-1, figure A.1, bit by bit.
std::uint32_t crc_by_shift_register(std::span<const std::uint8_t> data) {
    std::uint32_t shift_register = 0xFFFFFFFF;
    for (const std::uint8_t byte : data) {
        for (int bit = 7; bit >= 0; --bit) {
            const bool in = (byte >> bit) % 2 == 1;
            const bool out = shift_register >> 31 == 1;
            shift_register = shift_register << 1;
            if (in != out) {
                shift_register ^= 0x04C11DB7;
            }
        }
    }
    return shift_register;
}

std::uint32_t crc_of(std::string_view text) {
    return crc32_mpeg2({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace

TEST_CASE("CRC_32 of known data", "[crc]") {
    CHECK(crc_of("") == 0xFFFFFFFF);
    CHECK(crc_of("123456789") == 0x0376E6E7);
    CHECK(crc32_mpeg2(Bytes{0}) == 0x4E08BFB4);
    // A program association section as multiplexers send it (one program, PMT on PID 0x1000).
    CHECK(crc32_mpeg2(from_hex("00b00d0001c100000001f000")) == 0x2AB104B2);
}

TEST_CASE("CRC_32 of random data of any length and alignment", "[crc]") {
    Randomness random(seed());
    Bytes block(600);
    for (std::uint8_t& byte : block) {
        byte = static_cast<std::uint8_t>(random.bits(8));
    }
    for (int i = 0; i < 3000; ++i) {
        const std::size_t begin = random.below(16);
        const std::size_t size = i < 64 ? static_cast<std::size_t>(i) : random.below(570);
        const auto data = std::span<const std::uint8_t>(block).subspan(begin, size);
        if (crc32_mpeg2(data) != crc_by_shift_register(data)) {
            FAIL("begin " << begin << ", size " << size);
        }
    }
}

TEST_CASE("data with their CRC_32 after them have the CRC_32 0", "[crc]") {
    Randomness random(seed());
    for (std::size_t size = 0; size < 100; ++size) {
        Bytes data(size);
        for (std::uint8_t& byte : data) {
            byte = static_cast<std::uint8_t>(random.bits(8));
        }
        const std::uint32_t crc = crc32_mpeg2(data);
        for (int shift = 24; shift >= 0; shift -= 8) {
            data.push_back(static_cast<std::uint8_t>(crc >> shift));
        }
        CHECK(crc32_mpeg2(data) == 0);
    }
}

}  // namespace onetrip::transport::test
