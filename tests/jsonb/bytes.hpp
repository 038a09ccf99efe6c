#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace onetrip::jsonb::test {

using Bytes = std::vector<std::uint8_t>;

/// Hexadecimal digits as bytes; spaces are for the reader.
inline Bytes from_hex(std::string_view hex) {
    Bytes bytes;
    std::string digits;
    for (const char digit : hex) {
        if (digit != ' ')
            digits += digit;
        if (digits.size() == 2) {
            bytes.push_back(static_cast<std::uint8_t>(std::stoi(digits, nullptr, 16)));
            digits.clear();
        }
    }
    return bytes;
}

inline std::string to_hex(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (const std::uint8_t byte : bytes) {
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

/// A copy at an odd address, as after a short varlena header, in a heap block that ends with it:
/// the sanitizers see an unaligned load and a read past the end.
class OddCopy {
  public:
    explicit OddCopy(std::span<const std::uint8_t> bytes)
        : block_(std::make_unique<std::uint8_t[]>(bytes.size() + 1)), size_(bytes.size()) {
        if (!bytes.empty())
            std::memcpy(block_.get() + 1, bytes.data(), bytes.size());
    }

    std::span<const std::uint8_t> span() const { return {block_.get() + 1, size_}; }

  private:
    std::unique_ptr<std::uint8_t[]> block_;
    std::size_t size_;
};

/// The folder of the golden files: ONETRIP_VECTORS, else the repository's as seen from its root.
inline std::string read_vectors(const std::string& name) {
    const char* folder = std::getenv("ONETRIP_VECTORS");
    const std::string path = std::string(folder ? folder : "tests/vectors") + '/' + name;
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::runtime_error("cannot open " + path + " (see ONETRIP_VECTORS)");
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace onetrip::jsonb::test
