#include "base/bits.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "base/randomness.hpp"
#include "jsonb/bytes.hpp"

namespace onetrip::section::test {

namespace {

using jsonb::test::Bytes;

std::string as_bits(std::uint64_t number, unsigned width) {
    std::string bits;
    for (unsigned i = width; i > 0; --i) {
        bits += (number >> (i - 1)) % 2 == 1 ? '1' : '0';
    }
    return bits;
}

std::string as_bits(const Bytes& bytes) {
    std::string bits;
    for (const std::uint8_t byte : bytes) {
        bits += as_bits(byte, 8);
    }
    return bits;
}

/// The bits of 9 bytes and of the bytes before and after them, `set` at the place of the field.
std::string around(unsigned bit, unsigned width, const std::string& field) {
    return std::string(8 + bit, '1') + field + std::string(80 - bit - width, '1');
}

/// Stores into the field's zeros, between ones; the block ends with the last byte of the field.
std::string store(unsigned bit, unsigned width, std::uint64_t number) {
    const std::string before = around(bit, width, std::string(width, '0'));
    const std::size_t end = 8 + (bit + width + 7) / 8 * 8;
    Bytes bytes(end / 8);
    for (std::size_t i = 0; i < end; ++i) {
        bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] * 2 + (before[i] - '0'));
    }
    store_bits(bytes.data() + 1, bit, width, number);
    return as_bits(bytes) + before.substr(end);
}

}  // namespace

TEST_CASE("store_bits writes every width at every bit and leaves its neighbours alone", "[bits]") {
    Randomness random(seed());
    for (unsigned bit = 0; bit < 8; ++bit) {
        for (unsigned width = 1; width <= 64; ++width) {
            for (const std::uint64_t number :
                 {std::uint64_t{0}, largest_unsigned(width), std::uint64_t{1},
                  std::uint64_t{1} << (width - 1), random.bits(width), random.bits(width)}) {
                if (store(bit, width, number) != around(bit, width, as_bits(number, width))) {
                    FAIL("bit " << bit << ", width " << width << ", number " << number);
                }
            }
        }
    }
}

TEST_CASE("clear_bits and load_bits reach what store_bits wrote, and no more", "[bits]") {
    Randomness random(seed());
    for (unsigned bit = 0; bit < 20; ++bit) {
        for (unsigned width = 1; width <= 64; ++width) {
            const std::uint64_t number = random.bits(width);
            Bytes bytes((bit + width + 7) / 8, 0xFF);
            clear_bits(bytes.data(), bit, width);
            const std::string ones(bytes.size() * 8 - bit - width, '1');
            if (as_bits(bytes) != std::string(bit, '1') + std::string(width, '0') + ones) {
                FAIL("clear_bits: bit " << bit << ", width " << width);
            }
            store_bits(bytes.data(), bit, width, number);
            if (load_bits(bytes.data(), bit, width) != number) {
                FAIL("load_bits: bit " << bit << ", width " << width << ", number " << number);
            }
        }
    }
}

TEST_CASE("store_bits takes a bit after the first byte", "[bits]") {
    Bytes bytes(4);
    store_bits(bytes.data(), 19, 5, 0b10101);
    CHECK(bytes == Bytes{0, 0, 0b00010101, 0});
}

TEST_CASE("the largest number of a width", "[bits]") {
    CHECK(largest_unsigned(1) == 1);
    CHECK(largest_unsigned(63) == 0x7FFFFFFFFFFFFFFF);
    CHECK(largest_unsigned(64) == 0xFFFFFFFFFFFFFFFF);
}

TEST_CASE("store_big_endian writes the low bytes alone", "[bits]") {
    for (unsigned size = 1; size <= 8; ++size) {
        Bytes bytes(size);
        store_big_endian(bytes.data(), size, 0x0102030405060708);
        Bytes expected{1, 2, 3, 4, 5, 6, 7, 8};
        expected.erase(expected.begin(), expected.begin() + 8 - size);
        CHECK(bytes == expected);
    }
}

}  // namespace onetrip::section::test
