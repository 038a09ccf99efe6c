// Reads and writes the 8-unit code of ARIB STD-B24 (volume 1, part 2, 7.1), in which Japanese
// service information is. Names are the standard's. It knows no selectors and no JSON.

#include <algorithm>
#include <array>

#include "base/utf8_writer.hpp"
#include "section/types/text/character_tables.hpp"
#include "section/types/text/characters.hpp"
#include "section/types/text/text_codec.hpp"

namespace onetrip::section {

namespace {

using Bytes = std::span<const std::uint8_t>;

// The control codes that change how bytes are read, and those that end lines.
constexpr std::uint8_t APD = 0x0A;
constexpr std::uint8_t APR = 0x0D;
constexpr std::uint8_t LS1 = 0x0E;
constexpr std::uint8_t LS0 = 0x0F;
constexpr std::uint8_t SS2 = 0x19;
constexpr std::uint8_t ESC = 0x1B;
constexpr std::uint8_t SS3 = 0x1D;
constexpr std::uint8_t SP = 0x20;

/// The graphic sets. Those without characters of Unicode are distinguished by the size of their
/// codes.
enum class GraphicSet : std::uint8_t {
    kanji,
    additional_symbols,
    alphanumeric,
    hiragana,
    katakana,
    jis_x_0201_katakana,
    macro,
    other_of_one_byte,
    other_of_two_bytes,
};

bool has_two_bytes(GraphicSet set) {
    return set == GraphicSet::kanji || set == GraphicSet::additional_symbols ||
           set == GraphicSet::other_of_two_bytes;
}

/// Rows 85 to 94 of the kanji set are those of the additional symbols.
constexpr std::uint32_t first_additional_code = 84 * 94;

constexpr std::uint8_t katakana_ending[] = {0x77, 0x78, 0x79, 0x7A, 0x7B, 0x7C, 0x7D, 0x7E};
/// The characters of both sets of kana there, which are the same except for the marks of
/// repetition.
constexpr char16_t kana_ending[] = u"ゝゞー。「」、・";
constexpr char16_t katakana_repetition[] = u"ヽヾ";

static_assert(std::size(katakana_ending) == std::size(kana_ending) - 1);

char32_t character_of_kana(GraphicSet set, std::uint8_t code) {
    const bool is_katakana = set == GraphicSet::katakana;
    if (code >= katakana_ending[0]) {
        const std::size_t index = code - std::size_t{katakana_ending[0]};
        return is_katakana && index < 2 ? katakana_repetition[index] : kana_ending[index];
    }
    const std::uint8_t last = is_katakana ? 0x76 : 0x73;
    return code > last ? 0 : (is_katakana ? U'ァ' : U'ぁ') + (code - 0x21U);
}

std::optional<std::uint8_t> code_of_kana(GraphicSet set, char32_t character) {
    const char32_t first = set == GraphicSet::katakana ? U'ァ' : U'ぁ';
    const char32_t count = set == GraphicSet::katakana ? 0x56 : 0x53;
    if (character >= first && character < first + count) {
        return static_cast<std::uint8_t>(0x21 + (character - first));
    }
    for (const std::uint8_t code : katakana_ending) {
        if (character_of_kana(set, code) == character) {
            return code;
        }
    }
    return std::nullopt;
}

/// The character of a code of one byte, 21 to 7E; 0 if none exists.
char32_t character_of(GraphicSet set, std::uint8_t code) {
    switch (set) {
        case GraphicSet::alphanumeric:
            return code == 0x5C ? U'¥' : code == 0x7E ? U'‾' : code;
        case GraphicSet::hiragana:
        case GraphicSet::katakana:
            return character_of_kana(set, code);
        case GraphicSet::jis_x_0201_katakana:
            return code <= 0x5F ? U'｡' + (code - 0x21U) : 0;
        default:
            return 0;
    }
}

/// The set that a final byte designates, among G sets and among DRCS.
GraphicSet set_of_final_byte(std::uint8_t final_byte, bool has_two_bytes) {
    switch (final_byte) {
        case 0x42:  // kanji
        case 0x39:  // JIS compatible kanji, plane 1, which has those of JIS X 0208 at their places
            return GraphicSet::kanji;
        case 0x3B:
            return GraphicSet::additional_symbols;
        case 0x4A:
        case 0x36:  // proportional
            return GraphicSet::alphanumeric;
        case 0x30:
        case 0x37:
            return GraphicSet::hiragana;
        case 0x31:
        case 0x38:
            return GraphicSet::katakana;
        case 0x49:
            return GraphicSet::jis_x_0201_katakana;
        default:
            return has_two_bytes ? GraphicSet::other_of_two_bytes : GraphicSet::other_of_one_byte;
    }
}

// ---- reading -----------------------------------------------------------------------------------

/// Goes through the bytes of a text. Sizes and colours leave no trace in it; characters of sets
/// that Unicode does not have, DRCS and mosaics, make the bytes not text.
class AribReader {
  public:
    AribReader(Bytes bytes, std::string& text) : bytes_(bytes), text_(text) {}

