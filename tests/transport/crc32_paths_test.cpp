#include <catch2/catch.hpp>
#include <cstring>
#include <span>

#include "base/randomness.hpp"
#include "jsonb/bytes.hpp"
#include "transport/crc32_mpeg2.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace onetrip::transport::test {

namespace {

using jsonb::test::Bytes;
using jsonb::test::OddCopy;

/// Polynomial division, bit by bit.
std::uint32_t crc_by_division(std::span<const std::uint8_t> data) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const std::uint8_t byte : data) {
        crc ^= std::uint32_t{byte} << 24;
        for (int bit = 0; bit < 8; ++bit) {
            crc = crc >> 31 == 1 ? (crc << 1) ^ 0x04C11DB7 : crc << 1;
        }
    }
    return crc;
}

Bytes random_bytes(Randomness& random, std::size_t size) {
    Bytes bytes(size);
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(random.bits(8));
    }
    return bytes;
}

}  // namespace

TEST_CASE("every path of CRC_32 is there that the processor can run", "[crc]") {
    const auto paths = crc32_paths();
    REQUIRE(!paths.empty());
    CHECK(std::strcmp(paths[0].name, "slicing") == 0);
#if defined(__x86_64__)
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    REQUIRE(__get_cpuid(1, &a, &b, &c, &d) != 0);
    const bool can_fold = (c & bit_PCLMUL) != 0 && (c & bit_SSSE3) != 0;
    CHECK(paths.size() == (can_fold ? 2 : 1));
#else
    CHECK(paths.size() == 1);
#endif
}

TEST_CASE("every path of CRC_32 agrees with bit by bit division", "[crc]") {
    INFO("seed " << seed());
    Randomness random(seed());
    // All lengths up to several strides of folding, then some around sizes of sections.
    for (std::size_t i = 0; i < 1500; ++i) {
        const std::size_t size = i < 700 ? i : random.below(5000);
        const Bytes data = random_bytes(random, size);
        const std::uint32_t expected = crc_by_division(data);
        const OddCopy copy(data);  // neither aligned nor with a byte more than it has
        for (const Crc32Path& path : crc32_paths()) {
            INFO(path.name << ", size " << size);
            REQUIRE(path.compute(copy.span()) == expected);
        }
        REQUIRE(crc32_mpeg2(copy.span()) == expected);
    }
}

TEST_CASE("every path of CRC_32 sees each single bit", "[crc]") {
    Bytes data(200);
    for (const Crc32Path& path : crc32_paths()) {
        INFO(path.name);
        for (std::size_t bit = 0; bit < 8 * data.size(); ++bit) {
            data[bit / 8] = static_cast<std::uint8_t>(0x80 >> bit % 8);
            REQUIRE(path.compute(data) == crc_by_division(data));
            data[bit / 8] = 0;
        }
    }
}

TEST_CASE("every path of CRC_32 takes data at any alignment", "[crc]") {
    Randomness random(seed());
    const Bytes block = random_bytes(random, 400);
    for (const Crc32Path& path : crc32_paths()) {
        INFO(path.name);
        for (std::size_t begin = 0; begin < 32; ++begin) {
            const auto data = std::span(block).subspan(begin, 4 * 64 + begin);
            REQUIRE(path.compute(data) == crc_by_division(data));
        }
    }
}

}  // namespace onetrip::transport::test
