#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "roundtrip/asking.hpp"
#include "roundtrip/kept_results.hpp"

/// Proof by values: which result held the values that a statement asks for.
namespace onetrip::roundtrip {

/// Keeps the values that the last results of a session held, and judges by them which result led to
/// a statement. All of it has a fixed size, and nothing allocates or throws.
///
/// A result is a statement's. Its executions add to one another if one execution of a list led to
/// them, or if they have one row each, until it is full, or is asked for with the same values
/// again; any other list begins anew with each. A column that has only the value that the statement
/// asked for holds that of its last execution alone: its client had it before. If a column has only
/// a list of values that were asked for, the result leads only if no other does.
class Evidence {
  public:
    static constexpr std::size_t results = KeptResults::results;
    static constexpr std::size_t columns = KeptResults::columns;

    using Place = KeptResults::Place;
    static constexpr Place nowhere = KeptResults::nowhere;

    /// Judges where the values come from that a statement is about to ask for. It is to be called
    /// once for each execution, before its own rows are kept.
    Judgement judge(QueryId id, const StatementValueHashes& values) noexcept;

    struct Expected {
        NextValues values = NextValues::unknown;
        Place place = nowhere;  ///< if one of them is in a result
        std::uint8_t column = 0;
        std::uint8_t changing = 0;        ///< which one that is
        ValueHash others = 0;             ///< of the values that are the same again
        std::uint32_t runs = UINT32_MAX;  ///< in so many runs at most
    };

    /// What the statement that was judged last will ask for when it runs again; `values` are those
    /// that it has asked for.
    Expected expected(QueryId id, const StatementValueHashes& values,
                      const Judgement& last) const noexcept;
    /// Whether the value that changes is in the column in which it is expected, and the others are
    /// the same again.
    bool holds(const Expected& expected, const StatementValueHashes& values) const noexcept;

    /// Which of a statement's values were others than those of the run before, over its last runs:
    /// two runs after one another may have one of several values in common.
    ValueChanges changes_of(QueryId id, std::uint32_t runs) const noexcept;

    /// The first row of an execution, or of a further part of one, is here. `parameters` is
    /// another for each execution.
    Place begin_rows(QueryId id, std::uint64_t parameters, bool goes_on) noexcept;

    /// Whether values of further rows are kept.
    bool is_full(Place place) const noexcept { return results_.is_full(place); }
    void count_row(Place place) noexcept { results_.count_row(place); }
    /// A row of `width` columns, of which `value_of` gives the values.
    template <typename ValueOf>
    [[gnu::always_inline]] void add_row(Place place, std::size_t width, ValueOf&& value_of,
                                        const StatementValueHashes& asked) noexcept {
        results_.add_row(place, width, value_of, asked);
    }

    /// The result of a statement; nowhere if none exists.
    Place place_of(QueryId id) const noexcept { return results_.place_of(id); }

    /// The columns in which a statement's values were found most often, as bits.
    std::uint8_t columns_of(QueryId id, Place place) const noexcept;

    /// The columns of a result that hold a value, as bits.
    std::uint8_t columns_with(ValueHash value, Place place) const noexcept;

    /// Those of some columns of a result, as bits, whose values come closest to the order in which
    /// the statement has asked last, by a client that goes over the rows; 0 if it has not asked.
    std::uint8_t columns_in_turn(std::uint8_t of, QueryId id, Place place) const noexcept;

    void forget() noexcept;

    /// Forgets one result.
    void drop(Place place) noexcept { results_.drop(place); }

  private:
    using Columns = KeptResults::Columns;
    using Result = KeptResults::Result;
    using Places = std::uint8_t;  ///< a bit for each result

    static constexpr std::size_t sets = 16;
    static constexpr std::size_t ways = 4;
    static constexpr std::uint32_t other_count = 1U << StatementValueHashes::most;

    bool begins_anew(Place place, std::uint64_t parameters) const noexcept;
    Asking& asking_of(QueryId id) noexcept;
    const Asking* find(QueryId id) const noexcept;
    std::uint32_t take_changes(Asking& asking, const StatementValueHashes& values) noexcept;
    void remember_first(Asking& asking, const StatementValueHashes& values) noexcept;
    const StatementValueHashes& first_of(const Asking& asking) const noexcept;
    Tally& tally_of(Asking& asking, Place place) const noexcept;
    bool look_in(Place place, Tally& tally, const StatementValueHashes& values,
                 std::uint32_t changed) const noexcept;
    bool leads_on(const Tally& tally, Place place) const noexcept;
    ValueHash look_again(Asking& asking, const StatementValueHashes& values,
                         std::uint32_t changed) const noexcept;
    Places search(Asking& asking, const StatementValueHashes& values,
                  std::uint32_t changed) noexcept;
    bool judge_one(Asking& asking, Place place, const StatementValueHashes& values,
                   std::uint32_t changed, Places& held) const noexcept;
    Place leader_of(QueryId id) const noexcept;
    bool is_echo(Place place, QueryId id) const noexcept;
    bool is_led_by(Place place, QueryId id) const noexcept;
    Columns likely_columns(Place place, const Tally& tally) const noexcept;
    std::uint8_t likely_column(Place place, const Tally& tally) const noexcept;
    bool holds_what_it_was_asked_for(Place place, const Tally& tally) const noexcept;
    bool comes_of_a_loop(QueryId id) const noexcept;
    std::uint64_t values_to_ask(Place place, const Tally& tally) const noexcept;
    ValueHash value_in_column(Place place, std::size_t column, const StatementValueHashes& values,
                              std::uint32_t changed) const noexcept;
    AskedValues& asked_of(Asking& asking, Place place) const noexcept;
    bool asks_for_half(Asking& asking, Place place, ValueHash found) const noexcept;
    bool asks_for_half_with(Asking& asking, Place place, std::uint16_t passed) const noexcept;
    bool asks_for_half(Asking& asking, Place place, std::size_t column,
                       const StatementValueHashes& values, std::uint32_t changed) const noexcept;
    void note_asked(Asking& asking, const StatementValueHashes& values,
                    std::uint32_t changed) const noexcept;
    std::uint32_t out_of_turn(const Asking& asking, Place place, std::size_t column) const noexcept;
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
    bool holds_first(const Asking& asking, const Judgement& led) const noexcept;
    void settle(Asking& asking, Places held, Judgement& led) const noexcept;

    KeptResults results_;
    std::uint32_t clock_ = 0;
    std::uint32_t changed_ = 0;
    bool is_found_nowhere_ = false;
    std::array<Asking, sets * ways> asking_{};
    /// The values that the first run of each asked for: which of them change is not known before
    /// another run asks for something else.
    std::array<StatementValueHashes, sets * ways> first_{};
};

}  // namespace onetrip::roundtrip