    bool read() {
        while (at_ < bytes_.size()) {
            if (!read_next(bytes_[at_++])) {
                return false;
            }
        }
        return true;
    }

  private:
    bool read_next(std::uint8_t byte);
    bool read_graphic(std::uint8_t code, GraphicSet set);
    bool read_single_shift(GraphicSet set);
    bool read_c0(std::uint8_t byte);
    bool read_c1(std::uint8_t byte);
    bool read_escape();
    bool designate(std::size_t element, bool has_two_bytes);
    bool read_control_sequence();
    bool read_macro(std::uint8_t code);

    bool take(std::uint8_t& byte) {
        if (at_ == bytes_.size()) {
            return false;
        }
        byte = bytes_[at_++];
        return true;
    }

    bool skip(std::size_t count) {
        at_ += count;
        return at_ <= bytes_.size();
    }

    /// Skips a parameter, or 2/0 and another.
    bool skip_parameter() {
        std::uint8_t parameter = 0;
        return take(parameter) && (parameter != 0x20 || skip(1));
    }

    Bytes bytes_;
    std::string& text_;
    std::size_t at_ = 0;
    /// The elements begin as STD-B10 has them for service information; captions begin with macros
    /// in G3.
    std::array<GraphicSet, 4> elements_{GraphicSet::kanji, GraphicSet::alphanumeric,
                                        GraphicSet::hiragana, GraphicSet::katakana};
    std::size_t left_ = 0;   ///< which element bytes 21 to 7E are of
    std::size_t right_ = 2;  ///< and A1 to FE
};

bool AribReader::read_next(std::uint8_t byte) {
    const std::uint8_t code = byte & 0x7F;
    const bool is_right = byte >= 0x80;
    const GraphicSet set = elements_[is_right ? right_ : left_];
    if (code == SP) {
        // The space is as wide as the characters around it.
        append_character(text_, set == GraphicSet::alphanumeric ? U' ' : U'\u3000');
        return true;
    }
    if (code > SP && code < 0x7F) {
        return read_graphic(code, set);
    }
    return is_right ? read_c1(byte) : read_c0(byte);
}

bool AribReader::read_graphic(std::uint8_t code, GraphicSet set) {
    char32_t character = 0;
    if (has_two_bytes(set)) {
        std::uint8_t second = 0;
        if (!take(second) || (second & 0x7F) <= SP || (second & 0x7F) == 0x7F) {
            return false;
        }
        const std::uint32_t cell = (second & 0x7FU) - 0x21;
        if (set != GraphicSet::other_of_two_bytes) {
            character = arib_kanji_table().character((code - 0x21U) * 94 + cell);
        }
    } else if (set == GraphicSet::macro) {
        return read_macro(code);
    } else {
        character = character_of(set, code);
    }
    if (character == 0) {
        return false;
    }
    append_character(text_, character);
    return true;
}

bool AribReader::read_single_shift(GraphicSet set) {
    std::uint8_t byte = 0;
    return take(byte) && (byte & 0x7F) > SP && (byte & 0x7F) < 0x7F &&
           read_graphic(byte & 0x7F, set);
}

bool AribReader::read_c0(std::uint8_t byte) {
    switch (byte) {
        case LS0:
        case LS1:
            left_ = byte == LS1 ? 1 : 0;
            return true;
        case SS2:
            return read_single_shift(elements_[2]);
        case SS3:
            return read_single_shift(elements_[3]);
        case ESC:
            return read_escape();
        case APR:
            at_ += at_ < bytes_.size() && bytes_[at_] == APD ? 1 : 0;
            [[fallthrough]];
        case APD:
            text_ += '\n';
            return true;
        case 0x16:  // PAPF
            return skip(1);
        case 0x1C:  // APS
            return skip(2);
        case 0x00:  // NUL
        case 0x07:  // BEL
        case 0x08:  // APB
        case 0x09:  // APF
        case 0x0B:  // APU
        case 0x0C:  // CS
        case 0x18:  // CAN
        case 0x1E:  // RS
        case 0x1F:  // US
        case 0x7F:  // DEL
            return true;
        default:
            return false;
    }
}

bool AribReader::read_c1(std::uint8_t byte) {
    switch (byte) {
        case 0x8B:  // SZX
        case 0x91:  // FLC
        case 0x93:  // POL
        case 0x94:  // WMM
        case 0x97:  // HLC
        case 0x98:  // RPC
            return skip(1);
        case 0x90:  // COL
        case 0x92:  // CDC
            return skip_parameter();
        case 0x9B:  // CSI
            return read_control_sequence();
        case 0x9D:  // TIME
            return skip(2);
        case 0x99:  // SPL
        case 0x9A:  // STL
        case 0xFF:  // DEL
            return true;
        default:  // BKF to WHF, SSZ, MSZ, NSZ; none beyond them is known
            return byte <= 0x8A;
    }
}

bool AribReader::read_escape() {
    std::uint8_t byte = 0;
    if (!take(byte)) {
        return false;
    }
    switch (byte) {
        case 0x6E:  // LS2
        case 0x6F:  // LS3
            left_ = byte - 0x6CU;
            return true;
        case 0x7E:  // LS1R
        case 0x7D:  // LS2R
        case 0x7C:  // LS3R
            right_ = 0x7FU - byte;
            return true;
        case 0x24:
            if (at_ < bytes_.size() && bytes_[at_] >= 0x28 && bytes_[at_] <= 0x2B) {
                return designate(bytes_[at_++] - 0x28U, true);
            }
            return designate(0, true);
        case 0x28:
        case 0x29:
        case 0x2A:
        case 0x2B:
            return designate(byte - 0x28U, false);
        default:
            return false;
    }
}

/// Designates a set by its final byte, which after 2/0 is that of a DRCS, or of the macros.
bool AribReader::designate(std::size_t element, bool has_two_bytes) {
    std::uint8_t final_byte = 0;
    if (!take(final_byte)) {
        return false;
    }
    if (final_byte != 0x20) {
        elements_[element] = set_of_final_byte(final_byte, has_two_bytes);
        return true;
    }
    if (!take(final_byte)) {
        return false;
    }
    elements_[element] = final_byte == 0x70 ? GraphicSet::macro
                         : has_two_bytes    ? GraphicSet::other_of_two_bytes
                                            : GraphicSet::other_of_one_byte;
    return true;
}

/// Parameters, and a final byte from 4/0 on.
bool AribReader::read_control_sequence() {
    std::uint8_t byte = 0;
    while (take(byte)) {
        if (byte >= 0x40 && byte < 0x7F) {
            return true;
        }
        if (byte < 0x20 || byte >= 0x7F) {
            return false;
        }
    }
    return false;
}

/// The macros that receivers know, 6/0 to 6/15: each designates all four elements, G3 as macros,
/// and invokes G0 and G2.
bool AribReader::read_macro(std::uint8_t code) {
    using enum GraphicSet;
    struct Designations {
        std::uint8_t code;
        GraphicSet g0, g1, g2;
    };
    static constexpr GraphicSet other = other_of_one_byte;
    static constexpr Designations known[] = {
        {0x60, kanji, alphanumeric, hiragana},    {0x61, kanji, katakana, hiragana},
        {0x62, kanji, other, hiragana},           {0x6B, kanji, other, hiragana},
        {0x6C, kanji, other, hiragana},           {0x6D, kanji, other, hiragana},
        {0x6E, katakana, hiragana, alphanumeric}, {0x6F, alphanumeric, other, other},
    };
    if (code < 0x60 || code > 0x6F) {
        return false;
    }
    elements_ = {other, other, other, macro};  // mosaics and DRCS
    for (const Designations& macro_of_code : known) {
        if (macro_of_code.code == code) {
            elements_ = {macro_of_code.g0, macro_of_code.g1, macro_of_code.g2, macro};
        }
    }
    left_ = 0;
    right_ = 2;
    return true;
}

// ---- writing -----------------------------------------------------------------------------------

constexpr std::uint8_t alphanumeric_element = 1;

/// The cheapest of the many ways to write a text in the code is taken, which is nearly the shortest
/// and often that of broadcasters, so that each text has one way. Kanji and alphanumerics are on
/// the left, kana on either side. Two elements are designated another set if need be: G0 the
/// additional symbols, G3 the katakana of JIS X 0201.
struct State {
    std::uint8_t others;  ///< the elements that have their other set, a bit each
    std::uint8_t left;
    std::uint8_t right;

