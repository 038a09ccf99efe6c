#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "roundtrip/statement.hpp"

/// Proof by values: which result held the values that a statement asks for.
namespace onetrip::roundtrip {

/// A value, hashed; 0 is one that is not looked for: NULL, or of a type that is not kept.
using ValueHash = std::uint64_t;

/// Mixes the bits of a number.
constexpr ValueHash mix_value(std::uint64_t value) noexcept {
    value = (value ^ (value >> 32U)) * 0x9E3779B97F4A7C15U;
    return value ^ (value >> 29U);
}

/// Hashes of values of the types that are kept. Integers of all sizes are one type.
constexpr ValueHash hash_of_number(std::int64_t number) noexcept {
    return mix_value(static_cast<std::uint64_t>(number) + 0x51ED270B7A3F9C11U) | 1U;
}
constexpr ValueHash hash_of_date(std::int32_t days) noexcept {
    return mix_value(static_cast<std::uint64_t>(days) + 0xD1B54A32D192ED03U) | 1U;
}
ValueHash hash_of_bytes(std::span<const unsigned char> bytes) noexcept;

inline ValueHash hash_of_text(std::string_view text) noexcept {
    return hash_of_bytes({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

/// The constants and parameters of a statement, as far as they are looked for.
struct StatementValueHashes {
    static constexpr std::size_t most = 16;

    std::uint8_t count = 0;
    std::array<ValueHash, most> hashes{};

    void add(ValueHash hash) noexcept {
        if (count < most) {
            hashes[count++] = hash;
        }
    }
};

/// Keeps of the last results of a session which values they held, and judges by them which result
/// led to a statement. All of it has a fixed size, and nothing allocates or throws.
///
/// A result is a statement's. Its executions add to one another if one execution of a list led to
/// them, or if they have one row each, until it is full, or is asked for with the same values
/// again; any other list begins anew with each. A column that has but the value that the statement
/// asked for holds that of its last execution alone: its client had it before. If a column has but
/// a list of what was asked for, the result leads only where no other does.
class Evidence {
  public:
    static constexpr std::size_t results = 8;
    static constexpr std::size_t columns = 8;
    static constexpr std::size_t most_rows = 256;

    using Place = std::uint8_t;
    static constexpr Place nowhere = 0xFF;

    using RowHashes = std::array<ValueHash, columns>;

    /// What a statement is about to ask for, and where that comes from. To be called once for each
    /// execution, before its own rows are kept.
    Judgement judge(QueryId id, const StatementValueHashes& values) noexcept;

    /// Which of the values that were judged last are others than those of the run before, as bits.
    std::uint32_t changed() const noexcept { return changed_; }

    /// The first row of an execution, or of a further part of one, is here. `parameters` tells
    /// executions apart.
    Place begin_rows(QueryId id, std::uint64_t parameters, bool goes_on) noexcept;

    /// Whether values of further rows are kept.
    bool is_full(Place place) const noexcept { return results_[place].kept >= most_rows; }
    void count_row(Place place) noexcept;
    /// A row of `width` columns, of which `value_of` gives the values.
    template <typename ValueOf>
    void add_row(Place place, std::size_t width, ValueOf&& value_of,
                 const StatementValueHashes& asked) noexcept;

    /// The result of a statement; nowhere if there is none.
    Place place_of(QueryId id) const noexcept;

    /// The columns in which a statement's values were found most often, as bits.
    std::uint8_t columns_of(QueryId id, Place place) const noexcept;

    void forget() noexcept;

    /// Forgets one result.
    void drop(Place place) noexcept;

  private:
    using Columns = std::uint8_t;  ///< a bit for each
    using Places = std::uint8_t;   ///< a bit for each result

    static constexpr std::size_t filter_bits = 16'384;
    static constexpr std::size_t sets = 16;
    static constexpr std::size_t ways = 4;
    static constexpr std::uint16_t most_judged = 60'000;

    struct Result {
        QueryId id = 0;
        std::uint64_t parameters = 0;  ///< of the last execution
        std::uint32_t generation = 0;  ///< another one whenever its values are forgotten
        std::uint32_t kept = 0;        ///< rows whose values are kept
        std::uint64_t rows = 0;        ///< in this generation
        std::uint64_t last_rows = 0;   ///< of the last execution
        std::uint8_t width = 0;
        bool is_many = false;  ///< there were two rows in one execution
        Columns echo =
            0;  ///< columns that have had but one value an execution, which was asked for
        Columns asked = 0;  ///< columns that have had but what was asked for
        std::array<std::uint16_t, columns> distinct{};  ///< values in each column, about
        RowHashes last_first{};                         ///< the first row of the last execution
    };

    using Filter = std::array<std::uint64_t, filter_bits / 64>;

    /// The words of a filter in which there are bits, as long as they are few: most results have
    /// but a row, and to clear all words for each would be felt.
    struct UsedWords {
        std::uint16_t count = 0;  ///< of bits that were set; of more than there is room for, all
        std::array<std::uint8_t, 30> words{};
    };

    /// Where a value of a column is in a filter: two bits of one word.
    struct Mark {
        std::size_t word;
        std::uint64_t bits;
    };

    /// What is known of a statement under one generation of a result.
    struct Tally {
        std::uint32_t generation = 0;
        std::uint16_t judged = 0;
        std::uint16_t found = 0;
        std::uint32_t since = 0;   ///< runs of the statement before this generation was looked in
        std::uint32_t asked = 0;   ///< runs that the result has led to
        std::uint32_t same = 0;    ///< those of them that asked for the same as the one before
        std::uint16_t passed = 0;  ///< runs whose values it held, to which another has led
        bool is_half = false;      ///< half of what there is to ask for has been asked for
        std::array<std::uint8_t, columns> hits{};

        bool holds() const noexcept { return found > 0 && found * 5U >= judged * 4U; }
    };

    /// Which values of its leader's result a statement has asked for, about.
    struct Asked {
        static constexpr std::size_t words = 16;

        std::uint32_t generation = 0;
        std::uint16_t values = 0;
        std::array<std::uint64_t, words> marks{};

        void add(ValueHash value) noexcept;
        bool is_half_of(std::uint64_t all) const noexcept;
    };

    struct Asking {
        static constexpr std::uint8_t none = 0xFF;

        QueryId id = 0;
        std::uint32_t used = 0;
        std::uint8_t count = none;  ///< of its last values
        bool is_same = false;       ///< there were runs, and all of them asked for the same
        Place leader = nowhere;
        std::uint8_t column = 0;
        QueryId leader_id = 0;       ///< whose result is at that place, unless another has taken it
        std::uint16_t strays = 0;    ///< runs since `led` with a value that had changed
        std::uint32_t unsought = 0;  ///< runs since one was looked for in all results
        std::uint32_t runs = 0;
        std::uint32_t led = 0;      ///< runs until the last one that something led to
        std::uint32_t changed = 0;  ///< runs until the last one with a value that had changed
        std::array<std::uint32_t, StatementValueHashes::most> last{};
        std::array<Tally, results> tallies{};
        Asked asked;
    };

    Asking& asking_of(QueryId id) noexcept;
    const Asking* find(QueryId id) const noexcept;
    std::uint32_t take_changes(Asking& asking, const StatementValueHashes& values) noexcept;
    void remember_first(Asking& asking, const StatementValueHashes& values) noexcept;
    const StatementValueHashes& first_of(const Asking& asking) const noexcept;
    static Mark mark_of(ValueHash value, std::size_t column) noexcept;
    Tally& tally_of(Asking& asking, Place place) const noexcept;
    bool holds(Place place, ValueHash value, std::size_t column) const noexcept;
    bool has(Place place, ValueHash value, std::size_t column) const noexcept;
    bool look_in(Place place, Tally& tally, const StatementValueHashes& values,
                 std::uint32_t changed) const noexcept;
    ValueHash look_again(Asking& asking, const StatementValueHashes& values,
                         std::uint32_t changed) const noexcept;
    Places search(Asking& asking, const StatementValueHashes& values,
                  std::uint32_t changed) noexcept;
    bool judge_one(Asking& asking, Place place, const StatementValueHashes& values,
                   std::uint32_t changed, Places& held) const noexcept;
    template <typename ValueOf>
    static void look_for_asked(Result& result, std::size_t width, ValueOf&& value_of,
                               const StatementValueHashes& asked) noexcept;
    static std::uint8_t column_of_most(const Tally& tally) noexcept;
    Place leader_of(QueryId id) const noexcept;
    bool is_echo(Place place, QueryId id) const noexcept;
    bool is_led_by(Place place, QueryId id) const noexcept;
    bool holds_what_it_was_asked_for(Place place, const Tally& tally) const noexcept;
    bool comes_of_a_loop(QueryId id) const noexcept;
    std::uint64_t values_to_ask(Place place, const Tally& tally) const noexcept;
    ValueHash value_in_column(Place place, std::size_t column, const StatementValueHashes& values,
                              std::uint32_t changed) const noexcept;
    Asked& asked_of(Asking& asking, Place place) const noexcept;
    bool asks_for_half(Asking& asking, Place place, ValueHash found) const noexcept;
    bool asks_for_half_with(Asking& asking, Place place, std::uint16_t passed) const noexcept;
    bool asks_for_half(Asking& asking, Place place, std::size_t column,
                       const StatementValueHashes& values, std::uint32_t changed) const noexcept;
    void note_asked(Asking& asking, const StatementValueHashes& values,
                    std::uint32_t changed) const noexcept;
    static std::uint8_t echo_of(const Result& result, std::uint8_t column) noexcept;
    void lead(Judgement& led, Place place, Asking& asking, ValueHash found,
              const StatementValueHashes& values, std::uint32_t changed) const noexcept;
    void judge_same(Judgement& led, Asking& asking) const noexcept;
    void judge_changed(Judgement& led, Asking& asking, const StatementValueHashes& values,
                       std::uint32_t changed) noexcept;
    QueryId begin_second(Asking& asking, std::uint32_t changed) const noexcept;
    void take_first(Asking& asking, QueryId led_first, Judgement& led,
                    std::uint32_t changed) const noexcept;
    bool take_back_chance(Asking& asking, std::uint32_t changed) const noexcept;
    void take_unled(Asking& asking, Judgement& led) const noexcept;
    void settle(Asking& asking, Places held, Judgement& led) const noexcept;
    void begin_generation(Place place) noexcept;
    void note_used(Place place, std::size_t word) noexcept;
    void clear_filter(Place place) noexcept;
    void move_to_front(Place place) noexcept;

    std::array<QueryId, results> ids_{};
    std::array<Result, results> results_{};
    /// The latest first, and those without a result last.
    std::array<Place, results> order_{0, 1, 2, 3, 4, 5, 6, 7};
    std::uint32_t generation_ = 0;
    std::uint32_t clock_ = 0;
    std::uint32_t changed_ = 0;
    std::array<Asking, sets * ways> asking_{};
    /// What the first run of each asked for: which of it changes is not known before another asks
    /// for something else.
    std::array<StatementValueHashes, sets * ways> first_{};
    std::array<Filter, results> filters_{};
    std::array<UsedWords, results> used_{};
};

// ---- what runs for each statement and row -------------------------------------------------------

inline Evidence::Place Evidence::place_of(QueryId id) const noexcept {
    for (std::size_t place = 0; place < results; ++place) {
        if (ids_[place] == id) {
            return static_cast<Place>(place);
        }
    }
    return nowhere;
}

inline Evidence::Mark Evidence::mark_of(ValueHash value, std::size_t column) noexcept {
    static_assert(filter_bits / 64 == 256, "the upper byte of the hash says which word");
    const std::uint64_t hash = (value + column) * 0x9E3779B97F4A7C15U;
    // One bit after the other: each is one instruction.
    std::uint64_t bits = std::uint64_t{1} << ((hash >> 50U) % 64);
    bits |= std::uint64_t{1} << ((hash >> 44U) % 64);
    return {hash >> 56U, bits};
}

inline bool Evidence::holds(Place place, ValueHash value, std::size_t column) const noexcept {
    const Mark mark = mark_of(value, column);
    return (filters_[place][mark.word] & mark.bits) == mark.bits;
}

/// The same in the filter or, if the column has but what was asked for, in the last execution.
inline bool Evidence::has(Place place, ValueHash value, std::size_t column) const noexcept {
    const Result& result = results_[place];
    return ((result.echo >> column) & 1U) == 0 ? holds(place, value, column)
                                               : result.last_first[column] == value;
}

inline void Evidence::note_used(Place place, std::size_t word) noexcept {
    UsedWords& used = used_[place];
    if (used.count < used.words.size()) {
        used.words[used.count] = static_cast<std::uint8_t>(word);
    }
    ++used.count;
}

inline void Evidence::count_row(Place place) noexcept {
    Result& result = results_[place];
    ++result.rows;
    result.is_many |= ++result.last_rows >= 2;
}

template <typename ValueOf>
[[gnu::always_inline]] inline void Evidence::add_row(Place place, std::size_t width,
                                                     ValueOf&& value_of,
                                                     const StatementValueHashes& asked) noexcept {
    Result& result = results_[place];
    count_row(place);
    ++result.kept;
    if (result.width < width) {
        result.width = static_cast<std::uint8_t>(width);
    }
    // Mostly no column has nothing but what was asked for.
    if (result.asked != 0) {
        look_for_asked(result, width, value_of, asked);
    }
    Filter& filter = filters_[place];
    for (std::size_t column = 0; column < width; ++column) {
        const ValueHash value = value_of(column);
        if (value == 0) {
            continue;
        }
        const Mark mark = mark_of(value, column);
        std::uint64_t& word = filter[mark.word];
        if ((word & mark.bits) != mark.bits) {
            word |= mark.bits;
            note_used(place, mark.word);
            ++result.distinct[column];
        }
    }
}

/// Two rows tell whether a column has nothing but what was asked for, and each whether it has but
/// one value.
template <typename ValueOf>
[[gnu::noinline]] void Evidence::look_for_asked(Result& result, std::size_t width,
                                                ValueOf&& value_of,
                                                const StatementValueHashes& asked) noexcept {
    const bool is_first = result.last_rows == 1;
    Columns found = 0;
    Columns others = 0;
    for (std::size_t column = 0; column < width; ++column) {
        const ValueHash value = value_of(column);
        const auto bit = static_cast<Columns>(1U << column);
        if (is_first) {
            result.last_first[column] = value;
        } else if (result.last_first[column] != value) {
            others |= bit;
        }
        for (std::size_t i = 0; value != 0 && i < asked.count; ++i) {
            found |= asked.hashes[i] == value ? bit : Columns{0};
        }
    }
    if (result.last_rows <= 2) {
        result.asked &= found;
    }
    result.echo &= static_cast<Columns>(result.asked & ~others);
}

}  // namespace onetrip::roundtrip
