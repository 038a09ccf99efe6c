#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "roundtrip/statement.hpp"
#include "roundtrip/value_hash.hpp"

namespace onetrip::roundtrip {

/// Which values the last results of a session held, in filters of a fixed size. A result is a
/// statement's; the caller decides which of its executions add to one another.
class KeptResults {
  public:
    static constexpr std::size_t results = 8;
    static constexpr std::size_t columns = 8;
    static constexpr std::size_t most_rows = 256;
    /// Of so many rows it is known in which order the values came.
    static constexpr std::size_t ordered_rows = 16;

    using Place = std::uint8_t;
    static constexpr Place nowhere = 0xFF;
    using Columns = std::uint8_t;  ///< a bit for each
    using RowHashes = std::array<ValueHash, columns>;

    struct Result {
        QueryId id = 0;
        std::uint64_t parameters = 0;  ///< of the last execution
        std::uint32_t generation = 0;  ///< another one whenever its values are forgotten
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

    const Result& operator[](Place place) const noexcept { return results_[place]; }

    /// The statement whose result is there; else 0.
    QueryId id_at(Place place) const noexcept { return ids_[place]; }
    /// The place of a statement's result; else nowhere.
    Place place_of(QueryId id) const noexcept;
    /// The latest first, and those without a result last.
    const std::array<Place, results>& latest_first() const noexcept { return order_; }

    /// Another generation of a result begins, without values.
    void begin_generation(Place place) noexcept;
    /// A result of a statement that has none takes the place of the oldest.
    Place add(QueryId id) noexcept;
    /// The rows of an execution begin, or those of a further part of one: it is the latest result.
    void begin_execution(Place place, std::uint64_t parameters, bool goes_on) noexcept;

    /// Whether values of further rows are kept.
    bool is_full(Place place) const noexcept { return results_[place].rows >= most_rows; }
    void count_row(Place place) noexcept;
    /// A row of `width` columns, of which `value_of` gives the values.
    template <typename ValueOf>
    void add_row(Place place, std::size_t width, ValueOf&& value_of,
                 const StatementValueHashes& asked) noexcept;

    /// Whether a column holds a value; one that has only values that were asked for holds that of
    /// the last execution.
    bool has(Place place, ValueHash value, std::size_t column) const noexcept;

    /// Whether a client that goes over the rows, and asks for each value of a column, or for each
    /// only once, asks for another than this one, by its short hash, as the `turn`th, from 1. False
    /// if it is not known.
    bool is_out_of_turn(Place place, std::size_t column, std::uint32_t wanted,
                        std::uint32_t turn) const noexcept;

    /// Forgets one result.
    void drop(Place place) noexcept;
    void forget() noexcept;

  private:
    static constexpr std::size_t filter_bits = 16'384;

    using Filter = std::array<std::uint64_t, filter_bits / 64>;

    /// The words of a filter in which there are bits, as long as they are few: most results have
    /// only one row, and to clear all words for each would be felt.
    struct UsedWords {
        std::uint16_t count = 0;  ///< of bits that were set; of more than there is room for, all
        std::array<std::uint8_t, 30> words{};
    };

    /// The values of the first rows, by a part of their hashes.
    using OrderedRows = std::array<std::array<std::uint32_t, columns>, ordered_rows>;

    /// Where a value of a column is in a filter: two bits of one word.
    struct Mark {
        std::size_t word;
        std::uint64_t bits;
    };

    static Mark mark_of(ValueHash value, std::size_t column) noexcept;
    bool holds(Place place, ValueHash value, std::size_t column) const noexcept;
    template <typename ValueOf>
    static void look_for_asked(Result& result, std::size_t width, ValueOf&& value_of,
                               const StatementValueHashes& asked) noexcept;
    void note_used(Place place, std::size_t word) noexcept;
    void clear_filter(Place place) noexcept;
    void move_to_front(Place place) noexcept;

    std::array<QueryId, results> ids_{};
    std::array<Result, results> results_{};
    std::array<Place, results> order_{0, 1, 2, 3, 4, 5, 6, 7};
    std::uint32_t generation_ = 0;
    std::array<Filter, results> filters_{};
    std::array<UsedWords, results> used_{};
    std::array<OrderedRows, results> ordered_{};
};

// ---- what runs for each statement and row -------------------------------------------------------

inline KeptResults::Place KeptResults::place_of(QueryId id) const noexcept {
    for (std::size_t place = 0; place < results; ++place) {
        if (ids_[place] == id) {
            return static_cast<Place>(place);
        }
    }
    return nowhere;
}

inline KeptResults::Mark KeptResults::mark_of(ValueHash value, std::size_t column) noexcept {
    static_assert(filter_bits / 64 == 256, "the upper byte of the hash says which word");
    const std::uint64_t hash = (value + column) * 0x9E3779B97F4A7C15U;
    // One bit after the other: each is one instruction.
    std::uint64_t bits = std::uint64_t{1} << ((hash >> 50U) % 64);
    bits |= std::uint64_t{1} << ((hash >> 44U) % 64);
    return {hash >> 56U, bits};
}

inline bool KeptResults::holds(Place place, ValueHash value, std::size_t column) const noexcept {
    const Mark mark = mark_of(value, column);
    return (filters_[place][mark.word] & mark.bits) == mark.bits;
}

/// Looks in the filter or, if the column has only values that were asked for, in the last
/// execution.
inline bool KeptResults::has(Place place, ValueHash value, std::size_t column) const noexcept {
    const Result& result = results_[place];
    return ((result.echo >> column) & 1U) == 0 ? holds(place, value, column)
                                               : result.last_first[column] == value;
}

/// The part of a hash by which values are compared where chance does no harm.
inline std::uint32_t short_hash(ValueHash value) noexcept {
    return static_cast<std::uint32_t>(value >> 16U);
}

inline void KeptResults::note_used(Place place, std::size_t word) noexcept {
    UsedWords& used = used_[place];
    if (used.count < used.words.size()) {
        used.words[used.count] = static_cast<std::uint8_t>(word);
    }
    ++used.count;
}

inline void KeptResults::begin_execution(Place place, std::uint64_t parameters,
                                         bool goes_on) noexcept {
    Result& result = results_[place];
    if (!goes_on) {
        result.last_rows = 0;
    }
    result.parameters = parameters;
    if (order_.front() != place) {
        move_to_front(place);
    }
}

inline void KeptResults::count_row(Place place) noexcept {
    Result& result = results_[place];
    ++result.rows;
    result.is_many |= ++result.last_rows >= 2;
}

template <typename ValueOf>
[[gnu::always_inline]] inline void KeptResults::add_row(
    Place place, std::size_t width, ValueOf&& value_of,
    const StatementValueHashes& asked) noexcept {
    Result& result = results_[place];
    count_row(place);
    if (result.width < width) {
        result.width = static_cast<std::uint8_t>(width);
    }
    // Most results have no column with only values that were asked for.
    if (result.asked != 0) {
        look_for_asked(result, width, value_of, asked);
    }
    Filter& filter = filters_[place];
    for (std::size_t column = 0; column < width; ++column) {
        const ValueHash value = value_of(column);
        if (result.rows <= ordered_rows) {
            ordered_[place][result.rows - 1][column] = short_hash(value);
        }
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

/// Two rows show whether a column has only values that were asked for; each row shows whether it
/// has only one value.
template <typename ValueOf>
[[gnu::noinline]] void KeptResults::look_for_asked(Result& result, std::size_t width,
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