    static constexpr std::size_t count = 64;
    static constexpr std::size_t initial = 2;

    static constexpr State of(std::size_t index) {
        return {static_cast<std::uint8_t>((index & 0x10) >> 4 | (index & 0x20) >> 2),
                static_cast<std::uint8_t>(index / 4 % 4), static_cast<std::uint8_t>(index % 4)};
    }
    constexpr std::size_t index() const {
        return (others & 1U) << 4 | (others & 8U) << 2 | left * std::size_t{4} | right;
    }
    constexpr bool has_other(std::uint8_t element) const { return (others >> element & 1) != 0; }
};

/// A code of one of the elements.
struct Code {
    std::uint8_t element = 0;
    std::uint8_t size = 0;  ///< 0 stands for none
    std::uint8_t first = 0;
    std::uint8_t second = 0;
    bool is_of_other = false;  ///< of the other set of its element
};

/// The codes of a character, one an element at most.
struct Codes {
    char32_t character = 0;
    std::array<Code, 4> by_element{};

    /// Whether the character is a space, which has a code of one byte in the element of the
    /// alphanumeric set.
    bool is_space() const { return character == U' '; }
    bool is_line_end() const { return character == U'\n'; }
};

Code code_in_g0(char32_t character) {
    const auto code = arib_kanji_table().code(character);
    if (!code) {
        return {};
    }
    return {0, 2, static_cast<std::uint8_t>(0x21 + *code / 94),
            static_cast<std::uint8_t>(0x21 + *code % 94), *code >= first_additional_code};
}

Code code_in_g1(char32_t character) {
    if (character == U'¥' || character == U'‾') {
        return {1, 1, static_cast<std::uint8_t>(character == U'¥' ? 0x5C : 0x7E), 0, false};
    }
    const bool is_there = character > SP && character < 0x7E && character != 0x5C;
    return is_there ? Code{1, 1, static_cast<std::uint8_t>(character), 0, false} : Code{};
}

Code code_in_g2(char32_t character) {
    const auto code = code_of_kana(GraphicSet::hiragana, character);
    return code ? Code{2, 1, *code, 0, false} : Code{};
}

Code code_in_g3(char32_t character) {
    if (character >= U'｡' && character <= U'ﾟ') {
        return {3, 1, static_cast<std::uint8_t>(0x21 + (character - U'｡')), 0, true};
    }
    const auto code = code_of_kana(GraphicSet::katakana, character);
    return code ? Code{3, 1, *code, 0, false} : Code{};
}

/// false if none exists.
bool find_codes(char32_t character, Codes& codes) {
    codes.character = character;
    if (codes.is_space() || codes.is_line_end()) {
        return true;
    }
    codes.by_element = {code_in_g0(character), code_in_g1(character), code_in_g2(character),
                        code_in_g3(character)};
    return std::any_of(codes.by_element.begin(), codes.by_element.end(),
                       [](const Code& code) { return code.size > 0; });
}

/// A way to write a character in a state: the codes before it, and the place of its own code.
struct Step {
    enum class Place : std::uint8_t { left, right, single_shift, line_end };

