// The tables that scripts/make-text-tables makes, and the search for a code or a character in them.
// Knows nothing of how texts are read.

#include "section/types/text/character_tables.hpp"

#include <tuple>

namespace onetrip::section {

namespace {

#include "section/types/text/arib_kanji.inc"
#include "section/types/text/big5.inc"
#include "section/types/text/gb_2312.inc"
#include "section/types/text/iso_6937.inc"
#include "section/types/text/iso_8859.inc"
#include "section/types/text/ks_x_1001.inc"

/// The literals end with a zero, which is not a code.
template <std::size_t Codes, std::size_t Assigned>
constexpr CodeTable table_of(const char16_t (&characters)[Codes],
                             const std::uint16_t (&by_character)[Assigned],
                             const char32_t* wide = nullptr) {
    return {characters, Codes - 1, by_character, Assigned, wide};
}

constexpr CodeTable ks_x_1001_object = table_of(ks_x_1001, ks_x_1001_by_character);
constexpr CodeTable gb_2312_object = table_of(gb_2312, gb_2312_by_character);
constexpr CodeTable big5_object = table_of(big5, big5_by_character);
constexpr CodeTable arib_kanji_object = table_of(arib_kanji, arib_kanji_by_character, arib_wide);

template <std::size_t Size>
constexpr bool is_upper_half(const char16_t (&/*characters*/)[Size]) {
    return Size - 1 == 96;
}

static_assert(is_upper_half(iso_6937) && is_upper_half(iso_8859_1) && is_upper_half(iso_8859_15));

}  // namespace

const CodeTable& ks_x_1001_table() {
    return ks_x_1001_object;
}

const CodeTable& gb_2312_table() {
    return gb_2312_object;
}

const CodeTable& big5_table() {
    return big5_object;
}

const CodeTable& arib_kanji_table() {
    return arib_kanji_object;
}

const char16_t* upper_half(TextTable table) {
    static constexpr const char16_t* halves[] = {iso_6937,    iso_8859_1,  iso_8859_2,  iso_8859_3,
                                                 iso_8859_4,  iso_8859_5,  iso_8859_6,  iso_8859_7,
                                                 iso_8859_8,  iso_8859_9,  iso_8859_10, iso_8859_11,
                                                 iso_8859_13, iso_8859_14, iso_8859_15};
    return halves[static_cast<std::size_t>(table) - static_cast<std::size_t>(TextTable::iso_6937)];
}

const Mark* mark_of_byte(std::uint8_t byte) {
    const auto* const found = std::find_if(std::begin(iso_6937_marks), std::end(iso_6937_marks),
                                           [&](const Mark& mark) { return mark.byte == byte; });
    return found == std::end(iso_6937_marks) ? nullptr : found;
}

const Mark* mark_of_character(char32_t character) {
    const auto* const found =
        std::find_if(std::begin(iso_6937_marks), std::end(iso_6937_marks),
                     [&](const Mark& mark) { return mark.character == character; });
    return found == std::end(iso_6937_marks) ? nullptr : found;
}

const Composed* composed_of(std::uint8_t mark, char32_t base) {
    const auto* const found = std::lower_bound(
        std::begin(iso_6937_composed), std::end(iso_6937_composed), std::tuple(mark, base),
        [](const Composed& entry, const std::tuple<std::uint8_t, char32_t>& wanted) {
            return std::tuple<std::uint8_t, char32_t>(entry.mark, entry.base) < wanted;
        });
    const bool is_found = found != std::end(iso_6937_composed) && found->mark == mark &&
                          static_cast<char32_t>(found->base) == base;
    return is_found ? found : nullptr;
}

const Composed* composed_of(char32_t character) {
    const auto* const end = std::end(iso_6937_composed_by_character);
    const auto* const found = std::lower_bound(
        std::begin(iso_6937_composed_by_character), end, character,
        [](std::uint16_t entry, char32_t wanted) {
            return static_cast<char32_t>(iso_6937_composed[entry].character) < wanted;
        });
    const bool is_found =
        found != end && static_cast<char32_t>(iso_6937_composed[*found].character) == character;
    return is_found ? &iso_6937_composed[*found] : nullptr;
}

}  // namespace onetrip::section
