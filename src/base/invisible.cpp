// The characters that a message must name, since it cannot show them. Knows nothing of messages.

#include "base/invisible.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

namespace onetrip {

namespace {

struct Range {
    char32_t first;
    char32_t last;
};

/// Unicode's categories Cc, Cf, Zs, Zl and Zp but for U+0020, and all characters with
/// Default_Ignorable_Code_Point; in order.
constexpr Range ranges[] = {
    {0x0000, 0x001F},   {0x007F, 0x00A0},   {0x00AD, 0x00AD},   {0x034F, 0x034F},
    {0x0600, 0x0605},   {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},
    {0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x115F, 0x1160},   {0x1680, 0x1680},
    {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x2000, 0x200F},   {0x2028, 0x202F},
    {0x205F, 0x206F},   {0x3000, 0x3000},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},
    {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD},
    {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF},
};

}  // namespace

bool is_invisible(char32_t character) {
    const Range* const range =
        std::lower_bound(std::begin(ranges), std::end(ranges), character,
                         [](const Range& range, char32_t value) { return range.last < value; });
    return range != std::end(ranges) && range->first <= character;
}

std::string name_of_character(char32_t character) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "U+%04X", static_cast<unsigned>(character));
    return text.data();
}

}  // namespace onetrip