    Place place = Place::left;
    std::uint8_t element = 0;
    bool shifts = false;      ///< a locking shift of its element to its place
    bool designates = false;  ///< to its element the set that it does not have
};

/// The cost of a step; a byte costs 10. Some shifts cost other than their bytes, by the habits of
/// broadcasters: they prefer single shifts to short runs in locking ones, and shifts that return to
/// hiragana on the right.
std::uint32_t cost_of(const Step& step, std::uint8_t size) {
    static constexpr std::uint32_t of_left[] = {10, 10, 21, 20};
    static constexpr std::uint32_t of_right[] = {20, 20, 15, 20};
    static constexpr std::uint32_t of_single_shift[] = {0, 0, 10, 6};
    const std::size_t element = step.element;
    std::uint32_t cost = size * 10U + (step.designates ? 30U : 0U);
    if (step.place == Step::Place::single_shift) {
        cost += of_single_shift[element];
    } else if (step.shifts) {
        cost += step.place == Step::Place::left ? of_left[element] : of_right[element];
    }
    return cost;
}

State after(State state, const Step& step) {
    if (step.place == Step::Place::left) {
        state.left = step.element;
    } else if (step.place == Step::Place::right) {
        state.right = step.element;
    }
    state.others =
        static_cast<std::uint8_t>(state.others ^ (step.designates ? 1U << step.element : 0U));
    return state;
}

/// Calls `take` with every step that may write the character in this state, and the size of its
/// code. A step changes nothing that it does not need at once.
template <typename Take>
void for_each_step(const Codes& codes, State state, Take take) {
    if (codes.is_line_end()) {
        take(Step{Step::Place::line_end, 0, false, false}, 1);
        return;
    }
    if (codes.is_space()) {
        take(Step{Step::Place::left, alphanumeric_element, state.left != alphanumeric_element,
                  false},
             1);
        return;
    }
    for (const Code& code : codes.by_element) {
        if (code.size == 0) {
            continue;
        }
        const std::uint8_t element = code.element;
        const bool designates = code.is_of_other != state.has_other(element);
        take(Step{Step::Place::left, element, state.left != element, designates}, code.size);
        if (element > alphanumeric_element) {
            take(Step{Step::Place::right, element, state.right != element, designates}, code.size);
            take(Step{Step::Place::single_shift, element, false, designates}, code.size);
        }
    }
}

void append_shift(const Step& step, std::vector<std::uint8_t>& bytes) {
    if (step.place == Step::Place::left && step.element < 2) {
        bytes.push_back(step.element == 0 ? LS0 : LS1);
        return;
    }
    bytes.push_back(ESC);
    bytes.push_back(static_cast<std::uint8_t>(
        step.place == Step::Place::left ? 0x6C + step.element : 0x7F - step.element));
}

void append_designation(std::uint8_t element, bool other, std::vector<std::uint8_t>& bytes) {
    bytes.push_back(ESC);
    if (element == 0) {
        bytes.insert(bytes.end(), {0x24, static_cast<std::uint8_t>(other ? 0x3B : 0x42)});
    } else {
        bytes.insert(bytes.end(), {0x2B, static_cast<std::uint8_t>(other ? 0x49 : 0x31)});
    }
}

void append_step(const Step& step, const Codes& codes, State state,
                 std::vector<std::uint8_t>& bytes) {
    if (step.place == Step::Place::line_end) {
        bytes.push_back(APR);
        return;
    }
    if (step.shifts) {
        append_shift(step, bytes);
    }
    if (step.designates) {
        append_designation(step.element, !state.has_other(step.element), bytes);
    }
    if (step.place == Step::Place::single_shift) {
        bytes.push_back(step.element == 2 ? SS2 : SS3);
    }
    const std::uint8_t high = step.place == Step::Place::right ? 0x80 : 0;
    const Code& code = codes.by_element[step.element];
    bytes.push_back(high | (codes.is_space() ? SP : code.first));
    if (code.size == 2) {
        bytes.push_back(high | code.second);
    }
}

/// Finds the steps of the least cost, state by state (Viterbi's way).
class AribWriter {
  public:
    AribWriter() {
        costs_.fill(unreachable);
        costs_[State::initial] = 0;
    }

