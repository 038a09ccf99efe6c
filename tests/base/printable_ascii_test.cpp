// Printable ASCII is counted eight bytes at a time: as a loop over bytes counts it, for each byte
// at each place of a word.
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "base/printable_ascii.hpp"

using onetrip::printable_ascii_size;

namespace {

std::size_t counted(std::string_view text) {
    std::size_t size = 0;
    while (size < text.size() && text[size] >= 0x20 && text[size] <= 0x7E) {
        ++size;
    }
    return size;
}

}  // namespace

TEST_CASE("printable ASCII is counted up to the first other byte") {
    for (std::size_t size = 0; size <= 20; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text(size, '~');
                text[0] = ' ';
                text[at] = static_cast<char>(byte);
                REQUIRE(printable_ascii_size(text) == counted(text));
                text[size - 1] = '\x80';
                REQUIRE(printable_ascii_size(text) == counted(text));
            }
        }
        CHECK(printable_ascii_size(std::string(size, 'a')) == size);
    }
}