    void add(const Codes& codes) {
        codes_.push_back(codes);
        reached_.emplace_back();
        std::array<std::uint32_t, State::count> next{};
        next.fill(unreachable);
        for (std::size_t from = 0; from < State::count; ++from) {
            if (costs_[from] != unreachable) {
                add_from(from, next);
            }
        }
        costs_ = next;
    }

    void append_to(std::vector<std::uint8_t>& bytes) const {
        const auto* const best = std::min_element(costs_.begin(), costs_.end());
        auto state = static_cast<std::size_t>(best - costs_.begin());
        std::vector<Arrival> way(codes_.size());
        for (std::size_t i = codes_.size(); i-- > 0;) {
            way[i] = reached_[i][state];
            state = way[i].from;
        }
        for (std::size_t i = 0; i < codes_.size(); ++i) {
            append_step(way[i].step, codes_[i], State::of(way[i].from), bytes);
        }
    }

  private:
    static constexpr std::uint32_t unreachable = ~std::uint32_t{0};

    /// How a state was reached.
    struct Arrival {
        std::uint8_t from = 0;
        Step step;
    };

    void add_from(std::size_t from, std::array<std::uint32_t, State::count>& next) {
        for_each_step(codes_.back(), State::of(from), [&](const Step& step, std::uint8_t size) {
            const std::uint32_t cost = costs_[from] + cost_of(step, size);
            const std::size_t to = after(State::of(from), step).index();
            if (cost < next[to]) {
                next[to] = cost;
                reached_.back()[to] = {static_cast<std::uint8_t>(from), step};
            }
        });
    }

    std::vector<Codes> codes_;
    std::vector<std::array<Arrival, State::count>> reached_;
    std::array<std::uint32_t, State::count> costs_{};
};

}  // namespace

std::optional<std::string> decode_arib(std::span<const std::uint8_t> bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    return AribReader(bytes, text).read() ? std::optional(std::move(text)) : std::nullopt;
}

std::optional<MissingCharacter> encode_arib(std::string_view text,
                                            std::vector<std::uint8_t>& bytes) {
    AribWriter writer;
    Codes codes;
    for (Characters characters(text); !characters.at_end(); characters.advance()) {
        codes = {};
        if (!find_codes(characters.current(), codes)) {
            return characters.missing();
        }
        writer.add(codes);
    }
    writer.append_to(bytes);
    return std::nullopt;
}

}  // namespace onetrip::section
